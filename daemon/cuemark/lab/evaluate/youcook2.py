"""YouCook2 (Zhou et al. 2018): youcookii_annotations_trainval.json, steps of recipes with one annotator.

    {"database": {"ID": {"subset": "validation", "duration": 241.64, "recipe_type": "212",
                         "annotations": [{"id": 0, "segment": [25, 37], "sentence": "..."}, ...]}, ...}}

The validation subset is evaluated: papers report on it, and the testing subset has no public sentences.  The form that
dense captioning repositories pass around is read too; such a file holds one subset, so all of it counts:

    {"ID": {"duration": 206.86, "timestamps": [[47, 60], ...], "sentences": ["...", ...]}, ...}
"""

from __future__ import annotations

from pathlib import Path

from cuemark.core.progress import Progress
from cuemark.lab.evaluate.annotations import Mended, duration_of, events_of, pairs, present
from cuemark.lab.evaluate.dataset_file import Entry, read_file
from cuemark.lab.evaluate.truth import Dataset, TrueVideo

SUBSET = "validation"


def load_youcook2(name: str, annotations: tuple[Path, ...], videos: Path, progress: Progress) -> Dataset:
    """The validation videos that are in the folder `videos`, as ID with any video ending.

    InputError: those of `read_file` and `present`; `dataset_invalid` where no video is of the subset.
    """
    entries: dict[str, Entry] = {}
    for path in annotations:
        entries |= _validation(read_file(path))
    found, missing = present(entries, videos, annotations[0], progress)
    mended = Mended()
    described = tuple(_video(one, path, entries[one], mended) for one, path in found.items())
    mended.tell(progress)
    return Dataset(name, described, missing=missing)


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


def _video(name: str, path: Path, entry: Entry, mended: Mended) -> TrueVideo:
    duration = duration_of(entry)
    return TrueVideo(name, path, (events_of(*_steps(entry), duration, mended),), duration=duration)


def _steps(entry: Entry) -> tuple[list[Entry], list[Entry]]:
    """Segments and sentences."""
    if "timestamps" in entry.fields():
        return pairs(entry, "timestamps", "sentences")
    steps = [
        one.some_fields("segment", "sentence") for one in entry.some_fields("annotations")["annotations"].entries()
    ]
    return [step["segment"] for step in steps], [step["sentence"] for step in steps]
