"""THE marker builder: how moments, chapters and shots of an analysis look on a timeline, whichever way they go there.

The Resolve bridge, the Lua file and every export format that marks frames go through the same four steps, so that one
analysis gives the same markers everywhere:

1. `segments_of` words each moment, chapter and shot: text, name, note;
2. they are placed on frames: `on_whole_media` for a timeline that shows the media once, `hosts.timeline_map` through
   the clips of a timeline that somebody has cut;
3. `markers_for` makes a marker of each placed segment: colour, length, our id;
4. `one_a_frame` gives each a frame of its own, because an editor's frame holds one marker: a moment that begins with
   its chapter lies on the frame behind it, moments that begin together are joined.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import heapify, heappop, heappush

from cuemark.core.analysis import Analysis, Chapter, named_moments, tags_text
from cuemark.core.markers import CustomId, MarkerColours, MarkerKind, MarkerOptions, TimelineMarker
from cuemark.core.media import MediaInfo, frame_span, total_frames
from cuemark.core.model_notices import REMARK, sample_warning
from cuemark.core.shots import named_shots
from cuemark.core.text import one_line, shorten, to_ascii

NAME_LIMIT = 80
"""Characters of a name; no editor shows more beside its ruler, and the note has the whole text."""
_ORDER: dict[MarkerKind, int] = {"chapter": 0, "moment": 1, "shot": 2}
"""Of what begins together, what keeps its frame."""


@dataclass(frozen=True)
class MarkedSegment:
    """A moment, chapter or shot (its id) of one media as its markers tell it: [start, end) in seconds.

    `text` is its whole caption or title in one line, `words` what it says beside its name: a moment's caption with its
    tags and what is said in it, where they are wanted; a chapter's title, where the name has not all of it.  `inside`
    are the moments that a chapter tells in its note, `remark` is what the user has to be told of both.
    """

    segment_id: str
    kind: MarkerKind
    start: Fraction
    end: Fraction
    text: str = ""
    words: str = ""
    inside: tuple[MarkedSegment, ...] = ()
    remark: str = ""

    @property
    def note(self) -> str:
        """What the marker says beside its name: its own words, then those of the moments in it."""
        words = [self.words, *(moment.words for moment in self.inside)]
        return f"{'; '.join(dict.fromkeys(filter(None, words)))} {self.remark}".strip()

    @property
    def name(self) -> str:
        """The marker's name."""
        return shorten(self.text, NAME_LIMIT)

    @property
    def whole(self) -> str:
        """What a marker says that can hold but one text."""
        return self.note or self.text if self.kind == "moment" else self.text


@dataclass(frozen=True)
class PlacedSegment:
    """What one showing has of a segment: frames [frame, frame + duration) of a timeline, from its first.

    [low, high) are the frames of its clips, `track` is their track; a `high` of None is the timeline's end.
    """

    segment: MarkedSegment
    frame: int
    duration: int
    low: int = 0
    high: int | None = None
    track: int = 1

    @property
    def end(self) -> int:
        """The frame after its last."""
        return self.frame + self.duration


def plain(text: str, transliterate: bool) -> str:
    """One line of a title or caption, in ASCII where that is asked for."""
    return to_ascii(one_line(text)) if transliterate else one_line(text)


def segments_of(analysis: Analysis, options: MarkerOptions | None = None) -> list[MarkedSegment]:
    """The wanted chapters, moments and shots of an analysis; those without words are called by their number.

    The notes of what the sample models wrote say so.
    """
    chosen = options or MarkerOptions()
    moments = _moments(analysis, chosen)
    segments = [*_chapters(analysis, moments, chosen), *moments, *_shots(analysis, chosen)]
    wanted = [segment for segment in segments if chosen.wants(segment.kind)]
    return wanted if sample_warning(analysis) is None else [replace(segment, remark=REMARK) for segment in wanted]


def _moments(analysis: Analysis, options: MarkerOptions) -> list[MarkedSegment]:
    def spell(text: str) -> str:
        return plain(text, options.transliterate)

    found = []
    for _, moment, name in sorted(named_moments(analysis.moments, spell), key=lambda named: named.moment.start):
        tags = tags_text(moment.tags, spell) if options.tags else ""
        note = f"{name} (tags: {tags})" if tags else spell(moment.caption)
        words = spell(moment.said) if options.said else ""
        note = f'{note or name}: "{words}"' if words else note
        found.append(MarkedSegment(moment.id, "moment", moment.start, moment.end, name, note))
    return found


def _chapters(analysis: Analysis, moments: list[MarkedSegment], options: MarkerOptions) -> list[MarkedSegment]:
    found = []
    for number, chapter in enumerate(analysis.chapters, 1):
        inside = tuple(moment for moment in moments if _tells_of(moment, chapter))
        title = plain(chapter.title, options.transliterate)
        whole = title if len(title) > NAME_LIMIT else ""
        segment_id = chapter.id or f"c{number}"
        title = title or f"Chapter {number}"
        found.append(MarkedSegment(segment_id, "chapter", chapter.start, chapter.end, title, whole, inside))
    return found


