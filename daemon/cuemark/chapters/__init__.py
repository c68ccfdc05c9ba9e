"""Moments to chapters: a gapless partition of the media, with titles checked against the frames."""

from __future__ import annotations

from cuemark.chapters.build import build_chapters
from cuemark.chapters.options import ChapterOptions

__all__ = ["ChapterOptions", "build_chapters"]
