"""Plans as video files, and truth.json, which says what a folder of them shows."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from tests.second_world.places import HEIGHT, WIDTH, Picture, paint_place
from tests.second_world.plan import KINDS, Plan, Shot, write_plan
from tests.second_world.speech import phrases_of_truth
from tests.second_world.stage import look, perform

TRUTH = "truth.json"
#: Fields of film grain, used in turn.
_GRAINS = 7


def render_split(folder: Path, split: str, count: int, say: Callable[[str], None]) -> None:
    """`count` videos of each kind and their truth.json; videos that are there are not drawn again."""
    folder.mkdir(parents=True, exist_ok=True)
    plans = {file_name(split, kind, one): write_plan(kind, split, one) for kind in KINDS for one in range(count)}
    for name, plan in plans.items():
        if not (folder / name).exists():
            render(plan, folder / name)
            say(f"{split}: {name}, {plan.frames} frames, {len(plan.events)} events")
    text = json.dumps(truth(f"second-world-{split}", plans), indent=2)
    (folder / TRUTH).write_text(text + "\n", encoding="utf-8")


def file_name(split: str, kind: str, number: int) -> str:
    """How a video is called in its folder."""
    return f"{split}-{kind}-{number:02d}.mp4"


def truth(name: str, plans: dict[str, Plan]) -> dict[str, Any]:
    """What the videos show, as plain data; times are exact fractions of a second."""
    videos = {file: {"kind": plan.kind, "events": _events(plan)} for file, plan in plans.items()}
    return {"version": 1, "name": name, "slots": phrases_of_truth(), "videos": videos}


def _events(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "start_s": str(event.start),
            "end_s": str(event.end),
            "captions": list(event.captions),
            "slots": event.slots.named(),
        }
        for event in plan.events
    ]


def render(plan: Plan, path: Path) -> None:
    """Encode a plan as H.264; the file appears whole or not at all."""
    import av
    import cv2

    cv2.setNumThreads(1)
    partial = path.with_suffix(".partial.mp4")
    with av.open(str(partial), "w") as container:
        stream = container.add_stream("libx264", rate=plan.rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "22", "preset": "veryfast"}
        stream.thread_count = 1
        for frame in frames(plan):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    partial.replace(path)


def frames(plan: Plan) -> Iterator[Picture]:
    """The frames of a plan in order, RGB [HEIGHT, WIDTH, 3]."""
    noise = np.random.default_rng(len(plan.seed)).normal(0, 3, (_GRAINS, HEIGHT, WIDTH, 1)).astype(np.int16)
    before: Picture | None = None
    for shot in plan.shots:
        painted = paint_place(shot.place, random.Random(f"{plan.seed}/{shot.scene}"))
        seen = before
        for frame in range(shot.start, shot.end):
            seen = _draw(shot, painted, frame, plan.rate)
            share = (frame - shot.start + 1) / (shot.blend + 1)
            whole = seen if before is None or share >= 1 else _mix(before, seen, share)
            yield np.clip(whole + noise[frame % _GRAINS], 0, 255).astype(np.uint8)
        before = seen


def _draw(shot: Shot, painted: Picture, frame: int, rate: Fraction) -> Picture:
    since = min(float((frame - shot.start) / rate), 15.0)
    across, down = shot.drift
    camera = replace(shot.camera, x=shot.camera.x + across * since, y=shot.camera.y + down * since)
    picture = look(painted, camera)
    for stay in shot.stays:
        presence = stay.presence(frame)
        if presence > 0:
            played = perform(picture, stay.actor, camera, float((frame - stay.start) / rate))
            picture = played if presence == 1 else _mix(picture, played, presence)
    return picture


def _mix(one: Picture, other: Picture, share: float) -> Picture:
    return (one * (1 - share) + other * share).astype(np.uint8)
