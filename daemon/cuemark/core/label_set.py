"""A label set: what to look for in footage, in the user's own words (`label_set_file.py` has the form of its file)."""

from __future__ import annotations

import base64
import difflib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from cuemark.core.errors import InputError, OptionError
from cuemark.core.text import one_line
from cuemark.core.typed_text import AUTO
from cuemark.core.typed_times import seconds

MOST_LABELS = 200
MOST_EXAMPLES = 500
"""Of all labels together."""
LONGEST_TEXT = 200
"""Characters of a label and of any words for it; a text tower reads about sixty words at most."""
_MOST_TEXTS = 50
KEYS = ("label", "also", "not", "threshold", "example", "vector")
"""What a line of a file may begin with, before a colon."""
_KEYED = re.compile(r"([A-Za-z]+)\s*:(.*)", re.DOTALL)
_NEARLY = 0.75


@dataclass(frozen=True)
class LabelVector:
    """A frame as the image tower of one CLIP sees it: float16, little endian; good for encoders of the same id."""

    encoder_id: str
    data: bytes


@dataclass(frozen=True)
class LabelExample:
    """A frame that shows a label: of a video the one on screen at `time`, in seconds from the first frame shown."""

    path: Path
    time: Fraction
    vector: LabelVector | None = None


@dataclass(frozen=True)
class Label:
    """What moments are called (`name`), other words for it, what it is not, and frames that show it.

    `threshold` is the least probability (0 to 1) of a moment; None: the set's, or what the footage's own scores tell.
    """

    name: str
    also: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()
    threshold: float | None = None
    examples: tuple[LabelExample, ...] = ()


@dataclass(frozen=True)
class LabelSet:
    """The labels of one search, and what holds for all of them."""

    labels: tuple[Label, ...]
    negatives: tuple[str, ...] = ()
    threshold: float | None = None

    @classmethod
    def parse(cls, text: str) -> LabelSet:
        """The set that a file's text holds; InputError `labels_invalid` with the line, `labels_none`."""
        from cuemark.core.label_set_file import parsed

        return parsed(text)

    @classmethod
    def typed(cls, word: str) -> LabelSet:
        """What a user types: names with semicolons between, or a file; raises what `read` does."""
        from cuemark.core.label_set_file import looks_like_file, read_label_set

        path = Path(os.path.expanduser(word))
        return read_label_set(path) if looks_like_file(word, path) else labels_named(word.split(";"))

    @property
    def examples(self) -> tuple[LabelExample, ...]:
        """Of all labels."""
        return tuple(example for label in self.labels for example in label.examples)

    def taught(self, name: str, examples: Iterable[LabelExample]) -> LabelSet:
        """With more examples of a label; OptionError `labels_unknown` where there is none of this name."""
        wanted = one_line(name).casefold()
        if all(label.name.casefold() != wanted for label in self.labels):
            known = ", ".join(repr(label.name) for label in self.labels[:10])
            message = f"An example is given of {one_line(name)!r}, which is no label here."
            raise OptionError("labels_unknown", message, f"Labels are {known}; write --example LABEL=FILE@TIME.")
        more = tuple(examples)
        return checked(
            replace(
                self,
                labels=tuple(
                    replace(label, examples=(*label.examples, *more)) if label.name.casefold() == wanted else label
                    for label in self.labels
                ),
            )
        )

    def without_vectors(self) -> LabelSet:
        """With examples as files and times alone: how a record tells them."""
        return replace(
            self,
            labels=tuple(
                replace(label, examples=tuple(replace(one, vector=None) for one in label.examples))
                for label in self.labels
            ),
        )

    def __str__(self) -> str:
        return self.written(None)

    def written(self, folder: Path | None) -> str:
        """The text of a file in `folder`: paths of examples below it are relative to it."""
        blocks = ["\n".join(_common_lines(self))] if self.negatives or self.threshold is not None else []
        blocks += ["\n".join(_label_lines(label, folder)) for label in self.labels]
        return "\n\n".join(blocks) + "\n"


def labels_named(names: Sequence[str], negatives: Sequence[str] = (), threshold: float | None = None) -> LabelSet:
    """Labels by name alone; InputError `labels_none` where no name says anything, `labels_twice`, `labels_too_long`."""
    labels = tuple(Label(name) for name in map(one_line, names) if name)
    if not labels:
        raise InputError("labels_none", "No label is named.", 'Write them as in --labels "kiss; car crash", or a file.')
    return checked(LabelSet(labels, tuple(name for name in map(one_line, negatives) if name), threshold))


