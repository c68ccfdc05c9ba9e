"""Analyses as files of other programs: one file a format, each rule of the target checked before a byte is written."""

from __future__ import annotations

from cuemark.core.export_formats import ExportOptions
from cuemark.export.base import Exporter, ExportFile, get, names

__all__ = ["ExportFile", "ExportOptions", "Exporter", "get", "names"]
