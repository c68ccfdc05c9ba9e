"""Sending markers to a timeline: nobody's is lost, ours are not doubled, and what the user did to ours stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuemark.core import serialise
from cuemark.core.errors import OptionError
from cuemark.core.markers import (
    CHAPTER_COLOUR,
    COLOURS,
    MOMENT_COLOUR,
    CustomId,
    HostMarker,
    MarkerColours,
    TimelineMarker,
)
from cuemark.core.timeline import FrameSpan
from cuemark.hosts.reconcile import Difference, reconcile, removal
from cuemark.markers.sent import SentMarker

RATE, LENGTH = Fraction(25), 2000


@dataclass
class Host:
    """An editor's timeline: one marker a frame, and our record of it."""

    markers: dict[int, HostMarker] = field(default_factory=dict)
    sent: tuple[SentMarker, ...] = ()

    def difference(self, wanted: Sequence[TimelineMarker], **options: Any) -> Difference:
        return reconcile(
            list(self.markers.values()), wanted, rate=RATE, length=LENGTH, sent=self.sent, analyses={"a"}, **options
        )

    def carry_out(self, difference: Difference, most: int | None = None) -> None:
        """The steps, or only the first `most` of them, as when something dies in the middle."""
        self.sent = difference.before
        for number, (add, marker) in enumerate(
            [(False, m) for m in difference.remove] + [(True, m) for m in difference.add]
        ):
            if number == most:
                return
            if add:
                assert marker.frame not in self.markers, "a marker on an occupied frame is refused"
                assert marker.frame >= 0 and marker.duration >= 1 and marker.end <= LENGTH
                self.markers[marker.frame] = marker
            else:
                assert self.markers.pop(marker.frame) == marker
        if most is None:
            self.sent = difference.after

    def send(self, wanted: Sequence[TimelineMarker], **options: Any) -> Difference:
        difference = self.difference(wanted, **options)
        self.carry_out(difference)
        return difference

    def ours(self) -> list[HostMarker]:
        return [self.markers[f] for f in sorted(self.markers) if CustomId.parse(self.markers[f].custom_data)]

    def others(self) -> list[HostMarker]:
        return [self.markers[f] for f in sorted(self.markers) if not CustomId.parse(self.markers[f].custom_data)]


def marker(frame: int, moment: str = "m1", analysis: str = "a", **fields: Any) -> TimelineMarker:
    wanted = TimelineMarker(
        frame, 50, "Sky", f"moment {moment}", "a note", f"cuemark:{analysis}:{moment}", moment, "moment"
    )
    return replace(wanted, **fields)


def foreign(frame: int, name: str = "mine") -> HostMarker:
    return HostMarker(frame, 3, "Red", name, "", "")


def host(*markers: HostMarker) -> Host:
    return Host({m.frame: m for m in markers})


@st.composite
def wishes(draw: st.DrawFn, analysis: str = "a") -> list[TimelineMarker]:
    """Markers of a few moments, some used several times, crowded so that they collide."""
    rows = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 120), st.integers(1, 40)), max_size=14))
    uses: dict[int, int] = {}
    wanted = []
    for moment, frame, duration in sorted({(m, f): (m, f, d) for m, f, d in rows}.values(), key=lambda r: r[1]):
        uses[moment] = uses.get(moment, 0) + 1
        low, high = max(0, frame - 10), frame + duration
        custom = str(CustomId(analysis, f"m{moment}", uses[moment]))
        note = draw(st.sampled_from(["", "old", "new"]))
        kind = "chapter" if moment < 3 else "moment"
        wanted.append(
            TimelineMarker(frame, duration, "Sky", f"m{moment}", note, custom, f"m{moment}", kind, low, high)  # type: ignore[arg-type]
        )
    return wanted


foreigners = st.lists(st.integers(0, 130), max_size=20, unique=True).map(
    lambda fs: [foreign(f, f"mine {f}") for f in fs]
)


