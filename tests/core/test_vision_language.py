"""Where a vision-language model is: addresses that are one, hosts that may be asked, and keys that are kept out."""

from __future__ import annotations

from pathlib import Path

import pytest

from cuemark.core.errors import OptionError
from cuemark.core.vision_language import VlmFolder, VlmServer, absolute, vlm_source


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("http://localhost:8080/v1", "http://localhost:8080"),
        ("HTTP://LocalHost.:8080/", "http://localhost:8080"),
        ("http://[::1]:1234/api/", "http://[::1]:1234"),
        ("http://127.0.0.1", "http://127.0.0.1:80"),
        ("https://nas.lan", "https://nas.lan:443"),
    ],
)
def test_an_address_is_scheme_host_and_port(text: str, url: str) -> None:
    found = vlm_source(text, "qwen3-vl")
    assert isinstance(found, VlmServer)
    assert (found.url, found.model) == (url, "qwen3-vl")


@pytest.mark.parametrize(
    "text",
    [
        "http://",
        "ftp://127.0.0.1",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://[::1",
        "http://127.0.0.1/other/path",
        "http://127.0.0.1\\.evil.example/",
        "http://a b",
        "localhost:11434",
        "127.0.0.1:11434/v1",
        "[::1]:11434",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        vlm_source(text)
    assert caught.value.code == "option_vlm" and caught.value.next_step


@pytest.mark.parametrize(
    "text",
    [
        "http://me:s3cret@127.0.0.1:11434",
        "http://s3cret@127.0.0.1",
        "http://127.0.0.1:11434/?key=s3cret",
        "http://127.0.0.1:11434/#s3cret",
    ],
)
def test_an_address_with_a_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(OptionError, match="CUEMARK_VLM_KEY") as caught:
        vlm_source(text)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "may"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("localhost", True),
        ("[::1]", True),
        ("nas.lan", True),
        ("10.0.0.7", True),
        ("10.0.0.8", False),
        ("0.0.0.0", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("2130706433", False),
        ("lan", False),
    ],
)
def test_only_this_machine_is_asked_and_hosts_allowed_by_name(host: str, may: bool) -> None:
    found = vlm_source(f"http://{host}:11434", hosts="NAS.lan, 10.0.0.7")
    assert isinstance(found, VlmServer)
    assert found.may_be_asked() is may


def test_a_folder_is_a_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert vlm_source(absolute("smolvlm")) == VlmFolder(tmp_path / "smolvlm")
    assert absolute("http://127.0.0.1:1") == "http://127.0.0.1:1"
    assert absolute("localhost:11434") == "localhost:11434", "to be told that its scheme is missing"
