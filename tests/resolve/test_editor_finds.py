"""What a search found, on the timeline: temporary markers on the frames that show it, and nobody else's touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cuemark.core import settings as configuration
from cuemark.core.errors import HostError, OptionError
from cuemark.core.finds import Find, FindId, FindsOnTimeline
from cuemark.core.footage import Indexed
from cuemark.core.markers import CustomId
from cuemark.core.media import MediaInfo
from cuemark.core.timeline import OPEN, TimelineAddress
from cuemark.evidence.index.entry import IndexEntry, placeless
from cuemark.evidence.index.store import IndexStore
from tests.resolve.conftest import FLAVOURS
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, marker, world
from tests.resolve.test_editor_markers import footage, simple, users_markers
from tests.resolve.test_resolve_truth import CASES, EVENTS, FRAMES, true_markers
from tests.resolve.truth_worker import true_analysis

if TYPE_CHECKING:
    from tests.resolve.editor import Editor


def found_in(editor: Editor, path: Path, rate: Fraction, events: Sequence[tuple[int, int]] = EVENTS) -> list[Find]:
    """The events of some footage, as a search would find them."""
    media = known(editor, path)
    return [Find(media.fingerprint, a / rate, b / rate, f"event {n}", f"note {n}") for n, (a, b) in enumerate(events)]


def known(editor: Editor, path: Path) -> MediaInfo:
    """Puts some footage into the library; what is known of it."""
    media = replace(true_analysis(path).media, path=path)
    settings = configuration.load()
    IndexStore(settings.index).put(IndexEntry(media=placeless(media)))
    editor.start()
    with editor.daemon.connect() as client:
        assert client.import_entries([Indexed(media)]) == (1, ())
    return media


def show(editor: Editor, finds: Sequence[Find], name: str = "", **options: Any) -> FindsOnTimeline:
    """What the daemon says to these finds."""
    editor.start()
    with editor.daemon.connect() as client:
        return client.show_finds("resolve", finds, TimelineAddress(name=name), most=options.pop("most", 50), **options)


def clear(editor: Editor) -> tuple[int, int]:
    """How many were taken off, and how many markers are left."""
    with editor.daemon.connect() as client:
        done = client.remove_markers("resolve", "", OPEN, finds=True)
    return len(done.removed), done.left


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_finds_are_marked_where_every_edition_shows_them(editor: Editor, flavour: str) -> None:
    timelines, paths = [], {}
    for number, (name, case) in enumerate(CASES.items()):
        paths[name] = path = footage(editor, f"A{number:03}.mov", case.media_rate)
        items = [replace(item, media=Media(path, case.media_rate, FRAMES, "10:00:00:00")) for item in case.items]
        timelines.append(TimelineWorld(name, case.rate, [items], case.start_tc))
    resolve = editor.open(flavour, world(*timelines))
    for name, case in CASES.items():
        finds = found_in(editor, paths[name], case.media_rate)
        told = show(editor, finds, name, colour="Lemon")
        held = resolve.markers(name)
        found = {(f"m{m['name'].split()[1]}", frame, m["duration"]) for frame, m in held.items()}
        assert found and found == true_markers(case), name
        assert {m["color"] for m in held.values()} == {"Lemon"}
        assert sorted(m["customData"] for m in held.values()) == sorted(
            f"cuemark:find:{n}" for n in range(1, len(held) + 1)
        )
        assert [(p.frame, p.duration, p.marked_at) for p in told.placed] == [
            (frame, m["duration"], frame)
            for frame, m in sorted(held.items(), key=lambda each: FindId.parse(each[1]["customData"]).number)  # type: ignore[union-attr]
        ]
        assert told.left_out == () and [p.find for p in told.placed] == sorted(p.find for p in told.placed)


def test_what_is_used_twice_is_found_twice_and_what_no_clip_shows_is_not(editor: Editor) -> None:
    path = footage(editor, "B001.mov", Fraction(25))
    media = Media(path, Fraction(25), FRAMES)
    copy = editor.footage / "copy of it.mov"
    copy.write_bytes(path.read_bytes())
    items = [Item("a", 0, 150, media, first=90), Item("b", 300, 150, Media(copy, Fraction(25), FRAMES), first=90)]
    editor.open("free-21.1", world(TimelineWorld("Edit", Fraction(25), [items])))
    told = show(editor, found_in(editor, path, Fraction(25), [(700, 800), (96, 150), (180, 230)]))
    assert [(p.number, p.find, p.frame, p.duration, p.item) for p in told.placed] == [
        (1, 1, 6, 54, "a"), (2, 1, 306, 54, "b"), (3, 2, 90, 50, "a"), (4, 2, 390, 50, "b"),
    ]  # fmt: skip
    assert all(p.marked_at is None and p.problem == "" for p in told.placed) and told.markers == ()
    assert [p.number for p in show(editor, found_in(editor, path, Fraction(25)), most=1).placed] == [1]
    assert show(editor, []).placed == ()


def test_the_users_and_our_own_markers_stay_and_one_command_takes_finds_off(editor: Editor) -> None:
    resolve = editor.open("studio-21.1", world(simple(editor, markers=users_markers())))
    users = resolve.markers()
    path = editor.footage / "B001.mov"
    assert editor("analyze", "--json").code == 0
    before = resolve.markers()
    told = show(editor, found_in(editor, path, Fraction(25)), colour="Lemon")
    after = resolve.markers()
    finds = {frame: m for frame, m in after.items() if m["customData"].startswith("cuemark:find:")}
    assert len(finds) == len(told.placed) == 3 and {f: m for f, m in after.items() if f not in finds} == before
    for each in told.placed:
        assert each.marked_at in finds and each.marked_at not in before and abs(each.marked_at - each.frame) <= 12
        assert not each.problem
        assert finds[each.marked_at]["duration"] <= each.duration
    # Found again, nothing changes; found something else, the old ones go.
    assert (
        show(editor, found_in(editor, path, Fraction(25)), colour="Lemon").removed == 0 and resolve.markers() == after
    )
    other = show(editor, found_in(editor, path, Fraction(25), [(300, 350)]), colour="Mint")
    assert other.removed == len(finds) and len(resolve.markers()) == len(before) + 1
    # What is sent, sent again and undone meanwhile neither touches them nor is hindered.
    assert editor("analyze", "--json").json["removed"] == 0
    status = editor("status", "--json").json
    assert len(status["finds"]) == 1 and len(status["markers"]) == len(before) - len(users)
    assert status["other_markers"] == len(users)
    assert len(editor("undo", "--json").json["removed"]) == len(before) - len(users)
    assert len(resolve.markers()) == len(users) + 1
    assert clear(editor) == (1, len(users)) and resolve.markers() == users
    assert clear(editor) == (0, len(users))


def test_a_find_with_no_free_frame_near_it_says_so(editor: Editor) -> None:
    taken = {frame: marker("mine") for frame in range(80, 125)}
    resolve = editor.open("free-20", world(simple(editor, markers=taken)))
    told = show(
        editor, found_in(editor, editor.footage / "B001.mov", Fraction(25), [(96, 101), (191, 250)]), colour="Lemon"
    )
    assert [(p.frame, p.marked_at, bool(p.problem)) for p in told.placed] == [(96, None, True), (191, 191, False)]
    assert "no free frame" in told.placed[0].problem and len(resolve.markers()) == len(taken) + 1


def test_finds_of_clips_that_cannot_be_followed_are_named(editor: Editor) -> None:
    path = footage(editor, "C001.mov", Fraction(25))
    media = Media(path, Fraction(25), FRAMES)
    items = [
        Item("good", 0, 200, media),
        Item("ramp", 300, 100, media, first=90, extra={"ramp_span": 170, "ramp_offset": 700}),
        Item("muted", 500, 200, media, extra={"disabled": True}),
    ]
    editor.open("free-21.1", world(TimelineWorld("Edit", Fraction(25), [items])))
    told = show(editor, found_in(editor, path, Fraction(25)))
    assert {each.item for each in told.left_out} == {"ramp", "muted"}
    assert {p.item for p in told.placed} == {"good"}


def test_in_and_out_points_hold_for_finds(editor: Editor) -> None:
    resolve = editor.open("studio-21.1", world(simple(editor, extra={"in_out": {"in": 100, "out": 220}})))
    told = show(editor, found_in(editor, editor.footage / "B001.mov", Fraction(25)), in_out=True, colour="Lemon")
    assert told.placed and all(p.frame in range(100, 221) and p.frame + p.duration <= 221 for p in told.placed), (
        told.placed
    )
    assert all(100 <= frame <= 220 for frame in resolve.markers())


def test_the_playhead_goes_to_a_find_by_its_number(editor: Editor) -> None:
    editor.open("free-21.1", world(simple(editor)))
    told = show(editor, found_in(editor, editor.footage / "B001.mov", Fraction(25)), colour="Lemon")
    with editor.daemon.connect() as client:
        went = client.go_to("resolve", find=2)
        assert went.frame == told.placed[1].marked_at and went.marker is not None
        assert client.describe_timeline("resolve").timeline.description.playhead == went.frame
        with pytest.raises(OptionError) as caught:
            client.go_to("resolve", find=99)
        assert caught.value.code == "host_marker_unknown" and "99" in str(caught.value)
        with pytest.raises(OptionError):
            client.show_finds("resolve", [], most=5, colour="Chartreuse")
        with pytest.raises(HostError):
            client.show_finds("resolve", [], TimelineAddress(name="no such timeline"), most=5)


def test_ids_of_finds_are_of_a_kind_of_their_own() -> None:
    assert FindId.parse(str(FindId(12))) == FindId(12)
    assert CustomId.parse(str(FindId(12))) is None and FindId.parse(str(CustomId("0a1b", "m1", 3))) is None
    assert [FindId.parse(text) for text in ("", "cuemark:find:", "cuemark:find:0", "cuemark:find:1:2")] == [None] * 4
