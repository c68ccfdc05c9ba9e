"""The whole path of an analysis on real files with real, if untrained, models: what is found is noise, how is not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cuemark.core import settings as configuration
from cuemark.core.analysis import Analysis
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import MediaError, ModelError, OptionError
from cuemark.core.jobs import Job, JobState
from cuemark.rpc.client.client import CuemarkClient, stop_daemon

TEXT = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
VISION = {"image_size": 32, "patch_size": 16, "layers": 1, "width": 32, "head_width": 16}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an untrained open_clip directory `clip` and an untrained GPT-2 directory `lm`."""
    import torch
    from safetensors.torch import save_file

    from cuemark.models.runtime.safe_imports import open_clip_module

    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(3)
    config = {"embed_dim": 24, "vision_cfg": VISION, "text_cfg": TEXT}
    model = open_clip_module().model.CLIP(**config)
    (folder / "clip").mkdir()
    weights = {name: value.clone().contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "clip" / "open_clip_model.safetensors")
    described = {"model_cfg": config, "preprocess_cfg": {}}
    (folder / "clip" / "open_clip_config.json").write_text(json.dumps(described))
    _write_lm(folder / "lm")
    return folder


def _write_lm(folder: Path) -> None:
    from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
    from tokenizers.models import BPE
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    raw = Tokenizer(BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=["<|end|>"], initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(["Video of a red cat on a mat.", "Video showing a blue dog near a tree."] * 5, trainer)
    PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|end|>").save_pretrained(folder)
    shape = {"n_embd": 32, "n_layer": 1, "n_head": 2, "n_positions": 128}
    GPT2LMHeadModel(GPT2Config(vocab_size=320, bos_token_id=0, eos_token_id=0, **shape)).save_pretrained(folder)


@pytest.fixture
def options(models: Path) -> AnalysisOptions:
    """Quick options with the small models."""
    return AnalysisOptions(moments=2, preset="fast", models={"clip": str(models / "clip"), "lm": str(models / "lm")})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CuemarkClient]:
    """A client of the daemon as it is shipped; one for all tests here, since loading models takes a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUEMARK_HOME", str(tmp_path_factory.mktemp("pipeline-home")))
        settings = configuration.load()
        with CuemarkClient.connect(settings) as made:
            yield made
        stop_daemon(settings)


def write_video(path: Path, seconds: float = 8.0, rate: int = 10, tint: int = 80) -> Path:
    """Colours that change every two seconds."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(max(1, round(seconds * rate))):
            picture = np.full((48, 64, 3), (number // (2 * rate) * 60 % 255, tint, number % 50), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def run(client: CuemarkClient, path: Path, options: AnalysisOptions) -> Job:
    """Analyses a file to the end."""
    return client.wait_job(client.submit_analyze(path, options).id)


def test_a_file_is_analysed_and_again_from_the_cache(
    client: CuemarkClient, tmp_path: Path, options: AnalysisOptions
) -> None:
    path = write_video(tmp_path / os.fsdecode(b"footage \xff 'a' \xf0\x9f\x8e\xac.mp4"))
    done = run(client, path, options)
    assert done.error is None
    assert done.analysis_id is not None
    analysis = client.get_analysis(done.analysis_id)
    assert analysis.media.path == path
    assert len(analysis.moments) == 2
    assert all(0 <= m.start < m.end <= analysis.media.duration for m in analysis.moments)
    assert analysis.chapters[0].start == 0
    assert analysis.chapters[-1].end == analysis.media.duration
    assert analysis.models["clip"].name == options.models["clip"]
    assert analysis.models["clip"].device == "cpu"
    assert done.counters["frames_encoded"] > 0
    assert {device.role for device in client.status().devices} == {"clip", "lm"}

    moved = path.rename(tmp_path / "moved.mp4")
    again = run(client, moved, options)
    assert again.error is None
    assert "frames_decoded" not in again.counters
    assert "frames_encoded" not in again.counters
    samples = done.counters["frames_encoded"] + done.counters.get("frames_equal", 0)
    assert again.counters["features_from_cache"] == samples
    assert again.analysis_id is not None
    assert client.get_analysis(again.analysis_id).moments == analysis.moments
    assert [summary.id for summary in client.list_analyses(moved)] == [again.analysis_id, done.analysis_id]
    assert client.cache_info().bytes > 0
    assert client.export(done.analysis_id, "json").data.startswith(b"{")
    assert client.prune_cache(0).bytes_freed > 0


def test_a_moment_below_the_least_confidence_is_left_without_a_caption(
    client: CuemarkClient, tmp_path: Path, options: AnalysisOptions
) -> None:
    path = write_video(tmp_path / "unsure.mp4", 20)

    def found(least: Fraction) -> Analysis:
        done = run(client, path, replace(options, min_confidence=least))
        assert done.error is None and done.analysis_id is not None
        return client.get_analysis(done.analysis_id)

    named, sure = found(Fraction(0)), max(moment.score for moment in found(Fraction(0)).moments)
    assert all(moment.caption for moment in named.moments) and sure < 1
    unsure = found(Fraction(1))
    assert [replace(moment, caption="") for moment in named.moments] == list(unsure.moments)
    assert unsure.options["min_confidence"] == "1/1"
    rows = client.export(unsure.id, "csv").data.decode().splitlines()
    assert [row.split(",")[8] for row in rows if row.startswith("moment")] == ["Moment 1", "Moment 2"]
    titles = {chapter.title for chapter in unsure.chapters}
    assert titles <= {"Moment 1", "Moment 2", "Opening", "Interlude", "Ending"}
    with pytest.raises(OptionError, match=r"must be 0 to 1, not 1\.5") as refused:
        client.submit_analyze(path, replace(options, min_confidence=Fraction(3, 2)))
    assert refused.value.code == "option_min_confidence" and "--min-confidence" in refused.value.next_step


def test_a_worker_killed_in_the_middle_of_features_does_not_compute_them_twice(
    home: Any, client: CuemarkClient, tmp_path: Path, options: AnalysisOptions
) -> None:
    # 3000 pictures take a quick machine more than a second, and the first progress comes after 0.2 s.
    path = write_video(tmp_path / "long.mp4", seconds=300)
    job = client.submit_analyze(path, replace(options, sample_rate=Fraction(10)))
    total = 0
    for event in client.watch_job(job.id):
        progress = event.progress
        if progress is not None and progress.stage == "features" and progress.done >= 128 and not total:
            total = progress.total
            home.kill(client.status().worker_pid)
    done = client.get_job(job.id)
    assert done.error is None
    assert done.attempt == 2
    assert done.counters["chunks_from_cache"] >= 1
    # All of one chunk, and what was on its way, may have been lost.
    assert done.counters["frames_encoded"] <= total + 128


def spoiled(folder: Path, kind: str) -> Path:
    """A file nobody can analyse, or barely."""
    path = folder / f"{kind}.mp4"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("This is no film.\n" * 100)
    elif kind == "unreadable":
        write_video(path).chmod(0)
    return path


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("missing", {"media_not_found"}),
        ("empty", {"media_is_empty"}),
        ("text", {"media_not_recognised"}),
        ("unreadable", {"media_unreadable"}),
    ],
)
def test_a_bad_file_fails_its_own_job_only(
    client: CuemarkClient, tmp_path: Path, options: AnalysisOptions, kind: str, codes: set[str]
) -> None:
    if kind == "unreadable" and hasattr(os, "getuid") and os.getuid() == 0:
        pytest.skip("root reads everything")
    path = spoiled(tmp_path, kind)
    bad = client.submit_analyze(path, options)
    good = client.submit_analyze(write_video(tmp_path / "good.mp4", 3), options)
    failed = client.wait_job(bad.id)
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert failed.error.code in codes
    assert "\n" not in failed.error.message
    assert failed.error.next_step
    assert client.wait_job(good.id).state is JobState.SUCCEEDED


