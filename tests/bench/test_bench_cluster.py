"""`cuemark bench cluster`: what it makes of the times it saw, and the sizes it computes."""

from __future__ import annotations

import pytest

from cuemark.lab.bench.cluster import Turn, sizes


def test_the_time_of_a_file_begins_when_all_workers_are_at_work() -> None:
    one = Turn(1, ends=[30.0, 34.0, 36.0, 38.0, 40.0])
    two = Turn(2, ends=[30.0, 31.0, 32.0, 33.0, 34.0, 35.0])
    assert one.seconds_a_file == pytest.approx(2.0) and two.seconds_a_file == pytest.approx(1.0)


def test_sizes_follow_from_samples_and_hours() -> None:
    busy = [float(10 + 10 * number) for number in range(12)]
    turn = Turn(1, ends=[0.0] * 12, busy=busy, vectors=1200, vector_bytes=1200 * 1024)
    turn.entry_bytes = turn.vector_bytes + 12 * 40 * 1000
    table = sizes(turn)
    found = dict(zip(table.column("footage"), table.rows, strict=True))
    short, long = found["1,000 h in files of 10 min"], found["1,000 h in files of 60 min"]
    assert short[1] == pytest.approx(9.0) and long[1] == pytest.approx(1.5), "1,500 a file, at most"
    assert long[4] == pytest.approx(1.5e6 * 0.1 / 3600), "a tenth of a second a sample"
    assert long[3] == pytest.approx(1.5e6 * 1024 * 1.5 / 1e9)
    assert long[2] == pytest.approx((1.5e6 * 1024 + 1000 * 3.6e6) / 1e9)
    assert found["100,000 h in files of 60 min"][1] == pytest.approx(150.0)
