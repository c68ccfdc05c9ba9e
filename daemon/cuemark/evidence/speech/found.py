"""Which transcript of a media counts: the one that is named, one beside the file, one inside it, else what is heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cuemark.core.analysis_options import NO_TRANSCRIPT, AnalysisOptions
from cuemark.core.errors import InputError, Notice
from cuemark.core.languages import language_code
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.transcript import Transcript
from cuemark.evidence.speech import given

Listen = Callable[[], Transcript | None]
"""Lets a speech model listen; None where there is none to ask."""


@dataclass(frozen=True)
class FoundTranscript:
    """The transcript that counts, None where nothing tells what is said; and what is to be said of the search for it.

    The notices hold the transcript's own warnings.
    """

    transcript: Transcript | None
    notices: tuple[Notice, ...] = ()


def find_transcript(
    info: MediaInfo, options: AnalysisOptions, progress: Progress, listen: Listen | None = None
) -> FoundTranscript:
    """The first that there is of: `--transcript`, a file beside the media, a subtitle stream in it, the speech model.

    `--transcript none` passes over those that were found; `listen` is left out where the model is switched off.
    Raises InputError for a file that was named and cannot be used; what was only found and cannot be used is a notice.
    """
    named = options.transcript
    if named and named != NO_TRANSCRIPT:
        found = _read(Path(named), info, options.language or "")
        return _told(found, options, ())
    notices: tuple[Notice, ...] = ()
    if named != NO_TRANSCRIPT:
        progress.update("transcript", 0, 1, "files")
        transcript, notices = _found(info, options.language or "", progress)
        progress.update("transcript", 1, 1, "files")
        if transcript is not None:
            return _told(transcript, options, notices)
    heard = None if listen is None else listen()
    return FoundTranscript(None, notices) if heard is None else _told(heard, options, notices)


def _read(path: Path, info: MediaInfo, language: str) -> Transcript:
    return given.read_transcript(path, info.duration, picture_start=info.picture_start, language=language)


def _told(transcript: Transcript, options: AnalysisOptions, notices: tuple[Notice, ...]) -> FoundTranscript:
    """The transcript in the language that the user says it is in."""
    asked = options.language or ""
    spoken = replace(transcript, language=language_code(asked) or asked or transcript.language)
    return FoundTranscript(spoken, (*notices, *transcript.warnings))


def _found(info: MediaInfo, language: str, progress: Progress) -> tuple[Transcript | None, tuple[Notice, ...]]:
    """What lies beside the media, else what is inside it; a file or stream that cannot be used is passed over aloud."""
    notices: list[Notice] = []
    lying = given.beside(info.path, language)
    if lying is not None:
        try:
            return _read(lying, info, language), ()
        except InputError as error:
            notices.append(Notice(error.code, f"{error} It lies beside the footage and was passed over."))
    try:
        return given.subtitle_transcript(info, progress, language), tuple(notices)
    except InputError as error:  # of which MediaError is one
        notices.append(Notice(error.code, str(error)))
    return None, tuple(notices)
