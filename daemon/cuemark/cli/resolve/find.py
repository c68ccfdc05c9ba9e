"""`cuemark resolve find`: what a search finds, on the open timeline: a numbered table, temporary markers, the playhead.

The library is searched, but only the footage that the timeline's clips show, and of it only what they use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag, plain
from cuemark.cli.resolve.options import HOST, InOut, TimelineName, address, waiting
from cuemark.cli.search.typed import example_of
from cuemark.core.errors import HostError, NotFoundError, OptionError, StoreError
from cuemark.core.finds import Find, FindsOnTimeline, PlacedFind, find_colour
from cuemark.core.search import Ground, SearchFilter, SearchHit, SearchQuery, SearchResult
from cuemark.core.text import first_few, one_line, printable_path, shell_path, shorten, terminal_path

if TYPE_CHECKING:
    from cuemark.core.timeline import TimelineView
    from cuemark.rpc.client.client import CuemarkClient

_MOST_HITS = 1000
_HITS_A_USE = 8
"""So many hits are asked for at first for each that is wanted: of most files a timeline shows but a part."""
_NAME_WORDS, _CELL_WORDS = 60, 60
_FEW = 3


@guarded
def find(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORDS", help='What to find; "quoted" words are found as they are.')
    ] = None,
    *,
    mark: Annotated[bool, typer.Option("--mark", help="Put a temporary marker on each.")] = False,
    goto: Annotated[
        int | None, typer.Option("--goto", metavar="N", min=1, max=99_999, help="Move the playhead to number N.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the temporary markers off again; no others.")] = False,
    color: Annotated[
        str | None,
        typer.Option("--color", metavar="C", help="Of the markers: one of Resolve's 16.", show_default="Lemon"),
    ] = None,
    index: Annotated[bool, typer.Option("--index", help="First index footage that is not in the library.")] = False,
    top: Annotated[int, typer.Option("--top", "-n", metavar="N", min=1, max=500, help="So many places.")] = 10,
    seen: Annotated[bool, typer.Option("--seen", help="Search the pictures.")] = False,
    said: Annotated[bool, typer.Option("--said", help="Search what is said.")] = False,
    read: Annotated[bool, typer.Option("--read", help="Search what is written in the pictures.")] = False,
    like: Annotated[
        str | None, typer.Option("--like", metavar="FILE@TIME|IMAGE", help="Find what looks like this picture.")
    ] = None,
    clip: Annotated[
        str | None,
        typer.Option(
            "--clip", metavar="MODEL", help="Search with the vectors of this image model.", show_default="all"
        ),
    ] = None,
    timeline: TimelineName = None,
    in_out: InOut = False,
    json_output: JsonFlag = False,
) -> None:
    """Find moments by words on the timeline: what its clips show of the footage in the library.

    With --mark each gets a marker in a colour of its own, in place of those of the last search. Yours and those of
    analyses stay as they are. Without WORDS, --goto N goes to a marker of the last search.
    """
    from cuemark.cli.session import connect

    asked = {Ground.SEEN: seen, Ground.SAID: said, Ground.READ: read}
    query = SearchQuery(
        text=plain(" ".join(words or ()), "WORDS"),
        example=None if like is None else example_of(like, "--like"),
        grounds=tuple(ground for ground in Ground if asked[ground] or not any(asked.values())),
        clip=clip,
        fold_takes=False,  # each take that is on the timeline counts
    )
    searches = bool(query.text.strip()) or query.example is not None
    _check(searches=searches, mark=mark, goto=goto, clear=clear)
    colour = find_colour(color)
    with connect() as client:
        if clear:
            return _clear(client, timeline, json_output)
        if not searches:
            return _go_to_marked(client, timeline, goto or 1, json_output)
        found = _Finding(client, timeline, in_out, query, top)
        if index:
            found.index_unknown(json_output)
        found.search()
        found.show(colour if mark else None)
        went = found.go_to(goto) if goto is not None else None
    output.say_json(found.as_json(went)) if json_output else found.tell(went, marked=mark)


def _check(*, searches: bool, mark: bool, goto: int | None, clear: bool) -> None:
    """OptionError `find_nothing`, `find_clear` before anything is asked of an editor."""
    if clear and (searches or mark or goto is not None):
        raise OptionError("find_clear", "--clear takes markers off, and does nothing else.", "Give it alone.")
    if not clear and not searches and (mark or goto is None):
        raise OptionError("find_nothing", "Nothing is searched for.", 'Say what: cuemark resolve find "red car"')


def _clear(client: CuemarkClient, timeline: str | None, json_output: bool) -> None:
    from cuemark.cli.resolve import views

    with waiting():
        done = client.remove_markers(HOST, "", address(timeline), finds=True)
    if json_output:
        removed = [views.marker_object(marker) for marker in done.removed]
        return output.say_json(
            {"timeline": views.timeline_object(done.timeline), "removed": removed, "left": done.left}
        )
    where = done.timeline.description.timeline
    output.say(f"{where}: {text.plural(len(done.removed), 'marker')} of the search removed, {done.left} left.")


def _go_to_marked(client: CuemarkClient, timeline: str | None, number: int, json_output: bool) -> None:
    from cuemark.cli.resolve import views

    with waiting():
        went = client.go_to(HOST, find=number, address=address(timeline))
    if json_output:
        marker = None if went.marker is None else views.marker_object(went.marker)
        return output.say_json({"frame": went.frame, "timecode": went.timecode, "marker": marker})
    output.say(f"{went.timecode}  {went.marker.name if went.marker else ''}".rstrip())


@dataclass
class _Finding:
    """One search on one timeline, step by step: `search`, then `show`, then `tell` or `as_json`."""

    client: CuemarkClient
    timeline: str | None
    in_out: bool
    query: SearchQuery
    top: int
    view: TimelineView = field(init=False)
    paths: list[Path] = field(init=False, default_factory=list)
    """Where the library saw the timeline's footage."""
    unknown: list[Path] = field(init=False, default_factory=list)
    """Files of the timeline whose footage is not in the library."""
    result: SearchResult = field(init=False)
    shown: FindsOnTimeline = field(init=False)

    def __post_init__(self) -> None:
        with waiting():
            self.view = self.client.describe_timeline(HOST, address(self.timeline), with_footage=True)
        if not self.view.footage:
            told = self.view.timeline.description
            message = f"No clip of {told.timeline!r} shows footage that can be read."
            raise HostError("resolve_no_footage", message, "Relink what is offline, or name another with --timeline.")
        self._look_up()

    def _look_up(self) -> None:
        """Which footage of the timeline the library has, and under which paths."""
        places: dict[str, tuple[Path, ...]] = {}
        for content in dict.fromkeys(footage.fingerprint for footage in self.view.footage):
            try:
                places[content] = self.client.get_media(content).paths
            except (NotFoundError, StoreError):  # never indexed, or its entry is damaged: it cannot be searched
                continue
        self.paths = [path for paths in places.values() for path in paths]
        self.unknown = [footage.path for footage in self.view.footage if footage.fingerprint not in places]

    def index_unknown(self, json_output: bool) -> None:
        """Put what is missing into the library, as `cuemark index` does; what fails is said and stays missing."""
        from cuemark.cli.analyze.progress import Details
        from cuemark.cli.library.index import Batch
        from cuemark.cli.models.offer import Offer
        from cuemark.core import settings
        from cuemark.core.analysis_options import AnalysisOptions
        from cuemark.core.errors import ExitCode

        if not self.unknown:
            return
        offer = Offer(self.client, settings.load(), None, may_ask=not json_output)
        batch = Batch(self.client, offer, Details(False))
        code = batch.run([str(path) for path in self.unknown], AnalysisOptions(), again=False, detach=False)
        if not json_output:
            batch.tell()
        if code is ExitCode.INTERRUPTED:
            raise typer.Exit(int(code))
        self._look_up()

    def search(self) -> None:
        """Ask for more hits until enough of them are shown by clips, or there are no more.

        HostError `find_nothing_indexed`.
        """
        from cuemark.cli.session import say_wait

        if not self.paths:
            raise HostError("find_nothing_indexed", f"{self._names()} not in the library.", self._way_to_index())
        within, top = SearchFilter(within=tuple(self.paths)), min(_MOST_HITS, self.top * _HITS_A_USE)
        while True:
            self.result = self.client.search(replace(self.query, filter=within, top=top), on_wait=say_wait)
            self._place(None)
            if len(self.shown.placed) >= self.top or len(self.result.hits) < top or top == _MOST_HITS:
                return
            top = min(_MOST_HITS, top * _HITS_A_USE)

    def show(self, colour: str | None) -> None:
        """Mark them, where a colour is given."""
        if colour is not None:
            self._place(colour)

    def _place(self, colour: str | None) -> None:
        finds = [self._find(hit) for hit in self.result.hits]
        where = self.view.timeline.address
        with waiting():
            self.shown = self.client.show_finds(HOST, finds, where, most=self.top, in_out=self.in_out, colour=colour)

    def _find(self, hit: SearchHit) -> Find:
        words = shorten(one_line(self.query.text), _NAME_WORDS) or "looks alike"
        note = "; ".join(_why(hit, None))
        file = f"{hit.path.name} at {text.clock(hit.start)}"
        return Find(
            hit.fingerprint, hit.start, hit.end, f"{words} ({_percent(hit.score)})", one_line(f"{note} - {file}")
        )

    def go_to(self, number: int) -> PlacedFind:
        """Move the playhead to a place of the table.  OptionError `find_unknown`."""
        if number > len(self.shown.placed):
            message = f"There is no place {number}: {text.plural(len(self.shown.placed), 'place')} found."
            raise OptionError("find_unknown", message, "Choose a number of the table, or ask for more with --top.")
        place = self.shown.placed[number - 1]
        with waiting():
            self.client.go_to(HOST, frame=place.frame, address=self.view.timeline.address)
        return place

    def tell(self, went: PlacedFind | None, *, marked: bool) -> None:
        """The table, what is missing and why, and what was done."""
        from cuemark.cli.resolve import views

        told = self.view.timeline.description
        for notice in self.result.notices:
            output.note(notice.message, notice.code)
        if self.unknown:
            output.warn(f"{self._names()} not in the library and not searched. {self._way_to_index()}")
        views.print_left_out(told, self.shown.left_out)
        rows = [self._row(place) for place in self.shown.placed]
        if rows:
            output.table(["#", "timecode", "frames", "sure", "clip", "why"], rows, right=["#", "frames", "sure"])
            output.say()
        for place in self.shown.placed:
            if place.problem:
                output.warn(f"no marker for number {place.number}: {place.problem}")
        output.say(self._summary(marked) + ".")
        if went is not None:
            output.say(f"Playhead at {told.timecode(went.frame)}.")

    def _row(self, place: PlacedFind) -> list[str]:
        hit, told = self.result.hits[place.find], self.view.timeline.description
        clip = f"{shorten(one_line(place.item), _CELL_WORDS)} ({place.track_shown})"
        why = "; ".join(_why(hit, _CELL_WORDS))
        return [str(place.number), told.timecode(place.frame), str(place.duration), _percent(hit.score), clip, why]

    def _summary(self, marked: bool) -> str:
        told = f"{self.view.timeline.description.timeline}: {text.plural(len(self.shown.placed), 'place')}"
        if not marked:
            return told
        told += f", {text.plural(len(self.shown.markers), 'marker')}"
        return f"{told}, {self.shown.removed} of the last search removed" if self.shown.removed else told

    def _names(self) -> str:
        names = first_few([terminal_path(path.name) for path in self.unknown], _FEW)
        return f"{names} {'is' if len(self.unknown) == 1 else 'are'}"

    def _way_to_index(self) -> str:
        files = " ".join(shell_path(path) for path in self.unknown[:_FEW])
        more = " ..." if len(self.unknown) > _FEW else ""
        return f"Add --index, or run: cuemark index {files}{more}"

    def as_json(self, went: PlacedFind | None) -> dict[str, Any]:
        """The same as `tell`, for programs."""
        from cuemark.cli.resolve import views
        from cuemark.core.search_json import search_object

        told, searched = self.view.timeline.description, search_object(self.query, self.result)
        hits = searched.pop("hits")
        return {
            **searched,
            "timeline": views.timeline_object(self.view.timeline),
            "finds": [
                {
                    "number": place.number,
                    "frame": place.frame,
                    "timecode": told.timecode(place.frame),
                    "duration": place.duration,
                    "track": place.track,
                    "track_name": place.track_name,
                    "item": place.item,
                    "marker": place.marked_at,
                    "problem": place.problem,
                    **hits[place.find],
                }
                for place in self.shown.placed
            ],
            "left_out": [views.left_out_object(told, each) for each in self.shown.left_out],
            "not_indexed": list(map(printable_path, self.unknown)),
            "removed": self.shown.removed,
            "playhead": None if went is None else went.frame,
        }


def _why(hit: SearchHit, most: int | None) -> Sequence[str]:
    told = []
    for why in hit.why:
        words = one_line(why.words) if most is None else shorten(one_line(why.words), most)
        quoted = f' "{words}"' if words and why.ground is not Ground.SEEN else f" {words}" if words else ""
        told.append(f"{why.ground.value}{quoted}")
    return told


def _percent(score: float) -> str:
    return f"{100 * score:.0f} %"
