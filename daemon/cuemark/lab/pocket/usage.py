"""How words are used, as WordNet 3.0 has it: counts in tagged texts, odd plurals, and the sentences of its glosses.

The files lie beside those that `cuemark.lab.lexicon.wordnet` reads; formats: cntlist(5WN), morphy(7WN), wndb(5WN).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cuemark.core.errors import InputError

WORDNET = Path("/usr/share/wordnet")
_NEEDED = ("data.noun", "index.noun", "noun.exc", "cntlist.rev")
#: The digit of a sense key that names its part of speech.
_PARTS = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}


@dataclass(frozen=True)
class WordUsage:
    """The database files in `folder`, which `checked_folder` has looked at."""

    folder: Path

    @cached_property
    def counts(self) -> dict[str, Counter[str]]:
        """How often each word stands in the tagged texts, by part of speech ("noun", "verb", "adj", "adv")."""
        found: dict[str, Counter[str]] = {part: Counter() for part in ("noun", "verb", "adj", "adv")}
        for line in self._lines("cntlist.rev"):
            key, _, count = line.split()
            word, rest = key.split("%")
            found[_PARTS[rest[0]]][spoken(word)] += int(count)
        return found

    def common(self, part: str, most: int) -> list[str]:
        """The single words of a part of speech that are used most, in plain letters."""
        ranked = sorted(self.counts[part].items(), key=lambda item: (-item[1], item[0]))
        return [word for word, _ in ranked if word.isalpha() and word.isascii() and len(word) > 1][:most]

    @cached_property
    def odd_plurals(self) -> dict[str, str]:
        """Plurals that no rule makes, by the singular ("mouse": "mice")."""
        pairs = (line.split()[:2] for line in self._lines("noun.exc"))
        return {spoken(singular): spoken(plural) for plural, singular in pairs}

    def gloss_sentences(self) -> list[str]:
        """Definitions and examples of the nouns, in lower case, without what stands in brackets."""
        found = []
        for line in self._lines("data.noun"):
            if not line.startswith("  "):
                gloss = re.sub(r"\([^)]*\)", "", line.partition(" | ")[2]).lower()
                found += [part.strip(' ;"\n') for part in re.split(r"; |\"", gloss)]
        return [sentence for sentence in found if 3 <= len(sentence.split()) <= 20 and sentence.isascii()]

    def _lines(self, name: str) -> list[str]:
        return (self.folder / name).read_text(encoding="utf-8").splitlines()


def checked_folder(folder: Path) -> Path:
    """The folder; raises InputError (wordnet_not_found) where a file of the database is missing."""
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing:
        message = f"{folder} has no WordNet 3.0 database ({missing[0]} is missing)."
        raise InputError("wordnet_not_found", message, "On Debian: apt-get install wordnet-base; or --wordnet FOLDER.")
    return folder


def plural(noun: str, odd: dict[str, str]) -> str:
    """The plural of a noun or of the last word of a name; `odd` are those that no rule makes."""
    head, space, last = noun.rpartition(" ")
    if last in odd:
        made = odd[last]
    elif last.endswith(("s", "x", "z", "ch", "sh")):
        made = f"{last}es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        made = f"{last[:-1]}ies"
    else:
        made = f"{last}s"
    return f"{head}{space}{made}"


def going(verb: str) -> str:
    """The present participle of a verb of one syllable or a regular longer one: "running", "taking", "opening"."""
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return f"{verb[:-1]}ing"
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", verb):
        return f"{verb}{verb[-1]}ing"
    return f"{verb}ing"


def spoken(name: str) -> str:
    """A name of the database as people write it."""
    return name.replace("_", " ").lower()