@st.composite
def touched(draw: st.DrawFn, there: Host) -> tuple[dict[str, HostMarker], set[str]]:
    """What a user does to some of our markers; gives back the changed ones and the ids of the deleted ones.

    Most of them going at once, or several by one amount, is what an editor does; users do otherwise.
    """
    changed: dict[str, HostMarker] = {}
    deleted: set[str] = set()
    shifts = {0}
    there_before = there.ours()
    for ours in there_before:
        what = draw(st.sampled_from(["", "", "rename", "move", "recolour", "stretch", "delete"]))
        if not what or (what == "delete" and deleted and 2 * len(deleted) + 2 > len(there_before)):
            continue
        del there.markers[ours.frame]
        if what == "delete":
            deleted.add(ours.custom_data)
            continue
        frame = draw(st.integers(0, LENGTH - 1)) if what == "move" else ours.frame
        frame = ours.frame if frame - ours.frame in shifts else frame
        shifts.add(frame - ours.frame)
        new = replace(ours, name="my name") if what == "rename" else replace(ours, frame=frame)
        new = replace(new, color="Cocoa") if what == "recolour" else new
        new = replace(new, duration=new.duration + 700) if what == "stretch" else new
        if new.frame in there.markers:
            new = ours
        elif new != ours:
            changed[new.custom_data] = new
        there.markers[new.frame] = new
    return changed, deleted


@given(foreigners, wishes())
def test_every_marker_gets_a_frame_of_its_own_within_its_clip_and_nobody_elses(
    mine: list[HostMarker], wanted: list[TimelineMarker]
) -> None:
    there = host(*mine)
    difference = there.send(wanted)
    assert there.others() == sorted(mine, key=lambda m: m.frame)
    assert there.ours() == list(difference.add) == [m.on_host() for m in difference.markers]
    assert len({m.custom_data for m in there.ours()}) == len(there.ours())
    by_id = {m.custom_data: m for m in wanted}
    for placed in difference.markers:
        wish = by_id[placed.custom_data]
        assert abs(placed.frame - wish.frame) <= 12, "half a second at 25"
        assert wish.low <= placed.frame < placed.end <= (wish.high or LENGTH)
        if wish.frame not in {m.frame for m in mine} and [w.frame for w in wanted].count(wish.frame) == 1:
            assert placed.frame == wish.frame, "a free frame of one's own is never given up"
    told = [m.segment_id for m in difference.markers] + [i for m in difference.markers for i in m.merged]
    assert sorted(told + [d.marker.segment_id for d in difference.dropped]) == sorted(m.segment_id for m in wanted)


@given(foreigners, wishes())
def test_sent_twice_nothing_changes(mine: list[HostMarker], wanted: list[TimelineMarker]) -> None:
    there = host(*mine)
    there.send(wanted)
    before = dict(there.markers)
    again = there.send(wanted)
    assert (again.remove, again.add, again.edits) == ((), (), ())
    assert there.markers == before


@given(foreigners, wishes(), wishes())
def test_another_run_changes_only_ours_and_ends_where_a_first_would(
    mine: list[HostMarker], old: list[TimelineMarker], new: list[TimelineMarker]
) -> None:
    there, fresh = host(*mine), host(*mine)
    there.send(old)
    there.send(new)
    fresh.send(new)
    assert there.others() == fresh.others()
    assert [replace(m, custom_data="") for m in there.ours()] == [replace(m, custom_data="") for m in fresh.ours()]


@given(foreigners, wishes(), wishes(), st.data())
def test_undo_leaves_the_users_markers_and_nothing_else(
    mine: list[HostMarker], old: list[TimelineMarker], new: list[TimelineMarker], data: st.DataObject
) -> None:
    there = host(*mine)
    there.send(old)
    data.draw(touched(there))
    there.send(new)
    there.carry_out(removal(there.markers.values(), sent=there.sent))
    assert there.ours() == [] and there.sent == ()
    assert there.others() == sorted(mine, key=lambda m: m.frame)


@settings(max_examples=200)
@given(foreigners, wishes(), wishes(), st.data())
def test_what_the_user_changed_stays_changed(
    mine: list[HostMarker], old: list[TimelineMarker], new: list[TimelineMarker], data: st.DataObject
) -> None:
    there = host(*mine)
    there.send(old)
    changed, deleted = data.draw(touched(there))
    for _ in range(2):  # and is still known the time after
        difference = there.send(new)
        after = {m.custom_data: m for m in there.ours()}
        assert not deleted & after.keys()
        for custom, theirs in changed.items():
            assert custom in after, "a marker the user worked on is never removed"
            if theirs.name == "my name":
                assert after[custom].name == "my name"
            elif theirs.duration > 700:
                assert after[custom].duration == theirs.duration
            elif theirs.color == "Cocoa":
                assert after[custom].color == "Cocoa"
            else:
                assert after[custom].frame == theirs.frame
        wished = {(w.segment_id, w.frame) for w in new}  # moved where we want it, too: nobody's edit
        users = {
            c for c, m in changed.items() if ((CustomId.parse(c) or CustomId("", "")).segment_id, m.frame) not in wished
        }
        assert users <= {e.marker.custom_data for e in difference.edits}
        assert there.others() == sorted(mine, key=lambda m: m.frame)


