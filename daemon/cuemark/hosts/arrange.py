"""A frame for every marker: its own where that is free, else the nearest; nobody else's is ever taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from cuemark.core.markers import HostMarker, TimelineMarker
from cuemark.hosts.edits import Target
from cuemark.hosts.free_frames import FreeFrames, reach
from cuemark.markers.build import merge
from cuemark.markers.sent import SentMarker, with_fields


@dataclass(frozen=True)
class Arranged:
    """A target and the marker it has become."""

    target: Target
    final: HostMarker
    merged: tuple[str, ...] = ()

    @property
    def record(self) -> SentMarker:
        """What to remember: the user's fields as we had them, so that they are recognised again next time."""
        base = self.target.base
        ours = with_fields(self.final, self.target.users, base) if base else self.final
        return SentMarker(ours, self.final, self.target.wanted.kind)

    def marker(self) -> TimelineMarker:
        """The wanted marker as it will be."""
        final = self.final
        return replace(
            self.target.wanted,
            frame=final.frame,
            duration=final.duration,
            color=final.color,
            name=final.name,
            note=final.note,
            merged=self.merged,
        )


def arrange(
    targets: Iterable[Target], frames: FreeFrames, length: int, rate: Fraction
) -> tuple[list[Arranged], list[Target], list[Target]]:
    """Markers with their frames, one a frame, the targets that one of them tells, and those nothing is left for.

    First come the frames the user chose, then what the user changed otherwise, then exact frames, then neighbours.
    """
    done: list[Arranged] = []
    waiting: list[Target] = []
    for target in sorted(targets, key=lambda t: (not t.fixed, not t.users, t.final.frame, t.final.custom_data)):
        if frames.free(target.final.frame):
            done.append(_at(target, target.final.frame, frames, length))
        else:
            waiting.append(target)
    told: list[Target] = []
    left: list[Target] = []
    for target in waiting:
        frame = _near(target, frames, rate)
        if frame is not None:
            done.append(_at(target, frame, frames, length))
        else:
            (told if _told_by_a_neighbour(target, done, reach(rate)) else left).append(target)
    return done, told, left


def _near(target: Target, frames: FreeFrames, rate: Fraction) -> int | None:
    wanted = target.wanted
    frame = frames.nearest(target.final.frame, reach(rate), wanted.low, wanted.high)
    if frame is None and target.users:  # what the user wrote is not given up for want of a frame
        frame = frames.nearest((target.existing or target.final).frame, None)
    return frame


def _at(target: Target, frame: int, frames: FreeFrames, length: int) -> Arranged:
    frames.take(frame)
    final, high = replace(target.final, frame=frame), target.wanted.high
    is_users = "duration" in target.users
    # The user may have drawn it past the timeline's end, or cut the timeline off: left alone it stays so, but an
    # editor is never sent a marker that does not fit.
    if not (is_users and final == target.existing):
        whole = is_users or high is None or not target.wanted.low <= frame < high
        end = length if whole else min(high or length, length)
        final = replace(final, duration=max(1, min(final.duration, end - frame)))
    return Arranged(target, final, target.wanted.merged)


def _told_by_a_neighbour(target: Target, done: list[Arranged], most: int) -> bool:
    """Whether our nearest marker, untouched by the user, has taken over what `target` says."""
    near = [
        (abs(item.final.frame - target.final.frame), index)
        for index, item in enumerate(done)
        if not item.target.users and abs(item.final.frame - target.final.frame) <= most
    ]
    if not near:
        return False
    index = min(near)[1]
    both = merge([done[index].marker(), target.wanted])
    done[index] = Arranged(done[index].target, both.on_host(), both.merged)
    return True
