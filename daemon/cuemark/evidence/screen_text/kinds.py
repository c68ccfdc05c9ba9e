"""From tracks of lines to blocks of text, and what each is there for: by place, size, and what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cached_property
from statistics import median

from cuemark.core.screen_text import Place, ScreenText, Slate, TextKind
from cuemark.evidence.screen_text.spans import SampleAxis, Track

# In the picture's height, of a line with the air around it: least of a heading and of a card, most of a window's bar.
_HEADING, _CARD, _BAR, _BAR_BOTTOM = 0.035, 0.055, 0.055, 0.09
_TALLER, _HEADING_LINES = 1.2, 3
_LOWER, _LOWEST_CARD = 0.6, 0.75
# A title over moving pictures stands in the middle, and has two words or a long one: a sign rarely does.
_CENTRED, _LONG_WORD = 0.12, 7
# What stands there all the time is a watermark.
_WATERMARK = Fraction(9, 10)
# So many lines are still a card, or a caption, and no page.
_CARD_LINES, _CAPTION_LINES, _PAGE_LINES = 5, 4, 4
# Of a line's height: how far apart lines of one block stand.
_LEADING = 1.1
# What a picture without text gives by chance is one sign, or two or three that are unsure, or as tall as the picture.
_LEAST_CHARACTERS, _FEW_CHARACTERS, _SURE_OF_FEW, _TALLEST = 2, 4, 0.9, 0.5
# Of the time in which one of two lines is there: so much in which both are makes them lines of one block.
_TOGETHER = Fraction(3, 5)
_SLATE_FIELDS = {
    "scene": "scene|scn|sc",
    "take": "take|tk",
    "roll": "roll|reel|card",
    "camera": "camera|cam",
    "date": "date",
    "production": "production|prod|title",
    "director": "director|dir",
}
_FIELD = re.compile(
    r"\b(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _SLATE_FIELDS.items()) + r")\b\.?", re.IGNORECASE
)
_SLATE_NEEDS = 2


@dataclass(frozen=True)
class _Block:
    """Lines that stand below each other and come and go together."""

    tracks: tuple[Track, ...]

    @cached_property
    def start(self) -> Fraction:
        """That of most of its lines."""
        return sorted(track.start for track in self.tracks)[(len(self.tracks) - 1) // 2]

    @cached_property
    def end(self) -> Fraction:
        """That of most of its lines."""
        return sorted(track.end for track in self.tracks)[len(self.tracks) // 2]

    @cached_property
    def place(self) -> Place:
        """The box around all lines."""
        return _around([track.place for track in self.tracks])

    @cached_property
    def height(self) -> float:
        """Of a line."""
        return max(track.place.height for track in self.tracks)

    @property
    def middle(self) -> float:
        """Of its height, from the top of the picture."""
        place = self.place
        return place.top + place.height / 2

    def text(self) -> ScreenText:
        """The block as text, of no kind yet."""
        best = [track.best() for track in self.tracks]
        return ScreenText(
            self.start,
            self.end,
            "\n".join(text for text, _ in best),
            self.place,
            confidence=min(1.0, *(sure for _, sure in best)),
        )


def texts_of(tracks: Sequence[Track], axis: SampleAxis) -> list[ScreenText]:
    """The tracks as texts with their kinds, in order of start, from the top down."""
    slates, rest = _slates(tracks)
    blocks = _blocks([track for track in rest if _is_text(track)])
    found = slates + [replace(block.text(), kind=_kind(block, _beside(block, blocks), axis)) for block in blocks]
    return sorted(found, key=lambda text: (text.start, text.place.top, text.place.left))


def _is_text(track: Track) -> bool:
    """Whether a line is more than an edge or a stripe that looks like a letter."""
    text, sure = track.best()
    characters = sum(map(str.isalnum, text))
    if characters < _LEAST_CHARACTERS or track.place.height > _TALLEST:
        return False
    return characters >= _FEW_CHARACTERS or sure >= _SURE_OF_FEW


def _blocks(tracks: Sequence[Track]) -> list[_Block]:
    """Lines of one size, below each other, with one edge or the middle in common, that come and go together."""
    blocks: list[list[Track]] = []
    for track in sorted(tracks, key=lambda one: (one.place.top, one.place.left)):
        home = next((block for block in blocks if _continues(block[-1], track)), None)
        if home is None:
            blocks.append([track])
        else:
            home.append(track)
    return [_Block(tuple(block)) for block in blocks]


def _continues(above: Track, below: Track) -> bool:
    whole = max(above.end, below.end) - min(above.start, below.start)
    if _shared(above, below) < _TOGETHER * whole:
        return False
    one, other = above.place, below.place
    height = min(one.height, other.height)
    if max(one.height, other.height) > 1.35 * height or other.top < one.top + one.height / 2:
        return False
    if other.top - (one.top + one.height) > _LEADING * height:
        return False
    left = abs(one.left - other.left) < height
    middle = abs(one.left + one.width / 2 - other.left - other.width / 2) < height
    return left or middle


def _beside(block: _Block, blocks: Sequence[_Block]) -> list[_Block]:
    """The other blocks that are there in the middle of its time."""
    middle = (block.start + block.end) / 2
    return [other for other in blocks if other is not block and other.start <= middle < other.end]


def _lines(block: _Block, beside: Sequence[_Block]) -> int:
    """How many lines are there in the middle of a block's time, its own among them."""
    return len(block.tracks) + sum(len(other.tracks) for other in beside)


