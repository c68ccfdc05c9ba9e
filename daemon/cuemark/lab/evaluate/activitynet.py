"""ActivityNet Captions (Krishna et al. 2017): val_1.json and val_2.json, two annotators of the same videos.

    {"v_ID": {"duration": 82.73, "timestamps": [[0.83, 19.86], ...], "sentences": ["...", ...]}, ...}

Each file given is one annotator.  As in densevid_eval, the videos are those of all files together; a video that an
annotator did not describe has no reference from that one.
"""

from __future__ import annotations

from pathlib import Path

from cuemark.core.progress import Progress
from cuemark.lab.evaluate.annotations import Mended, duration_of, events_of, pairs, present
from cuemark.lab.evaluate.dataset_file import Entry, read_file
from cuemark.lab.evaluate.truth import Dataset, TrueVideo


def load_activitynet(name: str, annotations: tuple[Path, ...], videos: Path, progress: Progress) -> Dataset:
    """The annotated videos that are in the folder `videos`, as ID or v_ID with any video ending.

    InputError: those of `read_file` and `present`.
    """
    files = [read_file(path).fields() for path in annotations]
    ids = list(dict.fromkeys(one for entries in files for one in entries))
    found, missing = present(ids, videos, annotations[0], progress, lambda one: one.removeprefix("v_"))
    mended = Mended()
    described = [
        _video(one, path, [entries[one] for entries in files if one in entries], mended) for one, path in found.items()
    ]
    mended.tell(progress)
    return Dataset(name, tuple(described), missing=missing)


def _video(name: str, path: Path, entries: list[Entry], mended: Mended) -> TrueVideo:
    references = []
    for entry in entries:
        segments, sentences = pairs(entry, "timestamps", "sentences")
        references.append(events_of(segments, sentences, duration_of(entry), mended))
    return TrueVideo(name, path, tuple(references), duration=duration_of(entries[0]))
