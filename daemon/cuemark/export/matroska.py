"""Matroska chapter XML, for mkvmerge --chapters and mkvpropedit --chapters."""

from __future__ import annotations

import hashlib
from xml.sax.saxutils import escape

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.timebase import clock
from cuemark.export.base import Exporter, ExportOptions
from cuemark.export.entries import Entry, chapter_entries, ticks

# The titles may be in any language, so none is claimed.
_LANGUAGE = "und"


class MatroskaExporter(Exporter):
    """One default edition of flat chapters; the same content always gets the same UIDs."""

    name = "matroska"
    suffix = ".chapters.xml"
    description = "Matroska chapters (XML), for mkvmerge"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        entries, notices = chapter_entries(analysis, options)
        ticks(entries, 10**9)
        atoms = "".join(_atom(entry, analysis.media.fingerprint) for entry in entries)
        edition = uid(analysis.media.fingerprint, *(f"{e.start} {e.end} {e.title}" for e in entries))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Chapters>\n  <EditionEntry>\n'
            f"    <EditionUID>{edition}</EditionUID>\n"
            "    <EditionFlagHidden>0</EditionFlagHidden>\n    <EditionFlagDefault>1</EditionFlagDefault>\n"
            f"{atoms}  </EditionEntry>\n</Chapters>\n"
        ), notices


def uid(*content: str) -> int:
    """A number from 1 to 2^63-1 made from the content alone (signed 64-bit readers exist, and 0 is forbidden)."""
    digest = hashlib.blake2b("\0".join(content).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


def _atom(entry: Entry, fingerprint: str) -> str:
    start, end = (clock(time, "hh:mm:ss.nnnnnnnnn") for time in (entry.start, entry.end))
    return (
        "    <ChapterAtom>\n"
        f"      <ChapterUID>{uid(fingerprint, str(entry.start), entry.title)}</ChapterUID>\n"
        f"      <ChapterTimeStart>{start}</ChapterTimeStart>\n"
        f"      <ChapterTimeEnd>{end}</ChapterTimeEnd>\n"
        "      <ChapterDisplay>\n"
        f"        <ChapterString>{escape(entry.title)}</ChapterString>\n"
        f"        <ChapterLanguage>{_LANGUAGE}</ChapterLanguage>\n"
        f"        <ChapLanguageIETF>{_LANGUAGE}</ChapLanguageIETF>\n"
        "      </ChapterDisplay>\n"
        "    </ChapterAtom>\n"
    )
