"""Listening to a media: sound -> voice activity -> stretches -> words -> sentences.

Every stretch is kept when it ends.  A run that was stopped goes on at the end of the last one, and what was heard
before needs no model.  The model is loaded when somebody speaks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice, pairwise

import numpy as np

from cuemark.core.errors import Notice
from cuemark.core.languages import language_code
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.core.transcript import Transcript, Word
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.speech.condensed import CondensedSound
from cuemark.evidence.speech.heard import HeardSound, HeardStretch, lost_notice
from cuemark.evidence.speech.sentences import sentences
from cuemark.evidence.speech.stretches import Stretch, stretches
from cuemark.media.sound import SAMPLE_RATE, SoundInfo, chosen_sound, read_sound, sound_streams, track_notices
from cuemark.models.speech.choice import unheard
from cuemark.models.speech.doubt import believed
from cuemark.models.speech.options import SpeechOptions
from cuemark.models.speech.recogniser import SpeechModel, SpeechRecogniser
from cuemark.models.speech.voice_activity import VoiceActivity

STAGE = "speech"
_SURE = 0.8
"""Probability of a language at which no more is listened to find it."""
_MOST_STRETCHES = 4
"""A language is found in so many stretches at most."""
_ENOUGH_S = 5.0
"""Less speech than this does not tell a language for sure."""
_SILENT = 10 ** (-60 / 20)
"""Sound that nowhere rises above -60 dB is silent."""
_VOICE_S, _LOOKED_S = 2.0, 600


def listen(
    info: MediaInfo,
    model: SpeechModel,
    cache: FeatureCache | None,
    language: str | None,
    progress: Progress,
    options: SpeechOptions | None = None,
    track: int | None = None,
) -> Transcript:
    """What is said in the sound of `info`; `track` is the number of its sound track (None: the one people hear).

    Without sound, or where nothing is said, it has no utterances and a warning that says which.  MediaError where the
    sound cannot be read at all (see `read_sound`), ModelError for the model, OptionError `option_language` for a
    language it does not know, JobCancelled.
    """
    tracks = sound_streams(info)
    sound = chosen_sound(tracks, track, info.path, language)
    if sound is None:
        return Transcript((), warnings=(Notice("no_sound", f"{shown(info.path)} has no sound."),))
    options, language = options or SpeechOptions(), language_code(language or "") or language or None
    kept = HeardSound.of(cache, info, sound, model.id, language, options, progress)
    transcript = kept.whole()
    if transcript is not None:
        progress.count("transcripts_from_cache")
    else:
        transcript = _Listening(info, sound, model, language, progress, options).transcript(kept)
        kept.keep_whole(transcript)
    told = track_notices(info, tracks, sound, track)
    return replace(transcript, name=model.name, warnings=(*told, *transcript.warnings))


def has_voice(info: MediaInfo, progress: Progress, track: int | None = None) -> bool:
    """Whether somebody speaks in the first ten minutes of the sound, two seconds in all; needs no model that is pulled.

    MediaError as `listen`.
    """
    sound = chosen_sound(sound_streams(info), track, info.path)
    if sound is None:
        return False
    heard = 0.0
    for stretch in stretches(read_sound(info, sound, progress, end=_LOOKED_S), 0, VoiceActivity(), SpeechOptions()):
        progress.check()
        heard += _spoken_s(stretch)
        if heard >= _VOICE_S:
            return True
    return False


class _Listening:
    """One run over the sound of a media."""

    def __init__(
        self,
        info: MediaInfo,
        sound: SoundInfo,
        model: SpeechModel,
        language: str | None,
        progress: Progress,
        options: SpeechOptions,
    ) -> None:
        self._info, self._sound, self._model = info, sound, model
        self._asked, self._progress, self._options = language, progress, options
        self._total = max(1, round(sound.start + sound.duration if sound.duration else info.duration))
        self._loudest = 0.0
        self._recogniser: SpeechRecogniser | None = None

    def transcript(self, kept: HeardSound) -> Transcript:
        """Heard from where an earlier run was stopped."""
        earlier = kept.stretches()
        if earlier:
            self._progress.count("speech_stretches_from_cache", len(earlier))
            self._progress.note(f"Listening goes on at {float(Fraction(earlier[-1].end, SAMPLE_RATE)):.0f} s.")
        fresh = []
        for stretch in self._fresh(earlier):
            kept.keep(stretch)
            self._progress.count("speech_stretches")
            fresh.append(stretch)
        return self._told([*earlier, *fresh])

    def _fresh(self, earlier: Sequence[HeardStretch]) -> Iterator[HeardStretch]:
        start = earlier[-1].end if earlier else 0
        blocks = read_sound(self._info, self._sound, self._progress, start=Fraction(start, SAMPLE_RATE))
        spoken = self._spoken(stretches(blocks, start, VoiceActivity(), self._options))
        if earlier:
            language = earlier[-1].language or None
        else:
            first = list(self._until_language(spoken))
            language = self._asked or self._found_language(first)
            yield from (self._heard(stretch, language) for stretch in first)
        yield from (self._heard(stretch, language) for stretch in spoken)
        self._progress.update(STAGE, self._total, self._total, "seconds")

    def _spoken(self, every: Iterable[Stretch]) -> Iterator[Stretch]:
        """Those in which somebody speaks; progress is that of the sound."""
        lost = 0
        for stretch in every:
            self._progress.update(STAGE, min(self._total, stretch.start // SAMPLE_RATE), self._total, "seconds")
            self._loudest = max(self._loudest, float(np.abs(stretch.samples).max(initial=0.0)))
            lost += stretch.lost
            if stretch.voices:
                yield replace(stretch, lost=lost)
                lost = 0
        self._lost_behind = lost

    _lost_behind = 0

    def _until_language(self, spoken: Iterator[Stretch]) -> Iterator[Stretch]:
        """As many stretches as may be needed to find the language; the first where it is known already."""
        most = 1 if self._asked else _MOST_STRETCHES
        heard = 0.0
        for stretch in islice(spoken, most):
            yield stretch
            heard += _spoken_s(stretch)
            if heard >= _ENOUGH_S * 2:
                return

    def _found_language(self, first: Sequence[Stretch]) -> str | None:
        """The likeliest language of the first stretches, each counted by how much is said in it."""
        chances: dict[str, float] = defaultdict(float)
        total = 0.0
        for stretch in first:
            spoken = _spoken_s(stretch)
            sound = CondensedSound.of(stretch, self._options.pause_s)
            for language, chance in self._open().languages_heard(sound.samples, self._progress.check).items():
                chances[language] += chance * spoken
            total += spoken
            if total >= _ENOUGH_S and max(chances.values(), default=0.0) >= _SURE * total:
                break
        return max(chances, key=chances.__getitem__) if chances else None

    def _open(self) -> SpeechRecogniser:
        if self._recogniser is None:
            self._progress.update("speech model", 0, 1, "models")
            self._recogniser = self._model.open()
            self._progress.update("speech model", 1, 1, "models")
            self._check_language(self._recogniser)
        return self._recogniser

    def _check_language(self, recogniser: SpeechRecogniser) -> None:
        if self._asked and recogniser.languages and self._asked not in recogniser.languages:
            raise unheard(self._model.name, self._asked, recogniser.languages)

    def _heard(self, stretch: Stretch, language: str | None) -> HeardStretch:
        """What the model makes of a stretch, as far as it is believed."""
        sound = CondensedSound.of(stretch, self._options.pause_s)
        heard = self._open().transcribe(sound.samples, language, self._options, self._progress.check)
        words = believed(heard, sound.voiced, _spoken_s(stretch), self._options)
        placed = [sound.placed(word) for word in words]
        spoken = tuple(
            Word(
                stretch.time + _exact(word.start),
                stretch.time + _exact(word.end),
                word.text,
                round(word.probability, 4),
            )
            for word in placed
        )
        doubted = sum(len(segment.words) for segment in heard.segments) - len(words)
        return HeardStretch(stretch.start, stretch.end, spoken, language or heard.language or "", doubted, stretch.lost)

    def _told(self, every: Sequence[HeardStretch]) -> Transcript:
        words = _in_order([word for stretch in every for word in stretch.words])
        said = tuple(sentences(words, self._options))
        language = Counter(stretch.language for stretch in every if stretch.words).most_common(1)
        lost = sum(stretch.lost for stretch in every) + self._lost_behind
        warnings = [*lost_notice(lost), *([] if said else [self._nothing_said(every)])]
        return Transcript(said, language[0][0] if language else "", name=self._model.name, warnings=tuple(warnings))

    def _nothing_said(self, every: Sequence[HeardStretch]) -> Notice:
        # Without the name of the file: its transcript is kept for every copy of it.
        if not every and self._loudest < _SILENT:
            return Notice("nothing_said", "Nothing is said: the sound is silent.")
        if not every:
            return Notice("nothing_said", "Nothing is said: there is sound, but no voice that speaks.")
        return Notice("nothing_said", "Nothing is said: what sounds like a voice has no words that can be made out.")


def _spoken_s(stretch: Stretch) -> float:
    """Seconds of voice."""
    return sum(end - begin for begin, end in stretch.voices)


def _in_order(words: Sequence[Word]) -> list[Word]:
    """Words by when they begin, none of which ends behind the beginning of the next."""
    ordered = sorted(words, key=lambda word: (word.start, word.end))
    ended = [replace(word, end=max(word.start, min(word.end, after.start))) for word, after in pairwise(ordered)]
    return [*ended, *ordered[-1:]]


def _exact(seconds: float) -> Fraction:
    """Milliseconds: words are heard no finer."""
    return Fraction(round(seconds * 1000), 1000)
