"""English: statements of emptiness, hard prompts, captions cut down to titles, and the words of talk.

Words only; what of it is true of the frames is judged elsewhere.
"""

from __future__ import annotations

import re

from cuemark.captions.language.language import Language, listed
from cuemark.captions.language.words import capital

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
#: What may be said of any picture: beside it a given title must be likelier to be of this one.
SAID_OF_ANYTHING = ("a photo", "a video", "an empty scene", "text on a screen", "a person talking", "something else")

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
    return [capital(text) for text in dict.fromkeys(telling[:_MOST_PREFIXES])]


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


# ---- talk

_FUNCTION = """
a an the this that these those some any each every either neither both all no none such other another same own
i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers
herself it its itself they them their theirs themselves one ones someone somebody something anyone anybody anything
everyone everybody everything nobody nothing who whom whose which what whatever whoever whichever when where why how
and or but nor so yet if because although though while whereas unless until since as than whether
of in on at by for from to into onto with without within about above across after against along among around before
behind below beneath beside besides between beyond down during except inside like near off out outside over past per
through throughout toward towards under underneath up upon via versus vs
am is are was were be been being do does did doing done have has had having will would shall should can could may
might must ought cannot
not n't never ever also just only even too very quite rather really actually basically literally still already again
there here then now once thus hence therefore however else instead maybe perhaps almost enough much many more most
less least few fewer little lot lots bit both several
i'm i've i'd i'll you're you've you'd you'll he's he'd he'll she's she'd she'll it's it'd it'll we're we've we'd we'll
they're they've they'd they'll that's that'd that'll there's here's what's who's where's how's let's isn't aren't
wasn't weren't don't doesn't didn't won't wouldn't can't couldn't shouldn't hasn't haven't hadn't mustn't ain't gonna
wanna gotta kinda sorta cuz cause 'cause
"""
_COMMON = """
yeah yes yep yup okay ok right sure well oh uh um uhm hmm mm mhm huh ah wow hey hi hello bye goodbye welcome please
thanks thank thankyou sorry alright absolutely exactly definitely totally certainly obviously clearly probably
possibly usually generally typically mostly mainly especially specifically particularly essentially apparently
hopefully honestly frankly simply completely entirely fully highly pretty super fairly somewhat somehow anyway
anyways anymore otherwise recently currently previously eventually finally initially originally immediately quickly
slowly easily directly roughly nearly today tonight tomorrow yesterday soon later earlier ago always often sometimes
rarely know knows knew known think thinks thought thinking say says said saying tell tells told telling talk talks
talked talking speak speaks spoke speaking mean means meant see sees saw seen seeing look looks looked looking hear
heard hearing feel feels felt feeling want wants wanted need needs needed try tries tried trying go goes went gone
going come comes came coming get gets got gotten getting give gives gave given giving take takes took taken taking
make makes made making put puts putting keep keeps kept keeping let lets letting use uses used using find finds found
finding show shows showed shown showing work works worked working happen happens happened happening start starts
started starting begin begins began end ends ended ending stop stops stopped continue continues leave leaves left
call calls called calling ask asks asked asking seem seems seemed become becomes became believe believes guess
guesses hope hopes wonder suppose supposed remember remembers understand understands understood learn learned explain
explains explained describe described mention mentioned mentions discuss discussed discussing wait waiting turn turns
turned run runs running ran set sets move moves moved bring brings brought hold holds held follow follows followed
happen allow allows allowed add adds added figure figured imagine consider considered agree agrees like likes liked
love loves loved enjoy care cares able unable available possible impossible likely certain good better best great
nice cool awesome amazing interesting interested excited exciting fun funny fine bad worse worst big bigger biggest
small smaller large larger huge long longer short high higher highest low lower new newer old older young easy easier
hard harder difficult simple different similar important main major whole full entire real true false wrong correct
clear obvious sure happy glad crazy weird strange first second third last next previous following early late final
various particular specific general overall thing things stuff way ways kind kinds sort sorts type types part parts
piece pieces point points case cases example examples instance instances reason reasons idea ideas question questions
answer answers fact sense matter deal issue side place places area level number numbers amount couple bunch set group
time times day days week weeks month months year years hour hours minute minutes moment moments while
people person persons guy guys man men woman women kid kids folks everyone everybody world life
two three four five six seven eight nine ten hundred thousand million half
zero dozen
ever back away together apart forward ahead
episode podcast show video videos listeners viewers audience guest host sponsor subscribe
oftentimes basically whatnot etc sec
gives thing's doing someone's whats thats dont im ive youre theyre gonna cant doesnt isnt didnt
"""
_JOINTS = "of for to in on the a an with by from into vs versus per over between"
#: Verbs that are no nouns, in the forms that have no ending by which they are known.
_VERBS = """
write writes wrote written read reads build builds built buy buys bought sell sells sold send sends sent spend spends
spent pay pays paid lose loses lost win wins won break breaks broke broken choose chooses chose chosen catch caught
teach teaches taught grow grows grew grown draw draws drew drawn drive drives drove eat eats ate eaten fall falls
fell fallen forget forgets forgot forgotten lead leads lie lies lay meet meets met rise rises rose risen sit sits sat
stand stands stood steal stole wear wore throw threw beat bite blow cut cuts hit hits hurt shut cost
create creates provide provides require requires include includes contain contains exist exists appear appears receive
receives remove removes reduce reduces increase increases improve improves avoid avoids prevent prevents protect
protects ensure ensures assume assumes decide decides expect expects prove proves solve solves join joins open opens
close closes keep grab click clicks press push pull pick picks pour cook fix save saves serve serves share shares
suggest suggests propose proposes introduce introduces implement implements apply applies define defines determine
determines identify identifies accept accepts reject rejects verify verifies validate validates generate generates
compute computes connect connects depend depends relate rely relies refer refers compare compares combine combines
maintain maintains manage manages operate operates perform performs produce produces publish publishes react respond
responds enable enables enforce enforces destroy destroys develop develops deploy deploys deliver delivers describe
involve involves ignore ignores interact learn lower occur occurs obtain offer offers own owns participate pass passes
prefer prefers prepare present pretend promise realize realise recognize remain remains replace replaces represent
represents resolve resolves reveal reveals select selects separate speed spread submit submits tend tends trigger
travel unlock upgrade wonder worry worried wanna bother convince invite invent encourage discover achieve admit
afford argue arise arrive attempt attend aware worth due based related
"""
_QUESTIONS = "what why how who when where which whose what's how's who's where's"
_LEAD_INS = (
    "so and but or well okay ok yeah yes right now then um uh oh like because also basically actually alright hmm"
)