def _shots(analysis: Analysis, options: MarkerOptions) -> list[MarkedSegment]:
    """The shots, each called by its number and what the camera does; what is in its pictures stands in the note."""

    def spell(text: str) -> str:
        return plain(text, options.transliterate)

    found = []
    for number, shot, name in named_shots(analysis.shots):
        tags = tags_text(shot.tags, spell) if options.tags else ""
        words = f"{name} (tags: {tags})" if tags else ""
        found.append(MarkedSegment(f"s{number}", "shot", shot.start, shot.end, name, words))
    return found


def _tells_of(moment: MarkedSegment, chapter: Chapter) -> bool:
    """Whether most of the moment lies in the chapter, or fills most of it: borders of speech lie within moments."""
    shared = min(moment.end, chapter.end) - max(moment.start, chapter.start)
    return shared > 0 and 2 * shared >= min(moment.end - moment.start, chapter.end - chapter.start)


def on_whole_media(segments: Iterable[MarkedSegment], media: MediaInfo, rate: Fraction) -> list[PlacedSegment]:
    """The segments on a timeline of `rate` that shows the whole media once, from its first frame on."""
    length = total_frames(media, rate)
    spans = [(segment, frame_span(media, segment.start, segment.end, rate)) for segment in segments]
    return [PlacedSegment(segment, first, after - first, 0, length) for segment, (first, after) in spans]


def markers_for(
    analysis_id: str, placed: Iterable[PlacedSegment], colours: MarkerColours | None = None
) -> list[TimelineMarker]:
    """One marker for each use of each moment and shot (with its length) and chapter (a point), in order of frame.

    What two tracks show of a moment at once is one marker.  Several markers may still share a frame; `one_a_frame`
    joins them, also across analyses.
    """
    uses: Counter[str] = Counter()
    until: dict[str, int] = {}
    markers: list[TimelineMarker] = []
    for use in sorted(placed, key=lambda use: (use.frame, -use.duration, use.track)):
        if use.frame < until.get(use.segment.segment_id, 0):
            continue
        until[use.segment.segment_id] = use.end
        uses[use.segment.segment_id] += 1
        custom = CustomId(analysis_id, use.segment.segment_id, uses[use.segment.segment_id])
        markers.append(_marker(use, custom, colours or MarkerColours()))
    return markers


def _marker(use: PlacedSegment, custom: CustomId, colours: MarkerColours) -> TimelineMarker:
    segment = use.segment
    is_chapter = segment.kind == "chapter"
    return TimelineMarker(
        frame=use.frame,
        duration=1 if is_chapter else use.duration,  # a point, so that it does not cover the ruler
        color=colours.of(segment.kind),
        name=segment.name,
        note=segment.note,
        custom_data=str(custom),
        segment_id=segment.segment_id,
        kind=segment.kind,
        low=use.low,
        high=use.high,
    )


def one_a_frame(markers: Iterable[TimelineMarker]) -> list[TimelineMarker]:
    """At most one marker a frame, in order of frame: a chapter is a point, its first moment follows on the next frame,
    and a shot that begins with either on the one behind that.

    What still shares a frame is joined: the longest moment keeps its name and colour, what the others said goes into
    the note, and `merged` names them.  A moment of which no further frame is shown is told by its chapter.
    """
    waiting: dict[int, list[TimelineMarker]] = defaultdict(list)
    for marker in markers:
        waiting[marker.frame].append(marker)
    frames = list(waiting)
    heapify(frames)
    placed = []
    while frames:
        frame = heappop(frames)
        here = sorted(waiting.pop(frame), key=lambda m: (_ORDER[m.kind], -m.duration, m.custom_data))
        later = [marker for marker in here if marker.kind != here[0].kind and _may_follow(marker)]
        if later:
            if frame + 1 not in waiting:
                heappush(frames, frame + 1)
            waiting[frame + 1] += [replace(m, frame=frame + 1, duration=max(1, m.duration - 1)) for m in later]
        placed.append(merge([marker for marker in here if marker not in later]))
    return placed


def _may_follow(marker: TimelineMarker) -> bool:
    return marker.kind != "chapter" and (marker.high is None or marker.frame + 1 < marker.high)


def merge(group: list[TimelineMarker]) -> TimelineMarker:
    """The first of them, telling what all of them say, within its own clip; a chapter stays the point it is."""
    head, rest = group[0], group[1:]
    if not rest:
        return head
    note = _words(head)
    for words in (_words(m) or m.name for m in rest):
        if words.casefold() not in f"{head.name}\n{note}".casefold():
            note = f"{note}; {words}" if note else words
    if any(m.note.endswith(REMARK) for m in group):
        note = f"{note} {REMARK}".lstrip()
    length = head.duration if head.kind == "chapter" else max(m.end - head.frame for m in group)
    return replace(
        head,
        note=note,
        duration=max(1, length if head.high is None else min(length, head.high - head.frame)),
        merged=(*head.merged, *dict.fromkeys(i for m in rest for i in (m.segment_id, *m.merged))),
    )


def _words(marker: TimelineMarker) -> str:
    return marker.note.removesuffix(REMARK).rstrip()


def label(marker: TimelineMarker, texts: Mapping[str, str]) -> str:
    """The words of a marker that can hold but one text: its segment's, and those of the segments merged into it.

    `texts` are the whole texts by segment id.
    """
    words: dict[str, str] = {}
    for segment_id in (marker.segment_id, *marker.merged):
        words.setdefault(texts[segment_id].casefold(), texts[segment_id])
    return "; ".join(words.values())
