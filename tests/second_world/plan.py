"""What happens in a video of the second world: shots, who is in them, and the events with their exact times.

`cuts` joins scenes by cuts and fades; in `single` things come and go, or change, before one camera; in `angles` each
event is seen from several sides, so that a cut is not an event.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from fractions import Fraction

from tests.second_world.speech import paraphrases
from tests.second_world.stage import Actor, Camera, any_camera, cast
from tests.second_world.words import PLACES, RELATIONS, Combination, Slots, allowed, draw_slots, held_out

KINDS = ("cuts", "single", "angles")
RATES = (Fraction(15), Fraction(18), Fraction(24_000, 1001), Fraction(25), Fraction(15_000, 1001))
#: Events that show a combination which training never showed.
_HELD_OUT_SHARE = 0.35


@dataclass(frozen=True)
class Stay:
    """An actor in frames [start, end) of the video, faded in and out over `ramp` frames centred on both."""

    actor: Actor
    start: int
    end: int
    ramp: int = 0

    def presence(self, frame: int) -> float:
        """How visible the actor is, from 0 to 1."""
        if not self.ramp:
            return float(self.start <= frame < self.end)
        rising, falling = (frame - self.start) / self.ramp + 0.5, (self.end - frame) / self.ramp + 0.5
        return max(0.0, min(1.0, rising, falling))


@dataclass(frozen=True)
class Shot:
    """Frames [start, end) of one camera; `blend` frames at its start are mixed with the shot before.

    The camera drifts by `drift` pixels a second.
    """

    start: int
    end: int
    place: str
    scene: int
    camera: Camera
    stays: tuple[Stay, ...] = ()
    blend: int = 0
    drift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Event:
    """A stretch [start, end) in exact seconds, what it shows and several captions of it."""

    start: Fraction
    end: Fraction
    slots: Slots
    captions: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A whole video before it is drawn."""

    kind: str
    seed: str
    rate: Fraction
    shots: tuple[Shot, ...]
    events: tuple[Event, ...]

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return self.shots[-1].end


@dataclass(frozen=True)
class _Stretch:
    slots: Slots
    start: int
    end: int


def write_plan(kind: str, split: str, number: int) -> Plan:
    """Video `number` of `kind` in `split` ("train", "dev" or "test"); the three decide everything."""
    seed = f"{split}/{kind}/{number}"
    rng = random.Random(seed)
    rate = rng.choice(RATES)
    stretches = _stretches(kind, split, rng, rate)
    shots = {"cuts": _cuts, "single": _single, "angles": _angles}[kind](stretches, rng, rate)
    events = tuple(
        Event(Fraction(one.start) / rate, Fraction(one.end) / rate, one.slots, paraphrases(one.slots, rng))
        for one in stretches
        if not one.slots.empty
    )
    return Plan(kind, seed, rate, shots, events)


def _stretches(kind: str, split: str, rng: random.Random, rate: Fraction) -> list[_Stretch]:
    """Events of very unequal length and, between some, stretches where nothing is."""
    contents = _contents(kind, split, rng.randint(2, 8), rng)
    shares = [rng.lognormvariate(0, 0.8) for _ in contents]
    shortest, spare = 2.2, max(rng.uniform(28, 58), 3.8 * len(contents)) - 2.2 * len(contents)
    parts: list[tuple[Slots, float]] = []
    for number, slots in enumerate(contents):
        if rng.random() < 0.38:
            parts.append((_nothing(slots.place, kind, rng), rng.uniform(2.5, 6)))
        parts.append((slots, shortest + spare * shares[number] / sum(shares)))
    if rng.random() < 0.35:
        parts.append((Slots(contents[-1].place), rng.uniform(2.5, 6)))
    result, frame = [], 0
    for slots, length in parts:
        end = frame + round(length * float(rate))
        result.append(_Stretch(slots, frame, end))
        frame = end
    return result


def _nothing(place: str, kind: str, rng: random.Random) -> Slots:
    """An empty stretch before an event at `place`, there or somewhere else."""
    return Slots(place if kind == "single" or rng.random() < 0.5 else rng.choice(list(PLACES)))


def _contents(kind: str, split: str, count: int, rng: random.Random) -> list[Slots]:
    """What the events show: neighbours differ in the thing, or one changes what it does or looks like."""
    known, new = allowed(split), sorted(held_out().get(split, ()))
    place = rng.choice(list(PLACES)) if kind == "single" else None
    chosen: list[Slots] = []
    while len(chosen) < count:
        slots = draw_slots(_of(place, new if new and rng.random() < _HELD_OUT_SHARE else known), rng)
        if chosen and kind == "single" and rng.random() < 0.25:
            slots = replace(chosen[-1], relation=rng.choice(list(RELATIONS)))
        if slots not in chosen:
            chosen.append(slots)
    return chosen


def _of(place: str | None, choices: list[Combination]) -> list[Combination]:
    return [one for one in choices if place is None or one[2] == place]


def _cuts(stretches: list[_Stretch], rng: random.Random, rate: Fraction) -> tuple[Shot, ...]:
    shots: list[Shot] = []
    for scene, one in enumerate(stretches):
        blend = round(rng.uniform(0.3, 0.9) * float(rate)) if shots and rng.random() < 0.4 else 0
        start = one.start - blend // 2  # a fade is centred on the border
        if shots:
            shots[-1] = replace(shots[-1], end=start)
        stays = _stays(one, rng, early=blend)
        shots.append(Shot(start, one.end, one.slots.place, scene, any_camera(rng), stays, blend, _drift(rng)))
    return tuple(shots)


def _single(stretches: list[_Stretch], rng: random.Random, rate: Fraction) -> tuple[Shot, ...]:
    ramp = round(rng.uniform(0.15, 0.5) * float(rate))
    stays = tuple(replace(stay, ramp=ramp) for one in stretches for stay in _stays(one, rng))
    return (Shot(0, stretches[-1].end, stretches[0].slots.place, 0, any_camera(rng), stays),)


def _angles(stretches: list[_Stretch], rng: random.Random, rate: Fraction) -> tuple[Shot, ...]:
    shots: list[Shot] = []
    least = round(1.2 * float(rate))
    for scene, one in enumerate(stretches):
        stays = _stays(one, rng)
        borders = [one.start]
        for _ in range(rng.randint(1, 3)):
            cut = borders[-1] + rng.randint(least, max(least, (one.end - one.start) // 2))
            if one.end - cut >= least:
                borders.append(cut)
        for start, end in zip(borders, [*borders[1:], one.end], strict=True):
            shots.append(Shot(start, end, one.slots.place, scene, any_camera(rng), stays, 0, _drift(rng)))
    return tuple(shots)


def _drift(rng: random.Random) -> tuple[float, float]:
    return rng.uniform(-1.2, 1.2), rng.uniform(-0.5, 0.5)


def _stays(stretch: _Stretch, rng: random.Random, early: int = 0) -> tuple[Stay, ...]:
    actor = cast(stretch.slots, rng)
    return () if actor is None else (Stay(actor, stretch.start - early, stretch.end),)
