"""A process that behaves like DaVinci Resolve as far as scripts can tell: Lua run by a real LuaJIT, files on disk.

`python main.py FOLDER FLAVOUR PREFS`.  FOLDER holds `world.json` (what is open); every change of a marker is appended
to `markers.jsonl` there at once, as Live Save does, so that it survives a kill.  Commands are JSON lines on stdin.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lupa.luajit21 as lupa
from outside import Outside, serve  # type: ignore[import-not-found]

HERE = Path(__file__).resolve().parent
TURN_S = 0.004


class Host:
    """What Lua asks of the world outside: files, the clock, and whether something is to go wrong now."""

    def __init__(self, folder: Path, prefs: Path) -> None:
        self.journal = folder / "markers.jsonl"
        self.prefs = prefs
        self.calls: Counter[str] = Counter()
        self.saves = 0
        self.faults: list[dict[str, Any]] = []
        self.hung = False
        self.torn_loads = 0
        self.torn_save_s = 0.0

    def now(self) -> float:
        """Seconds of a clock that never goes back."""
        return time.monotonic()

    def file_exists(self, path: str) -> bool:
        """As bmd.fileexists."""
        return os.path.exists(path)

    def print(self, *words: Any) -> None:
        """Scripts' print, away from the channel of the test."""
        sys.stderr.write(" ".join(map(str, words)) + "\n")

    def torn(self) -> bool:
        """Whether loadfile is to fail as on a file that is half written."""
        self.torn_loads -= 1
        return self.torn_loads >= 0

    def hanging(self) -> bool:
        """Whether a modal dialog is still open."""
        return self.hung

    def called(self, name: str) -> str | None:
        """Counts a call of the API; what is to happen instead of it, if anything."""
        self.calls[name] += 1
        for fault in list(self.faults):
            if fault["method"] in (name, "*"):
                fault["after"] -= 1
                if fault["after"] < 0:
                    return self._befall(fault)
        return None

    def _befall(self, fault: dict[str, Any]) -> str | None:
        kind = str(fault["kind"])
        if kind == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if not fault.get("stays"):
            self.faults.remove(fault)
        self.hung = self.hung or kind == "hang"
        return kind

    def changed(self, timeline: str, frame: float, marker: Any) -> None:
        """Writes one change of a marker down; no marker: it was deleted."""
        line = {"timeline": timeline, "frame": int(frame), "marker": dict(marker) if marker is not None else None}
        with self.journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def save_prefs(self, text: str) -> None:
        """The whole file anew, under a new inode; on demand in two halves, as a reader in between would see it."""
        self.saves += 1
        data = text.encode("utf-8", "surrogateescape")
        if self.torn_save_s:
            self.prefs.unlink(missing_ok=True)
            with self.prefs.open("wb") as file:
                file.write(data[: len(data) // 2])
                file.flush()
                time.sleep(self.torn_save_s)
                file.write(data[len(data) // 2 :])
            return
        fresh = self.prefs.with_suffix(".new")
        fresh.write_bytes(data)
        os.replace(fresh, self.prefs)


class Simulation:
    """One running Resolve and its user."""

    def __init__(self, folder: Path, flavour: str, prefs: Path) -> None:
        self.host = Host(folder, prefs)
        self.lua = lupa.LuaRuntime(encoding="utf-8", unpack_returned_tuples=True)
        self.lua.execute(f"package.path = {json.dumps(str(HERE / '?.lua'))}")
        self.world = self._world(folder)
        self.saved: dict[str, dict[int, dict[str, Any]]] = {}
        self.do_save()
        text = prefs.read_text("utf-8") if prefs.exists() else None
        self.session = self.lua.require("session")(self.world, flavour, text, self._lua_host())

    def _lua_host(self) -> Any:
        names = ("now", "file_exists", "print", "torn", "hanging", "called", "changed", "save_prefs")
        return self.lua.table_from({name: getattr(self.host, name) for name in names})

    def _table(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self.lua.table_from({key: self._table(item) for key, item in value.items() if item is not None})
        if isinstance(value, list):
            return self.lua.table_from([self._table(item) for item in value])
        return value

    def _world(self, folder: Path) -> Any:
        world = json.loads((folder / "world.json").read_text("utf-8"))
        for timeline in world["timelines"]:
            timeline["markers"] = {int(frame): marker for frame, marker in timeline["markers"].items()}
        lines = self.host.journal.read_text("utf-8").splitlines() if self.host.journal.exists() else []
        by_id = {timeline["id"]: timeline["markers"] for timeline in world["timelines"]}
        for change in map(json.loads, lines):
            by_id[change["timeline"]].pop(change["frame"], None)
            if change["marker"] is not None:
                by_id[change["timeline"]][change["frame"]] = change["marker"]
        return self._table(world)

    def _timeline(self, name: str | None) -> Any:
        timelines = list(self.world.timelines.values())
        if name is None:
            return timelines[self.world.current - 1]
        return next(timeline for timeline in timelines if timeline.name == name)

    def let_in(self, folder: Path, commands: queue.Queue[Any]) -> None:
        """Opens the door for Python from outside.  Its calls are carried out between the scripts' turns."""

        def obey(work: Callable[[], Any]) -> Any:
            done: queue.Queue[Any] = queue.Queue()
            commands.put(lambda: done.put(work()))
            return done.get()

        serve(Outside(self.session), obey, folder / "port")

    def obey(self, command: dict[str, Any]) -> Any:
        """Carries out one command of the test."""
        action = getattr(self, "do_" + command.pop("do"))
        return action(**command)

    def do_click(self, script: str) -> None:
        """Workspace > Scripts > ..."""
        self.session.click(script)

    def do_set(self, **values: Any) -> None:
        """Changes what is open: current, page, project (None closes it)."""
        for name, value in values.items():
            self.world[name] = value

    def do_timeline(self, timeline: str | None = None, **values: Any) -> None:
        """Changes a timeline: locked, selected, playhead, length, in_out, disabled_tracks."""
        found = self._timeline(timeline)
        for name, value in values.items():
            found[name] = self._table(value)

    def do_mark(self, frame: int, marker: dict[str, Any] | None, timeline: str | None = None) -> None:
        """What the user does to a marker by hand; None takes it away."""
        found = self._timeline(timeline)
        found.markers[frame] = self._table(marker) if marker is not None else None
        self.host.changed(found.id, frame, found.markers[frame])

    def do_ripple(self, at: int, by: int, timeline: str | None = None) -> None:
        """An edit at a frame, with "Ripple Timeline Markers": items and markers behind it move along."""
        found = self._timeline(timeline)
        for track in (*found.tracks.values(), *found.audio.values()):
            for item in track.values():
                item.start += by if item.start >= at else 0
        moved = {int(frame): marker for frame, marker in found.markers.items() if frame >= at}
        for frame in moved:
            found.markers[frame] = None
            self.host.changed(found.id, frame, None)
        for frame, marker in moved.items():
            found.markers[frame + by] = marker
            self.host.changed(found.id, frame + by, marker)

    def do_close_without_saving(self) -> None:
        """The project is opened again as it was when it was last saved."""
        for timeline in self.world.timelines.values():
            for frame in list(timeline.markers.keys()):
                timeline.markers[frame] = None
                self.host.changed(timeline.id, frame, None)
            for frame, marker in self.saved.get(timeline.id, {}).items():
                timeline.markers[frame] = self._table(marker)
                self.host.changed(timeline.id, frame, timeline.markers[frame])

    def do_save(self) -> None:
        """File > Save."""
        self.saved = {
            timeline.id: {int(frame): dict(marker) for frame, marker in timeline.markers.items()}
            for timeline in self.world.timelines.values()
        }

    def do_markers(self, timeline: str | None = None) -> dict[str, Any]:
        """All markers of a timeline by frame."""
        markers = self._timeline(timeline).markers
        return {str(int(frame)): dict(marker) for frame, marker in sorted(markers.items())}

    def do_fault(self, kind: str, method: str = "*", after: int = 0, stays: bool = False) -> None:
        """What is to go wrong at the call after `after` others: die, hang, end script, raise."""
        self.host.faults.append({"kind": kind, "method": method, "after": after, "stays": stays})

    def do_release(self) -> None:
        """The user closes the modal dialog."""
        self.host.hung = False

    def do_files(self, torn_loads: int = 0, torn_save_s: float = 0.0) -> None:
        """How many times loadfile is to fail, and how long a save of the preferences is half done."""
        self.host.torn_loads, self.host.torn_save_s = torn_loads, torn_save_s

    def do_state(self) -> dict[str, Any]:
        """What scripts did so far."""
        return {
            "running": self.session.running(),
            "errors": self.session.errors(),
            "saves": self.host.saves,
            "calls": dict(self.host.calls),
            "playhead": self._timeline(None).playhead,
        }

    def do_quit(self) -> None:
        """File > Quit."""
        self.session.quit()


def listen(commands: queue.Queue[Any]) -> None:
    """Hands on what comes in; None when the test is gone."""
    for line in sys.stdin:
        commands.put(json.loads(line))
    commands.put(None)


def answer(value: Any) -> None:
    """One line back to the test."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Runs until the test says quit or goes away."""
    folder, flavour, prefs = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    take_name()
    simulation = Simulation(folder, flavour, prefs)
    commands: queue.Queue[Any] = queue.Queue()
    simulation.let_in(folder, commands)
    threading.Thread(target=listen, args=(commands,), daemon=True).start()
    answer({"ready": True})
    while True:
        try:
            command = commands.get(timeout=TURN_S)
        except queue.Empty:
            simulation.session.step()
            continue
        if command is None:
            return
        if callable(command):
            command()
            continue
        quits = command["do"] == "quit"
        answer({"value": simulation.obey(command)})
        if quits:
            return


def take_name() -> None:
    """Calls this process `resolve`, as the real one is called on Linux."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(15, b"resolve", 0, 0, 0)  # PR_SET_NAME


if __name__ == "__main__":
    main()
