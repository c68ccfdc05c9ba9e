"""Which caption is held against which, as ActivityNet's captioning evaluation pairs them (2021 form)."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

from cuemark.lab.evaluate.localisation import exact, span, tiou
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.text_metrics import Pair
from cuemark.lab.evaluate.truth import TrueVideo


def pairs_at(video: TrueVideo, moments: Sequence[Found], threshold: float) -> list[Pair]:
    """For each moment a pair with every event of every annotator that it meets at a tIoU of at least `threshold`.

    A moment that meets none is held against random letters, so it scores nothing and still counts; they are the same
    in every run.  An event with several captions is one pair with several references.
    """
    events = [event for reference in video.references for event in reference if event.captions]
    pairs = []
    for number, moment in enumerate(moments):
        met = [event for event in events if tiou(span(moment), span(event)) >= exact(threshold)]
        pairs += [Pair(moment.caption, event.captions) for event in met]
        if not met:
            pairs.append(Pair(moment.caption, (junk(f"{video.name} {number}"),)))
    return pairs


def junk(seed: str) -> str:
    """Ten to twenty random lower-case letters."""
    rng = random.Random(seed)
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(10, 20)))
