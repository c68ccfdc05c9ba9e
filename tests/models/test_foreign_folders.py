"""Model folders from anywhere: which files are read, which are refused before anybody reads them, what an id covers."""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from cuemark.core.errors import ModelError, StoreError
from cuemark.models.clip.clip import load_clip
from cuemark.models.lm.lm import load_lm
from cuemark.models.store import folders
from cuemark.models.store.safetensors_header import read_header
from cuemark.models.store.torch_archive import convert

Folder = Callable[..., Path]
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def refusal(folder: Path, role: str) -> ModelError:
    with pytest.raises(ModelError) as error:
        folders.check(folder, role)
    assert error.value.next_step and "\n" not in str(error.value)
    return error.value


def in_shards(folder: Path) -> Path:
    """The weights of a language model in two files and an index."""
    weights = load_file(folder / "model.safetensors")
    names = {name: SHARDS[number % 2] for number, name in enumerate(sorted(weights))}
    for shard in SHARDS:
        held = {name: weights[name].clone() for name, where in names.items() if where == shard}
        save_file(held, folder / shard, {"format": "pt"})
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": names}))
    return folder


def test_weights_in_shards_are_the_same_model_and_the_id_covers_each(lm_folder: Folder, tmp_path: Path) -> None:
    whole = load_lm(lm_folder())
    folder = in_shards(lm_folder(name="shards"))
    first = load_lm(folder)
    assert torch.equal(first.start(1).logits, whole.start(1).logits)
    weights = load_file(folder / SHARDS[1])
    save_file({name: value + 1 for name, value in weights.items()}, folder / SHARDS[1], {"format": "pt"})
    assert load_lm(folder).id != first.id


@pytest.mark.parametrize(
    ("name", "code"),
    [("weights.bin", "model_is_pickle"), ("../x.safetensors", "model_folder_invalid"),
     ("/etc/passwd", "model_folder_invalid"), ("sub/x.safetensors", "model_folder_invalid"),
     ("missing.safetensors", "model_folder_invalid")],
)  # fmt: skip
def test_an_index_names_safetensors_of_its_folder_only(lm_folder: Folder, name: str, code: str) -> None:
    folder = in_shards(lm_folder())
    torch.save({"a": torch.zeros(1)}, folder / "weights.bin")
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    index["weight_map"] |= {sorted(index["weight_map"])[0]: name}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert refusal(folder, "lm").code == code


def test_an_empty_decoy_does_not_stand_for_weights(lm_folder: Folder) -> None:
    folder = lm_folder()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    save_file({"a": torch.zeros(1)}, folder / "decoy.safetensors")
    assert refusal(folder, "lm").code == "model_is_pickle"


@pytest.mark.skipif(sys.platform == "win32", reason="links want rights there")
def test_links_stay_in_the_folder_or_in_the_hubs_cache(lm_folder: Folder, tmp_path: Path) -> None:
    cache = tmp_path / "models--org--name"
    snapshot, blobs = cache / "snapshots" / "abc", cache / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for number, file in enumerate(sorted(lm_folder().iterdir())):
        file.rename(blobs / str(number))
        (snapshot / file.name).symlink_to(Path("../../blobs") / str(number))
    folders.check(snapshot, "lm")
    (snapshot / "model.safetensors").unlink()
    outside = tmp_path / "elsewhere.safetensors"
    save_file({"a": torch.zeros(1)}, outside)
    (snapshot / "model.safetensors").symlink_to(outside)
    error = refusal(snapshot, "lm")
    assert "model.safetensors" in error.message and "link" in error.message
    (snapshot / "model.safetensors").unlink()
    os.mkfifo(snapshot / "tokenizer_config2.json")
    assert "no ordinary file" in refusal(snapshot, "lm").message


