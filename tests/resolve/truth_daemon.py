"""The real daemon with the worker that knows the truth.  It sees only the Resolves of its own test (TEST_DESK)."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import psutil

from cuemark.core.errors import Notice
from cuemark.core.search import Ground, SearchHit, SearchQuery, SearchResult, Why
from cuemark.core.settings import Settings
from cuemark.daemon.searches import Searches
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


async def ask(searches: object, query: SearchQuery) -> AsyncGenerator[str | SearchResult, None]:
    """Finds the events that the files beside the footage tell of by their names; the first is the surest."""
    true_analysis = importlib.import_module("truth_worker").true_analysis  # this file is run as a program beside it
    hits = []
    for path in query.filter.within:
        analysis = true_analysis(path)
        for number, moment in enumerate(analysis.moments, 1):
            if all(word in f"{path.name} {moment.caption}" for word in query.text.split()):
                why = (Why(Ground.SEEN, 0.9), Why(Ground.SAID, 0.5, f"about {moment.caption}"))
                score, content = 1 - number / 10, analysis.media.fingerprint
                hits.append(SearchHit(path, content, moment.start, moment.end, score, moment.start, why))
    hits.sort(key=lambda hit: -hit.score)
    yield "A model is loaded"
    yield SearchResult(tuple(hits[: query.top]), len(query.filter.within), 100, (Notice("told", "A notice."),))


if __name__ == "__main__":
    Searches.ask = ask  # type: ignore[method-assign, assignment]
    worker = (sys.executable, str(Path(__file__).with_name("truth_worker.py")))
    raise SystemExit(main(worker_command=worker, hosts=hosts))
