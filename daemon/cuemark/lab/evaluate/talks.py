"""Talks: transcripts with the chapters that people gave them, read from JSON; nobody needs the sound or the pictures.

Two public forms are read.  One file of talks:

    [{"id": "episode-12", "duration_s": 1812.0,
      "sentences": [{"start_s": 0, "end_s": 17.2, "text": "..."}, ...],
      "chapters": [{"start_s": 0, "title": ""}, ...]}, ...]

and Chapter-Llama's pair (arXiv 2504.00072): Whisper's sentences, and the chapters of the video by their second.

    asrs.json:      {"ID": {"text": ["...", ...], "start": [0.5, ...], "end": [19.4, ...]}, ...}
    chapters.json:  {"ID": {"duration": 139.3, "chapters": {"41": "Things You'll Need", ...}, ...}, ...}

What lies before the first chapter is a chapter without a title, as Chapter-Llama counts it.  A talk with fewer than
three chapters has no two borders to find; it is left out, and the dataset says how many were.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from cuemark.core.errors import InputError
from cuemark.core.text import shown
from cuemark.core.transcript import Transcript, TranscriptOrigin, Utterance
from cuemark.lab.evaluate.dataset_file import Entry, read_file
from cuemark.lab.evaluate.truth import TrueChapter

FEWEST_CHAPTERS = 3
#: Seconds by which a sentence may end behind its talk: an estimate of whoever wrote it down; the end is meant then.
_ESTIMATE = Fraction(30)


@dataclass(frozen=True)
class Talk:
    """What is said in one recording, and its true chapters: a gapless partition of [0, duration) in order."""

    id: str
    duration: Fraction
    transcript: Transcript
    chapters: tuple[TrueChapter, ...]

    @property
    def borders(self) -> tuple[Fraction, ...]:
        """Where chapters begin, but for the first, in seconds."""
        return tuple(chapter.start for chapter in self.chapters[1:])


@dataclass(frozen=True)
class Talks:
    """Talks of one source.  `left_out` are the ids of those with fewer than three chapters, or without a sentence."""

    name: str
    talks: tuple[Talk, ...]
    left_out: tuple[str, ...] = ()


def load_talks(name: str, limit: int | None = None) -> Talks:
    """The talks that `name` names: a file of talks, Chapter-Llama's two files with a comma between, or their folder.

    `limit` keeps the first so many.  InputError: `dataset_not_found`, `dataset_unreadable`, `dataset_invalid`,
    `dataset_no_talks` (none of them has three chapters and a sentence).
    """
    files = _files(name)
    every = tuple(_read_talks(files[0]) if len(files) == 1 else _read_pair(*files))
    kept = tuple(talk for talk in every if len(talk.chapters) >= FEWEST_CHAPTERS and talk.transcript)
    if not kept:
        message = f"{shown(files[0].file)} holds no talk with at least {FEWEST_CHAPTERS} chapters and a sentence."
        raise InputError("dataset_no_talks", message, "Name a file that has some.")
    ids = {talk.id for talk in kept}
    return Talks(_title(files), kept[:limit], tuple(talk.id for talk in every if talk.id not in ids))


def _title(files: tuple[Entry, ...]) -> str:
    return ", ".join(whole.file.name for whole in files)


def _files(name: str) -> tuple[Entry, ...]:
    """The content of one file, or of sentences and chapters in this order, each read once: they can be large."""
    path = Path(os.path.expanduser(name)) if name else Path()
    if not name:
        message = "talks needs the file that the talks are in."
        raise InputError("dataset_not_found", message, "Name it as talks:FILE, or talks:ASRS,CHAPTERS.")
    if path.is_dir():
        return _pair_in(path)
    one, comma, other = name.rpartition(",")
    if path.exists() or not comma:
        return (read_file(path),)
    pair = tuple(read_file(Path(os.path.expanduser(part.strip()))) for part in (one, other))
    # Whichever order they are named in: sentences have texts, chapters have chapters.
    return pair if _kind(pair[0]) != "chapters" else pair[::-1]


def _pair_in(folder: Path) -> tuple[Entry, ...]:
    """The sentences and the chapters in a folder, told by what is in the files."""
    found: dict[str, list[Entry]] = {"asrs": [], "chapters": []}
    for whole in map(read_file, sorted(folder.glob("*.json"))):
        if (kind := _kind(whole)) in found:
            found[kind].append(whole)
    for kind, what in (("asrs", "sentences"), ("chapters", "chapters")):
        if len(found[kind]) != 1:
            how_many = "no file" if not found[kind] else f"{len(found[kind])} files"
            message = f"The folder {shown(folder)} holds {how_many} with {what} in Chapter-Llama's form."
            raise InputError("dataset_not_found", message, "Name both files: talks:ASRS,CHAPTERS.")
    return found["asrs"][0], found["chapters"][0]


def _kind(whole: Entry) -> str:
    """What a file of Chapter-Llama's holds by its first entry: "asrs", "chapters", or "" for neither."""
    first = next(iter(whole.fields().values()), None) if isinstance(whole.value, dict) else None
    if first is None or not isinstance(first.value, dict):
        return ""
    return "chapters" if "chapters" in first.value else "asrs" if "text" in first.value else ""


