"""The subtitle track of a timeline as what is said in its footage: read by both transports, at the file's own times."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import pytest

from cuemark.core.errors import HostError
from cuemark.core.media import MediaInfo
from cuemark.core.progress import SilentProgress
from cuemark.core.timeline import OPEN, FootageTranscript
from cuemark.core.transcript import TranscriptOrigin
from cuemark.evidence.speech.given import read_transcript
from cuemark.hosts.bridge import Hosts
from cuemark.hosts.resolve.bridge import ResolveBridge
from cuemark.hosts.sessions import HostSessions
from cuemark.media.probe import probe
from tests.media.subtitled import film
from tests.resolve.conftest import FLAVOURS, Desk, run
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, world

RATE = Fraction(25)
SAID = [[Item("Good evening.", 0, 50), Item("Sit\ndown, please.", 60, 40), Item("مرحبا بالعالم.", 150, 25)]]


def cut(path: Path, subtitles: list[list[Item]], **more: Any) -> TimelineWorld:
    """A file of ten seconds from its second 4 on, then from its second 1, over a timeline of 7 seconds."""
    media = Media(path, RATE, 250)
    items = [Item("A", 0, 100, media, first=100), Item("A again", 100, 75, media, first=25)]
    return TimelineWorld("Cut", RATE, [items], subtitles=subtitles, **more)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_subtitles_are_told_from_the_timelines_start(desk: Desk, tmp_path: Path, flavour: str) -> None:
    path = tmp_path / "a.mov"
    path.touch()
    hidden, shown = [Item("Hidden", 0, 10)], SAID[0]
    resolve = desk.open(flavour, world(cut(path, [hidden, shown], hidden_subtitles=[1])))
    bridges = [desk.bridge(), *([desk.studio(resolve)] if flavour.startswith("studio") else [])]
    for bridge in bridges:
        found = run(_subtitles(bridge))
        assert [(each.track, each.start, each.end) for each in found] == [(2, 0, 50), (2, 60, 100), (2, 150, 175)]
        assert [each.text for each in found] == [item.name for item in shown]


async def _subtitles(bridge: ResolveBridge) -> Any:
    return await bridge.subtitles(await bridge.describe())


class Host:
    """The desk's Resolve as the daemon has it."""

    def __init__(self, bridge: ResolveBridge) -> None:
        self._bridge = bridge

    @asynccontextmanager
    async def session(self) -> AsyncIterator[ResolveBridge]:
        yield self._bridge


def transcripts(desk: Desk, folder: Path) -> list[FootageTranscript]:
    hosts = cast(Hosts, {"resolve": Host(desk.bridge())})
    sessions = HostSessions(hosts, cast(Any, None), cast(Any, None), cast(Any, None))
    return run(sessions.transcripts("resolve", OPEN, _probe, folder))


async def _probe(path: Path) -> MediaInfo:
    return probe(path, SilentProgress())


def test_what_is_said_lands_at_the_time_of_the_file_and_is_read_as_a_transcript(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "ä.mp4"
    film(path, seconds=10)
    desk.open("free-21.1", world(cut(path, SAID)))
    (found,) = transcripts(desk, tmp_path / "kept")
    assert (found.path, found.utterances) == (path, 3)
    read = read_transcript(found.transcript, Fraction(10))
    assert [(float(one.start), float(one.end), one.text) for one in read.utterances] == [
        (3, 4, "مرحبا بالعالم."),  # frame 150 is frame 50 of the second clip, which begins at second 1
        (4, 6, "Good evening."),
        (6.4, 8, "Sit down, please."),
    ]
    assert (read.origin, read.name) == (TranscriptOrigin.TIMELINE, "Cut")
    # The same subtitles are the same file: an analysis made with them is known again.
    assert transcripts(desk, tmp_path / "kept") == [found]


def test_a_timeline_without_subtitles_says_so(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    path.touch()
    desk.open("free-21.1", world(cut(path, [])))
    with pytest.raises(HostError) as caught:
        transcripts(desk, tmp_path / "kept")
    assert caught.value.code == "host_no_subtitles" and "Create Subtitles" in caught.value.next_step
