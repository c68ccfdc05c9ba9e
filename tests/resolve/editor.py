"""An editor's whole machine: a home, a daemon process, simulated Resolves with the script, and `cuemark` commands."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from cuemark.cli.main import app
from cuemark.core import settings as configuration
from cuemark.hosts.resolve.script_transport import mailbox_folder
from cuemark.hosts.resolve.scripts import rendered, source_file
from tests.daemon.conftest import Home
from tests.resolve.conftest import Desk
from tests.resolve.simulated.client import PREFS

DAEMON = (sys.executable, str(Path(__file__).with_name("truth_daemon.py")))


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout, which must be one JSON value."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The reason code; the words for people and their next step are there too."""
        error = self.json["error"]
        assert self.code != 0 and error["message"] and error["next_step"] and error["code"] in self.err
        return str(error["code"])


class Editor(Desk):
    """Commands run in this process, the daemon and Resolve in processes of their own."""

    def __init__(self, folder: Path, home: Path) -> None:
        super().__init__(folder)
        self.settings = configuration.load()
        self.daemon = Home(self.settings)
        self.mailbox = mailbox_folder(self.settings)
        self.script = home / "Cuemark.lua"
        self.script.write_bytes(rendered(source_file().read_bytes(), self.mailbox, windows=False))
        self.prefs = home / PREFS
        self.footage = folder / "footage"
        self.footage.mkdir()

    def start(self) -> None:
        """A daemon, if none runs."""
        self.daemon.connect(command=DAEMON)

    def __call__(self, *arguments: str) -> Ran:
        """`cuemark resolve ...`; the daemon is started when it has to be."""
        return self.cuemark("resolve", *arguments)

    def cuemark(self, *arguments: str) -> Ran:
        """Any command."""
        self.start()
        done = CliRunner().invoke(app, list(arguments))
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Ran(done.exit_code, done.stdout, done.stderr)

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """`cuemark resolve ...` in a process of its own, which can be killed."""
        self.start()
        command = [sys.executable, "-m", "cuemark.cli.main", "resolve", *arguments]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def analysed(self) -> list[str]:
        """Names of the files that were analysed so far, each as often as it was."""
        log = self.settings.data / "analysed.txt"
        return [Path(line).name for line in log.read_text("utf-8").splitlines()] if log.exists() else []

    def end(self) -> None:
        """Ends the daemon too."""
        try:
            self.daemon.end()
        finally:
            super().end()
