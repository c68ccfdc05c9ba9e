"""Pulling models from a real server that does what networks do."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.errors import CuemarkError, JobCancelled, ModelError, StoreError
from cuemark.models.store.download import Downloader
from cuemark.models.store.registry import default_registry, parse_registry
from cuemark.models.store.store import ModelStore
from tests.attacks.lying_server import weights

BIG = weights(random.Random(5).randbytes(3_000_000))
SMALL = b'{"model_cfg": 1}'


def tiny(files: list[dict[str, Any]]) -> dict[str, Any]:
    """A registry entry with these files for its CLIP."""
    clip = {"name": "A", "architecture": "a", "licence": "l", "files": files}
    lm = {"name": "B", "architecture": "b", "licence": "m"}
    return {"title": "t", "understands": "u", "models": {"clip": clip, "lm": lm}}


def registry_of(sha256: str | None = None, size: int | None = None, extra: bool = False) -> dict[str, Any]:
    """A registry of one model, `tiny`, of two files (and an optional third)."""
    weights = {"path": "weights.safetensors", "url": "https://hub.example/w/weights.safetensors", "about": len(BIG)}
    files: list[dict[str, Any]] = [
        {"path": "config.json", "url": "https://hub.example/w/config.json", "about": 20},
        {**weights, "sha256": sha256, "size": size},
    ]
    if extra:
        files.append({"path": "extra.json", "url": "https://hub.example/w/extra.json", "about": 5, "optional": True})
    return parse_registry(json.dumps({"tiny": tiny(files)}))


def store_at(root: Path, server: Any, **registry: Any) -> ModelStore:
    server.files |= {"/w/config.json": SMALL, "/w/weights.safetensors": BIG}
    quick = Downloader(root / ".partial", stall_seconds=0.7, attempts=2, pause=0.02)
    return ModelStore(root, registry=registry_of(**registry), downloader=quick, base_url=server.url)


class Listener:
    """Remembers what a bar would show; may cancel."""

    def __init__(self, cancel_at: int | None = None) -> None:
        self.seen: list[tuple[int, int]] = []
        self.cancel_at = cancel_at

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        assert (stage, unit) == ("download", "bytes")
        self.seen.append((done, total))

    def count(self, name: str, amount: int = 1) -> None: ...

    def note(self, message: str) -> None: ...

    def check(self) -> None:
        if self.cancel_at is not None and self.seen and self.seen[-1][0] >= self.cancel_at:
            raise JobCancelled


def weights_of(store: ModelStore) -> bytes:
    return (store.path("tiny") / "clip" / "weights.safetensors").read_bytes()


def code_of(error: pytest.ExceptionInfo[CuemarkError]) -> str:
    assert error.value.next_step, "every error says what to do"
    return error.value.code


def test_a_pull_brings_every_file_and_shows_progress(tmp_path: Path, server: Any) -> None:
    store, bar = store_at(tmp_path, server, sha256=hashlib.sha256(BIG).hexdigest()), Listener()
    folder = store.pull("tiny", bar)
    assert weights_of(store) == BIG and (folder / "clip" / "config.json").read_bytes() == SMALL
    done = [seen for seen, _ in bar.seen]
    assert done == sorted(done) and bar.seen[-1] == (len(BIG) + len(SMALL),) * 2
    assert all(seen <= total for seen, total in bar.seen)
    assert store.list()[0].ready and store.list()[0].bytes_on_disk >= len(BIG)


def test_what_is_here_is_not_asked_for_again(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    store.pull("tiny")
    server.requests.clear()
    store.pull("tiny")
    assert server.requests == []


def test_a_connection_cut_again_and_again_is_resumed_where_it_ended(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    server.cut_after = [5, 400_000, 700_000, 1, 900_000]
    store.pull("tiny")
    assert weights_of(store) == BIG
    asked = [start for path, start, _ in server.requests if path == "/w/weights.safetensors"]
    assert len(asked) > 3 and asked == sorted(asked) and asked[1] > 0
    assert server.sent("/w/weights.safetensors") == len(BIG)


def test_a_silent_server_is_left_and_asked_again(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    server.stall_after = [4, 1_000_000]
    store.pull("tiny")
    assert weights_of(store) == BIG


def test_a_server_without_ranges_still_gives_the_right_file(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    server.ranges, server.cut_after = False, [len(SMALL), 500_000]
    store.pull("tiny")
    assert weights_of(store) == BIG


def test_a_wrong_hash_leaves_nothing_usable_and_a_right_one_then_works(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server, sha256=hashlib.sha256(BIG).hexdigest())
    server.files["/w/weights.safetensors"] = BIG[:-1] + b"\0"
    with pytest.raises(StoreError) as error:
        store.pull("tiny")
    assert code_of(error) == "model_hash_mismatch" and "weights.safetensors" in error.value.message
    assert not store.list()[0].ready
    with pytest.raises(ModelError) as missing:
        store.folder("tiny", "clip")
    assert code_of(missing) == "models_needed" and "cuemark models pull tiny" in missing.value.next_step
    server.files["/w/weights.safetensors"] = BIG
    store.pull("tiny")
    assert weights_of(store) == BIG


def test_the_hash_the_hub_announces_is_checked_and_recorded(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    server.announced["/w/weights.safetensors"] = hashlib.sha256(BIG).hexdigest()
    folder = store.pull("tiny")
    record = json.loads((folder / "manifest.json").read_text())["files"]["clip/weights.safetensors"]
    assert (record["sha256"], record["checked"]) == (hashlib.sha256(BIG).hexdigest(), "hub")


def test_bytes_other_than_the_hub_announces_are_refused(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    server.announced["/w/weights.safetensors"] = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(StoreError) as error:
        store.pull("tiny")
    assert code_of(error) == "model_hash_mismatch"


def test_a_partial_file_of_an_older_version_is_not_mixed_with_a_new_one(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    server.files["/w/weights.safetensors"], server.delay = weights(b"\1" * 3_000_000), 0.02
    with pytest.raises(JobCancelled):
        store.pull("tiny", Listener(cancel_at=300_000))
    server.files["/w/weights.safetensors"], server.etags["/w/weights.safetensors"], server.delay = BIG, "v2", 0.0
    store.pull("tiny")
    assert weights_of(store) == BIG


def test_a_cancelled_pull_keeps_what_it_has(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    server.delay = 0.02
    with pytest.raises(JobCancelled):
        store.pull("tiny", Listener(cancel_at=300_000))
    server.delay = 0.0
    store.pull("tiny")
    assert weights_of(store) == BIG
    assert max(start for path, start, _ in server.requests if path == "/w/weights.safetensors") >= 300_000


def test_a_full_disk_is_known_before_anything_is_asked_for(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server, size=10**17)
    with pytest.raises(StoreError) as error:
        store.pull("tiny")
    assert code_of(error) == "disk_full" and "100000.0 TB" in error.value.message
    assert server.requests == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full to write to")
def test_a_disk_that_fills_up_underway_is_said_so(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    store.pull("tiny")
    part = hashlib.sha256(f"{server.url}/w/weights.safetensors".encode()).hexdigest()[:32]
    store.remove("tiny")
    (tmp_path / ".partial" / f"{part}.part").symlink_to("/dev/full")
    with pytest.raises(StoreError) as error:
        store.pull("tiny")
    assert code_of(error) == "disk_full" and "weights.safetensors" in error.value.message


PULLER = """
import sys
from pathlib import Path
from cuemark.models.store.download import Downloader
from cuemark.models.store.registry import parse_registry
from cuemark.models.store.store import ModelStore
root = Path(sys.argv[1])
ModelStore(root, registry=parse_registry(sys.argv[2]), base_url=sys.argv[3]).pull("tiny")
"""


def test_a_pull_killed_midway_goes_on_where_it_was(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    files = [
        {"path": n, "url": f"https://hub.example/w/{n}", "about": 9} for n in ("config.json", "weights.safetensors")
    ]
    text = json.dumps({"tiny": tiny(files)})
    server.delay = 0.05
    puller = subprocess.Popen([sys.executable, "-c", PULLER, str(tmp_path), text, server.url])
    part = (
        tmp_path
        / ".partial"
        / f"{hashlib.sha256(f'{server.url}/w/weights.safetensors'.encode()).hexdigest()[:32]}.part"
    )
    deadline = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size > 500_000) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(puller.pid, signal.SIGKILL)
    puller.wait()
    kept = part.stat().st_size
    assert 500_000 < kept < len(BIG)
    server.delay = 0.0
    server.requests.clear()
    store.pull("tiny")
    assert weights_of(store) == BIG
    assert ("/w/weights.safetensors", kept, len(BIG) - kept) in server.requests
    assert server.sent("/w/config.json") == 0, "a file that was finished is not fetched twice"


def test_two_pulls_at_once_fetch_each_byte_once(tmp_path: Path, server: Any) -> None:
    server.delay = 0.01
    stores = [store_at(tmp_path, server) for _ in range(2)]
    threads = [threading.Thread(target=store.pull, args=("tiny",)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert weights_of(stores[0]) == BIG and stores[1].list()[0].ready
    assert server.sent("/w/weights.safetensors") == len(BIG)


def test_offline_uses_what_is_here_and_says_what_is_not(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    with pytest.raises(StoreError) as error:
        store.pull("tiny", offline=True)
    assert code_of(error) == "offline" and server.requests == []
    store.pull("tiny")
    server.refuse = [500] * 9
    assert store.pull("tiny", offline=True) == store.path("tiny")


@pytest.mark.parametrize("statuses", [[404], [403], [503, 503, 503]])
def test_a_server_that_refuses_is_named(tmp_path: Path, server: Any, statuses: list[int]) -> None:
    store = store_at(tmp_path, server)
    server.refuse = list(statuses)
    with pytest.raises(StoreError) as error:
        store.pull("tiny")
    assert code_of(error) == "model_download_failed" and str(statuses[0]) in error.value.message


def test_a_busy_server_is_asked_again(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    server.refuse = [503]
    store.pull("tiny")
    assert weights_of(store) == BIG


def test_no_server_at_all(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    dead = ModelStore(tmp_path, registry=registry_of(), downloader=store._downloader, base_url="http://127.0.0.1:9")
    with pytest.raises(StoreError) as error:
        dead.pull("tiny")
    assert code_of(error) == "model_download_failed"


def test_an_optional_file_may_be_missing(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server, extra=True)
    store.pull("tiny")
    assert store.list()[0].ready and not (store.path("tiny") / "clip" / "extra.json").exists()


def test_a_file_damaged_on_disk_is_fetched_again(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    file = store.pull("tiny") / "clip" / "weights.safetensors"
    file.write_bytes(BIG[:1000])
    assert not store.list()[0].ready
    store.pull("tiny")
    assert file.read_bytes() == BIG


def test_remove_frees_the_space_and_is_final(tmp_path: Path, server: Any) -> None:
    store = store_at(tmp_path, server)
    store.pull("tiny")
    assert store.remove("tiny") >= len(BIG)
    assert not store.path("tiny").exists() and store.list()[0].bytes_on_disk == 0
    assert store.remove("tiny") == 0


def test_the_mirror_may_come_from_the_environment(tmp_path: Path, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store_at(tmp_path, server)
    monkeypatch.setenv("CUEMARK_MODEL_URL", server.url + "/")
    store = ModelStore(tmp_path, registry=registry_of())
    store.pull("tiny")
    assert weights_of(store) == BIG


def test_unknown_names_list_the_known(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    asks: list[Callable[[str], object]] = [partial(store.folder, role=role) for role in ("clip", "lm")]
    for ask in [*asks, store.pull, store.remove, store.path]:
        with pytest.raises(ModelError) as error:
            ask("huge")
        assert code_of(error) == "model_unknown" and "light, best, paper" in error.value.next_step
    with pytest.raises(ModelError) as bundled:
        store.remove("sample")
    assert code_of(bundled) == "model_bundled"


def test_a_role_that_an_entry_lacks_is_said_with_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        ModelStore(tmp_path).folder("sample", "speech")
    assert code_of(error) == "model_lacks_role" and "speech model (--speech)" in error.value.message
    assert "image model (--clip) and language model (--lm)" in error.value.message


@pytest.mark.parametrize(
    ("name", "role", "lacks", "instead"),
    [
        ("pe-core-b", "lm", "no language model (--lm); it has only image model (--clip)", "light, best"),
        ("siglip2", "lm", "no language model (--lm)", "qwen3-0.6b"),
        ("qwen3-0.6b", "clip", "no image model (--clip); it has only language model (--lm)", "pe-core-b"),
    ],
)
def test_an_entry_of_one_role_asked_for_the_other_names_the_role(
    tmp_path: Path, name: str, role: str, lacks: str, instead: str
) -> None:
    with pytest.raises(ModelError) as error:
        ModelStore(tmp_path).folder(name, role)
    assert code_of(error) == "model_lacks_role" and lacks in error.value.message
    assert f"--{role}" in error.value.next_step and instead in error.value.next_step


def test_an_entry_may_have_any_roles(tmp_path: Path, server: Any) -> None:
    server.files["/w/ears.dat"] = BIG
    file = {"path": "ears.dat", "url": "https://hub.example/w/ears.dat", "about": 9}
    speech = {"name": "E", "architecture": "e", "licence": "only one", "files": [file]}
    registry = parse_registry(json.dumps({"ears": {"title": "t", "understands": "u", "models": {"speech": speech}}}))
    store = ModelStore(tmp_path, registry=registry, base_url=server.url)
    assert (store.pull("ears") / "speech" / "ears.dat").read_bytes() == BIG
    assert store.list()[0].ready and registry["ears"].licence == "only one"


def test_the_registry_that_ships_is_complete() -> None:
    entries = default_registry()
    assert {"sample", "light", "best", "paper", "pe-core-b", "pe-core-l", "siglip2", "qwen3-0.6b"} <= set(entries)
    for entry in entries.values():
        assert entry.free and entry.licence and entry.title and entry.understands, entry.name
        for model in entry.models.values():
            assert model.licence
            if not entry.bundled:
                assert model.parameters > 10**7 and model.page.startswith("https://huggingface.co/")
                assert {"clip": "open_clip_config.json"}.get(model.role, "config.json") in _paths(model)
                assert (model.picture_gflop and model.text_gflop) or model.role != "clip"
                assert model.engine in ({"faster-whisper", "onnx-asr"} if model.role == "speech" else {""})
        for file in entry.files:
            assert file.url.startswith("https://huggingface.co/") and file.url.endswith(file.path)
            pickles = file.path.endswith((".bin", ".pt")) and (file.role, file.path) != ("speech", "model.bin")
            assert not pickles, "never a pickle; CTranslate2's model.bin has a format of its own"
    assert [name for name, entry in entries.items() if not entry.bundled and set(entry.models) == {"clip", "lm"}] == [
        "light", "best", "paper", "light-openai",
    ]  # fmt: skip
    assert entries["light"].licence == "CLIP: MIT; SmolLM2: Apache-2.0" and entries["light"].download_size < 900_000_000


def test_what_is_pinned_is_pinned_to_a_commit() -> None:
    light = default_registry()["light"]
    for model in light.models.values():
        assert len(model.revision) == 40 and all(f"/resolve/{model.revision}/" in file.url for file in model.files)
        assert model.files[-1].sha256 and model.files[-1].size
    assert light.source == (
        "huggingface.co (laion/CLIP-ViT-B-32-256x256-DataComp-s34B-b86K, HuggingFaceTB/SmolLM2-135M)"
    )


def _paths(model: Any) -> set[str]:
    return {file.path for file in model.files}


@pytest.mark.parametrize(
    ("status", "said"), [(401, "after a login"), (403, "after a login"), (404, "CUEMARK_MODEL_URL")]
)
def test_a_server_that_refuses_is_told_with_what_can_be_done(
    tmp_path: Path, server: Any, status: int, said: str
) -> None:
    server.refuse = [status]
    with pytest.raises(StoreError) as error:
        store_at(tmp_path, server).pull("tiny")
    assert error.value.code == "model_download_failed" and str(status) in error.value.message
    assert said in error.value.next_step


# `light` once meant other models: what was pulled under the name keeps being what it is.

OLD, NEW = (weights(random.Random(seed).randbytes(length)) for seed, length in ((6, 50_000), (7, 60_000)))


def renamed() -> dict[str, Any]:
    """A registry in which `light` means another repository than before, whose models are `light-old` now."""

    def entry(repository: str, **more: Any) -> dict[str, Any]:
        files = [{"path": "config.json", "about": 20}, {"path": "weights.safetensors", "about": 50_000}]
        clip = {"name": "A", "architecture": "a", "licence": "l", "repository": repository, "files": files}
        return {"title": "t", "understands": "u", "models": {"clip": clip}, **more}

    return {"light": entry("new/light"), "light-old": entry("old/light", formerly="light")}


def said(repository: str) -> bytes:
    """The configuration of a repository's model."""
    return json.dumps({"from": repository}).encode()


