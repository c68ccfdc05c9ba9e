"""Puts another registry, and another pair inside the package, into every Python process that has this on its path.

CUEMARK_TEST_REGISTRY is the registry's JSON file, CUEMARK_TEST_POCKET the folder that stands for the pair `pocket`,
CUEMARK_TEST_PAUSE_S how long a download that failed waits for its next try.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

from cuemark.models.store import download, registry, store

_bundled = store._bundled_folder


@functools.cache
def _registry() -> dict[str, registry.ModelEntry]:
    return registry.parse_registry(Path(os.environ["CUEMARK_TEST_REGISTRY"]).read_text(encoding="utf-8"))


def _folder(entry: registry.ModelEntry) -> Path:
    return Path(os.environ["CUEMARK_TEST_POCKET"]) if entry.name == "pocket" else _bundled(entry)


registry.default_registry = _registry
vars(store).update(default_registry=_registry, _bundled_folder=_folder)

if "CUEMARK_TEST_PAUSE_S" in os.environ:  # between two tries of a download
    (download.Downloader.__init__.__kwdefaults__ or {}).update(pause=float(os.environ["CUEMARK_TEST_PAUSE_S"]))
