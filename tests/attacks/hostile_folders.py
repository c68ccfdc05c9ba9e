"""Model folders made to do harm: each case takes a good folder and changes it; seeded ones change a value at random.

What a case needs beside its folder (a victim to read, a pickle that leaves a trace) lies outside of it, so that a
loader that goes there is seen.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attacks.lying_server import weights

REFUSED = frozenset({"model_folder_invalid", "model_is_pickle", "model_is_not_clip", "model_is_not_lm",
                     "model_is_not_vlm", "model_calibration", "model_unsupported", "lm_context_too_short",
                     "model_export_failed"})  # fmt: skip
"""The reason codes with which a folder may be refused."""
PICKLE, CURVE = frozenset({"model_is_pickle"}), frozenset({"model_calibration"})
ANY = REFUSED | {"loaded"}
CLIP_CONFIG, CONFIG, TOKENIZER = "open_clip_config.json", "config.json", "tokenizer.json"
INDEX = "model.safetensors.index.json"


@dataclass(frozen=True)
class Place:
    """The folder to change, the file that must not appear, and a folder outside with other weights."""

    folder: Path
    tripwire: Path
    outside: Path

    def pickle(self, path: Path) -> None:
        """A torch archive that leaves a trace when it is loaded as a pickle."""
        import torch

        torch.save({"a": torch.zeros(2), "b": Trap(self.tripwire)}, path)

    def config(self, change: Callable[[Any], Any], name: str | None = None) -> None:
        """Rewrite a JSON file (by default the configuration)."""
        file = self.folder / (name or (CLIP_CONFIG if (self.folder / CLIP_CONFIG).exists() else CONFIG))
        told = json.loads(file.read_text())
        file.write_text(json.dumps(change(told) or told))

    @property
    def weights(self) -> Path:
        """The file of weights."""
        return next(iter(sorted(self.folder.glob("*.safetensors"))))


class Trap:
    """A pickle of it runs code when it is loaded."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return (os.system, (f"touch '{self.file}'",))


Change = Callable[[Place], object]


@dataclass(frozen=True)
class Case:
    """What is changed in a good folder of a role, and the codes that may come of it."""

    role: str
    name: str
    change: Change
    codes: frozenset[str] = REFUSED


def sets(*path: str, to: Any, name: str | None = None) -> Change:
    """A value of the configuration is another one."""

    def change(told: Any) -> None:
        for key in path[:-1]:
            told = told.setdefault(key, {})
        told[path[-1]] = to

    return lambda place: place.config(change, name)


def writes(name: str, content: bytes) -> Change:
    """A file holds something else."""
    return lambda place: (place.folder / name).write_bytes(content)


def _deep(key: str) -> bytes:
    return b'{"' + key.encode() + b'": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def _index(*names: str) -> Change:
    def change(place: Place) -> None:
        (place.folder / "model.safetensors").rename(place.folder / "decoy.safetensors")
        (place.folder / "decoy.safetensors").write_bytes(weights(b"\0" * 8))
        (place.folder / INDEX).write_text(json.dumps({"weight_map": {f"a{i}": n for i, n in enumerate(names)}}))
        for name in ("weights.bin", "sub/weights.safetensors"):
            (place.folder / name).parent.mkdir(exist_ok=True)
            place.pickle(place.folder / name)
        place.pickle(place.folder.parent / "x.bin")

    return change


def _pickles_only(name: str) -> Change:
    def change(place: Place) -> None:
        place.weights.unlink()
        place.pickle(place.folder / name)

    return change


def _pickle_as_weights(place: Place) -> None:
    place.pickle(place.weights)


def _linked(name: str, target: str = "") -> Change:
    """A file is a link that leads out of the folder."""

    def change(place: Place) -> None:
        (place.folder / name).unlink(missing_ok=True)
        (place.folder / name).symlink_to(target or place.outside / name)

    return change


def _pipe(name: str) -> Change:
    def change(place: Place) -> None:
        (place.folder / name).unlink(missing_ok=True)
        os.mkfifo(place.folder / name)

    return change


def _code(place: Place) -> None:
    """Python of its own, named everywhere that it can be named."""
    body = f"import os\nos.system(\"touch '{place.tripwire}'\")\nclass Evil: pass\nEvilConfig = EvilTokenizer = Evil\n"
    for name in ("modeling_evil.py", "configuration_evil.py", "tokenization_evil.py", "processing_evil.py"):
        (place.folder / name).write_text(body)
    named = {
        "AutoConfig": "configuration_evil.EvilConfig", "AutoModelForCausalLM": "modeling_evil.Evil",
        "AutoModelForImageTextToText": "modeling_evil.Evil", "AutoProcessor": "processing_evil.Evil",
        "AutoTokenizer": ["tokenization_evil.EvilTokenizer", None],
        "AutoImageProcessor": "processing_evil.Evil",
    }  # fmt: skip
    for file in place.folder.glob("*config.json"):
        told = json.loads(file.read_text())
        file.write_text(json.dumps({**told, "auto_map": named}))


