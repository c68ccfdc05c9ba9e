"""The sample world keeps its promises: what it shows, what it says, what it hides from training."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuemark.lab.sample.lexicon import Lexicon, Slots, paraphrases, slots_in, with_prompt
from cuemark.lab.sample.script import KINDS, Script, write_script
from cuemark.lab.sample.video import frames, render

LEXICON = Lexicon()
slots = st.builds(
    Slots,
    place=st.sampled_from([word.name for word in LEXICON.places]),
    subject=st.sampled_from([word.name for word in LEXICON.subjects]),
    attribute=st.sampled_from([word.name for word in LEXICON.attributes]),
    relation=st.sampled_from([word.name for word in LEXICON.relations]),
)


def test_the_world_is_as_large_as_promised() -> None:
    sizes = [len(LEXICON.subjects), len(LEXICON.places), len(LEXICON.attributes), len(LEXICON.relations)]
    assert all(size >= least for size, least in zip(sizes, (10, 8, 6, 5), strict=True))


def test_a_tenth_of_the_combinations_is_never_trained_on() -> None:
    held_out = LEXICON.held_out()
    hidden = held_out["dev"] | held_out["test"]
    assert not held_out["dev"] & held_out["test"]
    assert len(hidden) == pytest.approx(0.1 * len(list(LEXICON.combinations())), abs=1)
    assert not hidden & set(LEXICON.allowed("train"))
    assert not held_out["test"] & set(LEXICON.allowed("dev"))


@given(slots, st.integers(0, 1000))
def test_every_paraphrase_tells_all_slots(told: Slots, seed: int) -> None:
    rng = random.Random(seed)
    captions = paraphrases(told, rng, LEXICON)
    assert len(captions) >= 3
    for caption in captions:
        assert slots_in(caption, LEXICON) == told
        assert slots_in(with_prompt(caption, rng), LEXICON) == told


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 5000))
def test_scripts_have_two_to_eight_events_in_order_inside_the_video(kind: str, seed: int) -> None:
    script = write_script(kind, "train", seed)
    assert 2 <= len(script.events) <= 8
    duration = script.frames / script.rate
    assert all(event.end - event.start >= 1.9 for event in script.events)
    assert all(one.end <= other.start for one, other in itertools.pairwise(script.events))
    assert script.events[0].start >= 0
    assert script.events[-1].end <= duration
    assert script.shots[0].start == 0
    assert script.shots[-1].end == script.frames
    assert all(one.end == other.start for one, other in itertools.pairwise(script.shots))
    trained = set(LEXICON.allowed("train"))
    assert all((e.slots.attribute, e.slots.subject, e.slots.place) in trained for e in script.events)


def test_the_three_kinds_are_what_they_are_called() -> None:
    def cuts_inside(script: Script) -> int:
        return sum(
            any(e.start < (shot.start + shot.blend // 2) / script.rate < e.end for e in script.events)
            for shot in script.shots
        )

    for seed in range(12):
        assert len(write_script("single", "train", seed).shots) == 1
        assert cuts_inside(write_script("cuts", "train", seed)) == 0
    assert sum(cuts_inside(write_script("angles", "train", seed)) for seed in range(12)) > 12


def test_lengths_are_very_unequal_and_some_stretches_are_empty() -> None:
    scripts = [write_script(kind, "train", seed) for kind in KINDS for seed in range(10)]
    lengths = [[event.end - event.start for event in script.events] for script in scripts]
    assert np.mean([max(one) / min(one) for one in lengths]) > 2.5
    covered = [float(sum(one) / (script.frames / script.rate)) for one, script in zip(lengths, scripts, strict=True)]
    assert 0.5 < np.mean(covered) < 0.95


def test_test_videos_show_combinations_nobody_trained_on() -> None:
    hidden = LEXICON.held_out()["test"]
    shown = [
        (event.slots.attribute, event.slots.subject, event.slots.place) in hidden
        for kind in KINDS
        for seed in range(15)
        for event in write_script(kind, "test", seed).events
    ]
    assert 0.1 < np.mean(shown) < 0.6


def test_a_script_is_drawn_the_same_every_time() -> None:
    script = write_script("cuts", "train", 4)
    assert script == write_script("cuts", "train", 4)
    assert script != write_script("cuts", "dev", 4)
    first, second = (list(itertools.islice(frames(script), 3)) for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_a_rendered_video_is_as_long_as_its_script_and_carries_its_truth(tmp_path: Path) -> None:
    script = write_script("single", "train", 1, seconds=12, events=2)
    clip = render(script, tmp_path / "clip.mp4")
    with av.open(str(clip.path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == script.frames
        assert container.streams.video[0].average_rate == script.rate
    truth = json.loads((tmp_path / "clip.truth.json").read_text(encoding="utf-8"))
    assert [event["slots"] for event in truth["events"]] == [event.slots.as_dict() for event in script.events]
    assert all(len(event["captions"]) >= 3 for event in truth["events"])
