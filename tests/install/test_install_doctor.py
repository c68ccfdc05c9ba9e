"""What the doctor says of Resolve: each thing that keeps the script from showing up or answering, and its cure."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cuemark.core.timeline import HostState, MarksFile
from cuemark.hosts.bridge import Bridge
from cuemark.hosts.resolve.failures import failure
from cuemark.setup.doctor import resolve as doctor_resolve
from cuemark.setup.doctor.finding import Finding

if TYPE_CHECKING:
    from tests.install.conftest import Computer


def looked(computer: Computer) -> dict[str, Finding]:
    """The findings by name; each that is not OK has a cure."""
    found = {each.name: each for each in doctor_resolve.findings(computer.machine, computer.settings)}
    assert all(bool(each.fix) == (each.state != "OK") and each.text for each in found.values()), found
    return found


@pytest.fixture(autouse=True)
def no_resolve_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever runs on the computer of whoever runs the tests."""
    monkeypatch.setattr(doctor_resolve, "running_resolves", frozenset)
    monkeypatch.setattr(doctor_resolve, "talk", lambda host: Finding("resolve talk", "OK", "Not tried."))


def write_prefs(computer: Computer, text: str) -> Path:
    """The preferences Resolve made when it ran."""
    path = computer.script.parents[2] / "Profiles" / "Default" / "Fusion.prefs"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_without_resolve_one_line_is_enough(any_computer: Computer) -> None:
    (finding,) = looked(any_computer).values()
    assert (finding.name, finding.state) == ("resolve", "OK")


def test_from_a_fresh_resolve_to_one_that_is_ready(any_computer: Computer) -> None:
    any_computer.add_resolve()
    fresh = looked(any_computer)
    assert {name: each.state for name, each in fresh.items()} == {
        "resolve": "OK", "resolve script": "WARN", "resolve answers": "WARN", "resolve python": "OK",
        "resolve media": "OK", "resolve talk": "OK",
    }  # fmt: skip
    assert "cuemark resolve install" in fresh["resolve script"].fix and "Utility" in fresh["resolve script"].text
    any_computer.setup().install()
    write_prefs(any_computer, "{ Global = { } }")
    assert {each.state for each in looked(any_computer).values()} == {"OK"}
    if any_computer.machine.is_mac:
        assert "21.1.0" in fresh["resolve"].text


def test_a_script_that_is_not_right(any_computer: Computer) -> None:
    any_computer.add_resolve()
    any_computer.setup().install()
    any_computer.script.write_bytes(any_computer.script.read_bytes().replace(b'"0.1.0"', b'"0.0.1"', 1))
    old = looked(any_computer)["resolve script"]
    assert old.state == "WARN" and "0.0.1" in old.text
    any_computer.script.write_text("-- somebody's")
    assert looked(any_computer)["resolve script"].state == "FAIL"
    any_computer.script.unlink()
    any_computer.setup().install()
    any_computer.setup().install(all_users=True)
    assert "twice" in looked(any_computer)["resolve script"].text


def test_the_app_store(new_computer: Callable[[str], Computer]) -> None:
    mac = new_computer("darwin")
    mac.add_resolve(app_store=True)
    (finding,) = looked(mac).values()
    assert finding.state == "FAIL" and "sandbox" in finding.text and "blackmagicdesign.com" in finding.fix


def test_preferences_that_cannot_be_used(any_computer: Computer) -> None:
    any_computer.add_resolve()
    path = write_prefs(any_computer, '{ Global = { Cuemark = { Session = "ab')
    torn = looked(any_computer)["resolve answers"]
    assert torn.state == "WARN" and "not whole" in torn.text
    path.unlink()
    path.mkdir()
    assert looked(any_computer)["resolve answers"].state == "FAIL"


@pytest.mark.parametrize(
    ("module", "state", "words"),
    [
        ("", "OK", "loads"),
        ("import os; os.abort()", "WARN", "SIGABRT"),
        ("raise ImportError('built for another Python')", "WARN", "another Python"),
        ("import time; time.sleep(60)", "WARN", "no answer"),
    ],
    ids=["fine", "crash", "refusal", "hang"],
)
def test_resolves_python_module(
    new_computer: Callable[[str], Computer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    module: str, state: str, words: str,
) -> None:  # fmt: skip
    linux = new_computer("linux")
    linux.add_resolve()
    (tmp_path / "Modules").mkdir()
    (tmp_path / "Modules" / "DaVinciResolveScript.py").write_text(module)
    assert isinstance(linux.machine.environ, dict)
    linux.machine.environ["RESOLVE_SCRIPT_API"] = str(tmp_path)
    monkeypatch.setattr(doctor_resolve, "IMPORT_TIMEOUT_S", 1.0 if words == "no answer" else 30.0)
    finding = looked(linux)["resolve python"]
    assert finding.state == state and words in finding.text


class OneHost:
    """An editor in one state."""

    name = "resolve"

    def __init__(self, state: HostState) -> None:
        self._state = state

    async def state(self) -> HostState:
        return self._state

    def session(self) -> AbstractAsyncContextManager[Bridge]:
        raise NotImplementedError

    def marks_file(self, *args: Any, **options: Any) -> MarksFile:
        raise NotImplementedError

    async def stop_script(self) -> bool:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("code", "state"),
    [("resolve_not_running", "OK"), ("resolve_no_script", "WARN"), ("resolve_busy", "WARN"), ("resolve_lost", "FAIL")],
)
def test_a_resolve_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, code: str, state: str) -> None:
    monkeypatch.undo()
    finding = doctor_resolve.talk(OneHost(HostState("resolve", problem=failure(code))))
    assert finding.state == state and bool(finding.fix) == (state != "OK")


def test_a_resolve_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    told = HostState("resolve", "DaVinci Resolve", "21.1.0", "free", "script", "it is Free", "0.1.0")
    finding = doctor_resolve.talk(OneHost(told))
    assert finding.state == "OK" and "DaVinci Resolve 21.1.0" in finding.text and "script" in finding.text
    older = HostState("resolve", "DaVinci Resolve", "21.1.0", "free", "script", "it is Free", "0.0.9")
    assert doctor_resolve.talk(OneHost(older)).state == "WARN"
