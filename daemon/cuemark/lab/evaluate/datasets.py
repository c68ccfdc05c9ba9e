"""Which dataset a name stands for: the sample world, a folder with a truth.json, labelled clips, public annotations."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cuemark.core.errors import InputError, OptionError
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.lab.evaluate.folder_dataset import TRUTH_FILE, load_folder
from cuemark.lab.evaluate.footage_dataset import LABELS, load_footage
from cuemark.lab.evaluate.public_datasets import load_activitynet, load_vidchapters, load_youcook2
from cuemark.lab.evaluate.sample_dataset import load_sample
from cuemark.lab.evaluate.truth import Dataset
from cuemark.lab.sample.script import KINDS

#: Name of the dataset -> split of the sample world.
SAMPLES = {"sample": "test", "dev": "dev"}
#: Real clips whose labels come with Cuemark, in a folder of the user's.
FOOTAGE = "footage"
#: (name, annotation files, folder of videos, progress)
Reader = Callable[[str, tuple[Path, ...], Path, Progress], Dataset]
READERS: dict[str, Reader] = {
    "activitynet": load_activitynet,
    "youcook2": load_youcook2,
    "vidchapters": load_vidchapters,
}


@dataclass(frozen=True)
class DatasetOptions:
    """`videos_per_kind` is for the sample world; `videos_folder` and further `annotations` for public annotations.

    `limit` keeps the first videos of any dataset.
    """

    videos_per_kind: int = 12
    videos_folder: Path | None = None
    annotations: tuple[Path, ...] = ()
    limit: int | None = None


def load_dataset(name: str, options: DatasetOptions, work: Path, progress: Progress) -> Dataset:
    """The dataset called `name`; sample videos are drawn into `work`, nothing else is written.

    Names: `sample` or `dev`, `sample:KIND`, a folder, `footage:FOLDER`, `activitynet:FILE`, `youcook2:FILE`,
    `vidchapters:FILE`.  A folder that is called as one of these is named as `./sample`.  OptionError:
    `dataset_unknown`, `option_videos`, `option_videos_folder`, `option_annotations`; InputError: those of the readers.
    """
    if options.videos_per_kind < 1 or (options.limit is not None and options.limit < 1):
        raise OptionError("option_videos", "A dataset without videos measures nothing.", "Ask for at least 1 video.")
    prefix, _, rest = name.partition(":")
    if prefix in SAMPLES:
        dataset = _sample(name, prefix, rest, options, work, progress)
    elif prefix in READERS:
        dataset = _annotated(name, prefix, rest, options, progress)
    elif options.annotations or options.videos_folder:
        known = ", ".join(f"{reader}:FILE" for reader in READERS)
        raise OptionError("option_annotations", f"{name} takes no annotations of its own.", f"Name it as {known}.")
    elif prefix == FOOTAGE and name != FOOTAGE:
        dataset = load_footage(Path(os.path.expanduser(rest)), progress)
    else:
        dataset = load_folder(_folder(name), progress)
    return dataset if options.limit is None else replace(dataset, videos=dataset.videos[: options.limit])


def _sample(name: str, prefix: str, kind: str, options: DatasetOptions, work: Path, progress: Progress) -> Dataset:
    if kind not in ("", *KINDS):
        known = ", ".join(f"{prefix}:{kind}" for kind in KINDS)
        raise OptionError("dataset_unknown", f"There is no dataset {name}.", f"Use {prefix} or one of {known}.")
    # Of no kind are more drawn than the limit could keep.
    videos = min(options.videos_per_kind, options.limit or options.videos_per_kind)
    return load_sample(name, SAMPLES[prefix], (kind,) if kind else KINDS, videos, work, progress)


def _annotated(name: str, prefix: str, first: str, options: DatasetOptions, progress: Progress) -> Dataset:
    files = tuple(dict.fromkeys([*([Path(first)] if first else []), *options.annotations]))
    if not files:
        message = f"{prefix} needs its annotation file."
        raise OptionError("option_annotations", message, f"Name it as {prefix}:FILE, or with --annotations FILE.")
    if options.videos_folder is None:
        message = f"{prefix} needs the folder its videos are in."
        raise OptionError("option_videos_folder", message, "Name it with --videos-folder DIR.")
    return READERS[prefix](prefix, files, options.videos_folder, progress)


def _folder(name: str) -> Path:
    path = Path(name)
    if path.is_dir():
        return path
    if name == FOOTAGE:
        message, step = f"{FOOTAGE} needs the folder its clips are in.", f"Name it as {FOOTAGE}:FOLDER."
        raise InputError("dataset_not_found", message, f"{step} {shown(LABELS)} says where each clip is from.")
    samples = (*SAMPLES, *(f"sample:{kind}" for kind in KINDS))
    known = ", ".join([*samples, f"{FOOTAGE}:FOLDER", *(f"{reader}:FILE" for reader in READERS)])
    if path.is_file():
        message, step = f"{name} is a file.", f"Name its folder, with a {TRUTH_FILE} in it."
        raise InputError("dataset_not_found", message, step)
    raise InputError("dataset_not_found", f"There is no dataset and no folder {name}.", f"Use a folder, or: {known}.")
