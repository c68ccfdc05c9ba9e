"""The character encoding of a text file that does not say it: byte order marks, UTF-8, else the likeliest of the old
ones."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from cuemark.core.languages import language_code

_SAMPLE = 1 << 16
"""So many bytes of a file are guessed from; all of it is decoded."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_NAMES = {
    "cp1252": "Windows-1252", "cp932": "Shift-JIS", "euc_jp": "EUC-JP", "cp1251": "Windows-1251",
    "cp1250": "Windows-1250", "cp1253": "Windows-1253", "cp1254": "Windows-1254", "cp1255": "Windows-1255",
    "cp1256": "Windows-1256", "cp1257": "Windows-1257", "cp874": "TIS-620", "gb18030": "GB 18030", "big5": "Big5",
    "cp949": "EUC-KR", "koi8_r": "KOI8-R", "mac_roman": "Mac Roman",
}  # fmt: skip
"""The encodings in which subtitles were written before UTF-8, and what people call them."""
_OF_LANGUAGE = {
    "ja": ("cp932", "euc_jp"), "zh": ("gb18030", "big5"), "ko": ("cp949",), "ru": ("cp1251", "koi8_r"),
    "uk": ("cp1251",), "bg": ("cp1251",), "sr": ("cp1251", "cp1250"), "mk": ("cp1251",), "be": ("cp1251",),
    "el": ("cp1253",), "tr": ("cp1254",), "he": ("cp1255",), "ar": ("cp1256",), "fa": ("cp1256",), "ur": ("cp1256",),
    "th": ("cp874",), "lt": ("cp1257",), "lv": ("cp1257",), "et": ("cp1257",), "pl": ("cp1250",), "cs": ("cp1250",),
    "sk": ("cp1250",), "hu": ("cp1250",), "sl": ("cp1250",), "hr": ("cp1250",), "bs": ("cp1250",), "ro": ("cp1250",),
}  # fmt: skip
"""What is tried first where the language is known; all others were written in Windows-1252."""
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 0.01
_MOST_BROKEN = 0.02
_WESTERN = frozenset("ÀÁÂÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖØÙÚÛÜßàáâäåæçèéêëìíîïñòóôöøùúûüœŒŸãõÃÕ¿¡«»‘’“”–—…·°€£©®§ªº´¨•„‚")
"""What the languages of western Europe write beside ASCII."""
_LONGEST_WESTERN = 3
"""More letters in a row that are no ASCII are another alphabet."""


class NoText(ValueError):
    """The bytes are no text in any encoding."""


@dataclass(frozen=True)
class DecodedText:
    """A file's text, the encoding's name, whether that is a guess, and how many characters could not be read."""

    text: str
    encoding: str
    assumed: bool = False
    broken: int = 0


def decode_text(data: bytes, language: str = "") -> DecodedText:
    """The text of a file's bytes; `language` helps to guess where nothing tells the encoding.  Raises NoText."""
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return _readable(data[len(mark) :], codec, name)
    wide = _wide(data[:_SAMPLE])
    if wide:
        return _readable(data, wide, "UTF-16", assumed=True)
    try:
        return _readable(data, "utf-8", "UTF-8", errors="strict")
    except UnicodeDecodeError:
        return _old(data, language)


def _readable(data: bytes, codec: str, name: str, *, assumed: bool = False, errors: str = "replace") -> DecodedText:
    text = data.decode(codec, errors)
    sample = text[:_SAMPLE]
    if len(_CONTROLS.findall(sample)) > max(2, _MOST_CONTROLS * len(sample)):
        raise NoText
    broken = text.count("\N{REPLACEMENT CHARACTER}") if errors == "replace" else 0
    return DecodedText(text, name, assumed, broken)


