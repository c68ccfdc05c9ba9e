"""What comes from a server that is not the hub, or lies, never becomes a model; a good server is asked afterwards."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.errors import CuemarkError, OptionError, StoreError
from cuemark.models.store.download import Downloader
from cuemark.models.store.mirror import Mirror
from cuemark.models.store.registry import parse_registry
from cuemark.models.store.store import ModelStore
from tests.attacks.lying_server import MODES, LyingServer, free_port, lying_server, weights

FILES = {
    "/w/open_clip_config.json": json.dumps({"model_cfg": {"embed_dim": 4}}).encode(),
    "/w/open_clip_model.safetensors": weights(random.Random(3).randbytes(300_000)),
}


def registry(**more: Any) -> dict[str, Any]:
    """One model, `tiny`, of a configuration and weights whose bytes nobody knows beforehand."""
    files = [
        {"path": path.rpartition("/")[2], "url": f"https://hub.example{path}", "about": len(data), **more}
        for path, data in FILES.items()
    ]
    clip = {"name": "A", "architecture": "a", "licence": "l", "files": files}
    return parse_registry(json.dumps({"tiny": {"title": "t", "understands": "u", "models": {"clip": clip}}}))


@pytest.fixture
def liar() -> Iterator[LyingServer]:
    with lying_server(dict(FILES)) as server:
        yield server


def store_at(root: Path, address: str) -> ModelStore:
    quick = Downloader(root / ".partial", stall_seconds=2, attempts=2, pause=0.02, login=Mirror.of(address).login)
    return ModelStore(root, registry=registry(), downloader=quick, base_url=address)


def refused(store: ModelStore) -> CuemarkError:
    with pytest.raises(CuemarkError) as error:
        store.pull("tiny")
    assert error.value.next_step and "\n" not in str(error.value)
    return error.value


def held(store: ModelStore) -> dict[str, bytes]:
    folder = store.path("tiny") / "clip"
    return {f"/w/{file.name}": file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize(
    "mode",
    [
        "portal_without_type",
        "portal_in_json",
        "redirects_to_itself",
        "redirects_to_a_file",
        "endless",
        "too_long",
        "deep_json",
        "no_weights",
        "weights_too_small",
        "weights_over_one_another",
        "a_range_of_many_digits",
        "cut_and_changed",
    ],
)
def test_no_lie_becomes_a_model_and_the_truth_does_afterwards(tmp_path: Path, liar: LyingServer, mode: str) -> None:
    store, liar.mode = store_at(tmp_path, liar.url), mode
    began = time.monotonic()
    error = refused(store)
    assert error.code in ("model_file_wrong", "model_download_failed", "model_hash_mismatch"), error.code
    assert time.monotonic() - began < 20
    assert not store.list()[0].ready
    kept = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    assert kept < 2 * sum(map(len, FILES.values())), "what came without end is gone"
    liar.mode = "honest"
    store.pull("tiny")
    assert store.list()[0].ready and held(store) == FILES


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode.startswith("portal")])
def test_a_login_page_is_said_to_be_one(tmp_path: Path, liar: LyingServer, mode: str) -> None:
    store, liar.mode = store_at(tmp_path, liar.url), mode
    error = refused(store)
    if mode != "portal_in_json":
        assert "web page" in error.message or "login" in error.message
    assert "log in" in error.next_step and "127.0.0.1" in error.message


def test_a_login_page_in_mid_pull_costs_nothing_of_what_came(tmp_path: Path, liar: LyingServer) -> None:
    store, liar.mode = store_at(tmp_path, liar.url), "cut_and_changed"
    refused(store)
    (part,) = tmp_path.rglob("*.part")
    before = part.read_bytes()
    for liar.mode in ("portal", "portal_without_type", "portal_says_511", "portal_redirects"):
        refused(store)
        assert before and part.read_bytes() == before


def test_a_login_page_that_an_earlier_version_kept_is_found_and_replaced(tmp_path: Path, liar: LyingServer) -> None:
    store = store_at(tmp_path, liar.url)
    folder = store.pull("tiny")
    manifest = json.loads((folder / "manifest.json").read_text())
    page = b"<html>log in</html>"
    for path, record in manifest["files"].items():
        (folder / path).write_bytes(page)
        record |= {"size": len(page), "sha256": hashlib.sha256(page).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert store.list()[0].ready, "as it was found"
    store.pull("tiny")
    assert held(store) == FILES


def test_pulling_what_is_here_verifies_every_byte(tmp_path: Path, liar: LyingServer) -> None:
    store = store_at(tmp_path, liar.url)
    file = store.pull("tiny") / "clip" / "open_clip_model.safetensors"
    data = bytearray(file.read_bytes())
    data[-7] ^= 1
    file.write_bytes(data)
    liar.asked.clear()
    with pytest.raises(StoreError, match="damaged") as error:
        store.pull("tiny", offline=True)
    assert error.value.code == "offline" and liar.asked == []
    store.pull("tiny")
    assert held(store) == FILES and {path for path, _ in liar.asked} == {"/w/open_clip_model.safetensors"}


@pytest.mark.parametrize(
    "address", ["foo", "file:///", "file:///etc", "ftp://mirror.example", "http://", "https://[::1", "http://a:99999", "http://user:word",
                "http://mirror.example/?key=1", "//mirror.example", "http://mirror.example\n/x", "http:mirror"],
)  # fmt: skip
def test_a_mirror_that_is_no_address_is_said_at_once(tmp_path: Path, address: str) -> None:
    began = time.monotonic()
    error = refused(ModelStore(tmp_path, registry=registry(), base_url=address))
    assert isinstance(error, OptionError) and error.code == "setting_invalid" and "CUEMARK_MODEL_URL" in error.message
    assert time.monotonic() - began < 2
    assert ModelStore(tmp_path, registry=registry(), base_url=address).list(), "what is here is listed nevertheless"


def test_a_password_in_the_mirrors_address_goes_into_requests_alone(
    tmp_path: Path, liar: LyingServer, capfd: pytest.CaptureFixture[str]
) -> None:
    address = liar.url.replace("http://", "http://editor:s3cret%40word@")
    store = store_at(tmp_path, address)
    for mode in ("redirects_to_itself", "portal", "wants_a_password", "hangs_up", "endless", "cut_and_changed"):
        liar.mode = mode
        error = refused(store)
        assert "s3cret" not in str(error) and "editor" not in str(error)
    liar.mode = "honest"
    store.pull("tiny")
    assert {authorised for _, authorised in liar.asked} == {"Basic ZWRpdG9yOnMzY3JldEB3b3Jk"}
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"s3cret" not in written and "s3cret" not in str(capfd.readouterr())
    assert store.source(registry()["tiny"]) == liar.url.removeprefix("http://")
    for wrong in ("ftp://editor:s3cret@mirror.example", "http://mirror.example/?s3cret", "editor:s3cret@host"):
        error = refused(ModelStore(tmp_path / "other", registry=registry(), base_url=wrong))
        assert "s3cret" not in str(error)


def test_a_password_is_not_told_to_the_host_that_the_mirror_sends_on_to(tmp_path: Path, liar: LyingServer) -> None:
    with lying_server(dict(FILES)) as other:
        port = other.server_address[1]
        MODES["sends_on"] = lambda request, _: request.answer(
            302, b"", ("Location", f"http://localhost:{port}{request.path}")
        )
        try:
            liar.mode = "sends_on"
            store_at(tmp_path, liar.url.replace("http://", "http://editor:s3cret@")).pull("tiny")
        finally:
            del MODES["sends_on"]
        assert {authorised for _, authorised in other.asked} == {""}


@pytest.mark.parametrize("proxy", ["foo://bar", "ftp://proxy.example", "socks9://x", "http://[::1"])
def test_a_proxy_that_is_none_is_said(
    tmp_path: Path, liar: LyingServer, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    for name in ("ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy)
    error = refused(store_at(tmp_path, "http://mirror.example"))
    assert error.code == "model_download_failed" and "HTTPS_PROXY" in error.next_step


def test_a_full_disk_says_what_is_true(tmp_path: Path, liar: LyingServer) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full to write to")
    store = store_at(tmp_path, liar.url)
    part = store._downloader._part(f"{liar.url}/w/open_clip_config.json")
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")
    error = refused(store)
    assert error.code == "disk_full" and "open_clip_config.json is not whole" in error.message
    assert "needs" not in error.message


@pytest.mark.parametrize("name", ["manifest.json", "pulling.json"])
@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"files": 7}', '{"files": {"../../victim": {"sha256": "0", "size": 1}}}', "null", "[3]",
     '{"files": {"clip/open_clip_config.json": {"url": "http://[::1", "size": 3, "sha256": []}}}'],
)  # fmt: skip
def test_notes_that_somebody_else_wrote_do_no_harm(tmp_path: Path, liar: LyingServer, name: str, text: str) -> None:
    root = tmp_path / "models"
    store, victim = store_at(root, liar.url), tmp_path / "victim"
    victim.write_text("mine")
    (root / "tiny").mkdir(parents=True)
    (root / "tiny" / name).write_text(text)
    assert not store.list()[0].ready
    store.pull("tiny")
    assert held(store) == FILES and victim.read_text() == "mine"


def test_a_registry_names_files_of_its_own_folder_only() -> None:
    for path in ("../x", "/etc/x", "a/b", "a\\b", "..", ""):
        files = [{"path": path, "url": "https://hub.example/x", "about": 1}]
        clip = {"name": "A", "architecture": "a", "licence": "l", "files": files}
        with pytest.raises(ValueError, match="no name of a file"):
            parse_registry(json.dumps({"t": {"title": "t", "understands": "u", "models": {"clip": clip}}}))


def test_nobody_there_is_asked_a_few_times(tmp_path: Path) -> None:
    error = refused(store_at(tmp_path, f"http://127.0.0.1:{free_port()}"))
    assert error.code == "model_download_failed" and "network" in error.next_step
