"""What editors do all day, and what becomes of the markers: cutting up, rippling, muting tracks, closing unsaved."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from tests.resolve.conftest import FLAVOURS
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, world
from tests.resolve.test_editor_markers import footage, simple
from tests.resolve.test_resolve_truth import FRAMES

if TYPE_CHECKING:
    from tests.resolve.editor import Editor
    from tests.resolve.simulated.client import SimulatedResolve

RATE = Fraction(25)
CHAPTERS = [(0, 1000), (1000, 1550), (1550, 2500)]
MOMENTS = [(50, 450), (550, 950), (1125, 1450), (1600, 2000), (2100, 2400)]


def interview(editor: Editor, name: str = "Interview") -> TimelineWorld:
    """Thirteen answers with a second cut out behind each."""
    path = footage(editor, "interview.mov", RATE, 2500, moments=MOMENTS, chapters=CHAPTERS)
    media = Media(path, RATE, 2500)
    items = [Item(f"answer {n}", n * 165, 165, media, first=n * 190) for n in range(13)]
    return TimelineWorld(name, RATE, [items])


@pytest.mark.parametrize("flavour", ["free-21.1", pytest.param("studio-18", marks=pytest.mark.slow)])
def test_a_cut_up_interview(editor: Editor, flavour: str) -> None:
    resolve = editor.open(flavour, world(interview(editor)))
    told = editor("analyze", "--json").json
    held = resolve.markers()
    assert sorted(h["name"] for h in held.values()) == [
        *(f"Part {n}" for n in (1, 2, 3)),
        *(f"event {n}" for n in range(1, 6)),
    ]
    shows = [n * 190 + frame for n in range(13) for frame in range(165)]
    for kind, wanted in (("Part", CHAPTERS), ("event", MOMENTS)):
        for number, (first, after) in enumerate(wanted, 1):
            (at,) = (frame for frame, h in held.items() if h["name"] == f"{kind} {number}")
            inside = [frame for frame, shown in enumerate(shows) if first <= shown < after]
            end = at + 1 if kind == "Part" else inside[-1] + 1
            assert (at, at + held[at]["duration"]) == (inside[0], end), (kind, number)
    assert told["left_out"] == [] and editor("analyze", "--json").json["unchanged"] == 8


def marked(editor: Editor, flavour: str = "free-21.1") -> tuple[SimulatedResolve, dict[str, Any]]:
    """A timeline with our markers on it."""
    resolve = editor.open(flavour, world(simple(editor)))
    sent = editor("analyze", "--json").json
    assert len(sent["markers"]) == len(resolve.markers()) > 4
    return resolve, sent


def test_markers_lost_with_an_unsaved_project_come_back_and_it_is_said(editor: Editor) -> None:
    resolve, sent = marked(editor)
    before = resolve.markers()
    resolve.ask("close_without_saving")
    assert not resolve.markers()
    again = editor("analyze", "--json").json
    assert resolve.markers() == before and again["added"] == len(before)
    assert not again["edits"] and not again["dropped"]
    assert [w["code"] for w in again["warnings"] if w["code"] == "markers_restored"] == ["markers_restored"]
    # By `send`, too, and in words.
    resolve.ask("close_without_saving")
    ran = editor("send", sent["markers"][0]["analysis"])
    assert resolve.markers() == before and f"{len(before)} of Cuemark's markers were gone" in ran.err
    assert "markers were gone" not in editor("analyze").err


def test_single_markers_stay_deleted_also_when_the_rest_is_lost(editor: Editor) -> None:
    resolve, _ = marked(editor)
    resolve.ask("save")
    before = resolve.markers()
    gone = sorted(before)[1]
    resolve.mark(gone, None)
    ran = editor("analyze")
    assert gone not in resolve.markers() and "you deleted it" in ran.err and "--discard-edits" in ran.err
    for frame in resolve.markers():
        resolve.mark(frame, None)
    editor("analyze")
    assert resolve.markers() == {frame: held for frame, held in before.items() if frame != gone}
    editor("analyze", "--discard-edits")
    assert resolve.markers() == before


def test_a_project_that_comes_back_with_the_markers_of_before_is_nobodys_edit(editor: Editor) -> None:
    resolve, _ = marked(editor)
    renamed = sorted(resolve.markers())[2]
    resolve.mark(renamed, {**resolve.markers()[renamed], "name": "mine"})
    editor("analyze")
    resolve.ask("save")
    editor("analyze", "--moment-color", "Mint", "--chapter-color", "Rose", "--no-pull")
    after = resolve.markers()
    assert {held["color"] for held in after.values()} == {"Mint", "Rose"}
    resolve.ask("close_without_saving")
    assert {held["color"] for held in resolve.markers().values()} == {"Sky", "Purple"}
    ran = editor("analyze", "--moment-color", "Mint", "--chapter-color", "Rose", "--json")
    assert resolve.markers() == after and after[renamed]["name"] == "mine"
    assert [edit["changes"] for edit in ran.json["edits"]] == [["renamed"]]
    assert "markers_restored" in [warning["code"] for warning in ran.json["warnings"]]
    # One that its user gives an earlier colour again keeps it.
    resolve.mark(0, {**resolve.markers()[0], "color": "Purple"})
    editor("analyze", "--moment-color", "Mint", "--chapter-color", "Rose")
    assert resolve.markers()[0]["color"] == "Purple"


@pytest.mark.parametrize("by", [37, -60])
def test_markers_that_ripple_with_an_edit_are_nobodys_edit(editor: Editor, by: int) -> None:
    """The second clip moves, and Resolve moves our markers and the user's along."""
    resolve, sent = marked(editor)
    resolve.ask("ripple", at=550, by=by)
    rippled = resolve.markers()
    again = editor("analyze", "--json").json
    assert (again["added"], again["changed"], again["removed"]) == (0, 0, 0)
    assert resolve.markers() == rippled and not again["edits"]
    # A new analysis replaces them all, so none counted as touched.
    editor("analyze", "--again", "--json")
    assert {h["customData"].split(":")[1] for h in resolve.markers().values()} != {sent["markers"][0]["analysis"]}
    assert sorted(resolve.markers()) == sorted(rippled)
    # What the user moves by hand stays there, also when it ripples later.
    last = max(rippled)
    held = resolve.markers()[last]
    resolve.mark(last, None)
    resolve.mark(last + 9, held)
    editor("analyze")
    resolve.ask("ripple", at=550, by=20)
    editor("analyze")
    assert last + 29 in resolve.markers() and last + 20 not in resolve.markers()


