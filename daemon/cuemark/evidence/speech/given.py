"""Given transcripts: subtitles and transcripts that people or other programs wrote, as a `Transcript`.

Read are SubRip, WebVTT, SubStation, the JSON of Whisper in its dialects, the transcript JSON of the podcast namespace,
and our own JSON; by what is in a file, not by its name.  Times in such files are a player's, whose 0 is the start of
the container; those of our own JSON are already from the first frame shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import InputError, MediaError, Notice
from cuemark.core.json_files import read_bounded
from cuemark.core.languages import language_code
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.sizes import size_text
from cuemark.core.text import shown
from cuemark.core.transcript import Transcript, TranscriptOrigin
from cuemark.evidence.speech.cues import Cue, CueFile, plain_lines
from cuemark.evidence.speech.subtitle_files import (
    dialogue_text,
    is_subrip,
    is_substation,
    subrip,
    substation,
    voices,
    webvtt,
)
from cuemark.evidence.speech.text_encoding import DecodedText, NoText, decode_text
from cuemark.evidence.speech.timing import Span, utterances_of
from cuemark.evidence.speech.transcript_json import parsed, transcript_of

if TYPE_CHECKING:
    from cuemark.media.subtitles import SubtitleInfo, SubtitleText

LARGEST = 64 << 20
"""Bytes: ten times what a day of speech takes as Whisper's JSON with words."""
SUFFIXES = (".srt", ".vtt", ".json")
"""Of the files that are looked for beside footage, the likeliest first."""
_FORMS = {".srt": "SubRip", ".vtt": "WebVTT", ".ass": "SubStation", ".ssa": "SubStation"}
_READ = "Cuemark reads SRT, WebVTT, Whisper's JSON and podcast transcript JSON."


def read_transcript(
    path: Path, duration: Fraction | None = None, *, picture_start: Fraction = Fraction(0), language: str = ""
) -> Transcript:
    """The transcript in a file, of a media of that length whose first frame a player shows at `picture_start`.

    `language` helps to guess the encoding.  InputError `transcript_*` for a file of which nothing can be used.  What is
    left out of one that can be used is counted in the transcript's warnings.
    """
    tagged = language_tag(path)
    decoded = _decoded(path, _content(path), language or tagged)
    file = _cue_file(path, decoded.text)
    notices = [*_about_encoding(path, decoded), *_about_form(path, file)]
    ahead = Fraction(0) if file.from_picture else picture_start
    found, told = utterances_of(file, shown(path), Span(ahead, duration))
    spoken = file.language or tagged
    return Transcript(found, spoken, file.origin, file.name or path.name, (*notices, *told))


def _content(path: Path) -> bytes:
    try:
        data = read_bounded(path, LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError("transcript_not_found", f"There is no transcript {shown(path)}.", "Check the path.") from None
    except IsADirectoryError:
        raise InputError("transcript_unreadable", f"{shown(path)} is a folder.", "Name a transcript in it.") from None
    except PermissionError:
        message = f"The transcript {shown(path)} may not be read."
        raise InputError("transcript_unreadable", message, "Give yourself permission to read it.") from None
    except OSError as error:
        message = f"The transcript {shown(path)} cannot be read: {error.strerror or error}."
        raise InputError("transcript_unreadable", message, "Check the path and the disk it is on.") from None
    except ValueError:
        raise _refused(path) from None
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        size = "0 bytes" if not data else "nothing but blanks"
        message = f"The transcript {shown(path)} is empty ({size})."
        raise InputError("transcript_empty", message, "Save it again, or name another.")
    return data


def _refused(path: Path) -> InputError:
    """The error for what is no ordinary file, or too large a one."""
    if path.is_dir():
        return InputError("transcript_unreadable", f"{shown(path)} is a folder.", "Name a transcript in it.")
    if not path.is_file():
        return InputError("transcript_unreadable", f"{shown(path)} is no ordinary file.", "Name a transcript.")
    size = size_text(path.stat().st_size)
    message = f"{shown(path)} has {size}, more than the {size_text(LARGEST)} that a transcript may have."
    return InputError("transcript_too_large", message, "Name the transcript alone, as SRT or WebVTT.")


def _decoded(path: Path, data: bytes, language: str) -> DecodedText:
    try:
        decoded = decode_text(data, language)
    except NoText:
        message = f"{shown(path)} is no text, and so no transcript."
        raise InputError("transcript_binary", message, f"Name another file. {_READ}") from None
    return replace(decoded, text=decoded.text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))


def _cue_file(path: Path, text: str) -> CueFile:
    """What is in the file, by its content."""
    begin = text.lstrip()[:64]
    if begin.startswith("WEBVTT"):
        return webvtt(text.lstrip())
    if begin[:1] in ("{", "[") and not is_substation(text):
        return _json(path, text)
    if is_substation(text):
        return _substation(path, text)
    if is_subrip(text):
        return subrip(text)
    message = f"{shown(path)} holds no cues: no line has two times with an arrow between them."
    raise InputError("transcript_unknown", message, f"Save it in another format. {_READ}")


def _substation(path: Path, text: str) -> CueFile:
    try:
        return substation(text)
    except ValueError as error:
        message = f"{shown(path)} is a SubStation file that cannot be read: {error}."
        raise InputError("transcript_damaged", message, "Save it again as SRT.") from None


