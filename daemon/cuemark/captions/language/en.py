"""English: statements of emptiness, hard prompts, and captions cut down to titles.

Words only; what of it is true of the frames is judged elsewhere.
"""

from __future__ import annotations

import re

# ---- statements that nothing is there (the background class)

#: Openings that lead a language model to say that nothing is there, whatever the place.
EMPTY_OPENINGS = ("nothing", "an empty", "nobody")
#: Plain statements of emptiness, for a language model that will not follow the openings.
EMPTY_TEXTS = ("nothing", "an empty scene", "an empty place", "nobody is there", "a blank frame", "a black screen")
_EMPTY_WORDS = re.compile(r"\b(nothing|nobody|empty|no one|none|blank|vacant|deserted|nowhere)\b", re.IGNORECASE)

# ---- hard prompts

#: Two-word hard prompts, one drawn for each sentence of the token-wise loop (arXiv 2207.11100).
HARD_PROMPTS = tuple(
    f"{medium} {verb}" for medium in ("Image", "Picture", "Photo", "Video") for verb in ("of", "shows", "showing")
)
#: What the beam search starts sentences from: as many of these as its preset wants.
PROMPTS = ("Video of", "Video showing", "Photo of")

# ---- articles and numbers


def _words(text: str) -> list[str]:
    return text.split()


_AN = re.compile(r"(?:[aeio]|u(?!ni|se|ku|ro)|hour|heir|honest)", re.IGNORECASE)
#: Names without an article though they end like a single thing: stuffs, weather, and what is always plural.
_UNCOUNTED = frozenset(
    _words("""
    snow ice rain fog mist smoke fire dust water sand grass mud bread rice pasta cheese meat beef pork chicken
    milk coffee tea beer wine juice soup salad sugar salt butter chocolate ice cream corn broccoli garlic seaweed
    coral lightning furniture luggage jewelry clothing footwear underwear lingerie makeup traffic graffiti text
    animation hair people police cattle sheep poultry livestock scenery vegetation foliage fruit seafood fur skin
    wood metal gravel underwater outer space outdoors downtown football soccer basketball tennis golf chess music
    food equipment machinery pottery cutlery glassware stationery fencing archery boxing
""")
)
_PLURAL = re.compile(r"(?:[^su]s|men|children|teeth|feet|mice|geese|people)$", re.IGNORECASE)
_SINGULAR_S = frozenset(
    _words("""
    gas bus lens canvas atlas campus octopus cactus circus iris chess glass grass dress compass cross mattress
    waitress actress walrus platypus hippopotamus rhinoceros virus
""")
)


def takes_no_article(name: str) -> bool:
    """Whether the name is a stuff or a plural, or is more than a name ("in the rain")."""
    last = name.rsplit(" ", 1)[-1].casefold()
    if name.casefold() in _UNCOUNTED or last in _UNCOUNTED:
        return True
    return _PLURAL.search(last) is not None and last not in _SINGULAR_S


def with_article(name: str) -> str:
    """A name as one says it of a picture: "a dog", "an owl", "snow", "sunglasses"."""
    if takes_no_article(name):
        return name
    return f"{'an' if _AN.match(name) else 'a'} {name}"


# ---- what a marker may say

#: Words by which a language model speaks to somebody, or of nothing that can be seen.
_UNSEEN = re.compile(
    r"\b(?:you|your|yours|i|me|my|we|us|our|who|whom|whose|which|what|how|why|if|because|should|would|could|can|will|may"
    r"|might|must|not|never|always|very|really|best|better|most|way|day|time|year|years|life|world|future|past"
    r"|things?|importance|ability|used?|using|example|type|kind|lot|number|part|fact|idea|name|named|called|known|based"
    r"|made|or|photo|photograph|picture|image|video|etc|that|this|these|those|it|its|they|their|them|he|his|him|she|her"
    r"|has|have|had|was|were|been|be|is|are|do|does|did)\b",
    re.IGNORECASE,
)


def is_marker_text(caption: str) -> bool:
    """Whether it says what can be seen, in plain words: no list, no second person, no clause of its own."""
    return "," not in caption and _UNSEEN.search(caption) is None and " and and " not in caption


def can_end(caption: str) -> bool:
    """Whether nothing must follow: it ends in no article, preposition or conjunction."""
    return caption != "" and _closed(caption, _OPEN_WHEN_CUT) == caption


def without_a_clause(caption: str) -> list[str]:
    """The caption without each of the phrases that begin with a preposition or conjunction, one at a time."""
    starts = [match.start() for match in _JOINT.finditer(caption)]
    ends = [*starts[1:], len(caption)] if starts else []
    cut = [caption[:start] + caption[end:] for start, end in zip(starts, ends, strict=True)]
    return [text for text in dict.fromkeys(one.strip() for one in cut) if text and can_end(text)]


# ---- titles

