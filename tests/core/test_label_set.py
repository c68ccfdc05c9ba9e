"""The file of a label set: what an editor may write, what is kept, and what a bad line is told."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.errors import CuemarkError, InputError, OptionError
from cuemark.core.label_set import (
    MOST_LABELS,
    Label,
    LabelExample,
    LabelSet,
    LabelVector,
    example_of,
    labels_named,
    threshold_of,
)
from cuemark.core.label_set_file import read_label_set
from cuemark.core.text import one_line

WRITTEN = """\ufeff# our wedding films
not: an empty room; guests eating
threshold: 60%

Kiss
   also: two people kissing; a couple kisses
   not: a hug
   threshold: auto
   example: day 1/cam@2.mp4@1:12.4
   example: /elsewhere/b.mov@7
hands, close
label: Note: rings
"""


def test_a_file_says_what_an_editor_means_by_it(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text(WRITTEN, encoding="utf-8")
    found = read_label_set(path)
    assert [label.name for label in found.labels] == ["Kiss", "hands, close", "Note: rings"]
    assert found.negatives == ("an empty room", "guests eating")
    assert found.threshold == 0.6
    kiss = found.labels[0]
    assert kiss.also == ("two people kissing", "a couple kisses")
    assert (kiss.negatives, kiss.threshold) == (("a hug",), None)
    assert kiss.examples == (
        LabelExample(tmp_path / "day 1/cam@2.mp4", Fraction(724, 10)),
        LabelExample(Path("/elsewhere/b.mov"), Fraction(7)),
    )
    shared = tmp_path / "shared.txt"
    shared.write_text(found.written(tmp_path), encoding="utf-8")
    assert "day 1/cam@2.mp4@362/5" in shared.read_text(encoding="utf-8"), "relative to the file, so it can move along"
    assert read_label_set(shared) == found


def test_utf_16_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes("Küsse\r\n  also: Paar\r\n".encode("utf-16"))
    assert read_label_set(path).labels == (Label("Küsse", ("Paar",)),)


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        ("kiss\nexmaple: a.mp4@3", 2, "example:"),
        ("kiss\n\n# x\nKISS", 4, "second time"),
        ("also: a hug", 1, "before any label"),
        ("kiss\nthreshold: 7", 2, "'7'"),
        ("kiss\nthreshold: nan", 2, "'nan'"),
        ("kiss\nexample: a.mp4", 2, "a time in it"),
        ("kiss\nexample: a.mp4@later", 2, "a time in it"),
        ("kiss\nexample: a.mp4@-3", 2, "a time in it"),
        ("kiss\nexample: a.mp4@1/0", 2, "a time in it"),
        ("kiss\nnot:", 2, "says nothing"),
        ("kiss\nvector: m AAAA", 2, "without an example"),
        ("kiss\nexample: a@1\nvector: m ???", 3, "holds no vector"),
        ("---", 1, "no word"),
        ("x" * 201, 1, "201 characters"),
    ],
)
def test_a_bad_line_is_named_with_what_to_do(tmp_path: Path, lines: str, line: int, said: str) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_label_set(path)
    assert caught.value.code == "labels_invalid"
    assert f'Line {line} of "mine.txt"' in caught.value.message
    assert said in str(caught.value)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "labels_none"),
        (b"# only a remark\n", "labels_none"),
        (b"\x00\x01\x02movie", "labels_unreadable"),
        (b"caf\xe9", "labels_unreadable"),
        ("\n".join(f"label {n}" for n in range(MOST_LABELS + 1)).encode(), "labels_too_many"),
        (b"kiss\nnot: " + b"x" * 300, "labels_too_long"),
    ],
)
def test_what_is_no_label_set_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "mine.txt"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_label_set(path)
    assert caught.value.code == code


def test_a_word_is_a_file_where_there_is_one_or_it_looks_like_one(tmp_path: Path) -> None:
    assert [label.name for label in LabelSet.typed(" kiss; car crash ;hands, close;").labels] == [
        "kiss", "car crash", "hands, close",
    ]  # fmt: skip
    assert LabelSet.typed("and/or").labels[0].name == "and/or"
    (tmp_path / "odd;name").write_text("kiss\n", encoding="utf-8")
    assert LabelSet.typed(str(tmp_path / "odd;name")).labels == (Label("kiss"),)
    for missing in ("mine.txt", "./mine", str(tmp_path / "gone")):
        with pytest.raises(InputError, match="There is no file"):
            LabelSet.typed(missing)
    with pytest.raises(InputError) as caught:
        LabelSet.typed(" ; ")
    assert caught.value.code == "labels_none"


def test_examples_teach_the_label_they_name() -> None:
    labels = labels_named(["Kiss", "hug"])
    example = LabelExample(Path("/a.mp4"), Fraction(1))
    assert labels.taught(" kiss", [example]).labels[0].examples == (example,)
    with pytest.raises(OptionError, match="no label here") as caught:
        labels.taught("car", [example])
    assert caught.value.code == "labels_unknown"
    assert "'Kiss'" in caught.value.next_step


def test_thresholds_are_probabilities() -> None:
    assert (threshold_of("auto"), threshold_of("0.4"), threshold_of("40%")) == (None, 0.4, 0.4)
    for bad in ("0", "1", "-1", "100%", "inf", "much", ""):
        with pytest.raises(OptionError):
            threshold_of(bad)


TEXTS = st.text(max_size=20).map(one_line).filter(bool)
WORDS = TEXTS.map(lambda text: text.replace(";", "")).map(one_line).filter(bool)
PATHS = st.text(st.characters(blacklist_categories=["C", "Z"]), min_size=1, max_size=9).map(
    lambda name: Path("/") / name.replace("/", "_").replace("~", "_").strip(".") / "x.mp4"
)
EXAMPLES = st.builds(
    LabelExample,
    PATHS,
    st.fractions(0, 9999),
    st.none() | st.builds(LabelVector, st.just("a1"), st.binary(min_size=1, max_size=6).map(lambda data: data * 2)),
)
LABELS = st.builds(
    Label,
    TEXTS.filter(lambda text: any(map(str.isalnum, text))),
    st.lists(WORDS, max_size=2).map(tuple),
    st.lists(WORDS, max_size=2).map(tuple),
    st.none() | st.floats(0.01, 0.99),
    st.lists(EXAMPLES, max_size=2).map(tuple),
)


@given(
    st.builds(
        LabelSet,
        st.lists(LABELS, min_size=1, max_size=3, unique_by=lambda label: label.name.casefold()).map(tuple),
        st.lists(WORDS, max_size=2).map(tuple),
        st.none() | st.floats(0.01, 0.99),
    )
)
def test_what_is_written_is_read_again(labels: LabelSet) -> None:
    assert LabelSet.parse(str(labels)) == labels


@given(st.text(max_size=200))
def test_whatever_stands_in_a_file_is_a_set_or_an_error_of_ours(text: str) -> None:
    try:
        found = LabelSet.parse(text)
    except CuemarkError:
        return
    assert LabelSet.parse(str(found)) == found


def test_an_example_may_have_an_at_sign_in_its_path() -> None:
    assert example_of("a@b.mp4@1:00", Path("/x")) == LabelExample(Path("/x/a@b.mp4"), Fraction(60))