def test_markers_that_moved_together_without_their_clips_go_back(editor: Editor) -> None:
    resolve, _ = marked(editor)
    before = resolve.markers()
    late = {frame: held for frame, held in before.items() if frame >= 150}
    for frame in late:
        resolve.mark(frame, None)
    for frame, held in late.items():
        resolve.mark(frame + 11, held)
    again = editor("analyze", "--json").json
    assert resolve.markers() == before and not again["edits"]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_what_lies_on_a_disabled_track_is_not_marked_and_the_track_is_named(editor: Editor, flavour: str) -> None:
    one, two = footage(editor, "one.mov", RATE), footage(editor, "two.mov", RATE)
    timeline = TimelineWorld(
        "Edit", RATE,
        [[Item("a", 0, 300, Media(one, RATE, FRAMES))], [Item("b", 300, 300, Media(two, RATE, FRAMES))],
         [Item("c", 600, 300, Media(one, RATE, FRAMES))]],
        audio=[[Item("a", 0, 300, Media(one, RATE, FRAMES)), Item("d", 900, 300, Media(one, RATE, FRAMES))]],
        track_names=["", "B-roll", "Alternative"], disabled_tracks=[2, 3],
    )  # fmt: skip
    resolve = editor.open(flavour, world(timeline))
    ran = editor("analyze", "--json")
    assert ran.code == 0 and editor.analysed() == ["one.mov"]
    assert sorted(resolve.markers()) == [96, 191]
    told = {each["item"]: each for each in ran.json["left_out"]}
    assert set(told) == {"b", "c"} and 'V2 "B-roll" is disabled' in told["b"]["reason"]
    assert (told["c"]["track"], told["c"]["track_name"], told["c"]["timecode"]) == (3, "Alternative", "01:00:24:00")
    assert '"event 1" at 3.8 s' in told["c"]["reason"]
    assert 'left out: c (V3 "Alternative" at 01:00:24:00): its track' in editor("analyze").err
    # Turned on, it is marked like any other.
    resolve.ask("timeline", disabled_tracks=[2])
    assert editor("analyze", "--json").code == 0 and sorted(resolve.markers()) == [96, 191, 696, 791]


