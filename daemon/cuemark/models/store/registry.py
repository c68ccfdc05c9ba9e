"""The models Cuemark knows by name; `registry.json` beside this file is the data.

A file's `sha256` is given where it is known for certain.  Where it is not, the first pull takes the hash the hub
itself announces for the file, checks the bytes against it and records it in the store's manifest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

ROLES = ("clip", "lm")


@dataclass(frozen=True)
class RemoteFile:
    """One file of a model.  `size` is exact where known, `about` is for planning; `optional` may be missing there."""

    role: str
    path: str
    url: str
    about: int
    size: int | None = None
    sha256: str | None = None
    optional: bool = False

    @property
    def expected(self) -> int:
        """Bytes to plan for."""
        return self.about if self.size is None else self.size


@dataclass(frozen=True)
class ModelEntry:
    """A pair of CLIP and language model under one name; `bundled` pairs come with the package."""

    name: str
    title: str
    licence: str
    understands: str
    bundled: bool
    architectures: tuple[str, str]
    files: tuple[RemoteFile, ...]

    @property
    def download_size(self) -> int:
        """Bytes a pull fetches, about."""
        return sum(file.expected for file in self.files)


@cache
def default_registry() -> dict[str, ModelEntry]:
    """The registry that comes with the package, by name."""
    return parse_registry(resources.files("cuemark.models.store").joinpath("registry.json").read_text(encoding="utf-8"))


def parse_registry(text: str) -> dict[str, ModelEntry]:
    """Entries by name, in the order of the JSON text."""
    return {name: _entry(name, value) for name, value in json.loads(text).items()}


def _entry(name: str, value: dict[str, Any]) -> ModelEntry:
    files = [
        RemoteFile(
            role, file["path"], file["url"], int(file.get("about") or file["size"]), file.get("size"),
            file.get("sha256"), bool(file.get("optional")),
        )
        for role in ROLES
        for file in value[role].get("files", ())
    ]  # fmt: skip
    clip, lm = (str(value[role]["architecture"]) for role in ROLES)
    return ModelEntry(
        name, value["title"], value["licence"], value["understands"], bool(value.get("bundled")), (clip, lm),
        tuple(files),
    )  # fmt: skip
