"""What the user sees of a set-up: on stderr, so that `run -- ... --json` keeps its stdout clean."""

from __future__ import annotations

import shutil
import sys
import time

QUIET_SECONDS = 10.0  # without a terminal: a sign of life at least this often, and not more often


class Screen:
    """Lines that stay, and one status that changes in place on a terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._shown = ""
        self._last = time.monotonic()

    def line(self, text: str) -> None:
        """Print a line that stays."""
        self._clear()
        print(text, file=sys.stderr, flush=True)
        self._last = time.monotonic()

    def status(self, text: str, started: float) -> None:
        """Say what goes on now, and for how long since `started` (a time.monotonic value)."""
        elapsed = time.monotonic() - started
        text = f"    {text} ({int(elapsed)} s)"
        if not self._live:
            if time.monotonic() - self._last >= QUIET_SECONDS:
                self.line(text)
            return
        text = text[: shutil.get_terminal_size().columns - 1]
        if text != self._shown:
            self._clear()
            print(text, end="", file=sys.stderr, flush=True)
            self._shown = text

    def problem(self, message: str, next_step: str) -> None:
        """Print a failure in the two lines a user needs."""
        self.line(f"cuemark set-up: {message}")
        self.line(f"  next step: {next_step}")

    def _clear(self) -> None:
        if self._shown:
            print("\r" + " " * len(self._shown) + "\r", end="", file=sys.stderr, flush=True)
            self._shown = ""
