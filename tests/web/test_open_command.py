"""`cuemark open` and `cuemark analyses undo`, as they are typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from cuemark.core.analysis import MomentEdit
from tests.web.conftest import Home


def cuemark(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    command = [sys.executable, "-m", "cuemark.cli.main", *arguments]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def told(*arguments: str) -> Any:
    """What a command prints as JSON."""
    return json.loads(cuemark(*arguments, "--json")[1])


def test_open_says_a_link_that_works_once_and_the_page_is_the_same_for_the_next(home: Home, footage: Path) -> None:
    code, out, err = cuemark("open", str(footage), "--no-browser")
    assert code == 0 and out.startswith("http://127.0.0.1:") and "works once" in err
    first = httpx.get(out.strip(), trust_env=False)
    assert first.status_code == 200 and f"/#/media/{home.fingerprint}" in first.text
    assert httpx.get(out.strip(), trust_env=False).status_code == 401
    again = told("open", home.analyses[0], "--no-browser")["link"]
    assert again.partition("/login")[0] == out.partition("/login")[0]
    assert f"/#/analysis/{home.analyses[0]}" in httpx.get(again, trust_env=False).text


def test_what_the_library_does_not_have_cannot_be_opened(home: Home, tmp_path: Path) -> None:
    code, _, err = cuemark("open", "nothing", "--no-browser")
    assert code == 1 and "neither a file nor an analysis" in err and "analysis_not_found" in err
    stranger = tmp_path / "stranger.webm"
    stranger.write_bytes(b"not in the library")
    code, _, err = cuemark("open", str(stranger), "--no-browser")
    assert code == 1 and "cuemark index" in err


def test_analyses_are_undone_and_done_again_from_the_command_line(home: Home) -> None:
    (analysis,) = home.analyses
    with home.client() as client:
        client.edit_analysis(analysis, MomentEdit("m1", caption="edited"))
    back = told("analyses", "undo", analysis)
    assert back["moments"][0]["caption"] == "moment number 1" and (back["undo"], back["redo"]) == (0, 1)
    forward = told("analyses", "redo", analysis)
    assert forward["moments"][0]["caption"] == "edited" and (forward["undo"], forward["redo"]) == (1, 0)
    code, _, err = cuemark("analyses", "redo", analysis)
    assert code == 2 and "edit_no_step" in err
