"""The menu script in every edition: what it tells and does, and that nothing of the user's is touched."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.markers import HostMarker
from cuemark.core.timeline import HostTimeline
from cuemark.hosts.resolve.mailbox import Mailbox, Request
from cuemark.hosts.resolve.scripts import source_file
from tests.resolve.conftest import FLAVOURS, Desk, refused, run, wait_until
from tests.resolve.simulated.client import SimulatedResolve
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, marker, world

NTSC = Fraction(30000, 1001)
TEXT = 'Zoë "quotes"\\ [[brackets]] 🎬\nnext\tline; return os.exit()'


def film(tmp_path: Path) -> TimelineWorld:
    clip = tmp_path / "Ünterwegs.mp4"
    clip.touch()
    media = Media(clip, NTSC, 9000)
    items = [Item("one", 0, 300, media, first=100), Item("two", 300, 300, media, first=1000)]
    return TimelineWorld("Cut 1", NTSC, [items], "01:00:00;00", {5: marker("mine", note=TEXT)})


def ours(frame: int, number: int, **changed: object) -> HostMarker:
    values = {"duration": 3, "color": "Sky", "name": TEXT, "note": TEXT, **changed}
    return HostMarker(frame=frame, custom_data=f"cuemark:a1:m{number}", **values)  # type: ignore[arg-type]


CHANGES = {"AddMarker", "DeleteMarkerAtFrame", "SetCurrentTimecode", "SetPrefs", "SavePrefs"}
"""All that we may do in Resolve; what begins with Get or Is only asks."""


class Clock:
    """Prints how long each step took (run pytest with -s)."""

    def __init__(self) -> None:
        self._then = time.monotonic()

    def say(self, what: str) -> None:
        now = time.monotonic()
        print(f"{what} in {now - self._then:.2f} s")
        self._then = now


@pytest.fixture(params=FLAVOURS)
def resolve(request: pytest.FixtureRequest, desk: Desk, tmp_path: Path) -> SimulatedResolve:
    """Each edition in turn, with one timeline and the user's marker on frame 5."""
    return desk.open(request.param, world(film(tmp_path)))


def test_describes_what_is_open(desk: Desk, resolve: SimulatedResolve, tmp_path: Path) -> None:
    told = run(desk.bridge().describe())
    timeline = told.description
    assert (timeline.host, timeline.project, timeline.timeline) == ("resolve", "My film", "Cut 1")
    assert timeline.edition == ("studio" if "studio" in resolve.flavour else "free")
    assert (timeline.rate, timeline.drop_frame, timeline.start_frame) == (NTSC, True, 107892)
    assert (timeline.duration, timeline.playhead, timeline.start_timecode) == (600, 0, "01:00:00;00")
    assert [(clip.item, clip.start, clip.duration, clip.source_start) for clip in timeline.clips] == [
        ("one", 0, 300, 100),
        ("two", 300, 300, 1000),
    ]
    assert timeline.clips[0].path == tmp_path / "Ünterwegs.mp4" and timeline.clips[0].clip_rate == NTSC
    assert told.is_open


def test_adds_lists_and_removes_its_own(desk: Desk, resolve: SimulatedResolve) -> None:
    before = resolve.markers()

    async def work() -> None:
        bridge = desk.bridge()
        timeline = await bridge.describe()
        wanted = [ours(10, 1), ours(597, 2, color="Purple", name="", note="")]
        assert (await bridge.add(timeline, wanted)).done == ("cuemark:a1:m1", "cuemark:a1:m2")
        listed = await bridge.markers(timeline)
        assert [held for held in listed if held.custom_data] == wanted
        assert (listed[0].frame, listed[0].note) == (5, TEXT)
        assert len((await bridge.remove(timeline, wanted)).done) == 2

    run(work())
    assert resolve.markers() == before


def test_an_occupied_frame_stays_its_owners(desk: Desk, resolve: SimulatedResolve) -> None:
    before = resolve.markers()

    async def work() -> None:
        bridge = desk.bridge()
        changes = await bridge.add(await bridge.describe(), [ours(5, 1), ours(6, 2)])
        assert changes.done == ("cuemark:a1:m2",)
        assert [(item.frame, item.why) for item in changes.refused] == [(5, "occupied")]

    run(work())
    assert resolve.markers()[5] == before[5]


def test_adding_again_changes_nothing(desk: Desk, resolve: SimulatedResolve) -> None:
    async def work() -> None:
        bridge = desk.bridge()
        timeline = await bridge.describe()
        await bridge.add(timeline, [ours(10, 1)])
        again = await bridge.add(timeline, [ours(10, 1), ours(10, 2)])
        assert [item.why for item in again.refused] == ["exists", "occupied"] and not again.done

    run(work())
    assert sorted(resolve.markers()) == [5, 10]


