"""Folders that are no model, or not the kind asked for, each with its own code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.errors import ModelError
from cuemark.models.clip.clip import load_clip
from cuemark.models.lm.lm import load_lm
from cuemark.models.store.store import ModelStore

Folder = Callable[..., Path]


def code(what: Callable[[], Any]) -> str:
    with pytest.raises(ModelError) as error:
        what()
    assert error.value.next_step and "\n" not in str(error.value), "one line, and what to do"
    return error.value.code


def clip_code(folder: Path, cache: Path) -> str:
    return code(lambda: load_clip(folder, cache).text)


def test_no_folder_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "none", tmp_path / "file", tmp_path):
        assert clip_code(folder, tmp_path / "c") == "model_folder_invalid"
        assert code(partial(load_lm, folder)) == "model_folder_invalid"


def test_the_two_kinds_swapped(clip_folder: Folder, lm_folder: Folder, tmp_path: Path) -> None:
    clip, lm, store = clip_folder(), lm_folder(), ModelStore(tmp_path / "store")
    assert clip_code(lm, tmp_path / "c") == code(lambda: store.folder(lm, "clip")) == "model_is_not_clip"
    assert code(lambda: load_lm(clip)) == code(lambda: store.folder(str(clip), "lm")) == "model_is_not_lm"
    assert store.folder(str(clip), "clip") == clip and store.folder(lm, "lm") == lm


def test_a_clip_folder_that_carries_its_tokenizer_is_still_no_language_model(clip_folder: Folder, build: Any) -> None:
    folder = clip_folder()
    build.tokenizer(eos_token="<|end|>").save_pretrained(folder)
    (folder / "config.json").write_text('{"architecture": "vit_base_patch32_clip_224"}')
    assert code(lambda: load_lm(folder)) == "model_is_not_lm"


def test_a_model_that_does_not_continue_text(lm_folder: Folder) -> None:
    folder = lm_folder()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "architectures": ["BertForMaskedLM"]}))
    assert code(lambda: load_lm(folder)) == "model_is_not_lm"


def test_pickles_are_refused(clip_folder: Folder, lm_folder: Folder, tmp_path: Path) -> None:
    clip, lm = clip_folder(), lm_folder()
    (clip / "open_clip_model.safetensors").rename(clip / "open_clip_pytorch_model.bin")
    (lm / "model.safetensors").rename(lm / "pytorch_model.bin")
    assert clip_code(clip, tmp_path / "c") == code(lambda: load_lm(lm)) == "model_is_pickle"


def test_a_pickle_beside_safetensors_is_not_touched(clip_folder: Folder, tmp_path: Path) -> None:
    clip = clip_folder()
    (clip / "open_clip_model.safetensors").rename(clip / "model.safetensors")
    (clip / "open_clip_pytorch_model.bin").write_bytes(b"never read")
    assert load_clip(clip, tmp_path / "c").text.encode(["a"]).shape == (1, 48)


def test_missing_weights_and_missing_tokenizer(clip_folder: Folder, lm_folder: Folder, tmp_path: Path) -> None:
    clip, lm, other = clip_folder(), lm_folder(), lm_folder(name="other")
    (clip / "open_clip_model.safetensors").unlink()
    (lm / "model.safetensors").unlink()
    for file in other.glob("*token*"):
        file.unlink()
    assert clip_code(clip, tmp_path / "c") == "model_folder_invalid"
    assert code(lambda: load_lm(lm)) == code(lambda: load_lm(other)) == "model_folder_invalid"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"model_cfg": {"embed_dim": 4}}'])
def test_configs_that_say_nothing(clip_folder: Folder, lm_folder: Folder, tmp_path: Path, text: str) -> None:
    clip, lm = clip_folder(), lm_folder()
    (clip / "open_clip_config.json").write_text(text)
    (lm / "config.json").write_text(text)
    assert clip_code(clip, tmp_path / "c") == code(lambda: load_lm(lm)) == "model_folder_invalid"


def test_weights_of_another_model(clip_folder: Folder, lm_folder: Folder, tmp_path: Path) -> None:
    clip, lm = clip_folder(), lm_folder()
    config = json.loads((clip / "open_clip_config.json").read_text())
    config["model_cfg"]["text_cfg"]["width"] = 96
    (clip / "open_clip_config.json").write_text(json.dumps(config))
    (lm / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      cut")
    assert clip_code(clip, tmp_path / "c") == code(lambda: load_lm(lm)) == "model_folder_invalid"


def test_a_vocabulary_smaller_than_the_tokenizers(clip_folder: Folder, tmp_path: Path) -> None:
    small = clip_folder(text_cfg={"context_length": 77, "vocab_size": 500, "width": 32, "heads": 2, "layers": 1})
    assert clip_code(small, tmp_path / "c") == "model_folder_invalid"


def test_the_store_needs_no_torch() -> None:
    modules = "cuemark.models.store.store, cuemark.models.store.registry"
    program = f"import sys, {modules}; print({{'torch', 'httpx'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