@given(foreigners, wishes(), wishes(), st.data())
def test_unless_they_say_otherwise(
    mine: list[HostMarker], old: list[TimelineMarker], new: list[TimelineMarker], data: st.DataObject
) -> None:
    there, fresh = host(*mine), host(*mine)
    there.send(old)
    data.draw(touched(there))
    there.send(new, keep_edits=False)
    fresh.send(new)
    assert [replace(m, custom_data="") for m in there.ours()] == [replace(m, custom_data="") for m in fresh.ours()]


@settings(max_examples=200)
@given(foreigners, wishes(), wishes(), st.data())
def test_killed_at_any_step_the_next_run_ends_in_the_same_place(
    mine: list[HostMarker], old: list[TimelineMarker], new: list[TimelineMarker], data: st.DataObject
) -> None:
    there = host(*mine)
    there.send(old)
    data.draw(touched(there))
    whole = Host(dict(there.markers), there.sent)
    difference = there.difference(new)
    whole.carry_out(difference)
    steps = len(difference.remove) + len(difference.add)
    for _ in range(2):  # killed twice
        there.carry_out(there.difference(new), most=data.draw(st.integers(0, steps)))
    there.send(new)
    assert there.markers == whole.markers
    assert there.difference(new).add == ()


def test_an_occupied_frame_moves_ours_by_one_and_it_comes_back() -> None:
    there = host(foreign(100))
    there.send([marker(100)])
    assert [m.frame for m in there.ours()] == [101]
    del there.markers[100]
    there.send([marker(100)])
    assert [m.frame for m in there.ours()] == [100]


def test_a_crowded_place_is_told_by_our_neighbour_or_left_out() -> None:
    wall = [foreign(f) for f in range(80, 130) if f != 90]
    there = host(*wall)
    difference = there.send([marker(90, "m1"), marker(100, "m2", name="second", note="two dogs")])
    assert [(m.frame, m.merged) for m in difference.markers] == [(90, ("m2",))]
    assert there.ours()[0].note == "a note; two dogs"
    assert difference.dropped == ()
    there = host(*wall, foreign(90))
    difference = there.send([marker(100)])
    assert [(d.marker.segment_id, d.reason) for d in difference.dropped] == [
        ("m1", "there is no free frame within half a second")
    ]
    assert difference.add == ()


def test_a_marker_does_not_leave_its_clip_for_a_free_frame() -> None:
    there = host(foreign(100))
    there.send([marker(100, low=60, high=101, duration=1)])
    assert [(m.frame, m.duration) for m in there.ours()] == [(99, 1)]


def test_a_marker_the_user_drew_past_the_end_stays_so_until_it_has_to_be_sent_again() -> None:
    """Resolve lets them, and shortening the timeline does it too; what we send has to fit."""
    there = Host()
    there.send([marker(1950, duration=10)])
    there.markers[1950] = replace(there.markers[1950], duration=300)
    difference = there.send([marker(1950, duration=10)])
    assert (difference.remove, difference.add) == ((), ()) and [e.changes for e in difference.edits] == [
        ("length changed",)
    ]
    for _ in range(2):
        there.send([marker(1950, duration=10, note="new")])
        assert [(m.frame, m.end, m.note) for m in there.ours()] == [(1950, LENGTH, "new")]


def test_a_clip_in_front_moves_markers_and_keeps_the_users_name() -> None:
    there = Host()
    there.send([marker(100), marker(300, custom_data="cuemark:a:m1:2")])
    there.markers[300] = replace(there.markers[300], name="the good one")
    difference = there.send(
        [marker(50), marker(150, custom_data="cuemark:a:m1:2"), marker(350, custom_data="cuemark:a:m1:3")]
    )
    assert [m.frame for m in there.ours()] == [50, 150, 350]
    assert "the good one" in {m.name for m in there.ours()}
    assert [e.changes for e in difference.edits] == [("renamed",)]
    # A use that is inserted in front does not renumber the one that has not moved.
    difference = there.send([marker(20), *[marker(f, custom_data=f"cuemark:a:m1:{f}") for f in (50, 150, 350)]])
    assert difference.remove == () and [m.frame for m in difference.add] == [20]


