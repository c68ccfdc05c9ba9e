"""What a command says while Resolve keeps it waiting: with a dialog open, Resolve answers no script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cuemark.cli import output

AFTER_S = 5.0


@contextmanager
def waiting() -> Iterator[None]:
    """Says once, after some seconds, why it may take so long."""
    words = "Resolve has not answered yet. Close any dialog that is open in it; Ctrl-C gives up."
    timer = threading.Timer(AFTER_S, output.tell, [words])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