def test_a_file_deleted_while_it_is_analysed_has_its_own_code(
    client: CuemarkClient, tmp_path: Path, options: AnalysisOptions
) -> None:
    path = write_video(tmp_path / "gone.mp4", seconds=200, tint=200)
    bad, good = (
        client.submit_analyze(path, options),
        client.submit_analyze(write_video(tmp_path / "ok.mp4", 3), options),
    )
    for event in client.watch_job(bad.id):
        if event.progress is not None and event.progress.stage == "features":
            path.unlink(missing_ok=True)
    error = client.get_job(bad.id).error
    assert error is not None
    assert error.code == "media_vanished"
    assert client.wait_job(good.id).state is JobState.SUCCEEDED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda folder: {"models": {"clip": str(folder)}}, "model_folder_invalid"),
        (lambda folder: {"models": {"clip": str(folder / "lm")}}, "model_is_not_clip"),
        (lambda folder: {"models": {"lm": str(folder / "clip")}}, "model_is_not_lm"),
        (lambda folder: {"models": {"clip": "light"}}, "models_needed"),
        (lambda folder: {"models": {"clip": "huge"}}, "model_unknown"),
        (lambda folder: {"moments": 500}, "too_many_moments"),
    ],
)
def test_a_bad_wish_has_its_own_code(
    client: CuemarkClient,
    tmp_path: Path,
    models: Path,
    options: AnalysisOptions,
    change: Callable[[Path], dict[str, Any]],
    code: str,
) -> None:
    from dataclasses import replace

    changed = change(models)
    wanted = replace(options, **{**changed, "models": {**options.models, **changed.get("models", {})}})
    failed = run(client, write_video(tmp_path / "a.mp4", 3), wanted)
    assert failed.error is not None
    assert failed.error.code == code
    assert failed.error.next_step


