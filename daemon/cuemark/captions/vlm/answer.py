"""What a vision-language model is asked of a moment, and what its answer says, however it is wrapped.

Models put prose around the JSON, fences, several objects, thoughts before it, and break off in the middle; what is a
caption in all that is read, and whatever has no caption is no answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cuemark.captions.language import en
from cuemark.core.text import one_line

LONGEST_CAPTION = 80
"""Characters of a marker's name."""
_LONGEST_TITLE = 40
_LONGEST_TAG = 30
_MOST_TAGS = 6
_MOST_WORDS = 12
#: Brackets of a text that begin no JSON, until it is given up.
_MOST_TRIES = 1000

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "caption": {"type": "string"},
        "title": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["caption", "title", "tags"],
    "additionalProperties": False,
}

_ASKED = """{pictures}
Say what is seen, as one JSON object and nothing else:
{{"caption": "...", "title": "...", "tags": ["...", "..."]}}
caption: one plain English sentence of 3 to 9 words that names the main thing and what it does.
title: 2 to 4 words.
tags: up to 6 words or short names of what is seen, the most certain first.
Say only what you see. Do not speak of pictures, frames or the video."""

_FIELD = r'"{name}"\s*:\s*("(?:[^"\\]|\\.)*")'
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORD = re.compile(r"[^\W\d_]{2,}")
_OPEN_WORDS = frozenset(
    ("a", "an", "the", "and", "or", "but", "of", "with", "to", "at", "from", "for", "by", "as", "is", "are", "in", "on")
)


@dataclass(frozen=True)
class Answer:
    """What a model says of a moment, cut to length: a caption that is never empty, a title and tags that may be."""

    caption: str
    title: str = ""
    tags: tuple[str, ...] = ()


def question_about(pictures: int, sheet: bool) -> str:
    """The text of the question about so many pictures of one moment, or about one picture with all of them on it."""
    if sheet and pictures > 1:
        return _ASKED.format(pictures=f"The picture shows {pictures} frames of one moment of a video, row by row.")
    if pictures > 1:
        return _ASKED.format(pictures=f"These {pictures} pictures are frames of one moment of a video, in order.")
    return _ASKED.format(pictures="The picture is a frame of a video.")


def read(texts: Iterable[str]) -> tuple[Answer, ...]:
    """The answers in what a model wrote, of the first text that has any; none where it wrote no caption at all.

    There are several where it wrote several objects: which of them is right is for the frames to say.
    """
    for text in texts:
        found = tuple(dict.fromkeys(filter(None, map(_answer, _objects(text)))))
        if found:
            return found
        if broken_off := _answer(_salvaged(text)):
            return (broken_off,)
    return ()


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON object in a text that is not part of another one that can be read."""
    for value in json_values(text, "{"):
        yield from _inside(value)


def json_values(text: str, opening: str = "{[") -> Iterator[Any]:
    """Every JSON object (or list) in a text that is not part of another one that can be read, however it is wrapped."""
    decoder, begins, place = json.JSONDecoder(), re.compile(f"[{re.escape(opening)}]"), 0
    tries = _MOST_TRIES
    while tries and (match := begins.search(text, place)):
        try:
            value, place = decoder.raw_decode(text, match.start())
        except ValueError:
            place, tries = match.start() + 1, tries - 1
            continue
        except RecursionError:
            return  # nested a thousand times: each try would go down there again
        yield value


def _inside(value: Any) -> Iterator[dict[str, Any]]:
    """An object itself, or the objects one level within it: {"answer": {...}}."""
    if "caption" in value:
        yield value
    else:
        yield from (inner for inner in value.values() if isinstance(inner, dict))


def _salvaged(text: str) -> dict[str, Any]:
    """What is whole of an object that breaks off, because the tokens were used up."""
    found: dict[str, Any] = {}
    for name in ("caption", "title"):
        if match := re.search(_FIELD.format(name=name), text):
            found[name] = _unquoted(match[1])
    if (tags := text.partition('"tags"')[2].partition("[")[2]) and found:
        found["tags"] = [_unquoted(match[0]) for match in _STRING.finditer(tags.partition("]")[0])]
    return found


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return ""


def _answer(value: dict[str, Any]) -> Answer | None:
    caption = _told(value.get("caption"), LONGEST_CAPTION)
    if not caption or en.says_empty(caption) or _babbles(caption):
        return None
    tags = value.get("tags")
    listed = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
    words = [one_line(tag).strip(" .#\"'").lower() for tag in listed if isinstance(tag, str)]
    kept = [word for word in words if _WORD.search(word) and len(word) <= _LONGEST_TAG]
    return Answer(caption, _told(value.get("title"), _LONGEST_TITLE), tuple(dict.fromkeys(kept))[:_MOST_TAGS])


def _told(value: Any, limit: int) -> str:
    """A text without saying that it is a picture of something, in one line, cut at a word; "" where nothing is left."""
    if not isinstance(value, str):
        return ""
    plain = "".join(character for character in one_line(value[:2000]) if character.isprintable())
    words = en.subject(plain).split(" ")[:_MOST_WORDS]
    while words and (len(" ".join(words)) > limit or (len(words) > 1 and words[-1].lower() in _OPEN_WORDS)):
        words.pop()
    text = " ".join(words).rstrip(" ,;:-.")
    return text[:1].upper() + text[1:] if _WORD.search(text) else ""


def _babbles(caption: str) -> bool:
    """Whether a caption says one thing over and over, as a model does that has lost its way."""
    words = caption.lower().split()
    return len(words) >= 4 and len(set(words)) <= len(words) // 2
