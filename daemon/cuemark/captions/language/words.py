"""A text as words, in any script: spaces and signs part them; scripts without spaces are parted where they change.

Words are kept as they are written, with what belongs to them ("C++", "P2P", "peer-to-peer", "OP_RETURN", "2.0").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

Clause = tuple[str, ...]
"""Words that follow each other without a sign between them."""

#: Scripts that are written without spaces: Thai, Lao, Burmese, Khmer; kana and Han, with their extensions.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u3005-\u3007\u3041-\u309f\u30a0-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
_HIRAGANA = "\u3041-\u309f"
_KATAKANA = "\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_SCRIPTS = re.compile(f"[{_HIRAGANA}]+|[{_KATAKANA}]+|[^{_HIRAGANA}{_KATAKANA}]+")
_KATAKANA_RUN = re.compile(f"[{_KATAKANA}]+")
_HIRAGANA_RUN = re.compile(f"[{_HIRAGANA}]+")
#: What parts words wherever it stands, and parts clauses, too.
_BREAKS = re.compile(r"[\s/|\\…—–,;:!?()\[\]{}\"“”„«»<>。、，．！？：；「」『』（）【】《》·・،؛؟¿¡।॥།።၊။]+")
_INNER = re.compile(r"^\d[\d.,:/]*\d$")
_SPACES = re.compile(r"^[\s\u00a0]+$")
_EDGES = ".'’`*~^=%&@$§°-_+#"
_KEPT_AT_END = re.compile(r"^[^\W\d_]{1,12}(\+\+|#)$")


def clauses_of(text: str, elisions: frozenset[str] = frozenset()) -> list[Clause]:
    """The words of a text by clause; words of scripts without spaces are runs of one script."""
    clauses: list[list[str]] = [[]]
    for gap, piece in _pieces(unicodedata.normalize("NFC", text)):
        if gap:
            clauses.append([])
        ends = piece.endswith(".") and not _is_dotted(piece)
        clauses[-1] += _parted(_trimmed(piece), elisions)
        if ends:
            clauses.append([])
    return [tuple(clause) for clause in clauses if clause]


def words_of(texts: Iterable[str], elisions: frozenset[str] = frozenset()) -> list[str]:
    """All words of texts in order."""
    return [word for text in texts for clause in clauses_of(text, elisions) for word in clause]


def joined(words: Sequence[str]) -> str:
    """Words as a text: no space behind an elision, nor between words of a script without spaces."""
    text = ""
    for word in words:
        glued = not text or text.endswith(("'", "’")) or (is_unspaced(text[-1]) and is_unspaced(word[0]))
        text += word if glued else f" {word}"
    return text


def capital(text: str) -> str:
    """First letter large, unless the word has its own capitals (iPhone)."""
    first = text.split(" ", 1)[0]
    return text if any(letter.isupper() for letter in first) else text[:1].upper() + text[1:]


def is_unspaced(text: str) -> bool:
    """Whether most letters of a text belong to a script that is written without spaces."""
    run = sum(len(match[0]) for match in _UNSPACED_RUN.finditer(text))
    return run * 2 > sum(1 for character in text if not character.isspace())


def is_hiragana(word: str) -> bool:
    """Whether it is of the script in which Japanese writes endings and particles."""
    return _HIRAGANA_RUN.fullmatch(word) is not None


def is_katakana(word: str) -> bool:
    """Whether it is of the script in which Japanese writes words of other languages."""
    return _KATAKANA_RUN.fullmatch(word) is not None


def is_word(text: str) -> bool:
    """Whether there is a letter in it."""
    return any(unicodedata.category(character).startswith("L") for character in text)


def _pieces(text: str) -> Iterable[tuple[bool, str]]:
    """What stands between spaces and signs, and whether a sign, not only a space, stands before it."""
    place, broken = 0, False
    for match in _BREAKS.finditer(text):
        before = text[place : match.start()]
        if _INNER.match(f"{before[-1:]}{match[0]}{text[match.end() : match.end() + 1]}"):
            continue  # 10,000 and 12:30 are one
        if before:
            yield broken, before
            broken = False
        broken = broken or not _SPACES.match(match[0])
        place = match.end()
    if text[place:]:
        yield broken, text[place:]


def _is_dotted(piece: str) -> bool:
    """ "e.g." and "U.S." end no sentence."""
    return "." in piece[:-1].strip(".") and len(piece) <= 6


def _trimmed(piece: str) -> str:
    if _KEPT_AT_END.match(piece.rstrip(".'’")):
        return piece.rstrip(".'’")
    return piece.strip(_EDGES)


def _parted(piece: str, elisions: frozenset[str]) -> list[str]:
    """One piece as words: elisions apart, runs of scripts without spaces apart."""
    if not piece:
        return []
    head, sign, rest = piece.partition("'") if "'" in piece else piece.partition("’")
    if sign and rest and head.casefold() in elisions:
        return [head + sign, *_parted(rest, elisions)]
    if not _UNSPACED_RUN.search(piece):
        return [piece]
    parts: list[str] = []
    place = 0
    for match in _UNSPACED_RUN.finditer(piece):
        parts += [piece[place : match.start()], *_SCRIPTS.findall(match[0])]
        place = match.end()
    return [part for part in (*parts, piece[place:]) if part.strip(_EDGES)]
