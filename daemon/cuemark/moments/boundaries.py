"""Boundary evidence from what is said and written: changes of topic, pauses, turns of speakers and title cards.

Each is a log-odds.  Of one place they add up, as log-odds of independent evidence do.  The sum is divided by the
log-odds against a border anywhere, which makes it penalties of a segment, the unit that all boundary evidence is
counted in.  Where enough is said to tell topics, `segmentation.topics` weighs meaning, pauses and turns together.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from cuemark.core.screen_text import ScreenTexts, TextKind
from cuemark.core.transcript import Transcript
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.segmentation.change_points import ExplicitBorders
from cuemark.segmentation.options import BoundaryOptions
from cuemark.segmentation.topics import topic_change

LogOdds = tuple[Fraction, float]
"""A time in seconds, and how much likelier a border is there."""


def known_borders(evidence: EvidenceBundle, options: BoundaryOptions) -> ExplicitBorders | None:
    """The borders that speech and screen text speak for, weighed in penalties; None where there are none."""
    found: dict[float, float] = defaultdict(float)
    for time, log_odds in (*_spoken(evidence, options), *_written(evidence.screen_text, options)):
        if 0 < time < evidence.duration and log_odds > 0:
            found[float(time)] += log_odds / options.prior
    for seconds, weight in _topics(evidence, options):
        found[seconds] += weight
    return ExplicitBorders(tuple(sorted(found)), tuple(found[time] for time in sorted(found))) if found else None


def _tells_topics(transcript: Transcript | None, options: BoundaryOptions) -> bool:
    return transcript is not None and len(transcript.utterances) >= options.topic_sentences


def _topics(evidence: EvidenceBundle, options: BoundaryOptions) -> Iterator[tuple[float, float]]:
    """Changes of topic: times in seconds, and their weights in penalties."""
    transcript = evidence.transcript
    if transcript is None or not _tells_topics(transcript, options):
        return
    from cuemark.models.embedding.sentences import open_encoder

    vectors = open_encoder().encode([one.text for one in transcript.utterances])
    known = topic_change(transcript, vectors, evidence.duration)
    if known is not None:
        yield from zip(known.seconds, known.weights, strict=True)


def _spoken(evidence: EvidenceBundle, options: BoundaryOptions) -> Iterator[LogOdds]:
    """Where an utterance begins after a pause, or with another speaker; nothing where topics weigh them."""
    transcript = evidence.transcript
    if _tells_topics(transcript, options):
        return
    for before, after in itertools.pairwise(transcript.utterances if transcript else ()):
        pause = min(max(0.0, float(after.start - before.end)), options.longest_pause_s)
        another = bool(before.speaker and after.speaker) and before.speaker != after.speaker
        yield after.start, pause * options.pause + another * options.turn


def _written(screen_text: ScreenTexts | None, options: BoundaryOptions) -> Iterator[LogOdds]:
    """Where a title card or the heading of a slide comes on; those that come on together count once."""
    starts = {text.start for text in (screen_text.texts if screen_text else ()) if text.kind is TextKind.TITLE}
    yield from ((start, options.title_card) for start in sorted(starts))
