"""The line between daemon and script when things are not as they should be: each a reason code, and then it works."""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.errors import StoreError
from cuemark.core.markers import HostMarker
from cuemark.hosts.resolve.mailbox import Mailbox
from cuemark.hosts.resolve.places import prefs_files
from cuemark.hosts.resolve.script_transport import ScriptTransport
from cuemark.hosts.resolve.scripts import source_file
from tests.resolve.conftest import Desk, refused, run, wait_until
from tests.resolve.simulated.client import PREFS
from tests.resolve.simulated.worlds import Item, TimelineWorld, marker, world


def film() -> TimelineWorld:
    return TimelineWorld("Cut", Fraction(25), [[Item("title", 0, 500)]], markers={5: marker("mine")})


def ours(frame: int) -> HostMarker:
    return HostMarker(frame, 1, "Sky", f"at {frame}", "", f"cuemark:a:m{frame}")


def test_no_resolve(desk: Desk) -> None:
    assert refused(desk.script_transport().session()).code == "resolve_not_running"


def test_resolve_without_the_script(desk: Desk) -> None:
    """First one that never wrote its preferences, then one that did."""
    resolve = desk.open("free-20", world(film()), click=False)
    assert refused(desk.script_transport().session()).code == "resolve_prefs_missing"
    resolve.quit()
    resolve.start()
    assert refused(desk.script_transport().session()).code == "resolve_no_script"


def test_a_script_that_ended_with_its_resolve(desk: Desk) -> None:
    """Its session is still in the preferences; that is no sign of life."""
    resolve = desk.open("free-21.1", world(film()))
    run(desk.script_transport().session())
    resolve.quit()
    assert refused(desk.script_transport().session()).code == "resolve_not_running"
    resolve.start()
    assert refused(desk.script_transport().session()).code == "resolve_no_script"
    resolve.click(desk.script)
    run(desk.bridge().describe())


@pytest.mark.parametrize("shared", [True, False])
def test_two_resolves(desk: Desk, shared: bool) -> None:
    """With one set of preferences, where each hides what the other wrote, and with one each."""
    first = desk.open("free-21.1", world(film()))
    second = desk.open("free-20", world(film()), prefs=None if shared else desk.folder / "other" / "Fusion.prefs")
    for _ in range(2):
        assert refused(desk.script_transport().session()).code == "resolve_two_running"
    second.quit()
    assert run(desk.script_transport().session()).resolve_version == "21.1.0"
    first.quit()


def test_two_resolves_but_one_script(desk: Desk) -> None:
    desk.open("free-21.1", world(film()))
    desk.open("free-20", world(film()), click=False)
    assert run(desk.script_transport().session()).resolve_version == "21.1.0"


def test_a_second_click_takes_over(desk: Desk) -> None:
    """Also in the middle of a daemon's work; the old copy leaves, and nothing is answered twice."""
    resolve = desk.open("free-21.1", world(film()))

    async def work() -> tuple[str, str]:
        link = desk.script_transport()
        before = await link.session()
        await link.call("describe")
        resolve.click(desk.script)
        wait_until(lambda: resolve.state()["saves"] >= 4)
        await link.call("describe")
        return before.id, (await link.session()).id

    before, after = run(work())
    assert after > before
    wait_until(lambda: resolve.state()["running"] == 1)


def test_a_script_of_another_version(desk: Desk, tmp_path: Path) -> None:
    old = tmp_path / "old.lua"
    old.write_bytes(desk.script.read_bytes().replace(b"local PROTOCOL = 1", b"local PROTOCOL = 0"))
    resolve = desk.open("free-21.1", world(film()), click=False)
    resolve.click(old)
    error = refused(desk.bridge().describe())
    assert error.code == "resolve_script_version" and "cuemark resolve install" in error.next_step
    resolve.click(desk.script)
    run(desk.bridge().describe())


def test_no_project_no_timeline_and_a_wrong_name(desk: Desk) -> None:
    resolve = desk.open("free-21.1", world(film()))
    error = refused(desk.bridge().describe("Cut 7"))
    assert error.code == "resolve_timeline_unknown" and "Cut" in error.message
    timeline = run(desk.bridge().describe())
    resolve.ask("set", current=0)
    assert refused(desk.bridge().describe()).code == "resolve_no_timeline"
    resolve.ask("set", project_id="another")
    assert refused(desk.bridge().markers(timeline)).code == "resolve_timeline_gone"
    resolve.ask("set", project=None)
    assert refused(desk.bridge().describe()).code == "resolve_no_project"


def test_resolve_dies_in_the_middle(desk: Desk) -> None:
    resolve = desk.open("free-21.1", world(film()))

    async def work() -> None:
        bridge = desk.bridge()
        timeline = await bridge.describe()
        resolve.ask("fault", kind="die", method="AddMarker", after=3)
        await bridge.add(timeline, [ours(frame) for frame in range(10, 20)])

    begun = time.monotonic()
    assert refused(work()).code == "resolve_gone"
    assert time.monotonic() - begun < 5
    resolve.wait_killed()
    assert sorted(resolve.saved_markers()) == [5, 10, 11, 12]


