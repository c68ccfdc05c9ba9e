"""Which speech model hears a media, and what is said, once, where none is here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from cuemark.core.derived import read_object, write_object
from cuemark.core.errors import Notice, OptionError
from cuemark.core.languages import language_code
from cuemark.core.sizes import size_text
from cuemark.core.typed_text import AUTO
from cuemark.models.runtime.hardware import Hardware, glance
from cuemark.models.store.advice import advise
from cuemark.models.store.registry import ModelEntry
from cuemark.models.store.speech_folder import CTRANSLATE2
from cuemark.models.store.store import ModelStatus

ROLE = "speech"
OFF = "off"
NO_SPEECH_MODEL = "no_speech_model"
"""Code of the notice that nobody listened, since no speech model is here."""
OFFERED = ("whisper-small", "whisper-base")
"""What a user who has none is told of, the first that fits the machine: any language, no GPU needed."""
_PROCESSOR_PARAMETERS = 500_000_000
"""A larger Whisper takes longer on a processor than the footage lasts."""
_TOLD = "speech-told.json"


def speech_model(
    known: Sequence[ModelStatus], asked: str | None, language: str | None, hardware: Hardware | None = None
) -> str | None:
    """The name or folder of the model for `--speech` (None: auto); None where nobody shall listen, or nobody can.

    Automatic is the best pulled one that hears the language and fits the machine.  A name or folder is returned as it
    is: whoever loads it refuses what it cannot be.  OptionError `option_language` for a named model that does not hear
    the language.
    """
    if asked == OFF:
        return None
    if asked and asked != AUTO:
        _check_language(known, asked, language)
        return asked
    pulled = [each.entry for each in known if each.ready and ROLE in each.entry.models]
    best = _best(pulled, language, hardware or glance())
    return None if best is None else best.name


def speech_notice(
    known: Sequence[ModelStatus], language: str | None = None, hardware: Hardware | None = None
) -> Notice:
    """What a pull would bring to a user who has no speech model, or none for the language."""
    told = "Somebody speaks in this file, and no speech model is here to write it down"
    if language and any(each.ready and ROLE in each.entry.models for each in known):
        told = f"Somebody speaks in this file, and no speech model that is here hears {language!r}"
    offered = offered_model(known, language, hardware)
    if offered is None:
        return Notice(NO_SPEECH_MODEL, f"{told}.")
    brings = (
        f"{offered.title} for {offered.understands}: {size_text(offered.download_size)} from {offered.source}, licence "
        f"{offered.licence}"
    )
    return Notice(
        NO_SPEECH_MODEL,
        f"{told}. `cuemark models pull {offered.name}` brings {brings}; chapters then follow what is said. "
        "`--speech off` leaves it at the pictures.",
    )


def offered_model(
    known: Sequence[ModelStatus], language: str | None = None, hardware: Hardware | None = None
) -> ModelEntry | None:
    """The speech model that a user who has none is told of; None where every one is here."""
    here = hardware or glance()
    entries = {each.entry.name: each.entry for each in known if ROLE in each.entry.models and not each.ready}
    wanted = [entries[name] for name in OFFERED if name in entries and advise(entries[name], here).fits]
    return next(iter(wanted), None) or _best(list(entries.values()), language, here)


class SpeechTold:
    """Whether the user was told already that no speech model is here; kept in the cache folder."""

    def __init__(self, cache: Path) -> None:
        self._file = cache / _TOLD

    def __bool__(self) -> bool:
        return read_object(self._file, _TOLD) is not None

    def remember(self) -> None:
        """From now on it is known; where it cannot be kept, it is said again."""
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_object(self._file, _TOLD, {"told": True})


def hears(entry: ModelEntry, language: str | None) -> bool:
    """Whether a speech model of the registry knows a language; any, where nobody says which."""
    languages = entry.models[ROLE].languages
    return not language or not languages or (language_code(language) or language) in languages


def unheard(name: str, language: str | None, languages: Iterable[str]) -> OptionError:
    """The error for a speech model that does not hear the language, but only these."""
    problem = f"The speech model {name} does not hear {language!r}; it hears {', '.join(languages)}."
    return OptionError("option_language", problem, "Leave --language out, or name another --speech.")


def _best(entries: Iterable[ModelEntry], language: str | None, hardware: Hardware) -> ModelEntry | None:
    possible = [entry for entry in entries if hears(entry, language)]
    fitting = [entry for entry in possible if advise(entry, hardware).fits]
    return max(fitting or possible, key=lambda entry: _rank(entry, hardware), default=None)


def _rank(entry: ModelEntry, hardware: Hardware) -> tuple[bool, int]:
    model = entry.models[ROLE]
    heavy = model.engine == CTRANSLATE2 and model.parameters > _PROCESSOR_PARAMETERS and not hardware.gpu
    return not heavy, entry.quality


def _check_language(known: Sequence[ModelStatus], asked: str, language: str | None) -> None:
    entry = next((each.entry for each in known if each.entry.name == asked and ROLE in each.entry.models), None)
    if entry is not None and not hears(entry, language):
        raise unheard(asked, language, entry.models[ROLE].languages)
