"""Which models fit a machine, and why: memory, device, seconds a minute, and where the seconds come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cuemark.models.runtime import hardware as hardware_module
from cuemark.models.runtime.hardware import Hardware, glance, measure, measured_before
from cuemark.models.runtime.speeds import Speeds
from cuemark.models.store.advice import advise, best_pair
from cuemark.models.store.choice import default_pair, told
from cuemark.models.store.registry import default_registry, parse_registry
from cuemark.models.store.store import ModelStore

GB = 10**9
LAPTOP = Hardware(16 * GB, 8, "cpu", "torch sees no GPU", gflops=250)
SMALL = Hardware(2 * GB, 2, "cpu", "torch sees no GPU")
STATION = Hardware(64 * GB, 16, "cuda", "torch sees an RTX", gpu_memory=12 * GB, gflops=20_000)
OLD_CARD = Hardware(64 * GB, 16, "cuda", "torch sees a GT", gpu_memory=3 * GB, gflops=900)


@pytest.mark.parametrize(
    ("hardware", "best"), [(LAPTOP, "light"), (STATION, "best"), (OLD_CARD, "light"), (SMALL, None)]
)
def test_the_best_pair_for_a_machine(hardware: Hardware, best: str | None) -> None:
    found = best_pair(default_registry().values(), hardware)
    assert (found and found.name) == best


@pytest.mark.parametrize(
    ("name", "hardware", "fits", "said"),
    [
        (
            "light",
            LAPTOP,
            True,
            ["takes 2.7 GB of 16.0 GB memory", "about 10 s for a minute of footage"],
        ),
        ("light", LAPTOP, True, ["estimated from 250 billion operations a second measured here"]),
        ("light", SMALL, False, ["needs 2.7 GB of memory, and 2.0 GB are here"]),
        ("best", LAPTOP, False, ["wants a GPU (torch sees no GPU)"]),
        ("best", STATION, True, ["on the GPU"]),
        ("best", OLD_CARD, False, ["on the GPU, which has 3.0 GB"]),
        ("qwen3-0.6b", LAPTOP, False, ["wants a GPU", "with another --clip"]),
        ("pe-core-b", LAPTOP, True, ["an encoder for search, with another --lm for captions"]),
        ("pe-core-l", LAPTOP, False, ["wants a GPU"]),
    ],
)
def test_whether_an_entry_fits_and_why(name: str, hardware: Hardware, fits: bool, said: list[str]) -> None:
    advice = advise(default_registry()[name], hardware)
    assert advice.fits is fits and all(words in advice.why for words in said), advice.why


def test_what_was_measured_counts_more_than_what_is_estimated() -> None:
    light = default_registry()["light"]
    guessed, real = advise(light, LAPTOP), advise(light, LAPTOP, measured=7.4)
    assert (guessed.seconds_from, real.seconds_from) == ("estimated", "measured")
    assert real.seconds == 7.4 and "7 s for a minute" in real.why and "measured in analyses made here" in real.why
    assert advise(light, SMALL).seconds == 0 and advise(light, SMALL).seconds_from == "", "nothing is made up"


@pytest.mark.parametrize("flaw", [{"gated": True}, {"commercial": False}])
def test_what_is_not_free_is_never_advised(flaw: dict[str, bool]) -> None:
    model = {"name": "A", "architecture": "a", "licence": "theirs"}
    entry = {"title": "t", "understands": "u", "quality": 9, "models": {"clip": {**model, **flaw}, "lm": model}}
    entries = [*default_registry().values(), *parse_registry(json.dumps({"theirs": entry})).values()]
    found = best_pair(entries, STATION)
    assert found is not None and found.name == "best"


def test_the_quickest_of_the_last_analyses_is_told(tmp_path: Path) -> None:
    speeds = Speeds(tmp_path)
    assert speeds.of("light", "light") == 0
    speeds.add("light", "light", seconds=90, minutes=1.5)  # the first makes ready what all others find
    speeds.add("light", "light", seconds=8, minutes=2)
    speeds.add("light", "light", seconds=0.1, minutes=0.01)  # too short to tell anything
    assert Speeds(tmp_path).of("light", "light") == 4 and speeds.of("light", "best") == 0
    for _ in range(5):
        speeds.add("light", "light", seconds=12, minutes=2)
    assert speeds.of("light", "light") == 6, "a machine that has become slower"
    (tmp_path / "speeds.json").write_text("[nonsense")
    assert speeds.of("light", "light") == 0


def test_speeds_that_cannot_be_kept_harm_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Speeds(tmp_path / "file").add("light", "light", 60, 1)


def test_the_machine_is_measured_and_the_faster_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speeds = iter([123.0, 45.0, 200.0])  # the second time, other programs were at work
    monkeypatch.setattr(hardware_module, "_gflops", lambda device: next(speeds))
    assert measured_before(tmp_path) is None
    found = measure(tmp_path)
    assert found.gflops == 123 and found.reason and found.memory == glance().memory
    assert measured_before(tmp_path, oldest=3600) == found and measured_before(tmp_path, oldest=-1) is None
    assert [measure(tmp_path).gflops, measure(tmp_path).gflops] == [123, 200]
    monkeypatch.setattr(hardware_module, "_identity", lambda: ["another machine"])
    assert measured_before(tmp_path) is None


def test_a_real_measurement_is_of_a_plausible_size(tmp_path: Path) -> None:
    assert 0.1 < measure(tmp_path).gflops < 10**6


def test_all_that_is_told_of_the_registry(tmp_path: Path) -> None:
    models = {model.name: model for model in told(ModelStore(tmp_path), hardware=LAPTOP)}
    light, best = models["light"], models["best"]
    assert light.recommended and light.fits and not light.ready and light.memory > 2 * GB
    assert light.licence == "CLIP: MIT; SmolLM2: Apache-2.0" and light.pages["lm"].endswith("SmolLM2-135M")
    assert not best.fits and not best.recommended and "wants a GPU" in best.why
    assert [model.name for model in models.values() if model.recommended] == ["light"]


def test_a_gpu_that_torch_cannot_use_chooses_nothing_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware_module, "has_gpu", lambda: True)
    pulled = [status for status in ModelStore(tmp_path).list() if status.entry.name in ("light", "best")]
    here = [status.__class__(status.entry, True, tmp_path, 1) for status in pulled]
    assert default_pair(here, hardware=LAPTOP) == "light" and default_pair(here, hardware=STATION) == "best"
