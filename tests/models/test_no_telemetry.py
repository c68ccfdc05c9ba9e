"""Nothing leaves this machine: the libraries that would report home are told not to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_a_session_leaves_no_trace_of_reports_in_the_home(tmp_path: Path) -> None:
    """ONNX Runtime's reports start with a device id and a database below the user's cache folder."""
    # It keeps quiet by itself where it believes to be in tests or CI, which must not be what saves us.
    dropped = ("CI", "ORT_", "XDG_", "GITHUB_", "TF_BUILD")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    command = [sys.executable, "-m", "cuemark.setup.doctor.libraries", "image models"]
    ran = subprocess.run(
        command, env={**environ, "HOME": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=170
    )
    assert '["OK"' in ran.stdout or '["WARN"' in ran.stdout, ran.stdout + ran.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
