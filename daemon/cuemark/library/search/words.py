"""Search in what is said and written: an index of words over the utterances and texts of the library (SQLite's FTS5).

The file is made from the entries of the index and can be made again at any time; one that is torn is.  FTS5 names
candidates; how well they fit is judged here: which of the query's words stand in an utterance (or it and the next one),
each by its rarity, and how many of them stand in the query's order.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, TypeVar

from cuemark.core.errors import NotFoundError, StoreError
from cuemark.core.screen_text import ScreenTexts
from cuemark.core.search import Ground, ScoreCurve, Why
from cuemark.core.transcript import Transcript
from cuemark.evidence.index.store import IndexStore
from cuemark.library.search.findings import Finding
from cuemark.library.search.scan import Source
from cuemark.library.search.terms import Term, fit, forms, loose_forms, terms, tokens

Result = TypeVar("Result")

LAYOUT = 1
"""Raise when what the tables hold changes."""
CANDIDATES = 300
TELLING = 12
"""Of a long query's words the rarest name the candidates."""
WITH_NEIGHBOURS = 60
"""Of the candidates, the best are judged with what stands beside them, too."""
WORDS_CURVE = ScoreCurve(14.0, -11.6)
"""Of the share of the query's words that stand in a text, by their rarity."""
IN_ORDER = 1.5
"""What is added where all of them stand in the query's order."""
LEAST = 0.05
_NOWHERE = -9
_FUNCTION_WORD = 0.15
"""The weight of a word such as "the" beside one that says something."""
_WORTH_MORE = 0.05
"""Of evidence: what a text beside another must add to be told with it."""
_PAUSE = Fraction(3, 2)
"""Utterances that follow each other closer than this are one saying."""
_SCHEMA = """
CREATE TABLE media (number INTEGER PRIMARY KEY, version TEXT NOT NULL);
CREATE TABLE lines (
    id INTEGER PRIMARY KEY, number INTEGER NOT NULL, ground TEXT NOT NULL, place INTEGER NOT NULL,
    start TEXT NOT NULL, stop TEXT NOT NULL, sure REAL NOT NULL, text TEXT NOT NULL
);
CREATE UNIQUE INDEX line_places ON lines (number, ground, place);
CREATE VIRTUAL TABLE words USING fts5(
    tokens, prefix = '3 4', tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);
CREATE VIRTUAL TABLE counts USING fts5vocab('words', 'row');
"""

_COLUMNS = "number, ground, place, start, stop, sure, text, tokens"
_BESIDE = (
    f"SELECT {_COLUMNS} FROM lines JOIN words ON words.rowid = lines.id"
    " WHERE number = ? AND ground = ? AND place BETWEEN ? AND ?"
)

log = logging.getLogger("cuemark.search")


@dataclass(frozen=True)
class Line:
    """An utterance or a text in the picture over [start, stop); `sure`: how probable it is that it says just this."""

    number: int
    ground: Ground
    place: int
    start: Fraction
    stop: Fraction
    sure: float
    text: str
    tokens: tuple[str, ...] = ()