def test_texts_are_encoded_as_an_analysis_encodes_them(
    client: CuemarkClient, tmp_path: Path, options: AnalysisOptions
) -> None:
    from cuemark.models.clip.clip import load_clip

    texts = ["a red cat on a mat", "a blue dog", "a red cat on a mat", ""]
    found = client.encode_texts(texts, options.models["clip"])
    clip = load_clip(Path(options.models["clip"]), tmp_path / "towers")
    assert [list(vector.values) for vector in found.vectors] == clip.text.encode(texts).tolist()
    assert (found.model.id, found.model.name) == (clip.id, options.models["clip"])
    with pytest.raises(ModelError) as refused:
        client.encode_texts(texts, options.models["lm"])
    assert refused.value.code == "model_is_not_clip"


def test_a_folder_gives_its_videos(client: CuemarkClient, tmp_path: Path) -> None:
    (tmp_path / "films" / "more").mkdir(parents=True)
    odd = os.fsdecode(b"\xfe.mp4")
    for name in ("b.mp4", "a.mov", f"more/{odd}"):
        (tmp_path / "films" / name).touch()
    (tmp_path / "films" / "notes.txt").touch()
    films = tmp_path / "films"
    assert client.find_videos(films) == [films / "a.mov", films / "b.mp4", films / "more" / odd]
    with pytest.raises(MediaError) as refused:
        client.find_videos(tmp_path / "nowhere")
    assert refused.value.code == "media_not_found"
    with pytest.raises(MediaError) as refused:
        client.find_videos(_empty(tmp_path))
    assert refused.value.code == "no_video_in_folder"


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def test_how_long_an_analysis_took_is_kept_where_it_was_done_whole(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cuemark.analysis.model_cache import ModelCache
    from cuemark.analysis.pipeline import analyse
    from cuemark.core.limits import UNLIMITED
    from cuemark.core.progress import SilentProgress
    from cuemark.evidence.frames.cache import FeatureCache
    from cuemark.models.runtime.speeds import Speeds

    monkeypatch.setenv("CUEMARK_HOME", str(tmp_path / "home"))
    settings = configuration.load()
    names = {role: str(models / role) for role in ("clip", "lm")}
    used, cache = ModelCache(settings), FeatureCache(settings.cache)
    path, plain = write_video(tmp_path / "long.mp4", seconds=20), AnalysisOptions(models=names)

    def kept_after(options: AnalysisOptions) -> str:
        analyse(path, options, used, cache, UNLIMITED, SilentProgress())
        file = settings.cache / "speeds.json"
        return file.read_text() if file.exists() else ""

    assert kept_after(AnalysisOptions(models=names, preset="fast", moments=2)) == "", "not as it is done by default"
    assert kept_after(plain) == "", "the features were there"
    cache.prune(0)
    kept = kept_after(plain)
    assert Speeds(settings.cache).of(names["clip"], names["lm"]) > 0
    assert kept_after(plain) == kept
