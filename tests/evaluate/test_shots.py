"""PySceneDetect's shots, in exact time."""

from __future__ import annotations

import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cuemark.core.errors import CuemarkError, MediaError
from cuemark.core.extras import install_command

pytest.importorskip("scenedetect", reason="the eval extra is not installed")

from cuemark.lab.evaluate.baselines import adaptive_segments
from cuemark.media.probe import probe

if TYPE_CHECKING:
    from tests.evaluate.conftest import WriteColours

RED, GREEN, BLUE = (220, 30, 30), (30, 220, 30), (30, 30, 220)


def between(*edges: Fraction | str) -> tuple[tuple[Fraction, Fraction], ...]:
    """The stretches between these times, from 0 on."""
    return tuple(pairwise([Fraction(0), *(Fraction(edge) for edge in edges)]))


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(24)])
def test_cuts_are_exact_at_every_rate(tmp_path: Path, colours: WriteColours, rate: Fraction) -> None:
    path = colours(tmp_path / "film.mp4", [(RED, 40), (GREEN, 30), (BLUE, 50)], rate)
    assert adaptive_segments(path, 120 / rate) == between(40 / rate, 70 / rate, 120 / rate)


def test_times_count_from_the_first_frame(tmp_path: Path, colours: WriteColours) -> None:
    path = colours(tmp_path / "film.mkv", [(RED, 40), (GREEN, 40)], 25, first_frame=50)
    assert adaptive_segments(path, Fraction(16, 5)) == between("1.6", "3.2")


def test_times_count_from_the_first_frame_that_can_be_shown(tmp_path: Path, colours: WriteColours) -> None:
    """A recording that starts within a group of pictures: its first packets show nothing until the next key frame."""
    import av

    whole, path = colours(tmp_path / "whole.ts", [(RED, 40), (GREEN, 40)]), tmp_path / "film.ts"
    with av.open(str(whole)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if number >= 5 and packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    info = probe(path)
    # Key frames come every 12 frames, so 28 red ones are left.
    assert adaptive_segments(path, info.duration) == between(Fraction(28, 25), info.duration)


def test_a_film_without_cuts_is_one_shot(tmp_path: Path, colours: WriteColours) -> None:
    path = colours(tmp_path / "film.mp4", [(RED, 60)])
    assert adaptive_segments(path, Fraction(12, 5)) == between("2.4")


def test_a_cut_beyond_the_end_somebody_names_is_left_out(tmp_path: Path, colours: WriteColours) -> None:
    path = colours(tmp_path / "film.mp4", [(RED, 40), (GREEN, 40)])
    assert adaptive_segments(path, Fraction(1)) == between("1")


def test_a_file_that_is_not_there_or_no_film_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        adaptive_segments(tmp_path / "none.mp4", Fraction(1))
    assert caught.value.code == "media_not_found"
    (tmp_path / "text.mp4").write_text("not a film")
    with pytest.raises(MediaError) as caught:
        adaptive_segments(tmp_path / "text.mp4", Fraction(1))
    assert (caught.value.code, '"text.mp4"' in caught.value.message) == ("media_undecodable", True)


def test_without_the_extra_the_error_says_what_to_install(
    tmp_path: Path, colours: WriteColours, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = colours(tmp_path / "film.mp4", [(RED, 5)])
    monkeypatch.setitem(sys.modules, "scenedetect", None)
    with pytest.raises(CuemarkError) as caught:
        adaptive_segments(path, Fraction(1))
    assert caught.value.code == "eval_extra_missing" and install_command("eval") in caught.value.next_step
