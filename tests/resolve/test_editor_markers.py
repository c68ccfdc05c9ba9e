"""What an editor gets: one click, one command, and markers on the frames that show it, in every edition."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cuemark.core.jobs import AnalyzeSpec
from tests.resolve.conftest import FLAVOURS, wait_until
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, marker, world
from tests.resolve.test_resolve_truth import CASES, EVENTS, FRAMES, true_markers
from tests.resolve.truth_worker import write_truth

if TYPE_CHECKING:
    from tests.resolve.editor import Editor


def footage(editor: Editor, name: str, rate: Fraction, frames: int = FRAMES, **more: Any) -> Path:
    """A file in which the events happen."""
    path = editor.footage / name
    write_truth(path, rate, frames, more.pop("moments", EVENTS), **more)
    return path


def all_cases(editor: Editor) -> dict[str, Any]:
    """One timeline a case, each with footage of its own."""
    timelines = []
    for number, (name, case) in enumerate(CASES.items()):
        path = footage(editor, f"A{number:03} ä.mov", case.media_rate)
        items = [replace(item, media=Media(path, case.media_rate, FRAMES, "10:00:00:00")) for item in case.items]
        timelines.append(TimelineWorld(name, case.rate, [items], case.start_tc))
    return world(*timelines)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_one_command_from_a_click_to_a_marked_timeline(editor: Editor, flavour: str) -> None:
    resolve = editor.open(flavour, all_cases(editor))
    for name, case in CASES.items():
        ran = editor("analyze", "--timeline", name, "--no-chapter-markers", "--json")
        assert ran.code == 0, ran.err
        held = resolve.markers(name)
        # Events are numbered from 1 in ids and from 0 in the truth.
        found = {(f"m{int(h['customData'].split(':')[2][1:]) - 1}", f, h["duration"]) for f, h in held.items()}
        assert found and found == true_markers(case), name
        told = {(m["frame"], m["duration"], m["color"], m["name"], m["custom_data"]) for m in ran.json["markers"]}
        assert told == {(f, h["duration"], h["color"], h["name"], h["customData"]) for f, h in held.items()}
        assert ran.json["left_out"] == []
        assert [file["media"]["fps"] for file in ran.json["files"]] == [
            f"{case.media_rate.numerator}/{case.media_rate.denominator}"
        ]


def simple(editor: Editor, **more: Any) -> TimelineWorld:
    """25 fps, one file used twice, with chapters."""
    path = footage(editor, "B001.mov", Fraction(25), chapters=[(0, 150), (150, 1100)])
    media = Media(path, Fraction(25), FRAMES)
    return TimelineWorld(
        "Edit", Fraction(25), [[Item("a", 0, 500, media), Item("b", 600, 400, media, first=650)]], **more
    )


def users_markers() -> dict[int, dict[str, Any]]:
    """Twenty of the user's own, some on the very frames we want, one with data of another program."""
    wanted = [0, 96, 150, 191, 650, 97, 98]
    frames = [*wanted, *range(200, 460, 20)]
    return {frame: marker(f"mine {frame} ✂", "Green", 1 + frame % 3, "note\n“ü”", f"other:{frame}") for frame in frames}


def test_again_changes_nothing_and_undo_leaves_the_users_own_as_they_were(editor: Editor) -> None:
    resolve = editor.open("free-21.1", world(simple(editor, markers=users_markers())))
    before = resolve.markers()
    assert len(before) == 20
    first = editor("analyze", "--json").json
    after_first = resolve.markers()
    assert len(after_first) == 20 + len(first["markers"]) and first["added"] == len(first["markers"]) > 4
    again = editor("analyze", "--json").json
    assert resolve.markers() == after_first
    assert (again["added"], again["changed"], again["removed"]) == (0, 0, 0)
    assert again["markers"] == first["markers"]
    assert editor.analysed() == ["B001.mov"]
    undone = editor("undo", "--json").json
    assert len(undone["removed"]) == len(first["markers"]) and undone["left"] == 20
    assert resolve.markers() == before
    assert editor("undo", "--json").json["removed"] == []


def test_occupied_frames_move_markers_by_less_than_half_a_second_within_their_clip(editor: Editor) -> None:
    resolve = editor.open("free-21.1", world(simple(editor, markers=users_markers())))
    taken = set(resolve.markers())
    told = editor("analyze", "--json").json["markers"]
    frames = [m["frame"] for m in told]
    assert len(set(frames)) == len(frames) and not taken & set(frames)
    # Where they would lie: both clips' events and chapters.
    for m in told:
        assert min(abs(m["frame"] - wish) for wish in (0, 96, 150, 191, 600, 650)) <= 12, m
        assert (
            0 <= m["frame"] < m["frame"] + m["duration"] <= 500
            or 600 <= m["frame"] <= m["frame"] + m["duration"] <= 1000
        )


