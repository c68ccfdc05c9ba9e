"""Real `cuemark` processes in a fresh home: install, doctor, uninstall."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks at a home as Linux has it")]


def test_install_doctor_uninstall(tmp_path: Path) -> None:
    home = tmp_path / "Jörg"
    home.mkdir()
    dropped = ("CUEMARK_", "XDG_", "RESOLVE_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environ |= {"HOME": str(home), "OMP_NUM_THREADS": "1"}

    def cuemark(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cuemark.cli.main", *words]
        return subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=170
        )

    try:
        assert cuemark("resolve", "install").returncode == 0
        checks = {each["name"]: each for each in json.loads(cuemark("doctor", "--json").stdout)["checks"]}
        assert {"resolve", "resolve script", "resolve answers", "resolve python", "resolve talk"} <= set(checks)
        assert checks["resolve script"]["state"] == "OK" and checks["resolve answers"]["state"] == "WARN"
        assert checks["daemon"]["state"] == "OK"
    finally:
        removed = cuemark("uninstall", "--yes", "--json")
    told = json.loads(removed.stdout)
    assert removed.returncode == 0 and told["removed"], removed.stderr
    ours = [item["path"] for item in told["items"]]
    assert any(path.endswith("Cuemark.lua") for path in ours) and any(path.endswith("library.sqlite") for path in ours)
    # Files of ours are gone, the daemon too; folders that belong to everybody may stay, empty.
    left = [path for path in home.rglob("*") if path.is_file() or "cuemark" in path.name.lower()]
    assert not left
