"""Every entry of the registry that is pulled: its files, served by a hub of the test, are what loading it needs.

The hub has small models of the right kind at the addresses that the registry names; only what pins the bytes of the
real ones (sizes, also those that are planned for, and hashes) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from cuemark.core.errors import StoreError
from cuemark.models.clip.clip import load_clip
from cuemark.models.lm.lm import load_lm
from cuemark.models.runtime.safe_imports import open_clip_module
from cuemark.models.speech.options import SpeechOptions
from cuemark.models.speech.proof import drawn_sound
from cuemark.models.speech.recogniser import open_recogniser
from cuemark.models.store import store as store_module
from cuemark.models.store.download import Downloader
from cuemark.models.store.registry import ModelEntry, default_registry
from cuemark.models.store.speech_folder import engine_of
from cuemark.models.store.store import ModelStore
from tests.speech.small_models import speech_folder

Folder = Callable[..., Path]
PULLED = [name for name, entry in default_registry().items() if not entry.bundled]
TEXT_WITH_A_TOKENIZER = {
    "context_length": 64, "vocab_size": 400, "width": 64, "heads": 4, "layers": 1, "no_causal_mask": True,
    "hf_tokenizer_name": "timm/ViT-B-16-SigLIP2", "tokenizer_kwargs": {"clean": "canonicalize"},
    "proj_bias": True, "pool_type": "last",
}  # fmt: skip


def unpinned(name: str) -> ModelEntry:
    """The entry without what only the real files fulfil."""
    entry = default_registry()[name]
    models = {
        role: replace(
            model,
            files=tuple(
                replace(file, size=None, sha256=None, about=40_000_000 if file.path == "model.bin" else 1000)
                for file in model.files
            ),
        )
        for role, model in entry.models.items()
    }
    return replace(entry, models=models)


def store_of(name: str, root: Path, server: Any) -> ModelStore:
    quick = Downloader(root / ".partial", stall_seconds=2, attempts=2, pause=0.02)
    return ModelStore(root, registry={name: unpinned(name)}, downloader=quick, base_url=server.url)


@pytest.fixture
def hub(server: Any, clip_folder: Folder, lm_folder: Folder, build: Any, tmp_path: Path) -> Callable[[str], Any]:
    """Serves, at an entry's addresses, the files of small models of its kind that have those names."""

    def serve(name: str) -> Any:
        entry = default_registry()[name]
        folders: dict[str, Path] = {}
        if "clip" in entry.models and name == "siglip2":
            folders["clip"] = clip_folder("clip", custom_text=True, text_cfg=TEXT_WITH_A_TOKENIZER)
            build.tokenizer(pad_token="<pad>", eos_token="<eos>").save_pretrained(folders["clip"])
        elif "clip" in entry.models:
            folders["clip"] = clip_folder("clip")
        if "speech" in entry.models:
            folders["speech"] = speech_folder(tmp_path / "speech", entry.models["speech"].engine)
        if "lm" in entry.models:
            folders["lm"] = lm_folder({"Qwen3": "qwen3", "SmolLM2": "llama"}.get(entry.models["lm"].name, "gpt2"))
        for file in entry.files:
            source = folders[file.role] / file.path
            if source.is_file():
                server.files[urlsplit(file.url).path] = source.read_bytes()
            elif file.path in ("vocab.json", "merges.txt"):  # GPT-2's, which stand in the tokenizer.json here
                server.files[urlsplit(file.url).path] = b'{"a": 0}'
        return server

    return serve


@pytest.mark.parametrize("name", PULLED)
def test_what_a_pull_brings_can_be_loaded(name: str, hub: Any, tmp_path: Path) -> None:
    store = store_of(name, tmp_path / "models", hub(name))
    store.pull(name)
    assert store.list()[0].ready
    roles = default_registry()[name].models
    if "clip" in roles:
        clip = load_clip(store.folder(name, "clip"), tmp_path / "cache")
        frame = np.zeros((40, 60, 3), np.uint8)
        assert clip.image.encode(clip.image.preprocess(frame)[None]).shape == (1, 48)
        assert clip.text.encode(["a red cat", "two dogs"]).shape == (2, 48)
    if "lm" in roles:
        lm = load_lm(store.folder(name, "lm"))
        assert lm.decode(lm.encode("a red cat")) == "a red cat" and torch.isfinite(lm.start(1).logits).all()
    if "speech" in roles:
        recogniser = open_recogniser(store.folder(name, "speech"))
        assert engine_of(store.folder(name, "speech")) == roles["speech"].engine and recogniser.device == "cpu"
        heard = recogniser.transcribe(drawn_sound(), None, SpeechOptions(), lambda: None)
        assert isinstance(heard.segments, tuple)


