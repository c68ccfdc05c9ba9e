"""The formats by name."""

from __future__ import annotations

from cuemark.core.errors import OptionError
from cuemark.export.base import Exporter
from cuemark.export.data_files import CsvExporter, JsonExporter
from cuemark.export.fcp7xml import Fcp7XmlExporter
from cuemark.export.fcpxml import FcpxmlExporter
from cuemark.export.marker_lists import AvidExporter, BlenderExporter, EdlExporter, KdenliveExporter
from cuemark.export.otio import OtioExporter
from cuemark.export.players import FfmetadataExporter, MatroskaExporter, PodcastExporter, WebVttExporter
from cuemark.export.shotcut import ShotcutExporter
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
