"""The second world keeps its promises: the same seed the same videos, true times, nothing of a test in training."""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.second_world import films, make
from tests.second_world.clip_training import numbered, tell, wrong
from tests.second_world.places import HEIGHT, WIDTH
from tests.second_world.plan import KINDS, write_plan
from tests.second_world.speech import named_in, paraphrases, phrases_of_truth, sentence
from tests.second_world.stills import draw_stills
from tests.second_world.tokens import any_sentence
from tests.second_world.words import SLOTS, Slots, allowed, combinations, held_out

SPLITS = ("dev", "test")
every_plan = pytest.mark.parametrize(
    ("kind", "split", "number"), [(kind, split, number) for kind in KINDS for split in SPLITS for number in range(6)]
)


def test_the_same_seed_gives_the_same_plan_and_frames() -> None:
    one, other = (write_plan("cuts", "dev", 2) for _ in range(2))
    assert one == other
    first, second = (films.frames(plan) for plan in (one, other))
    for _ in range(3):
        assert np.array_equal(next(first), next(second))
    assert write_plan("cuts", "dev", 3) != one != write_plan("cuts", "test", 2)


def test_the_same_seed_gives_the_same_stills() -> None:
    one, other = (draw_stills(12, "train", 5) for _ in range(2))
    assert np.array_equal(one.images, other.images)
    assert one.slots == other.slots
    assert not np.array_equal(one.images, draw_stills(12, "train", 6).images)


@every_plan
def test_events_lie_in_order_on_whole_frames_and_fill_what_is_not_empty(kind: str, split: str, number: int) -> None:
    plan = write_plan(kind, split, number)
    assert 2 <= len(plan.events) <= 8
    assert 25 < plan.frames / plan.rate < 90
    last = Fraction(0)
    for event in plan.events:
        assert event.start >= last
        assert event.end - event.start > 2
        assert (event.start * plan.rate).denominator == (event.end * plan.rate).denominator == 1
        last = event.end
    assert last <= plan.frames / plan.rate


@every_plan
def test_an_actor_is_there_exactly_during_its_event(kind: str, split: str, number: int) -> None:
    """In the middle of each event one thing is seen, in the middle of each pause none."""
    plan = write_plan(kind, split, number)
    edges = [Fraction(0), *(time for event in plan.events for time in (event.start, event.end))]
    spans = list(zip(edges, [*edges[1:], plan.frames / plan.rate], strict=True))
    for place, (start, end) in enumerate(spans):
        frame = int((start + end) / 2 * plan.rate)
        shot = next((one for one in plan.shots if one.start <= frame < one.end), None)
        if start < end and shot is not None:
            assert sum(stay.presence(frame) == 1 for stay in shot.stays) == place % 2


def test_shots_leave_no_gap() -> None:
    for kind in KINDS:
        shots = write_plan(kind, "test", 1).shots
        assert shots[0].start == 0
        assert all(one.end == other.start for one, other in itertools.pairwise(shots))
    assert len(write_plan("single", "dev", 0).shots) == 1


def test_held_out_combinations_never_meet() -> None:
    hidden = held_out()
    assert not hidden["dev"] & hidden["test"]
    assert not set(allowed("train")) & (hidden["dev"] | hidden["test"])
    assert not set(allowed("dev")) & hidden["test"]
    assert not set(allowed("test")) & hidden["dev"]
    assert 0.1 < sum(map(len, hidden.values())) / len(combinations()) < 0.15


def test_videos_show_held_out_combinations_of_their_own_split_only() -> None:
    hidden = held_out()
    for split, other in (("dev", "test"), ("test", "dev")):
        plans = [write_plan(kind, split, number) for kind in KINDS for number in range(6)]
        shown = {(one.slots.attribute, one.slots.subject, one.slots.place) for plan in plans for one in plan.events}
        assert shown & hidden[split]
        assert not shown & hidden[other]


def test_training_reads_no_held_out_combination() -> None:
    hidden = set().union(*held_out().values())
    rng = random.Random(1)
    for _ in range(500):
        named = named_in(any_sentence(rng))
        assert (named.get("attribute"), named.get("subject"), named.get("place")) not in hidden


