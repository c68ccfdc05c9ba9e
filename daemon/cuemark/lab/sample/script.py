"""What happens in a sample video: shots, who is in them and when, and the events a viewer would name.

Three kinds.  `cuts`: different scenes, joined by cuts and fades.  `single`: one static shot in which things come and
go.  `angles`: several camera angles of each event, so that a cut is not an event.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from fractions import Fraction

from cuemark.lab.sample.lexicon import Lexicon, Slots, paraphrases
from cuemark.lab.sample.scene import Actor, Camera, cast, random_camera

KINDS = ("cuts", "single", "angles")
RATES = (Fraction(24), Fraction(25), Fraction(30), Fraction(30000, 1001))
#: Seeds of the splits never meet.
SPLIT_SEEDS = {"train": 0, "dev": 10_000_000, "test": 20_000_000, "demo": 30_000_000}
_HELD_OUT_SHARE = 0.3
_SHORTEST_EVENT_S = 2.0


@dataclass(frozen=True)
class Stay:
    """Somebody in a shot during [start, end) frames of the video, coming and going within `ramp` frames."""

    actor: Actor
    start: int
    end: int
    ramp: int = 0

    def presence(self, frame: int) -> float:
        """How visible the actor is at `frame`, in [0, 1]; one half exactly at the event's borders."""
        if self.ramp == 0:
            return 1.0 if self.start <= frame < self.end else 0.0
        rising = (frame - self.start) / self.ramp + 0.5
        falling = (self.end - frame) / self.ramp + 0.5
        return max(0.0, min(1.0, rising, falling))


@dataclass(frozen=True)
class Shot:
    """Frames [start, end) of one camera on one scene; it drifts by `drift` pixels a second.

    `transition` is how it begins: "cut", "fade" (from the shot before) or "black" (through black), `blend` frames long.
    """

    start: int
    end: int
    place: str
    scene: int
    camera: Camera
    drift: tuple[float, float]
    stays: tuple[Stay, ...] = ()
    transition: str = "cut"
    blend: int = 0


@dataclass(frozen=True)
class Event:
    """Ground truth: a segment in exact seconds, what it shows, and several captions."""

    start: Fraction
    end: Fraction
    slots: Slots
    captions: tuple[str, ...]


@dataclass(frozen=True)
class Script:
    """A whole video, before it is drawn."""

    kind: str
    seed: int
    rate: Fraction
    frames: int
    shots: tuple[Shot, ...]
    events: tuple[Event, ...]
    grain: float


@dataclass(frozen=True)
class _Span:
    """A stretch of the video to come: something to see, or nothing (`slots.empty`)."""

    slots: Slots
    start: int
    end: int


def write_script(
    kind: str,
    split: str,
    seed: int,
    lexicon: Lexicon | None = None,
    *,
    seconds: float | None = None,
    events: int | None = None,
) -> Script:
    """Invent one video of `kind` for `split` ("train", "dev", "test", "demo"); the seed decides everything else."""
    lexicon = lexicon or Lexicon()
    whole_seed = SPLIT_SEEDS[split] + seed * 10 + KINDS.index(kind)
    rng = random.Random(whole_seed)
    rate = rng.choice(RATES)
    spans = _spans(kind, split, rng, lexicon, rate, seconds, events)
    shots = {"cuts": _cut_shots, "single": _single_shots, "angles": _angle_shots}[kind](spans, rng, rate)
    truth = tuple(
        Event(Fraction(span.start) / rate, Fraction(span.end) / rate, span.slots, paraphrases(span.slots, rng, lexicon))
        for span in spans
        if not span.slots.empty
    )
    return Script(kind, whole_seed, rate, spans[-1].end, shots, truth, rng.uniform(2, 6))


