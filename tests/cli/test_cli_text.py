"""What a value looks like to a person, whatever bytes it is made of."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cuemark.cli import text
from cuemark.core.sizes import size_text
from cuemark.core.text import shell_path, terminal_path, terminal_safe


@given(st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name))
def test_any_file_name_is_shown_on_one_line_without_control_characters(name: bytes) -> None:
    shown = terminal_path(os.fsdecode(name))
    shown.encode("utf-8")
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown


def test_readable_names_are_left_alone() -> None:
    assert terminal_safe("It's a 'quoted' name — 日本語 👩‍👩‍👧.mov") == "It's a 'quoted' name — 日本語 👩‍👩‍👧.mov"


def test_harmful_characters_become_escapes() -> None:
    assert terminal_safe("a\x1b[31mb\nc\u202ed" + os.fsdecode(b"\xff")) == "a\\x1b[31mb\\nc\\u202ed\\xff"


@pytest.mark.skipif(os.name == "nt", reason="shells differ on Windows")
@given(st.binary(min_size=1, max_size=30).filter(lambda name: b"\0" not in name))
@example(b"\xc2\x80")  # a control character beyond ASCII
def test_a_pasted_path_names_the_same_file(name: bytes) -> None:
    command = b"printf %s " + shell_path(os.fsdecode(name)).encode()
    assert subprocess.run(["bash", "-c", command], capture_output=True, check=True).stdout == name


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_960, "100 kB"), (999_600, "1.0 MB"), (3 * 10**12, "3.0 TB")],
)
def test_sizes(count: int, shown: str) -> None:
    assert size_text(count) == shown


def test_clock_is_exact_to_the_millisecond() -> None:
    assert text.clock(Fraction(3599_9996, 10000)) == "01:00:00.000"
    assert text.clock(Fraction(1001, 30)) == "00:00:33.367"


def test_ago_and_rates() -> None:
    now = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
    assert text.ago(now - timedelta(seconds=3), now) == "just now"
    assert text.ago(now - timedelta(minutes=5), now) == "5 min ago"
    assert text.ago(now - timedelta(hours=5), now) == "5 h ago"
    assert text.rate(Fraction(30000, 1001)) == "29.97 fps"
    assert text.rate(Fraction(25)) == "25 fps"
    assert text.duration(7500) == "2 h 05 min"
