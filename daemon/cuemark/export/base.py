"""The seam every format stands behind: what an exporter is given and gives, what it may refuse; formats by name."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.errors import OptionError
from cuemark.core.export_formats import EXPORT_FORMATS, ExportOptions
from cuemark.core.media import NOMINAL_RATE, MediaInfo
from cuemark.core.model_notices import sample_warning
from cuemark.core.text import file_name, json_safe, shown
from cuemark.core.timebase import frames_of, snap_rate, timecode_at

_MAX_STEM_BYTES = 160


@dataclass(frozen=True)
class ExportFile:
    """A finished file: its bytes, a name without folder, and what had to be adjusted to meet the target's rules."""

    data: bytes
    suggested_name: str
    warnings: tuple[Notice, ...] = ()


class Exporter(ABC):
    """One target format.  Stateless; `export` has no side effect and writes no file."""

    name: ClassVar[str]
    suffix: ClassVar[str]
    description: ClassVar[str]
    counts_frames: ClassVar[bool] = True
    """Whether its places are frames, or timecode; False for clock times."""

    def export(self, analysis: Analysis, options: ExportOptions | None = None) -> ExportFile:
        """The analysis in this format.

        Raises InputError with an `export_*` code that names the entry which breaks a rule of the target, and
        OptionError for options the target cannot be written with.  A rule that can be met by adjusting is met, and
        `warnings` says how.
        """
        chosen = options or ExportOptions()
        if chosen.rate is not None and chosen.rate <= 0:
            raise OptionError(
                "export_rate", f"A frame rate of {chosen.rate} is not possible.", "Give a rate above zero."
            )
        analysis, nominal = self._on_a_grid(analysis, chosen)
        text, warnings = self._write(analysis, chosen)
        warnings = [*nominal, *warnings]
        if (unfit := sample_warning(analysis)) is not None:
            text, warnings = self._remarked(text, unfit.message), [unfit, *warnings]
        name = file_stem(analysis.media.path) + self.suffix
        return ExportFile(text.encode("utf-8"), name, tuple(warnings))

    def _on_a_grid(self, analysis: Analysis, options: ExportOptions) -> tuple[Analysis, list[Notice]]:
        """Sound alone is counted in frames of the timeline it is for, or in nominal ones, which is said."""
        media = analysis.media
        if media.has_picture or not self.counts_frames:
            return analysis, []
        told = [] if options.rate is not None else [_nominal_notice(media)]
        return replace(analysis, media=at_rate(media, snap_rate(options.rate or NOMINAL_RATE))), told

    @abstractmethod
    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        """The whole text of the file, and notices; raises before anything is written when a rule cannot be met."""

    def _remarked(self, text: str, remark: str) -> str:
        """The file with a line that says whether its words can be believed, where the format has a place for one.

        Formats of markers have it in the markers' notes (`markers.build`).
        """
        return text


def at_rate(media: MediaInfo, rate: Fraction) -> MediaInfo:
    """Sound alone counted in frames of `rate`; a recorder's timecode names the same second then."""
    start = media.start_timecode
    if start is not None and rate != media.rate:
        start = timecode_at(int(frames_of(start, media.rate) / media.rate * rate), rate)
    return replace(media, rate=rate, start_timecode=start)


def _nominal_notice(media: MediaInfo) -> Notice:
    message = f"{shown(media.path)} is sound alone and has no frame rate; written for {NOMINAL_RATE} fps."
    return Notice("export_rate_assumed", f"{message} Give that of your timeline: --fps.")


def json_file(value: Any) -> str:
    """The whole text of a JSON file."""
    return json_safe(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)) + "\n"


def file_stem(path: Path) -> str:
    """The media's name without its suffix, safe as the start of a file name everywhere."""
    return file_name(path.stem, _MAX_STEM_BYTES)


def names() -> tuple[str, ...]:
    """The names `get` knows."""
    return tuple(EXPORT_FORMATS)


def get(name: str) -> Exporter:
    """The exporter of that name; OptionError `export_format_unknown` lists the names there are."""
    known = EXPORT_FORMATS.get(name)
    if known is None:
        raise OptionError(
            "export_format_unknown", f"There is no export format {name!r}.", f"Use one of: {', '.join(names())}."
        )
    module, _, class_name = known.exporter.partition(":")
    exporter: type[Exporter] = getattr(import_module(f"cuemark.export.{module}"), class_name)
    return exporter()