#: Media in which nothing was found, and stretches of it that nothing can be said of.
WHOLE, OPENING, ENDING, INTERLUDE = "Whole video", "Opening", "Ending", "Interlude"
#: What CLIP may see in footage no moment describes, and the title for it.
NEUTRAL_TITLES = (
    ("an empty scene with nothing in it", "Empty scene"),
    ("a black screen", "Black screen"),
    ("a blurry picture", "Blurred picture"),
    ("text on a screen", "Text on screen"),
)

_SHOWS = (
    r"(?:of|showing|shows?|that shows|which shows|depict(?:s|ing)|describ(?:es|ing)|about|featur(?:es|ing)"
    r"|present(?:s|ing))"
)
_PICTURE = (
    r"(?:videos?(?:\s+clip)?|images?|pictures?|photos?|photographs?|pics?|clips?|footage|films?|movies?"
    r"|screenshots?|gifs?|recordings?)"
)
# Words that say it is a picture, as hard prompts and picture captions do: "Video of", "A close-up photo of".
_MEDIUM = re.compile(rf"(?:(?:an?|the|this|some)\s+)?(?:[\w-]+\s+)??{_PICTURE}\s+{_SHOWS}\b[\s:,-]*", re.IGNORECASE)
_LEAD_IN = re.compile(
    r"(?:there\s+(?:is|are)|this\s+is|here\s+(?:is|are)|(?:we|you)\s+(?:can\s+)?see)\s+(?=\w)", re.IGNORECASE
)
_ARTICLE = re.compile(r"(?:an?|the)\s+(?=\S+\s+\S)", re.IGNORECASE)
# Where a sentence can end early and still be one.
_JOINT = re.compile(
    r"\s*[,;:.!?–—]\s+|\s+-\s+"
    r"|\s+(?=(?:and|but|while|as|with|when|where|which|who|that|because|so|before|after"
    r"|next to|in front of|near|behind|by|on|in|at|of|for|from|to)\b)",
    re.IGNORECASE,
)
# Words a title cannot end with, because something was to follow; the second row only where we cut.
_OPEN = "a an the and or but of with to at from for by as is are was were be his her its their this that while"
_OPEN_AT_A_CUT = "in on near next front behind into over under very"
_OPEN_ENDED = frozenset(_OPEN.split())
_OPEN_WHEN_CUT = _OPEN_ENDED | frozenset(_OPEN_AT_A_CUT.split())
_PUNCTUATION = " \t.,;:-–—…\"'“”‘’«»([{/\\|_*#"
_MOST_PREFIXES = 5


def says_empty(caption: str) -> bool:
    """Whether the words themselves say that nobody and nothing is there."""
    return _EMPTY_WORDS.search(caption) is not None


def without_negation(text: str) -> str:
    """`text` without its words of emptiness; "" where no word is left."""
    left = re.sub(r"\s+", " ", _EMPTY_WORDS.sub("", text)).strip()
    return left if re.search(r"\w", left) else ""


def subject(caption: str) -> str:
    """What the caption says, without saying that it is a video of it; may be empty."""
    text = " ".join(caption.split()).strip(_PUNCTUATION)
    while match := _MEDIUM.match(text) or _LEAD_IN.match(text):
        text = text[match.end() :].strip(_PUNCTUATION)
    closed = _closed(text, _OPEN_ENDED)
    return "" if re.fullmatch(_PICTURE, closed, re.IGNORECASE) or closed.casefold() in _OPEN_ENDED else closed


def titles(caption: str, limit: int) -> list[str]:
    """Titles of at most `limit` characters the caption can be told in, the fullest first; none for an empty one."""
    told = subject(caption)
    article = _ARTICLE.match(told)
    whole = told[article.end() :] if article else told
    cuts = [whole[: match.start()] for match in _JOINT.finditer(whole)]
    shorter = [_closed(cut, _OPEN_WHEN_CUT) for cut in reversed(cuts)]
    fitting = [text for text in (whole, *shorter) if 0 < len(text) <= limit]
    if not fitting and whole:
        fitting = [_cut(whole, limit)]
    # A single word cut out of a longer caption seldom says what it is about.
    telling = [text for text in fitting if " " in text or text == whole] or fitting
    return [_capital(text) for text in dict.fromkeys(telling[:_MOST_PREFIXES])]


def _closed(text: str, open_ended: frozenset[str]) -> str:
    """`text` without words at its end that something was to follow."""
    words = text.strip(_PUNCTUATION).split(" ")
    while len(words) > 1 and words[-1].casefold().strip(_PUNCTUATION) in open_ended:
        words.pop()
    return " ".join(words).strip(_PUNCTUATION)


def _cut(text: str, limit: int) -> str:
    head = text[:limit]
    space = head.rfind(" ")
    # One long word is cut in its middle: a title has to be something.
    short = _closed(head[:space] if len(text) > limit and space > 0 else head, _OPEN_WHEN_CUT)
    return short or head.strip() or text[:limit]


def _capital(text: str) -> str:
    """First letter large, unless the word has its own capitals (iPhone)."""
    first = text.split(" ", 1)[0]
    return text if any(letter.isupper() for letter in first) else text[:1].upper() + text[1:]
