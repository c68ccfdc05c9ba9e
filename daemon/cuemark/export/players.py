"""Chapter files of players: ffmetadata for MP4 and MKV, WebVTT for the web, Matroska XML, Podcasting 2.0 JSON.

Their rules are one: chapters in order, disjoint, each longer than the finest time the format can write, counted from
the start of the container.
"""

from __future__ import annotations

import hashlib
import json
import re
from xml.sax.saxutils import escape as escape_xml

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.export_formats import ExportOptions
from cuemark.core.timebase import clock
from cuemark.export.base import Exporter, json_file
from cuemark.export.entries import Entry, player_entries, ticks
from cuemark.export.xml_file import DECLARATION, with_comment

_MILLISECONDS, _NANOSECONDS = 10**3, 10**9
"""Of a second.  ffmetadata has its unit written out: without a TIMEBASE line ffmpeg counts nanoseconds."""
# The titles may be in any language, so none is claimed.
_LANGUAGE = "und"
_FFMETADATA, _WEBVTT = ";FFMETADATA1\n", "WEBVTT\n"
"""What a reader knows each format by; a remark stands behind it."""


class FfmetadataExporter(Exporter):
    """`ffmpeg -i in -i chapters -map_metadata 0 -map_chapters 1 -codec copy out`.

    Chapters only; no global tags, so that muxing cannot overwrite the media's own.
    """

    name = "ffmetadata"
    suffix = ".ffmetadata"
    counts_frames = False
    description = "Chapters for ffmpeg to put into an MP4 or MKV"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        entries, notices = player_entries(analysis, options)
        blocks = [
            f"[CHAPTER]\nTIMEBASE=1/{_MILLISECONDS}\nSTART={start}\nEND={end}\ntitle={escape_ffmetadata(entry.title)}\n"
            for entry, (start, end) in zip(entries, ticks(entries, _MILLISECONDS), strict=True)
        ]
        return "\n".join([_FFMETADATA, *blocks]), notices

    def _remarked(self, text: str, remark: str) -> str:
        return text.replace(_FFMETADATA, f"{_FFMETADATA}; {remark}\n", 1)


def escape_ffmetadata(value: str) -> str:
    """A value with its special characters `= ; # \\` and newline preceded by a backslash.

    A backslash at the end gets a space behind it: FFmpeg since 6 takes the line break for escaped, and into the value.
    """
    escaped = re.sub(r"([=;#\\\n])", r"\\\1", value)
    return f"{escaped} " if escaped.endswith("\\") else escaped


class WebVttExporter(Exporter):
    """For `<track kind="chapters">`: one cue a chapter, disjoint, one line of text each."""

    name = "webvtt"
    suffix = ".chapters.vtt"
    counts_frames = False
    description = "WebVTT chapters, for web players"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        entries, notices = player_entries(analysis, options)
        ticks(entries, _MILLISECONDS)
        cues = [
            f"{number}\n{_cue_times(entry)}\n{escape_cue(entry.title)}\n" for number, entry in enumerate(entries, 1)
        ]
        return "\n".join([_WEBVTT, *cues]), notices

    def _remarked(self, text: str, remark: str) -> str:
        return text.replace(_WEBVTT, f"{_WEBVTT}\nNOTE {escape_cue(remark)}\n", 1)


def _cue_times(entry: Entry) -> str:
    return f"{clock(entry.start, 'hh:mm:ss.mmm')} --> {clock(entry.end, 'hh:mm:ss.mmm')}"


def escape_cue(text: str) -> str:
    """Cue text with & < > as entities; this also keeps the forbidden `-->` out."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class PodcastExporter(Exporter):
    """Version 1.2.0, served as application/json+chapters; times in seconds, to the millisecond."""

    name = "podcast"
    suffix = ".chapters.json"
    counts_frames = False
    description = "Podcasting 2.0 chapters (JSON)"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        entries, notices = player_entries(analysis, options)
        chapters = [
            {"startTime": start / _MILLISECONDS, "endTime": end / _MILLISECONDS, "title": entry.title}
            for entry, (start, end) in zip(entries, ticks(entries, _MILLISECONDS), strict=True)
        ]
        return json_file({"version": "1.2.0", "chapters": chapters}), notices

    def _remarked(self, text: str, remark: str) -> str:
        return json_file({"version": "1.2.0", "description": remark, **json.loads(text)})


class MatroskaExporter(Exporter):
    """For mkvmerge --chapters and mkvpropedit --chapters: one default edition of flat chapters.

    The same content always gets the same UIDs.
    """

    name = "matroska"
    suffix = ".chapters.xml"
    counts_frames = False
    description = "Matroska chapters (XML), for mkvmerge"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        entries, notices = player_entries(analysis, options)
        ticks(entries, _NANOSECONDS)
        atoms = "".join(_atom(entry, analysis.media.fingerprint) for entry in entries)
        edition = uid(analysis.media.fingerprint, *(f"{e.start} {e.end} {e.title}" for e in entries))
        return (
            f"{DECLARATION}<Chapters>\n  <EditionEntry>\n"
            f"    <EditionUID>{edition}</EditionUID>\n"
            "    <EditionFlagHidden>0</EditionFlagHidden>\n    <EditionFlagDefault>1</EditionFlagDefault>\n"
            f"{atoms}  </EditionEntry>\n</Chapters>\n"
        ), notices

    def _remarked(self, text: str, remark: str) -> str:
        return with_comment(text, remark)


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
        f"        <ChapterString>{escape_xml(entry.title)}</ChapterString>\n"
        f"        <ChapterLanguage>{_LANGUAGE}</ChapterLanguage>\n"
        f"        <ChapLanguageIETF>{_LANGUAGE}</ChapLanguageIETF>\n"
        "      </ChapterDisplay>\n"
        "    </ChapterAtom>\n"
    )