def test_a_new_analysis_replaces_the_old_one_but_not_the_users_work() -> None:
    there = Host()
    there.send([marker(100, "m1"), marker(300, "m2"), marker(500, "m3")])
    there.markers[100] = replace(there.markers[100], name="keep me")
    del there.markers[300]
    new = [marker(103, "x1", "b"), marker(301, "x2", "b"), marker(502, "x3", "b"), marker(700, "x4", "b")]
    for _ in range(2):
        there.send(new)
        assert [(m.frame, m.name) for m in there.ours()] == [(100, "keep me"), (502, "moment x3"), (700, "moment x4")]


def test_markers_of_another_analysis_are_not_touched() -> None:
    there = Host()
    there.send([marker(100, "m1", "z")])
    there.send([marker(100, "m1")])
    assert [(m.frame, m.custom_data) for m in there.ours()] == [(100, "cuemark:z:m1"), (101, "cuemark:a:m1")]
    there.carry_out(removal(there.markers.values(), sent=there.sent, analyses={"z"}))
    assert [m.custom_data for m in there.ours()] == ["cuemark:a:m1"]


def test_what_the_editor_refused_is_tried_again_and_not_taken_for_deleted() -> None:
    there, wanted = Host(), [marker(100), marker(200, "m2")]
    difference = there.difference(wanted)
    there.markers[100] = difference.add[0]
    there.sent = difference.after_refusal({difference.add[1].custom_data})
    again = there.send(wanted)
    assert (again.edits, again.dropped) == ((), ())
    assert [m.frame for m in again.add] == [200] and [m.frame for m in there.ours()] == [100, 200]


def test_without_a_record_the_user_is_believed() -> None:
    there = Host()
    there.send([marker(100), marker(200, "m2")])
    there.sent = ()
    there.markers[100] = replace(there.markers[100], note="my note")
    difference = there.send([marker(100), marker(200, "m2")])
    assert (difference.remove, difference.add) == ((), ())
    assert [e.changes for e in difference.edits] == [("note changed",)]


def test_what_lies_outside_the_timeline_is_never_sent() -> None:
    difference = Host().difference(
        [marker(LENGTH, "m1"), marker(-1, "m2"), marker(90000 + 5, "m3"), marker(LENGTH - 1, "m4")]
    )
    assert [(m.frame, m.duration) for m in difference.add] == [(LENGTH - 1, 1)]
    assert [d.reason for d in difference.dropped] == ["it lies outside the timeline"] * 3


def test_a_record_survives_its_file_format() -> None:
    difference = Host().difference([marker(5), marker(9, "m2", kind="chapter")])
    for record in (*difference.before, *difference.after, difference.after[0].unsettled(foreign(3))):
        assert serialise.loads(SentMarker, serialise.dumps(record)) == record


def test_only_our_ids_are_ours() -> None:
    assert CustomId.parse("cuemark:12ab:m1") == CustomId("12ab", "m1")
    assert str(CustomId("12ab", "m1", 2)) == "cuemark:12ab:m1:2"
    assert CustomId.parse("cuemark:12ab:m1:2") == CustomId("12ab", "m1", 2)
    for text in (
        "",
        "cuemark",
        "cuemark:1",
        "cuemark:1:2:3:4",
        "cuemark:1:2:0",
        " cuemark:1:2",
        "cuemark:1:2\n",
        "x:1:2",
    ):
        assert CustomId.parse(text) is None


def test_colours() -> None:
    assert MarkerColours.named("sky", " COCOA") == MarkerColours("Sky", "Cocoa")
    assert len(COLOURS) == 16 and MarkerColours() == MarkerColours(MOMENT_COLOUR, CHAPTER_COLOUR)
    with pytest.raises(OptionError) as caught:
        MarkerColours.named("Orange")
    assert caught.value.code == "marker_colour_unknown" and "Fuchsia" in caught.value.next_step
    with pytest.raises(OptionError) as caught:
        MarkerColours.named("Red", "Red")
    assert caught.value.code == "marker_colours_equal"