def stem(word: str) -> str:
    """A word without the ending of a plural: "fees", "boxes" and "policies" are counted with their singular."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    return word[:-1]


_VERB_FORMS = listed(_VERBS)
_VERBAL = re.compile(r"(?<!spe)(?<!fe)(?<!se)(?<!we)(?<!bre)(?:[^e]ed|ied|[^aiou]ly)$")
_NOT_VERBAL = listed(
    "bed red shed led wed fed embed hundred sacred seed feed speed weed breed greed need assembly family supply reply"
    " july italy anomaly fly ally rally jelly belly bully butterfly monopoly melancholy"
)


def is_verbal(word: str) -> bool:
    """Whether it is an adverb or a verb that is no noun."""
    return word in _VERB_FORMS or (_VERBAL.search(word) is not None and word not in _NOT_VERBAL)


LANGUAGE = Language(
    code="en",
    function_words=listed(_FUNCTION),
    common_words=listed(_COMMON),
    joints=listed(_JOINTS),
    open_ended=_OPEN_WHEN_CUT,
    question_words=listed(_QUESTIONS),
    pronouns=listed(
        "i me my you your yours he him his she her it its they them their this that these those here there one ones"
        " i'm you're you've it's that's they're he's she's we're we we've us our so then now also same guys"
    ),
    lead_ins=listed(_LEAD_INS),
    stem=stem,
    is_verbal=is_verbal,
    sample="The old man walked slowly down the street and talked to his neighbour about the weather.",
    openings=listed("introduction intro opening start beginning welcome preamble"),
    conjunction="and",
    numbered="Part {}",
)