def _code_alone(place: Place) -> None:
    """The same under a kind of model that nobody else knows."""
    _code(place)
    place.config(lambda told: told | {"model_type": "evil", "architectures": ["EvilForCausalLM"]})


def _clip_code(place: Place) -> None:
    _code(place)
    sets("model_cfg", "text_cfg", "tokenizer_kwargs", to={"trust_remote_code": True})(place)


def _adapter(place: Place) -> None:
    (place.folder / "adapter_config.json").write_text(
        json.dumps({"peft_type": "LORA", "base_model_name_or_path": str(place.outside)})
    )
    place.pickle(place.folder / "adapter_model.bin")


def _explicit_weights(place: Place) -> None:
    place.pickle(place.folder / "adapter_model.bin")
    place.config(lambda told: told | {"transformers_weights": "adapter_model.bin"})


def _table(length: int | None = None, **header: Any) -> Change:
    """Weights whose table lies."""

    def change(place: Place) -> None:
        data = weights(b"\0" * 64, **header)
        place.weights.write_bytes(data if length is None else length.to_bytes(8, "little") + data[8:])

    return change


def _entry(kind: str, shape: Any, *place: int) -> dict[str, Any]:
    return {"dtype": kind, "shape": shape, "data_offsets": list(place)}


def _cut(place: Place) -> None:
    place.weights.write_bytes(place.weights.read_bytes()[:-1000])


def _not_a_number(place: Place) -> None:
    """All weights are NaN."""
    data = place.weights.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    place.weights.write_bytes(data[:start] + b"\xff\xff\xff\x7f" * ((len(data) - start) // 4))


def _shapes(place: Place) -> None:
    """Every shape is turned around."""
    data = place.weights.read_bytes()
    length = int.from_bytes(data[:8], "little")
    table = json.loads(data[8 : 8 + length])
    for name, entry in table.items():
        if name != "__metadata__":
            entry["shape"] = entry["shape"][::-1]
    text = json.dumps(table).encode()
    place.weights.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])


def _huge(name: str) -> Change:
    def change(place: Place) -> None:
        with (place.folder / name).open("ab") as file:
            file.truncate(80 << 20)

    return change


def _normalizer(*steps: dict[str, Any]) -> Change:
    return sets("normalizer", to={"type": "Sequence", "normalizers": list(steps)}, name=TOKENIZER)


def _vocabulary(place: Place) -> None:
    place.config(lambda told: told | {"model": {"type": "Unigram", "unk_id": 10**9, "vocab": [["a", -1.0]]}}, TOKENIZER)


def _panics(place: Place) -> None:
    broken = {"type": "Precompiled", "precompiled_charsmap": "AAAAIAAA/////w=="}
    place.config(lambda told: told | {"normalizer": broken}, TOKENIZER)


def _index_says(content: bytes) -> Change:
    def change(place: Place) -> None:
        _index("a")(place)
        (place.folder / INDEX).write_bytes(content)

    return change


