"""`python -m cuemark.autostart.launch NAME=VALUE ...`: the daemon with these settings.

A task of Windows has no place for environment variables, so all systems hand them over as arguments.
"""

from __future__ import annotations

import os
import sys


def main(arguments: list[str]) -> int:
    """Runs the daemon; one that runs already is as good."""
    os.environ.update(dict(argument.split("=", 1) for argument in arguments))
    from cuemark.rpc.contract.endpoint import ALREADY_RUNNING
    from cuemark.rpc.server.main import main as run_daemon

    status = run_daemon()
    return 0 if status == ALREADY_RUNNING else status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
