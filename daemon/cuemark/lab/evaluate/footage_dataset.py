"""Real clips of public repositories, labelled by eye: times and words are here, the clips are the user's to fetch.

`footage/truth.json` names for each clip its public source and its sha256; a clip is found by its file name in the
folder that the user names.  No rights in the clips come with the labels: they are for measuring.

An event is a stretch to which an editor would give a marker of its own: one subject in one place doing one thing.
Another view of that is no new event, a move of the camera neither; what the subject does next is one where a single
frame shows it.  A stay begins when the first of the subject is in the picture and ends when the last of it has gone.
A title is an event where the words are what there is to see: one for each verse.  Black, fields of grey and whirls of
the camera are none.  Times were read from sheets of 5 frames a second and are good to about 0.2 s; they were written
down before any system had seen the clips.  All people are one subject: whoever says "man" of a woman is right.
"""

from __future__ import annotations

from pathlib import Path

from cuemark.core.errors import InputError
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.lab.evaluate.folder_dataset import TRUTH_FILE, load_labels
from cuemark.lab.evaluate.truth import Dataset

LABELS = Path(__file__).with_name("footage") / TRUTH_FILE


def load_footage(folder: Path, progress: Progress) -> Dataset:
    """The labelled clips that are in `folder`; the others are noted and counted.

    InputError: `dataset_not_found` (no such folder), `dataset_no_videos` (none of the clips is in it).
    """
    if not folder.is_dir():
        message = f"There is no folder {shown(folder.absolute())}."
        raise InputError("dataset_not_found", message, f"Put the clips that {LABELS.name} names into one folder.")
    return load_labels(LABELS, folder, progress)