def _spans(
    kind: str,
    split: str,
    rng: random.Random,
    lexicon: Lexicon,
    rate: Fraction,
    seconds: float | None,
    events: int | None,
) -> list[_Span]:
    """Events of very unequal length, with empty stretches between some of them."""
    count = events or rng.randint(2, 8)
    total = seconds or max(rng.uniform(30, 75), count * 4.5)
    weights = [rng.lognormvariate(0, 0.75) for _ in range(count)]
    gaps = [rng.random() < 0.4 for _ in range(count + 1)]
    gap_lengths = [rng.uniform(2.5, 7) if gap else 0.0 for gap in gaps]
    room = max(total - sum(gap_lengths), count * 3.0)
    spare = room - count * _SHORTEST_EVENT_S
    lengths = [_SHORTEST_EVENT_S + spare * weight / sum(weights) for weight in weights]
    chosen = _choose_slots(kind, split, count, rng, lexicon)
    spans: list[_Span] = []
    frame = 0

    def append(slots: Slots, length: float) -> None:
        nonlocal frame
        end = frame + round(length * float(rate))
        spans.append(_Span(slots, frame, end))
        frame = end

    for number in range(count + 1):
        if gap_lengths[number]:
            neighbour = chosen[min(number, count - 1)].place
            place = neighbour if kind == "single" or rng.random() < 0.5 else rng.choice(lexicon.places).name
            append(Slots(place), gap_lengths[number])
        if number < count:
            append(chosen[number], lengths[number])
    return spans


def _choose_slots(kind: str, split: str, count: int, rng: random.Random, lexicon: Lexicon) -> list[Slots]:
    """Contents of the events; a single shot keeps its place, and no two events of a video are the same."""
    source = "test" if split == "demo" else split
    allowed = lexicon.allowed(source)
    held_out = sorted(lexicon.held_out().get(source, ()))
    place = rng.choice(lexicon.places).name if kind == "single" else None
    chosen: list[Slots] = []
    while len(chosen) < count:
        pool = held_out if held_out and rng.random() < _HELD_OUT_SHARE else allowed
        attribute, subject, where = rng.choice(pool)
        slots = Slots(where, subject, attribute, rng.choice(lexicon.relations).name)
        if place and slots.place != place:
            continue
        before = chosen[-1] if chosen else None
        if before and slots.subject == before.subject and slots.attribute == before.attribute:
            continue
        if slots not in chosen:
            chosen.append(slots)
    return chosen


def _drift(rng: random.Random) -> tuple[float, float]:
    return rng.uniform(-1.5, 1.5), rng.uniform(-0.6, 0.6)


def _cut_shots(spans: list[_Span], rng: random.Random, rate: Fraction) -> tuple[Shot, ...]:
    shots: list[Shot] = []
    for number, span in enumerate(spans):
        stays, actor = _stay(span, rng)
        transition = rng.choices(("cut", "fade", "black"), (6, 3, 2))[0] if number else "cut"
        blend = 0 if transition == "cut" else round(rng.uniform(0.4, 0.9) * float(rate))
        # A blend is centred on the border, so that each side is in the majority on its own.
        start = span.start - blend // 2
        if shots:
            shots[-1] = replace(shots[-1], end=start)
        stays = tuple(replace(stay, start=start) for stay in stays)
        camera = random_camera(rng, actor)
        shots.append(Shot(start, span.end, span.slots.place, number, camera, _drift(rng), stays, transition, blend))
    return tuple(shots)


def _single_shots(spans: list[_Span], rng: random.Random, rate: Fraction) -> tuple[Shot, ...]:
    ramp = round(rng.uniform(0.2, 0.6) * float(rate))
    stays = tuple(Stay(cast(span.slots, rng), span.start, span.end, ramp) for span in spans if not span.slots.empty)
    drift = (rng.uniform(-0.25, 0.25), rng.uniform(-0.1, 0.1))
    return (Shot(0, spans[-1].end, spans[0].slots.place, 0, Camera(zoom=rng.uniform(0.95, 1.1)), drift, stays),)


def _angle_shots(spans: list[_Span], rng: random.Random, rate: Fraction) -> tuple[Shot, ...]:
    shots: list[Shot] = []
    for number, span in enumerate(spans):
        stays, actor = _stay(span, rng)
        same_scene = number > 0 and shots[-1].place == span.slots.place and rng.random() < 0.7
        scene = shots[-1].scene if same_scene else number
        cuts = sorted(rng.sample(range(span.start + 1, span.end), min(rng.randint(1, 3), span.end - span.start - 1)))
        cuts = [cut for cut in cuts if min(cut - span.start, span.end - cut) > float(rate)]
        for start, end in zip([span.start, *cuts], [*cuts, span.end], strict=True):
            shots.append(Shot(start, end, span.slots.place, scene, random_camera(rng, actor), _drift(rng), stays))
    return tuple(shots)


def _stay(span: _Span, rng: random.Random) -> tuple[tuple[Stay, ...], Actor | None]:
    if span.slots.empty:
        return (), None
    actor = cast(span.slots, rng)
    return (Stay(actor, span.start, span.end),), actor
