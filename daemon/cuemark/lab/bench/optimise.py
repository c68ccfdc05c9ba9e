"""`cuemark bench optimise`: masks, prefixes and words of all moments at once, beside the plain loop one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions, Comparison
from cuemark.lab.bench.pairs import alternate
from cuemark.lab.bench.text_models import pair_of

if TYPE_CHECKING:
    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel

GOAL = 12.0
FAST_GOAL = 40.0
ABOUT = (
    "Ours: a step on masks and prefixes for every token, all moments at once, no text encoded twice. "
    "Rival: the plain loop, one moment at a time, every candidate encoded at the full context. "
    "Of the rival only a token or a few of one moment are run, and stand for all of them."
)
FAST_ABOUT = (
    "Ours: the whole search of preset fast, from features to moments. "
    "Rival: the plain loop's 12 sentences of 20 tokens, which are not run but extrapolated: "
    "240 times the seconds of a token step that was measured."
)


def compare(options: BenchOptions, progress: Progress) -> list[Comparison]:
    """The token-wise loop and preset `fast`, in seconds a moment, with the same number of candidates in both loops.

    Of the plain loop a few token steps are run: what it does for a token does not depend on the sentence's length.
    They stand beside the loop and the search of the same pair.  Goals are for real sizes: in the sample pair the
    language model is most of the work.
    """
    from cuemark.lab.bench.token_steps import SENTENCE_TOKENS, SENTENCES, TokenSteps

    steps = TokenSteps(*_models(options, progress), options, progress)
    searches: list[float] = []

    def both_of_ours() -> float:
        searches.append(steps.fast())
        return steps.ours()

    # A token step of the plain loop at real size takes so long that none is spent on warming up.
    warm = not options.real_size
    ours, rival = alternate(both_of_ours, steps.rival, options.pairs, progress, warm=warm)
    unit, goal = "s a moment and token", GOAL if options.real_size else None
    token_wise = Comparison("optimise", ABOUT, unit, "faster", ours, rival, goal, steps.facts())
    goal = FAST_GOAL if options.real_size else None
    whole = tuple(SENTENCES * SENTENCE_TOKENS * seconds for seconds in rival)
    searched = tuple(searches[-options.pairs :])
    fast = Comparison(
        "optimise/fast", FAST_ABOUT, "s a moment", "faster", searched, whole, goal, steps.fast_facts(searched, rival)
    )
    return [token_wise, fast]


def _models(options: BenchOptions, progress: Progress) -> tuple[TextEncoder, LanguageModel]:
    """Of the real sizes those of the plain loop's own authors, ViT-B/32 and GPT-2 medium; else the sample pair."""
    if not options.real_size:
        return pair_of(options, progress)
    from cuemark.lab.bench import real_size

    progress.note("Making a text tower of ViT-B/32's size and a GPT-2 medium, with random weights.")
    return real_size.text_encoder("ViT-B-32", options.seed), real_size.language_model("gpt2-medium", options.seed)
