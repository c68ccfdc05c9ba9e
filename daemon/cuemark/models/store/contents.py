"""Whether a file that a server gave is what its name says: looked into before it gets that name.

A network that wants a login first answers every request with its own page, and a mirror may answer with anything.
Where the registry knows a file's hash, the hash tells.  Of the others is known what any such file must hold: JSON with
the parts that its readers need, weights whose table fits their size, and about as many bytes as the registry plans for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from cuemark.core.json_files import parse_json, read_bounded
from cuemark.core.sizes import size_text
from cuemark.models.store import ctranslate2_file, onnx_file
from cuemark.models.store.registry import RemoteFile
from cuemark.models.store.safetensors_header import BrokenWeights, read_header

_LARGEST_TEXT = 128 << 20  # the largest tokenizers have some 35 MB
_LEAST_SHARE, _MOST_TIMES = 0.25, 4  # of the bytes planned for, where the size is not known exactly
_SMALL, _SLACK = 64 << 10, 16 << 20  # what is planned for by guess; what anything may have
_WEB_PAGES = ("text/html", "application/xhtml")
_MARKS = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<script", b"<meta")
WEB_PAGE = "it is a web page"


def most_bytes(file: RemoteFile) -> int:
    """The size that the file cannot exceed."""
    return file.size if file.size is not None else max(_MOST_TIMES * file.about, _SLACK)


def is_web_page(content_type: str) -> bool:
    """Whether an answer says of itself that it is a page to be read, which no file of a model is."""
    return content_type.strip().lower().startswith(_WEB_PAGES)


def wrong_beginning(path: str, first: bytes) -> str:
    """What tells from the first bytes that this is another file; "" where nothing does."""
    begins = first.lstrip(b"\xef\xbb\xbf \t\r\n")
    if begins[:16].lower().startswith(_MARKS):
        return WEB_PAGE
    if path.endswith(".json") and begins and begins[:1] not in b"{[":
        return "it is no JSON"
    return ""


def problem(file: RemoteFile, held: Path) -> str:
    """What is wrong with a whole file, said of "it"; "" where nothing is.  Raises OSError."""
    size = held.stat().st_size
    with held.open("rb") as stream:
        wrong = wrong_beginning(file.path, stream.read(512))
    if wrong:
        return wrong
    if file.size is None and file.about >= _SMALL and size < _LEAST_SHARE * file.about:
        return f"it has {size_text(size)}, where about {size_text(file.about)} were expected"
    return _by_kind(file, held)


def _by_kind(file: RemoteFile, held: Path) -> str:
    kind = PurePosixPath(file.path).suffix
    try:
        if kind == ".safetensors":
            return "" if read_header(held) else "it holds no tensors"
        if file.role == "speech" and kind in _OUTLINES:
            _OUTLINES[kind](held)
        if kind == ".json":
            return _json_problem(file, parse_json(read_bounded(held, _LARGEST_TEXT)))
        if kind in (".txt", ".jinja"):
            return "it is no text" if b"\0" in read_bounded(held, _LARGEST_TEXT) else ""
    except BrokenWeights as error:
        return str(error)
    except ValueError as error:
        return f"it cannot be read as {kind[1:].upper()} ({error})"[:200]
    return ""


def _json_problem(file: RemoteFile, told: Any) -> str:
    """What a known configuration lacks, without which nobody can read it."""
    if not isinstance(told, (dict, list)):
        return "it is no JSON object"
    name = PurePosixPath(file.path).name
    if name == "vocab.json" and not (isinstance(told, dict) and told and all(type(id) is int for id in told.values())):
        return "it does not number tokens"
    needed = _NEEDED.get(name) or _NEEDED.get(f"{file.role}/{name}")
    if needed is None:
        return ""
    key, kind = needed
    if not isinstance(told, dict) or not isinstance(told.get(key), kind):
        return f"it does not say its {key}"
    return ""


_OUTLINES: dict[str, Callable[[Path], object]] = {
    ".bin": ctranslate2_file.read_table,
    ".onnx": onnx_file.external_files,
}
"""By the ending of a speech model's file: what reads its outline, and raises where it has none."""
_NEEDED: dict[str, tuple[str, type]] = {
    "open_clip_config.json": ("model_cfg", dict),
    "tokenizer.json": ("model", dict),
    "lm/config.json": ("model_type", str),
    "vlm/config.json": ("model_type", str),
}
"""By a file's name (behind its role where others use the name too): what it says in any case, and of which type."""
