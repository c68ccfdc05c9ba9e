"""Models to measure with: randomly initialised ones of exactly the sizes people use, or the sample pair.

For speed it does not matter what weights say, so nothing is downloaded.  CLIP's sizes are open_clip's own
configurations and its tokenizer is the bundled one; the language model's tokenizer is trained here in seconds, on the
words of that bundled vocabulary, so that its tokens are words and parts of words as GPT-2's are.

Objects for a measurement in this process, folders for one that goes through the worker.  What takes long to make
(an ONNX export, a tokenizer) is kept in the work folder of the benchmark.  Weights are the same for the same seed.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.core.errors import OptionError
from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions
from cuemark.models.runtime.safe_imports import open_clip_module, transformers_module
from cuemark.models.store import folders

if TYPE_CHECKING:
    from cuemark.models.clip.image_encoder import ImageEncoder
    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel

CLIP_SIZES = ("ViT-B-32", "ViT-L-14")
LM_VOCABULARY = 50257
LM_POSITIONS = 1024
_END = "<|endoftext|>"
_LOGIT_SCALE = 100.0  # what CLIP's own ends at
_MOST_REPEATS = 2000


@dataclass(frozen=True)
class LMSize:
    """The shape of a GPT-2."""

    width: int
    layers: int
    heads: int


LM_SIZES = {"gpt2": LMSize(768, 12, 12), "gpt2-medium": LMSize(1024, 24, 16)}


def random_clip(name: str, seed: int = 0) -> Any:
    """An open_clip model on the CPU, frozen, in float32, its logit scale that of a trained one.

    Raises OptionError for a size that is not in CLIP_SIZES.
    """
    import torch

    _known(name, CLIP_SIZES)
    open_clip = open_clip_module()
    torch.manual_seed(seed)
    model = open_clip.CLIP(**open_clip.get_model_config(name))
    prepare = asdict(open_clip.transform.PreprocessCfg(size=model.visual.image_size))
    open_clip.model.set_model_preprocess_cfg(model, prepare)
    with torch.no_grad():
        model.logit_scale.fill_(math.log(_LOGIT_SCALE))
    return model.eval().requires_grad_(False)


def clip_config(name: str) -> dict[str, Any]:
    """What `open_clip_config.json` of such a model says."""
    _known(name, CLIP_SIZES)
    config: dict[str, Any] = open_clip_module().get_model_config(name)
    return {"model_cfg": config, "preprocess_cfg": {}}


def clip_tokenizer(name: str) -> Any:
    """CLIP's own tokenizer, which comes with open_clip."""
    _known(name, CLIP_SIZES)
    return open_clip_module().get_tokenizer(name)


def random_lm(name: str, seed: int = 0) -> Any:
    """A GPT-2 of the size, frozen, on the CPU; 50257 tokens, 1024 positions.  Raises OptionError."""
    import torch

    size = LM_SIZES[_known(name, tuple(LM_SIZES))]
    transformers = transformers_module()
    torch.manual_seed(seed)
    config = transformers.GPT2Config(
        vocab_size=LM_VOCABULARY,
        n_positions=LM_POSITIONS,
        n_embd=size.width,
        n_layer=size.layers,
        n_head=size.heads,
        bos_token_id=LM_VOCABULARY - 1,
        eos_token_id=LM_VOCABULARY - 1,
    )
    return transformers.GPT2LMHeadModel(config).eval().requires_grad_(False)


def lm_tokenizer() -> Any:
    """A byte-level BPE tokenizer of 50257 tokens, the last of them the end of a text, as GPT-2's."""
    transformers = transformers_module()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=_train(_clip_words()), bos_token=_END, eos_token=_END, model_max_length=LM_POSITIONS
    )
    if len(tokenizer) != LM_VOCABULARY:
        raise RuntimeError(f"the trained tokenizer has {len(tokenizer)} tokens, not {LM_VOCABULARY}")
    return tokenizer


def _train(words: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=LM_VOCABULARY - 1,
        min_frequency=0,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(words), trainer)
    tokenizer.add_special_tokens([_END])
    return tokenizer


def _clip_words() -> list[str]:
    """The words of CLIP's vocabulary, commonest first (its merges were found in that order)."""
    encoder: dict[str, int] = open_clip_module().get_tokenizer(CLIP_SIZES[0]).encoder
    whole = re.compile(r"([a-z]{2,})</w>")
    return [match[1] for token in sorted(encoder, key=encoder.__getitem__) if (match := whole.fullmatch(token))]


