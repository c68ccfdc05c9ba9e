"""A small checkout that the real set-up installs: real environments, real pip, packages made here, no network.

Its cuemark is one module with its own build backend (pip would otherwise want setuptools from an index), and its
torch is an empty wheel; what the set-up does with them is what it does with the real ones.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "cuemark"
"""
# Notes each build in builds.txt, and waits while a file `hold` exists: a slow install that a test can interrupt.
BACKEND = """\
import os, time, zipfile
from pathlib import Path

FILES = {{
    "cuemark.py": "def main():\\n    import os, sys\\n    print('cuemark', *(os.path.expandvars(word) for word in sys.argv[1:]))\\n    sys.exit(7 if '--fail' in sys.argv else 0)\\n",
    "cuemark-0.1.0.dist-info/METADATA": {metadata!r},
    "cuemark-0.1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "cuemark-0.1.0.dist-info/entry_points.txt": "[console_scripts]\\ncuemark = cuemark:main\\n",
}}

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    with open("builds.txt", "a") as log:
        log.write("built\\n")
    while os.path.exists("hold"):
        time.sleep(0.05)
    with zipfile.ZipFile(Path(wheel_directory, "cuemark-0.1.0-py3-none-any.whl"), "w") as wheel:
        for name, text in FILES.items():
            wheel.writestr(name, text)
        wheel.writestr("cuemark-0.1.0.dist-info/RECORD", "".join(f"{{n}},,\\n" for n in FILES))
    return "cuemark-0.1.0-py3-none-any.whl"

build_wheel = build_editable
"""  # noqa: E501 - a program in a text
METADATA = """\
Metadata-Version: 2.1
Name: cuemark
Version: 0.1.0
Provides-Extra: test
Provides-Extra: dev
Provides-Extra: eval
Requires-Dist: torch>=2.6
Requires-Dist: pytest; extra == "test"
Requires-Dist: matplotlib; extra == "eval"
"""
QUICK_VENV = """
import os, venv
def link_pip(self, context):
    version = "python%d.%d" % __import__("sys").version_info[:2]
    os.symlink({pip!r}, os.path.join(context.env_dir, "lib", version, "site-packages", "pip"))
venv.EnvBuilder._setup_pip = link_pip
"""
CONSTRAINTS = "pip==26.3\ntorch==2.13.0\ntorchvision==0.28.0\n"


@dataclass(frozen=True)
class Ran:
    """What one bootstrap left behind."""

    code: int
    out: str
    err: str


@dataclass
class SmallCheckout:
    """The checkout, and the environment variables its set-up runs with."""

    root: Path
    wheels: Path
    environ: dict[str, str] = field(default_factory=dict)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A bootstrap in the background."""
        return subprocess.Popen(
            [sys.executable, str(self.root / "installer" / "bootstrap.py"), *words],
            env=self.environ, cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __call__(self, *words: str) -> Ran:
        """A bootstrap to its end."""
        process = self.start(*words)
        out, err = process.communicate(timeout=170)
        return Ran(process.returncode, out, err)

    @property
    def builds(self) -> int:
        """How often cuemark was built, which is once an install."""
        log = self.root / "builds.txt"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def patch_python(self, code: str) -> None:
        """Run `code` at the start of every Python that the set-up starts with the user's environment."""
        folder = self.root / "site"
        folder.mkdir(exist_ok=True)
        with (folder / "sitecustomize.py").open("a") as file:
            file.write(code)
        self.environ["PYTHONPATH"] = str(folder)

    def program(self, name: str, script: str) -> None:
        """Put a program in front of all others in PATH."""
        folder = self.root / "programs"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        self.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"

    @property
    def torch(self) -> str:
        """The version of torch in the environment."""
        found = list((self.root / ".bootstrap" / "env").rglob("torch-*.dist-info"))
        assert len(found) == 1, found
        return found[0].name.removeprefix("torch-").removesuffix(".dist-info")


def write_wheel(folder: Path, name: str, version: str, requires: Sequence[str] = ()) -> None:
    """An installable package of one module that knows its version."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{name}.py": f"__version__ = {version!r}\n",
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {r}\n" for r in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        record = ""
        for path, text in files.items():
            wheel.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{path},sha256={digest},{len(text)}\n"
        wheel.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")


def fill(root: Path) -> None:
    """Write the small checkout."""
    ignored = shutil.ignore_patterns("__pycache__", "constraints.txt")
    shutil.copytree(ROOT / "installer", root / "installer", ignore=ignored)
    (root / "installer" / "constraints.txt").write_text(CONSTRAINTS)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "backend.py").write_text(BACKEND.format(metadata=METADATA))


def environment(home: Path, wheels: Path) -> dict[str, str]:
    """A user's environment: an empty HOME, and a pip that knows our wheels and no index."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV"))}
    pip = {"PIP_FIND_LINKS": str(wheels), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    return {**kept, **pip, "HOME": str(home)}


@pytest.fixture(scope="session")
def ready_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package folder of a real environment: ensurepip takes seconds, so only the first test goes through it."""
    env = tmp_path_factory.mktemp("ready") / "env"
    subprocess.run([sys.executable, "-m", "venv", str(env)], check=True)
    return next(env.rglob("pip/__main__.py")).parent


@pytest.fixture
def checkout(tmp_path: Path, ready_pip: Path) -> SmallCheckout:
    """A checkout, nothing installed yet, whose pip offers a CPU torch; its environments share one pip."""
    small = small_checkout(tmp_path)
    if os.name == "posix":
        small.patch_python(QUICK_VENV.format(pip=str(ready_pip)))
    return small


@pytest.fixture
def plain_checkout(tmp_path: Path) -> SmallCheckout:
    """The same, with environments made from nothing as a user's are."""
    return small_checkout(tmp_path)


def small_checkout(tmp_path: Path) -> SmallCheckout:
    """Write a checkout and the wheels its pip is offered."""
    # The space and the sign in the name are those that break careless quoting.
    root, wheels, home = tmp_path / "my check#out", tmp_path / "wheels", tmp_path / "home"
    home.mkdir()
    fill(root)
    write_wheel(wheels, "torch", "2.13.0+cpu")
    write_wheel(wheels, "torchvision", "0.28.0")
    write_wheel(wheels, "pytest", "9.0.0")
    write_wheel(wheels, "matplotlib", "3.11.2")
    small = SmallCheckout(root, wheels, environment(home, wheels))
    small.program("nvidia-smi", "exit 9")
    return small


@pytest.fixture
def make_wheel() -> Callable[..., None]:
    """write_wheel(folder, name, version)"""
    return write_wheel
