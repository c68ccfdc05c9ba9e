"""The search for moments: proposals, text and masks in alternation, ranking, moments."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from cuemark.captions.caches import Shared
from cuemark.captions.describe import choose
from cuemark.captions.joint import JointOptimiser
from cuemark.captions.pool import Writer
from cuemark.captions.sentences import Sentence
from cuemark.core.analysis import Moment
from cuemark.core.progress import Progress
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel
from cuemark.moments.options import PAPER_MOMENTS, MomentOptions, check_count, validate
from cuemark.moments.report import edge_time, make_moments
from cuemark.moments.wanted import bring_to
from cuemark.segmentation.change_points import Span, even_spans, propose, split_to
from cuemark.segmentation.drafts import Draft, fractions, span_weights, spans_of
from cuemark.segmentation.mask_search import last_sharpness, move_masks
from cuemark.segmentation.masks import SoftMasks, even_segments
from cuemark.segmentation.stability import Stability, spans_and_captions
from cuemark.segmentation.viterbi import merge_alike, runs, viterbi

_STAGE = "moments"
_STEPS = 100


@dataclass(frozen=True)
class MomentSet:
    """The moments in order of start, how many sentences were weighed for them, and where the search began.

    `first` are the segments, [start, end) in seconds, that the masks had before anything moved them.
    """

    moments: tuple[Moment, ...]
    sentences_seen: int
    first: tuple[tuple[Fraction, Fraction], ...] = ()


def find_moments(
    track: FeatureTrack, text: TextEncoder, lm: LanguageModel, options: MomentOptions, progress: Progress
) -> MomentSet:
    """Find and caption the moments of a track.

    Deterministic for equal input, seed and machine.  OptionError `too_many_moments` where the footage has too few
    samples for the wanted number.
    """
    validate(options)
    check_count(options, len(track.vectors))
    torch.manual_seed(options.seed)
    search = _Search(track, text, lm, options, progress)
    masks, sentences = search.paper() if options.prefix.token_wise else search.run()
    moments = make_moments(track, masks, sentences, search.writer, options)
    progress.update(_STAGE, _STEPS, _STEPS, "steps")
    first = tuple((edge_time(track, start), edge_time(track, end)) for start, end in search.first)
    return MomentSet(moments, len(search.writer.sentences), first)


class _Search:
    """One run over one track."""

    def __init__(
        self, track: FeatureTrack, text: TextEncoder, lm: LanguageModel, options: MomentOptions, progress: Progress
    ) -> None:
        self._track, self._options, self._progress = track, options, progress
        self._count = len(track.vectors)
        vectors = torch.from_numpy(track.vectors.copy())
        shared = Shared.of(text, lm)
        self.writer = Writer(vectors, text, lm, options.search, progress, shared)
        self._joint = JointOptimiser(vectors, text, lm, options, progress, shared)
        #: The masks before they were moved, in fractions of the media.
        self.first: list[tuple[float, float]] = []

    def paper(self) -> tuple[SoftMasks, list[Sentence]]:
        """The paper's own way: masks and prefixes by its three losses, from an even start unless told otherwise."""
        count = min(self._options.moments or PAPER_MOMENTS, self._count)
        even = self._options.masks.start == "even"
        self.first = even_segments(count) if even else fractions(self._first_spans(), self._count)
        masks = self._joint.run_token_wise(self.first, self.writer)
        return masks, [ranked[0].sentence for ranked in self.writer.ranked(self._weights(masks))]

    def run(self) -> tuple[SoftMasks, list[Sentence]]:
        """Text and masks in alternation, until the rounds are over or one has changed nothing."""
        spans = self._first_spans()
        self.first = fractions(spans, self._count)
        weights, stability = span_weights(spans, self._count), Stability(rounds=1)
        for number in range(self._options.rounds):
            self._tick(number, 0.0)
            self._write(weights, number)
            drafts = self._draft(spans, weights)
            if self._options.segments.resegment:
                drafts = self._counted(self._resegment(drafts))
            # After the same segments with the same captions a further round would only say the same again.
            if stability.settled(*spans_and_captions(drafts)):
                break
            spans, weights = self._next(drafts)
        return self._move(drafts), [draft.sentence for draft in drafts]

    def _next(self, drafts: Sequence[Draft]) -> tuple[list[Span], Tensor]:
        """Spans and weights of the next round: from the drafts where those were re-segmented, else from moved masks."""
        if self._options.segments.resegment:
            return self._again(drafts)
        masks = self._move(drafts)
        return spans_of(masks.segments(), self._count), self._weights(masks)

    def _tick(self, number: int, share: float) -> None:
        """Round `number`, of which `share` is done: the search for sentences is nearly all of the work."""
        self._progress.check()
        self._progress.update(_STAGE, int(_STEPS * (number + share) / self._options.rounds), _STEPS, "steps")

    def _weights(self, masks: SoftMasks) -> Tensor:
        positions = (torch.arange(self._count) + 0.5) / self._count
        return masks.values(positions, last_sharpness(self._options.masks, self._count)).detach()

    def _first_spans(self) -> list[Span]:
        options = self._options
        if options.masks.start == "even":
            return even_spans(self._count, min(options.moments or PAPER_MOMENTS, self._count))
        spans = propose(self._track.vectors, self._track.seconds, options.proposals)
        return split_to(spans, self._track.vectors, options.moments or 1, 1)

    def _write(self, weights: Tensor, number: int) -> None:
        half = 0.5 if self._options.prefix.steps else 1.0
        self.writer.write(weights, tick=lambda share: self._tick(number, share * half))
        if self._options.prefix.steps:
            self._joint.write_with_prefix(weights, self.writer, lambda share: self._tick(number, half + share * half))

    def _draft(self, spans: Sequence[Span], weights: Tensor) -> list[Draft]:
        """Give each span its best sentence, one that says it is empty where that fits as well."""
        segments = self._options.segments
        may_be_empty = segments.drop_empty and segments.resegment
        chosen = choose(self.writer, weights, segments.empty_margin if may_be_empty else None)
        return [Draft(span, sentence) for span, sentence in zip(spans, chosen, strict=True)]

    def _counted(self, drafts: list[Draft]) -> list[Draft]:
        """Without what is empty, or as many as are wanted."""
        if self._options.moments is not None:
            return bring_to(drafts, self._options.moments, self._track.vectors, self.writer)
        return [draft for draft in drafts if not draft.empty] if self._options.segments.drop_empty else drafts

    def _resegment(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Merge neighbours that mean the same, then let the sentences say where each begins."""
        segments = self._options.segments
        known = list(dict.fromkeys(draft.sentence for draft in drafts))
        logits = self.writer.agreement.logits([sentence.text for sentence in known])
        spans, choices = merge_alike(
            [d.span for d in drafts], [known.index(d.sentence) for d in drafts], logits, segments.merge_margin
        )
        left = sorted(set(choices))
        spans, path = runs(viterbi(logits[:, left], segments.switch_cost))
        return [Draft(span, known[left[state]]) for span, state in zip(spans, path, strict=True)]

    def _move(self, drafts: Sequence[Draft]) -> SoftMasks:
        """Move the masks of the drafts by the likelihood of their sentences."""
        segments = fractions([draft.span for draft in drafts], self._count)
        if not drafts or not self._options.masks.steps:
            return SoftMasks(segments or [(0.0, 1.0)])
        empty = self.writer.empty_logits()
        captions = self.writer.agreement.logits([draft.sentence.text for draft in drafts])
        return move_masks(segments, captions, empty, self._options.masks, self._progress)

    def _again(self, drafts: Sequence[Draft]) -> tuple[list[Span], Tensor]:
        """Spans for the next round: the drafts and the stretches between them, tiling the track."""
        borders = sorted({0, self._count, *(edge for draft in drafts for edge in draft.span)})
        spans = [(first, last) for first, last in itertools.pairwise(borders) if last > first]
        return spans, span_weights(spans, self._count)
