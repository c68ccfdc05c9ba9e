"""Vision-language models of a few thousand random weights, in folders as Hugging Face has them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cuemark.models.runtime.safe_imports import mend_torchvision

#: Width and depth of every part.
SHAPE = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
PAD, END = "<pad>", "<end>"


def llava(folder: Path) -> Path:
    """LLaVA: CLIP's image tower before a Llama."""
    transformers = _transformers()
    tokenizer, text = _tokenizer(["<image>"])
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(image_size=28, patch_size=14, **SHAPE),
        text_config=transformers.LlamaConfig(num_key_value_heads=2, max_position_embeddings=4096, **text),
        image_token_index=2,
        image_token_id=2,
        vision_feature_layer=-1,
    )
    transformers.LlavaForConditionalGeneration(config).save_pretrained(folder)
    images = transformers.CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    processor = transformers.LlavaProcessor(
        images, tokenizer, patch_size=14, vision_feature_select_strategy="default", num_additional_image_tokens=1,
        chat_template=_template("<image>"),
    )  # fmt: skip
    processor.save_pretrained(folder)
    return folder


def qwen(folder: Path) -> Path:
    """Qwen2.5-VL: as many tokens as a picture is large."""
    transformers = _transformers()
    marks = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
    tokenizer, text = _tokenizer(marks)
    tokenizer.image_token, tokenizer.video_token = marks[2:]
    turns = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}
    sight = {"depth": 1, "hidden_size": 32, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 32}
    config = transformers.Qwen2_5_VLConfig(
        text_config={**text, "num_key_value_heads": 2, "rope_parameters": turns},
        vision_config={**sight, "fullatt_block_indexes": [0]},
        vision_start_token_id=2,
        vision_end_token_id=3,
        image_token_id=4,
        video_token_id=5,
    )
    transformers.Qwen2_5_VLForConditionalGeneration(config).save_pretrained(folder)
    processor = transformers.Qwen2_5_VLProcessor(
        transformers.Qwen2VLImageProcessor(), tokenizer, transformers.Qwen2VLVideoProcessor(),
        chat_template=_template("".join((marks[0], marks[2], marks[1]))),
    )  # fmt: skip
    processor.save_pretrained(folder)
    return folder


def smolvlm(folder: Path) -> Path:
    """SmolVLM: cuts pictures into tiles unless told otherwise, and wants a package that nobody has."""
    transformers = _transformers()
    marks = ["<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>"]
    tokenizer, text = _tokenizer(marks)
    names = ("image_token", "fake_image_token", "global_image_token", "end_of_utterance_token")
    for number, (name, mark) in enumerate(zip(names, marks, strict=True), 2):
        setattr(tokenizer, name, mark)
        setattr(tokenizer, f"{name}_id", number)
    tokenizer.video_token = marks[0]
    config = transformers.SmolVLMConfig(
        image_token_id=2,
        pad_token_id=0,
        scale_factor=2,
        text_config={**text, "model_type": "llama", "num_key_value_heads": 2, "max_position_embeddings": 8192},
        vision_config={**SHAPE, "image_size": 64, "patch_size": 8},
    )
    transformers.SmolVLMForConditionalGeneration(config).save_pretrained(folder)
    sizes = {"size": {"longest_edge": 256}, "max_image_size": {"longest_edge": 64}}
    sampling = {"fps": 1, "max_frames": 4, "video_size": {"longest_edge": 64}}
    module: Any = importlib.import_module("transformers.models.smolvlm.processing_smolvlm")
    known, module.num2words = module.num2words, str
    processor = transformers.SmolVLMProcessor(
        transformers.SmolVLMImageProcessor(**sizes), tokenizer,
        transformers.SmolVLMVideoProcessor(video_sampling=sampling), image_seq_len=16,
        chat_template=_template(marks[0]),
    )  # fmt: skip
    processor.save_pretrained(folder)
    module.num2words = known
    return folder


def _transformers() -> Any:
    mend_torchvision()
    import torch

    torch.manual_seed(5)
    return importlib.import_module("transformers")


def _template(picture: str) -> str:
    """A chat template in which a picture is this text."""
    return (
        "{% for message in messages %}{% for part in message.content %}"
        "{% if part.type == 'image' %}" + picture + "{% else %}{{ part.text }}{% endif %}"
        "{% endfor %}{% endfor %}\nAnswer:"
    )


def _tokenizer(marks: Sequence[str]) -> tuple[Any, dict[str, Any]]:
    """A tokenizer of bytes, with `marks` from id 2 on, and what a text model's config says of it."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    special, letters = [PAD, END, *marks], sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(BPE({token: number for number, token in enumerate([*special, *letters])}, []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens(special)
    made = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token=PAD, eos_token=END)
    ids = {"bos_token_id": 1, "eos_token_id": 1, "pad_token_id": 0}
    return made, {**SHAPE, **ids, "vocab_size": len(special) + len(letters)}
