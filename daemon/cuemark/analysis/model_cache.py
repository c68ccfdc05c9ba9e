"""Cache of loaded models, one a role: loaded when first needed, kept for the next job.

A role is what a model is used for ("clip", "lm", "vlm", "speech"); all that is known of it is in one table, `ROLES`.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cuemark.core.analysis import ModelUse
from cuemark.core.errors import ModelError, Notice
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.model_notices import POCKET, SAMPLE, SAMPLE_MODELS, pocket_notice
from cuemark.core.progress import Progress, SilentProgress
from cuemark.core.settings import Settings
from cuemark.core.status import DeviceInfo, LoadedModels
from cuemark.models.runtime.speeds import Speeds

if TYPE_CHECKING:
    from cuemark.captions.word_vectors import WordVectors
    from cuemark.models.clip.clip import ClipModel
    from cuemark.models.lm.lm import LanguageModel
    from cuemark.models.runtime.memory import ModelRuntime
    from cuemark.models.speech.recogniser import SpeechModel, SpeechRecogniser
    from cuemark.models.vlm.vlm import FolderVlm

WEIGHT_HASHES = "weight_hashes.json"
"""The file beside the exported towers that remembers what weights hash to: to read gigabytes anew takes long."""
PAIR = ("clip", "lm")
"""The roles without which there is no analysis."""


@dataclass(frozen=True)
class ModelRef:
    """A model as it was chosen: role, the name or folder the user gave, its folder, and what its files looked like."""

    role: str
    name: str
    folder: Path
    state: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Role:
    """How models of one role are loaded and reported.

    `load` gets the folder and where exported towers are kept;
    `use` is where a loaded model really runs, under the name the user gave; `device` the same beside what was asked.
    """

    label: str
    load: Callable[[Path, Path, Progress, ModelRuntime], Any]
    use: Callable[[str, Any], ModelUse]
    device: Callable[[Any], dict[str, str]]


def _load_clip(folder: Path, exports: Path, progress: Progress, runtime: ModelRuntime) -> ClipModel:
    from cuemark.models.clip.clip import load_clip

    return load_clip(folder, exports, progress, runtime)


def _clip_use(name: str, model: ClipModel) -> ModelUse:
    report = model.image.provider
    return ModelUse(name, model.id, report.device, report.reason)


def _clip_device(model: ClipModel) -> dict[str, str]:
    if not model.image_is_loaded:  # where only texts were encoded, the image tower shall not be loaded to be reported
        return {"asked": str(model.text.device), "used": str(model.text.device), "reason": model.device_reason}
    report = model.image.provider
    return {"asked": report.asked, "used": report.used, "reason": report.reason}


def _load_lm(folder: Path, exports: Path, progress: Progress, runtime: ModelRuntime) -> LanguageModel:
    from cuemark.models.lm.lm import load_lm

    return load_lm(folder, runtime)


def _load_vlm(folder: Path, exports: Path, progress: Progress, runtime: ModelRuntime) -> FolderVlm:
    from cuemark.models.vlm.vlm import load_vlm

    return load_vlm(folder, runtime, exports / WEIGHT_HASHES)


def _load_speech(folder: Path, exports: Path, progress: Progress, runtime: ModelRuntime) -> SpeechRecogniser:
    from cuemark.models.speech.recogniser import open_recogniser

    return open_recogniser(folder, runtime, exports / WEIGHT_HASHES)


def _lm_use(name: str, model: LanguageModel | FolderVlm | SpeechRecogniser) -> ModelUse:
    return ModelUse(name, model.id, str(model.device), model.device_reason)


def _lm_device(model: LanguageModel | FolderVlm | SpeechRecogniser) -> dict[str, str]:
    return {"asked": str(model.device), "used": str(model.device), "reason": model.device_reason}


ROLES = {
    "clip": Role("CLIP", _load_clip, _clip_use, _clip_device),
    "lm": Role("language model", _load_lm, _lm_use, _lm_device),
    "vlm": Role("vision-language model", _load_vlm, _lm_use, _lm_device),
    "speech": Role("speech model", _load_speech, _lm_use, _lm_device),
}


class ModelCache:
    """Chooses and loads models.  Choosing checks the folder, so that a bad one is told before any work."""

    def __init__(self, settings: Settings, limits: ProcessLimits = UNLIMITED) -> None:
        """The models run under `limits`; `runtime` counts what running them met, `speeds` keeps how long they took."""
        from cuemark.models.runtime.memory import ModelRuntime
        from cuemark.models.store.store import ModelStore

        self._store = ModelStore(settings.models)
        self._cache = settings.cache
        self.speeds = Speeds(settings.cache)
        self._exports = settings.cache / "image-towers"
        self._vectors = settings.cache / "words"
        self._default = settings.default_model
        self.runtime = ModelRuntime(limits)
        self._loaded: dict[str, tuple[ModelRef, Any]] = {}
        self._words: tuple[ModelRef, WordVectors | None] | None = None

    @property
    def word_folder(self) -> Path:
        """Where the vectors of words are kept, a folder for each CLIP."""
        return self._vectors

    def choose(self, role: str, name: str | None) -> ModelRef:
        """The model of this name or folder for a role, or the default one; raises ModelError."""
        name = name or self.default_name()
        folder = self._store.folder(name, role)
        try:
            files = sorted(path for path in folder.iterdir() if path.is_file())
            state = tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)
        except OSError as error:  # removed or changed just now
            message = f"Model folder {folder} cannot be read: {error.strerror or error}."
            raise ModelError("model_folder_invalid", message, "Give a folder that stays as it is.") from error
        return ModelRef(role, name, folder, state)

    def default_name(self) -> str:
        """What is used when nothing is named: what the settings say, else `default_pair`."""
        from cuemark.models.runtime.hardware import measured_before
        from cuemark.models.store.choice import default_pair

        return default_pair(self._store.list(), self._default, measured_before(self._cache))

    def notices(self, refs: Mapping[str, ModelRef], named: Mapping[str, str]) -> list[Notice]:
        """What is to be said of an analysis by these models (by role), of which the user named some.

        A folder of the sample pair counts as its name.
        """
        from cuemark.models.store.choice import told

        own = self._store.path(SAMPLE).resolve()
        if any(ref.folder.resolve() == own / role for role, ref in refs.items()):
            return [SAMPLE_MODELS]
        unnamed = [ref.name for role, ref in refs.items() if not named.get(role)]
        return [pocket_notice(told(self._store, self._default))] if POCKET in unnamed else []

    def load(self, ref: ModelRef, progress: Progress | None = None) -> Any:
        """The loaded model; whatever other one of its role was loaded is let go first."""
        known = self._loaded.get(ref.role)
        if known is None or known[0] != ref:
            del known
            self._loaded.pop(ref.role, None)
            gc.collect()  # a GPU's memory comes back before the next model asks for it
            load, listener = ROLES[ref.role].load, progress or SilentProgress()
            self._loaded[ref.role] = ref, load(ref.folder, self._exports, listener, self.runtime)
        return self._loaded[ref.role][1]

    def clip(self, ref: ModelRef, progress: Progress) -> ClipModel:
        """`load` of the role "clip"."""
        return cast("ClipModel", self.load(ref, progress))

    def lm(self, ref: ModelRef) -> LanguageModel:
        """`load` of the role "lm"."""
        return cast("LanguageModel", self.load(ref))

    def words(self, ref: ModelRef, progress: Progress) -> WordVectors | None:
        """The lexicon as the CLIP of `ref` sees it, None where it does not know words; kept with the loaded model."""
        from cuemark.captions.calibration import Calibration
        from cuemark.captions.lexicon import load_lexicon
        from cuemark.captions.word_vectors import word_vectors

        if self._words is None or self._words[0] != ref:
            clip, curve = self.clip(ref, progress), Calibration.of(ref.folder)
            self._words = ref, word_vectors(clip, load_lexicon(), self._vectors, progress, curve)
        return self._words[1]

    def choose_speech(self, asked: str | None, language: str | None) -> ModelRef | None:
        """The speech model for `--speech` (None: auto) and a language (None: any); None where nobody shall, or can.

        Raises ModelError, OptionError `option_language`.
        """
        from cuemark.models.runtime.hardware import measured_before
        from cuemark.models.speech.choice import speech_model

        name = speech_model(self._store.list(), asked, language, measured_before(self._cache))
        return None if name is None else self.choose("speech", name)

    def speech(self, ref: ModelRef, progress: Progress) -> SpeechModel:
        """The speech model of `ref`, loaded when it is opened."""
        from cuemark.models.speech.recogniser import SpeechModel, recogniser_id

        model_id = recogniser_id(ref.folder, self._exports / WEIGHT_HASHES)
        return SpeechModel(ref.name, model_id, lambda: self.load(ref, progress))

    def speech_use(self, ref: ModelRef, model: SpeechModel) -> ModelUse:
        """Where a speech model runs; nowhere where it was not needed."""
        known = self._loaded.get(ref.role)
        if known is not None and known[0] == ref:
            return self.use(ref)
        return ModelUse(ref.name, model.id, "", "not loaded: nobody speaks, or what was said was kept from before")

    def speech_notice(self, language: str | None) -> Notice | None:
        """What is said, once for all, where somebody speaks and no model is here for it; None where it was said.

        `tell_speech` remembers that it was said.
        """
        from cuemark.models.speech.choice import SpeechTold, speech_notice

        return None if SpeechTold(self._cache) else speech_notice(self._store.list(), language)

    def speech_offered(self) -> str:
        """The name of the speech model to pull where none is here."""
        from cuemark.models.speech.choice import OFFERED, offered_model

        offered = offered_model(self._store.list())
        return OFFERED[0] if offered is None else offered.name

    def tell_speech(self) -> None:
        """`speech_notice` was said."""
        from cuemark.models.speech.choice import SpeechTold

        SpeechTold(self._cache).remember()

    def use(self, ref: ModelRef) -> ModelUse:
        """Where a loaded model really runs (of a CLIP: its image tower)."""
        return ROLES[ref.role].use(ref.name, self._loaded[ref.role][1])

    def loaded(self) -> LoadedModels:
        """What is loaded, for the daemon's status."""
        rows = [
            (role, ref.name, model) for role in ROLES if role in self._loaded for ref, model in (self._loaded[role],)
        ]
        return LoadedModels(
            devices=tuple(DeviceInfo(role, **ROLES[role].device(model)) for role, _, model in rows),
            names=tuple(f"{name} ({ROLES[role].label})" for role, name, _ in rows),
        )
