"""Whether a row names what is there: subjects, words a caption, words that nothing supports, and its confidence.

An event is *matched* with a moment one to one, best tIoU first, from a tIoU of one half.  Its *subject is right* when
the moment's caption says the event's value of the slot "subject" and no other subject of the dataset, unless the
event's own captions say that one, too.  Words count in the singular and in any case.

Confidence is judged by moment, not by event: it is about the word and not about the borders.  A moment is held against
the event with which it shares the most time; one that meets no event is wrong whatever it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cuemark.lab.evaluate.caption_scores import matched_moments
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.truth import SlotPhrases, TrueEvent
from cuemark.lab.evaluate.word_forms import PhraseIndex, words_of

SUBJECT = "subject"
#: Of a moment's tags so many count, best first.
TAGS = 5


class Nouns(Protocol):
    """What a word list knows of the things that captions may hold."""

    def things_in(self, text: str) -> frozenset[str]:
        """The names of things that the text holds, longest first meant."""

    def kin_of(self, text: str) -> frozenset[str]:
        """The things that the text holds, with their synonyms and all that they are kinds of."""


@dataclass(frozen=True)
class NamingScore:
    """Counts of one video.

    `events` with a known subject, `matched` of them, `right` and `tagged` of those (the subject is said by the caption,
    by one of the best tags; None where the row has no tags at all), `dared` and `dared_right` where the matched moment
    has a caption.  `moments` in all, `captions` of them, with `words` together; `judged` captions of matched moments,
    of which `unsupported` name a thing that nothing supports (None without a word list).  `confidences` of captions,
    (0 to 1, whether it is right).
    """

    events: int
    matched: int
    right: int
    dared: int
    dared_right: int
    tagged: int | None
    moments: int
    captions: int
    words: int
    judged: int | None
    unsupported: int | None
    confidences: tuple[tuple[float, bool], ...] = ()


def score_naming(
    events: Sequence[TrueEvent],
    moments: Sequence[Found],
    phrases: SlotPhrases,
    nouns: Nouns | None = None,
    *,
    has_tags: bool = False,
) -> NamingScore:
    """Judge the words of one video; `has_tags` says that the row gives tags, here or to other videos."""
    known = [event for event in events if SUBJECT in event.slots]
    pairs = [(event, moment) for event, moment in matched_moments(events, moments) if SUBJECT in event.slots]
    verdicts = [subject_right(moment.caption, event, phrases) for event, moment in pairs]
    dared = [right for (_, moment), right in zip(pairs, verdicts, strict=True) if moment.caption]
    spoken = [moment.caption for moment in moments if moment.caption]
    told = [(event, moment) for event, moment in pairs if moment.caption]
    return NamingScore(
        events=len(known),
        matched=len(pairs),
        right=sum(verdicts),
        dared=len(dared),
        dared_right=sum(dared),
        tagged=sum(_tagged(moment, event, phrases) for event, moment in pairs) if has_tags else None,
        moments=len(moments),
        captions=len(spoken),
        words=sum(len(caption.split()) for caption in spoken),
        judged=len(told) if nouns else None,
        unsupported=sum(bool(unsupported(one.caption, event, phrases, nouns)) for event, one in told)
        if nouns
        else None,
        confidences=tuple(_confidences(events, moments, phrases)) if known else (),
    )


def subject_right(caption: str, event: TrueEvent, phrases: SlotPhrases) -> bool:
    """Whether the caption says the event's subject, and no other one that the event's own captions do not say."""
    value = event.slots[SUBJECT]
    index = _index(phrases)
    said = index.named(caption)
    return value in said and said - {value} <= _said_by_truth(index, event)


def _said_by_truth(index: PhraseIndex, event: TrueEvent) -> frozenset[str]:
    return frozenset().union(*(index.named(caption) for caption in event.captions))


def _tagged(moment: Found, event: TrueEvent, phrases: SlotPhrases) -> bool:
    index = _index(phrases)
    return any(event.slots[SUBJECT] in index.named(tag) for tag in moment.tags[:TAGS])


def unsupported(caption: str, event: TrueEvent, phrases: SlotPhrases, nouns: Nouns) -> frozenset[str]:
    """Things the caption names of which the truth knows nothing: in no phrase of the event's slots, in none of its
    captions, no synonym of them and nothing that they are kinds of.

    A thing may well be in the picture and be told by nobody: the figure is an upper bound of what was invented.
    """
    told = [*event.captions, *(way for slot, value in event.slots.items() for way in _ways(phrases, slot, value))]
    supported = frozenset().union(*(nouns.kin_of(text) for text in told))
    words = {word for text in told for word in words_of(text)}
    return frozenset(
        thing for thing in nouns.things_in(caption) if thing not in supported and not set(words_of(thing)) <= words
    )


def _ways(phrases: SlotPhrases, slot: str, value: str) -> tuple[str, ...]:
    return (value, *phrases.get(slot, {}).get(value, ()))


def _confidences(
    events: Sequence[TrueEvent], moments: Sequence[Found], phrases: SlotPhrases
) -> Iterable[tuple[float, bool]]:
    """The confidence of each caption and whether its subject is right; none where the event has no known subject."""
    for moment in moments:
        if not moment.caption or moment.score is None:
            continue
        event = _longest_met(events, moment)
        if event is None:
            yield moment.score, False
        elif SUBJECT in event.slots:
            yield moment.score, subject_right(moment.caption, event, phrases)


def _longest_met(events: Sequence[TrueEvent], moment: Found) -> TrueEvent | None:
    def shared(event: TrueEvent) -> object:
        return min(event.end, moment.end) - max(event.start, moment.start)

    met = [event for event in events if event.start < moment.end and moment.start < event.end]
    return max(met, key=shared, default=None)  # type: ignore[arg-type]


def _index(phrases: SlotPhrases) -> PhraseIndex:
    subjects = phrases.get(SUBJECT, {})
    return _made(tuple((value, tuple(ways)) for value, ways in subjects.items()))


@lru_cache(maxsize=8)
def _made(subjects: tuple[tuple[str, tuple[str, ...]], ...]) -> PhraseIndex:
    return PhraseIndex.of(dict(subjects))