def test_a_config_may_not_claim_more_than_the_weights_hold(
    clip_folder: Folder, lm_folder: Folder, tmp_path: Path
) -> None:
    clip, lm = clip_folder(), lm_folder()
    described = json.loads((clip / "open_clip_config.json").read_text())
    described["model_cfg"]["text_cfg"]["vocab_size"] = 10**10
    (clip / "open_clip_config.json").write_text(json.dumps(described))
    with pytest.raises(ModelError, match="far larger than its weights") as error:
        _ = load_clip(clip, tmp_path / "cache").text
    assert error.value.code == "model_folder_invalid"
    config = json.loads((lm / "config.json").read_text())
    (lm / "config.json").write_text(json.dumps({**config, "n_embd": 10**6}))
    with pytest.raises(ModelError, match="far larger than its weights"):
        load_lm(lm)


def test_weights_that_lack_a_layer_are_not_made_up(lm_folder: Folder) -> None:
    folder = lm_folder()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "n_layer": 4}))
    with pytest.raises(ModelError, match=r"lack transformer\.h\.3"):
        load_lm(folder)


@pytest.mark.parametrize("name", ["~nobody-has-this-name/x", "a" * 5000, "/" + "b/" * 3000, "x\0y"])
def test_names_that_no_disk_can_hold_are_folders_that_are_not_there(tmp_path: Path, name: str) -> None:
    from cuemark.models.store.store import ModelStore

    for role in ("clip", "lm", "vlm"):
        with pytest.raises(ModelError) as error:
            ModelStore(tmp_path).folder(name, role)
        assert error.value.code in ("model_folder_invalid", "model_unknown")


def test_damaged_archives_are_converted_rightly_or_refused(tmp_path: Path) -> None:
    numbers = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    tensors = {"a.weight": torch.arange(6.0), "b": numbers.half(), "c": torch.zeros(2, dtype=torch.int64)}
    tensors["part"] = torch.arange(40.0)[30:35]
    torch.save(tensors, tmp_path / "whole.bin")
    whole, refused = (tmp_path / "whole.bin").read_bytes(), 0
    for seed in range(300):
        (tmp_path / "model.bin").write_bytes(damaged(whole, random.Random(seed)))
        try:
            convert(tmp_path / "model.bin", tmp_path / "model.safetensors")
        except StoreError as error:
            assert error.code == "model_archive_refused" and len(error.message) < 400
            refused += 1
            continue
        read_header(tmp_path / "model.safetensors")
        found = load_file(tmp_path / "model.safetensors")
        assert found.keys() == tensors.keys() and all(torch.equal(found[name], tensors[name]) for name in tensors), seed
    assert 100 < refused < 300 and not list(tmp_path.glob("*.draft"))


def test_damage_in_a_storage_of_which_a_part_is_wanted_is_seen(tmp_path: Path) -> None:
    numbers = torch.arange(100_000.0)
    torch.save({"part": numbers[5:9]}, tmp_path / "model.bin")
    data = (tmp_path / "model.bin").read_bytes()
    place = data.index(numbers[4:10].numpy().tobytes()) + 5
    (tmp_path / "model.bin").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    with pytest.raises(StoreError, match="CRC"):
        convert(tmp_path / "model.bin", tmp_path / "model.safetensors")


def damaged(whole: bytes, chance: random.Random) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 2, 5, 30))):
        place, what = chance.randrange(len(data) - 8), chance.random()
        if what < 0.6:
            data[place] = chance.randrange(256)
        elif what < 0.8:
            data[place : place + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f"))
        elif what < 0.9:
            data[place:place] = chance.randbytes(20)
        elif len(data) > 2000:
            del data[place : place + 40]
    return bytes(data)


def test_a_compressed_archive_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "bomb.bin", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("m/data.pkl", b"}" * (1 << 24))
    with pytest.raises(StoreError, match="compressed"):
        convert(tmp_path / "bomb.bin", tmp_path / "out.safetensors")
    with zipfile.ZipFile(tmp_path / "long.bin", "w") as long:
        long.writestr("m/data.pkl", b"\x80\x02" + b"}" * (2 << 20) + b".")
    with pytest.raises(StoreError, match="too long"):
        convert(tmp_path / "long.bin", tmp_path / "out.safetensors")
