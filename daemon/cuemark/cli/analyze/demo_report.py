"""What `cuemark demo` found beside what is true of its video: matched, printed, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.cli import output, text
from cuemark.cli.library.show import print_moments
from cuemark.core import timebase
from cuemark.core.analysis import Analysis, Moment, named_moments
from cuemark.core.analysis_json import analysis_object
from cuemark.core.text import printable_path, terminal_path
from cuemark.lab.evaluate.caption_scores import says
from cuemark.lab.evaluate.localisation import MATCHED_FROM, best_pairs, events_within, span
from cuemark.lab.sample.lexicon import Lexicon
from cuemark.lab.sample.video import SampleClip

_MODELS_NOTE = (
    "The sample models used here were trained on this small drawn world only; they do not understand real footage."
)
_REAL_NOTE = (
    "A moment that the models are not sure enough of keeps its number and gets no caption. These small models know a "
    "thousand everyday things; larger ones see more and are surer."
)


@dataclass(frozen=True)
class Truth:
    """A true event: [start, end) in seconds, one caption, and every way to say its subject and its place."""

    start: Fraction
    end: Fraction
    caption: str
    subject: tuple[str, ...]
    place: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """An event and the moment that fits it best, if any; `subject` and `place` say whether the caption names them."""

    truth: Truth
    moment: Moment | None
    tiou: Fraction

    @property
    def found(self) -> bool:
        """Whether the moment lies where the event lies."""
        return self.moment is not None and self.tiou >= MATCHED_FROM

    @property
    def subject(self) -> bool:
        """Whether the caption of a found event names its subject."""
        return self.found and self.moment is not None and says(self.moment.caption, self.truth.subject)

    @property
    def place(self) -> bool:
        """Whether the caption of a found event names its place."""
        return self.found and self.moment is not None and says(self.moment.caption, self.truth.place)


def truths(clip: SampleClip) -> list[Truth]:
    """The clip's events with every phrase the sample world has for their subjects and places."""
    words = Lexicon()

    def phrases(slots: dict[str, str], slot: str) -> tuple[str, ...]:
        return (slots[slot], *words.phrases(slot, slots[slot])) if slot in slots else ()

    return [
        Truth(event.start, event.end, event.captions[0], phrases(slots, "subject"), phrases(slots, "place"))
        for event in clip.events
        for slots in (event.slots.as_dict(),)
    ]


def match(events: Sequence[Truth], moments: Sequence[Moment]) -> list[Row]:
    """Each event with its moment: best pairs first, no moment used twice; a moment that touches no event stays out."""
    pairs = best_pairs([span(event) for event in events], [span(moment) for moment in moments])
    chosen = {i: (moments[j], overlap) for i, (j, overlap) in pairs.items()}
    return [Row(event, *chosen.get(i, (None, Fraction(0)))) for i, event in enumerate(events)]


@dataclass(frozen=True)
class Shown:
    """What the drawn video's analysis came to: its comparison with the truth, files by format, and its seconds."""

    analysis: Analysis
    rows: Sequence[Row]
    files: list[tuple[str, Path | None, str]]
    seconds: float


def print_demo(drawn: Shown) -> None:
    """The comparison, the chapters and the files of the drawn video, for people."""
    analysis, events = drawn.analysis, [row.truth for row in drawn.rows]
    for notice in analysis.warnings:
        output.warn(notice.message, notice.code)
    shown = text.plural(len(events), "true event")
    output.heading(_heading(analysis, shown, drawn.seconds))
    output.say()
    _print_rows(drawn.rows, analysis)
    output.say()
    output.say(summary(drawn.rows, analysis))
    output.say()
    _print_chapters(analysis, events)
    output.say()
    _print_files(drawn.files)
    output.say()
    output.say(_MODELS_NOTE)
    output.say()


