"""Where a vision-language model is, as the user names it: a server on this machine, or a Hugging Face folder.

A server is an address without path, name or password (`http://127.0.0.1:11434`); the path of its API is ours to add.
Pictures are sent to it, so that only this machine is spoken to, unless the user allows another one by name.  A key is
taken from the environment of the process that speaks to the server, and from nowhere else: what is part of an address
would be kept in the library with the job.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from cuemark.core.errors import OptionError

KEY_VARIABLE = "CUEMARK_VLM_KEY"
"""The environment variable that holds the key of a server that wants one."""

_FORM = "Write http://127.0.0.1:11434 or the folder of a model."
_SCHEMES = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_NO_SCHEME = re.compile(r"[\w.\[\]:-]+:\d+(/\w*)?")
#: Paths under which servers keep what we ask for; an address that ends in one means the same server.
_API_PATHS = ("", "/", "/v1", "/v1/", "/api", "/api/")


@dataclass(frozen=True)
class VlmServer:
    """A server: scheme, host (lower case; of IPv6 without brackets), port, and the model's name there ("": its own).

    `allowed` are hosts beside this machine that the user lets us send pictures to.
    """

    scheme: str
    host: str
    port: int
    model: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Scheme, host and port; no slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def may_be_asked(self) -> bool:
        """Whether it is on this machine, or on one that the user has allowed."""
        return is_this_machine(self.host) or self.host in self.allowed


@dataclass(frozen=True)
class VlmFolder:
    """A Hugging Face image-text-to-text model on this machine's disk."""

    folder: Path


VlmSource = VlmServer | VlmFolder


def is_this_machine(host: str) -> bool:
    """Whether a host is the loopback device: `localhost`, or a literal address of it.  No name is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_address(text: str) -> bool:
    """Whether a text is meant as a server's address, right or wrong: `localhost:11434` lacks its scheme."""
    return "://" in text or _NO_SCHEME.fullmatch(text) is not None


def absolute(text: str) -> str:
    """A folder's name as a whole path, seen from the current folder; an address as it is."""
    return text if is_address(text) else os.path.abspath(os.path.expanduser(text))


def vlm_source(text: str, model: str | None = None, hosts: str | None = None) -> VlmSource:
    """What `--vlm`, `--vlm-model` and `--vlm-host` name together; `hosts` may be several with commas between.

    OptionError `option_vlm`, `option_vlm_model`, `option_vlm_host`.  No message repeats an address that may hold a key.
    """
    if is_address(text):
        allowed = tuple(_allowed(host) for host in (hosts or "").split(",") if host.strip())
        return _server(text, model or "", allowed)
    if not os.path.isabs(text):
        raise OptionError("option_vlm", f"{text!r} is neither a server's address nor a whole path.", _FORM)
    if model:
        problem = "A folder holds one model; --vlm-model is for servers."
        raise OptionError("option_vlm_model", problem, "Leave it out, or give --vlm a server's address.")
    return VlmFolder(Path(text))


def _server(text: str, model: str, allowed: tuple[str, ...]) -> VlmServer:
    parts, port = _split(text.strip())
    if "@" in parts.netloc or parts.query or parts.fragment:
        problem = "The address of --vlm holds more than scheme, host and port."
        raise OptionError("option_vlm", problem, f"Put a key into {KEY_VARIABLE}, the model's name into --vlm-model.")
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    if scheme not in _SCHEMES or not _is_host(host) or parts.path not in _API_PATHS:
        raise OptionError("option_vlm", f"{text!r} is not the address of a server.", _FORM)
    return VlmServer(scheme, host, port or _SCHEMES[scheme], model.strip(), allowed)


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        return parts, parts.port
    except ValueError:
        raise OptionError("option_vlm", "The address of --vlm cannot be read.", _FORM) from None


def _is_host(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return _NAME.fullmatch(host) is not None


def _allowed(host: str) -> str:
    name = host.strip().lower().rstrip(".").removeprefix("[").removesuffix("]")
    if not _is_host(name):
        problem = f"{host.strip()!r} is not the name of a host."
        raise OptionError("option_vlm_host", problem, "Give --vlm-host a name or an address, without scheme and port.")
    return name
