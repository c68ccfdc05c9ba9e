"""Text as the targets can take it: one line, no control characters, a length limit, ASCII on request."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from cuemark.export.transliteration import LETTERS

_MAX_STEM_BYTES = 160
# Characters a file name cannot hold on one of the systems an editor may carry the file to.
_NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def printable(path: Path) -> str:
    r"""The path as valid Unicode: bytes that are not UTF-8 become \xNN, so that JSON and gRPC can carry it."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def file_stem(path: Path) -> str:
    """The media's name without its suffix, safe as the start of a file name everywhere."""
    stem = os.fsencode(path.stem).decode("utf-8", "replace").replace("\ufffd", "_")
    stem = _NOT_IN_FILE_NAMES.sub("_", stem).strip(" .")
    return stem.encode()[:_MAX_STEM_BYTES].decode("utf-8", "ignore") or "media"


def file_url(path: Path) -> str:
    """The path as a file:// URL in ASCII: every byte that is no plain letter is escaped, so that none can be lost."""
    return path.absolute().as_uri()


def one_line(text: str) -> str:
    """`text` without line breaks, control characters and code points that XML or UTF-8 cannot hold; spaces joined."""
    kept = "".join(_visible(character) for character in text)
    return " ".join(kept.split())


def _visible(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Zs") or code & 0xFFFE == 0xFFFE:
        return " "
    return character


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters: cut between words where that loses little, ending in an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    if space >= limit // 2:
        cut = cut[:space]
    return cut.rstrip(" ,;:.-") + "…"


def to_ascii(text: str) -> str:
    """`text` in ASCII: accents taken off, Latin, Greek and Cyrillic letters spelled out, anything else left out."""
    spelled = "".join(_spell(character) for character in text)
    return " ".join(spelled.encode("ascii", "ignore").decode("ascii").split())


def _spell(character: str) -> str:
    # The table first: it knows letters that would lose their sound with their accent (й).
    known = _in_table(character)
    if known is not None:
        return known
    return "".join(_in_table(part) or part for part in unicodedata.normalize("NFKD", character))


def _in_table(character: str) -> str | None:
    if character in LETTERS:
        return LETTERS[character]
    lower = LETTERS.get(character.lower())
    return None if lower is None else lower[:1].upper() + lower[1:]


def without_astral(text: str) -> str:
    """`text` without characters beyond the Basic Multilingual Plane (most emoji) and the joiners they leave behind."""
    kept = "".join(c for c in text if ord(c) <= 0xFFFF and c not in "\u200d\ufe0f")
    return " ".join(kept.split())