def test_footage_can_be_analysed_beside_the_editors_own_work(editor: Editor) -> None:
    editor.open("free-21.1", world(simple(editor)))
    assert editor("analyze", "--gentle", "--vram", "2G", "--json").code == 0
    with editor.daemon.connect() as client:
        options = [job.spec.options for job in client.list_jobs() if isinstance(job.spec, AnalyzeSpec)]
    assert [(one.gentle, str(one.vram)) for one in options] == [(True, "2G")]


def test_what_the_user_changed_of_ours_is_kept_until_told_otherwise(editor: Editor) -> None:
    resolve = editor.open("studio-18", world(simple(editor)))
    first = editor("analyze", "--json").json
    moment, gone = (m for m in first["markers"] if m["kind"] == "moment" and m["frame"] < 500)
    held = resolve.markers()[moment["frame"]]
    resolve.mark(moment["frame"], None)
    resolve.mark(moment["frame"] + 30, {**held, "name": "mine now"})
    resolve.mark(gone["frame"], None)
    again = editor("analyze", "--again", "--json").json
    assert editor.analysed() == ["B001.mov"] * 2
    names = {held["name"]: frame for frame, held in resolve.markers().items()}
    assert names["mine now"] == moment["frame"] + 30 and gone["frame"] not in resolve.markers()
    assert {tuple(edit["changes"]) for edit in again["edits"]} >= {("moved", "renamed"), ("deleted",)}
    undone = editor("send", again["files"][0]["media"]["path"], "--discard-edits", "--json").json
    assert undone["added"] + undone["changed"] and "mine now" not in {h["name"] for h in resolve.markers().values()}
    assert {(m["frame"], m["name"]) for m in undone["markers"]} == {(m["frame"], m["name"]) for m in first["markers"]}


def test_markers_follow_what_is_deleted_merged_split_and_added(editor: Editor) -> None:
    resolve = editor.open("studio-18", world(simple(editor)))
    path = editor("analyze", "--no-chapter-markers", "--json").json["files"][0]["media"]["path"]
    resolve.mark(191, {**resolve.markers()[191], "name": "mine now"})

    def edit(*words: str) -> list[tuple[str, int, int]]:
        """What our markers stand for, with frame and length, after an edit was sent."""
        ran = editor.cuemark("analyses", "edit", path, *words)
        assert ran.code == 0, ran.err
        assert editor("send", path, "--no-chapter-markers", "--json").code == 0
        held = sorted(resolve.markers().items())
        return [(marker["customData"].split(":")[2], frame, marker["duration"]) for frame, marker in held]

    assert edit("m3", "--split", "800f", "--caption", "second half") == [
        ("m1", 96, 95), ("m2", 191, 239), ("m3", 650, 100), ("m4", 750, 210)
    ]  # fmt: skip
    assert resolve.markers()[750]["name"] == "second half" and resolve.markers()[191]["name"] == "mine now"
    assert edit("m3", "--merge") == [("m1", 96, 95), ("m2", 191, 239), ("m3", 650, 310)]
    assert edit("m2", "--delete") == [("m1", 96, 95), ("m3", 650, 310)]  # though it was renamed on the timeline
    assert edit("m2", "--undo") == [("m1", 96, 95), ("m2", 191, 239), ("m3", 650, 310)]
    assert edit("m2", "m1", "--merge") == [("m2", 96, 334), ("m3", 650, 310)]
    assert edit("--add", "2-3", "--caption", "seen by me")[0] == ("m5", 50, 25)


def test_every_clip_that_cannot_be_mapped_is_named(editor: Editor) -> None:
    good = footage(editor, "good.mov", Fraction(25))
    bad = footage(editor, "bad.mov", Fraction(25), fails=True)
    (editor.footage / "logo.png").write_bytes(b"picture")
    media = Media(good, Fraction(25), FRAMES)
    items = [
        Item("good", 0, 300, media),
        Item("ramp", 300, 100, media, first=500, extra={"ramp_span": 170, "ramp_offset": 700}),
        Item("offline", 400, 100, Media(editor.footage / "gone.mov", Fraction(25), 500)),
        Item("bad", 500, 100, Media(bad, Fraction(25), 500)),
        Item("nested", 600, 100, Media("", Fraction(25), 100, kind="Timeline")),
        Item("titles", 700, 50),
        Item("logo", 750, 50, Media(editor.footage / "logo.png", Fraction(25), 1, kind="Still")),
        Item("muted", 800, 50, media, extra={"disabled": True}),
        Item("imported", 850, 50, media, first=5, extra={"imported": True}),
    ]
    resolve = editor.open("free-21.1", world(TimelineWorld("Edit", Fraction(25), [items])))
    ran = editor("analyze", "--json")
    assert ran.code == 1 and "bad.mov" in ran.err
    told = {each["item"]: each["reason"] for each in ran.json["left_out"]}
    assert set(told) == {item.name for item in items} - {"good"}, told
    assert told["ramp"].startswith("speed ramp") and "cannot be read" in told["bad"]
    assert told["offline"] == 'offline: "gone.mov" is not there; relink it in Resolve'
    assert "title" in told["titles"] and "still image" in told["logo"] and "disabled" in told["muted"]
    places = {each["item"]: (each["track"], each["timecode"]) for each in ran.json["left_out"]}
    assert places["logo"] == (1, "01:00:30:00"), places
    assert not [each for each in ran.json["left_out"] if re.search(r"\bm\d", each["reason"])], "no ids"
    assert all(frame < 300 for frame in resolve.markers()) and resolve.markers()
    assert len(ran.json["files"]) == 2 and ran.json["files"][1]["error"]["code"] == "media_unreadable"


