"""The search for moments: proposals, text and masks in alternation, ranking, moments."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cuemark.errors import OptionError
from cuemark.features.track import FeatureTrack
from cuemark.models.lm import LanguageModel
from cuemark.models.text_encoder import TextEncoder
from cuemark.moments.drafts import Draft, fractions, span_weights
from cuemark.moments.joint import JointOptimiser
from cuemark.moments.mask_search import last_sharpness, move_masks
from cuemark.moments.masks import SoftMasks, even_segments
from cuemark.moments.options import MomentOptions, validate
from cuemark.moments.proposals import Span, even_spans, propose, shortest_samples, split_to
from cuemark.moments.report import make_moments
from cuemark.moments.resegment import merge_alike, runs, viterbi
from cuemark.moments.sentences import Sentence
from cuemark.moments.writing import Writer
from cuemark.progress import Progress
from cuemark.results import Moment

_STAGE = "moments"


@dataclass(frozen=True)
class MomentSet:
    """The moments in order of start, and how many sentences were weighed for them."""

    moments: tuple[Moment, ...]
    sentences_seen: int


def find_moments(
    track: FeatureTrack, text: TextEncoder, lm: LanguageModel, options: MomentOptions, progress: Progress
) -> MomentSet:
    """Find and caption the moments of a track.

    Deterministic for equal input, seed and machine.  OptionError `too_many_moments` where the footage has too few
    samples for the wanted number.
    """
    validate(options)
    _check_count(track, options)
    torch.manual_seed(options.seed)
    search = _Search(track, text, lm, options, progress)
    masks, sentences = search.paper() if options.prefix.token_wise else search.run()
    moments = make_moments(track, masks, sentences, search.writer, options)
    progress.update(_STAGE, search.steps, search.steps, "steps")
    return MomentSet(moments, len(search.writer.sentences))


def _check_count(track: FeatureTrack, options: MomentOptions) -> None:
    samples = len(track.vectors)
    if options.moments is not None and options.moments > samples:
        problem = f"{options.moments} moments do not fit: only {samples} frames of this footage are looked at."
        raise OptionError(
            "too_many_moments", problem, f"Ask for at most {samples} --moments, raise --sample-fps, or use `auto`."
        )


class _Search:
    """One run over one track."""

    def __init__(
        self, track: FeatureTrack, text: TextEncoder, lm: LanguageModel, options: MomentOptions, progress: Progress
    ) -> None:
        self._track, self._options, self._progress = track, options, progress
        self._count = len(track.vectors)
        vectors = torch.from_numpy(track.vectors.copy())
        self.writer = Writer(vectors, text, lm, options.search, progress)
        self._joint = JointOptimiser(vectors, text, lm, options, progress)
        self.steps = options.rounds * 3 + 1

    def paper(self) -> tuple[SoftMasks, list[Sentence]]:
        """The paper's own way: masks and prefixes by its three losses from an even start, fixed count."""
        count = self._options.moments or 1
        masks = self._joint.run_token_wise(even_segments(count), self.writer)
        weights = masks.values(self._positions(), last_sharpness(self._options.masks, self._count)).detach()
        return masks, [ranked[0].sentence for ranked in self.writer.ranked(weights)]

    def run(self) -> tuple[SoftMasks, list[Sentence]]:
        """Text and masks in alternation."""
        spans = self._first_spans()
        weights = span_weights(spans, self._count)
        masks, sentences = SoftMasks(fractions(spans, self._count)), []
        for number in range(self._options.rounds):
            self._step(number * 3)
            self._write(weights)
            self._step(number * 3 + 1)
            drafts = self._draft(spans, weights)
            if self._options.segments.resegment:
                drafts = self._resegment(drafts)
            drafts = self._wanted(drafts)
            self._step(number * 3 + 2)
            spans = [draft.span for draft in drafts]
            sentences = [draft.sentence for draft in drafts]
            masks = self._move(drafts)
            weights = masks.values(self._positions(), last_sharpness(self._options.masks, self._count)).detach()
            if number + 1 < self._options.rounds and self._options.segments.resegment:
                spans, weights = self._again(drafts)
        return masks, sentences

    def _step(self, done: int) -> None:
        self._progress.check()
        self._progress.update(_STAGE, done, self.steps, "steps")

    def _positions(self) -> Tensor:
        return (torch.arange(self._count) + 0.5) / self._count

    def _first_spans(self) -> list[Span]:
        options = self._options
        if options.masks.start == "even":
            return even_spans(self._count, min(options.moments or 4, self._count))
        spans = propose(self._track.vectors, self._track.seconds, options.proposals)
        shortest = 1 if options.moments else self._shortest()
        return split_to(spans, self._track.vectors, options.moments or 1, shortest)

    def _shortest(self) -> int:
        return shortest_samples(self._track.seconds, self._options.proposals.shortest_s)

    def _write(self, weights: Tensor) -> None:
        self.writer.write(weights)
        if self._options.prefix.steps:
            self._joint.write_with_prefix(weights, self.writer)

    def _draft(self, spans: Sequence[Span], weights: Tensor) -> list[Draft]:
        """Give each span its best sentence, an empty one where that fits as well."""
        segments = self._options.segments
        full, empty = self.writer.ranked(weights, empty=False), self.writer.ranked(weights, empty=True)
        drafts = []
        for span, said, nothing in zip(spans, full, empty, strict=True):
            vacant = (
                segments.drop_empty
                and nothing
                and max(one.clip for one in nothing) + segments.empty_margin >= said[0].clip
            )
            best = max(nothing, key=lambda one: one.clip) if vacant else said[0]
            drafts.append(Draft(span, best.sentence))
        return drafts

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

    def _wanted(self, drafts: list[Draft]) -> list[Draft]:
        """Leave out what is empty; bring the number to the wanted one, if there is one."""
        wanted = self._options.moments
        there = [draft for draft in drafts if not draft.empty] if self._options.segments.drop_empty else drafts
        if wanted is None:
            return there
        if len(there) > wanted:
            sizes = sorted((draft.span[1] - draft.span[0] for draft in there), reverse=True)
            longest = [draft for draft in there if draft.span[1] - draft.span[0] >= sizes[wanted - 1]]
            return longest[:wanted]
        there = there or drafts
        spans = split_to([draft.span for draft in there], self._track.vectors, wanted, 1)
        if len(spans) < wanted:
            spans = split_to([draft.span for draft in drafts], self._track.vectors, wanted, 1)
        if len(spans) < wanted:
            spans = even_spans(self._count, wanted)
        if len(spans) == len(there):
            return there
        weights = span_weights(spans, self._count)
        self.writer.write(weights)
        return [
            Draft(span, ranked[0].sentence)
            for span, ranked in zip(spans, self.writer.ranked(weights, empty=False), strict=True)
        ]

    def _move(self, drafts: Sequence[Draft]) -> SoftMasks:
        """Move the masks of the drafts by the likelihood of their sentences."""
        segments = fractions([draft.span for draft in drafts], self._count)
        if not drafts or not self._options.masks.steps:
            return SoftMasks(segments or [(0.0, 1.0)])
        nothing = [sentence.text for sentence in self.writer.sentences.values() if sentence.empty]
        empty = self.writer.agreement.logits(nothing).amax(dim=1)
        captions = self.writer.agreement.logits([draft.sentence.text for draft in drafts])
        return move_masks(segments, captions, empty, self._options.masks, self._progress)

    def _again(self, drafts: Sequence[Draft]) -> tuple[list[Span], Tensor]:
        """Spans for the next round: the drafts and the stretches between them, tiling the track."""
        borders = sorted({0, self._count, *(edge for draft in drafts for edge in draft.span)})
        spans = [(first, last) for first, last in itertools.pairwise(borders) if last > first]
        return spans, span_weights(spans, self._count)
