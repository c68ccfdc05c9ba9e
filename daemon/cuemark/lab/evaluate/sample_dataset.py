"""The sample world as a dataset: videos are drawn once into a folder and found there the next time.

A split decides the seeds and the held-out combinations: "test" for reporting, "dev" for choosing defaults.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core.errors import StoreError
from cuemark.core.files import is_disk_full
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.lab.evaluate.truth import SLOTS, Dataset, SlotPhrases, TrueChapter, TrueEvent, TrueVideo
from cuemark.lab.sample.lexicon import Lexicon
from cuemark.lab.sample.script import Event, Script, write_script

#: An empty stretch at least this long (seconds) is a chapter of its own; a shorter one belongs to what came before it.
EMPTY_CHAPTER = Fraction(5)


def load_sample(
    name: str, split: str, kinds: Sequence[str], videos_per_kind: int, work: Path, progress: Progress
) -> Dataset:
    """`videos_per_kind` videos (seeds 0, 1, ...) of each of `kinds` of `split`, drawn into `work` where they are not.

    StoreError: `disk_full`, `work_unusable`, `sample_file_foreign` (a file of that name which is not ours).
    """
    wanted = [(kind, seed) for kind in kinds for seed in range(videos_per_kind)]
    videos = []
    for number, (kind, seed) in enumerate(wanted):
        progress.check()
        videos.append(_video(f"{split}-{kind}-{seed:03d}", write_script(kind, split, seed), work))
        progress.update("draw", number + 1, len(wanted), "videos")
    return Dataset(name, tuple(videos), phrases(Lexicon()))


def phrases(lexicon: Lexicon) -> SlotPhrases:
    """How the sample world says each value of each slot."""
    return {slot: {word.name: word.phrases for word in getattr(lexicon, f"{slot}s")} for slot in SLOTS}


def chapters_of(events: Sequence[TrueEvent], duration: Fraction) -> tuple[TrueChapter, ...]:
    """A gapless partition of [0, duration): a chapter begins with each event, and with each longer empty stretch.

    `events` are in order and do not overlap.  A chapter is called by its event's first caption; an empty one has no
    title.  A short empty stretch before the first event belongs to that event.
    """
    begins: list[tuple[Fraction, str]] = []
    reached = Fraction(0)
    for event in events:
        empty = event.start - reached
        if empty >= EMPTY_CHAPTER:
            begins.append((reached, ""))
        begins.append((event.start if begins else Fraction(0), event.captions[0]))
        reached = event.end
    if not begins or duration - reached >= EMPTY_CHAPTER:
        begins.append((reached, ""))
    ends = [*(start for start, _ in begins[1:]), duration]
    return tuple(TrueChapter(start, end, title) for (start, title), end in zip(begins, ends, strict=True))


def _video(name: str, script: Script, work: Path) -> TrueVideo:
    path = work / f"{name}.mp4"
    _draw(script, path)
    events = tuple(_event(event) for event in script.events)
    duration = Fraction(script.frames) / script.rate
    return TrueVideo(name, path, (events,), script.kind, chapters_of(events, duration), duration)


def _event(event: Event) -> TrueEvent:
    return TrueEvent(event.start, event.end, event.captions, event.slots.as_dict())


def _draw(script: Script, path: Path) -> None:
    """Make sure that `path` shows `script`; its ground truth beside it tells whether it already does."""
    from cuemark.lab.sample.video import render, truth

    beside = path.with_suffix(".truth.json")
    if path.exists():
        known = _truth_in(beside)
        if known is None:
            message = f"{shown(path)} is in the work folder, and is no sample video of ours."
            raise StoreError("sample_file_foreign", message, "Name another folder with --work.")
        if known == truth(script):
            return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".drawing-", dir=path.parent) as folder:
            fresh = render(script, Path(folder, path.name)).path
            # In this order a video that is there always has its own truth beside it, wherever this is cut short.
            path.unlink(missing_ok=True)
            os.replace(fresh.with_suffix(".truth.json"), beside)
            os.replace(fresh, path)
    except OSError as error:
        raise _unusable(path, error) from error


def _truth_in(path: Path) -> Any:
    """The ground truth in a file, None where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _unusable(path: Path, error: OSError) -> StoreError:
    message = f"{shown(path)} cannot be written into {path.parent}: {error.strerror or error}."
    return StoreError(
        "disk_full" if is_disk_full(error) else "work_unusable", message, "Name another folder with --work."
    )
