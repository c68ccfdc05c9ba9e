"""Spoken stories and drawn films for tests.

`story.ogg` is a story of ours, read by espeak-ng (its output is nobody's), so that speech is heard without a download:

    espeak-ng -v en-us -s 145 -w PART.wav "..."    # two parts; the first begins after 0.5 s, the second 1.5 s later
    ffmpeg ... -ac 1 -ar 16000 -c:a libopus -b:a 24k story.ogg
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from cuemark.media.sound import SAMPLE_RATE
from cuemark.models.speech.recogniser import HeardChunk, HeardSegment, HeardWord, SpeechModel

STORY = Path(__file__).with_name("story.ogg")
STORY_WORDS = (
    "The harbour was quiet in the early morning. A fisherman carried his nets down to the water. His daughter followed "
    "him with a lantern and a basket of bread. In the afternoon the wind turned to the north. The boats came back one "
    "after the other, heavy with fish. Everybody helped to carry the boxes to the market."
)
SECOND_PART_S = 12.0
"""When the second part of the story begins, within half a second."""

Sound = NDArray[np.float32]


def sound_of(path: Path) -> Sound:
    """Mono samples at 16,000 Hz of any file with sound."""
    parts: list[Sound] = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        for frame in (*container.decode(audio=0), None):
            parts += [resampled.to_ndarray()[0] for resampled in resampler.resample(frame)]
    return np.concatenate(parts)


def write_film(path: Path, sound: Sound, late: Fraction = Fraction(0), rate: int = SAMPLE_RATE) -> Path:
    """A grey film as long as the sound, which begins `late` seconds after the first picture."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=5)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        track = container.add_stream("pcm_s16le", rate=rate, layout="mono")
        grey = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 128, np.uint8), format="rgb24")
        for number in range(int((sound.size / rate + float(late)) * 5) + 1):
            grey.pts = number
            container.mux(pictures.encode(grey))
        container.mux(pictures.encode(None))
        for begin in range(0, sound.size, rate):
            part = np.clip(sound[begin : begin + rate] * 32767, -32768, 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(part[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, begin + int(late * rate), Fraction(1, rate)
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return path


def word_error(said: str, heard: str) -> float:
    """Word error rate: edits of words over words said; letters alone count, in small."""
    truth, found = (re.findall(r"\w+", text.casefold()) for text in (said, heard))
    row = list(range(len(found) + 1))
    for place, word in enumerate(truth, 1):
        before, row[0] = row[0], place
        for other, guess in enumerate(found, 1):
            before, row[other] = row[other], min(row[other] + 1, row[other - 1] + 1, before + (word != guess))
    return row[-1] / len(truth)


class CountingRecogniser:
    """A stand-in for a model: in every stretch it hears one word a second, numbered through."""

    id, name, device, device_reason = "counting", "counting", "cpu", "a test"
    languages: tuple[str, ...] = ("en", "de")

    def __init__(self) -> None:
        self.heard = 0
        self.asked: list[str | None] = []

    def languages_heard(self, samples: Sound, check: Any) -> dict[str, float]:
        return {"de": 0.9}

    def transcribe(self, samples: Sound, language: str | None, options: Any, check: Any) -> HeardChunk:
        check()
        self.asked.append(language)
        length = samples.size / SAMPLE_RATE
        words = [HeardWord(at + 0.3, at + 0.6, f" {self.heard}.{at}", 0.9) for at in range(int(length))]
        self.heard += 1
        return HeardChunk((HeardSegment(tuple(words)),), language or "")

    def model(self) -> SpeechModel:
        """As `listen` wants it."""
        return SpeechModel(self.name, self.id, lambda: self)


def texts(utterances: Sequence[Any]) -> str:
    """All that is said."""
    return " ".join(one.text for one in utterances)
