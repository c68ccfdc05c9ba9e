"""A user's machine with nothing pulled: real commands, a real daemon, small real models, and a hub that tests start.

Only the registry is another one: its `light` is a pair of small random models on the tests' hub, and its `pocket` a
second such pair, so that a pull takes seconds.
"""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran, Shell, make_video, stopped
from tests.models.conftest import TEXT, VISION, FileServer, make_clip, make_lm, make_tokenizer, server

__all__ = ["make_video", "server"]

STAND_IN = Path(__file__).parent / "stand_in"
NOWHERE = "http://127.0.0.1:9"
KNOWS, BRINGS = "things and places, not people's actions", "everyday footage"


@dataclass(frozen=True)
class Pairs:
    """Folders with two pairs, and the registry that knows one of them as `pocket` and the other as `light`."""

    pocket: Path
    light: Path
    registry: Path

    @property
    def files(self) -> dict[str, bytes]:
        """What the hub has of `light`, by path."""
        found = sorted(path for path in self.light.rglob("*") if path.is_file())
        return {f"/tests/{path.relative_to(self.light).as_posix()}": path.read_bytes() for path in found}


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    root = tmp_path_factory.mktemp("pairs")
    for seed, name in enumerate(("pocket", "light")):
        _save_clip(root / name / "clip", seed)
        make_lm("gpt2").save_pretrained(root / name / "lm")
        make_tokenizer(eos_token="<|end|>").save_pretrained(root / name / "lm")
    known = json.loads(resources.files("cuemark.models.store").joinpath("registry.json").read_text("utf-8"))
    for role, model in known["light"]["models"].items():
        model["files"] = [_file(path, role) for path in sorted((root / "light" / role).iterdir())]
    known["pocket"] = {
        "title": "Stand-in", "understands": KNOWS, "bundled": True,
        "models": {role: {"name": "A", "architecture": "a", "licence": "Apache-2.0"} for role in ("clip", "lm")},
    }  # fmt: skip
    made = Pairs(root / "pocket", root / "light", root / "registry.json")
    made.registry.write_text(json.dumps(known), "utf-8")
    return made


def _save_clip(folder: Path, seed: int) -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    weights = {name: value.clone().contiguous() for name, value in make_clip(seed).state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    described = {"model_cfg": {"embed_dim": 48, "vision_cfg": VISION, "text_cfg": TEXT}, "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(described))


def _file(path: Path, role: str) -> dict[str, Any]:
    size = path.stat().st_size
    return {"path": path.name, "url": f"https://hub.example/tests/{role}/{path.name}", "about": size, "size": size}


class Machine(Shell):
    """`cuemark` on a machine of its own, whose models come from `hub`; nothing is set but that."""

    def __init__(self, root: Path, pairs: Pairs, hub: str) -> None:
        (root / "here").mkdir(parents=True)
        super().__init__(root / "home", root / "here")
        self._pairs = pairs
        self.hub = hub
        self.more: dict[str, str] = {}

    def environment(self, **extra: str) -> dict[str, str]:
        dropped = ("CUEMARK_DEFAULT_MODEL", "CUEMARK_PULL", "CI")
        kept = {name: value for name, value in super().environment().items() if name not in dropped}
        path = os.pathsep.join(filter(None, [str(STAND_IN), kept.get("PYTHONPATH", "")]))
        named = {"CUEMARK_TEST_REGISTRY": str(self._pairs.registry), "CUEMARK_TEST_POCKET": str(self._pairs.pocket)}
        return {**kept, **named, "PYTHONPATH": path, "CUEMARK_MODEL_URL": self.hub, **self.more, **extra}

    def analyze(self, *words: str | Path, **extra: str) -> Ran:
        """`cuemark analyze`, as quick as can be."""
        return self("analyze", *words, "--preset", "fast", "--moments", "1", timeout=170, **extra)

    def terminal(self, *words: str | Path, **extra: str) -> Terminal:
        """A command at a terminal."""
        return Terminal(
            [sys.executable, "-m", "cuemark.cli.main", *map(str, words)], self.cwd, self.environment(**extra)
        )


class Terminal:
    """A command whose three streams are a terminal, and what it has shown so far."""

    def __init__(self, command: list[str], folder: Path, environ: dict[str, str]) -> None:
        import pty

        self._ours, theirs = pty.openpty()
        environ = {**environ, "TERM": "xterm", "COLUMNS": "400"}
        self.process: subprocess.Popen[bytes] = subprocess.Popen(
            command, cwd=folder, env=environ, start_new_session=True, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        self._shown = b""

    @property
    def shown(self) -> str:
        """All that was shown, less colours and the movements of bars."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._shown.decode("utf-8", "replace"))

    def wait_for(self, words: str, seconds: float = 170) -> None:
        """Read until these words were shown."""
        deadline = time.monotonic() + seconds
        while words not in self.shown:
            assert self._read(1.0) and time.monotonic() < deadline, self.shown

    def type(self, words: str) -> None:
        """Type a line."""
        os.write(self._ours, f"{words}\n".encode())

    def end(self, seconds: float = 170) -> int:
        """Read to the end; the exit code."""
        deadline = time.monotonic() + seconds
        while self._read(1.0):
            assert time.monotonic() < deadline, self.shown
        os.close(self._ours)
        return int(self.process.wait(10))

    def _read(self, seconds: float) -> bool:
        """Whether there may be more to read."""
        ready, _, _ = select.select([self._ours], [], [], seconds)
        if not ready:
            return True
        try:
            block = os.read(self._ours, 65536)
        except OSError:  # Linux's way to say that nobody has the terminal any more
            return False
        self._shown += block
        return bool(block)


@pytest.fixture
def machine(tmp_path: Path, pairs: Pairs, server: FileServer) -> Iterator[Machine]:
    """A fresh machine, and a hub that has what it may pull."""
    server.files |= pairs.files
    made = Machine(tmp_path / "machine", pairs, server.url)
    yield made
    stopped(made)


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory, pairs: Pairs) -> Iterator[Machine]:
    """One machine for all tests that pull nothing: its hub cannot be reached."""
    made = Machine(tmp_path_factory.mktemp("offline"), pairs, NOWHERE)
    yield made
    stopped(made)
