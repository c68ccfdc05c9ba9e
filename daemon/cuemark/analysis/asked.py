"""What is asked of an entry of the index, as a key: a file that has not changed since the same was asked is left alone.

Models count by name and by what their folders look like, so that nothing is loaded to know it: the daemon asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from cuemark.core.analysis_options import AnalysisOptions, to_texts
from cuemark.core.errors import CuemarkError
from cuemark.core.footage import FileState
from cuemark.core.settings import Settings

INDEXING_VERSION = 1
"""Raise when an entry of the same file is made otherwise: what is there is then indexed again when it is asked for."""
DECIDING = ("speech", "language", "sound_track", "transcript", "screen_text", "sample_rate")
"""The options that decide what an entry holds, beside the image model."""


def asked_of(options: AnalysisOptions, settings: Settings) -> str:
    """The key of what is asked; "" where a model that is named is not here, which is never the same as before."""
    try:
        parts = list(_parts(options, settings))
    except (CuemarkError, OSError):
        return ""
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def _parts(options: AnalysisOptions, settings: Settings) -> Iterator[str]:
    from cuemark.models.runtime.hardware import measured_before
    from cuemark.models.speech.choice import speech_model
    from cuemark.models.store.choice import default_pair
    from cuemark.models.store.store import ModelStore

    yield f"version {INDEXING_VERSION}"
    texts = to_texts(options)
    yield from (f"{name} {texts[name]}" for name in DECIDING if name in texts)
    store, hardware = ModelStore(settings.models), measured_before(settings.cache)
    known = store.list()
    clip = options.models.get("clip") or default_pair(known, settings.default_model, hardware)
    yield _model(store, clip, "clip")
    speech = speech_model(known, options.speech, options.language, hardware)
    if speech is not None:
        yield _model(store, speech, "speech")


def _model(store: object, name: str, role: str) -> str:
    from cuemark.models.store.store import ModelStore

    assert isinstance(store, ModelStore)
    folder = store.folder(name, role)
    files = sorted(path for path in folder.iterdir() if path.is_file())
    state = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return f"{role} {name} {state}"


def state_of(path: Path, asked: str) -> FileState | None:
    """A file as it is now; None where it is not there."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return FileState(path, found.st_size, found.st_mtime_ns, asked)