def renamed_store(root: Path, server: Any) -> ModelStore:
    for repository, data in (("old", OLD), ("new", NEW)):
        for path, content in (("config.json", said(repository)), ("weights.safetensors", data)):
            server.files[f"/{repository}/light/resolve/main/{path}"] = content
    return ModelStore(root, registry=parse_registry(json.dumps(renamed())), base_url=server.url)


def old_store(root: Path, server: Any) -> ModelStore:
    """The store of an earlier Cuemark, where `light` meant the old repository."""
    entry = {**renamed()["light-old"], "formerly": ""}
    renamed_store(root, server)
    return ModelStore(root, registry=parse_registry(json.dumps({"light": entry})), base_url=server.url)


def ready(store: ModelStore) -> dict[str, bool]:
    return {status.entry.name: status.ready for status in store.list()}


def test_models_pulled_under_a_name_that_means_others_now_follow_their_new_name(tmp_path: Path, server: Any) -> None:
    old_store(tmp_path, server).pull("light")
    server.requests.clear()
    store = renamed_store(tmp_path, server)
    assert ready(store) == {"light": False, "light-old": True} and server.requests == []
    assert (store.path("light-old") / "clip" / "weights.safetensors").read_bytes() == OLD
    store.pull("light")
    assert ready(store) == {"light": True, "light-old": True}
    for name, data, config in (("light", NEW, said("new")), ("light-old", OLD, said("old"))):
        folder = store.path(name) / "clip"
        assert (folder / "weights.safetensors").read_bytes() == data and (folder / "config.json").read_bytes() == config


