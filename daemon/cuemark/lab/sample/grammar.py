"""How the sample world is spoken of: paraphrases of an event, and of a stretch where nothing is."""

from __future__ import annotations

import random

from cuemark.lab.sample.lexicon import Lexicon, Slots

#: {thing} is "a red cat", {relation} "on a crate", {place} "on the beach".
FULL = (
    "{thing} {relation} {place}",
    "{thing} is {relation} {place}",
    "there is {thing} {relation} {place}",
    "{place}, {thing} is {relation}",
    "{thing} stays {relation} {place}",
)
EMPTY = (
    "nothing {place}",
    "an empty scene {place}",
    "nobody is {place}",
    "an empty view {place}",
    "there is nothing {place}",
)
#: Two-word openings of a sentence, as the method's hard prompts are (arXiv 2207.11100).
MEDIUMS = ("Video", "Image", "Picture", "Photo")
VERBS = ("of", "showing", "shows")


def article(phrase: str) -> str:
    """`phrase` with its indefinite article: "a red cat", "an orange fish"."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def caption(slots: Slots, rng: random.Random, lexicon: Lexicon, template: str | None = None) -> str:
    """One caption of `slots`, without a period; the template is drawn unless given."""
    if slots.empty:
        text = (template or rng.choice(EMPTY)).format(place=_say(slots, "place", rng, lexicon))
        return text
    thing = article(f"{_say(slots, 'attribute', rng, lexicon)} {_say(slots, 'subject', rng, lexicon)}")
    relation, place = _say(slots, "relation", rng, lexicon), _say(slots, "place", rng, lexicon)
    return (template or rng.choice(FULL)).format(thing=thing, relation=relation, place=place)


def paraphrases(slots: Slots, rng: random.Random, lexicon: Lexicon) -> tuple[str, ...]:
    """One caption of `slots` in each template, no two alike."""
    templates = EMPTY if slots.empty else FULL
    return tuple(dict.fromkeys(caption(slots, rng, lexicon, template) for template in templates))


def partial_caption(slots: Slots, rng: random.Random, lexicon: Lexicon) -> tuple[str, frozenset[str]]:
    """A caption that leaves something out, and the names of the slots it still tells."""
    shapes = (
        ("{thing}", ("attribute", "subject")),
        ("{subject} {place}", ("subject", "place")),
        ("{thing} {place}", ("attribute", "subject", "place")),
        ("{thing} {relation}", ("attribute", "subject", "relation")),
        ("{subject} {relation}", ("subject", "relation")),
        ("{subject}", ("subject",)),
        ("{place}", ("place",)),
        ("{subject} {relation} {place}", ("subject", "relation", "place")),
    )
    shape, told = rng.choice(shapes)
    attribute, subject = (_say(slots, name, rng, lexicon) for name in ("attribute", "subject"))
    text = shape.format(
        thing=article(f"{attribute} {subject}"),
        subject=article(subject),
        relation=_say(slots, "relation", rng, lexicon),
        place=_say(slots, "place", rng, lexicon),
    )
    return text, frozenset(told)


def with_prompt(text: str, rng: random.Random) -> str:
    """`text` behind a two-word hard prompt, as language models meet it: "Video of a red cat ..."."""
    return f"{rng.choice(MEDIUMS)} {rng.choice(VERBS)} {text}"


def slots_in(text: str, lexicon: Lexicon) -> Slots:
    """The slots a free caption names, the first mention of each; used to score captions against the truth.

    Words are matched whole and lower case; a relation is known by the thing it is to, a place by any of its phrases.
    """
    words = text.lower().replace(",", " ").replace(".", " ").split()
    padded = f" {' '.join(words)} "

    def first(slot: str) -> str | None:
        hits = []
        for word in getattr(lexicon, f"{slot}s"):
            keys = word.phrases if slot == "place" else (word.name,)
            places = [padded.find(f" {key} ") for key in (*keys, word.name)]
            hits += [(place, word.name) for place in places if place >= 0]
        return min(hits)[1] if hits else None

    subject = first("subject")
    return Slots(place=first("place") or "", subject=subject, attribute=first("attribute"), relation=first("relation"))


def _say(slots: Slots, slot: str, rng: random.Random, lexicon: Lexicon) -> str:
    name = getattr(slots, slot)
    return rng.choice(lexicon.phrases(slot, name)) if name is not None else ""
