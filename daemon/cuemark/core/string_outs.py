"""String-outs: the one table of the formats in which a selection opens as a timeline, and what they are asked with."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.export_formats import KnownFormat

STRING_OUT_FORMATS: dict[str, KnownFormat] = {
    "otio": KnownFormat("otio:OtioStringOut"),
    "fcpxml": KnownFormat("fcpxml:FcpxmlStringOut", "Final Cut Pro, Resolve"),
    "fcp7xml": KnownFormat("fcp7xml:Fcp7XmlStringOut", "Premiere, Kdenlive"),
    "edl": KnownFormat("edl:EdlStringOut", "CMX 3600, all editors"),
    "shotcut": KnownFormat("shotcut:ShotcutStringOut", "melt"),
}
"""By name: its writer ("module:class" in cuemark.export.string_out) and the editors it is for."""

ALIASES = {"xmeml": "fcp7xml", "mlt": "shotcut", "melt": "shotcut", "cmx3600": "edl"}
"""Other names that people know formats by."""


@dataclass(frozen=True)
class StringOutOptions:
    """How the timeline counts.  None: the rate that most of the picks have, non-drop, from 01:00:00:00 on.

    `name` is that of the timeline, "" for one made of the media's.
    """

    rate: Fraction | None = None
    drop_frame: bool | None = None
    start_timecode: str | None = None
    name: str = ""