def print_real(analysis: Analysis, seconds: float) -> None:
    """Moments, tags and confidence of the real film, for people."""
    for notice in analysis.warnings:
        output.note(notice.message, notice.code)
    output.heading(_heading(analysis, "a real film", seconds))
    output.say()
    print_moments(analysis)
    output.say()
    output.say(_REAL_NOTE)


def print_next() -> None:
    """What to do after the demo."""
    output.say("Next, on footage of your own:")
    output.hint("  cuemark models pull light")
    output.hint("  cuemark analyze YOUR_VIDEO.mp4")


def _heading(analysis: Analysis, what: str, seconds: float) -> str:
    media = analysis.media
    return f"{media.path.name}  {_short(media.duration)} min, {what}, analysed in {seconds:.0f} s"


def _print_rows(rows: Sequence[Row], analysis: Analysis) -> None:
    names = {named.moment.id: named.name for named in named_moments(analysis.moments)}
    cells = []
    for row in rows:
        moment = row.moment
        cells.append(
            [
                _span(row.truth.start, row.truth.end),
                row.truth.caption,
                _span(moment.start, moment.end) if moment else "-",
                names[moment.id] if moment else "(not found)",
                f"{float(row.tiou):.2f}",
                _verdict(row.found, row.subject),
                _verdict(row.found, row.place),
            ]
        )
    output.table(["true event", "what it shows", "found", "moment", "tIoU", "subject", "place"], cells, right=["tIoU"])


def _verdict(found: bool, right: bool) -> str:
    return "-" if not found else "right" if right else "WRONG"


def summary(rows: Sequence[Row], analysis: Analysis) -> str:
    """The outcome in one line."""
    found = sum(row.found for row in rows)
    both = sum(row.subject and row.place for row in rows)
    matched = {row.moment.id for row in rows if row.moment is not None and row.found}
    extra = sum(moment.id not in matched for moment in analysis.moments)
    line = (
        f"Found {found} of {text.plural(len(rows), 'event')} (tIoU >= 0.5); subject right in"
        f" {sum(row.subject for row in rows)}, place right in {sum(row.place for row in rows)}, both in {both}."
    )
    return line + (f" {text.plural(extra, 'moment')} without an event." if extra else "")


def _print_chapters(analysis: Analysis, events: Sequence[Truth]) -> None:

    rows = [
        [
            _span(chapter.start, chapter.end),
            chapter.title,
            "; ".join(event.caption for event in events_within(chapter, events)) or "(no event)",
        ]
        for chapter in analysis.chapters
    ]
    output.table(["chapter", "title", "true events in it"], rows)


def _print_files(files: list[tuple[str, Path | None, str]]) -> None:
    folder = next((path.parent for _, path, _ in files if path is not None), None)
    output.say(f"Files in {terminal_path(folder)}:" if folder else "No format fits.")
    output.table(
        ["format", "file", "for"],
        [[name, path.name if path else "(not written)", description] for name, path, description in files],
    )


def demo_object(drawn: Shown, real: Analysis) -> dict[str, Any]:
    """The demo as JSON: the drawn video's analysis, comparison and files, and the real film's analysis."""

    compared = [
        {
            "start_s": float(row.truth.start),
            "end_s": float(row.truth.end),
            "caption": row.truth.caption,
            "moment": row.moment.id if row.moment else None,
            "tiou": float(row.tiou),
            "found": row.found,
            "subject_right": row.subject,
            "place_right": row.place,
        }
        for row in drawn.rows
    ]
    return {
        "note": _MODELS_NOTE,
        "analysis": analysis_object(drawn.analysis),
        "events": compared,
        "files": {name: printable_path(path) for name, path, _ in drawn.files if path is not None},
        "real": {"note": _REAL_NOTE, "analysis": analysis_object(real)},
    }


def _short(seconds: Fraction) -> str:
    """`0:09.5`: tenths of a second, for a table."""
    tenths = timebase.round_half_up(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def _span(start: Fraction, end: Fraction) -> str:
    return f"{_short(start)}-{_short(end)}"
