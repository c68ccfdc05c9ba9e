"""What the readers of public annotations share: the videos of a folder by id, and segments as annotators left them.

Public annotations hold a few impossible segments (a start behind its end, an end behind the video's).  They are not an
error of whoever runs the evaluation: such times are mended or left out, and one notice says how many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.core.errors import InputError
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.lab.evaluate.dataset_file import Entry
from cuemark.lab.evaluate.truth import TrueEvent
from cuemark.media.folder import find_videos


@dataclass
class Mended:
    """How many annotated segments were cut to their video, and how many were impossible and left out."""

    cut: int = 0
    left_out: int = 0

    def within(self, start: Fraction, end: Fraction, duration: Fraction | None) -> tuple[Fraction, Fraction] | None:
        """The part of a segment that lies in its video, None where there is no such part."""
        first, last = max(start, Fraction(0)), end if duration is None else min(end, duration)
        if last <= first:
            self.left_out += 1
            return None
        self.cut += (first, last) != (start, end)
        return first, last

    def tell(self, progress: Progress) -> None:
        """Say so in one line, if there is anything to say."""
        if self.cut or self.left_out:
            text = f"{self.cut} annotated segments were cut to their video, "
            progress.note(text + f"{self.left_out} impossible ones (without length, or outside it) were left out.")


def events_of(
    segments: Sequence[Entry], sentences: Sequence[Entry], duration: Fraction | None, mended: Mended
) -> tuple[TrueEvent, ...]:
    """Pairs of [start, end] and a sentence as events, in order; `duration` None leaves the ends alone."""
    events = []
    for segment, sentence in zip(segments, sentences, strict=True):
        times = segment.entries()
        if len(times) != 2:
            segment.fail("must be a list of two times, [start, end]")
        kept = mended.within(times[0].number(), times[1].number(), duration)
        if kept is not None:
            events.append(TrueEvent(*kept, (sentence.label(),)))
    return tuple(sorted(events, key=lambda event: (event.start, event.end)))


def duration_of(entry: Entry) -> Fraction | None:
    """The "duration" of an object, None where it has none."""
    found = entry.fields().get("duration")
    if found is None:
        return None
    duration = found.seconds()
    if duration == 0:
        found.fail("is 0 s")
    return duration


def pairs(entry: Entry, segments: str, sentences: str) -> tuple[list[Entry], list[Entry]]:
    """Two parallel lists of an object."""
    fields = entry.some_fields(segments, sentences)
    one, other = fields[segments].entries(), fields[sentences].entries()
    if len(one) != len(other):
        entry.fail(f'has {len(one)} "{segments}" but {len(other)} "{sentences}"')
    return one, other


def present(
    ids: Iterable[str], folder: Path, source: Path, progress: Progress, plain: Callable[[str], str] = str
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The file of each id that is in `folder` (at any depth, with any video ending), and the ids that are not.

    `plain` reduces an id and a file's name to what they share.  InputError `dataset_no_videos`, `dataset_not_found`
    (no such folder); MediaError of `find_videos`.
    """
    wanted = list(ids)
    if not folder.is_dir():
        raise InputError("dataset_not_found", f"There is no folder {shown(folder)}.", "Check --videos-folder.")
    files: Mapping[str, Path] = {plain(path.stem): path for path in reversed(find_videos(folder))}
    found = {one: files[plain(one)] for one in wanted if plain(one) in files}
    missing = tuple(one for one in wanted if one not in found)
    if not found:
        message = f"None of the {len(wanted)} videos of {shown(source)} is in {shown(folder.absolute())}."
        raise InputError("dataset_no_videos", message, "Files are found by the video's id, e.g. ID.mp4.")
    if missing:
        text = (
            f"{len(missing)} of {len(wanted)} annotated videos are not there; figures of other subsets do not compare."
        )
        progress.note(text)
    return found, missing
