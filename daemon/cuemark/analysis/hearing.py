"""The stage before the frames: what is said in a media, by the transcript that was given or the model that listens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cuemark.analysis.model_cache import ModelCache, ModelRef
from cuemark.core.analysis import ModelUse, Notice
from cuemark.core.analysis_options import SWITCHED_OFF, AnalysisOptions
from cuemark.core.errors import CuemarkError, JobCancelled, MediaError, ModelError
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.core.transcript import Transcript
from cuemark.core.typed_text import AUTO

if TYPE_CHECKING:
    from cuemark.evidence.frames.cache import FeatureCache
    from cuemark.models.speech.options import SpeechOptions


_USUAL = ("no_sound", "nothing_said")


@dataclass(frozen=True)
class Heard:
    """What is said, None where nothing tells it; the speech model by its role, where one listened; and notices.

    `failure` is why a model could not listen although it should have; it is among the notices, too.
    """

    transcript: Transcript | None
    uses: dict[str, ModelUse] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    failure: CuemarkError | None = None


def hear(
    info: MediaInfo,
    options: AnalysisOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    progress: Progress,
    wanted: SpeechOptions | None = None,
) -> Heard:
    """The transcript that counts: the one named, one beside the file or in it, else what a speech model hears.

    Raises InputError for a transcript that was named and cannot be used, ModelError or OptionError for a speech model
    that was named and cannot listen, OptionError `option_sound_track`, and JobCancelled.  Whatever else is wrong is a
    notice: the pictures are analysed all the same.
    """
    from cuemark.evidence.speech.found import find_transcript

    listener = _Listener(info, options, models, cache, progress, wanted)
    found = find_transcript(info, options, progress, listener.listen)
    transcript = found.transcript
    if listener.failure is not None:
        problem = Notice(listener.failure.code, str(listener.failure))
        return Heard(transcript, listener.uses, (*found.notices, problem), listener.failure)
    if transcript is None and listener.uses == {} and options.speech != SWITCHED_OFF:
        return Heard(None, {}, (*found.notices, *listener.offer()))
    return Heard(transcript, listener.uses, found.notices)


def news(notices: tuple[Notice, ...], options: AnalysisOptions) -> tuple[Notice, ...]:
    """What of these is to be said of pictures: that they have no sound, or nothing is said in them, is no news to who
    named no speech model."""
    return notices if _names_a_model(options) else tuple(each for each in notices if each.code not in _USUAL)


def _names_a_model(options: AnalysisOptions) -> bool:
    return options.speech not in (None, "", AUTO, SWITCHED_OFF)


class _Listener:
    """A speech model before the sound of one media; `uses` and `failure` are known once it was asked."""

    def __init__(
        self,
        info: MediaInfo,
        options: AnalysisOptions,
        models: ModelCache,
        cache: FeatureCache | None,
        progress: Progress,
        wanted: SpeechOptions | None,
    ) -> None:
        self._info, self._options, self._wanted = info, options, wanted
        self._models, self._cache, self._progress = models, cache, progress
        self._named = _names_a_model(options)
        self.uses: dict[str, ModelUse] = {}
        self.failure: CuemarkError | None = None
        self._ref: ModelRef | None = None
        try:  # before anything is done, so that a name that is none is told at once
            self._ref = models.choose_speech(options.speech, options.language)
        except ModelError as failure:
            if self._named:
                raise
            self.failure = failure

    def listen(self) -> Transcript | None:
        """What the model hears; None where there is no model, or none that can."""
        if self._ref is None:
            return None
        try:
            return self._heard(self._ref)
        except JobCancelled:
            raise
        except (MediaError, ModelError) as failure:
            if self._named and isinstance(failure, ModelError):
                raise
            self.failure = failure
        return None

    def _heard(self, ref: ModelRef) -> Transcript:
        from cuemark.evidence.speech.listen import listen

        model = self._models.speech(ref, self._progress)
        language, track = self._options.language, self._options.sound_track
        transcript = listen(self._info, model, self._cache, language, self._progress, self._wanted, track)
        self.uses = {ref.role: self._models.speech_use(ref, model)}
        return transcript

    def offer(self) -> tuple[Notice, ...]:
        """What a speech model would bring, the first time that somebody speaks and none is here."""
        from cuemark.evidence.speech.listen import has_voice

        notice = self._models.speech_notice(self._options.language)
        if notice is None:
            return ()
        try:
            speaks = has_voice(self._info, self._progress, self._options.sound_track)
        except MediaError as failure:
            return (Notice(failure.code, str(failure)),)
        if not speaks:
            return ()
        self._models.tell_speech()
        return (notice,)


def unheard(info: MediaInfo, heard: Heard) -> CuemarkError:
    """The error for sound alone of which nothing tells what is said."""
    if heard.failure is not None:
        return heard.failure
    message = f"{shown(info.path)} holds sound alone, and nothing is here that tells what is said in it."
    step = "Pull a speech model (cuemark models list names them), or give its words with --transcript FILE."
    return MediaError("sound_unheard", message, step)
