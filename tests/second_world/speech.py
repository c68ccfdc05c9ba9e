"""How the second world is spoken of: whole sentences with a capital, the place mostly first, and their own quiet.

The words for emptiness are not those the sample world uses, and one of them ("all is quiet") names nothing a list of
words for emptiness would hold.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from tests.second_world.words import WORLD, Phrases, Slots

#: {where} is "in the harbour", {place} "harbour", {thing} "a striped kite", {action} "spinning".
FULL = (
    "{where} {thing} is {action}.",
    "{where} you can see {thing} {action}.",
    "{where} someone left {thing}, still {action}.",
    "look, {thing} is {action} {where}.",
    "{thing} can be seen {action} {where}.",
)
EMPTY = (
    "the {place} lies deserted.",
    "nobody is {where}.",
    "nothing moves {where}.",
    "all is quiet {where}.",
)
#: What may follow "Video of" or "Recording showing".
FULL_AFTER_OPENING = ("{thing} {action} {where}.", "the {place}, where {thing} is {action}.", "{thing}, {action}.")
EMPTY_AFTER_OPENING = (
    "the deserted {place}.",
    "the {place}, where nothing moves.",
    "the {place}, with nobody there.",
    "the quiet {place}.",
)
_MEDIUMS, _VERBS = ("Video", "Footage", "Recording", "Film"), ("of", "showing")


def article(phrase: str) -> str:
    """`phrase` behind "a" or "an"."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def sentence(slots: Slots, rng: random.Random, template: str | None = None) -> str:
    """One whole sentence about `slots`; the template is drawn unless given."""
    text = _fill(template or rng.choice(EMPTY if slots.empty else FULL), slots, rng)
    return text[0].upper() + text[1:]


def opened(slots: Slots, rng: random.Random) -> str:
    """A sentence behind an opening such as "Footage of"."""
    rest = rng.choice(EMPTY_AFTER_OPENING if slots.empty else FULL_AFTER_OPENING)
    return f"{rng.choice(_MEDIUMS)} {rng.choice(_VERBS)} {_fill(rest, slots, rng)}"


def paraphrases(slots: Slots, rng: random.Random) -> tuple[str, ...]:
    """One sentence of each template, no two alike."""
    templates = EMPTY if slots.empty else FULL
    return tuple(dict.fromkeys(sentence(slots, rng, template) for template in templates))


def phrases_of_truth() -> dict[str, dict[str, list[str]]]:
    """For each slot and value the phrases a caption may name it by; a place is known by its bare name, too."""
    bare: dict[str, dict[str, list[str]]] = {
        slot: {name: list(phrases) for name, phrases in values.items()} for slot, values in WORLD.items()
    }
    for name, phrases in bare["place"].items():
        phrases.insert(0, name)
    bare["place"]["library"].append("bookshelves")
    return bare


def named_in(text: str, slots: Mapping[str, Mapping[str, list[str]]] | None = None) -> dict[str, str]:
    """The values a text names, by slot: whole words in any case, the first mention of each slot."""
    found = {}
    for slot, values in (slots or phrases_of_truth()).items():
        hits = [(match.start(), name) for name, known in values.items() if (match := _finder(known).search(text))]
        if hits:
            found[slot] = min(hits)[1]
    return found


def _finder(phrases: list[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b", re.IGNORECASE)


def _fill(template: str, slots: Slots, rng: random.Random) -> str:
    where = _say(WORLD["place"], slots.place, rng)
    if slots.subject is None or slots.attribute is None or slots.relation is None:
        return template.format(where=where, place=slots.place)
    thing = f"{_say(WORLD['attribute'], slots.attribute, rng)} {_say(WORLD['subject'], slots.subject, rng)}"
    action = _say(WORLD["relation"], slots.relation, rng)
    return template.format(where=where, place=slots.place, thing=article(thing), action=action)


def _say(values: Phrases, name: str, rng: random.Random) -> str:
    return rng.choice(values[name])