def archived(server: Any, clip_folder: Folder, tmp_path: Path) -> tuple[ModelStore, dict[str, torch.Tensor]]:
    """A hub whose publisher has no safetensors, as that of `best`; its store, and the weights."""
    entry = default_registry()["best"]
    folder = clip_folder("clip")
    weights = load_file(folder / "open_clip_model.safetensors")
    torch.save(weights, folder / "open_clip_pytorch_model.bin")
    config, tensors = entry.models["clip"].files
    server.files[urlsplit(config.url).path] = (folder / "open_clip_config.json").read_bytes()
    server.files[urlsplit(tensors.archive).path] = (folder / "open_clip_pytorch_model.bin").read_bytes()
    only_clip = replace(unpinned("best"), models={"clip": unpinned("best").models["clip"]})
    quick = Downloader(tmp_path / "models" / ".partial", stall_seconds=2, attempts=2, pause=0.02)
    store = ModelStore(tmp_path / "models", registry={"best": only_clip}, downloader=quick, base_url=server.url)
    return store, weights


def test_weights_that_are_there_as_an_archive_only_become_safetensors(
    server: Any, clip_folder: Folder, tmp_path: Path
) -> None:
    store, weights = archived(server, clip_folder, tmp_path)
    folder = store.pull("best") / "clip"
    assert sorted(path.name for path in folder.iterdir()) == ["open_clip_config.json", "open_clip_model.safetensors"]
    found = load_file(folder / "open_clip_model.safetensors")
    assert set(found) == set(weights) and all(torch.equal(found[name], weights[name]) for name in weights)
    record = json.loads((folder.parent / "manifest.json").read_text())["files"]["clip/open_clip_model.safetensors"]
    assert record["checked"] == "converted" and store.list()[0].ready
    server.requests.clear()
    store.pull("best")
    assert server.requests == []
    assert load_clip(store.folder("best", "clip"), tmp_path / "cache").text.encode(["a cat"]).shape == (1, 48)


def test_a_conversion_that_was_cut_off_goes_on_without_a_second_download(
    server: Any, clip_folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = archived(server, clip_folder, tmp_path)

    def killed(archive: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "convert", killed)
        with pytest.raises(KeyboardInterrupt):
            store.pull("best")
    assert not store.list()[0].ready
    server.requests.clear()
    store.pull("best")
    assert store.list()[0].ready and not [path for path, _, _ in server.requests if path.endswith(".bin")]


def test_an_archive_that_is_refused_is_asked_for_anew(server: Any, clip_folder: Folder, tmp_path: Path) -> None:
    store, _ = archived(server, clip_folder, tmp_path)
    path = next(path for path in server.files if path.endswith(".bin"))
    whole, server.files[path] = server.files[path], b"no archive"
    with pytest.raises(StoreError) as error:
        store.pull("best")
    assert error.value.code == "model_archive_refused" and not store.list()[0].ready
    server.files[path] = whole
    store.pull("best")
    assert store.list()[0].ready


def test_open_clip_reads_what_the_registry_pins() -> None:
    """Architecture and preprocessing are open_clip's own for the tags that the entries are named after."""
    open_clip = open_clip_module()
    tags = {
        "light": ("ViT-B-32-256", "datacomp_s34b_b86k"), "best": ("ViT-L-14", "datacomp_xl_s13b_b90k"),
        "pe-core-b": ("PE-Core-B-16", "meta"), "pe-core-l": ("PE-Core-L-14-336", "meta"),
        "siglip2": ("ViT-B-16-SigLIP2", "webli"), "paper": ("ViT-L-14-quickgelu", "openai"),
        "light-openai": ("ViT-B-32-quickgelu", "openai"),
    }  # fmt: skip
    for name, (architecture, tag) in tags.items():
        described = open_clip.pretrained.get_pretrained_cfg(architecture, tag)
        assert described["hf_hub"].strip("/") == default_registry()[name].models["clip"].repository, name
