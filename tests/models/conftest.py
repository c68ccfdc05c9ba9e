"""Small models of many shapes, built by the tests, and a real file server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cuemark.models.runtime.safe_imports import open_clip_module

TEXT = {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 4, "layers": 3}
VISION = {"image_size": 32, "patch_size": 16, "layers": 2, "width": 64, "head_width": 32}


def make_clip(seed: int = 0, *, text: dict[str, Any] | None = None, **model: Any) -> Any:
    """A randomly initialised open_clip model; `text` overrides parts of the text configuration."""
    import torch

    open_clip = open_clip_module()
    torch.manual_seed(seed)
    config = {"embed_dim": 48, "vision_cfg": dict(VISION), "text_cfg": {**TEXT, **(text or {})}, **model}
    kind = "CoCa" if "multimodal_cfg" in config else "CustomTextCLIP" if config.pop("custom_text", False) else "CLIP"
    made = (open_clip.coca_model if kind == "CoCa" else open_clip.model).__dict__[kind](**config).eval()
    with torch.no_grad():
        for parameter in made.parameters():  # open_clip starts small; stronger weights make differences visible
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return made


def write_clip(folder: Path, preprocess: dict[str, Any] | None = None, **config: Any) -> Path:
    """Writes a randomly initialised open_clip local directory and returns it."""
    from safetensors.torch import save_file

    folder.mkdir()
    model_cfg: dict[str, Any] = {"embed_dim": 48, "vision_cfg": VISION, "text_cfg": TEXT, **config}
    custom = model_cfg.pop("custom_text", False)
    rest = {k: v for k, v in model_cfg.items() if k != "text_cfg"}
    model = make_clip(text=model_cfg["text_cfg"], custom_text=custom, **rest)
    save_file(
        {k: v.clone().contiguous() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors"
    )
    described = {"model_cfg": {**model_cfg, "custom_text": custom}, "preprocess_cfg": preprocess or {}}
    (folder / "open_clip_config.json").write_text(json.dumps(described))
    return folder


@pytest.fixture
def clip_folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes an open_clip local directory and returns it."""

    def write(name: str = "clip", preprocess: dict[str, Any] | None = None, **config: Any) -> Path:
        return write_clip(tmp_path / name, preprocess, **config)

    return write


def make_tokenizer(**special: str) -> Any:
    """A byte-level BPE tokenizer trained on a few captions."""
    open_clip_module()  # mends torchvision before transformers meets it
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=sorted(set(special.values())),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(["a red cat sits on the mat", "the blue dog runs near a tree"] * 5, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=raw, **special)


def make_lm(kind: str, vocabulary: int = 340) -> Any:
    """A random GPT-2, or a Llama with grouped-query attention, or a Mistral with a sliding window, and rarer kinds."""
    import torch

    open_clip_module()
    import transformers as hf

    torch.manual_seed(1)
    shape = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "max_position_embeddings": 128}
    shape |= {"num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": vocabulary}
    if kind == "gpt2":
        size = {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 128, "bos_token_id": 0, "eos_token_id": 0}
        return hf.GPT2LMHeadModel(hf.GPT2Config(vocab_size=vocabulary, **size)).eval()
    if kind == "qwen3":
        return hf.Qwen3ForCausalLM(hf.Qwen3Config(head_dim=8, **shape)).eval()
    if kind == "mistral":
        return hf.MistralForCausalLM(hf.MistralConfig(sliding_window=16, **shape)).eval()
    if kind == "mamba":
        return hf.MambaForCausalLM(hf.MambaConfig(vocab_size=vocabulary, hidden_size=32, num_hidden_layers=2)).eval()
    if kind == "deepseek":  # keys wider than values
        ranks = {"q_lora_rank": 8, "kv_lora_rank": 8, "qk_rope_head_dim": 4, "qk_nope_head_dim": 8, "v_head_dim": 8}
        experts = {"n_routed_experts": 4, "first_k_dense_replace": 3, "num_key_value_heads": 4}
        return hf.DeepseekV3ForCausalLM(hf.DeepseekV3Config(**shape | ranks | experts)).eval()
    return hf.LlamaForCausalLM(hf.LlamaConfig(**shape)).eval()