def test_a_moment_of_which_only_a_sliver_is_shown_is_named(editor: Editor) -> None:
    path = footage(editor, "E001.mov", Fraction(25), chapters=[(0, 1100)])
    media = Media(path, Fraction(25), FRAMES)
    one = TimelineWorld("One", Fraction(25), [[Item("a", 0, 240, media, first=188)]])
    two = TimelineWorld("Two", Fraction(25), [[Item("a", 0, 240, media, first=188), Item("b", 240, 188, media)]])
    resolve = editor.open("free-21.1", world(one, two))
    ran = editor("analyze", "--json")
    reason = 'shows too little to mark of "event 1" at 3.8 s of its file'
    told = [{"item": "a", "reason": reason, "track": 1, "track_name": "Video 1", "frame": 0, "timecode": "01:00:00:00"}]
    assert ran.code == 0 and ran.json["left_out"] == told and sorted(resolve.markers("One")) == [0, 3]
    assert f"left out: a (V1 at 01:00:00:00): {reason}" in editor("analyze").err
    assert editor("analyze", "--no-moment-markers", "--json").json["left_out"] == []
    assert editor("analyze", "--timeline", "Two", "--json").json["left_out"] == []


def test_a_moved_or_copied_file_is_the_same_footage(editor: Editor) -> None:
    path = footage(editor, "C001.mov", Fraction(25))
    copy = editor.footage / "copy of C001.mov"
    copy.write_bytes(path.read_bytes())
    items = [
        Item("a", 0, 300, Media(path, Fraction(25), FRAMES)),
        Item("b", 300, 300, Media(copy, Fraction(25), FRAMES)),
    ]
    resolve = editor.open("free-21.1", world(TimelineWorld("Edit", Fraction(25), [items])))
    ran = editor("analyze", "--json", "--no-chapter-markers")
    assert ran.code == 0, ran.err
    assert editor.analysed() == ["C001.mov"]
    assert sorted(resolve.markers()) == [96, 191, 396, 491]
    renamed = path.with_name("renamed.mov")
    path.rename(renamed)
    truth = ran.json["markers"][0]["analysis"]
    assert editor("send", truth, "--json", "--no-chapter-markers").code == 0
    # The clip whose file is gone is offline now; the copy still shows the footage.
    assert sorted(resolve.markers()) == [396, 491]


def test_selected_clips_only(editor: Editor) -> None:
    one, two = footage(editor, "one.mov", Fraction(25)), footage(editor, "two.mov", Fraction(25))
    items = [Item("a", 0, 300, Media(one, Fraction(25), FRAMES)), Item("b", 300, 300, Media(two, Fraction(25), FRAMES))]
    opened = world(TimelineWorld("Edit", Fraction(25), [items]))
    resolve = editor.open("free-21.1", opened)
    assert editor("analyze", "--selected", "--json").error == "resolve_nothing_selected"
    resolve.ask("timeline", selected=[opened["timelines"][0]["tracks"][0][1]["id"]])
    assert editor("analyze", "--selected", "--json").code == 0
    assert editor.analysed() == ["two.mov"] and min(resolve.markers()) >= 300


