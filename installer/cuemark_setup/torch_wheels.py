"""Which build of torch: on Linux the default index serves gigabytes of CUDA that a machine without a GPU never uses."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cuemark_setup.pip import Pip
from cuemark_setup.space import CPU_ONLY, WITH_CUDA, Footprint

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
TORCH_PACKAGES = ("torch", "torchvision")  # torchvision must be of the same release


@dataclass(frozen=True)
class TorchChoice:
    """What to hand to `pip install --no-deps`, how big it is, and why it was chosen."""

    requirements: tuple[str, ...]
    index: str | None
    footprint: Footprint
    reason: str
    gpu: bool = False

    @property
    def cuda(self) -> bool:
        return self.footprint == WITH_CUDA


def nvidia_gpu() -> str | None:
    """The name of the first NVIDIA GPU whose driver answers, or None."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    names = done.stdout.strip().splitlines()
    return names[0] if done.returncode == 0 and names else None


def pinned(constraints: Path, name: str) -> str:
    """The version of `name` that the constraints ask for on this Python; markers on torch itself are not used."""
    found = re.search(rf"^{re.escape(name)}==([^\s;]+)", constraints.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{constraints} does not pin {name}")
    return found.group(1)


def choose_torch(pip: Pip, constraints: Path, index: str | None, gpu: str | None) -> TorchChoice:
    """Decide; asks pip what it can get, which takes a second or two.  `index` is the user's wish and wins."""
    versions = {name: pinned(constraints, name) for name in TORCH_PACKAGES}
    plain = tuple(f"{name}=={version}" for name, version in versions.items())
    if index is not None:
        return TorchChoice(plain, index, WITH_CUDA if gpu else CPU_ONLY, f"from {index}, as asked", gpu is not None)
    if not sys.platform.startswith("linux"):
        return TorchChoice(plain, None, CPU_ONLY, "the default build for this system")
    if gpu is not None:
        # `===` keeps a +cpu build, which sorts as newer, from being taken.
        exact = tuple(f"{name}==={version}" for name, version in versions.items())
        return TorchChoice(exact, None, WITH_CUDA, f"the CUDA build, because {gpu} answers", gpu=True)
    for source, words in ((None, "pip's configured index"), (CPU_INDEX, CPU_INDEX)):
        if pip.offers("torch", versions["torch"] + "+cpu", source):
            return TorchChoice(_cpu_builds(pip, versions, source), source, CPU_ONLY, f"the CPU build, from {words}")
    return TorchChoice(plain, None, WITH_CUDA, f"the default build, because {CPU_INDEX} could not be reached")


def _cpu_builds(pip: Pip, versions: dict[str, str], source: str | None) -> tuple[str, ...]:
    def build(name: str, version: str) -> str:
        # torchvision without a +cpu build is taken plain: only its transforms are used, not its native operators.
        cpu_only = name == "torch" or pip.offers(name, f"{version}+cpu", source)
        return f"{name}=={version}+cpu" if cpu_only else f"{name}=={version}"

    return tuple(build(name, version) for name, version in versions.items())