@pytest.fixture
def lm_folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes a Hugging Face language model folder and returns it."""

    def write(kind: str = "gpt2", name: str = "lm") -> Path:
        folder = tmp_path / name
        make_lm(kind).save_pretrained(folder)
        make_tokenizer(eos_token="<|end|>").save_pretrained(folder)
        return folder

    return write


@pytest.fixture(scope="session")
def build() -> SimpleNamespace:
    """The builders of this file, for tests that make models without a folder."""
    return SimpleNamespace(
        clip=make_clip, clip_folder=write_clip, tokenizer=make_tokenizer, lm=make_lm, text=TEXT, vision=VISION
    )


@dataclass
class FileServer:
    """What the server serves and how it misbehaves; `requests` are (path, first byte asked for, bytes sent)."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    announced: dict[str, str] = field(default_factory=dict)  # path: X-Linked-Etag, sent on a redirect as the hub does
    cut_after: list[int] = field(default_factory=list)  # for each coming answer with a body: close after so many bytes
    stall_after: list[int] = field(default_factory=list)  # likewise: fall silent
    refuse: list[int] = field(default_factory=list)  # for each coming request: answer this status
    dies_after: int | None = None  # requests that are answered; later ones get none
    delay: float = 0.0  # seconds between blocks of 64 KiB
    ranges: bool = True
    requests: list[tuple[str, int, int]] = field(default_factory=list)
    quiet: threading.Event = field(default_factory=threading.Event)

    def sent(self, path: str) -> int:
        """Body bytes sent for a path."""
        return sum(count for asked, _, count in self.requests if asked == path)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    plan: FileServer

    def log_message(self, format: str, *args: object) -> None: ...

    def do_GET(self) -> None:
        plan, path = self.plan, self.path
        if plan.dies_after is not None:
            if not plan.dies_after:
                self.close_connection = True
                return None
            plan.dies_after -= 1
        if plan.refuse:
            return self._empty(plan.refuse.pop(0))
        if path.startswith("/real/"):
            path = path.removeprefix("/real")
        elif path in plan.announced:
            return self._empty(302, ("Location", "/real" + path), ("X-Linked-Etag", f'"{plan.announced[path]}"'))
        if path not in plan.files:
            return self._empty(404)
        return self._body(path, plan.files[path])

    def _empty(self, status: int, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", "0")):
            self.send_header(name, value)
        self.end_headers()

    def _body(self, path: str, data: bytes) -> None:
        plan, etag = self.plan, f'"{self.plan.etags.get(path, "v1")}"'
        asked = self.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and plan.ranges else 0
        if self.headers.get("If-Range", etag) != etag:
            start = 0
        if start >= len(data) > 0:
            return self._empty(416, ("Content-Range", f"bytes */{len(data)}"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        return self._send(path, data, start)

    def _send(self, path: str, data: bytes, start: int) -> None:
        plan = self.plan
        cut = plan.cut_after.pop(0) if plan.cut_after else None
        stall = plan.stall_after.pop(0) if plan.stall_after else None
        end = min(x for x in (len(data), cut and start + cut, stall and start + stall) if x is not None)
        sent = start
        try:
            while sent < end:
                block = data[sent : min(end, sent + 65536)]
                self.wfile.write(block)
                sent += len(block)
                plan.quiet.wait(plan.delay)
        except OSError:
            pass  # the client went away
        plan.requests.append((path, start, sent - start))
        if stall:
            plan.quiet.wait(30)
        if sent < len(data):
            self.close_connection = True


@pytest.fixture
def server() -> Iterator[FileServer]:
    """A running file server on localhost."""
    plan = FileServer()
    handler = type("Handler", (_Handler,), {"plan": plan})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    plan.url = f"http://127.0.0.1:{running.server_address[1]}"
    yield plan
    plan.quiet.set()
    running.shutdown()
    running.server_close()
    thread.join()
