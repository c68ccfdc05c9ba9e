"""The texts of a timeline go to the clip that is heard, once each, whatever lies over it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cuemark.core.errors import HostError
from cuemark.core.timeline import TimelineClip, TimelineSubtitle
from cuemark.hosts.timeline_speech import heard_through, transcripts_of
from tests.hosts.example import CLIP, MEDIA, TIMELINE

BROLL = Path("/footage/B001.mov")


def clip(start: int, end: int, source: int = 0, **more: object) -> TimelineClip:
    """Frames [start, end) of the timeline, which show the file from frame `source` on."""
    length = end - start
    shown = {"start": start, "duration": length, "source_start": source, "source_end": source + length}
    return replace(CLIP, **shown, **more)  # type: ignore[arg-type]


def test_a_text_is_heard_through_the_lowest_track_and_over_a_cut_through_the_clip_with_most_of_it() -> None:
    talk, laid_over, later = clip(0, 100), clip(0, 200, track=2, path=BROLL), clip(100, 200, 500)
    timeline = replace(TIMELINE, clips=(laid_over, talk, later))
    texts = [
        TimelineSubtitle(1, 10, 50, "Said."),
        TimelineSubtitle(1, 90, 140, "Over."),
        TimelineSubtitle(1, 300, 310, "?"),
    ]
    assert heard_through(timeline, texts) == [(talk, texts[0]), (later, texts[1])]
    with pytest.raises(HostError):
        heard_through(timeline, [TimelineSubtitle(1, 0, 5, " ")])


def test_a_text_that_is_shown_twice_counts_once_and_that_texts_meet_is_not_worth_saying() -> None:
    timeline = replace(TIMELINE, clips=(clip(0, 100, 100), clip(200, 300, 100)))
    texts = [
        TimelineSubtitle(1, 0, 60, "Good evening."), TimelineSubtitle(1, 50, 90, "Sit down."),
        TimelineSubtitle(1, 200, 260, "Good evening."),
    ]  # fmt: skip
    (found,) = transcripts_of(timeline, heard_through(timeline, texts), {CLIP.path or BROLL: MEDIA})
    assert [(float(one.start), one.text) for one in found.transcript.utterances] == [
        (4, "Good evening."), (6, "Sit down."),
    ]  # fmt: skip
    assert found.transcript.warnings == ()
