"""The daemon's rotated log file."""

from __future__ import annotations

import logging
import logging.handlers
import sys

from cuemark.core.files import make_private_folder
from cuemark.core.settings import Settings

MAX_BYTES = 2 * 1024 * 1024
KEPT = 4
FORMAT = "%(asctime)s %(levelname)s %(name)s [%(process)d] %(message)s"


def open_log(settings: Settings) -> None:
    """Sends all logging to the log file, and to the terminal where the daemon runs in one; raises OSError."""
    make_private_folder(settings.log)
    handlers: list[logging.Handler] = [
        logging.handlers.RotatingFileHandler(
            settings.log_file, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8", errors="backslashreplace"
        )
    ]
    if sys.stderr is not None and sys.stderr.isatty():
        handlers.append(logging.StreamHandler())
    logging.basicConfig(level=settings.log_level, format=FORMAT, handlers=handlers, force=True)
