"""`--captioner vlm` as a user meets it: the real command line, daemon and worker, and a server that looks."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cuemark.lab.sample.video import render
from tests.cli.conftest import Ran, Shell, stopped
from tests.vlm.conftest import Film, Look, VlmServer, asked, is_probe, looker
from tests.vlm.tiny import llava

Serve = Callable[[Look], VlmServer]
KEY = "s3cret-key-of-mine"
OWN = "keep Cuemark's own captions"


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """One daemon for all tests here, with a key in its environment."""
    root = tmp_path_factory.mktemp("vlm-cli")
    (root / "here").mkdir()
    made = Shell(root / "home", root / "here")
    yield made
    stopped(made)


@pytest.fixture(scope="module")
def footage(film: Film, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(film.script, tmp_path_factory.mktemp("footage") / "film.mp4").path


@pytest.fixture
def analyze(shell: Shell, footage: Path) -> Callable[..., Ran]:
    """`cuemark analyze` of the film with the sample pair and these words behind it."""

    def run(*words: str, timeout: float = 600) -> Ran:
        pair = ("--clip", "sample", "--lm", "sample", "--preset", "fast")
        return shell("analyze", footage, *pair, *words, timeout=timeout, CUEMARK_VLM_KEY=KEY)

    return run


def captions(found: Any) -> list[str]:
    return [moment["caption"] for moment in found["moments"]]


def vlm(url: str, *more: str) -> tuple[str, ...]:
    return ("--captioner", "vlm", "--vlm", url, "--vlm-model", "looker", "--set", "vlm.retries=0", *more)


@pytest.fixture(scope="module")
def own(shell: Shell, footage: Path) -> list[str]:
    """Our own captions."""
    words = ("--clip", "sample", "--lm", "sample", "--preset", "fast", "--json")
    return captions(shell("analyze", footage, *words, timeout=600, CUEMARK_VLM_KEY=KEY).json)


def test_right_captions_end_up_in_the_analysis_with_the_model_that_wrote_them(
    analyze: Callable[..., Ran], shell: Shell, footage: Path, serve: Serve, film: Film, own: list[str]
) -> None:
    server = serve(looker(film.describe))
    ran = analyze(*vlm(server.url), "--json")
    assert ran.code == 0, ran.err
    truth = {event.captions[0][:1].upper() + event.captions[0][1:] for event in film.script.events}
    assert set(captions(ran.json)) <= truth and len(set(captions(ran.json))) >= 3
    assert not [warning for warning in ran.json["warnings"] if warning["code"].startswith("vlm")]
    shown = shell("analyses", "show", footage, "--json").json
    assert (shown["options"]["captioner"], shown["options"]["vlm"], shown["options"]["vlm_model"]) == (
        "vlm", server.url, "looker",
    )  # fmt: skip
    assert shown["models"]["vlm"]["name"] == "looker" and "OpenAI's form" in shown["models"]["vlm"]["reason"]
    told = shell("analyses", "show", footage)
    assert f"captions by looker at {server.url}" in told.out
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    kept = [file for file in shell.home.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]
    assert not kept and KEY not in ran.out + ran.err


def test_a_server_that_ignores_pictures_is_told_of_and_ours_stay(
    analyze: Callable[..., Ran], serve: Serve, film: Film, own: list[str]
) -> None:
    server = serve(lambda *_: '{"caption": "A lovely day", "title": "Day", "tags": ["day"]}')
    ran = analyze(*vlm(server.url))
    assert ran.code == 0
    assert "[vlm_ignores_pictures]" in ran.err and OWN in ran.err
    assert all(caption in ran.out for caption in own)


def test_a_server_that_hangs_or_is_not_there_costs_its_time_and_nothing_else(
    analyze: Callable[..., Ran], serve: Serve, film: Film, own: list[str]
) -> None:
    server = serve(looker(film.describe))
    server.before = lambda this, handler, _: this.hang(handler)
    for url, code in ((server.url, "vlm_timeout"), ("http://127.0.0.1:9", "vlm_unreachable")):
        ran = analyze(*vlm(url, "--set", "vlm.timeout=1"), "--json")
        assert ran.code == 0 and captions(ran.json) == own
        assert code in {warning["code"] for warning in ran.json["warnings"]}


def test_another_host_is_not_asked_without_leave(analyze: Callable[..., Ran], own: list[str]) -> None:
    ran = analyze(*vlm("http://192.0.2.7:11434"), "--json")
    assert ran.code == 0 and captions(ran.json) == own
    (warning,) = [one for one in ran.json["warnings"] if one["code"] == "vlm_host_not_allowed"]
    assert "--vlm-host 192.0.2.7" in warning["message"] and OWN in warning["message"]


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent by a signal")
def test_ctrl_c_is_heeded_while_a_server_hangs(shell: Shell, footage: Path, serve: Serve, film: Film) -> None:
    server = serve(looker(film.describe))
    server.before = lambda this, handler, body: not is_probe(asked(handler.path, body)[0]) and this.hang(handler)
    pair = ("--clip", "sample", "--lm", "sample", "--preset", "fast")
    process = shell.start("analyze", footage, *pair, *vlm(server.url), CUEMARK_VLM_KEY=KEY)
    deadline = time.monotonic() + 300
    while len(server.requests) < 2:
        assert time.monotonic() < deadline and process.poll() is None, process.communicate()
        time.sleep(0.05)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 130
    (job,) = shell("jobs", "list", "--json").json[:1]
    assert job["state"] == "cancelled"
    assert time.monotonic() - begun < 30  # the commands' own start included


@pytest.mark.parametrize(
    ("words", "code", "step"),
    [
        (("--captioner", "vlm"), "vlm_missing", "--vlm"),
        (("--vlm", "http://127.0.0.1:11434"), "vlm_unused", "--captioner vlm"),
        (("--captioner", "poet"), "option_captioner", "lexicon, beam, vlm"),
        (("--captioner", "vlm", "--vlm", "http://me:pw@127.0.0.1"), "option_vlm", "CUEMARK_VLM_KEY"),
    ],
)
def test_what_cannot_be_is_refused_at_once(
    analyze: Callable[..., Ran], words: tuple[str, ...], code: str, step: str
) -> None:
    ran = analyze(*words)
    assert ran.code == 2 and f"[{code}]" in ran.err and step in ran.err
    assert "pw@" not in ran.err


def test_the_garbage_of_an_untrained_folder_is_refused(
    analyze: Callable[..., Ran], tmp_path: Path, own: list[str]
) -> None:
    ran = analyze("--captioner", "vlm", "--vlm", str(llava(tmp_path / "tiny")), "--set", "vlm.tokens=20", "--json")
    assert ran.code == 0, ran.err
    assert captions(ran.json) == own and "vlm" not in ran.json["models"]
    (warning,) = [one for one in ran.json["warnings"] if one["code"] == "vlm_ignores_pictures"]
    assert OWN in warning["message"] and '"tiny"' in warning["message"]


def test_a_folder_that_cannot_be_loaded_leaves_ours(
    analyze: Callable[..., Ran], tmp_path: Path, own: list[str]
) -> None:
    folder = llava(tmp_path / "cut")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    ran = analyze("--captioner", "vlm", "--vlm", str(folder), "--json")
    assert ran.code == 0 and captions(ran.json) == own
    (warning,) = [one for one in ran.json["warnings"] if one["code"] == "model_folder_invalid"]
    assert OWN in warning["message"] and str(folder) in warning["message"]


def test_a_folder_that_is_none_is_refused_before_the_work(analyze: Callable[..., Ran], tmp_path: Path) -> None:
    ran = analyze("--captioner", "vlm", "--vlm", str(tmp_path), "--json")
    assert ran.code == 1 and "model_folder_invalid" in ran.out
