"""Rules for a language that has none: its function words are found in the transcript itself, by statistics.

Function words are short, frequent, and everywhere; words of a topic are where the topic is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cuemark.captions.language.language import Language, plain_form
from cuemark.captions.language.unspaced import RepeatedWords, clusters
from cuemark.captions.language.words import is_hiragana, is_katakana, is_unspaced, is_word, words_of

#: A text is looked at in so many stretches: what is in most of them belongs to no topic.
_STRETCHES = 12
_IN_MOST = 0.6
#: The most frequent words of a language are this share of what is said, and most of them its function words.
_COVERED = 0.3
_LEAST_TIMES, _SPREAD = 3, 0.5
_SHORTEST = 3
_LONGEST = 8


def neutral_rules(code: str, texts: Sequence[str]) -> Language:
    """Rules for the language `code` ("" where nobody knows) that are read off the texts."""
    runs = words_of(texts)
    repeated = RepeatedWords.of(word for word in runs if _is_cut(word))

    def parted(word: str) -> list[str]:
        return repeated.words(word) if _is_cut(word) else [word]

    said = [plain_form(word) for run in runs for word in parted(run)]
    whole = set(runs)
    function = _frequent(said) | _everywhere(said)
    function |= {word for word in said if _is_short(word) or (word not in whole and _is_single(word))}
    return Language(code, function_words=frozenset(function), joints=frozenset({"の"}), parted=parted)


def _is_cut(word: str) -> bool:
    """Whether it is a run that may be several words: kana are parted from Han already."""
    return is_unspaced(word) and not is_hiragana(word) and not is_katakana(word)


def _frequent(said: Sequence[str]) -> set[str]:
    """The words that are most frequent, up to a share of all that is said, and are not said in one place only."""
    found, covered = set[str](), 0
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, word in enumerate(said):
        first.setdefault(word, place)
        last[word] = place
    for word, count in Counter(said).most_common():
        if count < _LEAST_TIMES or covered > _COVERED * len(said):
            break
        is_spread = last[word] - first[word] >= _SPREAD * len(said)
        if is_spread and not is_unspaced(word) and len(word) < _LONGEST:
            found.add(word)
            covered += count
    return found


def _everywhere(said: Sequence[str]) -> set[str]:
    """Words that are in most stretches of the text."""
    length = max(1, -(-len(said) // _STRETCHES))
    stretches = [set(said[start : start + length]) for start in range(0, len(said), length)]
    if length < _STRETCHES:
        return set()
    where = Counter(word for stretch in stretches for word in stretch)
    return {word for word, count in where.items() if count >= _IN_MOST * len(stretches) and len(word) <= _LONGEST}


def _is_short(word: str) -> bool:
    """Shorter than most nouns of a script with spaces, or of the script of endings and particles."""
    if is_hiragana(word):
        return True
    return is_word(word) and not is_unspaced(word) and len(word) < _SHORTEST and word.isalpha()


def _is_single(word: str) -> bool:
    """A letter that is left over between the words of a script without spaces."""
    return is_unspaced(word) and len(clusters(word)) == 1
