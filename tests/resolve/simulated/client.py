"""A test's hand on a simulated Resolve: starts it, clicks its menu, does what its user does, quits or kills it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

MAIN = Path(__file__).with_name("main.py")
PREFS = Path(".local/share/DaVinciResolve/Fusion/Profiles/Default/Fusion.prefs")
"""Where the preferences lie in a home on Linux."""


class SimulatedResolve:
    """One Resolve in a process of its own.  What it holds is kept in `folder` and outlives it."""

    def __init__(self, folder: Path, flavour: str, world: dict[str, Any], prefs: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        prefs.parent.mkdir(parents=True, exist_ok=True)
        (folder / "world.json").write_text(json.dumps(world), "utf-8")
        self.flavour = flavour
        self.prefs = prefs
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> SimulatedResolve:
        """Starts it, or starts it again."""
        command = [sys.executable, str(MAIN), str(self._folder), self.flavour, str(self.prefs)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        assert self._read() == {"ready": True}
        return self

    @property
    def pid(self) -> int:
        """The process, as long as it runs."""
        assert self._process is not None
        return self._process.pid

    def environment(self) -> dict[str, str]:
        """What a child of Studio's Python API needs to find this one."""
        return {"RESOLVE_SCRIPT_API": str(MAIN.parent), "SIMULATED_RESOLVE": str(self._folder / "port")}

    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def _read(self) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the simulated Resolve is gone"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, do: str, **arguments: Any) -> Any:
        """One command of main.Simulation (`do_...` there)."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()
        return self._read()["value"]

    def click(self, script: Path) -> None:
        """Workspace > Scripts > Cuemark."""
        self.ask("click", script=str(script))

    def markers(self, timeline: str | None = None) -> dict[int, dict[str, Any]]:
        """What is on a timeline (the open one), by frame."""
        found: dict[str, Any] = self.ask("markers", timeline=timeline)
        return {int(frame): held for frame, held in found.items()}

    def saved_markers(self, timeline: int = 0) -> dict[int, dict[str, Any]]:
        """What the project holds on disk, whether Resolve runs or not."""
        opened = json.loads((self._folder / "world.json").read_text("utf-8"))["timelines"][timeline]
        held: dict[int, dict[str, Any]] = {int(frame): mark for frame, mark in opened["markers"].items()}
        journal = self._folder / "markers.jsonl"
        for line in journal.read_text("utf-8").splitlines() if journal.exists() else []:
            change = json.loads(line)
            if change["timeline"] == opened["id"]:
                held.pop(change["frame"], None)
                if change["marker"] is not None:
                    held[change["frame"]] = change["marker"]
        return held

    def mark(self, frame: int, marker: dict[str, Any] | None) -> None:
        """The user sets, changes or (None) deletes a marker by hand."""
        self.ask("mark", frame=frame, marker=marker)

    def state(self) -> dict[str, Any]:
        """Scripts running and what they did."""
        found: dict[str, Any] = self.ask("state")
        return found

    def quit(self) -> None:
        """File > Quit."""
        self.ask("quit")
        self._end()

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._end()

    def wait_killed(self, timeout: float = 60.0) -> None:
        """Waits until a fault of kind "die" has befallen it."""
        assert self._process is not None
        self._process.wait(timeout)
        self._end()

    def _end(self) -> None:
        assert self._process is not None
        self._process.wait(60)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None