# ---- one file of talks


def _read_talks(whole: Entry) -> Iterator[Talk]:
    if isinstance(whole.value, dict):
        whole.fail("is an object, but must be a list of talks", "Name Chapter-Llama's files as talks:ASRS,CHAPTERS.")
    seen: set[str] = set()
    for entry in whole.entries():
        fields = entry.some_fields("id", "duration_s", "sentences", "chapters")
        talk = fields["id"].text()
        if talk in seen:
            fields["id"].fail(f'is "{talk}", which another talk is called, too')
        seen.add(talk)
        duration = _duration(fields["duration_s"])
        sentences = [_sentence(one, duration) for one in fields["sentences"].entries()]
        starts = [_start(one, duration) for one in fields["chapters"].entries()]
        for (before, _), (after, _), one in zip(starts, starts[1:], fields["chapters"].entries()[1:], strict=False):
            if after <= before:
                one.fail(f"begins at {float(after):g} s, which is not after the chapter before it")
        yield _talk(talk, whole.file, duration, sentences, starts)


def _duration(entry: Entry) -> Fraction:
    duration = entry.seconds()
    if not duration:
        entry.fail("is 0 s")
    return duration


def _sentence(entry: Entry, duration: Fraction) -> Utterance:
    fields = entry.some_fields("start_s", "end_s", "text")
    start, end = fields["start_s"].seconds(), fields["end_s"].seconds()
    return _utterance(entry, start, end, fields["text"].label(), duration)


def _utterance(entry: Entry, start: Fraction, end: Fraction, text: str, duration: Fraction) -> Utterance:
    if end < start:
        entry.fail(f"ends at {float(end):g} s, which is before its start at {float(start):g} s")
    if start > duration or end > duration + _ESTIMATE:
        entry.fail(f"ends at {float(end):g} s, but the talk at {float(duration):g} s")
    return Utterance(start, min(end, duration), text)


def _start(entry: Entry, duration: Fraction) -> tuple[Fraction, str]:
    fields = entry.some_fields("start_s", "title")
    start = fields["start_s"].seconds()
    if start >= duration:
        fields["start_s"].fail(f"is {float(start):g} s, but the talk ends at {float(duration):g} s")
    return start, fields["title"].label()


# ---- Chapter-Llama's two files


def _read_pair(asrs: Entry, chapters: Entry) -> Iterator[Talk]:
    """The videos that are in both files, in the order of the sentences'."""
    described = chapters.fields()
    common = [(video, entry) for video, entry in asrs.fields().items() if video in described]
    if not common:
        message = f"No video of {shown(asrs.file)} is in {shown(chapters.file)}."
        raise InputError("dataset_no_talks", message, "Name the sentences and the chapters of the same videos.")
    for video, entry in common:
        about = described[video].some_fields("duration", "chapters")
        duration = _duration(about["duration"])
        keys = about["chapters"].fields().items()
        starts = sorted((Entry(chapters.file, one.place, key).clock(), one.label()) for key, one in keys)
        inside = [(start, title) for start, title in starts if start < duration]
        yield _talk(video, asrs.file, duration, list(_whisper(entry, duration)), inside)


def _whisper(entry: Entry, duration: Fraction) -> Iterator[Utterance]:
    fields = entry.some_fields("text", "start", "end")
    columns = [fields[name].entries() for name in ("start", "end", "text")]
    if len({len(column) for column in columns}) > 1:
        entry.fail("has texts, starts and ends that are not the same number")
    for start, end, text in zip(*columns, strict=True):
        # Whisper hears on behind the end of some videos: such a sentence is nobody's mistake here.
        if start.seconds() < duration:
            last = min(end.seconds(), duration)
            yield _utterance(start, start.seconds(), last, text.label(), duration)


def _talk(
    name: str, file: Path, duration: Fraction, sentences: list[Utterance], starts: list[tuple[Fraction, str]]
) -> Talk:
    said = tuple(sorted((one for one in sentences if one.text), key=lambda one: one.start))
    begins = starts if starts and not starts[0][0] else [(Fraction(0), ""), *starts]
    ends = pairwise([*begins, (duration, "")])
    chapters = tuple(TrueChapter(start, end, title) for (start, title), (end, _) in ends if end > start)
    return Talk(name, duration, Transcript(said, "", TranscriptOrigin.FILE, file.name), chapters)