def test_removes_by_frame_and_id_together(desk: Desk, resolve: SimulatedResolve) -> None:
    """The user moved one of ours, put their own in its place, and made a copy of another."""
    resolve.mark(10, marker("theirs"))
    resolve.mark(20, marker("ours, moved", data="cuemark:a1:m1"))
    resolve.mark(30, marker("ours", data="cuemark:a1:m2"))
    resolve.mark(8, marker("a copy", data="cuemark:a1:m2"))

    async def work() -> None:
        bridge = desk.bridge()
        changes = await bridge.remove(await bridge.describe(), [ours(10, 1), ours(30, 2)])
        assert changes.done == ("cuemark:a1:m2",)
        assert [(item.frame, item.why) for item in changes.refused] == [(10, "absent")]

    run(work())
    assert sorted(resolve.markers()) == [5, 8, 10, 20]


def test_goes_to_a_frame(desk: Desk, resolve: SimulatedResolve) -> None:
    async def work() -> None:
        bridge = desk.bridge()
        timeline = await bridge.describe()
        await bridge.go_to(timeline, 345)
        assert (await bridge.describe()).description.playhead == 345

    run(work())
    assert resolve.state()["playhead"] == 345


def test_no_playhead_on_the_media_page(desk: Desk, resolve: SimulatedResolve) -> None:
    resolve.ask("set", page="media")

    async def work() -> None:
        bridge = desk.bridge()
        timeline = await bridge.describe()
        assert timeline.description.playhead is None
        await bridge.go_to(timeline, 3)

    assert refused(work()).code == "resolve_goto_refused"


def test_a_locked_timeline_takes_nothing(desk: Desk, resolve: SimulatedResolve) -> None:
    resolve.ask("timeline", locked=True)

    async def work() -> None:
        bridge = desk.bridge()
        await bridge.add(await bridge.describe(), [ours(10, 1), ours(11, 2)])

    assert refused(work()).code == "resolve_markers_refused"
    assert sorted(resolve.markers()) == [5]


def test_nothing_is_rendered_saved_opened_or_set(desk: Desk, resolve: SimulatedResolve) -> None:
    async def work() -> None:
        bridge = desk.bridge()
        timeline = await bridge.describe()
        await bridge.add(timeline, [ours(10, 1)])
        await bridge.go_to(timeline, 10)
        await bridge.markers(timeline)
        await bridge.remove(timeline, [ours(10, 1)])

    run(work())
    done = {name for name in resolve.state()["calls"] if not name.startswith(("Get", "Is"))}
    assert done - {"UpdateMarkerCustomData"} == CHANGES  # where AddMarker takes no id


def test_is_quiet_when_idle(desk: Desk, resolve: SimulatedResolve) -> None:
    """Idle, and then beside a request that is not its own: no call of Resolve, no write of the preferences."""
    run(desk.bridge().describe())
    before = resolve.state()
    time.sleep(0.4)
    Mailbox(desk.mailbox).post(Request("a1", "0", "hello"))
    time.sleep(0.4)
    after = resolve.state()
    assert (before["calls"], before["saves"]) == (after["calls"], after["saves"])
    assert after["running"] == 1


