"""Where chapters are known to begin: by typed times, a file that lists them, or the chapters that the footage has."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis_options import OWN_CHAPTERS
from cuemark.core.errors import InputError, Notice
from cuemark.core.json_files import read_bounded
from cuemark.core.media import MediaInfo
from cuemark.core.text import first_few, shown
from cuemark.core.timebase import clock
from cuemark.core.typed_times import looks_like_times, times_in_a_row, times_in_lines
from cuemark.evidence.borders.edit_list import is_edit_list, read_edit_list, zero_of
from cuemark.evidence.borders.timeline_file import NotATimeline, read_timeline_file
from cuemark.evidence.speech.text_encoding import NoText, decode_text

MOST_BYTES = 16 << 20
MOST_BORDERS = 2000
_NAMED = 3


@dataclass(frozen=True)
class KnownBorders:
    """Where chapters begin, in seconds from the first frame: rising, each once, the first at 0, all inside the footage.

    `notices` say what was left out or assumed.
    """

    times: tuple[Fraction, ...]
    notices: tuple[Notice, ...] = ()


def known_borders(source: str, info: MediaInfo) -> KnownBorders:
    """The borders that `source` names: times in a row, `file`, or the path of an EDL, an OTIO file or a list of times.

    InputError: `borders_not_found`, `borders_unreadable`, `borders_none`, `borders_beyond_end`; OptionError
    `time_invalid`; MediaError where the footage cannot be opened.
    """
    if source == OWN_CHAPTERS:
        return _placed(_of_container(info), info, f"{shown(info.path)} holds no chapters of its own.")
    if looks_like_times(source):
        return _placed(times_in_a_row(source, info.rate), info, "No time is given.")
    path = Path(source)
    text = read_text(path, "borders")
    if path.suffix.casefold() == ".otio" or text.lstrip()[:1] == "{":
        try:
            return _placed(read_timeline_file(text, info), info, f"{shown(path)} holds no marker and no clip.")
        except NotATimeline as error:
            message = f"{shown(path)} cannot be read: {error}."
            raise InputError("borders_unreadable", message, "Export the timeline as .otio again.") from error
    if is_edit_list(text):
        return _of_edit_list(path, text, info)
    return _placed(times_in_lines(text), info, f"{shown(path)} holds no time, no event and no marker.")


def read_text(path: Path, what: str) -> str:
    """The text of a file that the user named; InputError `<what>_not_found`, `<what>_unreadable`."""
    try:
        return decode_text(read_bounded(path, MOST_BYTES)).text
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"{what}_not_found", f"There is no file {shown(path)}.", "Check the path.") from error
    except OSError as error:
        message = f"{shown(path)} cannot be read: {error.strerror or error}."
        raise InputError(f"{what}_unreadable", message, "Check the file.") from error
    except NoText as error:
        raise InputError(f"{what}_unreadable", f"{shown(path)} is no text.", "Name a text file.") from error
    except ValueError as error:
        raise _refused(path, what) from error


def _refused(path: Path, what: str) -> InputError:
    """The error for what is no ordinary file, or too large a one."""
    if not path.is_file():
        return InputError(f"{what}_unreadable", f"{shown(path)} is no ordinary file.", "Name a text file.")
    message = f"{shown(path)} has more than {MOST_BYTES >> 20} MiB, which no such list has."
    return InputError(f"{what}_unreadable", message, "Name the list, not the footage.")


def _of_edit_list(path: Path, text: str, info: MediaInfo) -> KnownBorders:
    found = read_edit_list(text, info.rate)
    zero = zero_of(found, info)
    placed = _placed(
        tuple((frame - zero) / info.rate for frame in found.frames),
        info,
        f"{shown(path)} holds no event and no marker.",
    )
    if not found.unreadable:
        return placed
    labels = first_few(found.unreadable, _NAMED)
    notice = Notice("borders_left_out", f"{labels}: no timecode at {float(info.rate):.5g} fps, left out.")
    return KnownBorders(placed.times, (*placed.notices, notice))


def _of_container(info: MediaInfo) -> tuple[Fraction, ...]:
    from cuemark.media.container_chapters import container_chapters

    return container_chapters(info)


def _placed(times: tuple[Fraction, ...], info: MediaInfo, none: str) -> KnownBorders:
    """Times in order, each once, and what lies outside of the footage said and left out."""
    if not times:
        raise InputError("borders_none", none, "Name times (--at 0:00,1:30), or a file that has some.")
    inside = sorted({time for time in times if 0 <= time < info.duration})
    outside = [_shown(time) for time in sorted(set(times) - set(inside))]
    length = _shown(info.duration)
    if not inside:
        message = f"None of the {len(times)} times lies in {shown(info.path)}, which lasts {length}."
        raise InputError("borders_beyond_end", message, "Check the times, and that they are of this footage.")
    notices = []
    if outside:
        named = first_few(outside, _NAMED)
        notices.append(Notice("borders_left_out", f"{named}: outside of the footage (0:00:00 to {length}), left out."))
    if len(inside) > MOST_BORDERS:
        message = f"{len(inside)} chapters are more than the {MOST_BORDERS} that one analysis holds."
        raise InputError("borders_too_many", message, "Name fewer times.")
    return KnownBorders(tuple([Fraction(0), *inside] if inside[0] else inside), tuple(notices))


def _shown(time: Fraction) -> str:
    return f"{'-' if time < 0 else ''}{clock(abs(time), 'h:mm:ss')}"
