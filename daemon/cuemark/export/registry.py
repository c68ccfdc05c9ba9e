"""The formats by name."""

from __future__ import annotations

from cuemark.core.errors import OptionError
from cuemark.export.avid import AvidExporter
from cuemark.export.base import Exporter
from cuemark.export.blender import BlenderExporter
from cuemark.export.csv_file import CsvExporter
from cuemark.export.edl import EdlExporter
from cuemark.export.fcp7xml import Fcp7XmlExporter
from cuemark.export.fcpxml import FcpxmlExporter
from cuemark.export.ffmetadata import FfmetadataExporter
from cuemark.export.json_file import JsonExporter
from cuemark.export.kdenlive import KdenliveExporter
from cuemark.export.matroska import MatroskaExporter
from cuemark.export.otio import OtioExporter
from cuemark.export.podcast import PodcastExporter
from cuemark.export.shotcut import ShotcutExporter
from cuemark.export.webvtt import WebVttExporter
from cuemark.export.youtube import YouTubeExporter

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
