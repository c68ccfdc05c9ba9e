"""VidChapters-7M (Yang et al. 2023) and its relatives: chapters that people gave their own videos.

Three public forms, and a short one that is easily written by hand:

    {"ID": {"duration": 300.0, "timestamps": [[0, 42.0], ...], "sentences": ["Intro", ...]}}      chapters_dvc_*.json
    {"ID": {"duration": 300, "chapters": [{"time": 0, "label": "Intro"}, ...]}}                    chapters.json
    {"ID": {"duration": 300, "chapters": {"00:00:00": "Intro", ...}}}                              Chapter-Llama
    {"ID": {"Intro": 0, "Unboxing": 42}}                                                          title -> start

A chapter ends where the next begins, the last at the end of the video.  Chapters are the events too, their title being
the caption, as the toolkit of the dataset scores them.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from cuemark.core.progress import Progress
from cuemark.lab.evaluate.annotations import Mended, duration_of, events_of, pairs, present
from cuemark.lab.evaluate.dataset_file import Entry, read_file
from cuemark.lab.evaluate.truth import Dataset, TrueChapter, TrueEvent, TrueVideo


def load_vidchapters(name: str, annotations: tuple[Path, ...], videos: Path, progress: Progress) -> Dataset:
    """The annotated videos that are in the folder `videos`, as ID with any video ending.

    InputError: those of `read_file` and `present`; MediaError for a file without an annotated length that is no video.
    """
    entries: dict[str, Entry] = {}
    for path in annotations:
        entries |= read_file(path).fields()
    found, missing = present(entries, videos, annotations[0], progress)
    mended = Mended()
    described = tuple(_video(one, path, entries[one], mended) for one, path in found.items())
    mended.tell(progress)
    return Dataset(name, described, missing=missing)


def _video(name: str, path: Path, entry: Entry, mended: Mended) -> TrueVideo:
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
