"""JSON: exactly what `analyze --json` prints for one file."""

from __future__ import annotations

import json

from cuemark.core.analysis import Analysis, Notice
from cuemark.export.base import Exporter, ExportOptions
from cuemark.export.json_object import analysis_object


class JsonExporter(Exporter):
    """Everything found, for programs; options have no effect."""

    name = "json"
    suffix = ".cuemark.json"
    description = "Everything found, as one JSON object"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        return json.dumps(analysis_object(analysis), ensure_ascii=False, allow_nan=False, indent=2) + "\n", []
