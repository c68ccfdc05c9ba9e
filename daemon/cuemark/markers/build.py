"""The markers an analysis wants on a timeline: names, notes, colours, ids; at most one a frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from cuemark.core.analysis import Analysis
from cuemark.core.markers import CustomId, MarkerOptions, TimelineMarker
from cuemark.export.base import ExportOptions
from cuemark.export.entries import plain
from cuemark.export.text import shorten
from cuemark.hosts.mapping import PlacedSpan

_NAME_LIMIT = 80
"""Characters of a name; no editor shows more beside its ruler, and the note has the whole caption."""


def markers_for(
    analysis: Analysis, placed: Iterable[PlacedSpan], options: MarkerOptions | None = None
) -> list[TimelineMarker]:
    """One marker for each use of each moment (with its length) and chapter (a point), in order of frame.

    The same moment on the same frame of two tracks is one marker.  Several markers may still share a frame;
    `one_a_frame` joins them, also across analyses.
    """
    chosen = options or MarkerOptions()
    texts = _texts(analysis, chosen)
    uses: Counter[str] = Counter()
    markers: list[TimelineMarker] = []
    seen: set[tuple[str, int]] = set()
    for use in sorted(placed, key=lambda use: (use.frame, -use.duration, use.clip.track)):
        moment = use.span.segment_id
        if moment not in texts or (moment, use.frame) in seen:
            continue
        seen.add((moment, use.frame))
        uses[moment] += 1
        markers.append(_marker(use, CustomId(analysis.id, moment, uses[moment]), texts[moment], chosen))
    return markers


def _marker(use: PlacedSpan, custom: CustomId, texts: tuple[str, str], options: MarkerOptions) -> TimelineMarker:
    is_chapter = use.span.kind == "chapter"
    return TimelineMarker(
        frame=use.frame,
        duration=1 if is_chapter else use.duration,
        color=options.colours.chapter if is_chapter else options.colours.moment,
        name=texts[0],
        note=texts[1],
        custom_data=str(custom),
        segment_id=use.span.segment_id,
        kind=use.span.kind,
        low=use.clip.start,
        high=use.clip.end,
    )


def _texts(analysis: Analysis, options: MarkerOptions) -> dict[str, tuple[str, str]]:
    """Name and note by id: the title, and the captions of what happens in it."""
    spelling = ExportOptions(transliterate=options.transliterate)
    texts: dict[str, tuple[str, str]] = {}
    captions = [(m, plain(m.caption, spelling)) for m in sorted(analysis.moments, key=lambda m: m.start)]
    if options.moments:
        for number, (moment, caption) in enumerate(captions, 1):
            texts[moment.id] = (shorten(caption, _NAME_LIMIT) or f"Moment {number}", caption)
    if options.chapters:
        for number, chapter in enumerate(analysis.chapters, 1):
            inside = [text for moment, text in captions if chapter.start <= moment.start < chapter.end and text]
            title = shorten(plain(chapter.title, spelling), _NAME_LIMIT)
            texts[chapter.id] = (title or f"Chapter {number}", "; ".join(dict.fromkeys(inside)))
    return texts


def one_a_frame(markers: Iterable[TimelineMarker]) -> list[TimelineMarker]:
    """At most one marker a frame, in order of frame: a chapter keeps its name and colour, else the longest moment does.

    The longest duration wins, what the others said goes into the note, and `merged` names them.
    """
    ordered = sorted(markers, key=lambda m: (m.frame, m.kind != "chapter", -m.duration, m.custom_data))
    return [merge(list(same)) for _, same in groupby(ordered, key=lambda m: m.frame)]


def merge(group: list[TimelineMarker]) -> TimelineMarker:
    """The first of them, telling what all of them say, within its own clip."""
    head, rest = group[0], group[1:]
    if not rest:
        return head
    note = head.note
    for said in (m.note or m.name for m in rest):
        if said.casefold() not in f"{head.name}\n{note}".casefold():
            note = f"{note}; {said}" if note else said
    length = max(m.end - head.frame for m in group)
    return replace(
        head,
        note=note,
        duration=max(1, length if head.high is None else min(length, head.high - head.frame)),
        merged=(*head.merged, *dict.fromkeys(i for m in rest for i in (m.segment_id, *m.merged))),
    )
