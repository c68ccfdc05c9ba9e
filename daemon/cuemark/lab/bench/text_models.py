"""The text tower and the language model that a benchmark of texts runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions

if TYPE_CHECKING:
    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel

_SAMPLE = "sample"


def pair_of(options: BenchOptions, progress: Progress) -> tuple[TextEncoder, LanguageModel]:
    """Random weights in the sizes of ViT-B/32 and GPT-2 with `real_size`, else the sample pair."""
    if options.real_size:
        from cuemark.lab.bench import real_size

        progress.note("Making a text tower of ViT-B/32's size and a language model of GPT-2's, with random weights.")
        return real_size.text_encoder(seed=options.seed), real_size.language_model(seed=options.seed)
    from cuemark.core import settings
    from cuemark.models.clip.clip import load_clip
    from cuemark.models.lm.lm import load_lm
    from cuemark.models.store.store import ModelStore

    store = ModelStore(settings.load().models)
    clip = load_clip(store.clip_folder(_SAMPLE), options.work / "image-towers", progress)
    return clip.text, load_lm(store.lm_folder(_SAMPLE))
