"""The models of the worker: loaded when first needed, kept for the next job, one pair at a time."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.core.analysis import ModelUse
from cuemark.core.progress import Progress
from cuemark.core.settings import Settings

if TYPE_CHECKING:
    from cuemark.models.clip.clip import ClipModel
    from cuemark.models.lm.lm import LanguageModel

FALLBACK = "sample"
PREFERRED = "light"


@dataclass(frozen=True)
class Choice:
    """A model as it was chosen: the name or folder the user gave, its folder, and what its files looked like."""

    name: str
    folder: Path
    state: tuple[tuple[str, int, int], ...]


class ModelShelf:
    """Chooses and loads models.  Naming a model checks its folder, so that a bad one is told before any work."""

    def __init__(self, settings: Settings) -> None:
        from cuemark.models.store.store import ModelStore

        self._store = ModelStore(settings.models)
        self._exports = settings.cache / "image-towers"
        self._default = settings.default_model
        self._clip: tuple[Choice, ClipModel] | None = None
        self._lm: tuple[Choice, LanguageModel] | None = None

    def choose_clip(self, name: str | None) -> Choice:
        """The CLIP of this name or folder, or the default one; raises ModelError."""
        name = name or self.default_name()
        return _choice(name, self._store.clip_folder(name))

    def choose_lm(self, name: str | None) -> Choice:
        """The language model of this name or folder, or the default one; raises ModelError."""
        name = name or self.default_name()
        return _choice(name, self._store.lm_folder(name))

    def default_name(self) -> str:
        """What is used when nothing is named: a real pair when it is here, else the sample pair."""
        if self._default != "auto":
            return self._default
        ready = {status.entry.name for status in self._store.list() if status.ready}
        return PREFERRED if PREFERRED in ready else FALLBACK

    def clip(self, choice: Choice, progress: Progress) -> ClipModel:
        """The loaded CLIP; whatever other one was loaded is let go first."""
        from cuemark.models.clip.clip import load_clip

        if self._clip is None or self._clip[0] != choice:
            self._clip = None
            gc.collect()
            self._clip = (choice, load_clip(choice.folder, self._exports, progress))
        return self._clip[1]

    def lm(self, choice: Choice) -> LanguageModel:
        """The loaded language model; whatever other one was loaded is let go first."""
        from cuemark.models.lm.lm import load_lm

        if self._lm is None or self._lm[0] != choice:
            self._lm = None
            gc.collect()
            self._lm = (choice, load_lm(choice.folder))
        return self._lm[1]

    def clip_use(self, choice: Choice) -> ModelUse:
        """Where the CLIP's image tower really runs; the CLIP must be loaded."""
        assert self._clip is not None
        report = self._clip[1].image.provider
        return ModelUse(choice.name, self._clip[1].id, report.device, report.reason)

    def lm_use(self, choice: Choice) -> ModelUse:
        """Where the language model really runs; it must be loaded."""
        assert self._lm is not None
        model = self._lm[1]
        return ModelUse(choice.name, model.id, str(model.device), model.device_reason)

    def loaded(self) -> dict[str, Any]:
        """What is loaded, for the daemon's status."""
        devices: list[dict[str, str]] = []
        names: list[str] = []
        if self._clip is not None:
            report = self._clip[1].image.provider
            names.append(f"{self._clip[0].name} (CLIP)")
            devices.append({"role": "clip", "asked": report.asked, "used": report.used, "reason": report.reason})
        if self._lm is not None:
            model = self._lm[1]
            names.append(f"{self._lm[0].name} (language model)")
            used = str(model.device)
            devices.append({"role": "lm", "asked": used, "used": used, "reason": model.device_reason})
        return {"devices": devices, "loaded": names}


def _choice(name: str, folder: Path) -> Choice:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return Choice(name, folder, tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files))
