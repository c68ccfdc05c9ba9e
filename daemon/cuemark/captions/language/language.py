"""What a language's rules are, and which rules a transcript is read by.

The captions of pictures stay English, whatever is spoken, because CLIP and its words are (`en`); what is said is put
into titles by the rules of its own language.  Languages without rules of their own are read by statistics (`neutral`).
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from cuemark.captions.language.words import Clause, clauses_of

RULES = ("en", "de", "fr", "es")
"""Languages with rules of their own, each a module beside this one with its `LANGUAGE`."""

#: A text is in a language when this share of its words are function words of it, and that many times those of others.
_LEAST_SHARE = 0.2
_CLEARLY = 1.25
_ENOUGH_WORDS = 400


def listed(words: str) -> frozenset[str]:
    """Words of a list, in their plain form."""
    return frozenset(map(plain_form, words.split()))


def unchanged(word: str) -> str:
    """A word as it is: no endings are known."""
    return word


def whole(word: str) -> list[str]:
    """A word is one word."""
    return [word]


def without_ending(word: str, endings: Iterable[str]) -> str:
    """A word without the first of the endings that it has, as long as four letters are left."""
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def never(word: str) -> bool:
    """No form of a word says anything of it."""
    return False


@dataclass(frozen=True)
class Language:
    """The rules of one language; words are in lower case, with straight apostrophes.

    `code` is its ISO 639-1 code, "" for statistics alone.
    """

    code: str
    #: Closed classes: articles, prepositions, pronouns, conjunctions, auxiliaries.  They name no topic.
    function_words: frozenset[str] = frozenset()
    #: What is said in any talk whatever its topic: verbs of speaking and thinking, adverbs, "thing", "people".
    common_words: frozenset[str] = frozenset()
    #: Function words that may stand within a name of several words ("proof of work").
    joints: frozenset[str] = frozenset()
    #: Words, not function words all of them, with which nothing ends, because something was to follow.
    open_ended: frozenset[str] = frozenset()
    #: Words a question begins with.
    question_words: frozenset[str] = frozenset()
    #: Words that point to somebody or something that was named before.
    pronouns: frozenset[str] = frozenset()
    #: Words a sentence can begin with that say nothing ("well", "so").
    lead_ins: frozenset[str] = frozenset()
    #: Prefixes that are written together with what follows, by an apostrophe ("l'eau").
    elisions: frozenset[str] = frozenset()
    #: The stem of a word in lower case, by which its forms are counted as one.
    stem: Callable[[str], str] = field(default=unchanged, repr=False)
    #: Whether a word in lower case is by its form no name, so that no name ends with it ("quickly", "started").
    is_verbal: Callable[[str], bool] = field(default=never, repr=False)
    #: Whether common nouns have a capital letter, so that a small one within a sentence is no noun.
    capital_nouns: bool = False
    #: A run of a script without spaces as words.
    parted: Callable[[str], list[str]] = field(default=whole, repr=False)
    #: "and", between two topics in one title.
    conjunction: str = ""
    #: A plain sentence, by which a language model shows whether it knows the language.
    sample: str = ""
    #: What an opening is called that says nothing of what follows: no title by default.
    openings: frozenset[str] = frozenset()
    #: Names of parts that nothing can be said of, with a place for their number.
    numbered: str = "{}"
    #: The two marks around a question ("", "?").
    question_marks: tuple[str, str] = ("", "?")

    @cached_property
    def common_keys(self) -> frozenset[str]:
        """The keys of what any talk says."""
        return frozenset(map(self.stem, self.common_words))

    def is_function_word(self, word: str) -> bool:
        """Whether a word (as written) belongs to a closed class."""
        return plain_form(word) in self.function_words

    def tells_nothing(self, word: str) -> bool:
        """Whether a word (as written) names no topic."""
        return self.is_function_word(word) or self.key(word) in self.common_keys

    def is_loose(self, word: str) -> bool:
        """Whether a word is, by its form, no noun and no name."""
        return not any(letter.isupper() for letter in word) and self.is_verbal(plain_form(word))

    def goes_on(self, before: str, word: str) -> bool:
        """Whether a name goes on from one word to the next, as far as their forms tell."""
        if self.is_function_word(word):
            # Before an article or a preposition an adjective is none, and a verb takes an object: neither is a name.
            is_small = self.capital_nouns and before[:1].islower()
            is_verb = not self.is_function_word(before) and (is_small or self.is_loose(before))
            return plain_form(word) in self.joints and plain_form(word) != plain_form(before) and not is_verb
        if self.capital_nouns and word[:1].islower():
            return self.is_function_word(before) and not self.is_loose(word)
        return self.is_function_word(before) or not self.is_loose(word)

    def can_close(self, word: str) -> bool:
        """Whether a name can end with this word: a noun, as far as its form tells."""
        if self.capital_nouns and word[:1].islower():
            return False
        return self.can_end(word) and not self.tells_nothing(word) and not self.is_loose(word)

    @property
    def is_neutral(self) -> bool:
        """Whether nothing is known of the language but what its texts show."""
        return not self.common_words

    def can_end(self, word: str) -> bool:
        """Whether a title may end with this word: no article, preposition or conjunction."""
        plain = plain_form(word)
        return plain not in self.function_words and plain not in self.open_ended

    def clauses(self, text: str) -> list[Clause]:
        """The words of a text, apart where a comma or another sign parts them."""
        return [
            tuple(word for run in clause for word in self.parted(run)) for clause in clauses_of(text, self.elisions)
        ]

    def words(self, text: str) -> list[str]:
        """The words of a text."""
        return [word for clause in self.clauses(text) for word in clause]

    def keys(self, words: Iterable[str]) -> list[str]:
        """The keys of those words that have a meaning."""
        return [self.key(word) for word in words if not self.is_function_word(word)]

    def key(self, word: str) -> str:
        """What the forms of a word have in common; by it words are compared and counted."""
        return self.stem(plain_form(word))


def plain_form(word: str) -> str:
    """A word in lower case, with straight apostrophes and without a genitive's ending ("Bitcoin's")."""
    plain = word.casefold().replace("’", "'")
    return plain[:-2] if plain.endswith("'s") and len(plain) > 3 else plain.rstrip("'") or plain


def rules_for(code: str, texts: Iterable[str] = ()) -> Language:
    """The rules for a language by its code ("en", "pt-BR"); where it is "" the texts say which language they are in.

    Languages without rules of their own are read by what their texts show.
    """
    from cuemark.captions.language.neutral import neutral_rules

    known = list(texts)
    base = code.casefold().replace("_", "-").partition("-")[0] or _language_of(known)
    return rules(base) if base in RULES else neutral_rules(base, known)


def rules(code: str) -> Language:
    """The rules of one of RULES."""
    found = importlib.import_module(f"cuemark.captions.language.{code}").LANGUAGE
    assert isinstance(found, Language)
    return found


def _language_of(texts: Iterable[str]) -> str:
    """The language whose function words the texts are full of; "" where none is clearly ahead."""
    counted: Counter[str] = Counter()
    for text in texts:
        counted.update(plain_form(word) for clause in clauses_of(text, frozenset()) for word in clause)
        if counted.total() > _ENOUGH_WORDS:
            break
    shares = {
        code: sum(count for word, count in counted.items() if word in rules(code).function_words) for code in RULES
    }
    (best, most), (_, second), *_ = sorted(shares.items(), key=lambda item: -item[1])
    if not counted:
        return "en"  # captions are
    sure = most >= _LEAST_SHARE * max(1, counted.total()) and most >= _CLEARLY * second
    return best if sure else ""