_NO_LISTS: tuple[Any, ...] = (7, "x", [7], {"a": 1}, True)
_NO_KINDS: tuple[Any, ...] = (7, None, [], "", "evil", "../x")
_VISION, _TEXT = ("model_cfg", "vision_cfg"), ("model_cfg", "text_cfg")
CASES = [
    *(Case("lm", f"index names {name}", _index(name), PICKLE if name == "weights.bin" else REFUSED) for name in
      ("weights.bin", "../x.bin", "../outside/model.safetensors", "sub/weights.safetensors", "/etc/passwd",
       "missing.safetensors", "decoy.safetensors", "a\\b.safetensors", "..", "", "\0.safetensors")),
    Case("lm", "index of numbers", _index_says(b'{"weight_map": {"a": 7}}')),
    Case("lm", "index of lists", _index_says(b"[1]")),
    Case("lm", "deep index", _index_says(_deep("weight_map"))),
    Case("vlm", "index names weights.bin", _index("weights.bin"), PICKLE),
    Case("vlm", "index names ../x.bin", _index("../x.bin")),
    *(Case(role, f"pickle alone as {name}", _pickles_only(name), PICKLE) for role in ("clip", "lm", "vlm") for name in
      ("pytorch_model.bin", "model.pt", "weights.ckpt")),
    *(Case(role, "a pickle under the name of weights", _pickle_as_weights) for role in ("clip", "lm", "vlm")),
    Case("lm", "weights that its config names", _explicit_weights),
    Case("vlm", "weights that its config names", _explicit_weights),
    Case("lm", "an adapter beside", _adapter),
    *(Case(role, "Python of its own", _code, ANY) for role in ("lm", "vlm")),
    *(Case(role, "Python of its own alone", _code_alone) for role in ("lm", "vlm")),
    Case("siglip", "Python of its own for the tokenizer", _clip_code, ANY),
    *(Case(role, "weights linked from outside", _linked(name)) for role, name in
      (("clip", "open_clip_model.safetensors"), ("lm", "model.safetensors"), ("vlm", "model.safetensors"))),
    Case("lm", "config linked from outside", _linked("config.json")),
    Case("lm", "tokenizer linked to a device", _linked(TOKENIZER, "/dev/zero")),
    Case("lm", "a link to itself", _linked("special_tokens_map.json", "special_tokens_map.json"), ANY),
    *(Case(role, f"a pipe as {name}", _pipe(name)) for role, name in
      (("clip", CLIP_CONFIG), ("lm", CONFIG), ("lm", "tokenizer_config.json"), ("lm", "generation_config.json"),
       ("vlm", "processor_config.json"), ("clip", "calibration.json"))),
    *(Case(role, f"huge {name}", _huge(name)) for role, name in
      (("lm", TOKENIZER), ("lm", CONFIG), ("clip", CLIP_CONFIG))),
    *(Case(role, f"deep {name}", writes(name, _deep("model"))) for role, name in
      (("clip", CLIP_CONFIG), ("lm", CONFIG), ("vlm", CONFIG), ("lm", TOKENIZER), ("lm", "tokenizer_config.json"),
       ("vlm", "processor_config.json"))),
    *(Case(role, f"architectures: {value!r}", sets("architectures", to=value)) for role in ("lm", "vlm") for value in
      _NO_LISTS),
    *(Case("lm", f"model_type: {value!r}", sets("model_type", to=value)) for value in
      _NO_KINDS),
    *(Case(role, f"{key}: {value}", sets(key, to=value), codes) for role, key, value, codes in (
        ("lm", "n_layer", 10**9, REFUSED), ("lm", "n_embd", 10**7, REFUSED), ("lm", "vocab_size", 10**12, REFUSED),
        ("lm", "n_positions", 10**12, REFUSED), ("lm", "n_head", 0, REFUSED), ("lm", "n_layer", -1, REFUSED),
        ("lm", "n_layer", 2, ANY), ("lm", "n_layer", 4, REFUSED), ("lm", "vocab_size", float("nan"), REFUSED),
        ("lm", "n_embd", "wide", REFUSED), ("lm", "eos_token_id", "x", ANY), ("lm", "eos_token_id", [10**30], ANY),
        ("lm", "attn_implementation", "kernels-community/flash-attn", ANY), ("lm", "torch_dtype", 7, ANY),
        ("lm", "quantization_config", {"quant_method": "bitsandbytes", "load_in_4bit": True}, REFUSED),
        ("lm", "n_positions", 2, REFUSED),
    )),
    *(Case("vlm", f"{'.'.join(path)}: {value}", sets(*path, to=value)) for path, value in (
        (("text_config", "num_hidden_layers"), 10**8), (("text_config", "vocab_size"), 10**11),
        (("vision_config", "hidden_size"), 10**9), (("vision_config", "image_size"), 10**9), (("text_config",), 7),
    )),
    *(Case("clip", f"{'.'.join(path)}: {value}", sets(*path, to=value)) for path, value in (
        ((*_TEXT, "layers"), 10**9), ((*_TEXT, "width"), 10**8), ((*_TEXT, "vocab_size"), 10**12),
        ((*_TEXT, "context_length"), 10**6), ((*_TEXT, "context_length"), "long"), ((*_TEXT, "context_length"), -1),
        ((*_TEXT, "context_length"), 16_000), ((*_TEXT, "heads"), 0), ((*_VISION, "layers"), 10**9),
        ((*_VISION, "width"), 10**9), ((*_VISION, "image_size"), 10**6), ((*_VISION, "image_size"), [1, 2, 3]),
        ((*_VISION, "patch_size"), 0), ((*_VISION, "timm_model_name"), "hf-hub:evil/model"),
        ((*_VISION, "timm_model_name"), "local-dir:/tmp"),
        ((*_VISION, "timm_model_name"), "vit_giant_patch14_clip_224"),
        ((*_TEXT, "hf_model_name"), "/etc"), ((*_TEXT, "hf_model_name"), "../outside"),
        ((*_TEXT, "hf_model_name"), "evil/model"), (("model_cfg", "embed_dim"), "x"),
        (("model_cfg", "embed_dim"), 10**12),
        (("model_cfg",), []), (_TEXT, 7), (_VISION, None), (("preprocess_cfg",), 7), (("preprocess_cfg", "std"), 0),
        (("preprocess_cfg", "std"), [0.5, 0, 0.5]), (("preprocess_cfg", "std"), float("nan")),
        (("preprocess_cfg", "mean"), [1]), (("preprocess_cfg", "mean"), "grey"), (("preprocess_cfg", "size"), 10**6),
        (("preprocess_cfg", "size"), 0), (("preprocess_cfg", "fill_color"), "x"),
        (("preprocess_cfg", "fill_color"), 10**9),
    )),
    *(Case(role, f"weights {what}", change) for role in ("clip", "lm") for what, change in (
        ("cut", _cut), ("of no numbers", _not_a_number), ("of other shapes", _shapes), ("empty", _table()),
        ("whose table is huge", _table(2**63)), ("whose table is longer than they are", _table(10_000)),
        ("over one another", _table(b=_entry("U8", [64], 0, 64))),
        ("beyond the end", _table(b=_entry("U8", [9], 64, 73))),
        ("before the start", _table(b=_entry("U8", [9], -9, 0))),
        ("of too many numbers", _table(b=_entry("F32", [2**40, 2**40], 64, 64))),
        ("of no shape", _table(b=_entry("F32", "wide", 64, 64))), ("without places", _table(b={"dtype": "F32"})),
    )),
    *(Case("clip", f"calibration {text[:30]}", writes("calibration.json", text.encode()), CURVE) for text in
      ('{"slope": 1e999, "offset": 0}', '{"slope": NaN, "offset": 0}', '{"slope": 1, "offset": -1e308}', "[]",
       '{"slope": [1], "offset": 2}', "[" * 100_000, '{"slope": ' + "9" * 5000 + ', "offset": 0}')),
    Case("lm", "tokenizer of nothing", writes(TOKENIZER, b"{}")),
    Case("lm", "tokenizer in another language", writes(TOKENIZER, b"\xff\xfe\0\1")),
    Case("lm", "tokenizer whose unknown token is none", _vocabulary),
    Case("lm", "tokenizer with a broken map", _panics),
    Case("lm", "tokenizer that grows every text", _normalizer({"type": "Prepend", "prepend": "a" * 10**6}), ANY),
    Case("lm", "tokenizer config of another class",
         sets("tokenizer_class", to="os.system", name="tokenizer_config.json"), ANY),
    Case("lm", "tokenizer config of numbers", writes("tokenizer_config.json", b"7"), ANY),
]  # fmt: skip

