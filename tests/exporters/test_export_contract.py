"""What holds for every export format."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark import export
from cuemark.core.analysis import Analysis
from cuemark.core.errors import InputError, OptionError
from cuemark.export import Exporter, ExportOptions, get, names

MakeAnalysis = Callable[..., Analysis]

OF_EDITORS = ("edl", "otio", "fcpxml", "fcp7xml", "avid", "kdenlive", "shotcut", "blender")
ALL = ("json", "csv", "youtube", "ffmetadata", "webvtt", "matroska", "podcast", *OF_EDITORS)
OF_CHAPTERS = ("youtube", "ffmetadata", "webvtt", "matroska", "podcast")
CHECKED = (*OF_CHAPTERS, *OF_EDITORS)

ANY_TEXT = st.text(st.characters(codec=None), min_size=1, max_size=140)


def test_the_formats_of_the_contract_and_no_other() -> None:
    assert names() == ALL


def test_every_exporter_is_in_the_table_by_its_own_name() -> None:
    for module in pkgutil.iter_modules(export.__path__, "cuemark.export."):
        importlib.import_module(module.name)
    classes = {found for found in Exporter.__subclasses__() if found.__module__.startswith("cuemark.export.")}
    assert {type(get(name)) for name in names()} == classes
    assert [get(name).name for name in names()] == list(names())


def test_an_unknown_format_lists_the_known_ones() -> None:
    with pytest.raises(OptionError) as failure:
        get("vegas")
    assert failure.value.code == "export_format_unknown"
    assert "vegas" in str(failure.value) and all(name in str(failure.value) for name in ALL)


@pytest.mark.parametrize("name", ALL)
def test_a_file_has_bytes_a_name_and_is_the_same_every_time(name: str, make_analysis: MakeAnalysis) -> None:
    exporter = get(name)
    first, second = exporter.export(make_analysis()), exporter.export(make_analysis())
    assert first == second
    assert first.data.decode("utf-8").strip()
    assert first.suggested_name == "A003" + exporter.suffix
    assert exporter.description and exporter.suffix.startswith(".")


@pytest.mark.parametrize("name", ALL)
def test_hostile_media_names_give_a_safe_file_name_and_valid_text(name: str, make_analysis: MakeAnalysis) -> None:
    for raw in (b"/f/\xff\xfe 'q\" \xf0\x9f\x90\xb6.mp4", b"/f/a:b|c?.mp4", b"/f/" + b"x" * 240 + b".mp4", b"/f/ .mp4"):
        exported = get(name).export(make_analysis(path=Path(os.fsdecode(raw))))
        exported.data.decode("utf-8")
        assert len(exported.suggested_name.encode("utf-8")) <= 200
        assert not set('/\\:|?"\n') & set(exported.suggested_name)
        assert exported.suggested_name.removesuffix(get(name).suffix)


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(titles=st.lists(ANY_TEXT, min_size=3, max_size=3), transliterate=st.booleans())
def test_any_text_can_be_written_or_is_refused_by_name(
    name: str, make_analysis: MakeAnalysis, titles: list[str], transliterate: bool
) -> None:
    rows = [(30 * i, 30 * i + 30, title) for i, title in enumerate(titles)]
    try:
        exported = get(name).export(make_analysis(rows, rows), ExportOptions(transliterate=transliterate))
    except InputError as error:
        assert error.code == "export_chapter_title", "nothing but a blank title may be refused"
        assert "Chapter" in error.message
    else:
        text = exported.data.decode("utf-8")
        assert "\0" not in text and not any(0xD800 <= ord(c) <= 0xDFFF for c in text)
        if transliterate and name != "json":
            assert text.isascii()


@pytest.mark.parametrize("name", CHECKED)
@pytest.mark.parametrize(
    ("chapters", "code", "mentions"),
    [
        ([(0, 30, "A"), (30, 30, "Bee"), (30, 90, "C")], "export_chapter_times", "Bee"),
        ([(0, 30, "A"), (40, 35, "Bee"), (45, 90, "C")], "export_chapter_times", "Bee"),
        ([(-5, 30, "Early"), (30, 60, "B"), (60, 90, "C")], "export_chapter_times", "Early"),
        ([(0, 30, "A"), (30, 90, "B"), (95, 99, "Late")], "export_chapter_outside", "Late"),
        ([(0, 30, "A"), (30, 60, " \n"), (60, 90, "C")], "export_chapter_title", "Chapter 2"),
        ([(0, 30, "A"), (30, 60, "Bee"), (30, 90, "C")], "export_chapter_order", "Bee"),
    ],
)
def test_a_chapter_no_target_can_take_is_named(
    name: str, chapters: Any, code: str, mentions: str, make_analysis: MakeAnalysis
) -> None:
    with pytest.raises(InputError) as failure:
        get(name).export(make_analysis(chapters))
    assert failure.value.code == code
    assert mentions in failure.value.message
    assert failure.value.next_step


@pytest.mark.parametrize("name", OF_CHAPTERS)
def test_no_chapters_is_an_error_where_chapters_are_all_there_is(name: str, make_analysis: MakeAnalysis) -> None:
    with pytest.raises(InputError) as failure:
        get(name).export(make_analysis(chapters=[]))
    assert failure.value.code == "export_no_chapters"


@pytest.mark.parametrize("name", CHECKED)
def test_disorder_and_overlap_are_mended_and_said(name: str, make_analysis: MakeAnalysis) -> None:
    exported = get(name).export(make_analysis([(30, 70, "Second"), (0, 30, "First"), (60, 95, "Third")]))
    assert {"export_chapters_sorted", "export_chapter_trimmed"} <= {notice.code for notice in exported.warnings}
    text = exported.data.decode()
    assert text.index("First") < text.index("Second") < text.index("Third")


@pytest.mark.parametrize("name", ("csv", *OF_EDITORS))
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (ExportOptions(start_timecode="1 o'clock"), "timecode_invalid"),
        (ExportOptions(rate=Fraction(25), drop_frame=True), "drop_frame_rate"),
        (ExportOptions(rate=Fraction(30000, 1001), start_timecode="01:00:00:30"), "timecode_invalid"),
        (
            ExportOptions(rate=Fraction(30000, 1001), drop_frame=False, start_timecode="01:00:00;00"),
            "export_drop_frame_conflict",
        ),
        (ExportOptions(rate=Fraction(0)), "export_rate"),
    ],
)
def test_a_timeline_that_cannot_be_is_refused(name: str, options: Any, code: str, make_analysis: MakeAnalysis) -> None:
    with pytest.raises(OptionError) as failure:
        get(name).export(make_analysis(), options)
    assert failure.value.code == code


@pytest.mark.parametrize("name", ALL)
def test_the_analysis_is_not_changed(name: str, make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis([(0, 4, "Short"), (4, 30, "A"), (30, 60, "B"), (60, 90, "C")])
    before = replace(analysis)
    get(name).export(analysis)
    assert analysis == before


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("rate", [Fraction(1, 2003), Fraction(1, 3600), Fraction(1, 10**6)])
def test_a_rate_of_a_picture_in_hours_is_written_or_refused(
    make_analysis: MakeAnalysis, name: str, rate: Fraction
) -> None:
    """Of the options as of the media."""
    analysis = make_analysis()
    slow = replace(analysis, media=replace(analysis.media, rate=rate, frame_count=None))
    for one, options in ((analysis, ExportOptions(rate=rate)), (slow, ExportOptions())):
        try:
            assert get(name).export(one, options).data
        except (InputError, OptionError) as refused:
            assert refused.code.startswith("export_")
