"""The second pair's tokenizers: WordPiece in lower case for the CLIP, BPE over Metaspace for the language model."""

from __future__ import annotations

import random
import string
from pathlib import Path
from typing import Any

from tests.second_world.speech import opened, sentence
from tests.second_world.words import PLACES, Slots, allowed, draw_slots

PAD, UNKNOWN, START, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
#: Ids of the specials in the CLIP's vocabulary, in this order.
PAD_ID, END_ID = 0, 3
CLIP_VOCABULARY, LM_VOCABULARY = 360, 320
LM_START, LM_END = "<s>", "</s>"
_EMPTY_SHARE = 0.16


def any_sentence(rng: random.Random, opened_share: float = 0.5) -> str:
    """A sentence about something that training may show."""
    empty = rng.random() < _EMPTY_SHARE
    slots = Slots(rng.choice(list(PLACES))) if empty else draw_slots(allowed_in_training(), rng)
    return opened(slots, rng) if rng.random() < opened_share else sentence(slots, rng)


def allowed_in_training() -> list[tuple[str, str, str]]:
    """`allowed("train")`, computed once."""
    if not _ALLOWED:
        _ALLOWED.extend(allowed("train"))
    return _ALLOWED


_ALLOWED: list[tuple[str, str, str]] = []


def write_clip_tokenizer(folder: Path, context: int, seed: int) -> None:
    """Train the CLIP's tokenizer on sentences and write its files into `folder`."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=CLIP_VOCABULARY,
        special_tokens=[PAD, UNKNOWN, START, END],
        initial_alphabet=list(string.ascii_lowercase),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*_corpus(seed), *_letters()], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, 2), (END, END_ID)]
    )
    names = {"pad_token": PAD, "unk_token": UNKNOWN, "cls_token": START, "sep_token": END}
    _fast(tokenizer, model_max_length=context, **names).save_pretrained(folder)


def write_lm_tokenizer(folder: Path, context: int, seed: int) -> Any:
    """Train the language model's tokenizer, write it into `folder` and return it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation("isolated")]
    )
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=LM_VOCABULARY,
        special_tokens=["<unk>", LM_START, LM_END],
        initial_alphabet=list(string.ascii_letters),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*_corpus(seed), *_letters()], trainer)
    names = {"bos_token": LM_START, "eos_token": LM_END, "unk_token": "<unk>", "pad_token": LM_END}
    made = _fast(tokenizer, model_max_length=context, **names)
    made.save_pretrained(folder)
    return made


def _fast(tokenizer: Any, **options: Any) -> Any:
    from cuemark.models.runtime.safe_imports import mend_torchvision

    mend_torchvision()
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **options)


def _corpus(seed: int) -> list[str]:
    rng = random.Random(f"tokens/{seed}")
    return [any_sentence(rng) for _ in range(6_000)]


def _letters() -> list[str]:
    """Every letter inside a word, so that words nobody taught can be spelled."""
    return [f"{one}{other}" for one in string.ascii_lowercase for other in string.ascii_lowercase]