def test_requests_nobody_takes_away_are_answered_once(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script for all users looks into several mailboxes; a daemon that was killed leaves its request there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for number, folder in enumerate((".local/share", "Library/Application Support")):
        mailbox = tmp_path / folder / "cuemark" / "runtime" / "resolve"
        mailbox.mkdir(parents=True)
        Mailbox(mailbox).post(Request(f"a{number}", "", "hello"))
    resolve = desk.open("free-21.1", world(film(tmp_path)), click=False)
    resolve.click(source_file())
    wait_until(lambda: resolve.state()["saves"] == 3)
    before = resolve.state()
    time.sleep(0.4)
    assert resolve.state()["saves"] == before["saves"] and resolve.state()["calls"] == before["calls"]


def test_writes_once_at_the_start_and_once_at_the_end(desk: Desk, resolve: SimulatedResolve) -> None:
    wait_until(lambda: resolve.state()["saves"] == 1)
    link = desk.script_transport()
    session = run(link.session())
    assert session.product.startswith("DaVinci Resolve") and session.script_version
    saves = resolve.state()["saves"]
    run(desk.script_transport().stop())
    wait_until(lambda: resolve.state()["running"] == 0)
    assert resolve.state()["saves"] <= saves + 1
    assert refused(desk.script_transport().session()).code == "resolve_no_script"


def test_a_marker_outside_of_the_timeline_is_never_sent(desk: Desk, resolve: SimulatedResolve) -> None:
    """Resolve would take it, echo it, and show it nowhere."""

    async def add(frame: int) -> None:
        bridge = desk.bridge()
        await bridge.add(await bridge.describe(), [ours(frame, 1)])

    for frame in (-1, 598, 600, 108000):
        assert refused(add(frame)).code == "resolve_marker_range"
    assert sorted(resolve.markers()) == [5]


def test_works_on_a_timeline_that_is_not_open(desk: Desk, tmp_path: Path) -> None:
    """Another one was opened between the description and the markers: they go where they belong."""
    first, second = film(tmp_path), TimelineWorld("Cut 2", Fraction(25), [[]])
    resolve = desk.open("free-21.1", world(first, second))

    async def work() -> HostTimeline:
        bridge = desk.bridge()
        timeline = await bridge.describe()
        resolve.ask("set", current=2)
        await bridge.add(timeline, [ours(10, 1)])
        assert not (await bridge.describe("Cut 1")).is_open
        return timeline

    timeline = run(work())
    assert sorted(resolve.markers("Cut 1")) == [5, 10] and not resolve.markers("Cut 2")
    assert refused(desk.bridge().go_to(timeline, 3)).code == "resolve_timeline_not_open"


def test_the_selection_where_resolve_tells_it(desk: Desk, tmp_path: Path) -> None:
    described = film(tmp_path).world()
    described["selected"] = [described["tracks"][0][1]["id"]]
    opened = world()
    opened["timelines"] = [described]
    desk.open("studio-21.1", opened)
    assert run(desk.bridge().describe()).selected == frozenset({(1, 2)})


def test_the_selection_where_it_does_not(desk: Desk, tmp_path: Path) -> None:
    desk.open("free-20", world(film(tmp_path)))
    assert run(desk.bridge().describe()).selected is None


def test_two_hundred_clips_and_five_hundred_markers(desk: Desk, tmp_path: Path) -> None:
    """Long answers come in parts, none of which bloats the preferences that Resolve loads at every start."""
    media = film(tmp_path).tracks[0][0].media
    tracks = [[Item(f"clip {n}", n * 50, 50, media, first=n) for n in range(70)] for _ in range(3)]
    mine = {frame: marker(f"note {frame}", note="x" * 200) for frame in range(0, 3000, 5)}
    resolve = desk.open("free-21.1", world(TimelineWorld("Long", Fraction(25), tracks, markers=mine)))

    async def work() -> None:
        bridge, clock = desk.bridge(), Clock()
        timeline = await bridge.describe()
        assert len(timeline.description.clips) == 210
        clock.say("210 clips described")
        assert len(await bridge.markers(timeline)) == 600
        wanted = [ours(frame, frame, duration=1) for frame in range(1, 2501, 5)]
        clock.say("600 markers listed")
        assert len((await bridge.add(timeline, wanted)).done) == 500
        clock.say("500 markers added")
        assert len(await bridge.markers(timeline)) == 1100
        clock.say("1100 markers listed")
        assert len((await bridge.remove(timeline, wanted)).done) == 500
        clock.say("500 markers removed")

    run(work())
    assert {frame: held["note"] for frame, held in resolve.markers().items()} == {f: m["note"] for f, m in mine.items()}
    assert desk.prefs.stat().st_size < 200_000


def test_the_sandbox_is_a_sandbox(desk: Desk, tmp_path: Path) -> None:
    """The simulation itself: what Free 21.1 takes away is away, and the API's objects are not tables."""
    probe = tmp_path / "probe.lua"
    probe.write_text(
        "for _, name in ipairs({'io', 'require', 'package', 'debug', 'ffi'}) do assert(_G[name] == nil, name) end\n"
        "assert(not os.execute and not os.remove and not os.rename and not bmd.readfile and os.getenv and os.time)\n"
        "assert(type(resolve) == 'userdata' and not pcall(pairs, resolve) and resolve.NoSuchMethod == nil)\n"
        "fusion:SetPrefs('Global.Probe', 'done')  fusion:SavePrefs()\n"
    )
    resolve = desk.open("free-21.1", world(film(tmp_path)), click=False)
    resolve.click(probe)
    wait_until(lambda: resolve.state()["saves"] == 1)
    assert b'Probe = "done"' in desk.prefs.read_bytes()