def test_a_dialog_is_open_in_resolve(desk: Desk) -> None:
    """The request times out; when the dialog is closed it is carried out after all, once."""
    resolve = desk.open("free-21.1", world(film()))

    async def work() -> None:
        bridge = desk.bridge()
        timeline = await bridge.describe()
        resolve.ask("fault", kind="hang", method="AddMarker", after=2)
        link = desk.script_transport()
        address = {"project": timeline.project_id, "timeline": timeline.timeline_id}
        look = {"duration": 1, "color": "Sky", "name": "", "note": ""}
        wanted = [{"frame": frame, "custom_data": f"c:{frame}", **look} for frame in (10, 11, 12)]
        await link.call("add", timeout=0.5, markers=wanted, **address)

    assert refused(work()).code == "resolve_no_answer"
    assert sorted(resolve.markers()) == [5, 10, 11]
    assert not list(desk.mailbox.glob("*.lua"))
    resolve.ask("release")
    wait_until(lambda: 12 in resolve.markers())
    assert len(run(desk.bridge().describe()).description.clips) == 1
    assert sorted(resolve.markers()) == [5, 10, 11, 12]


def test_a_cancelled_call_leaves_nothing_behind(desk: Desk) -> None:
    resolve = desk.open("free-21.1", world(film()))
    resolve.ask("fault", kind="hang", method="GetStartFrame")

    async def work() -> None:
        link = desk.script_transport()
        call = asyncio.create_task(link.call("describe"))
        await asyncio.sleep(0.5)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not list(desk.mailbox.glob("*.lua"))
        resolve.ask("release")
        await link.call("describe")

    run(work())


def test_the_api_fails_now_and_then(desk: Desk) -> None:
    """A call that raises answers all the same."""
    resolve = desk.open("studio-18", world(film()))
    resolve.ask("fault", kind="raise", method="GetUniqueId")
    run(desk.bridge().describe())
    assert resolve.state()["running"] == 1


def test_a_script_whose_resolve_no_longer_answers_leaves(desk: Desk) -> None:
    resolve = desk.open("free-21.1", world(film()))
    run(desk.script_transport().session())
    resolve.ask("fault", kind="raise", method="GetVersionString", stays=True)
    for _ in range(3):
        assert refused(desk.script_transport().session()).code == "resolve_lost"
    wait_until(lambda: resolve.state()["running"] == 0)


def test_torn_files_are_read_again(desk: Desk) -> None:
    """A request that loadfile finds half written, and preferences met in the middle of a save."""
    resolve = desk.open("free-21.1", world(film()))
    resolve.ask("files", torn_loads=3, torn_save_s=0.1)

    async def work() -> None:
        bridge = desk.bridge()
        timeline = await bridge.describe()
        await bridge.add(timeline, [ours(10)])
        assert [held.frame for held in await bridge.markers(timeline)] == [5, 10]

    run(work())


def test_answers_of_earlier_days_are_ignored(desk: Desk) -> None:
    """A dead daemon left its request, and the preferences hold its answer."""
    resolve = desk.open("free-21.1", world(film()))
    run(desk.bridge().describe())
    resolve.quit()
    assert b"Answer" in desk.prefs.read_bytes()
    (desk.mailbox / "next.lua").write_text('return {id="00",session="",except={},verb="73746f70",args={}}')
    resolve.start()
    run(asyncio.sleep(0))
    (desk.mailbox / "next.lua").write_text('return {id="01",session="1234",except={},verb="73746f70",args={}}')
    resolve.click(desk.script)
    run(desk.bridge().describe())
    assert resolve.state()["running"] == 1


def test_a_request_is_data_and_nothing_else(desk: Desk) -> None:
    """What lies in the mailbox finds no function to call, and what is no request is not answered."""
    resolve = desk.open("free-20", world(film()))
    run(desk.script_transport().session())
    saves = resolve.state()["saves"]
    for text in (
        "return os.exit()",
        "fusion:SavePrefs() return {}",
        "return 7",
        "return {",
        "while",
        "return {id=1}",
        "",
    ):
        (desk.mailbox / "next.lua").write_text(text)
        time.sleep(0.12)
    assert resolve.state()["saves"] == saves and resolve.state()["running"] == 1
    (desk.mailbox / "next.lua").unlink()
    run(desk.script_transport().session())


def test_one_process_a_mailbox(desk: Desk) -> None:
    from filelock import FileLock

    desk.open("free-21.1", world(film()))
    run(desk.script_transport().session())
    with FileLock(desk.mailbox / "mailbox.lock"):
        assert refused(desk.script_transport().session()).code == "resolve_busy"


def test_calls_of_one_daemon_wait_for_each_other(desk: Desk) -> None:
    desk.open("free-21.1", world(film()))

    async def work() -> None:
        link = desk.script_transport()
        answers = await asyncio.gather(*(link.call("describe") for _ in range(5)))
        assert all(answer["timeline"] == "Cut" for answer in answers)

    run(work())


def test_a_copied_script_finds_the_mailbox_in_the_home(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody put the script in place by hand: no folder is written in it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    resolve = desk.open("free-21.1", world(film()), click=False)
    resolve.click(source_file())
    mailbox = Mailbox(tmp_path / ".local/share/cuemark/runtime/resolve")
    run(ScriptTransport(mailbox, desk.prefs_files, desk.processes).session())


def test_a_mailbox_that_cannot_be_written(desk: Desk) -> None:
    desk.mailbox.write_text("a file is in the way")
    with pytest.raises(StoreError) as caught:
        run(desk.script_transport().session())
    assert caught.value.code == "resolve_mailbox" and str(desk.mailbox) in caught.value.message


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_the_preferences_of_every_profile(platform: str, tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "APPDATA": str(tmp_path)}
    (default,) = prefs_files(platform, environ)
    other = default.parent.parent / "Jörg" / "Fusion.prefs"
    other.parent.mkdir(parents=True)
    other.touch()
    assert prefs_files(platform, environ) == [default, other]
    if platform == "linux":
        assert default == tmp_path / PREFS