@pytest.mark.parametrize("flavour", ["free-21.1", "free-20"])
def test_in_and_out_points_bound_what_is_done_and_stay_as_they_are(editor: Editor, flavour: str) -> None:
    one, two = footage(editor, "one.mov", RATE), footage(editor, "two.mov", RATE)
    items = [
        Item("a", 0, 300, Media(one, RATE, FRAMES)), Item("b", 300, 300, Media(two, RATE, FRAMES)),
        Item("c", 600, 300, Media(one, RATE, FRAMES)),
    ]  # fmt: skip
    resolve = editor.open(flavour, world(TimelineWorld("Edit", RATE, [items])))
    assert editor("analyze", "--in-out", "--json").error == "host_in_out_unset"
    points = {"in": 100, "out": 249}
    resolve.ask("timeline", in_out=points)
    assert "01:00:04:00 to 01:00:09:24" in editor("status").out
    ran = editor("analyze", "--in-out", "--json")
    assert ran.code == 0 and editor.analysed() == ["one.mov"], "only what is shown there"
    assert {f: h["duration"] for f, h in resolve.markers().items()} == {100: 91, 191: 59}
    assert ran.json["timeline"]["in_out"] == [100, 250]
    everything = editor("analyze", "--json")
    assert everything.code == 0 and sorted(resolve.markers()) == [96, 191, 396, 491, 696, 791]
    # From then on what lies outside stays as it is: other markers, and those of other kinds there.
    inside = sorted(resolve.markers())[1]
    resolve.ask("timeline", in_out={"in": 150, "out": 400})
    recoloured = editor("analyze", "--in-out", "--moment-color", "Mint", "--json")
    assert recoloured.code == 0
    colours = {frame: held["color"] for frame, held in resolve.markers().items()}
    assert {f: c for f, c in colours.items() if f in (96, 191, 396, 491, 696, 791)} == {
        96: "Sky", inside: "Mint", 396: "Mint", 491: "Sky", 696: "Sky", 791: "Sky",
    }  # fmt: skip
    assert editor("undo", "--in-out", "--json").code == 0
    assert sorted(resolve.markers()) == [96, 491, 696, 791]
    assert not {"SetMarkInOut", "ClearMarkInOut", "SetCurrentTimecode"} & set(resolve.state()["calls"])
    assert editor("analyze", "--json").code == 0 and sorted(resolve.markers()) == [96, 191, 396, 491, 696, 791]


def test_a_version_without_in_and_out_points_says_so(editor: Editor) -> None:
    editor.open("studio-18", world(simple(editor)))
    for arguments in (["analyze"], ["undo"]):
        ran = editor(*arguments, "--in-out", "--json")
        assert ran.error == "host_in_out_unknown" and "18.6.6" in ran.err
    path = str(editor.footage / "B001.mov")
    assert editor("analyze", "--json").code == 0
    assert editor("send", path, "--in-out", "--json").error == "host_in_out_unknown"


def test_a_timeline_of_titles_is_not_told_to_relink(editor: Editor) -> None:
    (editor.footage / "shot.0001.exr").touch()
    sequence = Media(editor.footage / "shot.[0001-0100].exr", RATE, 100, kind="Bildsequenz")
    items = [Item("Text+", 0, 50), Item("shot", 50, 100, sequence)]
    editor.open("free-21.1", world(TimelineWorld("Edit", RATE, [items])))
    ran = editor("analyze", "--json")
    assert ran.error == "resolve_no_footage" and "Relink" not in ran.err and "offline" not in ran.err
    assert "Text+ (V1 at 01:00:00:00): a title" in ran.err
    assert "shot (V1 at 01:00:02:00): image sequence" in ran.err


def test_many_titles_are_one_line(editor: Editor) -> None:
    path = footage(editor, "one.mov", RATE)
    items = [Item("a", 0, 300, Media(path, RATE, FRAMES)), *(Item("Text+", 300 + n * 25, 25) for n in range(30))]
    editor.open("free-21.1", world(TimelineWorld("Edit", RATE, [items])))
    ran = editor("analyze")
    (line,) = (line for line in ran.err.splitlines() if "Text+" in line)
    assert "(V1 at 01:00:12:00, 01:00:13:00, 01:00:14:00 and 27 more): a title" in line
    assert len(editor("analyze", "--json").json["left_out"]) == 30


@pytest.mark.parametrize("flavour", ["free-21.1", "free-20", "studio-21.1"])
def test_the_free_edition_is_not_told_of_a_module_it_cannot_have(editor: Editor, flavour: str) -> None:
    editor.open(flavour, world(simple(editor)), click=False)
    assert "Python module" not in editor("status").out
    editor.resolves[0].click(editor.script)
    ran = editor("status")
    assert ran.code == 0 and ("not installed here" in ran.out) is flavour.startswith("studio")
    assert ("only way into the Free edition" in ran.out) is flavour.startswith("free")


def test_a_retime_that_nothing_confirms_is_said(editor: Editor) -> None:
    path = footage(editor, "slow.mov", Fraction(50), 2200)
    media = Media(path, Fraction(50), 2200)
    items = [Item("slow", 0, 600, media, speed=Fraction(1, 2)), Item("usual", 600, 300, media)]
    editor.open("free-20", world(TimelineWorld("Edit", RATE, [items])))
    ran = editor("analyze")
    assert "slow (V1 at 01:00:00:00): taken to play at one speed" in ran.err and "usual" not in ran.err