class WordIndex:
    """The words of the library in one file.  Any thread may call; calls wait for each other.

    Raises StoreError `search_words` where the disk, or this SQLite, refuses.
    """

    def __init__(self, store: IndexStore, path: Path) -> None:
        self._store, self._path = store, path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def find(
        self, query: str, grounds: Collection[Ground], library: Mapping[int, Source], durations: Mapping[int, Fraction]
    ) -> list[Finding]:
        """Segments in which a query is said or read, in the media of `durations`: by number, and how long they are.

        The index is brought to what the `library` holds first, which costs next to nothing where nothing is new.
        """
        wanted = terms(query)
        if not wanted:
            return []

        def work(connection: sqlite3.Connection) -> list[Finding]:
            self._update(connection, library)
            return self._find(connection, wanted, grounds, durations)

        return self._whole(work)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._drop()

    def _whole(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """What `work` gives; a file that is torn is made anew, once."""
        with self._lock:
            try:
                return work(self._opened())
            except sqlite3.DatabaseError as error:
                log.warning("%s cannot be used (%s) and is made anew", self._path.name, error)
                self._drop(remove=True)
            try:
                return work(self._opened())
            except sqlite3.Error as error:
                self._drop()
                message = f"What is said and read cannot be searched: {error}."
                raise StoreError("search_words", message, f"Check the disk of {self._path.parent}.") from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            (layout,) = self._connection.execute("PRAGMA user_version").fetchone()
            if layout not in (0, LAYOUT):
                raise sqlite3.DatabaseError("it is another version's")
            if not layout:
                self._connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {LAYOUT}; COMMIT;")
        return self._connection

    def _drop(self, *, remove: bool = False) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        for suffix in ("", "-wal", "-shm") if remove else ():
            with suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def _update(self, connection: sqlite3.Connection, media: Mapping[int, Source]) -> None:
        known = dict(connection.execute("SELECT number, version FROM media"))
        wanted = {number: f"{source.fingerprint} {source.version}" for number, source in media.items()}
        gone = [number for number, version in known.items() if wanted.get(number) != version]
        new = [number for number, version in wanted.items() if known.get(number) != version]
        for number in gone:
            with _written(connection):
                _remove(connection, number)
        for number in new:
            with _written(connection):
                _remove(connection, number)
                _add(connection, self._lines(number, media[number].fingerprint))
                connection.execute("INSERT INTO media VALUES (?, ?)", (number, wanted[number]))

    def _lines(self, number: int, fingerprint: str) -> Iterator[Line]:
        try:
            said, read = self._store.words(fingerprint)
        except (NotFoundError, StoreError):  # verify tells; the next version of the entry is read again
            return
        yield from _lines_said(number, said)
        yield from _lines_read(number, read)

    def _find(
        self,
        connection: sqlite3.Connection,
        wanted: Sequence[Term],
        grounds: Collection[Ground],
        durations: Mapping[int, Fraction],
    ) -> list[Finding]:
        asked = _Asked.of(connection, wanted)
        alone = [(asked.evidence((line,)), line) for line in _candidates(connection, asked, grounds, durations.keys())]
        alone.sort(key=lambda each: -each[0])
        found: list[Finding] = []
        for place, (evidence, line) in enumerate(alone):
            best: tuple[Line, ...] = (line,)
            for lines in _together(connection, line) if place < WITH_NEIGHBOURS else ():
                more = asked.evidence(lines)
                if more > evidence + _WORTH_MORE:
                    evidence, best = more, lines
            score = WORDS_CURVE.probability(evidence) * min(one.sure for one in best)
            if score >= LEAST:
                found.append(_finding(best, score, durations[line.number]))
        return list(_merged(found))


@dataclass(frozen=True)
class _Asked:
    """A query's terms with the weight of each: its rarity."""

    terms: tuple[Term, ...]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, connection: sqlite3.Connection, wanted: Sequence[Term]) -> _Asked:
        (lines,) = connection.execute("SELECT count(*) FROM lines").fetchone()
        return cls(tuple(wanted), tuple(_rarity(connection, term, lines) for term in wanted))

    def evidence(self, lines: Sequence[Line]) -> float:
        """The share of the query that stands in the texts, by weight, and a bonus for its order; 0 without it."""
        words = [token for line in lines for token in line.tokens]
        beginnings = _beginnings(words)
        fits, places = zip(*(_fit(term, words, beginnings) for term in self.terms), strict=True)
        share: float = sum(w * f for w, f in zip(self.weights, fits, strict=True)) / sum(self.weights)
        if any(term.exact and not fit for term, fit in zip(self.terms, fits, strict=True)):
            return 0.0
        steps = [0 <= after - before <= 2 for before, after in pairwise(places)]
        order = sum(steps) / len(steps) if steps else float(fits[0] == 1)
        return share + IN_ORDER / WORDS_CURVE.slope * order * share


def _beginnings(words: Sequence[str]) -> dict[str, list[int]]:
    """Where the words stand that begin with the same letters: only such can be forms of each other."""
    found: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        found.setdefault(word[:3], []).append(place)
    return found


def _fit(term: Term, words: Sequence[str], beginnings: Mapping[str, Sequence[int]]) -> tuple[float, int]:
    """How well a term fits its best place among words, and that place."""
    places = beginnings.get(term.words[0][:3], ())
    if term.exact:
        size = len(term.words)
        first = next((at for at in places if tuple(words[at : at + size]) == term.words), None)
        return (0.0, _NOWHERE) if first is None else (1.0, first)
    fit_of, place = max(((fit(term.words[0], words[at]), -at) for at in places), default=(0.0, 0))
    return (fit_of, -place) if fit_of else (0.0, _NOWHERE)


def _rarity(connection: sqlite3.Connection, term: Term, lines: int) -> float:
    counts = [connection.execute("SELECT doc FROM counts WHERE term = ?", (word,)).fetchone() for word in term.words]
    fewest = min((count[0] if count else 0) for count in counts)
    rarity = math.log((lines + 1) / (fewest + 0.5)) + 0.5
    return max(rarity, 0.1) * (_FUNCTION_WORD if term.is_empty else 1.0)


