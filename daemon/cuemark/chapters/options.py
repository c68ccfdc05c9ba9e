"""What chapters are asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.errors import OptionError


@dataclass(frozen=True)
class ChapterOptions:
    """Lengths in seconds.  A stretch without a moment is a chapter of its own from `gap_length` on."""

    min_length: Fraction = Fraction(10)
    max_count: int = 30
    max_title: int = 60
    gap_length: Fraction = Fraction(20)


_SHORTEST_TITLE = 8


def validate(options: ChapterOptions) -> None:
    """Raise OptionError `option_chapters` naming the value that cannot be."""
    problems = [
        (options.min_length <= 0, f"A minimum chapter length of {float(options.min_length):g} s", "above 0"),
        (options.max_count < 1, f"A maximum of {options.max_count} chapters", "at least 1"),
        (options.max_title < _SHORTEST_TITLE, f"A title limit of {options.max_title}", f"at least {_SHORTEST_TITLE}"),
        (options.gap_length <= 0, f"A gap length of {float(options.gap_length):g} s", "above 0"),
    ]
    for wrong, what, rule in problems:
        if wrong:
            raise OptionError("option_chapters", f"{what} is not possible.", f"Use a value {rule}.")
