"""`bootstrap.py install | uninstall`, with the real command line in the environment's place."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cuemark_setup.commands import parse
from cuemark_setup.layout import Layout
from cuemark_setup.setup import ALWAYS
from cuemark_setup.state import State, foundation_of, stamp_of, write_state

ROOT = Path(__file__).resolve().parents[2]
Bootstrap = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh home."""
    made = tmp_path / "Jörg"
    made.mkdir()
    return made


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A checkout whose environment is there: its Python and its `cuemark` are those that run the tests."""
    root = tmp_path / "check out"
    for name in ("installer", "pyproject.toml"):
        source = ROOT / name
        target = root / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    layout = Layout(root)
    layout.programs.mkdir(parents=True)
    layout.python.symlink_to(sys.executable)
    daemon = shlex.quote(str(ROOT / "daemon"))
    runs = f'PYTHONPATH={daemon} exec {shlex.quote(sys.executable)} -m cuemark.cli.main "$@"'
    layout.program("cuemark").write_text(f"#!/bin/sh\n{runs}\n")
    layout.program("cuemark").chmod(0o755)
    write_state(layout.state, State(foundation_of(layout), stamp_of(layout), ready=True, extras=ALWAYS))
    return layout


@pytest.fixture
def bootstrap(layout: Layout, home: Path) -> Bootstrap:
    """bootstrap(*words): the set-up of that checkout, with that home."""
    dropped = ("CUEMARK_", "XDG_", "PYTHON")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environ |= {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(layout.root / "installer" / "bootstrap.py"), *words],
            env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=170,
        )  # fmt: skip

    return run


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at a home as Linux has it")


def test_install_and_uninstall_leave_a_fresh_home_as_it_was(bootstrap: Bootstrap, layout: Layout, home: Path) -> None:
    installed = bootstrap("install")
    assert installed.returncode == 0, installed.stderr
    script = home / ".local/share/DaVinciResolve/Fusion/Scripts/Utility/Cuemark.lua"
    assert script.is_file() and str(script) in installed.stdout
    assert "bootstrap.py" in installed.stdout  # hints name commands as this user has to type them
    model = home / ".local/share/cuemark/models/light/weights"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"x" * 5000)

    asked = bootstrap("uninstall")
    assert asked.returncode == 2 and "--yes" in asked.stderr
    for path in (script, model.parent, layout.folder):
        assert str(path) in asked.stdout and path.exists()
    assert "5.0 kB" in asked.stdout

    kept = bootstrap("uninstall", "--keep-models", "--dry-run")
    assert kept.returncode == 0 and f"stays: {model.parent}" in kept.stdout
    done = bootstrap("uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert not list(home.iterdir())
    assert not layout.folder.exists() and layout.root.is_dir()
    again = bootstrap("uninstall", "--yes")
    assert again.returncode == 0 and "Nothing of Cuemark" in again.stdout


def test_an_environment_that_does_not_run_goes_alone_and_that_is_said(
    bootstrap: Bootstrap, layout: Layout, home: Path
) -> None:
    layout.program("cuemark").write_text("#!/bin/sh\nexit 1\n")
    library = home / ".local/share/cuemark/library.sqlite"
    library.parent.mkdir(parents=True)
    library.touch()
    done = bootstrap("uninstall", "--yes")
    assert done.returncode == 0 and "does not run" in done.stderr and "setup" in done.stderr
    assert not layout.folder.exists() and library.exists()


def test_what_cuemark_cannot_remove_keeps_the_environment(bootstrap: Bootstrap, layout: Layout) -> None:
    told = json.dumps({"items": [{"what": "library", "path": "/x", "size": 1}], "removed": False, "kept": []})
    script = f"case $* in *--yes*) echo no >&2; exit 1;; *) echo {shlex.quote(told)};; esac"
    layout.program("cuemark").write_text(f"#!/bin/sh\n{script}\n")
    failed = bootstrap("uninstall", "--yes")
    assert failed.returncode == 16 and "could not remove" in failed.stderr and layout.env.exists()


def test_options_of_uninstall_do_not_leak_into_other_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["run", "--", "uninstall", "--yes"])[1] == ["uninstall", "--yes"]
    assert parse(["run", "uninstall", "--dry-run"])[1] == ["uninstall", "--dry-run"]
    assert parse(["install", "--all-users"])[1] == ["--all-users"]
    for words in (["setup", "--yes"], ["uninstall", "everything"]):
        with pytest.raises(SystemExit):
            parse(words)
    assert "belong to uninstall" in capsys.readouterr().err
