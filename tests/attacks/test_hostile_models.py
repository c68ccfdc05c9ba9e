"""Model folders and model servers made to do harm: no code of theirs runs, nobody is talked to, each has its reason.

The folders are loaded in a process of their own, as an analysis loads them; the server is asked by the real command.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.hostile_folders import CASES, Case, at_random, prepared
from tests.attacks.lying_server import MODES, lying_server
from tests.cli.conftest import stopped
from tests.models.conftest import make_lm, make_tokenizer, write_clip
from tests.own_footage.conftest import Machine, Pairs, pairs
from tests.vlm.tiny import llava

__all__ = ["pairs"]

SEEDS = 30  # for each kind of model, beside the cases with a name
LARGEST = 2 << 30
LONGEST_S = 60.0
_SIGLIP = {
    "context_length": 64, "vocab_size": 400, "width": 64, "heads": 4, "layers": 1, "no_causal_mask": True,
    "hf_tokenizer_name": "timm/ViT-B-16-SigLIP2", "tokenizer_kwargs": {"clean": "canonicalize"},
    "proj_bias": True, "pool_type": "last",
}  # fmt: skip


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small good folder of each kind."""
    root = tmp_path_factory.mktemp("good")
    made = {
        "clip": write_clip(root / "clip"),
        "siglip": write_clip(root / "siglip", custom_text=True, text_cfg=_SIGLIP),
        "lm": root / "lm",
        "vlm": llava(root / "vlm"),
    }
    make_tokenizer(pad_token="<pad>", eos_token="<eos>").save_pretrained(made["siglip"])
    make_lm("gpt2").save_pretrained(made["lm"])
    make_tokenizer(eos_token="<|end|>").save_pretrained(made["lm"])
    return made


class Loader:
    """The process that loads folders; one that died or hangs is replaced, and counts as an answer."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._process = self._start()

    def load(self, role: str, folder: Path) -> dict[str, Any]:
        """What came of it."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([role, str(folder)]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._process = self._start()
            return {"code": "died", "said": "", "seconds": 0.0, "largest": 0, "connections": []}
        return dict(json.loads(line))

    def _start(self) -> subprocess.Popen[str]:
        file = Path(__file__).with_name("load_folder.py")
        return subprocess.Popen(
            [sys.executable, str(file), str(self._cache)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    def end(self) -> None:
        """Let it go."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def loader(tmp_path: Path) -> Iterator[Loader]:
    made = Loader(tmp_path / "cache")
    yield made
    made.end()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_hostile_folders(
    good: dict[str, Path], loader: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for role, folder in good.items():
        assert loader.load(role, folder)["code"] == "loaded", "as it is, the folder is good"
    cases = [*CASES, *(at_random(role, seed) for role in ("clip", "lm", "vlm") for seed in range(SEEDS))]
    found, wrong = [], []
    for number, case in enumerate(cases):
        root = tmp_path / str(number)
        answer = _tried(case, good[case.role], root, loader)
        found.append(answer)
        wrong += _wrong(case, answer, root)
        shutil.rmtree(root)
    codes = Counter(str(answer["code"]) for answer in found)
    slow = max(zip(found, cases, strict=True), key=lambda pair: pair[0]["seconds"])
    with capsys.disabled():
        slowest, largest = slow[0]["seconds"], max(answer["largest"] for answer in found)
        print(
            f"\nhostile model folders: {len(cases)} tried ({len(CASES)} by name), no code of theirs run, "
            f"{sum(len(answer['connections']) for answer in found)} connections, "
            f"slowest {slowest:.1f} s ({slow[1].name}), memory {largest >> 20} MiB; {dict(codes.most_common())}"
        )
    assert not wrong, "\n".join(wrong)
    assert len(CASES) >= 64


def _tried(case: Case, good: Path, root: Path, loader: Loader) -> dict[str, Any]:
    root.mkdir()
    return loader.load(case.role, prepared(case, good, root).folder)


def _wrong(case: Case, answer: dict[str, Any], root: Path) -> list[str]:
    """What did not go as promised."""
    told = f"{case.role}, {case.name}: {answer['code']} {answer['said'][:300]}"
    problems = []
    if answer["code"] not in case.codes:
        problems.append(f"another code: {told}")
    if (root / "tripwire").exists():
        problems.append(f"code of the folder ran: {told}")
    if answer["connections"]:
        problems.append(f"it talked to {answer['connections']}: {told}")
    if answer["seconds"] > LONGEST_S or answer["largest"] > LARGEST:
        problems.append(f"it took {answer['seconds']:.0f} s and {answer['largest'] >> 20} MiB: {told}")
    if answer["code"] not in ("loaded", "died") and ("\n" in answer["said"] or not answer["said"].strip()):
        problems.append(f"no line that says what to do: {told}")
    return problems


@pytest.fixture
def machine(tmp_path: Path, pairs: Pairs) -> Iterator[Callable[[str], Machine]]:
    """A fresh machine whose models come from a hub."""
    made: list[Machine] = []

    def make(hub: str) -> Machine:
        made.append(Machine(tmp_path / "machine", pairs, hub))
        return made[0]

    yield make
    for each in made:
        stopped(each)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_lying_server(
    machine: Callable[[str], Machine], pairs: Pairs, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    modes = [mode for mode in MODES if mode != "honest"]
    with lying_server(pairs.files) as server:
        cuemark = machine(server.url)
        cuemark.more["CUEMARK_TEST_PAUSE_S"] = "0.01"
        codes: Counter[str] = Counter()
        before = _outside(tmp_path, cuemark)
        for server.mode in modes:
            done = cuemark("models", "pull", "light", "--json", timeout=120)
            assert done.code == 1, (server.mode, done)
            told = json.loads(done.out or done.err.splitlines()[-1])
            code = (told.get("error") or told)["code"]
            assert code in ("model_download_failed", "model_file_wrong", "model_hash_mismatch"), (server.mode, told)
            assert "Traceback" not in done.err
            codes[code] += 1
        server.mode = "honest"
        done = cuemark("models", "pull", "light", timeout=120)
        assert done.code == 0, done
        listed = {model["name"]: model for model in cuemark("models", "list", "--json").json}
        assert listed["light"]["ready"] and _outside(tmp_path, cuemark) == before
        for path, data in pairs.files.items():
            assert (cuemark.home / "models" / "light" / path.removeprefix("/tests/")).read_bytes() == data
        assert not list((cuemark.home / "models" / ".partial").glob("*.part"))
    with capsys.disabled():
        print(f"\na lying model server: {len(modes)} ways, each refused with its reason, then the truth; {dict(codes)}")
    assert len(modes) >= 24


def _outside(root: Path, machine: Machine) -> set[Path]:
    """Every file that is not of the machine's home."""
    return {path for path in root.rglob("*") if not path.is_relative_to(machine.home)}
