"""The formats by name."""

from __future__ import annotations

from cuemark.errors import OptionError
from cuemark.exporters.avid import AvidExporter
from cuemark.exporters.base import Exporter
from cuemark.exporters.blender import BlenderExporter
from cuemark.exporters.csv_file import CsvExporter
from cuemark.exporters.edl import EdlExporter
from cuemark.exporters.fcp7xml import Fcp7XmlExporter
from cuemark.exporters.fcpxml import FcpxmlExporter
from cuemark.exporters.ffmetadata import FfmetadataExporter
from cuemark.exporters.json_file import JsonExporter
from cuemark.exporters.kdenlive import KdenliveExporter
from cuemark.exporters.matroska import MatroskaExporter
from cuemark.exporters.otio import OtioExporter
from cuemark.exporters.podcast import PodcastExporter
from cuemark.exporters.shotcut import ShotcutExporter
from cuemark.exporters.webvtt import WebVttExporter
from cuemark.exporters.youtube import YouTubeExporter

_EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter
    for exporter in (
        JsonExporter(),
        CsvExporter(),
        YouTubeExporter(),
        FfmetadataExporter(),
        WebVttExporter(),
        MatroskaExporter(),
        PodcastExporter(),
        EdlExporter(),
        OtioExporter(),
        FcpxmlExporter(),
        Fcp7XmlExporter(),
        AvidExporter(),
        KdenliveExporter(),
        ShotcutExporter(),
        BlenderExporter(),
    )
}


def names() -> tuple[str, ...]:
    """The names `get` knows."""
    return tuple(_EXPORTERS)


def get(name: str) -> Exporter:
    """The exporter of that name; OptionError `export_format_unknown` lists the names there are."""
    exporter = _EXPORTERS.get(name)
    if exporter is None:
        raise OptionError(
            "export_format_unknown", f"There is no export format {name!r}.", f"Use one of: {', '.join(names())}."
        )
    return exporter
