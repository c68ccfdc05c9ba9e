"""Rules for a language that has none: its function words are found in the transcript itself, by statistics.

Function words are short, frequent, and everywhere; words of a topic are where the topic is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cuemark.captions.language.language import Language, plain_form
from cuemark.captions.language.words import is_hiragana, is_unspaced, is_word, words_of

#: A text is looked at in so many stretches: what is in most of them belongs to no topic.
_STRETCHES = 12
_IN_MOST = 0.6
#: The most frequent words of a language are this share of what is said, and half of them of its function words.
_COVERED = 0.3
_SHORTEST = 3


def neutral_rules(code: str, texts: Sequence[str]) -> Language:
    """Rules for the language `code` ("" where nobody knows) that are read off the texts."""
    said = [plain_form(word) for word in words_of(texts)]
    function = _frequent(said) | _everywhere(said) | {word for word in said if _is_short(word)}
    return Language(code, function_words=frozenset(function))


def _frequent(said: Sequence[str]) -> set[str]:
    """The words that are most frequent, up to a share of all that is said, if they were said more than twice."""
    found, covered = set[str](), 0
    for word, count in Counter(word for word in said if not _is_run(word)).most_common():
        if count < 3 or covered > _COVERED * len(said) or len(word) > 2 * _SHORTEST + 1:
            break
        found.add(word)
        covered += count
    return found


def _everywhere(said: Sequence[str]) -> set[str]:
    """Words that are in most stretches of the text."""
    length = max(1, -(-len(said) // _STRETCHES))
    stretches = [set(said[start : start + length]) for start in range(0, len(said), length)]
    if len(stretches) < _STRETCHES // 2 or length < _STRETCHES:
        return set()
    where = Counter(word for stretch in stretches for word in stretch if not _is_run(word))
    return {word for word, count in where.items() if count >= _IN_MOST * len(stretches) and len(word) <= 8}


def _is_short(word: str) -> bool:
    """Shorter than any noun of a script with spaces, or of the script of endings and particles."""
    if is_hiragana(word):
        return True
    return is_word(word) and not _is_run(word) and len(word) < _SHORTEST and word.isalpha()


def _is_run(word: str) -> bool:
    """Whether it is a run of a script without spaces, which is no word yet."""
    return is_unspaced(word)
