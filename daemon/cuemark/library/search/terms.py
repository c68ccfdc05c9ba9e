"""Words as they are searched for: folded, in any script, with their forms; and a query as terms of such words.

Folding takes away case, accents, points and ligatures.  Scripts without spaces are searched letter by letter (a letter
with its marks), the letters of a query's run in their order.  Forms of a word are guessed from its endings alone, so no
language need be known: "makes" and "making", "Katze" and "Katzen", "gato" and "gatos" share one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from cuemark.captions.language import de, en, es, fr
from cuemark.captions.language.unspaced import clusters
from cuemark.captions.language.words import is_unspaced

#: Accents, Hebrew points, Arabic vowel signs and the stroke that only lengthens.
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670]")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"})
_ELISION = re.compile(r"\b(\w|qu|jusqu|lorsqu|puisqu)['’](?=\w{2})")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»|「([^」]+)」')
_ENDINGS = ("en", "er", "em", "es", "os", "as", "e", "n", "s", "a", "o")
_LEAST_BASE = 4

SAME, FORM, LOOSE, BEGINS = 1.0, 0.95, 0.8, 0.7
"""How well a word fits: itself, a form of it by English endings, by others', one that begins with it."""
_LONGER = 4


def folded(text: str) -> str:
    """The text without case, accents and ligatures."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", apart)).translate(_LETTERS)


def tokens(text: str) -> list[str]:
    """The words of a text, folded; of scripts without spaces the letters."""
    plain = _APOSTROPHE.sub("", _ELISION.sub(r"\1 ", folded(text)))
    return [token for run in _runs(plain) for token in _parted(run)]


def _runs(text: str) -> Iterator[str]:
    """What stands between spaces and signs: letters, numbers, and their marks."""
    run = ""
    for character in text:
        if unicodedata.category(character)[0] in "LNM":
            run += character
        elif run:
            yield run
            run = ""
    if run:
        yield run


def _parted(run: str) -> list[str]:
    if run.isascii() or not any(map(is_unspaced, run)):
        return [run]
    parts: list[str] = []
    spaced = ""
    for cluster in clusters(run):
        if is_unspaced(cluster[0]):
            parts += [spaced, cluster] if spaced else [cluster]
            spaced = ""
        else:
            spaced += cluster
    return [*parts, spaced] if spaced else parts


@dataclass(frozen=True)
class Term:
    """What must stand in a text: one word in any of its forms, or several words (`exact`) just so."""

    words: tuple[str, ...]
    exact: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing by itself, such as "the"."""
        return not self.exact and is_function_word(self.words[0])


def terms(query: str) -> list[Term]:
    """A query's terms in order: "quoted" words are exact, and so are runs of a script without spaces."""
    found: list[Term] = []
    place = 0
    for match in _QUOTED.finditer(query):
        found += _loose(query[place : match.start()])
        exact = tuple(tokens(next(filter(None, match.groups()))))
        found += [Term(exact, exact=True)] if exact else []
        place = match.end()
    return [*found, *_loose(query[place:])]


def unquoted(query: str) -> str:
    """A query without the marks around what is meant just so."""
    return " ".join(_QUOTED.sub(lambda match: next(filter(None, match.groups())), query).replace('"', " ").split())


def _loose(text: str) -> Iterator[Term]:
    plain = _APOSTROPHE.sub("", _ELISION.sub(r"\1 ", folded(text)))
    for run in _runs(plain):
        letters: list[str] = []
        for token in _parted(run):
            if is_unspaced(token[0]):
                letters.append(token)
                continue
            if letters:
                yield Term(tuple(letters), exact=True)
                letters = []
            yield Term((token,))
        if letters:
            yield Term(tuple(letters), exact=True)


def is_function_word(token: str) -> bool:
    """Whether a folded word says nothing by itself, in the languages we know."""
    return token in _function_words()


@lru_cache(maxsize=1)
def _function_words() -> frozenset[str]:
    known = (module.LANGUAGE.function_words for module in (en, de, es, fr))
    return frozenset(folded(word).replace("'", "") for words in known for word in words)


@lru_cache(maxsize=100_000)
def forms(token: str) -> frozenset[str]:
    """What a folded word may be a form of, by English endings; itself among it."""
    found = {token}
    if not token.isascii() or token.isdigit():
        return frozenset(found)
    for ending, rest in (("ies", "y"), ("ied", "y"), ("es", ""), ("s", ""), ("ing", ""), ("ed", "")):
        base = token.removesuffix(ending)
        if base == token or len(base) < 3 or (ending == "s" and base.endswith(("s", "u", "i"))):
            continue
        found.add(base + rest)
        if ending in ("ing", "ed"):
            found.add(base + "e")
            if base[-1] == base[-2]:
                found.add(base[:-1])
    return frozenset(found)


@lru_cache(maxsize=100_000)
def loose_forms(token: str) -> frozenset[str]:
    """What a folded word may be a form of, by the endings of other languages."""
    if token.isdigit():
        return frozenset({token})
    bases = {token.removesuffix(ending) for ending in _ENDINGS}
    return frozenset({token, *(base for base in bases if len(base) >= _LEAST_BASE)})


def fit(word: str, token: str) -> float:
    """How well a text's word fits a query's, 0 to 1."""
    if word == token:
        return SAME
    if len(word) < 3 or len(token) < 3 or word[:3] != token[:3] or word.isdigit():
        return 0.0
    if forms(word) & forms(token):
        return FORM
    if loose_forms(word) & loose_forms(token):
        return LOOSE
    return BEGINS if token.startswith(word) and len(token) - len(word) <= _LONGER else 0.0
