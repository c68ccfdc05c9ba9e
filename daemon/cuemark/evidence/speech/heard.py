"""What a speech model heard of a media, kept as it ends, stretch by stretch, so that a killed run loses one of them.

Entries of the cache of features (sealed, counted, pruned with it), named by all that decides the words: the content of
the media, the sound track, the model, the language asked for, the options, and the way sound is cut.  A finished media
is one entry, and those of its stretches are dropped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from cuemark.core.errors import Notice, StoreError
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.serialise import UNREADABLE, decode, encode
from cuemark.core.transcript import Transcript, Word
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.media.sound import SoundInfo
from cuemark.models.speech.options import SpeechOptions

LISTENING_VERSION = 1
"""Raise when the same sound, model and options are heard otherwise (cuts, doubts, times)."""

_MS = 1000


@dataclass(frozen=True)
class HeardStretch:
    """The words of one stretch, from sample `start` to sample `end` of the sound; times in seconds as those of Word.

    The text of a word keeps the space before it.  `doubted` counts the words that were heard and not believed, `lost`
    damaged packets.  `language` is the one that the media is in, "" where it is not known.
    """

    start: int
    end: int
    words: tuple[Word, ...] = ()
    language: str = ""
    doubted: int = 0
    lost: int = 0


@dataclass
class HeardSound:
    """What is known to be said in one media, by one model, under one set of options; without a cache, nothing."""

    cache: FeatureCache | None
    key: str
    progress: Progress
    _is_told: bool = field(default=False, repr=False)

    @classmethod
    def of(
        cls,
        cache: FeatureCache | None,
        info: MediaInfo,
        track: SoundInfo,
        model_id: str,
        language: str | None,
        options: SpeechOptions,
        progress: Progress,
    ) -> HeardSound:
        """What is kept for these; `progress` is told where nothing can be."""
        decisive = [
            LISTENING_VERSION, info.fingerprint, str(info.start_time), track.index, model_id, language or "",
            json.dumps(asdict(options), sort_keys=True),
        ]  # fmt: skip
        digest = hashlib.sha256("\n".join(map(str, decisive)).encode()).hexdigest()[:32]
        return cls(cache, f"{digest}-speech", progress)

    def whole(self) -> Transcript | None:
        """The finished transcript, where one is kept."""
        facts = self._facts(f"{self.key}-whole")
        try:
            return None if facts is None else decode(Transcript, facts)
        except UNREADABLE:
            return None

    def stretches(self) -> list[HeardStretch]:
        """Those that were finished, in order; what lies between them is silent."""
        if self.cache is None:
            return []
        found = [self._stretch(key) for key in self.cache.find(f"{self.key}-at-")]
        return sorted((each for each in found if each is not None), key=lambda each: each.start)

    def keep(self, stretch: HeardStretch) -> None:
        """Leave a finished stretch."""
        words = [[_ms(word.start), _ms(word.end), word.text, word.probability] for word in stretch.words]
        self._put(f"{self.key}-at-{stretch.start:012d}", self._parts, {**_plain(stretch), "words": words})

    def keep_whole(self, transcript: Transcript) -> None:
        """Leave the finished transcript, which makes its stretches superfluous."""
        if self._put(f"{self.key}-whole", self.key, encode(transcript)) and self.cache is not None:
            self.cache.drop(self._parts)

    @property
    def _parts(self) -> str:
        return f"{self.key}-parts"

    def _stretch(self, key: str) -> HeardStretch | None:
        facts = self._facts(key)
        try:
            if facts is None:
                return None
            words = tuple(
                Word(Fraction(a, _MS), Fraction(b, _MS), str(text), float(p)) for a, b, text, p in facts["words"]
            )
            return HeardStretch(**{**facts, "words": words})
        except UNREADABLE:
            return None

    def _facts(self, key: str) -> dict[str, Any] | None:
        entry = None if self.cache is None else self.cache.get(key)
        return None if entry is None else entry.facts

    def _put(self, key: str, owner: str, facts: dict[str, Any]) -> bool:
        try:
            if self.cache is not None:
                self.cache.put(key, owner, {}, facts)
            return True
        except StoreError as error:  # what is heard is not lost for it
            if not self._is_told:
                self.progress.note(f"What is heard cannot be kept: {error}")
            self._is_told = True
            return False


def _plain(stretch: HeardStretch) -> dict[str, Any]:
    return {name: value for name, value in vars(stretch).items() if name != "words"}


def _ms(time: Fraction) -> int:
    return round(time * _MS)


def lost_notice(lost: int) -> Sequence[Notice]:
    """What is said of damaged packets."""
    if not lost:
        return ()
    told = "1 packet" if lost == 1 else f"{lost} packets"
    return (Notice("sound_damaged", f"{told} of the sound cannot be decoded; there it is taken as silent."),)
