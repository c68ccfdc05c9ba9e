"""A search of the library's footage: which media, what is found in them on each ground, and how that is told."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from cuemark.core.errors import NotFoundError, Notice, StoreError
from cuemark.core.footage import IndexedMedia
from cuemark.core.search import FoundAlike, Ground, SearchHit, SearchQuery, SearchResult
from cuemark.evidence.index.store import IndexStore
from cuemark.library.search.alike import Folded, Looks, fold, ordinary_cosine
from cuemark.library.search.findings import Finding, apart, fused
from cuemark.library.search.frame_evidence import SeenQuery
from cuemark.library.search.scan import Source, VectorScan
from cuemark.library.search.seen import SeenSearch
from cuemark.library.search.words import WordIndex

VECTORS, WORDS = "vectors", "words.sqlite"
DOUBTFUL = 0.3
"""Where the best score is below, it is said that nothing clearly fits."""
WORTHLESS = 0.01
"""What is less probable is left out."""
_AT_LEAST = 3


@dataclass(frozen=True, eq=False)
class SearchedLibrary:
    """The media of the library as they are now, those that the query's filter lets pass, and what is to be said."""

    media: tuple[IndexedMedia, ...]
    passing: tuple[IndexedMedia, ...]
    notices: tuple[Notice, ...] = ()


class FootageSearch:
    """Searches the index; any thread may.  What it keeps in `folder` is made from the index, and can be made again."""

    def __init__(self, store: IndexStore, folder: Path) -> None:
        self._store = store
        self._scan = VectorScan(store, folder / VECTORS)
        self._seen = SeenSearch(self._scan, store)
        self._words = WordIndex(store, folder / WORDS)

    def search(self, query: SearchQuery, library: SearchedLibrary, seen: Sequence[SeenQuery]) -> SearchResult:
        """The result for a query whose pictures' part is `seen`, once for each encoder (none: pictures are not asked).

        OSError and StoreError where what is kept cannot be read or written.
        """
        notices, found, vectors = list(library.notices), list[Finding](), 0
        for each in seen:
            with_track = self._updated(each.encoder_id, library.media, notices)
            media = {one.number: one for one in library.passing if one.number in with_track}
            vectors += sum(_vectors_of(one, each.encoder_id) for one in media.values())
            found += apart(self._seen.find(each, media, query.top))
        grounds = [ground for ground in query.grounds if ground is not Ground.SEEN]
        if query.text.strip() and grounds:
            whole = {one.number: _source(one) for one in library.media}
            durations = {one.number: one.media.duration for one in library.passing}
            found += self._words.find(query.text, grounds, whole, durations)
        by_number = {one.number: one for one in library.passing}
        best = self._folded(query, _worth(fused(found)), by_number)
        hits = tuple(self._hit(folded, by_number) for folded in best)
        if hits and hits[0].score < DOUBTFUL:
            text = "Nothing in the footage that was searched clearly fits; these are the nearest."
            notices.append(Notice("search_nothing_clear", text))
        return SearchResult(hits, len(library.passing), vectors, tuple(notices))

    def close(self) -> None:
        """Let go of threads and files."""
        self._scan.close()
        self._words.close()

    def _updated(self, encoder_id: str, media: Iterable[IndexedMedia], notices: list[Notice]) -> set[int]:
        """Numbers of the media whose vectors of an encoder can be searched."""
        wanted = {one.number: _source(one) for one in media if _vectors_of(one, encoder_id)}
        missing = self._scan.update(encoder_id, wanted)
        if missing:
            text = f"The vectors of {len(missing)} files cannot be read: cuemark library verify says which."
            notices.append(Notice("search_entries_damaged", text))
        notices += self._scan.notices(encoder_id)
        return wanted.keys() - set(missing)

    def _folded(
        self, query: SearchQuery, findings: list[Finding], by_number: Mapping[int, IndexedMedia]
    ) -> list[Folded]:
        if not query.fold_takes:
            return [Folded(finding) for finding in findings[: query.top]]

        @cache
        def ordinary(encoder_id: str) -> float:
            return ordinary_cosine(self._scan.rows(encoder_id))

        return fold(findings, lambda finding: self._looks(finding, by_number[finding.number]), ordinary, query.top)

    def _looks(self, finding: Finding, one: IndexedMedia) -> Looks | None:
        """How a finding looks; one by words takes the media's first encoder."""
        encoder_id = finding.encoder_id or next((use.id for use in one.encoders), "")
        try:
            track = self._store.track(one.media.fingerprint, encoder_id)
        except (NotFoundError, StoreError):
            return None
        if not len(track):
            return None
        first, after = (bisect_left(track.times, time) for time in (finding.start, finding.end))
        best = min(max(0, bisect_right(track.times, finding.best) - 1), len(track) - 1)
        return Looks.of(encoder_id, track.vectors[first:after], track.vectors[best])

    def _hit(self, folded: Folded, by_number: Mapping[int, IndexedMedia]) -> SearchHit:
        finding, one = folded.best, by_number[folded.best.number]
        media = one.media
        return SearchHit(
            path=media.path,
            fingerprint=media.fingerprint,
            start=finding.start,
            end=finding.end,
            score=finding.score,
            best=finding.best,
            why=finding.why,
            offline=one.offline,
            alike=tuple(_alike(each, by_number[each.number]) for each in folded.alike),
            thumbnail=self._thumbnail(media.fingerprint, finding.best),
        )

    def _thumbnail(self, fingerprint: str, time: Fraction) -> Fraction | None:
        try:
            kept = [at for at, _ in self._store.head(fingerprint).pictures]
        except (NotFoundError, StoreError):
            return None
        return min(kept, key=lambda at: abs(at - time), default=None)


def _alike(finding: Finding, one: IndexedMedia) -> FoundAlike:
    return FoundAlike(one.media.path, one.media.fingerprint, finding.start, finding.end, finding.score)


def _worth(findings: list[Finding]) -> list[Finding]:
    """What is worth showing: where nothing clearly fits, the nearest few whatever they are."""
    kept = [one for one in findings if one.score >= WORTHLESS]
    return kept if kept and kept[0].score >= DOUBTFUL else max(kept, findings[:_AT_LEAST], key=len)


def _source(one: IndexedMedia) -> Source:
    return Source(one.media.fingerprint, f"{one.indexed_at.isoformat()} {sum(one.vectors)}")


def _vectors_of(one: IndexedMedia, encoder_id: str) -> int:
    return next((count for use, count in zip(one.encoders, one.vectors, strict=True) if use.id == encoder_id), 0)
