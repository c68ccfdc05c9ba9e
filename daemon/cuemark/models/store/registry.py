"""The models Cuemark knows by name; `registry.json` beside this file is the data.

An entry joins models under one name, by role: what each is used for.  To add a model is to add data; to add a role,
also what a folder of that kind must hold (`folders.CHECKS`) and how it is loaded.

A file's `sha256` is given where it is known for certain.  Where it is not, the first pull takes the hash the hub
itself announces for the file, checks the bytes against it and records it in the store's manifest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


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
class Model:
    """What an entry holds for one role: the model's own name, architecture, licence and files."""

    role: str
    name: str
    architecture: str
    licence: str
    files: tuple[RemoteFile, ...]


@dataclass(frozen=True)
class ModelEntry:
    """The models of one name, by role ("clip", "lm"); `bundled` ones come with the package."""

    name: str
    title: str
    understands: str
    bundled: bool
    models: dict[str, Model]

    @property
    def licence(self) -> str:
        """The one licence of all, or that of each model by its name."""
        licences = dict.fromkeys(model.licence for model in self.models.values())
        if len(licences) == 1:
            return next(iter(licences))
        return "; ".join(f"{model.name}: {model.licence}" for model in self.models.values())

    @property
    def files(self) -> tuple[RemoteFile, ...]:
        """What a pull fetches, in this order."""
        return tuple(file for model in self.models.values() for file in model.files)

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
    models = {role: _model(role, model) for role, model in value["models"].items()}
    return ModelEntry(name, value["title"], value["understands"], bool(value.get("bundled")), models)


def _model(role: str, value: dict[str, Any]) -> Model:
    files = tuple(_file(role, file) for file in value.get("files", ()))
    return Model(role, value["name"], value["architecture"], value["licence"], files)


def _file(role: str, value: dict[str, Any]) -> RemoteFile:
    return RemoteFile(
        role,
        value["path"],
        value["url"],
        int(value.get("about") or value["size"]),
        value.get("size"),
        value.get("sha256"),
        bool(value.get("optional")),
    )