def test_every_paraphrase_names_what_is_shown_and_nothing_else() -> None:
    rng = random.Random(2)
    for attribute, subject, place in combinations():
        slots = Slots(place, subject, attribute, "burning")
        assert all(named_in(text) == slots.named() for text in paraphrases(slots, rng))
        assert all(named_in(text) == {"place": place} for text in paraphrases(Slots(place), rng))


def test_sentences_are_sentences_and_not_those_of_the_sample_world() -> None:
    from cuemark.lab.sample.lexicon import Lexicon

    text = sentence(Slots("harbour", "kite", "striped", "spinning"), random.Random(0), "{where} {thing} is {action}.")
    assert re.fullmatch(r"(In the harbour|By the harbour wall) a striped kite is (spinning|turning round)\.", text)
    first = Lexicon()
    for slot in SLOTS:
        assert not set(phrases_of_truth()[slot]) & {word.name for word in getattr(first, f"{slot}s")}


def test_a_wrong_caption_is_wrong_and_a_half_one_is_true() -> None:
    rng = random.Random(3)
    shown = Slots("tunnel", "gear", "golden", "falling")
    for _ in range(300):
        true = tell(shown, rng)
        assert all(told in (-1, own) for told, own in zip(true.slots, numbered(shown), strict=True))
        false = wrong(shown, rng)
        differing = sum(
            told not in (-1, own) for told, own in zip(false.slots, numbered(shown), strict=True)
        )  # fewer where the sentence breaks off before the wrong word, three where it says that nothing is there
        assert differing in (0, 1, 3)


def test_truth_covers_the_videos_and_says_exact_times(tmp_path: Path) -> None:
    """A split of one short video a kind, rendered for real except for the pictures."""
    plans = {films.file_name("dev", kind, 0): write_plan(kind, "dev", 0) for kind in KINDS}
    loaded = json.loads(json.dumps(films.truth("second-world-dev", plans)))
    assert (loaded["version"], loaded["name"]) == (1, "second-world-dev")
    assert set(loaded["slots"]) == set(SLOTS)
    assert set(loaded["videos"]) == set(plans)
    for file, plan in plans.items():
        video = loaded["videos"][file]
        assert video["kind"] == plan.kind
        assert [Fraction(one["start_s"]) for one in video["events"]] == [event.start for event in plan.events]
        assert [Fraction(one["end_s"]) for one in video["events"]] == [event.end for event in plan.events]
        for event in video["events"]:
            assert all(event["slots"][slot] in loaded["slots"][slot] for slot in SLOTS)
            assert all(named_in(caption, loaded["slots"]) == event["slots"] for caption in event["captions"])


def test_a_video_file_has_its_frames_and_is_not_drawn_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    plan = write_plan("angles", "dev", 5)
    short = tuple(shot for shot in plan.shots if shot.end <= 60) or plan.shots[:1]
    monkeypatch.setattr(films, "KINDS", ("angles",))
    monkeypatch.setattr(films, "write_plan", lambda *_: type(plan)("angles", plan.seed, plan.rate, short, ()))
    said: list[str] = []
    for _ in range(2):
        films.render_split(tmp_path, "dev", 1, said.append)
    assert len(said) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["dev-angles-00.mp4", "truth.json"]
    with av.open(str(tmp_path / "dev-angles-00.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (WIDTH, HEIGHT, plan.rate)
        assert sum(1 for _ in container.decode(stream)) == short[-1].end


def test_models_that_are_there_are_not_trained_again(tmp_path: Path) -> None:
    for name in ("clip/open_clip_model.safetensors", "lm/model.safetensors"):
        file = tmp_path / name
        file.parent.mkdir()
        file.write_bytes(b"there")
    (tmp_path / "facts.json").write_text('{"accuracy": {}}', encoding="utf-8")
    said: list[str] = []
    make.make_clip(tmp_path, argparse.Namespace(seed=2, stills=10, minutes=0.1, refine=0.0), said.append)
    make.make_lm(tmp_path, 2, said.append)
    assert said[0] == "clip: there already"
    assert said[-1] == "lm: there already"
