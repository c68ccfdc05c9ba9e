"""The content words of a text: its words without those that only hold sentences together.

A measure must not change with what it measures, so this list of function words is of its own, and nothing of the
product reads it.  Words are compared in lower case and in the singular (`word_forms`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cuemark.lab.evaluate.localisation import harmonic
from cuemark.lab.evaluate.word_forms import singular, words_of

_FUNCTION_WORDS = """
a an the this that these those there here it its it's i i'm i've i'll i'd me my mine myself you your yours you're you've
you'll you'd yourself he him his he's she her hers she's we us our ours we're we've we'll we'd they them their theirs
they're they've they'll who whom whose who's which what what's when where why how and or but nor so yet if then else
than as at by for from in into of off on onto out over to up down with without within about above across after against
along among around because before behind below beneath beside between beyond during except inside near since through
throughout till until toward towards under upon via while although though unless whereas whether be am is are was were
been being isn't aren't wasn't weren't have has had having haven't hasn't hadn't do does did doing done don't doesn't
didn't will would won't wouldn't shall should shouldn't can could can't cannot couldn't may might must not no yes yeah
yep okay ok oh uh um er hmm ah well just like really actually basically literally kind sort right know mean think guess
say said says go goes going gonna gone went get gets getting got gotten let let's make makes made thing things something
anything everything nothing someone anyone everyone one ones two lot lots bit much many more most less least few some
any all both each every either neither other others another such same only own also too very quite rather even still
already again ever never always often sometimes maybe perhaps now today back way want wants wanted need needs see look
come comes take put use used using that's there's here's stuff pretty sure actually people
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split()) | {singular(word) for word in _FUNCTION_WORDS.split()}
_SHORTEST = 2


def content_words(text: str) -> tuple[str, ...]:
    """The content words of a text in order, each as often as it occurs; a number is one, a single letter none."""
    return tuple(
        word
        for word in words_of(text.replace("’", "'"))
        if word not in FUNCTION_WORDS and (len(word) >= _SHORTEST or not word.isascii() or word.isdigit())
    )


def word_overlap(title: str, true: str) -> float | None:
    """F1 of the content words of a title, each counted as often as it is there; None where the true one has none."""
    wanted, given = Counter(content_words(true)), Counter(content_words(title))
    if not wanted:
        return None
    shared = sum((wanted & given).values())
    if not shared:
        return 0.0
    return harmonic(shared / sum(given.values()), shared / sum(wanted.values()))


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of the values that are there."""
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None