def test_files_of_an_unfinished_pull_of_the_old_models_are_never_mixed_in(tmp_path: Path, server: Any) -> None:
    old = old_store(tmp_path, server)
    old.pull("light")
    (old.path("light") / "manifest.json").unlink()  # as a pull leaves it that died before its end
    store = renamed_store(tmp_path, server)
    assert ready(store) == {"light": False, "light-old": False}
    folder = store.pull("light") / "clip"
    assert (folder / "config.json").read_bytes() == said("new") and (folder / "weights.safetensors").read_bytes() == NEW


def test_an_unfinished_pull_of_the_new_models_goes_on(tmp_path: Path, server: Any) -> None:
    store = renamed_store(tmp_path, server)
    server.files.pop("/new/light/resolve/main/weights.safetensors")
    with pytest.raises(StoreError):
        store.pull("light")
    server.requests.clear()
    renamed_store(tmp_path, server).pull("light")
    assert [path for path, _, _ in server.requests] == ["/new/light/resolve/main/weights.safetensors"]
    assert not list(tmp_path.rglob("pulling.json"))


def test_another_revision_of_the_same_repository_is_not_pulled_again(tmp_path: Path, server: Any) -> None:
    renamed_store(tmp_path, server).pull("light")
    pinned = renamed()
    pinned["light"]["models"]["clip"]["revision"] = "f" * 40
    store = ModelStore(tmp_path, registry=parse_registry(json.dumps(pinned)), base_url=server.url)
    assert ready(store)["light"]
