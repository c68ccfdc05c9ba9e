"""The chapters that a media file's own container holds."""

from __future__ import annotations

from fractions import Fraction

from cuemark.core.media import MediaInfo
from cuemark.media.source import open_media


def container_chapters(info: MediaInfo) -> tuple[Fraction, ...]:
    """When its chapters begin, in seconds from the first frame shown and in the order of the file; none: empty.

    Times in a container are a player's, whose 0 is `picture_start` before the first frame.  A chapter that begins
    before the first frame begins with it.  MediaError where the file cannot be opened.
    """
    with open_media(info.path, demux_only=True) as container:
        marks = container.chapters()
    starts = (Fraction(mark["start"]) * Fraction(mark["time_base"]) for mark in marks if mark["time_base"])
    return tuple(max(Fraction(0), start - info.picture_start) for start in starts)