def _kind(block: _Block, beside: Sequence[_Block], axis: SampleAxis) -> TextKind:
    if not axis.still(block.start, block.end):
        return _kind_over_footage(block, beside, axis.duration)
    if len(block.tracks) <= 2 and _is_bar(block, beside):
        return TextKind.WINDOW
    if _is_caption(block, beside):
        return TextKind.LOWER_THIRD
    tallest = max((other.height for other in beside), default=0.0)
    if block.height < 0.9 * tallest:
        return TextKind.OTHER
    if len(block.tracks) > _HEADING_LINES:
        return TextKind.OTHER
    if _lines(block, beside) <= _CARD_LINES and block.height >= _CARD and block.middle <= _LOWEST_CARD:
        return TextKind.TITLE
    below = [other for other in beside if other.place.top > block.middle]
    words = [track.place.height for other in below for track in other.tracks]
    heading = bool(words) and block.height >= max(_HEADING, _TALLER * median(words)) and block.middle < 0.5
    return TextKind.TITLE if heading else TextKind.OTHER


def _kind_over_footage(block: _Block, beside: Sequence[_Block], duration: Fraction) -> TextKind:
    """Of words that were put over moving pictures, or stand in them."""
    if block.end - block.start > _WATERMARK * duration:
        return TextKind.OTHER
    if _is_caption(block, beside):
        return TextKind.LOWER_THIRD
    text = block.text().text
    place = block.place
    centred = abs(place.left + place.width / 2 - 0.5) < _CENTRED and block.middle <= _LOWEST_CARD
    words = len(text.split()) > 1 or len(text) >= _LONG_WORD
    few = _lines(block, beside) <= _CARD_LINES
    return TextKind.TITLE if centred and words and few and block.height >= _CARD else TextKind.OTHER


def _is_caption(block: _Block, beside: Sequence[_Block]) -> bool:
    """Few words low in the picture, with none taller above them."""
    if block.middle <= _LOWER or len(block.tracks) > _CAPTION_LINES or _lines(block, beside) > _CAPTION_LINES + 2:
        return False
    return not any(other.place.top < _LOWER and other.height > block.height for other in beside)


def _is_bar(block: _Block, beside: Sequence[_Block]) -> bool:
    """The topmost small line over a page of text no smaller than it by much."""
    place = block.place
    if place.top + place.height > _BAR_BOTTOM or block.height > _BAR or _lines(block, beside) < _PAGE_LINES:
        return False
    first = min([block, *beside], key=lambda other: (round(other.place.top / _BAR), -other.height))
    heights = [track.place.height for other in beside for track in other.tracks]
    return first is block and block.height <= 1.5 * median(heights) and any(map(str.isalpha, block.text().text))


