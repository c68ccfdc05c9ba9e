"""`cuemark resolve find`, as an editor types it: a table, temporary markers, the playhead, and what is missing."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from tests.resolve.conftest import FLAVOURS
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, world
from tests.resolve.test_editor_finds import known
from tests.resolve.test_editor_markers import footage, simple, users_markers
from tests.resolve.test_resolve_truth import FRAMES

if TYPE_CHECKING:
    from tests.resolve.editor import Editor


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_found_marked_gone_to_and_cleared_in_every_edition(editor: Editor, flavour: str) -> None:
    resolve = editor.open(flavour, world(simple(editor, markers=users_markers())))
    users = resolve.markers()
    known(editor, editor.footage / "B001.mov")
    ran = editor("find", "event")
    assert ran.code == 0, ran.err
    lines = [line.split() for line in ran.out.splitlines() if line[:3].strip().isdigit()]
    assert [(line[0], line[1]) for line in lines] == [
        ("1", "01:00:03:21"), ("2", "01:00:07:16"), ("3", "01:00:26:00"),
    ]  # fmt: skip
    assert "90 %" in ran.out and 'said "about event 1"' in ran.out and "Edit: 3 places." in ran.out
    assert "note: A notice." in ran.err and resolve.markers() == users, "nothing is marked unasked"
    told = editor("find", "event", "--mark", "--goto", "2", "--json").json
    finds = {f: m for f, m in resolve.markers().items() if m["customData"].startswith("cuemark:find:")}
    assert {f: m for f, m in resolve.markers().items() if f not in finds} == users
    assert [(each["frame"], each["duration"]) for each in told["finds"]] == [(96, 95), (191, 239), (650, 310)]
    assert sorted(each["marker"] for each in told["finds"]) == sorted(finds)
    assert {m["color"] for m in finds.values()} == {"Lemon"} and told["playhead"] == 191
    assert {m["name"] for m in finds.values()} == {"event (90 %)", "event (80 %)", "event (70 %)"}
    with editor.daemon.connect() as client:
        assert client.describe_timeline("resolve").timeline.description.playhead == 191
    went = editor("find", "--goto", "3", "--json").json
    assert went["frame"] == told["finds"][2]["marker"] and went["marker"]["name"] == "event (70 %)"
    ran = editor("find", "event 2", "--mark", "--color", "mint")
    assert ran.code == 0 and "1 place, 1 marker, 3 of the last search removed." in ran.out
    ran = editor("find", "--clear")
    assert ran.code == 0 and ran.out == f"Edit: 1 marker of the search removed, {len(users)} left.\n"
    assert resolve.markers() == users
    assert "0 markers of the search removed" in editor("find", "--clear").out


def test_nothing_found_says_so_and_takes_the_last_searchs_markers_off(editor: Editor) -> None:
    resolve = editor.open("free-21.1", world(simple(editor)))
    known(editor, editor.footage / "B001.mov")
    assert editor("find", "event", "--mark").code == 0 and len(resolve.markers()) == 3
    ran = editor("find", "no such thing", "--mark")
    assert ran.code == 0 and "Edit: 0 places, 0 markers, 3 of the last search removed." in ran.out
    assert resolve.markers() == {}
    ran = editor("find", "no such thing", "--goto", "1", "--json")
    assert ran.code == 2 and ran.error == "find_unknown"
    assert editor("find", "--goto", "1", "--json").error == "host_marker_unknown"


def test_only_so_many_places_and_all_of_them_where_files_have_more_than_clips_show(editor: Editor) -> None:
    path = footage(editor, "long.mov", Fraction(25), moments=[(20 * n, 20 * n + 10) for n in range(50)])
    media = Media(path, Fraction(25), FRAMES)
    items = [Item("end", 0, 120, media, first=880), Item("again", 120, 120, media, first=880)]
    editor.open("free-21.1", world(TimelineWorld("Edit", Fraction(25), [items])))
    known(editor, path)
    told = editor("find", "event", "--top", "3", "--json").json
    assert [each["frame"] for each in told["finds"]] == [0, 120, 20], "what is used twice is found twice"
    assert len(editor("find", "event", "--json").json["finds"]) == 10


def test_footage_that_is_not_in_the_library_is_named_with_the_way_to_index_it(editor: Editor) -> None:
    one, two = (footage(editor, name, Fraction(25)) for name in ("one.mov", "two it's.mov"))
    items = [Item(path.name, 500 * at, 400, Media(path, Fraction(25), FRAMES)) for at, path in enumerate((one, two))]
    editor.open("free-21.1", world(TimelineWorld("Edit", Fraction(25), [items])))
    ran = editor("find", "event")
    assert ran.code == 1 and "one.mov, two it's.mov are not in the library" in ran.err, ran.err
    assert "--index" in ran.err and "cuemark index " in ran.err and str(one) in ran.err
    assert editor("find", "event", "--json").error == "find_nothing_indexed"
    known(editor, one)
    ran = editor("find", "event")
    assert ran.code == 0 and "two it's.mov is not in the library and not searched" in ran.err and "one.mov" in ran.out
    told = editor("find", "event", "--json").json
    assert told["not_indexed"] == [str(two)] and {each["item"] for each in told["finds"]} == {"one.mov"}


def test_what_cannot_be_asked_is_refused_before_resolve_is(editor: Editor) -> None:
    """No Resolve is open: were it asked, the answer would be another."""
    refused = {
        "find_nothing": [[], ["--mark"], ["  "], ["--mark", "--goto", "1"]],
        "find_clear": [["--clear", "car"], ["--clear", "--mark"], ["--clear", "--goto", "1"]],
        "marker_colour_unknown": [["car", "--mark", "--color", "Chartreuse"]],
    }
    for code, calls in refused.items():
        for words in calls:
            ran = editor("find", *words, "--json")
            assert (ran.code, ran.error) == (2, code), words
    ran = editor("find", "car", "--json")
    assert ran.code == 1 and ran.error.startswith("resolve_")
    assert editor("find", "car", "--goto", "0").code == 2
