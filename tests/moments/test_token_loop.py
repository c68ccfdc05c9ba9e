"""The token-wise loop: all moments at once say what each would have said alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from cuemark.captions.context import UnprefixedPass
from cuemark.captions.joint import JointParameters, TokenLoop, batch_candidates
from cuemark.captions.options import JointOptions
from cuemark.core.errors import JobCancelled
from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.models.clip.continuations import ContinuationEncoder
from cuemark.moments.options import from_preset
from cuemark.segmentation.masks import moment_vectors
from cuemark.segmentation.segments import even_extents

LEADS = ("Video of a red cat", "Video of a blue dog", "Video of a red boat")


@pytest.fixture
def options() -> JointOptions:
    paper = from_preset("paper", moments=3).token_wise
    return replace(paper, prefix=replace(paper.prefix, candidates=24))


@pytest.fixture
def vectors(three_scenes: FeatureTrack) -> torch.Tensor:
    return torch.from_numpy(three_scenes.vectors.copy())


def leads(pair: Any) -> list[list[int]]:
    return [pair.lm.encode(lead)[:5] for lead in LEADS]


def test_scores_of_all_moments_at_once_are_those_of_the_texts_spelled_out(
    pair: Any, options: JointOptions, three_scenes: FeatureTrack, vectors: torch.Tensor
) -> None:
    rows = leads(pair)
    learned = JointParameters.start(even_extents(3), pair.lm, options)
    moments = moment_vectors(
        learned.masks.at_samples(len(vectors), 20.0).detach(), vectors
    )  # as they are before the step
    step = TokenLoop(pair.context(three_scenes), options).step(rows, learned, 20.0)
    for row, tokens, scores, moment in zip(rows, step.tokens.tolist(), step.scores, moments, strict=True):
        texts = [pair.lm.decode([*row, token]).strip() for token in tokens]
        plain = pair.clip.text.logit_scale * pair.clip.text.encode_plain(texts) @ moment
        assert torch.allclose(scores, plain, atol=1e-3)  # logits: 1e-5 of a cosine


def test_a_moment_among_others_learns_what_it_would_learn_alone(
    pair: Any, options: JointOptions, three_scenes: FeatureTrack
) -> None:
    rows = leads(pair)
    options = replace(options, masks=replace(options.masks, overlap=0.0))
    loop = TokenLoop(pair.context(three_scenes), options)
    together = JointParameters.start(even_extents(3), pair.lm, options)
    loop.step(rows, together, 20.0)
    alone = JointParameters.start(even_extents(3)[1:2], pair.lm, options)
    loop.step(rows[1:2], alone, 20.0)
    one, other = together.prefix.keys[:, 1].detach(), alone.prefix.keys[:, 0].detach()
    assert one.abs().max().item() > 0
    # The loss is a mean over moments: gradients differ by their number, which AdamW takes out but for the smallest.
    assert torch.cosine_similarity(one.flatten(), other.flatten(), dim=0).item() > 0.99
    assert torch.allclose(together.masks.centres[1], alone.masks.centres[0], atol=1e-4)


def test_moments_in_several_passes_learn_what_they_learn_in_one(
    pair: Any, options: JointOptions, three_scenes: FeatureTrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = leads(pair)
    options = replace(options, masks=replace(options.masks, overlap=10.0))
    passes: list[int] = []
    logits = pair.lm.logits

    def counted(ids: torch.Tensor, *rest: Any, **more: Any) -> torch.Tensor:
        passes.append(len(ids))
        result: torch.Tensor = logits(ids, *rest, **more)
        return result

    monkeypatch.setattr(pair.lm, "logits", counted)
    found = []
    for at_once in (16, 2):
        monkeypatch.setattr("cuemark.captions.joint.MOMENTS_AT_ONCE", at_once)
        loop = TokenLoop(pair.context(three_scenes), options)
        learned = JointParameters.start(even_extents(3), pair.lm, options)
        step = loop.step(rows, learned, 20.0)
        found.append((step, learned.masks.centres.detach(), learned.prefix.keys.detach().flatten()))
    assert passes == [3, 2, 1]
    (one, centres, keys), (other, centres_too, keys_too) = found
    assert torch.allclose(one.scores, other.scores, atol=1e-3)
    assert torch.allclose(one.log_p0, other.log_p0, atol=1e-4)
    assert torch.allclose(centres, centres_too, atol=1e-4)
    assert torch.cosine_similarity(keys, keys_too, dim=0).item() > 0.99


def test_a_moment_whose_sentence_has_ended_takes_no_further_steps(
    pair: Any, options: JointOptions, three_scenes: FeatureTrack
) -> None:
    loop = TokenLoop(pair.context(three_scenes), options)
    learned = JointParameters.start(even_extents(3), pair.lm, options)
    step = loop.step(leads(pair)[:1], learned, 20.0, moments=[2])
    assert step.logits.shape[0] == 1
    keys = learned.prefix.keys.detach()
    assert keys[:, 2].abs().max().item() > 0
    assert keys[:, :2].abs().max().item() == 0


def test_every_moment_gets_a_sentence_behind_the_prompt(
    pair: Any, options: JointOptions, three_scenes: FeatureTrack
) -> None:
    torch.manual_seed(0)
    loop = TokenLoop(pair.context(three_scenes), options)
    written = loop.write("Photo of", JointParameters.start(even_extents(3), pair.lm, options), 20.0)
    assert len(written) == 3
    assert all(one.text.startswith("Photo of ") and one.caption and one.fluency < 0 for one in written)


def test_a_cancelled_loop_stops(pair: Any, options: JointOptions, three_scenes: FeatureTrack) -> None:
    class Cancelled(SilentProgress):
        def check(self) -> None:
            raise JobCancelled

    loop = TokenLoop(pair.context(three_scenes, Cancelled()), options)
    with pytest.raises(JobCancelled):
        loop.write("Photo of", JointParameters.start(even_extents(3), pair.lm, options), 20.0)


def test_moments_with_the_same_words_share_their_candidates(pair: Any) -> None:
    row, other = leads(pair)[:2]
    tokens = torch.tensor([[10, 11, 12], [12, 13, 10], [10, 20, 21]])
    found = batch_candidates(ContinuationEncoder(pair.clip.text, pair.lm), [row, row, other], tokens)
    assert len(found.vectors) == 2 * 4  # 10 to 13 behind one text; three and one to fill up behind the other
    for place, (text, follow) in enumerate(zip([row, row, other], tokens.tolist(), strict=True)):
        expected = pair.clip.text.encode_plain([pair.lm.decode([*text, token]).strip() for token in follow])
        assert torch.allclose(found.vectors[found.places[place]], expected, atol=1e-5)


def test_the_pass_without_a_prefix_gives_what_the_model_says_of_the_whole_text(pair: Any) -> None:
    plain = UnprefixedPass(pair.lm)
    texts = ["Video of a red cat on a", "Video of a red cat", "Video of", "Photo of a", "Video of a red cat on a"]
    rows = [pair.lm.encode(text) for text in texts]
    found = plain.log_probabilities(rows)
    for row, one in zip(rows, found, strict=True):
        whole = torch.log_softmax(pair.lm.logits(torch.tensor([row]), last_only=True)[0, 0], dim=0)
        assert torch.allclose(one, whole, atol=1e-4)
    assert torch.equal(found[0], found[4])


def test_a_text_met_before_is_not_read_again(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[int, ...]] = []
    step = pair.lm.step

    def counted(state: Any, ids: torch.Tensor) -> Any:
        read.append(tuple(ids.shape))
        return step(state, ids)

    monkeypatch.setattr(pair.lm, "step", counted)
    plain, row = UnprefixedPass(pair.lm), pair.lm.encode("Video of a red cat")
    plain.log_probabilities([row[:-1], row[:-1]])
    plain.log_probabilities([row])
    plain.log_probabilities([row, row[:-1]])
    assert read == [(1, len(row) - 1), (1, 1)]


def test_a_small_memory_forgets_and_stays_right(pair: Any) -> None:
    roomy, tight = UnprefixedPass(pair.lm), UnprefixedPass(pair.lm, most_bytes=1)
    rows = [pair.lm.encode("Video of a red cat")[:length] for length in (2, 3, 4, 5, 2)]
    for row in rows:
        assert torch.allclose(tight.log_probabilities([row]), roomy.log_probabilities([row]), atol=1e-4)
    assert len(tight._kept) == 1


def test_texts_of_which_some_were_forgotten_are_read_together(pair: Any) -> None:
    texts = ["Video of a red cat", "Photo of a blue dog", "Picture of the boat"]
    rows = [pair.lm.encode(text)[:4] for text in texts]
    beginnings = [row[:3] for row in rows[1:]]
    held = UnprefixedPass(pair.lm)
    held.log_probabilities([rows[0], beginnings[1]])
    tight = UnprefixedPass(pair.lm, most_bytes=held._kept.nbytes)
    tight.log_probabilities(beginnings)
    # The first text is read alone, and pushes out what the second would have been read on from.
    found = tight.log_probabilities(rows)
    assert torch.allclose(found, UnprefixedPass(pair.lm).log_probabilities(rows), atol=1e-4)


def test_searches_of_one_run_share_one_pass_for_a_prompt(pair: Any, three_scenes: FeatureTrack) -> None:
    caches = pair.context(three_scenes).caches
    lead = pair.lm.encode("Video of")
    assert caches.unprefixed.state(lead) is caches.unprefixed.state(lead)
