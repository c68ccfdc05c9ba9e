"""The file of a label set: text that people write by hand and share.

    not: an empty room                   before the first label: what counts against all of them
    threshold: 0.6                       of all labels: a probability, or auto

    kiss                                 a label, as moments are called by it
      also: two people kissing           further words for the same
      not: two people talking; a hug     what it is not, though it may look like it
      threshold: 0.5
      example: day1/cam2.mp4@1:12.4      a frame that shows it; relative to this file
        vector: 3f6c... oTDeN...         the same frame as numbers, for who has no such file

Lines are read by their first word; how far they are indented does not matter, and `#` begins a remark;
`label:` before a label keeps it from being read as anything else.  `parse` reads
what `str` writes, which is how a set travels.  A bad line is an InputError `labels_invalid` that names it.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn, TypeVar

from cuemark.core.errors import InputError, OptionError
from cuemark.core.label_set import (
    LONGEST_TEXT,
    Label,
    LabelExample,
    LabelSet,
    LabelVector,
    checked,
    example_of,
    keyed,
    threshold_of,
)
from cuemark.core.text import one_line, shown

T = TypeVar("T")

_MOST_BYTES = 8 << 20
_WIDEST_VECTOR = 4096
_ENCODER = re.compile(r"[\w.:-]{1,200}")


def parsed(text: str) -> LabelSet:
    """The set that a file's text holds; InputError `labels_invalid` with the line, `labels_none`."""
    return _Reader("the label set").read(text)


def read_label_set(path: Path) -> LabelSet:
    """The set in a file, with whole paths of examples.

    InputError `labels_not_found`, `labels_unreadable`, `labels_none`, `labels_invalid` (with the line).
    """
    return _Reader(shown(path), Path(os.path.abspath(path)).parent).read(_text_of(path))


def looks_like_file(word: str, path: Path) -> bool:
    """Whether a word is meant as a file: it is one, or looks like one and holds no list."""
    try:
        if path.is_file():
            return True
    except (OSError, ValueError):  # longer than a name may be, or with a NUL in it: then it is none
        return False
    return ";" not in word and (path.suffix.lower() in (".txt", ".labels") or word.startswith(("/", "./", "../", "~")))


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError("labels_not_found", f"There is no file {shown(path)}.", "Check the path.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError("labels_unreadable", f"{shown(path)} cannot be read: {reason}.", "Check the file.") from error
    if len(data) > _MOST_BYTES:
        message = f"{shown(path)} has more than {_MOST_BYTES >> 20} MiB, which no label set has."
        raise InputError("labels_unreadable", message, "Name the list, not the footage.")
    try:
        utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("labels_unreadable", f"{shown(path)} is no text.", "Save it as UTF-8 text.") from error
    if "\0" in text:
        raise InputError("labels_unreadable", f"{shown(path)} is no text.", "Name a text file.")
    return text


@dataclass
class _Draft:
    """One label while its lines are read."""

    name: str = ""
    also: list[str] = field(default_factory=list)
    negatives: list[str] = field(default_factory=list)
    threshold: float | None = None
    examples: list[LabelExample] = field(default_factory=list)

    def made(self) -> Label:
        return Label(self.name, tuple(self.also), tuple(self.negatives), self.threshold, tuple(self.examples))


class _Reader:
    """Reads the lines of one label set; `name` is what errors call it."""

    def __init__(self, name: str, folder: Path = Path(os.sep)) -> None:
        self._name, self._folder, self._number = name, folder, 0
        self._common = _Draft()
        self._labels: dict[str, _Draft] = {}
        self._now = self._common

    def read(self, text: str) -> LabelSet:
        for self._number, line in enumerate(text.splitlines(), 1):
            said = line.strip()
            if said and not said.startswith("#"):
                self._line(said)
        if not self._labels:
            raise InputError("labels_none", f"{self._name} holds no label.", "Write them one a line.")
        made = tuple(draft.made() for draft in self._labels.values())
        return checked(LabelSet(made, tuple(self._common.negatives), self._common.threshold))

    def _line(self, said: str) -> None:
        key, value, word = keyed(said)
        if key == "?":
            self._fail(f"begins with {word!r}", f"Write {value}: for that, or label: before it if it is a label.")
        if key and key != "label":
            return self._key(key, value)
        self._label(one_line(value))

    def _label(self, name: str) -> None:
        if name.casefold() in self._labels:
            self._fail(f"names the label {name!r} a second time", "Name each once.")
        if len(name) > LONGEST_TEXT:
            self._fail(f"has {len(name)} characters", f"A label has at most {LONGEST_TEXT}.")
        if not any(map(str.isalnum, name)):
            self._fail("holds no word", "Write a label, or # before a remark.")
        self._now = self._labels[name.casefold()] = _Draft(name)

    def _key(self, key: str, value: str) -> None:
        if not value:
            self._fail(f"says nothing behind {key}:", "Write it there, or take the line out.")
        if key == "not":
            self._now.negatives += self._texts(value)
        elif key == "threshold":
            self._now.threshold = self._made(threshold_of, value)
        elif self._now is self._common:
            self._fail(f"has {key}: before any label", "Write the label first.")
        elif key == "also":
            self._now.also += self._texts(value)
        elif key == "example":
            self._now.examples.append(self._made(lambda text: example_of(text, self._folder), value))
        else:
            self._vector(value)

    def _vector(self, value: str) -> None:
        if not self._now.examples or self._now.examples[-1].vector is not None:
            self._fail("has a vector without an example", "A vector stands below the example it is of.")
        encoder, _, coded = value.partition(" ")
        try:
            data = base64.b64decode(coded.strip(), validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if not _ENCODER.fullmatch(encoder) or len(data) % 2 or not 0 < len(data) <= 2 * _WIDEST_VECTOR:
            self._fail("holds no vector", "Take the line out: the example's file is read then.")
        self._now.examples[-1] = replace(self._now.examples[-1], vector=LabelVector(encoder, data))

    def _texts(self, value: str) -> list[str]:
        return [text for text in map(one_line, value.split(";")) if text]

    def _made(self, read: Callable[[str], T], value: str) -> T:
        try:
            return read(value)
        except OptionError as error:
            step = error.next_step.replace("--threshold ", "threshold: ")
            raise InputError("labels_invalid", f"Line {self._number} of {self._name}: {error.message}", step) from None

    def _fail(self, problem: str, step: str) -> NoReturn:
        raise InputError("labels_invalid", f"Line {self._number} of {self._name} {problem}.", step)
