"""Final Cut Pro XML 1.10: a project whose spine has a clip for each pick.  Not verified on a live Final Cut Pro."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from cuemark.core.analysis import Notice
from cuemark.core.text import xml_safe
from cuemark.core.timebase import snap_rate
from cuemark.export.fcpxml import FINAL_CUT, conform_rate, counting, format_element, grid_seconds
from cuemark.export.string_out.base import Cut, Reel, StringOut, Timeline
from cuemark.export.xml_file import document, element, file_url


class FcpxmlStringOut(StringOut):
    """Offsets and lengths are on the project's frame grid, starts on that of each media's own timecode."""

    suffix = ".fcpxml"
    description = "Final Cut Pro project, also for Resolve"
    program = FINAL_CUT
    start = "00:00:00:00"  # as Final Cut Pro has it, and readers that do not know `tcStart`

    def _write(self, timeline: Timeline) -> tuple[str, list[Notice]]:
        base = timeline.timebase
        title = xml_safe(timeline.name)
        sequence = element(
            "sequence",
            element("spine", *(_clip(cut, timeline) for cut in timeline.cuts)),
            format="r1",
            duration=grid_seconds(timeline.frames, base.rate),
            tcStart=grid_seconds(base.start_frame, base.rate),
            tcFormat=counting(base),
        )
        width, height = timeline.size
        shown = element(
            "format", id="r1", frameDuration=grid_seconds(1, base.rate), width=str(width), height=str(height)
        )
        resources = element("resources", shown, *(part for reel in timeline.reels for part in _resources(reel)))
        project = element("project", sequence, name=title)
        library = element("library", element("event", project, name="Cuemark"))
        return document(element("fcpxml", resources, library, version="1.10"), "fcpxml"), []


def _resources(reel: Reel) -> list[ET.Element]:
    media, sound = reel.media, reel.source.channels
    heard = "1" if sound or not media.has_picture else None  # of what is not known, Final Cut Pro looks into the file
    shown = f"f{reel.number}" if media.has_picture else None
    asset = element(
        "asset",
        element("media-rep", kind="original-media", src=file_url(media.path)),
        id=f"a{reel.number}",
        name=reel.title,
        start=grid_seconds(reel.timebase.start_frame, reel.timebase.rate),
        duration=grid_seconds(reel.frames, media.rate),
        hasVideo="1" if media.has_picture else None,
        hasAudio=heard,
        audioSources=heard,
        format=shown,
    )
    return [asset] if shown is None else [format_element(shown, media.rate, media), asset]


def _clip(cut: Cut, timeline: Timeline) -> ET.Element:
    reel, base = cut.reel, timeline.timebase
    note = [element("note", text=xml_safe(cut.caption))] if cut.caption else []
    other = conform_rate(reel.media, base.rate) if snap_rate(reel.media.rate) != base.rate else []
    return element(
        "asset-clip",
        *note,
        *other,
        ref=f"a{reel.number}",
        name=reel.title,
        offset=grid_seconds(base.start_frame + cut.start, base.rate),
        start=grid_seconds(reel.timebase.start_frame + cut.first, reel.timebase.rate),
        duration=grid_seconds(cut.end - cut.start, base.rate),
        tcFormat=counting(reel.timebase),
        audioRole=None if reel.media.has_picture else "dialogue",
    )
