"""The models Cuemark knows by name; `registry.json` beside this file is the data.

An entry joins models under one name, by role: what each is used for.  To add a model is to add data; to add a role,
also what a folder of that kind must hold (`folders.CHECKS`) and how it is loaded.

A model names its repository on the Hugging Face hub and the revision there: a commit where it is known for certain,
else a branch.  How pictures are prepared is not said here; it stands in the model's own `open_clip_config.json`.
A file's `sha256` is given where it is known for certain.  Where it is not, the first pull takes the hash the hub
itself announces for the file, checks the bytes against it and records it in the store's manifest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

_HUB = "https://huggingface.co"


@dataclass(frozen=True)
class RemoteFile:
    """One file of a model.  `size` is exact where known, `about` is for planning; `optional` may be missing there.

    `archive` is where the same weights lie as a torch archive, for publishers that have no safetensors: what is missing
    at `url` is taken from there, and written to safetensors without loading the pickle (`torch_archive`).
    """

    role: str
    path: str
    url: str
    about: int
    size: int | None = None
    sha256: str | None = None
    optional: bool = False
    archive: str = ""

    @property
    def expected(self) -> int:
        """Bytes to plan for."""
        return self.about if self.size is None else self.size


@dataclass(frozen=True)
class Model:
    """What an entry holds for one role: the model's own name, architecture, licence and files.

    `parameters` is their number; `picture_gflop` and `text_gflop` are what a CLIP spends on a picture and on a text of
    12 tokens (of its whole context where padding is read), 0 where unknown.  `gated` weights are given out after a
    login only; `commercial` says whether the licence allows such use.  A speech model has the `engine` that runs it and
    the `languages` it hears (ISO 639 codes; empty: all that its engine has).
    """

    role: str
    name: str
    architecture: str
    licence: str
    files: tuple[RemoteFile, ...]
    repository: str = ""
    revision: str = "main"
    parameters: int = 0
    picture_gflop: float = 0.0
    text_gflop: float = 0.0
    gated: bool = False
    commercial: bool = True
    engine: str = ""
    languages: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        """Where its card can be read; empty for models that come with the package."""
        return f"{_HUB}/{self.repository}" if self.repository else ""


@dataclass(frozen=True)
class ModelEntry:
    """The models of one name, by role ("clip", "lm", "speech"); `bundled` ones come with the package.

    `quality` orders pairs made for captions, and speech models, higher is better; 0 is never advised.  `formerly` is
    the name under which an earlier Cuemark pulled these very models, which is another entry's name now.
    """

    name: str
    title: str
    understands: str
    bundled: bool
    models: dict[str, Model]
    quality: int = 0
    formerly: str = ""

    @property
    def licence(self) -> str:
        """The one licence of all, or that of each model by its name."""
        licences = dict.fromkeys(model.licence for model in self.models.values())
        if len(licences) == 1:
            return next(iter(licences))
        return "; ".join(f"{model.name}: {model.licence}" for model in self.models.values())

    @property
    def source(self) -> str:
        """Where a pull fetches from, for people: the host and the repositories there; empty for bundled models."""
        hosts = list(dict.fromkeys(urlsplit(file.url).netloc for file in self.files))
        repositories = [model.repository for model in self.models.values() if model.repository]
        return f"{', '.join(hosts)} ({', '.join(repositories)})" if repositories else ", ".join(hosts)

    @property
    def files(self) -> tuple[RemoteFile, ...]:
        """What a pull fetches, in this order."""
        return tuple(file for model in self.models.values() for file in model.files)

    @property
    def download_size(self) -> int:
        """Bytes a pull fetches, about."""
        return sum(file.expected for file in self.files)

    @property
    def free(self) -> bool:
        """Whether anybody may fetch and use all of it, commercially too; nothing else is ever a default."""
        return all(model.commercial and not model.gated for model in self.models.values())


@cache
def default_registry() -> dict[str, ModelEntry]:
    """The registry that comes with the package, by name."""
    return parse_registry(resources.files("cuemark.models.store").joinpath("registry.json").read_text(encoding="utf-8"))


def parse_registry(text: str) -> dict[str, ModelEntry]:
    """Entries by name, in the order of the JSON text."""
    return {name: _entry(name, value) for name, value in json.loads(text).items()}


def _entry(name: str, value: dict[str, Any]) -> ModelEntry:
    models = {role: _model(role, model) for role, model in value["models"].items()}
    return ModelEntry(
        name,
        value["title"],
        value["understands"],
        bool(value.get("bundled")),
        models,
        int(value.get("quality", 0)),
        value.get("formerly", ""),
    )


def _model(role: str, value: dict[str, Any]) -> Model:
    repository, revision = value.get("repository", ""), value.get("revision", "main")
    base = f"{_HUB}/{repository}/resolve/{revision}"
    files = tuple(_file(role, base, file) for file in value.get("files", ()))
    return Model(
        role,
        value["name"],
        value["architecture"],
        value["licence"],
        files,
        repository,
        revision,
        int(value.get("parameters", 0)),
        float(value.get("picture_gflop", 0)),
        float(value.get("text_gflop", 0)),
        bool(value.get("gated")),
        bool(value.get("commercial", True)),
        value.get("engine", ""),
        tuple(value.get("languages", ())),
    )


def _file(role: str, base: str, value: dict[str, Any]) -> RemoteFile:
    path = value["path"]
    if PurePath(path).name != path or "\\" in path or path in ("", ".", ".."):
        raise ValueError(f"the registry names {path!r}, which is no name of a file in the model's folder")
    return RemoteFile(
        role,
        path,
        value.get("url") or f"{base}/{path}",
        int(value.get("about") or value["size"]),
        value.get("size"),
        value.get("sha256"),
        bool(value.get("optional")),
        f"{base}/{value['archive']}" if "archive" in value else "",
    )
