"""Models on this machine: which are here, where, and how they get here or leave."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from cuemark.core.analysis_options import MODEL_ROLES
from cuemark.core.errors import ModelError, StoreError
from cuemark.core.files import atomic_write, bytes_in, is_disk_full
from cuemark.core.model_notices import SAMPLE
from cuemark.core.progress import Progress, SilentProgress
from cuemark.core.sizes import size_text
from cuemark.models.store import contents, folders, provenance
from cuemark.models.store.download import Downloader, Fetched
from cuemark.models.store.mirror import VARIABLE, Mirror
from cuemark.models.store.partial_file import disk_filled, disk_full
from cuemark.models.store.registry import ModelEntry, RemoteFile, default_registry
from cuemark.models.store.torch_archive import convert

_SPARE = 64 << 20  # bytes a pull leaves free


@dataclass(frozen=True)
class ModelStatus:
    """One line of `models list`: the entry, whether it can be used now, its folder and bytes on disk."""

    entry: ModelEntry
    ready: bool
    folder: Path | None
    bytes_on_disk: int


class ModelStore:
    """The folder of pulled models, `root/<name>/<role>/`, with a manifest written last that makes a pull whole."""

    def __init__(
        self,
        root: Path,
        *,
        registry: Mapping[str, ModelEntry] | None = None,
        downloader: Downloader | None = None,
        base_url: str | None = None,
    ) -> None:
        """`base_url` (or CUEMARK_MODEL_URL) takes the place of scheme and host of every url: a mirror."""
        self.root = root
        self._registry = default_registry() if registry is None else dict(registry)
        self._mirror = Mirror.of(base_url or os.environ.get(VARIABLE, ""))
        self._downloader = downloader or Downloader(root / ".partial", login=self._mirror.login)
        provenance.follow_new_names(root, self._registry)

    def names(self) -> list[str]:
        """Names of the registry, in its order."""
        return list(self._registry)

    def list(self) -> list[ModelStatus]:
        """Every model of the registry with its state here."""
        return [self._status(entry) for entry in self._registry.values()]

    def source(self, entry: ModelEntry) -> str:
        """The hosts a pull would fetch from: those of the registry, or the mirror."""
        return self._mirror.host or entry.source if entry.files else ""

    def folder(self, name_or_path: str | Path, role: str) -> Path:
        """The folder of a name's model for a role, or the given folder once it is known to hold such a model.

        Raises ModelError.
        """
        return folders.check(self._folder(name_or_path, role), role)

    def path(self, name: str | None = None) -> Path:
        """The folder of one model, pulled or not; of the whole store without a name."""
        if name is None:
            return self.root
        entry = self._entry(name)
        return _bundled_folder(entry) if entry.bundled else self.root / entry.name

    def pull(self, name: str, progress: Progress | None = None, offline: bool = False) -> Path:
        """Make a model usable here and return its folder; where it is whole, that is verified, and nothing fetched.

        Progress: stage "download" in bytes.  Raises StoreError: offline, disk_full, model_download_failed,
        model_hash_mismatch, model_file_wrong, model_store_unusable; ModelError: model_unknown; OptionError:
        setting_invalid.
        """
        entry, listener = self._entry(name), progress or SilentProgress()
        try:
            whole = self._is_whole(entry)
            damaged: Sequence[Path] = () if entry.bundled else self._damaged(entry, listener)
            if whole and not damaged:
                listener.note(f"{name} is already here.")
            elif offline:
                here = "is damaged" if whole else "is not"
                message = f"The model {name} {here} on this machine, and downloads are switched off."
                raise StoreError("offline", message, f"Run `cuemark models pull {name}` once with a network.")
            else:
                self._pull(entry, damaged, listener)
        except OSError as error:
            raise _unusable(self.root, error) from error
        return self.path(name)

    def _pull(self, entry: ModelEntry, damaged: Sequence[Path], listener: Progress) -> None:
        self._mirror.check()
        folder = self.path(entry.name)
        provenance.begin_pull(folder, entry, self._registry)
        for file in damaged:  # so that it is fetched again
            file.unlink(missing_ok=True)
        self._check_space(entry)
        records = self._download(entry, listener)
        atomic_write(folder / provenance.MANIFEST, json.dumps({"version": 1, "files": records}, indent=1))
        (folder / provenance.UNDER_WAY).unlink(missing_ok=True)
        for url in self._urls(entry):
            self._downloader.settle(url)

    def remove(self, name: str) -> int:
        """Delete a pulled model and what is left of its downloads; returns the bytes freed."""
        entry = self._entry(name)
        if entry.bundled:
            message = f"The model {name} is part of Cuemark and cannot be removed."
            raise ModelError("model_bundled", message, "Uninstall Cuemark to remove it.")
        folder = self.path(name)
        freed = bytes_in(folder)
        (folder / provenance.MANIFEST).unlink(missing_ok=True)  # first: what is half removed is not usable
        shutil.rmtree(folder, ignore_errors=True)
        return freed + sum(self._downloader.discard(url) for url in self._urls(entry))

    def _entry(self, name: str) -> ModelEntry:
        if name in self._registry:
            return self._registry[name]
        known = ", ".join(self._registry)
        raise ModelError("model_unknown", f"There is no model called {name}.", f"Known are {known}; or give a folder.")

    def _folder(self, name_or_path: str | Path, role: str) -> Path:
        name = str(name_or_path)
        if name not in self._registry:
            path = Path(os.path.expanduser(name))
            try:
                is_there = path.exists()
            except (OSError, ValueError):  # names that no disk can hold
                is_there = False
            if not is_there and path.name == name and not isinstance(name_or_path, Path):
                self._entry(name)  # neither: say which names there are
            return path
        entry = self._registry[name]
        if role not in entry.models:
            raise self._lacks_role(entry, role)
        if not self._is_whole(entry):
            if entry.bundled:
                message = f"The model {name}, which is part of Cuemark, is missing from {self.path(name)}."
                raise ModelError("model_folder_invalid", message, "Install Cuemark again.")
            raise self._needed(entry)
        return self.path(name) / role

    def _needed(self, entry: ModelEntry) -> ModelError:
        """The error for a model that was asked for and has to be pulled first; of an unfinished pull, how far it is."""
        here, size = self._status(entry).bytes_on_disk, size_text(entry.download_size)
        state = f"only {size_text(here)} of its {size} are on this machine" if here else "it is not on this machine"
        told = f"The model {entry.name} was asked for, and {state}."
        what = "Finish it" if here else f"Bring it here ({size} from {self.source(entry)}, {entry.licence})"
        return ModelError("models_needed", told, f"{what}: cuemark models pull {entry.name}")

    def _is_whole(self, entry: ModelEntry) -> bool:
        folder = self.path(entry.name)
        if entry.bundled:
            return all(any((folder / role).glob("*.safetensors")) for role in entry.models)
        recorded = provenance.recorded(folder)
        if not recorded or not provenance.is_of(entry, recorded.values()):
            return False
        return all(_size(folder / path) == record.get("size") for path, record in recorded.items())

    def _lacks_role(self, entry: ModelEntry, role: str) -> ModelError:
        has = " and ".join(_role_words(known) for known in entry.models)
        message = f"The model {entry.name} has no {_role_words(role)}; it has only {has}."
        fit = [other.name for other in self._registry.values() if role in other.models and other.name != SAMPLE]
        others = ", ".join(fit) or "another"
        return ModelError("model_lacks_role", message, f"For --{role} name {others}, or give a folder.")

    def _damaged(self, entry: ModelEntry, listener: Progress) -> Sequence[Path]:
        """Files that are not what the manifest recorded, or not what any such file must hold."""
        recorded = provenance.recorded(self.path(entry.name))
        found = []
        for file in entry.files:
            record, held = recorded.get(f"{file.role}/{file.path}"), self._target(entry, file)
            if record is None or not held.is_file():
                continue
            listener.check()
            if not _is_sound(file, held, record):
                found.append(held)
        return found

    def _status(self, entry: ModelEntry) -> ModelStatus:
        folder, ready = self.path(entry.name), self._is_whole(entry)
        partial = 0 if entry.bundled else sum(self._downloader.present(url) for url in self._urls(entry))
        here = bytes_in(folder) - max(0, _size(folder / provenance.UNDER_WAY))
        return ModelStatus(entry, ready, folder if ready else None, here + partial)

    def _url(self, file: RemoteFile) -> str:
        return self._mirror.url(file.url)

    def _urls(self, entry: ModelEntry) -> tuple[str, ...]:
        """Every url that a pull of the entry may ask for."""
        return tuple(self._url(each) for file in entry.files for each in (file, _archive(file)) if each.url)

    def _target(self, entry: ModelEntry, file: RemoteFile) -> Path:
        return self.path(entry.name) / file.role / file.path

    def _check_space(self, entry: ModelEntry) -> None:
        needed = 0
        for file in entry.files:
            here = self._target(entry, file)
            present = _size(here) if here.is_file() else self._downloader.present(self._url(file))
            needed += max(0, file.expected - present)
            if file.archive and not here.is_file():  # both lie there for a while
                needed += max(0, file.expected - self._downloader.present(self._url(_archive(file))))
        self.root.mkdir(parents=True, exist_ok=True)
        if needed + _SPARE > shutil.disk_usage(self.root).free:
            raise disk_full(self.root, needed + _SPARE, f"the model {entry.name}")

    def _fetch(
        self, entry: ModelEntry, file: RemoteFile, heard: Callable[[int], None], listener: Progress
    ) -> Fetched | None:
        """Bring one file to its place; weights that are not there as safetensors, out of their torch archive."""
        target = self._target(entry, file)
        wanted = replace(file, optional=True) if file.archive else file

        def recorded() -> object:  # read when it is asked for: another pull may have become whole meanwhile
            return provenance.recorded(self.path(entry.name)).get(f"{file.role}/{file.path}", {}).get("sha256")

        fetched = self._downloader.fetch(wanted, self._url(file), target, heard, listener.note, recorded)
        if fetched is not None or not file.archive:
            return fetched
        archive = _archive(file)
        held = self._target(entry, archive)
        self._downloader.fetch(archive, self._url(archive), held, heard, listener.note)
        listener.note(f"{entry.name}: {archive.path} holds a pickle, which is not loaded: writing {file.path} from it")
        try:
            convert(held, target)
        except StoreError:
            held.unlink()  # what was refused is asked for anew
            raise
        except OSError as error:
            if is_disk_full(error):
                raise disk_filled(target.parent, file.path) from error
            raise
        held.unlink()
        return Fetched(target.stat().st_size, folders.content_hash(target), "converted")

    def _download(self, entry: ModelEntry, listener: Progress) -> dict[str, dict[str, str | int]]:
        records: dict[str, dict[str, str | int]] = {}
        finished, most = 0, 0
        for index, file in enumerate(entry.files):
            later = sum(other.expected for other in entry.files[index + 1 :])

            def heard(done: int, base: int = finished, rest: int = later, expected: int = file.expected) -> None:
                nonlocal most
                listener.check()
                most = max(most, base + done)  # a restarted file must not run the bar backwards
                listener.update("download", most, max(most, base + max(expected, done) + rest), "bytes")

            listener.note(f"{entry.name}: {file.role}/{file.path}")
            heard(0)
            fetched = self._fetch(entry, file, heard, listener)
            if fetched is None:
                continue
            finished += fetched.size
            records[f"{file.role}/{file.path}"] = {
                "size": fetched.size, "sha256": fetched.sha256, "checked": fetched.checked, "url": self._url(file),
            }  # fmt: skip
        listener.update("download", max(finished, most), max(finished, most), "bytes")
        return records


def _archive(file: RemoteFile) -> RemoteFile:
    """The torch archive that holds the weights of a file."""
    return RemoteFile(file.role, Path(urlsplit(file.archive).path).name, file.archive, file.expected)


def _is_sound(file: RemoteFile, held: Path, record: provenance.Record) -> bool:
    """Whether a file is what was recorded of it, what the registry knows of it, and what any such file holds."""
    found = folders.content_hash(held)
    return found == record.get("sha256") and file.sha256 in (None, found) and not contents.problem(file, held)


def _unusable(root: Path, error: OSError) -> StoreError:
    if is_disk_full(error):
        return disk_filled(root, "the model")
    reason = (error.strerror or str(error) or type(error).__name__).rstrip(".")
    message = f"The models in {root} cannot be read or written: {error.filename or root}: {reason}."
    return StoreError("model_store_unusable", message, "Check that the folder is yours and its disk is in order.")


def _role_words(role: str) -> str:
    return f"{_labels()[role]} (--{role})" if role in _labels() else f"model for the role {role}"


def _labels() -> dict[str, str]:
    """What models are called within a sentence, by the option that names one."""
    return {**{role: asked.label for role, asked in MODEL_ROLES.items()}, "speech": "speech model"}


def _bundled_folder(entry: ModelEntry) -> Path:
    return Path(__file__).parents[1] / "weights" / entry.name


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