def test_what_the_user_deleted_or_merged_goes_whatever_was_done_to_its_marker() -> None:
    timeline = host(foreign(5))
    timeline.send([marker(100), marker(300, "m2"), marker(500, "m3")])
    for frame in (300, 500):
        timeline.markers[frame] = replace(timeline.markers[frame], name="mine now")
    # m3 is only no longer found: its marker stays, since somebody worked on it.
    difference = timeline.send([marker(100)], taken_out={("a", "m2"), ("b", "m3")})
    assert [m.frame for m in timeline.ours()] == [100, 500] and timeline.others() == [foreign(5)]
    assert [(edit.marker.frame, edit.kept) for edit in difference.edits] == [(300, False), (500, True)]
    # Brought back, it is as new.
    timeline.send([marker(100), marker(300, "m2")])
    assert [(m.frame, m.name) for m in timeline.ours()] == [(100, "moment m1"), (300, "moment m2"), (500, "mine now")]


def test_the_place_of_what_was_deleted_is_free_for_another_analysis() -> None:
    timeline = host()
    timeline.send([marker(300, "m2")])
    del timeline.markers[300]  # by the user, on the timeline too
    assert timeline.difference([marker(301, "m1", "b")]).dropped
    assert not timeline.difference([marker(301, "m1", "b")], taken_out={("a", "m2")}).dropped


def lost(there: Host, *keep: int) -> None:
    """The project comes back without our markers, but those on these frames."""
    for ours in there.ours():
        if ours.frame not in keep:
            del there.markers[ours.frame]


def test_most_of_a_run_gone_at_once_is_put_back_with_what_the_user_had_done() -> None:
    there = host(foreign(7))
    wanted = [marker(100 * n, f"m{n}") for n in range(1, 6)]
    there.send(wanted)
    del there.markers[200]
    there.markers[300] = replace(there.markers[300], name="the good one")
    there.send(wanted)
    before = dict(there.markers)
    lost(there, 500)
    difference = there.send(wanted)
    assert there.markers == before and difference.restored == {"cuemark:a:m1", "cuemark:a:m3", "cuemark:a:m4"}
    assert [d.marker.segment_id for d in difference.dropped] == ["m2"], "what was deleted before stays so"
    assert "--discard-edits" in difference.dropped[0].reason
    assert not there.send(wanted).restored


@pytest.mark.parametrize(("count", "gone"), [(1, 1), (2, 1), (4, 2), (5, 2)])
def test_single_markers_and_fewer_than_most_stay_deleted(count: int, gone: int) -> None:
    there, wanted = Host(), [marker(100 * n, f"m{n}") for n in range(1, count + 1)]
    there.send(wanted)
    lost(there, *(100 * n for n in range(gone + 1, count + 1)))
    for _ in range(2):
        difference = there.send(wanted)
        assert len(difference.dropped) == gone and not difference.restored and not difference.add


def test_a_run_is_one_analysis() -> None:
    """That of the other footage lies there as it did."""
    there = Host()
    mine, other = [marker(100 * n, f"m{n}") for n in range(1, 9)], [marker(1000 + n, f"m{n}", "b") for n in (1, 50)]
    there.send([*mine, *other])
    lost(there, *(100 * n for n in range(1, 9)))
    assert there.send([*mine, *other]).restored == {"cuemark:b:m1", "cuemark:b:m50"}


def test_most_of_a_run_as_it_was_before_its_last_change_is_nobodys_edit() -> None:
    there = Host()
    old = [marker(100 * n, f"m{n}") for n in range(1, 6)]
    new = [replace(each, color="Mint", frame=each.frame + 5) for each in old]
    there.send(old)
    saved = dict(there.markers)
    there.send(new)
    sent = dict(there.markers)
    there.markers = dict(saved)
    difference = there.send(new)
    assert there.markers == sent and not difference.edits and len(difference.restored) == 5
    # A single one is its user's work.
    there.markers[205] = replace(there.markers[205], color="Sky")
    difference = there.send(new)
    assert [e.changes for e in difference.edits] == [("recoloured",)] and there.markers[205].color == "Sky"


def test_a_project_that_is_lost_again_and_again_loses_no_marker() -> None:
    """What was changed once and is back as it was has an earlier state that equals its own."""
    there = Host()
    old = [marker(100 * n, f"m{n}") for n in range(1, 6)]
    there.send(old)
    sent = dict(there.markers)
    there.send([replace(each, color="Mint") for each in old])
    for _ in range(3):
        lost(there)
        difference = there.send(old)
        assert there.markers == sent and not difference.dropped and len(difference.restored) == 5


