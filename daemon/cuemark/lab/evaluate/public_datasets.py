"""Public annotations: ActivityNet Captions, YouCook2 and VidChapters-7M, each with the videos of a folder by id.

**ActivityNet Captions** (Krishna et al. 2017), val_1.json and val_2.json, two annotators of the same videos.  Each file
is one annotator.  As in densevid_eval, the videos are those of all files together; a video that an annotator did not
describe has no reference from that one.

    {"v_ID": {"duration": 82.73, "timestamps": [[0.83, 19.86], ...], "sentences": ["...", ...]}, ...}

**YouCook2** (Zhou et al. 2018), youcookii_annotations_trainval.json, steps of recipes with one annotator.  The
validation subset is evaluated: papers report on it, and the testing subset has no public sentences.  The form that
dense captioning repositories pass around is read too; such a file holds one subset, so all of it counts.

    {"database": {"ID": {"subset": "validation", "duration": 241.64, "recipe_type": "212",
                         "annotations": [{"id": 0, "segment": [25, 37], "sentence": "..."}, ...]}, ...}}
    {"ID": {"duration": 206.86, "timestamps": [[47, 60], ...], "sentences": ["...", ...]}, ...}

**VidChapters-7M** (Yang et al. 2023) and its relatives, chapters that people gave their own videos: three public forms,
and a short one that is easily written by hand.  A chapter ends where the next begins, the last at the end of the video.
Chapters are the events too, their title being the caption, as the toolkit of the dataset scores them.

    {"ID": {"duration": 300.0, "timestamps": [[0, 42.0], ...], "sentences": ["Intro", ...]}}      chapters_dvc_*.json
    {"ID": {"duration": 300, "chapters": [{"time": 0, "label": "Intro"}, ...]}}                    chapters.json
    {"ID": {"duration": 300, "chapters": {"00:00:00": "Intro", ...}}}                              Chapter-Llama
    {"ID": {"Intro": 0, "Unboxing": 42}}                                                          title -> start

Public annotations hold a few impossible segments (a start behind its end, an end behind the end of the video).  They
are not an error of whoever runs the evaluation: such times are mended or left out, and one notice says how many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from cuemark.core.errors import InputError
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.lab.evaluate.dataset_file import Entry, read_file
from cuemark.lab.evaluate.truth import Dataset, TrueChapter, TrueEvent, TrueVideo
from cuemark.media.folder import SOUND_SUFFIXES, find_videos

SUBSET = "validation"


def load_activitynet(name: str, annotations: tuple[Path, ...], videos: Path, progress: Progress) -> Dataset:
    """The annotated videos that are in the folder `videos`, as ID or v_ID with any video ending.

    InputError: those of `read_file` and `present`.
    """
    annotators = [read_file(path).fields() for path in annotations]
    ids = list(dict.fromkeys(one for entries in annotators for one in entries))

    def describe(one: str, path: Path, mended: Mended) -> TrueVideo:
        return _activitynet_video(one, path, [entries[one] for entries in annotators if one in entries], mended)

    found, missing = present(ids, videos, annotations[0], progress, lambda one: one.removeprefix("v_"))
    return Dataset(name, _described(found, describe, progress), missing=missing)


def load_youcook2(name: str, annotations: tuple[Path, ...], videos: Path, progress: Progress) -> Dataset:
    """The validation videos that are in the folder `videos`, as ID with any video ending.

    InputError: those of `read_file` and `present`; `dataset_invalid` where no video is of the subset.
    """
    entries: dict[str, Entry] = {}
    for path in annotations:
        entries |= _validation(read_file(path))

    def describe(one: str, path: Path, mended: Mended) -> TrueVideo:
        duration = duration_of(entries[one])
        return TrueVideo(one, path, (events_of(*_steps(entries[one]), duration, mended),), duration=duration)

    found, missing = present(entries, videos, annotations[0], progress)
    return Dataset(name, _described(found, describe, progress), missing=missing)


def load_vidchapters(name: str, annotations: tuple[Path, ...], videos: Path, progress: Progress) -> Dataset:
    """The annotated videos that are in the folder `videos`, as ID with any video ending.

    InputError: those of `read_file` and `present`; MediaError for a file without an annotated length that is no video.
    """
    entries: dict[str, Entry] = {}
    for path in annotations:
        entries |= read_file(path).fields()

    def describe(one: str, path: Path, mended: Mended) -> TrueVideo:
        return _vidchapters_video(one, path, entries[one], mended)

    found, missing = present(entries, videos, annotations[0], progress)
    return Dataset(name, _described(found, describe, progress), missing=missing)


def _described(
    found: Mapping[str, Path], describe: Callable[[str, Path, Mended], TrueVideo], progress: Progress
) -> tuple[TrueVideo, ...]:
    """The truth of each video that is there, by its id; what had to be mended is said once for all of them."""
    mended = Mended()
    videos = tuple(describe(one, path, mended) for one, path in found.items())
    mended.tell(progress)
    return videos


def _activitynet_video(name: str, path: Path, entries: list[Entry], mended: Mended) -> TrueVideo:
    references = []
    for entry in entries:
        segments, sentences = pairs(entry, "timestamps", "sentences")
        references.append(events_of(segments, sentences, duration_of(entry), mended))
    return TrueVideo(name, path, tuple(references), duration=duration_of(entries[0]))


def _validation(root: Entry) -> dict[str, Entry]:
    whole = root.fields()
    if whole and "database" not in whole and all("timestamps" in entry.fields() for entry in whole.values()):
        return whole
    database = root.some_fields("database")["database"]
    entries = {one: entry for one, entry in database.fields().items() if _subset(entry) == SUBSET}
    if not entries:
        database.fail(f'holds no video whose subset is "{SUBSET}"')
    return entries


def _subset(entry: Entry) -> object:
    found = entry.fields().get("subset")
    return None if found is None else found.value


def _steps(entry: Entry) -> tuple[list[Entry], list[Entry]]:
    """Segments and sentences."""
    if "timestamps" in entry.fields():
        return pairs(entry, "timestamps", "sentences")
    steps = [
        one.some_fields("segment", "sentence") for one in entry.some_fields("annotations")["annotations"].entries()
    ]
    return [step["segment"] for step in steps], [step["sentence"] for step in steps]


def _vidchapters_video(name: str, path: Path, entry: Entry, mended: Mended) -> TrueVideo:
    fields = entry.fields()
    plain = "timestamps" not in fields and "chapters" not in fields
    duration = (None if plain else duration_of(entry)) or _length(path)
    if "timestamps" in fields:
        events = events_of(*pairs(entry, "timestamps", "sentences"), duration, mended)
    else:
        events = _from_starts(_starts(entry if plain else fields["chapters"], plain=plain), duration, mended)
    chapters = tuple(TrueChapter(event.start, event.end, event.captions[0]) for event in events)
    return TrueVideo(name, path, (events,), chapters=chapters, duration=duration)


def _starts(entry: Entry, *, plain: bool) -> list[tuple[Fraction, str]]:
    """Start and title of each chapter, in order."""
    if isinstance(entry.value, list):
        listed = [one.some_fields("time", "label") for one in entry.entries()]
        return sorted((one["time"].clock(), one["label"].label()) for one in listed)
    if plain:
        return sorted((start.clock(), title) for title, start in entry.fields().items())
    return sorted((Entry(entry.file, one.place, time).clock(), one.label()) for time, one in entry.fields().items())


def _from_starts(starts: list[tuple[Fraction, str]], duration: Fraction, mended: Mended) -> tuple[TrueEvent, ...]:
    events = []
    for (start, title), (end, _) in pairwise([*starts, (duration, "")]):
        kept = mended.within(start, end, duration)
        if kept is not None:
            events.append(TrueEvent(*kept, (title,)))
    return tuple(events)


def _length(path: Path) -> Fraction:
    from cuemark.media.probe import probe

    return probe(path).duration


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
    videos = [path for path in find_videos(folder) if path.suffix.lower() not in SOUND_SUFFIXES]
    files: Mapping[str, Path] = {plain(path.stem): path for path in reversed(videos)}
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
