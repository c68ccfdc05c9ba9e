"""Selections as timelines of other programs: a clip for each pick, behind each other."""

from cuemark.export.string_out.base import StringOut, write

__all__ = ["StringOut", "write"]
