"""The doctor: a whole machine passes, and each thing that can be broken is found."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cuemark.core import settings
from cuemark.setup.doctor import libraries
from cuemark.setup.doctor.checks import disk, endpoint_file, folders
from cuemark.setup.doctor.finding import Finding, report_text
from cuemark.setup.doctor.libraries import Probe

if TYPE_CHECKING:
    from tests.cli.conftest import Shell


def configured(home: Path) -> settings.Settings:
    return settings.load({"CUEMARK_HOME": str(home)})


def test_a_sound_machine_passes(busy: Shell) -> None:
    ran = busy("doctor")
    assert ran.code == 0, ran.out
    names = [line[5:].split(":")[0] for line in ran.out.splitlines() if line.startswith(("OK ", "WARN", "FAIL"))]
    half = len(names) // 2  # each is shown once above and once in the block for a report
    assert names[:half] == names[half:]
    assert {"python", "video decoding", "image models", "torch", "daemon", "model sample"} <= set(names)
    assert "CPUExecutionProvider" in ran.out or "CUDAExecutionProvider" in ran.out
    assert "bug report" in ran.out and "onnxruntime " in ran.out


def test_a_library_that_crashes_or_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    for code, words in (
        ("import os; os.abort()", "SIGABRT" if os.name == "posix" else "code"),
        ("import sys; print('no libcuda'); sys.exit(7)", "ended with code 7: no libcuda"),
        ("", "no output"),
    ):
        probe = Probe("torch", [sys.executable, "-c", code])
        finding = probe.finding()
        probe.stop()
        assert finding.state == "FAIL" and words in finding.text and finding.fix
    monkeypatch.setattr(libraries, "PROBE_TIMEOUT_S", 0.2)
    probe = Probe("torch", [sys.executable, "-c", "import time; time.sleep(60)"])
    assert "No answer" in probe.finding().text
    probe.stop()


def test_a_probe_that_cannot_import_says_what_is_missing(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['av'] = None; from cuemark.setup.doctor.libraries import main; main('video decoding')"
    )
    probe = Probe("video decoding", [sys.executable, "-c", code])
    finding = probe.finding()
    probe.stop()
    assert finding.state == "FAIL" and "av" in finding.text and "\n" not in finding.text


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = folders(configured(tmp_path / "file"))
    assert finding.state == "FAIL" and "CUEMARK_HOME" in finding.fix
    assert folders(configured(tmp_path / "home")).state == "OK"


@pytest.mark.parametrize(("free", "state"), [(10**8, "FAIL"), (10**9, "WARN"), (10**11, "OK")])
def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))
    finding = disk(replace(configured(tmp_path / "home")))
    assert finding.state == state
    assert bool(finding.fix) == (state != "OK")


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_a_token_that_others_can_read(tmp_path: Path) -> None:
    home = configured(tmp_path)
    home.runtime.mkdir()
    home.endpoint_file.touch(0o644)
    home.endpoint_file.chmod(0o644)
    assert endpoint_file(home).state == "FAIL"
    home.endpoint_file.chmod(0o600)
    assert endpoint_file(home).state == "OK"


def test_the_report_does_not_name_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    report = report_text([Finding("folders", "OK", f"Data in {tmp_path}/data.")])
    assert str(tmp_path) not in report and "~/data" in report.replace("\\", "/")