_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 10**12, 10**400, 1e308, float("nan"), float("inf"), "", "x" * 100_000, "../x", "/etc",
    "hf-hub:evil/x", [], [[]] * 3, {}, {"a": {"a": {}}}, [0] * 1000, "\x1b]0;evil\x07", "\ud800",
)  # fmt: skip


def at_random(role: str, seed: int) -> Case:
    """A case that puts a hostile value somewhere into a configuration."""

    def change(place: Place) -> None:
        chance = random.Random(f"{role} {seed}")
        files = sorted(file.name for file in place.folder.glob("*.json"))
        for _ in range(chance.choice((1, 1, 2, 4))):
            name = chance.choice([CLIP_CONFIG if role == "clip" else CONFIG, chance.choice(files)])
            told = json.loads((place.folder / name).read_text())
            _change_somewhere(told, chance)
            (place.folder / name).write_text(json.dumps(told))

    return Case(role, f"seed {seed}", change, ANY)


def _change_somewhere(told: Any, chance: random.Random) -> None:
    while isinstance(told, dict) and told:
        key = chance.choice(sorted(told))
        if isinstance(told[key], dict) and told[key] and chance.random() < 0.8:
            told = told[key]
            continue
        told[key] = chance.choice(_VALUES)
        return


def prepared(case: Case, good: Path, root: Path) -> Place:
    """The changed copy of a good folder, beside what lies outside of it."""
    place = Place(root / "folder", root / "tripwire", root / "outside")
    shutil.copytree(good, place.folder)
    shutil.copytree(good, place.outside)
    case.change(place)
    return place
