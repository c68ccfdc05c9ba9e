"""The real daemon with the worker that knows the truth.  It sees only the Resolves of its own test (TEST_DESK)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil

from cuemark.core.settings import Settings
from cuemark.hosts.bridge import Hosts
from cuemark.hosts.resolve.host import ResolveHost
from cuemark.hosts.resolve.mailbox import Mailbox
from cuemark.hosts.resolve.places import prefs_files, running_resolves
from cuemark.hosts.resolve.script_transport import ScriptTransport, mailbox_folder
from cuemark.hosts.resolve.studio_transport import StudioTransport
from cuemark.rpc.server.main import main


def of_this_test() -> frozenset[int]:
    """The Resolves whose folder is this test's: others may run beside it."""
    desk = os.environ["TEST_DESK"] + os.sep
    found = set()
    for pid in running_resolves():
        try:
            words = psutil.Process(pid).cmdline()
        except psutil.Error:
            continue
        if any(word.startswith(desk) for word in words):
            found.add(pid)
    return frozenset(found)


def hosts(settings: Settings) -> Hosts:
    """As `hosts_of`, with eyes for this test only."""
    if "TEST_PATIENCE_S" in os.environ:  # how long a script that is gone is waited for
        (ScriptTransport.call.__kwdefaults__ or {})["timeout"] = float(os.environ["TEST_PATIENCE_S"])
    link = ScriptTransport(Mailbox(mailbox_folder(settings)), prefs_files, of_this_test)
    return {"resolve": ResolveHost(link, StudioTransport(processes=of_this_test))}


if __name__ == "__main__":
    worker = (sys.executable, str(Path(__file__).with_name("truth_worker.py")))
    raise SystemExit(main(worker_command=worker, hosts=hosts))