def _corpus(words: list[str]) -> Iterator[str]:
    """Every word behind a space, some without one or with a capital, as often as its rank lets expect (Zipf)."""
    for rank, word in enumerate(words, start=1):
        repeats = max(1, _MOST_REPEATS // rank)
        yield f" {word}" * (4 * repeats)
        yield f" {word.capitalize()}" * repeats
        yield word


def _known(name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        raise OptionError("real_size_unknown", f"There is no size {name!r}.", f"Use one of {', '.join(names)}.")
    return name


CLIP = "ViT-B-32"
LM = "gpt2"


def text_encoder(name: str = CLIP, seed: int = 0) -> TextEncoder:
    """A text tower of the size ("ViT-B-32", "ViT-L-14"), where models usually run here."""
    import torch

    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.runtime.devices import choose_device, prepare_torch

    model = random_clip(name, seed)
    model.visual = torch.nn.Identity()
    return TextEncoder(model.to(prepare_torch(choose_device())), clip_tokenizer(name))


def image_encoder(name: str, work: Path, seed: int = 0) -> ImageEncoder:
    """An image tower of the size in ONNX Runtime; its export is made in `work` when it is not there yet."""
    from cuemark.models.clip.image_encoder import ImageEncoder
    from cuemark.models.clip.image_export import export_tower, find_export

    folder = work / f"{_label(name, seed)}-onnx"
    tower = find_export(folder) or export_tower(random_clip(name, seed), folder)
    return ImageEncoder(tower, f"random-{_label(name, seed)}")


def torch_clip(name: str, seed: int = 0) -> Any:
    """The whole open_clip model on the CPU: what rivals in torch run, with the weights of the two above."""
    return random_clip(name, seed)


def language_model(name: str = LM, seed: int = 0) -> LanguageModel:
    """A GPT-2 of the size ("gpt2", "gpt2-medium") with its own tokenizer of 50257 tokens."""
    from cuemark.models.lm.lm import LanguageModel
    from cuemark.models.runtime.devices import choose_device, prepare_torch

    choice = choose_device()
    prepare_torch(choice)
    return LanguageModel(random_lm(name, seed), _lm_tokenizer(), model_id=f"random-{_label(name, seed)}", choice=choice)


def clip_folder(name: str, work: Path, seed: int = 0) -> Path:
    """An open_clip directory of the size, written into `work` once: for `--clip`."""

    def write(folder: Path) -> None:
        from safetensors.torch import save_file

        weights = random_clip(name, seed).state_dict()
        save_file({key: value.contiguous() for key, value in weights.items()}, folder / "open_clip_model.safetensors")
        described = json.dumps(clip_config(name))
        (folder / folders.CLIP_CONFIG).write_text(described, encoding="utf-8")

    return _once(work / _label(name, seed), write)


def lm_folder(name: str, work: Path, seed: int = 0) -> Path:
    """A Hugging Face directory of the size, written into `work` once: for `--lm`."""

    def write(folder: Path) -> None:
        random_lm(name, seed).save_pretrained(folder, safe_serialization=True)
        _lm_tokenizer().save_pretrained(folder)

    return _once(work / _label(name, seed), write)


@lru_cache(maxsize=1)
def _lm_tokenizer() -> Any:
    return lm_tokenizer()


def _label(name: str, seed: int) -> str:
    return f"{name.lower()}-seed{seed}"


def _once(folder: Path, write: Callable[[Path], None]) -> Path:
    """`folder`, filled by `write` under another name first, so that a half-written one never counts."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        write(fresh)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


_SAMPLE = "sample"


def pair_of(options: BenchOptions, progress: Progress) -> tuple[TextEncoder, LanguageModel]:
    """Random weights in the sizes of ViT-B/32 and GPT-2 with `real_size`, else the sample pair."""
    if options.real_size:
        progress.note("Making a text tower of ViT-B/32's size and a language model of GPT-2's, with random weights.")
        return text_encoder(seed=options.seed), language_model(seed=options.seed)
    from cuemark.core import settings
    from cuemark.models.clip.clip import load_clip
    from cuemark.models.lm.lm import load_lm
    from cuemark.models.store.store import ModelStore

    store = ModelStore(settings.load().models)
    clip = load_clip(store.folder(_SAMPLE, "clip"), options.work / "image-towers", progress)
    return clip.text, load_lm(store.folder(_SAMPLE, "lm"))
