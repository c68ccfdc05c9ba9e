"""YouTube's rules; one broken line and YouTube shows no chapter at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.analysis import Analysis
from cuemark.core.errors import InputError
from cuemark.export import get

MakeAnalysis = Callable[..., Analysis]

LINE = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2}) (\S.*)")


def read(data: bytes) -> list[tuple[int, str]]:
    """What YouTube makes of the lines: seconds and title."""
    rows = []
    for line in data.decode("utf-8").splitlines():
        match = LINE.fullmatch(line)
        assert match, line
        hours, minutes, seconds, title = match.groups()
        assert int(minutes) < 60 and int(seconds) < 60
        rows.append((int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds), title))
    return rows


def export(analysis: Analysis) -> tuple[list[tuple[int, str]], dict[str, str]]:
    exported = get("youtube").export(analysis)
    return read(exported.data), {notice.code: notice.message for notice in exported.warnings}


def test_the_lines(make_analysis: MakeAnalysis) -> None:
    data = get("youtube").export(make_analysis()).data.decode()
    assert data == "0:00 Red dog on the beach\n0:20 Two people & a boat\n0:55 Empty street\n"


def test_hours_show_from_one_hour_on(make_analysis: MakeAnalysis) -> None:
    chapters = [(0, 600, "A"), (600, 3599, "B"), (3600, 3700, "C"), (4000, 40000, "D")]
    text = get("youtube").export(make_analysis(chapters, duration=Fraction(40000))).data.decode()
    assert [line.split(" ")[0] for line in text.splitlines()] == ["0:00", "10:00", "1:00:00", "1:06:40"]


def test_a_short_chapter_joins_its_shorter_neighbour(make_analysis: MakeAnalysis) -> None:
    rows, notices = export(make_analysis([(0, 30, "A"), (30, 34, "Blip"), (34, 50, "B"), (50, 90, "C")]))
    assert rows == [(0, "A"), (30, "B"), (50, "C")]
    assert "Blip" in notices["export_youtube_merged"] and "4 s" in notices["export_youtube_merged"]


def test_a_short_first_and_a_short_last_chapter_join_their_only_neighbour(make_analysis: MakeAnalysis) -> None:
    chapters = [(0, 3, "Slate"), (3, 30, "A"), (30, 60, "B"), (60, 85, "C"), (85, 90, "End")]
    rows, _ = export(make_analysis(chapters))
    assert rows == [(0, "A"), (30, "B"), (60, "C")]


def test_length_counts_in_the_seconds_that_are_written(make_analysis: MakeAnalysis) -> None:
    chapters = [(0, 30, "A"), (30, Fraction("39.99"), "B"), (Fraction("39.99"), 60, "C"), (60, 90, "D")]
    rows, notices = export(make_analysis(chapters))
    assert [title for _, title in rows] == ["A", "C", "D"]
    assert "export_youtube_merged" in notices


def test_a_last_chapter_of_exactly_ten_seconds_stays(make_analysis: MakeAnalysis) -> None:
    end = Fraction("41.98")
    rows, notices = export(make_analysis([(0, 15, "A"), (15, end - 10, "B"), (end - 10, end, "C")], duration=end))
    assert rows == [(0, "A"), (15, "B"), (31, "C")]
    assert not notices


def test_joining_keeps_as_many_chapters_as_there_can_be(make_analysis: MakeAnalysis) -> None:
    edges = [0, 6, 11, 16, 21, 26, 32]
    chapters = [(a, b, f"T{a}") for a, b in pairwise(edges)]
    rows, _ = export(make_analysis(chapters, duration=Fraction(32)))
    assert [start for start, _ in rows] == [0, 11, 21]


def test_a_first_chapter_after_zero_is_moved_there(make_analysis: MakeAnalysis) -> None:
    rows, notices = export(make_analysis([(2, 30, "A"), (30, 60, "B"), (60, 90, "C")]))
    assert rows[0] == (0, "A")
    assert "export_youtube_first" in notices


def test_fewer_than_three_is_an_error_that_says_what_is_there(make_analysis: MakeAnalysis) -> None:
    with pytest.raises(InputError) as failure:
        export(make_analysis([(0, 50, "Only"), (50, 56, "Blip"), (56, 90, "Two")]))
    assert failure.value.code == "export_youtube_too_few"
    assert all(word in failure.value.message for word in ("A003.mov", "2 chapters", "Only", "Two"))
    assert "--moments" in failure.value.next_step


def test_a_video_too_short_for_three_is_not_sent_back_to_be_analysed(make_analysis: MakeAnalysis) -> None:
    with pytest.raises(InputError) as failure:
        export(make_analysis([(0, 29, "Only")], duration=Fraction(29)))
    assert failure.value.code == "export_youtube_too_few"
    assert "--moments" not in failure.value.next_step and "30 s" in failure.value.next_step


def test_titles_are_cut_at_100_characters_and_lose_angle_brackets(make_analysis: MakeAnalysis) -> None:
    rows, notices = export(make_analysis([(0, 30, "word " * 30), (30, 60, "a <b> c"), (60, 90, "C")]))
    assert len(rows[0][1]) <= 100 and rows[0][1].endswith("word…")
    assert rows[1][1] == "a b c"
    assert "export_youtube_title" in notices


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fractions(Fraction(1, 10), 60, max_denominator=1000), min_size=1, max_size=25), st.randoms())
def test_whatever_is_written_follows_the_rules(
    make_analysis: MakeAnalysis, lengths: list[Fraction], random: Any
) -> None:
    edges = [sum(lengths[:i], Fraction(0)) for i in range(len(lengths) + 1)]
    chapters = [(a, b, f"Title {i}") for i, (a, b) in enumerate(pairwise(edges))]
    random.shuffle(chapters)
    try:
        rows, _ = export(make_analysis(chapters, duration=edges[-1]))
    except InputError as error:
        assert error.code == "export_youtube_too_few"
        assert most_chapters(edges) < 3, "there was room for three"
        return
    starts = [start for start, _ in rows]
    assert starts[0] == 0 and len(rows) == most_chapters(edges) >= 3
    assert all(b - a >= 10 for a, b in pairwise(starts))
    assert edges[-1] - starts[-1] >= 10


def most_chapters(edges: list[Fraction]) -> int:
    """Taking each start as early as allowed gives the most."""
    count, last = 1, 0
    for start in (int(edge) for edge in edges[1:-1]):
        if start - last >= 10 and edges[-1] - start >= 10:
            count, last = count + 1, start
    return count
