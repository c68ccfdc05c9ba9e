"""Puts twenty markers of ours on the open timeline, or takes them off: run in a process of its own, it can be killed.

`python -m tests.resolve.sender MAILBOX PREFS send|undo`; prints `done` at its end.
"""

from __future__ import annotations

import asyncio
import sys
from fractions import Fraction
from pathlib import Path

from cuemark.core.markers import TimelineMarker
from cuemark.hosts.reconcile import reconcile, removal
from cuemark.hosts.resolve.bridge import ResolveBridge
from cuemark.hosts.resolve.mailbox import Mailbox
from cuemark.hosts.resolve.script_transport import ScriptTransport

RATE, LENGTH = Fraction(25), 1000


def wanted(run: str = "a1") -> list[TimelineMarker]:
    """Markers of one analysis; every analysis wants other names on the same frames."""
    return [
        TimelineMarker(
            frame=frame, duration=5, color="Sky", name=f"{run} at {frame}", note="", kind="moment",
            segment_id=f"m{frame}", custom_data=f"cuemark:{run}:m{frame}",
        )
        for frame in range(100, 900, 40)
    ]  # fmt: skip


async def send(bridge: ResolveBridge, run: str = "a1", replaces: tuple[str, ...] = ()) -> None:
    """As a daemon does it, without a record of what was sent before: only the timeline counts."""
    timeline = await bridge.describe()
    difference = reconcile(
        await bridge.markers(timeline), wanted(run), rate=RATE, length=LENGTH, analyses=replaces, keep_edits=False
    )
    await bridge.remove(timeline, difference.remove)
    await bridge.add(timeline, difference.add)


async def undo(bridge: ResolveBridge) -> None:
    """Takes ours off."""
    timeline = await bridge.describe()
    await bridge.remove(timeline, removal(await bridge.markers(timeline)).remove)


def main() -> None:
    """See above."""
    mailbox, prefs, what = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    bridge = ResolveBridge(ScriptTransport(Mailbox(mailbox), lambda: [prefs]))
    print("begun", flush=True)
    asyncio.run(send(bridge) if what == "send" else undo(bridge))
    print("done", flush=True)


if __name__ == "__main__":
    main()
