"""Listening to a media: words at their times, none where nobody speaks, kept and taken up again, cancelled at once."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from cuemark.core.errors import JobCancelled, OptionError
from cuemark.core.progress import SilentProgress
from cuemark.core.transcript import Transcript
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.speech import listen as listening
from cuemark.evidence.speech.listen import has_voice, listen
from cuemark.media.probe import probe
from cuemark.media.sound import SAMPLE_RATE, SoundBlock
from cuemark.models.speech.options import SpeechOptions
from cuemark.models.speech.recogniser import SpeechModel, open_recogniser, recogniser_id
from cuemark.models.speech.voice_activity import VoiceActivity
from tests.speech.small_models import whisper_folder
from tests.speech.spoken import (
    SECOND_PART_S,
    STORY,
    STORY_WORDS,
    CountingRecogniser,
    Sound,
    sound_of,
    texts,
    word_error,
    write_film,
)  # fmt: skip


class Watching(SilentProgress):
    """Hears all, and stops the run when it is told to."""

    def __init__(self) -> None:
        self.updates: list[tuple[str, int, int]] = []
        self.counts: dict[str, int] = {}
        self.stop = False

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        self.updates.append((stage, done, total))
        self.check()

    def count(self, name: str, amount: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + amount

    def check(self) -> None:
        if self.stop:
            raise JobCancelled


@pytest.fixture(scope="session")
def story() -> Sound:
    return sound_of(STORY)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> SpeechModel:
    """Whisper tiny.en, loaded once."""
    folder = whisper_folder(tmp_path_factory.mktemp("speech") / "tiny")
    loaded: list[Any] = []

    def load() -> Any:
        loaded[:] = loaded or [open_recogniser(folder)]
        return loaded[0]

    return SpeechModel("tiny", recogniser_id(folder), load)


def heard(path: Path, model: SpeechModel, **more: Any) -> Transcript:
    return listen(probe(path), model, more.pop("cache", None), more.pop("language", None), SilentProgress(), **more)


def test_a_story_is_written_down_and_its_words_lie_where_they_are_said(
    tmp_path: Path, story: Sound, tiny: SpeechModel
) -> None:
    found = heard(write_film(tmp_path / "story.mkv", story), tiny)
    assert word_error(STORY_WORDS, texts(found.utterances)) < 0.35, texts(found.utterances)
    assert found.language == "en" and found.name == "tiny" and not found.warnings
    assert 6 <= len(found.utterances) <= 8 and found.utterances[-1].text.endswith(".")
    second = next(one for one in found.utterances if "afternoon" in one.text)
    assert abs(float(second.start) - SECOND_PART_S) < 0.5
    words = [word for one in found.utterances for word in one.words]
    assert all(a.end <= b.start and a.start <= a.end for a, b in itertools.pairwise(words))


def test_pictures_and_speech_out_of_step_by_a_late_track(tmp_path: Path, story: Sound, tiny: SpeechModel) -> None:
    early = heard(write_film(tmp_path / "early.mkv", story[: 12 * SAMPLE_RATE]), tiny)
    late = heard(write_film(tmp_path / "late.mkv", story[: 12 * SAMPLE_RATE], Fraction(7, 2)), tiny)
    assert len(early.utterances) == len(late.utterances) == 3
    for before, after in zip(early.utterances, late.utterances, strict=True):
        assert abs(float(after.start - before.start) - 3.5) < 0.15


def applause(seconds: int) -> Sound:
    """Claps of many people: short bursts of noise at random times."""
    noise = np.random.default_rng(3)
    made = np.zeros(seconds * SAMPLE_RATE, np.float32)
    for begin in noise.integers(0, made.size - 800, seconds * 60):
        made[begin : begin + 800] += noise.normal(0, 0.2, 800) * np.exp(-np.arange(800) / 120)
    return made


def music(seconds: int) -> Sound:
    """Chords with overtones and a beat."""
    time = np.arange(seconds * SAMPLE_RATE) / SAMPLE_RATE
    chord = [(220, 277.2, 329.6), (196, 246.9, 293.7), (174.6, 220, 261.6), (196, 246.9, 293.7)]
    made = np.zeros(time.size)
    for number in range(seconds):
        part = slice(number * SAMPLE_RATE, (number + 1) * SAMPLE_RATE)
        for tone in chord[number % 4]:
            made[part] += sum(np.sin(2 * np.pi * tone * k * time[part]) / k for k in range(1, 6))
        made[part] *= np.exp(-3 * (time[part] % 0.5))
    return np.asarray(made * 0.1, np.float32)


NOBODY: dict[str, Callable[[], Sound]] = {
    "silence": lambda: np.zeros(40 * SAMPLE_RATE, np.float32),
    "noise": lambda: np.random.default_rng(1).normal(0, 0.1, 40 * SAMPLE_RATE).astype(np.float32),
    "hum": lambda: np.asarray(0.2 * np.sin(2 * np.pi * 50 * np.arange(40 * SAMPLE_RATE) / SAMPLE_RATE), np.float32),
    "music": lambda: music(40),
    "applause": lambda: applause(40),
}


@pytest.mark.parametrize("kind", NOBODY)
def test_where_nobody_speaks_nothing_is_invented(tmp_path: Path, tiny: SpeechModel, kind: str) -> None:
    film = write_film(tmp_path / "nobody.mkv", NOBODY[kind]())
    found = heard(film, tiny)
    assert found.utterances == () and [notice.code for notice in found.warnings] == ["nothing_said"]
    assert ("silent" in found.warnings[0].message) == (kind == "silence")
    assert not has_voice(probe(film), SilentProgress())


@pytest.mark.parametrize("kind", ["noise", "music", "applause"])
def test_nothing_is_invented_where_the_detector_takes_all_for_a_voice(
    tmp_path: Path, tiny: SpeechModel, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second line of defence: what the model itself doubts."""
    ones = lambda self, samples: np.ones(-(-samples.size // 512), np.float32)  # noqa: E731
    monkeypatch.setattr(VoiceActivity, "probabilities", ones)
    found = heard(write_film(tmp_path / "nobody.mkv", NOBODY[kind]()[: 20 * SAMPLE_RATE]), tiny)
    assert sum(len(one.words) for one in found.utterances) <= 1, texts(found.utterances)


def test_voices_are_heard_between_music_and_silence(tmp_path: Path, story: Sound, tiny: SpeechModel) -> None:
    sound = np.concatenate([music(15), story[: 12 * SAMPLE_RATE], np.zeros(20 * SAMPLE_RATE, np.float32)])
    film = write_film(tmp_path / "mixed.mkv", sound)
    found = heard(film, tiny)
    assert has_voice(probe(film), SilentProgress())
    assert len(found.utterances) == 3 and 15 < found.utterances[0].start < 16.2 and found.utterances[-1].end < 27.2


def long_story(tmp_path: Path, story: Sound, times: int) -> Path:
    return write_film(tmp_path / "long.mkv", np.tile(story, times))


def test_what_was_heard_is_kept_and_needs_no_model_again(tmp_path: Path, story: Sound) -> None:
    info, cache = probe(long_story(tmp_path, story, 3)), FeatureCache(tmp_path / "cache")
    first = CountingRecogniser()
    found = listen(info, first.model(), cache, None, SilentProgress())
    assert first.heard >= 3 and cache.size().entries == 1, "the stretches are dropped with the whole"
    never = SpeechModel("other name", first.id, lambda: pytest.fail("the model was loaded"))
    again = listen(info, never, cache, None, SilentProgress())
    assert again.utterances == found.utterances and again.name == "other name"
    other = CountingRecogniser()
    listen(info, other.model(), cache, None, SilentProgress(), SpeechOptions(beam=1))
    assert other.heard == first.heard, "other options hear anew"
    cache.prune(0)
    assert cache.size().entries == 0


def test_a_run_that_was_stopped_goes_on_at_the_next_stretch(tmp_path: Path, story: Sound) -> None:
    info, cache = probe(long_story(tmp_path, story, 4)), FeatureCache(tmp_path / "cache")
    whole = listen(info, CountingRecogniser().model(), None, None, SilentProgress())

    class Stopped(CountingRecogniser):
        def transcribe(self, *args: Any) -> Any:
            if self.heard == 3:
                raise KeyboardInterrupt
            return super().transcribe(*args)

    stopped = Stopped()
    with pytest.raises(KeyboardInterrupt):
        listen(info, stopped.model(), cache, None, SilentProgress())
    later, progress = CountingRecogniser(), Watching()
    later.heard = 3
    found = listen(info, later.model(), cache, None, progress)
    assert found.utterances == whole.utterances and progress.counts["speech_stretches_from_cache"] == 3
    assert set(later.asked) == {"de"}, "in the language that was found before"
    seconds = [done for stage, done, _ in progress.updates if stage == "speech"]
    assert seconds == sorted(seconds) and seconds[0] > 40 and seconds[-1] == progress.updates[-1][2]


def test_a_damaged_entry_is_heard_again(tmp_path: Path, story: Sound) -> None:
    info, cache = probe(long_story(tmp_path, story, 1)), FeatureCache(tmp_path / "cache")
    found = listen(info, CountingRecogniser().model(), cache, None, SilentProgress())
    for file in (tmp_path / "cache" / "features").glob("*/*speech-whole*"):
        file.write_bytes(file.read_bytes()[:-7])
    again = CountingRecogniser()
    assert listen(info, again.model(), cache, None, SilentProgress()).utterances == found.utterances and again.heard


def test_the_language_is_found_or_given_or_refused(tmp_path: Path, story: Sound) -> None:
    film = long_story(tmp_path, story, 1)
    found, given = CountingRecogniser(), CountingRecogniser()
    assert heard(film, found.model()).language == "de" and found.asked[0] == "de"
    assert heard(film, given.model(), language="en").language == "en" and given.asked[0] == "en"
    assert heard(film, CountingRecogniser().model(), language="English").language == "en"
    assert heard(film, CountingRecogniser().model(), language="de-AT").language == "de"
    with pytest.raises(OptionError) as error:
        heard(film, CountingRecogniser().model(), language="xx")
    assert error.value.code == "option_language" and "'xx'" in str(error.value)


def test_a_cancel_in_the_middle_of_a_long_call_takes_no_two_seconds(
    tmp_path: Path, story: Sound, monkeypatch: pytest.MonkeyPatch, tiny: SpeechModel
) -> None:
    recogniser: Any = tiny.open()
    slow, begun = recogniser._model.encode, threading.Event()

    def encode(features: Any) -> Any:
        begun.set()
        time.sleep(6)
        return slow(features)

    monkeypatch.setattr(recogniser._model, "encode", encode)
    progress = Watching()
    ended: list[float] = []

    def run() -> None:
        with pytest.raises(JobCancelled):
            listen(probe(write_film(tmp_path / "s.mkv", story)), tiny, None, None, progress)
        ended.append(time.monotonic())

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(60)
    asked = time.monotonic()
    progress.stop = True
    thread.join(30)
    assert ended and ended[0] - asked < 2


@pytest.mark.slow
def test_three_hours_take_no_more_memory_than_ten_minutes(
    tmp_path: Path, story: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = 3 * 3600
    block = np.tile(story, 2)[: 30 * SAMPLE_RATE]

    def blocks(*_: Any, start: Fraction, **__: Any) -> Any:
        for number in range(hours // 30):
            yield SoundBlock(Fraction(number * 30), block.copy())

    monkeypatch.setattr(listening, "read_sound", blocks)
    memory: list[int] = []

    class Measured(CountingRecogniser):
        def transcribe(self, *args: Any) -> Any:
            memory.append(psutil.Process().memory_info().rss)
            return super().transcribe(*args)

    recogniser = Measured()
    info, cache = probe(write_film(tmp_path / "s.mkv", story)), FeatureCache(tmp_path / "cache")
    found = listen(info, recogniser.model(), cache, "en", SilentProgress())
    assert recogniser.heard > 300 and found.utterances[-1].end > hours - 60
    first = max(memory[: len(memory) // 18])
    print(
        f"\n3 hours, {recogniser.heard} stretches: {first >> 20} MiB after 10 minutes, at most {max(memory) >> 20} MiB"
    )
    assert max(memory) - first < 64 << 20, [size >> 20 for size in memory[:: len(memory) // 20]]