def _wide(sample: bytes) -> str:
    """The UTF-16 of bytes without a mark: every other one is nearly always 0 in text that has ASCII in it."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half < 8 or max(even, odd) < half // 3 or min(even, odd) > half // 20:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _old(data: bytes, language: str) -> DecodedText:
    """Text that is no UTF-8: nearly UTF-8 with a few broken bytes, else one of the encodings of before."""
    mended = data.decode("utf-8", "replace")
    wrong = mended.count("\N{REPLACEMENT CHARACTER}")
    whole = sum(1 for character in mended if ord(character) > 0x7F) - wrong
    if wrong <= _MOST_BROKEN * whole:
        return _readable(data, "utf-8", "UTF-8")
    codec = _guess(data[:_SAMPLE], language_code(language))
    return _readable(data, codec, _NAMES[codec], assumed=True)


def _guess(sample: bytes, language: str) -> str:
    if sample.count(0) > len(sample) // 100:
        raise NoText
    wanted = _OF_LANGUAGE.get(language, ("cp1252",)) if language else ()
    for codec in wanted:
        if _decoded(sample, codec) is not None:
            return codec
    for codec, is_it in _TELLING.items():
        text = _decoded(sample, codec)
        if text is not None and is_it("".join(character for character in text if ord(character) > 0x7F), text):
            return codec
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_NAMES)).best()
    return best.encoding if best is not None and best.encoding in _NAMES else "cp1252"


def _decoded(sample: bytes, codec: str) -> str | None:
    """The sample in that encoding, None where it cannot be; of a part of a file the last character may be cut."""
    for cut in range(4 if len(sample) == _SAMPLE else 1):
        try:
            return sample[: len(sample) - cut].decode(codec)
        except UnicodeDecodeError:
            continue
    return None


def _is_japanese(beyond: str, text: str) -> bool:
    """Every Japanese sentence has hiragana in it, which no other language has."""
    kana = sum(1 for character in beyond if "\u3041" <= character <= "\u3096")
    return kana >= 0.2 * len(beyond)


_HEBREW_WORD = re.compile("[\u05d0-\u05ea][\u05b0-\u05ea]*")


def _is_hebrew(beyond: str, text: str) -> bool:
    """Nearly all are letters; a point stands on a letter, never at the beginning of a word."""
    return sum(map(len, _HEBREW_WORD.findall(text))) >= 0.95 * len(beyond)


_THAI_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_THAI_SYLLABLE = re.compile(f"[\u0e01-\u0e5b]|(?<=[\u0e01-\u0e2e\u0e31-\u0e4e])[{_THAI_MARKS}]")


def _is_thai(beyond: str, text: str) -> bool:
    """All of one block; vowel signs and tones, of which every text is full, stand on consonants."""
    marks = re.findall(f"(?<=[\u0e01-\u0e2e\u0e31-\u0e4e])[{_THAI_MARKS}]", text)
    astray = len(re.findall(f"[{_THAI_MARKS}]", text)) - len(marks)
    inside = len(_THAI_SYLLABLE.findall(text))
    return inside >= 0.95 * len(beyond) and len(marks) >= 0.08 * len(beyond) and astray <= 0.02 * len(beyond)


_FOREIGN_RUN = re.compile(f"[^\x00-\x7f]{{{_LONGEST_WESTERN + 1},}}")


def _is_western(beyond: str, text: str) -> bool:
    """Letters of western Europe, one here and there among ASCII ones.

    A double acute is Hungarian, which writes it in Windows-1250 where Portuguese has its tildes.
    """
    hungarian = set(beyond) & set("õÕûÛ") and not set(beyond) & set("ãÃçÇêÊîôâ")
    return set(beyond) <= _WESTERN and not hungarian and not _FOREIGN_RUN.search(text)


_TELLING = {
    "cp932": _is_japanese,
    "euc_jp": _is_japanese,
    "cp1252": _is_western,
    "cp1255": _is_hebrew,
    "cp874": _is_thai,
}
"""Encodings whose text tells them; the others are left to statistics, which few cues would fool."""
