"""Weights that are offered as a torch archive only: read without loading the pickle in it, or refused."""

from __future__ import annotations

import collections
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from cuemark.core.errors import StoreError
from cuemark.models.store.torch_archive import convert


def converted(tmp_path: Path, tensors: Any) -> dict[str, torch.Tensor]:
    torch.save(tensors, tmp_path / "model.bin")
    convert(tmp_path / "model.bin", tmp_path / "model.safetensors")
    return load_file(tmp_path / "model.safetensors")


def test_the_weights_of_a_clip_are_the_same(tmp_path: Path, build: Any) -> None:
    weights = build.clip().state_dict()
    found = converted(tmp_path, weights)
    assert set(found) == set(weights)
    assert all(torch.equal(found[name], weights[name]) for name in weights)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.bin", "model.safetensors"]


def test_every_kind_of_number_and_parts_of_storages(tmp_path: Path) -> None:
    whole = torch.arange(24, dtype=torch.float32)
    tensors = {
        "part": whole[4:10].reshape(2, 3), "scalar": torch.tensor(7, dtype=torch.int64), "one": whole[3:4],
        "half": torch.randn(3, 1, 2).half(), "brain": torch.randn(5).bfloat16(), "yes": torch.tensor([True, False]),
        "none": torch.zeros(0, 4), "byte": torch.arange(3, dtype=torch.uint8),
    }  # fmt: skip
    found = converted(tmp_path, collections.OrderedDict(tensors))
    assert all(torch.equal(found[name], tensors[name]) and found[name].dtype == tensors[name].dtype for name in tensors)


class Runs:
    """A pickle of it runs code when it is loaded."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return (Path.write_text, (self.file, "it ran"))


def refused(file: Path, tmp_path: Path) -> str:
    with pytest.raises(StoreError) as error:
        convert(file, tmp_path / "out.safetensors")
    assert error.value.code == "model_archive_refused" and error.value.next_step
    assert not list(tmp_path.glob("out*"))
    return error.value.message


def test_code_in_an_archive_is_never_run(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    torch.save({"a": torch.zeros(2), "b": Runs(victim)}, tmp_path / "evil.bin")
    message = refused(tmp_path / "evil.bin", tmp_path)
    assert "its table names" in message and not victim.exists()
    torch.load(tmp_path / "evil.bin", weights_only=False)
    assert victim.exists(), "it would have"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"a": torch.zeros(3, 4).T}, "not contiguous"),
        ({"a": 5}, "something else than tensors"),
        (dict.fromkeys(map(str, range(9)), torch.zeros(9000)), "far more room"),
        ([torch.zeros(2)], "its table asks for EMPTY_LIST"),
        ({"a": torch.zeros(2).to_sparse()}, "its table names torch._utils._rebuild_sparse_tensor"),
    ],
)
def test_what_is_no_plain_table_of_tensors_is_refused(tmp_path: Path, held: Any, said: str) -> None:
    torch.save(held, tmp_path / "model.bin")
    assert said in refused(tmp_path / "model.bin", tmp_path)


def rewritten(source: Path, target: Path, change: dict[str, bytes]) -> Path:
    """A copy of an archive in which entries (by the end of their name) hold something else."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = next((data for end, data in change.items() if name.endswith(end)), old.read(name))
            new.writestr(name, data)
    return target


def test_broken_archives_are_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.arange(6.0)}, tmp_path / "whole.bin")
    broken = tmp_path / "broken.bin"
    assert "not as long as it says" in refused(rewritten(tmp_path / "whole.bin", broken, {"data/0": b"123"}), tmp_path)
    assert "high byte" in refused(rewritten(tmp_path / "whole.bin", broken, {"byteorder": b"big"}), tmp_path)
    for table in (b"", b"\x80\x02}", b"\x80\x02q\x00.", pickle.dumps({"a": 1}, 4), b"\x80\x02X\xff\xff\xff\xff."):
        refused(rewritten(tmp_path / "whole.bin", broken, {"data.pkl": table}), tmp_path)
    broken.write_bytes((tmp_path / "whole.bin").read_bytes()[:200])
    refused(broken, tmp_path)
    broken.write_bytes(pickle.dumps({"a": 1}))
    refused(broken, tmp_path)
