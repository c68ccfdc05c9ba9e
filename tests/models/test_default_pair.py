"""Which pair does the work where nobody named one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cuemark.models.runtime import hardware
from cuemark.models.store.choice import default_pair
from cuemark.models.store.registry import ModelEntry, parse_registry
from cuemark.models.store.store import ModelStatus


def entry(
    name: str, roles: tuple[str, ...] = ("clip", "lm"), *, quality: int = 0, bundled: bool = False, large: bool = False
) -> ModelEntry:
    model = {"name": "A", "architecture": "a", "licence": "l", "picture_gflop": 162 if large else 11}
    described = {"title": "t", "understands": "u", "bundled": bundled, "quality": quality}
    return parse_registry(json.dumps({name: {**described, "models": dict.fromkeys(roles, model)}}))[name]


def known(*pulled: str) -> list[ModelStatus]:
    """A registry of which these were pulled."""
    entries = [entry("sample", bundled=True), entry("pocket", bundled=True), entry("light", quality=2)]
    entries += [entry("best", quality=4, large=True), entry("paper", quality=3, large=True), entry("search", ("clip",))]
    return [ModelStatus(each, each.bundled or each.name in pulled, Path("x"), 1) for each in entries]


@pytest.mark.parametrize(
    ("pulled", "gpu", "pair"),
    [
        ((), True, "pocket"),
        (("light",), True, "light"),
        (("light", "best"), False, "light"),
        (("light", "best"), True, "best"),
        (("paper",), True, "paper"),
        (("best",), False, "pocket"),
        (("search",), True, "pocket"),
        (("search", "paper", "light"), False, "light"),
    ],
)
def test_the_best_pulled_pair_that_fits_else_pocket(
    monkeypatch: pytest.MonkeyPatch, pulled: tuple[str, ...], gpu: bool, pair: str
) -> None:
    monkeypatch.setattr(hardware, "has_gpu", lambda: gpu)
    assert default_pair(known(*pulled)) == pair


def test_sample_only_where_the_settings_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_pair(known("light"), "sample") == "sample"