def _candidates(
    connection: sqlite3.Connection, asked: _Asked, grounds: Collection[Ground], numbers: Collection[int]
) -> list[Line]:
    """The lines that hold some of the query's rarest words, the likeliest first."""
    telling = [each for each in zip(asked.weights, asked.terms, strict=True) if not each[1].is_empty]
    telling = telling or list(zip(asked.weights, asked.terms, strict=True))
    rarest = sorted(telling, key=lambda each: -each[0])[:TELLING]
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM words JOIN lines ON lines.id = words.rowid WHERE words MATCH ?"
        " ORDER BY bm25(words), lines.id",
        (" OR ".join(_matching(term) for _, term in rarest),),
    )
    names = {ground.value for ground in grounds}
    wanted = (_line_of(row) for row in rows if row[0] in numbers and row[1] in names)
    return list(islice(wanted, CANDIDATES))


def _matching(term: Term) -> str:
    """A term in FTS5's language.  Tokens are letters, numbers and marks, so nothing in quotes can be anything else."""
    if len(term.words) > 1 or term.exact:
        return '"' + " ".join(term.words) + '"'
    word = term.words[0]
    bases = {word, *forms(word), *loose_forms(word)}
    return " OR ".join([f'"{word}"', *(f'"{base}"*' for base in sorted(bases) if len(base) >= 3)])


def _together(connection: sqlite3.Connection, line: Line) -> list[tuple[Line, ...]]:
    """The line with what is said right before it, or right after, or with all that is read at the same time."""
    if line.ground is Ground.READ:
        rows = connection.execute(
            f"{_BESIDE} ORDER BY place",
            (line.number, line.ground.value, line.place - 30, line.place + 30),
        )
        beside = tuple(one for one in map(_line_of, rows) if one.start < line.stop and one.stop > line.start)
        return [beside] if len(beside) > 1 else []
    rows = connection.execute(
        f"{_BESIDE} ORDER BY place",
        (line.number, line.ground.value, line.place - 1, line.place + 1),
    )
    around = {one.place: one for one in map(_line_of, rows)}
    found: list[tuple[Line, ...]] = []
    before, after = around.get(line.place - 1), around.get(line.place + 1)
    if before is not None and line.start - before.stop < _PAUSE:
        found.append((before, line))
    if after is not None and after.start - line.stop < _PAUSE:
        found.append((line, after))
    return found


def _finding(lines: Sequence[Line], score: float, duration: Fraction) -> Finding:
    read = lines[0].ground is Ground.READ
    start = max(one.start for one in lines) if read else min(one.start for one in lines)
    stop = min(one.stop for one in lines) if read else max(one.stop for one in lines)
    start, stop = max(Fraction(0), min(start, duration)), min(stop, duration)
    if stop <= start:
        start, stop = lines[0].start, lines[0].stop
    words = " ".join(one.text.replace("\n", " ") for one in lines)
    why = Why(lines[0].ground, score, words)
    return Finding(lines[0].number, start, stop, start + (stop - start) / 2, score, (why,))


def _merged(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings of one ground that touch as one, with the score and the words of the best."""
    last: Finding | None = None
    order = sorted(findings, key=lambda one: (one.number, one.why[0].ground.value, one.start, one.end))
    for one in order:
        same = last is not None and (last.number, last.why[0].ground) == (one.number, one.why[0].ground)
        if last is not None and same and one.start <= last.end:
            better = one if one.score > last.score else last
            last = replace(better, start=last.start, end=max(last.end, one.end))
            if better.score > 2 * min(one.score, last.score):
                last = better
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def _lines_said(number: int, said: Transcript | None) -> Iterator[Line]:
    for place, one in enumerate(said.utterances if said else ()):
        yield Line(number, Ground.SAID, place, one.start, one.end, one.probability, one.text)


def _lines_read(number: int, read: ScreenTexts | None) -> Iterator[Line]:
    for place, one in enumerate(read.texts if read else ()):
        yield Line(number, Ground.READ, place, one.start, one.end, one.confidence, one.text)


def _line_of(row: tuple[Any, ...]) -> Line:
    number, ground, place, start, stop, sure, text, words = row
    return Line(number, Ground(ground), place, Fraction(start), Fraction(stop), sure, text, tuple(words.split(" ")))


def _add(connection: sqlite3.Connection, lines: Iterable[Line]) -> None:
    for one in lines:
        written = tokens(one.text)
        if not written:
            continue
        place = connection.execute(
            "INSERT INTO lines (number, ground, place, start, stop, sure, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (one.number, one.ground.value, one.place, str(one.start), str(one.stop), one.sure, one.text),
        ).lastrowid
        connection.execute("INSERT INTO words (rowid, tokens) VALUES (?, ?)", (place, " ".join(written)))


def _remove(connection: sqlite3.Connection, number: int) -> None:
    connection.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM lines WHERE number = ?)", (number,))
    connection.execute("DELETE FROM lines WHERE number = ?", (number,))
    connection.execute("DELETE FROM media WHERE number = ?", (number,))


class _written:
    """A transaction of a connection that begins none by itself."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")