def test_goto_status_and_a_timeline_that_is_not_open(editor: Editor) -> None:
    other = replace(simple(editor), name="Other", start_tc="00:59:50:00")
    resolve = editor.open("free-20", world(simple(editor), other))
    sent = editor("analyze", "--timeline", "Other", "--json").json
    assert resolve.markers("Other") and not resolve.markers("Edit") and sent["timeline"]["open"] is False
    assert editor("goto", "1", "--timeline", "Other", "--json").error == "resolve_timeline_not_open"
    editor("analyze")
    told = editor("status", "--json").json
    assert told["way"] == "script" and told["edition"] == "free" and told["timeline"]["name"] == "Edit"
    assert [m["frame"] for m in told["markers"]] == sorted(resolve.markers("Edit"))
    went = editor("goto", "3", "--json").json
    assert went["frame"] == told["markers"][2]["frame"] == resolve.state()["playhead"]
    assert editor("goto", "30f").out == "01:00:01:05\n" and resolve.state()["playhead"] == 30
    assert editor("goto", "01:00:04:00").code == 0 and resolve.state()["playhead"] == 100
    assert editor("goto", "99", "--json").error == "host_marker_unknown"
    assert editor("goto", "99999f", "--json").error == "frame_outside"
    text = editor("status").out
    assert "DaVinci Resolve 20" in text and "Edit (25 fps from 01:00:00:00" in text


def test_markers_of_one_analysis_go_and_the_others_stay(editor: Editor) -> None:
    one, two = footage(editor, "one.mov", Fraction(25)), footage(editor, "two.mov", Fraction(25))
    items = [Item("a", 0, 300, Media(one, Fraction(25), FRAMES)), Item("b", 300, 300, Media(two, Fraction(25), FRAMES))]
    resolve = editor.open("free-21.1", world(TimelineWorld("Edit", Fraction(25), [items])))
    sent = editor("analyze", "--json").json
    first = sent["markers"][0]["analysis"]
    # Deleted from the library, its markers can still be taken off.
    editor.daemon.connect(start=False).delete_analysis(first)
    assert editor("undo", first[:6], "--json").code == 0
    assert resolve.markers() and min(resolve.markers()) >= 300
    assert editor("undo", "ffffffff", "--json").error == "analysis_not_found"
    assert editor("undo", str(two), "--json").json["left"] == 0


def test_colours_and_kinds_of_markers(editor: Editor) -> None:
    resolve = editor.open("free-21.1", world(simple(editor)))
    assert editor("analyze", "--json").code == 0
    assert {held["color"] for held in resolve.markers().values()} == {"Sky", "Purple"}
    assert editor("analyze", "--moment-color", "mint", "--chapter-color", "Rose", "--json").json["changed"]
    assert {held["color"] for held in resolve.markers().values()} == {"Mint", "Rose"}
    assert editor("analyze", "--moment-color", "Orange", "--json").error == "marker_colour_unknown"
    assert editor("analyze", "--no-moment-markers", "--json").json["removed"]
    assert {held["name"] for held in resolve.markers().values()} == {"Part 1", "Part 2"}


def test_a_script_with_the_markers_inside_needs_no_daemon(editor: Editor) -> None:
    path = footage(editor, "D001.mov", Fraction(25))
    items = [Item("a", 0, FRAMES, Media(path, Fraction(25), FRAMES))]
    resolve = editor.open("free-21.1", world(TimelineWorld("Edit", Fraction(25), [items])), click=False)
    client = editor.daemon.connect(command=_daemon())
    job = client.wait_job(client.submit_analyze(path).id)
    out = editor.folder / "marks.lua"
    assert editor("script", str(job.analysis_id), "-o", str(out), "--json").json["markers"] == 3
    editor.daemon.kill_daemon()
    resolve.click(out)
    wait_until(lambda: len(resolve.markers()) == 3)
    assert sorted(resolve.markers()) == [96, 191, 700]
    assert editor("script", str(path), "-o", str(out), "--json").error == "file_exists"
    assert editor("script", str(path), "-o", str(out), "--force", "--remove").code == 0
    resolve.click(out)
    wait_until(lambda: not resolve.markers())


@pytest.mark.parametrize("flavour", ["studio-21.1", pytest.param("studio-18", marks=pytest.mark.slow)])
def test_studio_is_reached_without_a_click_where_it_lets_programs_in(
    editor: Editor, monkeypatch: pytest.MonkeyPatch, flavour: str
) -> None:
    resolve = editor.open(flavour, world(simple(editor)), click=False)
    for name, value in resolve.environment().items():
        monkeypatch.setenv(name, value)
    told = editor("status", "--json").json
    assert (told["way"], told["edition"]) == ("studio", "studio") and told["reason"]
    assert editor("analyze", "--json").json["added"] == len(resolve.markers()) > 4
    assert editor("undo", "--json").json["left"] == 0 and resolve.markers() == {}
    # Its owner shuts the door: the next command takes the script, and says why.
    (Path(resolve.environment()["SIMULATED_RESOLVE"])).unlink()
    resolve.click(editor.script)
    editor("status")
    told = editor("status", "--json").json
    assert told["way"] == "script" and "no other program" in told["reason"]
    assert editor("analyze", "--json").json["added"]


def _daemon() -> tuple[str, ...]:
    from tests.resolve.editor import DAEMON

    return DAEMON
