"""What a server's answer means for a download: where its bytes belong, what it says of the file, what went wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import StoreError
from cuemark.core.sizes import size_text
from cuemark.core.text import one_line
from cuemark.models.store import contents
from cuemark.models.store.partial_file import Origin, as_header, differs, size_of
from cuemark.models.store.registry import RemoteFile

if TYPE_CHECKING:
    import httpx

OK, PARTIAL, BEYOND = 200, 206, 416
MISSING = {404, 410}
_BUSY = {408, 425, 429}
_SERVER_FAULT = 500
_LOCKED = {401, 403}
_LOGIN_FIRST = 511  # RFC 6585: a network's own answer
_MISMATCH_HELP = "Pull again; if it stays, the file was replaced at its source, or a mirror is wrong: do not use it."
_NETWORK_HELP = "Check the network and pull again; it continues where it stopped."
ADDRESS_HELP = "Check CUEMARK_MODEL_URL; where it is not set, the network sends requests astray: log in to it first."
CERTIFICATE_HELP = "Somebody else answers for that host: log in to the network first, or set SSL_CERT_FILE."
_PORTAL_HELP = (
    "A network that wants a login first answers so: open a page in a browser, log in, and pull again. With "
    "CUEMARK_MODEL_URL set, check that address."
)


class TryAgain(Exception):
    """The connection ended early or the server is busy; what arrived is kept."""


def origin_of(response: httpx.Response, url: str, start: int) -> Origin:
    """Size, validator and hashes from the response and the redirects before it.

    The hub announces the sha256 of large files as X-Linked-Etag on the redirect, and for small ones (X-Repo-Commit
    marks its answers) the git blob hash as ETag.  Other servers' ETags prove nothing and only guard a resume.
    """
    sha256 = git = ""
    for step in [*response.history, response]:
        linked = _bare(step.headers.get("x-linked-etag", ""))
        etag = _bare(step.headers.get("etag", ""))
        sha256 = linked if re.fullmatch(r"[0-9a-f]{64}", linked) else sha256
        if "x-repo-commit" in step.headers and not linked and re.fullmatch(r"[0-9a-f]{40}", etag):
            git = etag
    validator = response.headers.get("etag", "")
    validator = as_header("" if validator.startswith("W/") else validator or response.headers.get("last-modified", ""))
    length = response.headers.get("content-length", "")
    return Origin(url, validator, sha256, git, start + int(length) if length.isdigit() else -1)


def _bare(etag: str) -> str:
    return etag.removeprefix("W/").strip('"').lower()


def total_of(content_range: str) -> int:
    """Bytes of the whole file as Content-Range has them, -1 where it does not say."""
    match = re.search(r"/(\d{1,18})$", content_range)
    return int(match[1]) if match else -1


def start_of(response: httpx.Response, have: int) -> int:
    """Where in the file the body begins."""
    if response.status_code == OK:
        return 0
    match = re.match(r"bytes (\d{1,18})-", response.headers.get("content-range", ""))
    start = int(match[1]) if match else -1
    if start != have:
        raise TryAgain(f"the server sent bytes from {start}, not from {have}")
    return start


def after_the_end(part: Path, known: Origin, said: Origin, content_range: str) -> Origin:
    """The server has nothing behind what we have: finished, or not the same file any more."""
    if total_of(content_range) == size_of(part):
        hashes = said if said.sha256 or said.git_sha1 else known
        return replace(known, size=size_of(part), sha256=hashes.sha256, git_sha1=hashes.git_sha1)
    part.unlink(missing_ok=True)
    raise TryAgain("the partial file is longer than the server's")


def refused(url: str, status: int) -> Exception:
    """The error for an answer that is no file: TryAgain where waiting may help, else StoreError."""
    if status == _LOGIN_FIRST:
        message = f"{url} cannot be downloaded: the network wants a login first ({status})."
        return StoreError("model_download_failed", message, _PORTAL_HELP)
    if status in _BUSY or status >= _SERVER_FAULT:
        return TryAgain(f"the server answered {status}")
    message = f"{url} cannot be downloaded: the server answered {status}."
    if status in _LOCKED:
        next_step = "It is given out after a login only, or not at all; Cuemark keeps no keys. Name another model."
        return StoreError("model_download_failed", message, next_step)
    return StoreError("model_download_failed", message, "Check CUEMARK_MODEL_URL, or pull again later.")


def failed(url: str, error: Exception, next_step: str = _NETWORK_HELP) -> StoreError:
    """The error for a download that did not come about, and why."""
    return StoreError("model_download_failed", f"{url} cannot be downloaded: {reason_of(error)}.", next_step)


def reason_of(error: Exception) -> str:
    """An error in a few words."""
    return one_line(str(error)).rstrip(".")[:300] or type(error).__name__


def is_untrusted(error: Exception) -> bool:
    """Whether the host could not show that it is the one that was asked for."""
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def not_the_file(url: str, file: RemoteFile, wrong: str) -> StoreError:
    """The error for an answer that is something else than the file."""
    message = f"{url} did not give {file.path}: {wrong}."
    return StoreError("model_file_wrong", message, _PORTAL_HELP)


def too_long(url: str, file: RemoteFile, length: int) -> StoreError:
    """The error for more bytes than the file can have."""
    most = size_text(contents.most_bytes(file))
    return not_the_file(url, file, f"{size_text(length)} and more come, where it has {most} at most")


def wrong_with(file: RemoteFile, origin: Origin, url: str, part: Path) -> StoreError | None:
    """What is wrong with a finished file; None where nothing is."""
    if file.size is not None and size_of(part) != file.size:
        wrong = f"{size_of(part)} bytes instead of {file.size}"
    else:
        wrong = differs(replace(origin, sha256=file.sha256 or origin.sha256), part)
    if wrong:
        return StoreError("model_hash_mismatch", f"{url} is not the file expected: {wrong}.", _MISMATCH_HELP)
    wrong = "" if file.sha256 else contents.problem(file, part)
    return not_the_file(url, file, wrong) if wrong else None
