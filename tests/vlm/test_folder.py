"""A vision-language model in a folder: tiny, never trained, and therefore one whose words nobody should believe."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cuemark.captions.vlm.captioner import caption_with
from cuemark.captions.vlm.folder import VlmInFolder
from cuemark.captions.vlm.model import Question, VlmFailure
from cuemark.captions.vlm.options import VlmOptions
from cuemark.core.errors import JobCancelled, ModelError
from cuemark.models.store import folders
from tests.vlm.conftest import Film, Listening
from tests.vlm.tiny import llava, qwen, smolvlm

PICTURES = [np.full((40, 60, 3), value, np.uint8) for value in (10, 120, 240)]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return llava(tmp_path_factory.mktemp("vlm") / "tiny")


@pytest.fixture(scope="session")
def tiny(folder: Path) -> VlmInFolder:
    from cuemark.models.vlm.vlm import load_vlm

    return VlmInFolder(folder, load_vlm(folder))


def question(tokens: int = 20, seconds: float = 60.0) -> Question:
    return Question("What is seen?", PICTURES, {}, tokens, seconds)


def test_it_writes_about_pictures_in_full_precision(tiny: VlmInFolder) -> None:
    import torch

    (text,) = tiny.answer(question(), Listening().check)
    assert isinstance(text, str) and "What is seen" not in text, "only what is new"
    assert tiny.answer(question(), Listening().check) == (text,)
    assert tiny.loaded._model.dtype in (torch.float32, torch.bfloat16)
    use = tiny.use()
    assert (use.name, use.device) == (str(tiny.folder), "cpu") and "float" in use.reason and len(use.id) == 64


def test_hashes_that_are_remembered_make_the_same_id_and_what_is_changed_another(
    folder: Path, tiny: VlmInFolder, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    memory = tmp_path / "hashes.json"
    for _ in range(2):
        assert folders.identity(copy, folders.vlm_weights(copy), memory) == tiny.loaded.id
    assert memory.is_file()
    (copy / "preprocessor_config.json").write_text('{"rescale_factor": 1}')
    assert folders.identity(copy, folders.vlm_weights(copy), memory) != tiny.loaded.id


@pytest.mark.parametrize("write", [qwen, smolvlm])
def test_folders_of_other_kinds_take_several_pictures_in_few_tokens(
    write: Callable[[Path], Path], tmp_path: Path
) -> None:
    from cuemark.models.vlm.vlm import load_vlm

    loaded = load_vlm(write(tmp_path / "tiny"))
    pictures = [np.full((288, 512, 3), value, np.uint8) for value in (10, 120, 240)]
    assert isinstance(loaded.write("What is seen?", pictures, 5, 60.0, lambda: None), str)
    assert loaded._asked("", pictures)["input_ids"].shape[1] < 3 * 220, "a picture is not cut into tiles"


def test_weights_kept_in_half_precision_are_never_run_in_it_on_a_cpu(folder: Path, tmp_path: Path) -> None:
    import torch
    from transformers import LlavaForConditionalGeneration

    from cuemark.models.vlm.vlm import load_vlm

    half = shutil.copytree(folder, tmp_path / "half")
    LlavaForConditionalGeneration.from_pretrained(folder).half().save_pretrained(half)
    assert json.loads((half / "config.json").read_text())["dtype"] == "float16"
    assert load_vlm(half)._model.dtype in (torch.float32, torch.bfloat16)


def test_what_it_says_is_refused_and_ours_stays(tiny: VlmInFolder, film: Film) -> None:
    found = caption_with(tiny, film.moments, film.evidence, film.text, VlmOptions(tokens=20), Listening())
    assert found.moments == film.moments and found.use is None
    (notice,) = found.notices
    assert notice.code == "vlm_ignores_pictures" and '"tiny"' in notice.message
    assert notice.message.endswith("All 4 moments keep Cuemark's own captions.")


def test_its_garbage_is_refused_even_if_it_were_believed_to_look(
    tiny: VlmInFolder, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cuemark.captions.vlm.captioner.see_pictures", lambda *_: 2)
    found = caption_with(tiny, film.moments, film.evidence, film.text, VlmOptions(tokens=20), Listening())
    assert found.moments == film.moments and found.use is None
    assert [notice.code for notice in found.notices] == ["vlm_captions_kept"]


def test_it_can_be_cancelled_between_tokens(tiny: VlmInFolder) -> None:
    calls: list[int] = []

    def cancel_at_the_third() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        tiny.answer(question(), cancel_at_the_third)


def test_it_stops_when_its_time_is_over(tiny: VlmInFolder) -> None:
    (short,), (long,) = (tiny.answer(question(200, seconds), Listening().check) for seconds in (0.001, 60.0))
    assert long.startswith(short) and len(short) < len(long)


def test_a_model_that_fails_is_a_failure_of_its_own(tiny: VlmInFolder) -> None:
    with pytest.raises(VlmFailure) as caught:
        tiny.answer(Question("x", [PICTURES[0] / 7], {}, 5, 60.0), Listening().check)  # type: ignore[list-item]
    assert caught.value.code == "model_folder_invalid" and str(tiny.folder) in caught.value.message


def spoiled(folder: Path, how: str, into: Path) -> Path:
    made = shutil.copytree(folder, into / how)
    config = json.loads((made / "config.json").read_text())
    if how == "pickle":
        (made / "model.safetensors").rename(made / "pytorch_model.bin")
    elif how == "text":
        (made / "config.json").write_text(json.dumps(config["text_config"]))
    elif how == "processor":
        for file in made.glob("*processor_config.json"):
            file.unlink()
    elif how == "code":
        (made / "mine.py").write_text("raise SystemExit('ran')")
        own: dict[str, Any] = {"AutoConfig": "mine.C", "AutoModelForImageTextToText": "mine.M"}
        (made / "config.json").write_text(json.dumps({**config, "model_type": "mine", "auto_map": own}))
    elif how == "empty":
        shutil.rmtree(made)
        made.mkdir()
    return made


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("pickle", "model_is_pickle"),
        ("text", "model_is_not_vlm"),
        ("processor", "model_folder_invalid"),
        ("empty", "model_folder_invalid"),
    ],
)
def test_a_folder_that_cannot_be_one_is_told_before_it_is_loaded(
    folder: Path, tmp_path: Path, how: str, code: str
) -> None:
    with pytest.raises(ModelError) as caught:
        folders.check(spoiled(folder, how, tmp_path), "vlm")
    assert caught.value.code == code and caught.value.next_step


def test_code_of_its_own_is_never_run(folder: Path, tmp_path: Path) -> None:
    from cuemark.models.vlm.vlm import load_vlm

    with pytest.raises(ModelError) as caught:
        load_vlm(spoiled(folder, "code", tmp_path))
    assert caught.value.code == "model_folder_invalid"
