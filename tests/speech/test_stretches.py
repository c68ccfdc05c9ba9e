"""A sound cut into stretches at pauses, and their pauses cut down for the model and put back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
import pytest

from cuemark.evidence.speech.condensed import CondensedSound
from cuemark.evidence.speech.stretches import Stretch, stretches
from cuemark.media.sound import SAMPLE_RATE, SoundBlock
from cuemark.models.speech.options import SpeechOptions
from cuemark.models.speech.recogniser import HeardWord
from cuemark.models.speech.voice_activity import WINDOW, VoiceActivity
from tests.speech.spoken import Sound

Span = tuple[float, float]


class LoudIsVoice(VoiceActivity):
    """Whatever is loud is a voice."""

    def probabilities(self, samples: Sound) -> Sound:
        padded = np.zeros(-(-samples.size // WINDOW) * WINDOW, np.float32)
        padded[: samples.size] = np.abs(samples)
        return np.asarray(padded.reshape(-1, WINDOW).mean(1) > 0.25, np.float32)


def sound(seconds: float, *loud: Span) -> Sound:
    made = np.zeros(int(seconds * SAMPLE_RATE), np.float32)
    for begin, end in loud:
        made[int(begin * SAMPLE_RATE) : int(end * SAMPLE_RATE)] = 0.5
    return made


def blocks(samples: Sound, start: int = 0) -> Iterator[SoundBlock]:
    for begin in range(start, samples.size, 7 * SAMPLE_RATE):
        yield SoundBlock(Fraction(begin, SAMPLE_RATE), samples[begin : begin + 7 * SAMPLE_RATE])


def cut(samples: Sound, start: int = 0) -> list[Stretch]:
    return list(stretches(blocks(samples, start), start, LoudIsVoice(), SpeechOptions()))


def ends(found: Sequence[Stretch]) -> list[float]:
    return [round(one.end / SAMPLE_RATE, 1) for one in found]


def test_they_follow_each_other_to_the_end_and_are_cut_in_pauses() -> None:
    talk = sound(70, (1, 12), (12.2, 20), (21.2, 39), (39.3, 58), (60, 69.5))
    found = cut(talk)
    assert found[0].start == 0 and found[-1].end == talk.size
    assert all(before.end == after.start for before, after in itertools.pairwise(found))
    assert all(one.samples.size <= 28 * SAMPLE_RATE for one in found)
    assert ends(found) == [20.6, 39.2, 58.8, 70.0]
    assert not any(abs(talk[one.end]) for one in found[:-1]), "in the middle of nothing"


def test_taken_up_at_any_end_they_are_the_same() -> None:
    talk = sound(90, *((at, at + 2.5 + at % 3 / 4) for at in range(0, 90, 4)))
    whole = cut(talk)
    for place, stretch in enumerate(whole[:-1], 1):
        rest = cut(talk, stretch.end)
        assert [(one.start, one.end, one.voices) for one in rest] == [
            (one.start, one.end, one.voices) for one in whole[place:]
        ]


def test_silence_has_no_voices_and_a_late_voice_begins_a_stretch() -> None:
    found = cut(sound(100, (60, 63)))
    (spoken,) = (one for one in found if one.voices)
    assert 52 < spoken.start / SAMPLE_RATE < 60 and spoken.end / SAMPLE_RATE > 63
    assert cut(sound(0)) == []


def test_a_voice_without_a_pause_is_cut_all_the_same() -> None:
    found = cut(sound(100, (0, 100)))
    assert found[-1].end == 100 * SAMPLE_RATE and all(one.samples.size <= 28 * SAMPLE_RATE for one in found)
    assert len(found) < 10


def test_long_pauses_are_not_heard_and_words_lie_where_they_were_said() -> None:
    (stretch,) = cut(sound(26, (2, 5), (20, 24)))
    condensed = CondensedSound.of(stretch, 1.0)
    assert condensed.samples.size / SAMPLE_RATE == pytest.approx(0.3 + 3 + 1 + 4 + 0.3, abs=0.2)
    first = condensed.placed(HeardWord(0.35, 0.8, " early", 1.0))
    late = condensed.placed(HeardWord(4.4, 5.0, " late", 1.0))
    assert first.start == pytest.approx(2.05, abs=0.1) and late.start == pytest.approx(20.1, abs=0.15)
    across = condensed.placed(HeardWord(3.0, 5.0, " long", 1.0))
    assert across.end - across.start < 2.5, "no word reaches over a silence"
    assert condensed.voiced(0.4, 0.8) == 1.0 and condensed.voiced(3.55, 4.0) < 0.5