def ripple(there: Host, at: int, by: int) -> None:
    """Everything behind a frame moves along with an edit there."""
    there.markers = {
        m.frame: m for m in (replace(m, frame=m.frame + (by if m.frame >= at else 0)) for m in there.markers.values())
    }


@pytest.mark.parametrize("by", [33, -33])
def test_markers_that_moved_with_their_clips_are_nobodys_edit(by: int) -> None:
    there, wanted = host(foreign(333)), [marker(100 * n, f"m{n}") for n in range(1, 6)]
    there.send(wanted)
    ripple(there, 250, by)
    moved = [replace(m, frame=m.frame + (by if m.frame >= 250 else 0)) for m in wanted]
    difference = there.send(moved)
    assert (difference.remove, difference.add, difference.edits) == ((), (), ())
    assert [m.name for m in there.others()] == ["mine"]
    # Even one alone, and nothing of it is remembered as the user's: the next analysis replaces it.
    ripple(there, 450, by)
    moved = [replace(m, frame=m.frame + (by if m.frame >= 450 else 0)) for m in moved]
    assert not there.send(moved).edits
    newer = [marker(m.frame + 2, f"x{m.segment_id}", "b") for m in moved]
    assert not there.send(newer).edits and {m.custom_data.split(":")[1] for m in there.ours()} == {"b"}


def test_markers_that_moved_together_go_where_we_want_them() -> None:
    """Two edits, one behind the other, of which the clips knew nothing."""
    there, wanted = Host(), [marker(100 * n, f"m{n}") for n in range(1, 9)]
    there.send(wanted)
    ripple(there, 250, 40)
    ripple(there, 600, 7)
    difference = there.send(wanted)
    assert [m.frame for m in there.ours()] == [100 * n for n in range(1, 9)] and not difference.edits


def test_what_the_user_moved_stays_moved_when_all_of_it_ripples() -> None:
    there, wanted = Host(), [marker(100 * n, f"m{n}") for n in range(1, 6)]
    there.send(wanted)
    there.markers[309] = replace(there.markers.pop(300), frame=309)
    del there.markers[400]
    there.send(wanted)
    ripple(there, 250, 40)
    moved = [replace(m, frame=m.frame + (40 if m.frame >= 250 else 0)) for m in wanted]
    difference = there.send(moved)
    assert [m.frame for m in there.ours()] == [100, 200, 349, 540]
    assert sorted(e.changes for e in difference.edits) == [("deleted",), ("moved",)]
    # The place of the deleted one moved too: the next analysis has none there either.
    newer = [marker(m.frame + 2, f"x{m.segment_id}", "b") for m in moved]
    there.send(newer)
    assert not [m for m in there.ours() if 430 <= m.frame < 450]


def test_two_markers_moved_alike_with_one_between_that_stayed_are_the_users() -> None:
    there, wanted = Host(), [marker(100 * n, f"m{n}") for n in range(1, 6)]
    there.send(wanted)
    for frame in (100, 500):
        there.markers[frame + 8] = replace(there.markers.pop(frame), frame=frame + 8)
    difference = there.send(wanted)
    assert [m.frame for m in there.ours()] == [108, 200, 300, 400, 508] and len(difference.edits) == 2


def test_a_span_bounds_what_is_touched() -> None:
    there = host(foreign(300))
    there.send([marker(100), marker(305, custom_data="cuemark:a:m1:2"), marker(900, "m2")])
    before = dict(there.markers)
    inside = FrameSpan(200, 500)
    difference = there.send([marker(305), marker(400)], span=inside)
    assert {f: m for f, m in there.markers.items() if f not in inside} == {
        f: m for f, m in before.items() if f not in inside
    }
    assert [m.frame for m in difference.add] == [400] and difference.remove == ()
    assert len({m.custom_data for m in there.ours()}) == len(there.ours()) == 4
    # An occupied frame at its edge sends nothing outside.
    there.markers[200] = foreign(200)
    difference = there.send([marker(200, "m9"), marker(305), marker(400)], span=inside)
    assert [m.frame for m in difference.add] == [201]
    there.carry_out(removal(there.markers.values(), sent=there.sent, span=inside))
    assert [m.frame for m in there.ours()] == [100, 900]
    assert not there.send([marker(100), marker(900, "m2")]).edits, "and its record is of those that are left"