def threshold_of(text: str) -> float | None:
    """A probability above 0 and below 1 (0.6, 60%), None for `auto`; OptionError `labels_threshold`."""
    said = text.strip().lower()
    if said == AUTO:
        return None
    try:
        value = float(said.removesuffix("%")) / (100 if said.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        message = f"The threshold {text.strip()!r} is neither auto nor a probability above 0 and below 1."
        raise OptionError("labels_threshold", message, "Write --threshold auto or such as --threshold 0.6.")
    return value


def example_of(text: str, folder: Path) -> LabelExample:
    """`FILE@TIME`, the file relative to `folder`; OptionError `labels_example`."""
    named, at, time = text.strip().rpartition("@")
    try:
        if not at or not named.strip():
            raise ValueError
        numerator, slash, denominator = time.strip().partition("/")
        moment = Fraction(int(numerator), int(denominator)) if slash else seconds(time)
        if moment < 0 or not named.isprintable():  # a surrogate, too, is not
            raise ValueError
    except (ValueError, ZeroDivisionError, OptionError):
        message = f"{one_line(text)!r} is no example: a video, @, and a time in it."
        raise OptionError("labels_example", message, "Write it such as clips/a.mp4@1:12.4.") from None
    path = Path(os.path.expanduser(named.strip()))
    return LabelExample(Path(os.path.abspath(folder / path)), moment)


def checked(labels: LabelSet) -> LabelSet:
    """The set unchanged; InputError `labels_twice`, `labels_too_long`, `labels_too_many`."""
    seen: set[str] = set()
    for label in labels.labels:
        if label.name.casefold() in seen:
            raise InputError("labels_twice", f"The label {label.name!r} is there twice.", "Name each once.")
        seen.add(label.name.casefold())
        _check_texts(label.name, (label.name, *label.also, *label.negatives))
    _check_texts("all labels", labels.negatives)
    counted = ((len(labels.labels), MOST_LABELS, "labels"), (len(labels.examples), MOST_EXAMPLES, "examples"))
    for count, most, what in counted:
        if count > most:
            raise InputError("labels_too_many", f"{count} {what} are more than the {most} that a set has.", "Use two.")
    return labels


def _check_texts(of: str, texts: Sequence[str]) -> None:
    longest = max(texts, key=len, default="")
    if len(longest) > LONGEST_TEXT:
        message = f'"{longest[:40]}..." has {len(longest)} characters, more than the {LONGEST_TEXT} of a label.'
        raise InputError("labels_too_long", message, "Say it in a few words.")
    if len(texts) > _MOST_TEXTS:
        raise InputError("labels_too_many", f"{of}: {len(texts)} texts are too many.", f"Write {_MOST_TEXTS} at most.")


def keyed(line: str) -> tuple[str, str, str]:
    """The key that a line begins with ("" where it is a label's name), what stands behind it, and the word as written.

    Of a word that is nearly one the key is "?", and the second the key that was meant.
    """
    found = _KEYED.fullmatch(line)
    if not found:
        return "", line, ""
    key = found[1].lower()
    if key in KEYS:
        return key, found[2].strip(), found[1]
    close = difflib.get_close_matches(key, KEYS, n=1, cutoff=_NEARLY)
    return ("?", close[0], found[1]) if close else ("", line, "")


def _common_lines(labels: LabelSet) -> Iterator[str]:
    if labels.negatives:
        yield f"not: {'; '.join(labels.negatives)}"
    if labels.threshold is not None:
        yield f"threshold: {labels.threshold!r}"


def _label_lines(label: Label, folder: Path | None) -> Iterator[str]:
    yield f"label: {label.name}" if keyed(label.name)[0] or label.name.startswith("#") else label.name
    if label.also:
        yield f"  also: {'; '.join(label.also)}"
    if label.negatives:
        yield f"  not: {'; '.join(label.negatives)}"
    if label.threshold is not None:
        yield f"  threshold: {label.threshold!r}"
    for example in label.examples:
        yield f"  example: {_below(example.path, folder)}@{example.time}"
        if example.vector is not None:
            coded = base64.b64encode(example.vector.data).decode("ascii")
            yield f"    vector: {example.vector.encoder_id} {coded}"


def _below(path: Path, folder: Path | None) -> str:
    if folder is not None and path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return str(path)
