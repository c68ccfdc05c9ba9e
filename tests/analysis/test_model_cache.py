"""The models of the worker: chosen and checked by role, loaded once, let go when another one is wanted."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cuemark.analysis.model_cache import PAIR, ROLES, ModelCache
from cuemark.core import settings
from cuemark.core.errors import ModelError
from cuemark.core.progress import SilentProgress
from cuemark.core.status import LoadedModels
from cuemark.lab.sample.train import WEIGHTS


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCache:
    monkeypatch.setenv("CUEMARK_HOME", str(tmp_path))
    return ModelCache(settings.load())


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that language models were loaded from; nothing real is loaded."""
    folders: list[Path] = []

    def load(folder: Path, *rest: Any) -> Path:
        folders.append(folder)
        return folder

    monkeypatch.setitem(ROLES, "lm", replace(ROLES["lm"], load=load))
    return folders


def test_without_a_name_the_settings_choose(models: ModelCache) -> None:
    assert {models.choose(role, None).name for role in PAIR} == {"sample"}  # as tests/conftest.py sets it


def test_the_sample_models_say_so_by_name_and_by_folder(models: ModelCache) -> None:
    named = {role: models.choose(role, "sample") for role in PAIR}
    by_folder = {**named, "clip": models.choose("clip", str(WEIGHTS / "clip"))}
    for refs in (named, by_folder):
        assert [notice.code for notice in models.notices(refs, {})] == ["sample_models"]


@pytest.mark.parametrize("role", list(ROLES))
def test_a_model_that_cannot_be_is_told_when_it_is_chosen(models: ModelCache, role: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        models.choose(role, str(tmp_path / "nowhere"))


def test_a_model_is_loaded_once_and_again_when_its_files_have_changed(
    models: ModelCache, loads: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(WEIGHTS / "lm", folder)
    for _ in range(2):
        models.load(models.choose("lm", str(folder)))
    assert loads == [folder]
    (folder / "generation_config.json").write_text("{}")
    models.load(models.choose("lm", str(folder)))
    assert loads == [folder, folder]


def test_a_role_keeps_one_model(models: ModelCache, loads: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(WEIGHTS / "lm", folder)
    own, other = models.choose("lm", str(folder)), models.choose("lm", None)
    for ref in (own, other, own):
        models.load(ref)
    assert loads == [folder, other.folder, folder]


def test_what_is_loaded_is_told_by_role_with_where_it_runs(models: ModelCache) -> None:
    assert models.loaded() == LoadedModels()
    clip, lm = (models.choose(role, None) for role in PAIR)
    models.lm(lm)
    models.clip(clip, SilentProgress())
    told = models.loaded()
    assert told.names == ("sample (CLIP)", "sample (language model)")
    assert [device.role for device in told.devices] == ["clip", "lm"]
    assert told.devices[1].used == models.use(lm).device
    assert models.use(clip).name == "sample" and models.use(clip).reason
