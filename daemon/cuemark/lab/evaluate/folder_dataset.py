"""A folder of videos with a `truth.json`: the form in which anybody can write down what is true of their footage.

    {"version": 1,
     "name": "my footage",                                          optional, else the folder's name
     "slots": {"place": {"beach": ["on the beach", "ashore"]}},      optional: slot -> value -> phrases that say it
     "videos": {
       "a/file.mp4": {                                               its path below the folder
         "kind": "interview",                                        optional: a group with rows of its own
         "source": "where it is from", "sha256": "9f86...",          optional: another file of that name is not measured
         "events": [{"start_s": 1.5, "end_s": "45/30",               seconds: a number, "1.5" or a fraction
                     "captions": ["a dog on the beach"],             at least one
                     "slots": {"place": "beach"}}],                  optional: value of each slot that is told
         "chapters": [{"start_s": 0, "end_s": 9, "title": "Ashore"}] optional; a title may be empty
       }}}

`"references": [[event, ...], ...]` instead of `"events"` holds one list for each annotator.  An empty list says that
nothing happens.  Slots are those of `cuemark.lab.evaluate.truth.SLOTS`.  `truth.schema.json` beside this module is the
same as a JSON Schema; what only this reader checks: times against the video, values of slots, phrases used twice.
"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path, PurePosixPath

from cuemark.core.errors import InputError
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.lab.evaluate.dataset_file import Entry, read_file
from cuemark.lab.evaluate.truth import SLOTS, Dataset, SlotPhrases, TrueChapter, TrueEvent, TrueVideo

TRUTH_FILE = "truth.json"
VERSION = 1
#: Seconds by which a time may lie beyond the end of its video: somebody's rounding; the end is meant then.
ROUNDING = Fraction(1, 2)

_EVENT = frozenset({"start_s", "end_s", "captions"})
_CHAPTER = frozenset({"start_s", "end_s", "title"})
_ABOUT_VIDEO = frozenset({"kind", "source", "sha256", "events", "references", "chapters"})


def load_folder(folder: Path, progress: Progress) -> Dataset:
    """The videos of `folder` that its truth.json describes; described videos that are not there are noted and counted.

    InputError: `dataset_not_found` (no truth.json), `dataset_unreadable`, `dataset_invalid`, `dataset_version`,
    `dataset_no_videos` (none of its videos is there); MediaError for a file that is no video.
    """
    path = folder / TRUTH_FILE
    if not path.exists():
        message = f"The folder {shown(folder.absolute())} holds no {TRUTH_FILE}."
        raise InputError("dataset_not_found", message, "Write one; README.md says what it holds.")
    return load_labels(path, folder, progress)


def load_labels(path: Path, folder: Path, progress: Progress) -> Dataset:
    """The videos of `folder` that the labels in `path` describe; errors as for `load_folder`."""
    root = read_file(path)
    fields = _checked_version(root)
    phrases = _phrases(fields["slots"]) if "slots" in fields else {}
    entries = fields["videos"].fields()
    names = _names(entries)
    there = {key: entry for key, entry in entries.items() if _is_there(_path(folder, key, entry), entry, progress)}
    missing = tuple(names[key] for key in entries if key not in there)
    if not there:
        what = "describes no video" if not entries else f"describes none of the videos in {shown(folder.absolute())}"
        raise InputError("dataset_no_videos", f"{shown(path)} {what}.", "Name files by their path below the folder.")
    if missing:
        progress.note(f"{len(missing)} of {len(entries)} videos of {TRUTH_FILE} are not there: {', '.join(missing)}.")
    videos = [_video(names[key], folder / key, entry, phrases, progress) for key, entry in there.items()]
    name = fields["name"].text() if "name" in fields else folder.absolute().name
    return Dataset(name, tuple(videos), phrases, missing)


def _is_there(path: Path, entry: Entry, progress: Progress) -> bool:
    """Whether the file is there, and is the labelled one where the labels say which that is."""
    if not path.is_file():
        return False
    wanted = entry.fields().get("sha256")
    if wanted is None or wanted.text().casefold() == _sha256(path):
        return True
    progress.note(f"{shown(path)} is not the file that was labelled (its sha256 differs): left out.")
    return False


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _checked_version(root: Entry) -> dict[str, Entry]:
    version = root.fields().get("version")
    if version is not None and (version.value != VERSION or isinstance(version.value, bool)):
        named = str(version.value)[:20] if isinstance(version.value, int | str) else "?"
        message = f"{shown(root.file)} is of version {named}, which this Cuemark does not read."
        raise InputError("dataset_version", message, f'Write version {VERSION}: "version": {VERSION}.')
    return root.known_fields(frozenset({"version", "videos"}), frozenset({"name", "slots"}))


def _phrases(entry: Entry) -> SlotPhrases:
    slots: dict[str, dict[str, tuple[str, ...]]] = {}
    for slot, values in entry.fields().items():
        if slot not in SLOTS:
            values.fail("is no slot", f"Slots are: {', '.join(SLOTS)}.")
        slots[slot] = {value: _said(phrases) for value, phrases in values.fields().items()}
        owners: dict[str, str] = {}
        for value, phrases in slots[slot].items():
            for phrase in phrases:
                if owners.setdefault(phrase.casefold(), value) != value:
                    values.fail(f'says "{phrase}" for both "{owners[phrase.casefold()]}" and "{value}"')
    return slots


def _said(entry: Entry) -> tuple[str, ...]:
    phrases = tuple(phrase.text() for phrase in entry.entries())
    if not phrases:
        entry.fail("has no phrase that says it")
    return phrases


def _path(folder: Path, key: str, entry: Entry) -> Path:
    inside = PurePosixPath(key)
    if not key or inside.is_absolute() or ".." in inside.parts or "\\" in key or "\0" in key:
        entry.fail("is no path below the folder", "Write it with forward slashes, e.g. day1/clip.mp4.")
    return folder / key


def _names(entries: dict[str, Entry]) -> dict[str, str]:
    """A short name for each file, usable as a file name: without its ending where that is still unmistakable."""
    short = {key: str(PurePosixPath(key).with_suffix("")).replace("/", "-") for key in entries if key}
    count = list(short.values()).count
    names = {key: name if count(name) == 1 else key.replace("/", "-") for key, name in short.items()}
    for key, name in names.items():
        if list(names.values()).count(name) > 1:
            entries[key].fail("has the same name as another video", "Rename one of them.")
    return names


def _video(name: str, path: Path, entry: Entry, phrases: SlotPhrases, progress: Progress) -> TrueVideo:
    from cuemark.media.probe import probe

    progress.check()
    fields = entry.known_fields(frozenset(), _ABOUT_VIDEO)
    duration = probe(path).duration
    references = tuple(_events(one, duration, phrases) for one in _references(entry, fields))
    kind = fields["kind"].label() if "kind" in fields else ""
    chapters = _chapters(fields["chapters"], duration) if "chapters" in fields else ()
    return TrueVideo(name, path, references, kind, chapters, duration)


def _references(entry: Entry, fields: dict[str, Entry]) -> list[Entry]:
    if ("events" in fields) == ("references" in fields):
        entry.fail('must have either "events" or "references"', "An empty list says that nothing happens.")
    if "events" in fields:
        return [fields["events"]]
    found = fields["references"].entries()
    if not found:
        fields["references"].fail("holds no annotator", "An empty list inside it says that nothing happens.")
    return found


def _events(entry: Entry, duration: Fraction, phrases: SlotPhrases) -> tuple[TrueEvent, ...]:
    events = [_event(one, duration, phrases) for one in entry.entries()]
    return tuple(sorted(events, key=lambda event: (event.start, event.end)))


def _event(entry: Entry, duration: Fraction, phrases: SlotPhrases) -> TrueEvent:
    fields = entry.known_fields(_EVENT, frozenset({"slots"}))
    start, end = _segment(entry, fields, duration)
    captions = tuple(caption.text() for caption in fields["captions"].entries())
    if not captions:
        fields["captions"].fail("holds no caption")
    told = fields["slots"].fields() if "slots" in fields else {}
    return TrueEvent(start, end, captions, {slot: _value(slot, one, phrases) for slot, one in told.items()})


def _value(slot: str, entry: Entry, phrases: SlotPhrases) -> str:
    value = entry.text()
    if slot not in phrases:
        entry.fail('names a slot that "slots" does not list', f"Listed are: {', '.join(phrases) or 'none'}.")
    if value not in phrases[slot]:
        entry.fail(f'is "{value}", which "slots" does not list', f"Listed are: {', '.join(phrases[slot])}.")
    return value


def _chapters(entry: Entry, duration: Fraction) -> tuple[TrueChapter, ...]:
    chapters: list[TrueChapter] = []
    for one in entry.entries():
        fields = one.known_fields(_CHAPTER)
        start, end = _segment(one, fields, duration)
        if chapters and start < chapters[-1].end:
            one.fail("begins before the chapter before it ends")
        chapters.append(TrueChapter(start, end, fields["title"].label()))
    return tuple(chapters)


def _segment(entry: Entry, fields: dict[str, Entry], duration: Fraction) -> tuple[Fraction, Fraction]:
    start, end = fields["start_s"].seconds(), fields["end_s"].seconds()
    if end <= start:
        entry.fail(f"ends at {float(end):g} s, which is not after its start at {float(start):g} s")
    if start >= duration or end > duration + ROUNDING:
        entry.fail(f"ends at {float(end):g} s, but the video at {float(duration):g} s")
    return start, min(end, duration)