def _json(path: Path, text: str) -> CueFile:
    try:
        data = parsed(text)
    except ValueError as error:
        if is_subrip(text):  # text that happens to begin with a bracket
            return subrip(text)
        message = f"{shown(path)} is JSON that cannot be read: {error}."
        raise InputError("transcript_damaged", message, "Write or download it again.") from None
    found = transcript_of(data)
    if found is None:
        message = f"{shown(path)} is JSON, but no transcript in a form that is known."
        raise InputError("transcript_unknown", message, f"Name another file. {_READ}")
    return found


def _about_encoding(path: Path, decoded: DecodedText) -> Iterator[Notice]:
    if decoded.assumed:
        message = (
            f"{shown(path)} does not say its encoding; {decoded.encoding} was assumed. If letters in it look wrong, "
            "save it as UTF-8."
        )
        yield Notice("transcript_encoding", message)
    if decoded.broken:
        count = f"{decoded.broken} character{'s' * (decoded.broken != 1)}"
        message = (
            f"{count} of {shown(path)} cannot be read as {decoded.encoding} and stand as \N{REPLACEMENT CHARACTER}."
        )
        yield Notice("transcript_characters", message)


def _about_form(path: Path, file: CueFile) -> Iterator[Notice]:
    expected = _FORMS.get(path.suffix.lower(), "JSON" if path.suffix.lower() == ".json" else "")
    if expected and not file.form.endswith(expected):
        yield Notice(
            "transcript_form", f"{shown(path)} holds {file.form}, whatever its name says, and is read as that."
        )


_KINDS = frozenset({"sdh", "cc", "hi", "default", "full"})
"""What names of subtitle files say beside the language.  Forced ones hold foreign words alone, and are passed over."""


def language_tag(path: Path) -> str:
    """The language that a transcript's name tells (clip.en.srt, clip.pt-BR.sdh.vtt); "" where it tells none."""
    for part in reversed(path.name.split(".")[1:-1]):
        if part.lower() not in _KINDS:
            return language_code(part)
    return ""


def beside(media: Path, language: str = "") -> Path | None:
    """The transcript that lies beside a media file and has its name: clip.srt, clip.en.srt, clip.mp4.srt, clip.vtt.

    One in `language` goes before one without a tag, that before one in another language; a clip.json counts only when
    it is a transcript.
    """
    ranked = sorted((_rank(path, tag, language), path.name, path) for path, tag in _namesakes(media))
    return next((path for _, _, path in ranked if path.suffix.lower() != ".json" or is_transcript(path)), None)


def _rank(path: Path, tag: str, language: str) -> tuple[int, int]:
    wanted = language_code(language)
    place = (0 if tag and tag == wanted else 1) if not tag or tag == wanted else 2
    return place, SUFFIXES.index(path.suffix.lower())


def _namesakes(media: Path) -> Iterator[tuple[Path, str]]:
    """Files beside the media with its name, and the language in theirs."""
    stems = (media.name, media.stem)
    try:
        with os.scandir(media.parent) as entries:
            names = [entry.name for entry in entries if entry.name.startswith(media.stem)]
    except OSError:
        return
    for name in names:
        path = media.parent / name
        base, suffix = os.path.splitext(name)
        if suffix.lower() not in SUFFIXES or path == media:
            continue
        stem = next((stem for stem in stems if base == stem or base.startswith(f"{stem}.")), None)
        tags = [] if stem is None else [part for part in base[len(stem) :].split(".") if part]
        named = [part for part in tags if part.lower() not in _KINDS]
        if stem is not None and len(named) <= 1 and (not named or language_code(named[0])) and path.is_file():
            yield path, language_code(named[0]) if named else ""


def is_transcript(path: Path) -> bool:
    """Whether a JSON file is a transcript in a form we know."""
    try:
        decoded = decode_text(read_bounded(path, LARGEST))
        return transcript_of(parsed(decoded.text)) is not None
    except (OSError, ValueError):
        return False


def subtitle_transcript(info: MediaInfo, progress: Progress, language: str = "") -> Transcript | None:
    """The text of the media's subtitle stream, the one in `language` where there are several; None where it has none.

    MediaError `subtitles_are_pictures` where all are pictures of text, `subtitles_unreadable`; InputError
    `transcript_*` where nothing in them can be used.
    """
    from cuemark.media.subtitles import best_subtitles, read_subtitles, subtitle_streams

    streams = subtitle_streams(info.path)
    best = best_subtitles(streams, language)
    if best is None:
        if streams:
            raise _pictures(info.path, streams)
        return None
    cues = [cue for text in read_subtitles(info, best, progress) for cue in _cues_of(text, best.form)]
    if not any(cue.lines for cue in cues):
        return None
    number = sorted(stream.index for stream in streams).index(best.index) + 1
    title = best.title or f"stream {number}"
    name = f"the subtitles of {shown(info.path)}"
    found, told = utterances_of(CueFile(best.form, tuple(cues)), name, Span(Fraction(0), info.duration))
    return Transcript(found, best.language, TranscriptOrigin.SUBTITLES, title, told)


def _cues_of(text: SubtitleText, form: str) -> Iterator[Cue]:
    if form == "WebVTT":
        yield from voices(text.text, text.start, text.end)
    elif form == "SubStation":
        speaker, lines = dialogue_text(text.text)
        yield Cue(text.start, text.end, lines, speaker)
    else:
        yield Cue(text.start, text.end, plain_lines(text.text))


def _pictures(path: Path, streams: Sequence[SubtitleInfo]) -> MediaError:
    kinds = " and ".join(dict.fromkeys(stream.pictures for stream in streams))
    message = f"The subtitles in {shown(path)} are pictures of text ({kinds}), which are not read."
    return MediaError("subtitles_are_pictures", message, "Convert them to SRT, and name that with --transcript.")
