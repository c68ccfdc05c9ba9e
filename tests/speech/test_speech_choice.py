"""Which speech model hears a media, and what is said once where none is here."""

from __future__ import annotations

from pathlib import Path

import pytest

from cuemark.core.errors import OptionError
from cuemark.models.runtime.hardware import Hardware
from cuemark.models.speech.choice import NO_SPEECH_MODEL, SpeechTold, speech_model, speech_notice
from cuemark.models.store.registry import default_registry
from cuemark.models.store.store import ModelStatus

LAPTOP = Hardware(16 << 30, 8)
GPU = Hardware(32 << 30, 8, "cuda", "a GPU is here", 12 << 30)
SMALL = Hardware(2 << 30, 2)


def here(*pulled: str) -> list[ModelStatus]:
    return [ModelStatus(entry, name in pulled or entry.bundled, None, 0) for name, entry in default_registry().items()]


def test_the_best_that_is_here_and_hears_the_language() -> None:
    assert speech_model(here(), None, None, LAPTOP) is None
    assert speech_model(here("light", "best"), "auto", "en", LAPTOP) is None, "no speech model among them"
    assert speech_model(here("whisper-tiny", "whisper-small"), None, None, LAPTOP) == "whisper-small"
    assert speech_model(here("whisper-small", "parakeet"), "auto", "de", LAPTOP) == "parakeet"
    assert speech_model(here("whisper-small", "parakeet"), "auto", "ja", LAPTOP) == "whisper-small"
    assert speech_model(here("parakeet"), "auto", "ja", LAPTOP) is None
    assert speech_model(here("parakeet"), "auto", "pt-BR", LAPTOP) == "parakeet"


def test_what_a_machine_can_carry_decides() -> None:
    every = here("whisper-tiny", "whisper-small", "whisper-turbo", "whisper-medium")
    assert speech_model(every, None, "en", GPU) == "whisper-turbo"
    assert speech_model(every, None, "en", LAPTOP) == "whisper-small", "a processor would take longer than the footage"
    assert speech_model(here("whisper-turbo"), None, "en", LAPTOP) == "whisper-turbo", "the only one there is"
    assert speech_model(here("whisper-tiny", "whisper-medium"), None, "en", SMALL) == "whisper-tiny"


def test_off_names_and_folders_are_taken_as_they_are() -> None:
    assert speech_model(here("whisper-base"), "off", None, LAPTOP) is None
    assert speech_model(here("whisper-base"), "whisper-tiny", None, LAPTOP) == "whisper-tiny"
    assert speech_model(here(), "/models/mine", "ja", LAPTOP) == "/models/mine"
    with pytest.raises(OptionError) as error:
        speech_model(here("parakeet"), "parakeet", "ja", LAPTOP)
    assert error.value.code == "option_language" and "parakeet does not hear 'ja'" in str(error.value)


def test_what_is_said_where_none_is_here() -> None:
    notice = speech_notice(here(), None, LAPTOP)
    assert notice.code == NO_SPEECH_MODEL
    for told in ("cuemark models pull whisper-small", "MB", "huggingface.co", "MIT", "--speech off", "99 languages"):
        assert told in notice.message, told
    assert "whisper-base" in speech_notice(here(), None, SMALL).message
    assert "hears 'ja'" in speech_notice(here("parakeet"), "ja", LAPTOP).message


def test_it_is_said_once(tmp_path: Path) -> None:
    assert not SpeechTold(tmp_path / "cache")
    SpeechTold(tmp_path / "cache").remember()
    assert SpeechTold(tmp_path / "cache") and not SpeechTold(tmp_path / "other")
    (tmp_path / "file").write_text("no folder")
    SpeechTold(tmp_path / "file").remember()  # nothing to keep it in: said again, and nothing else


def test_every_entry_says_what_it_hears_and_which_engine_runs_it() -> None:
    entries = {name: entry.models["speech"] for name, entry in default_registry().items() if "speech" in entry.models}
    assert {"whisper-tiny", "whisper-base", "whisper-small", "whisper-medium", "whisper-turbo", "parakeet"} == set(
        entries
    )
    assert len(entries["parakeet"].languages) == 25 and entries["parakeet"].licence == "CC-BY-4.0"
    for model in entries.values():
        assert len(model.revision) == 40 and model.files and model.licence in ("MIT", "CC-BY-4.0")
        assert all(file.sha256 or file.about < 10_000 for file in model.files), "weights by their hash"
