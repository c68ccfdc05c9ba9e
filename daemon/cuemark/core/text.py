"""Text made safe, one function for each place it goes to.

Text that came from file names, containers and editors may hold what its readers choke on: bytes that are not UTF-8
(Python keeps them as lone surrogates), line breaks, escape sequences, right-to-left overrides.

| for | function | what becomes of the rest |
|---|---|---|
| protobuf, JSON, SQLite: anything that must be UTF-8 | `printable` | `\\udcff` |
| the same for a whole path | `printable_path` | `\\xff` |
| a file's name inside a message | `shown` | U+FFFD, in quotes |
| one line of a file or an editor's field | `one_line` | spaces, U+FFFD |
| a name or path in XML, its spaces as they are | `xml_safe` | U+FFFD |
| a reader of ASCII only | `to_ascii` | its spelling: "犬" becomes "Quan" |
| a reader of the Basic Multilingual Plane | `without_astral` | left out (most emoji) |
| a field of limited length | `shorten` | an ellipsis |
| a list in a sentence | `first_few` | "and 12 more" |
| JSON that may be shown on a terminal | `json_safe` | `\\u202e` |
| a terminal | `terminal_safe` | `\\xff`, `\\n`, `\\x1b`, `\\u202e` |
| the same for a whole path | `terminal_path` | the same |
| a shell, to be pasted | `shell_path` | quoted |
| a new file's name, on any system | `file_name` | `_` |
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    r"""`text` as UTF-8 can carry it: lone surrogates (bytes of a name that is not UTF-8) become `\udcxx` escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def printable_path(path: Path | str) -> str:
    r"""A path as UTF-8 can carry it: bytes that are not UTF-8 become `\xNN` escapes.  To be read, not to be opened."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def shown(path: Path) -> str:
    """The path's last part for a message: quoted, always valid UTF-8, with no control characters.

    Bytes that are no UTF-8 appear as U+FFFD; the path itself keeps them.
    """
    text = os.fsencode(path.name or str(path)).decode("utf-8", "replace")
    return '"' + "".join(c if c.isprintable() else _REPLACEMENT for c in text) + '"'


def one_line(text: str) -> str:
    """`text` without line breaks, control characters and code points that XML or UTF-8 cannot hold; spaces joined.

    Characters that reorder others are left out: unclosed, they turn around what stands behind the text, too.
    """
    # Most lines hold nothing else, and transcripts hold very many lines.
    kept = text if text.isascii() and text.isprintable() else "".join(map(_visible, text))
    return " ".join(kept.split())


def _visible(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return _REPLACEMENT
    if _is_reordering(code):
        return ""
    if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Zs") or code & 0xFFFE == 0xFFFE:
        return " "
    return character


def _is_reordering(code: int) -> bool:
    return 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069


_UNSPACED = re.compile(
    "[\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\U00020000-\U0003ffff"  # ideographs, kana, their punctuation, Yi
    "\ufe30-\ufe4f\uff00-\uff9f]"  # forms of full and half width
)


def is_unspaced(text: str) -> bool:
    """Whether there is a character of a script that puts no spaces between words; Hangul puts them."""
    return _UNSPACED.search(text) is not None


def joined_text(*parts: str) -> str:
    """Pieces of text one behind the other: with a space, but for scripts that have none between words."""
    text = ""
    for part in parts:
        touch = not text or not part or (is_unspaced(text[-1]) and is_unspaced(part[0]))
        text = f"{text}{part}" if touch else f"{text} {part}"
    return text


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What an XML 1.0 document cannot hold, not even as a reference."""


def fits_xml(text: str) -> bool:
    """Whether XML can hold the text as it is; not so control characters and bytes that are no UTF-8."""
    return _NOT_XML.search(text) is None


def xml_safe(text: str) -> str:
    """`text` as XML can hold it, and nothing else changed."""
    return _NOT_XML.sub(_REPLACEMENT, text)


_HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What `terminal_safe` escapes, but for the line breaks between the parts of a JSON value."""


def json_safe(text: str) -> str:
    r"""JSON text with all that would harm a terminal, or is no UTF-8, as `\u...`: to readers of JSON it is the same."""
    return _HARMFUL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def terminal_safe(text: str) -> str:
    r"""`text` with everything unprintable written as an escape: `\xff`, `\n`, `\x1b`, `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(escaped(character) for character in text)


def escaped(character: str) -> str:
    """One character as `terminal_safe` writes it."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as surrogateescape keeps it
        return f"\\x{code - 0xDC00:02x}"
    # Format characters (Cf) hold the joiners that emoji are made of; only those that reorder text are harmful.
    if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or _is_reordering(code):
        return character.encode("unicode_escape").decode("ascii")
    return character


def terminal_path(path: Path | str) -> str:
    """A whole path for a terminal; not to be parsed."""
    return terminal_safe(os.fspath(path))


def shell_path(path: Path | str) -> str:
    """A path as it can be pasted into a POSIX shell or, on Windows, between double quotes."""
    import shlex

    text = os.fspath(path)
    if os.name == "nt":
        return f'"{terminal_safe(text)}"' if " " in text else terminal_safe(text)
    if terminal_safe(text) == text:
        return shlex.quote(text)
    return "$'" + "".join(map(_for_shell, text)) + "'"


def _for_shell(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if character.isascii() or escaped(character) == character:
        return escaped(character)
    # In a shell \xNN is a byte, not a code point.
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))


_NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
"""What a file name cannot hold on one of the systems an editor may carry the file to."""
_DEVICES = frozenset(["CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in "123456789¹²³")])
"""Windows takes these for devices, with any suffix."""
_FILE_NAME_BYTES = 255


def file_name(text: str, limit: int = _FILE_NAME_BYTES) -> str:
    """`text` as a name for a new file, in at most `limit` bytes of UTF-8: one part of a path, never a way elsewhere."""
    kept = os.fsencode(text).decode("utf-8", "replace").replace(_REPLACEMENT, "_")
    kept = _NOT_IN_FILE_NAMES.sub("_", kept).strip(" .").encode()[:limit].decode("utf-8", "ignore").rstrip(" .")
    return f"_{kept}" if kept.partition(".")[0].rstrip().upper() in _DEVICES else kept or "media"


_SIGNS = {"«": '"', "»": '"', "×": "x", "·": "-", "•": "-", "→": "->", "ъ": "", "Ъ": "", "ь": "", "Ь": ""}
"""Spelled otherwise than in the general table: as a title reads best, which has no use for soft and hard signs."""


def to_ascii(text: str) -> str:
    """`text` in ASCII: letters of every script spelled out in Latin ones, emoji left out, spaces joined."""
    from anyascii import anyascii

    def spelled(character: str) -> str:
        known = _SIGNS.get(character)
        spelling = anyascii(character) if known is None else known
        is_named = len(spelling) > 1 and spelling.startswith(":")  # ":dog:" says nothing that a caption does not
        return "" if is_named else spelling

    # Composed first: "й" has a spelling that "и" and its breve do not have.
    return " ".join("".join(map(spelled, unicodedata.normalize("NFC", text))).split())


def without_astral(text: str) -> str:
    """`text` without characters beyond the Basic Multilingual Plane (most emoji) and the joiners they leave behind."""
    kept = "".join(c for c in text if ord(c) <= 0xFFFF and c not in "\u200d\ufe0f")
    return " ".join(kept.split())


def elided(text: str, most: int) -> str:
    """At most `most` bytes of UTF-8: of a longer text the beginning and the end."""
    data = text.encode()
    if len(data) <= most:
        return text
    half = (most - len(" ... ")) // 2
    return f"{data[:half].decode(errors='ignore')} ... {data[-half:].decode(errors='ignore')}"


_CLINGS = re.compile("[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
"""What belongs to the character before it beside combining marks: joiners, variation selectors, skin tones."""


def whole_characters(text: str, most: int) -> str:
    """At most `most` code points from the beginning, no character without its marks, no half of a joined emoji."""
    end = min(most, len(text))
    while 0 < end < len(text) and (_clings(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return text[: end or most]


def _clings(character: str) -> bool:
    return (
        bool(unicodedata.combining(character))
        or unicodedata.category(character) in ("Mn", "Mc", "Me")
        or (_CLINGS.match(character) is not None)
    )


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters: cut between words where that loses little, ending in an ellipsis."""
    if len(text) <= limit:
        return text
    cut = whole_characters(text, limit - 1)
    space = cut.rfind(" ")
    if space >= limit // 2:
        cut = cut[:space]
    return cut.rstrip(" ,;:.-") + "…"


def first_few(words: Sequence[str], most: int, between: str = ", ") -> str:
    """The first of a list, and how many more there are: `A001.braw, A002.R3D and 12 more`."""
    more = f"{between.rstrip(' ,')} and {len(words) - most} more" if len(words) > most else ""
    return between.join(words[:most]) + more