def _slates(tracks: Sequence[Track]) -> tuple[list[ScreenText], list[Track]]:
    """The clapper boards among the texts, and what is left without their lines."""
    found: list[ScreenText] = []
    rest = list(tracks)
    for track in tracks:
        if track not in rest or not (_FIELD.search(track.best()[0])):
            continue
        board = [one for one in rest if _shared(one, track) > 0 and _lasts(one, track)]
        slate = slate_of([(one.best()[0], one.place) for one in board])
        if slate is not None:
            rest = [one for one in rest if one not in board]
            found.append(replace(_Block(tuple(_read_order(board))).text(), kind=TextKind.SLATE, slate=slate))
    return found, rest


def _lasts(one: Track, other: Track) -> bool:
    """Whether one is there mostly while the other is: a caption that runs over a slate and on is not of it."""
    return 2 * _shared(one, other) >= one.end - one.start


def _shared(one: Track, other: Track) -> Fraction:
    """Seconds in which both are there; negative: seconds between them."""
    return min(one.end, other.end) - max(one.start, other.start)


def _read_order(tracks: Sequence[Track]) -> list[Track]:
    """Row by row."""
    rows: list[list[Track]] = []
    for track in sorted(tracks, key=lambda one: one.place.top + one.place.height / 2):
        middle = track.place.top + track.place.height / 2
        if rows and middle < rows[-1][-1].place.top + rows[-1][-1].place.height:
            rows[-1].append(track)
        else:
            rows.append([track])
    return [track for row in rows for track in sorted(row, key=lambda one: one.place.left)]


def slate_of(lines: Sequence[tuple[str, Place]]) -> Slate | None:
    """The fields of a clapper board: a word like "Scene", its value behind it, below it, or beside it; None for fewer
    than two, or where neither scene nor take is among them."""
    values: dict[str, str] = {}
    plain = [(text, place) for text, place in lines if not _FIELD.search(text)]
    for text, place in lines:
        for name, value in _named(text):
            values.setdefault(name, value or _near(place, plain))
    known = {field.name: values[field.name] for field in fields(Slate) if values.get(field.name)}
    if len(known) < _SLATE_NEEDS or not {"scene", "take"} & set(known):
        return None
    # A heading that says "Take" is none: what a board has in these fields is short and has no sentence in it.
    short = all(len(known.get(name, "")) <= 12 and len(known.get(name, "").split()) <= 3 for name in ("scene", "take"))
    return Slate(**known) if short else None


def _named(text: str) -> Iterator[tuple[str, str]]:
    """Names of fields in a line, each with what stands behind it up to the next."""
    found = list(_FIELD.finditer(text))
    if not found or text[: found[0].start()].strip(" .:#-/|"):
        return  # no field, or a sentence in which such a word comes
    for match, end in zip(found, [*(later.start() for later in found[1:]), len(text)], strict=True):
        yield str(match.lastgroup), text[match.end() : end].strip(" .:#-/|=_")


def _near(place: Place, lines: Sequence[tuple[str, Place]]) -> str:
    """The text below a field's name, or to the right of it, whichever is nearer."""
    best, nearest = "", 3.0 * place.height
    for text, other in lines:
        down = other.top - place.top - place.height
        across = other.left - place.left - place.width
        over = min(place.left + place.width, other.left + other.width) - max(place.left, other.left)
        level = min(place.top + place.height, other.top + other.height) - max(place.top, other.top)
        away = max(0.0, down) if over > 0 and down > -place.height / 2 else None
        if level > 0.4 * min(place.height, other.height) and across > -place.width / 4:
            away = max(0.0, across) * 16 / 9
        if away is not None and away < nearest:
            best, nearest = text, away
    return best


def _around(places: Sequence[Place]) -> Place:
    left, top = min(place.left for place in places), min(place.top for place in places)
    right = max(place.left + place.width for place in places)
    bottom = max(place.top + place.height for place in places)
    return Place(left, top, right - left, bottom - top)
