"""What is asked of an entry of the index, as a key: a file that has not changed since the same was asked is left alone.

Models count by name and by what their folders look like, so that nothing is loaded to know it: the daemon asks.
"""

from __future__ import annotations

import hashlib
import os
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


class Beside:
    """What lies beside footage and may tell what is said in it: folders are listed once."""

    def __init__(self) -> None:
        self._folders: dict[Path, list[tuple[str, int, int]]] = {}

    def state(self, media: Path) -> str:
        """The subtitle files and transcripts whose names begin as the media's, with sizes and time stamps."""
        if media.parent not in self._folders:
            self._folders[media.parent] = sorted(_texts_in(media.parent))
        return "\n".join(map(str, (one for one in self._folders[media.parent] if one[0].startswith(media.stem))))


def _texts_in(folder: Path) -> Iterator[tuple[str, int, int]]:
    from cuemark.evidence.speech.given import SUFFIXES

    try:
        with os.scandir(folder) as entries:
            named = [entry for entry in entries if os.path.splitext(entry.name)[1].lower() in SUFFIXES]
        for entry in named:
            found = entry.stat()
            yield entry.name, found.st_size, found.st_mtime_ns
    except OSError:  # a file that goes, a folder that is away: who reads the media says so
        return


def asked_beside(asked: str, state: str) -> str:
    """The key of what is asked of one file, with what lies beside it (`Beside.state`)."""
    if not asked or not state:
        return asked
    return hashlib.blake2b(f"{asked}\n{state}".encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def state_of(path: Path, asked: str, beside: Beside) -> FileState | None:
    """A file as it is now, with the key of what is asked of it; None where it is not there."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return FileState(path, found.st_size, found.st_mtime_ns, asked_beside(asked, beside.state(path)))
