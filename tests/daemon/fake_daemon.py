"""The real daemon with the made-up worker."""

from __future__ import annotations

import sys
from pathlib import Path

from cuemark.rpc.server.main import main

if __name__ == "__main__":
    raise SystemExit(main(worker_command=(sys.executable, str(Path(__file__).with_name("fake_worker.py")))))
