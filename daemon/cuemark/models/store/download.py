"""One file from the network to disk: resumed after anything, verified before it gets its name.

The bytes gather in a `.part` file beside a note of where they came from.  A partial file is never thrown away at the
start: a later try asks for the rest of it, guarded by the server's validator, so that two versions are never mixed.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from cuemark.core.errors import StoreError
from cuemark.core.files import atomic_write, is_disk_full, put_in_place
from cuemark.core.sizes import size_text
from cuemark.models.store.folders import content_hash
from cuemark.models.store.registry import RemoteFile

if TYPE_CHECKING:
    import httpx

_TELL_SECONDS = 0.2
_BUSY = {408, 425, 429}
_SERVER_FAULT = 500
_MISSING = {404, 410}
_LOCKED = {401, 403}
_OK, _PARTIAL, _BEYOND = 200, 206, 416
_MISMATCH_HELP = "Pull again; if it stays, the file was replaced at its source, or a mirror is wrong: do not use it."


@dataclass(frozen=True)
class Origin:
    """What the server says of a file: `validator` guards a resume, `sha256` or `git_sha1` say what it must be."""

    url: str
    validator: str = ""
    sha256: str = ""
    git_sha1: str = ""
    size: int = -1


@dataclass(frozen=True)
class Fetched:
    """A verified file: its size and sha256, and what it was checked against (registry, hub, or only its size)."""

    size: int
    sha256: str
    checked: str


class _TryAgain(Exception):
    """The connection ended early or the server is busy; what arrived is kept."""


class Downloader:
    """Fetches files into their places through a folder of partial files."""

    def __init__(self, partial: Path, *, stall_seconds: float = 30.0, attempts: int = 5, pause: float = 1.0) -> None:
        """`attempts` tries in a row without a new byte are a failure; `pause` seconds, doubling, lie between them."""
        self._partial = partial
        self._stall = stall_seconds
        self._attempts = attempts
        self._pause = pause

    def present(self, url: str) -> int:
        """Bytes of the file that an earlier try left."""
        return _size(self._part(url))

    def discard(self, url: str) -> int:
        """Throw away what an earlier try left; returns the bytes freed."""
        freed = self.present(url)
        _forget(self._part(url))
        self._part(url).with_suffix(".lock").unlink(missing_ok=True)
        return freed

    def fetch(
        self,
        file: RemoteFile,
        url: str,
        target: Path,
        heard: Callable[[int], None],
        told: Callable[[str], None] = lambda words: None,
    ) -> Fetched | None:
        """Bring the file to `target`; None where it is optional and the server has none.

        `heard` is told the bytes on disk at least twice a second and may raise to cancel (the part stays); `told` hears
        in words why nothing comes for a while.  Raises StoreError with model_download_failed, model_hash_mismatch or
        disk_full.
        """
        self._partial.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = self._part(url)
        lock = FileLock(part.with_suffix(".lock"))
        self._acquire(lock, part, heard)
        try:
            if target.is_file():  # an earlier pull brought it, or whoever held the lock before
                fetched = Fetched(_size(target), content_hash(target), "registry" if file.sha256 else "earlier")
                if file.sha256 in (None, fetched.sha256) and file.size in (None, fetched.size):
                    return fetched
                target.unlink()
            return self._fetch(file, url, part, target, heard, told)
        except OSError as error:
            if is_disk_full(error):
                raise disk_full(part.parent, file.expected, file.path) from error
            raise
        finally:
            lock.release()

    def _fetch(
        self,
        file: RemoteFile,
        url: str,
        part: Path,
        target: Path,
        heard: Callable[[int], None],
        told: Callable[[str], None],
    ) -> Fetched | None:
        resumed = part.is_file() and part.stat().st_size > 0
        origin = self._transfer(file, url, part, heard, told)
        if origin is None:
            return None
        wrong = _mismatch(file, origin, part)
        if wrong and resumed:  # the older part may be what is wrong: once more, from the start
            _forget(part)
            origin = self._transfer(file, url, part, heard, told) or origin
            wrong = _mismatch(file, origin, part)
        if wrong:
            _forget(part)
            raise StoreError("model_hash_mismatch", f"{url} is not the file expected: {wrong}.", _MISMATCH_HELP)
        checked = "registry" if file.sha256 else "hub" if origin.sha256 or origin.git_sha1 else "size"
        fetched = Fetched(part.stat().st_size, content_hash(part), checked)
        put_in_place(part, target)
        _note(part).unlink(missing_ok=True)
        return fetched

    def _transfer(
        self, file: RemoteFile, url: str, part: Path, heard: Callable[[int], None], told: Callable[[str], None]
    ) -> Origin | None:
        """Fill `part`; returns what the server said of the file."""
        import httpx

        left, pause = self._attempts, self._pause
        timeout = httpx.Timeout(self._stall, connect=min(self._stall, 15.0))
        with httpx.Client(timeout=timeout, follow_redirects=True, headers={"Accept-Encoding": "identity"}) as client:
            while True:
                before = _size(part)
                try:
                    return self._attempt(client, file, url, part, heard)
                except (_TryAgain, httpx.TransportError) as error:
                    moved = _size(part) > before
                    left, pause = (self._attempts, self._pause) if moved else (left - 1, pause * 2)
                    if left <= 0:
                        raise _failed(url, error) from error
                    told(f"{urlsplit(url).netloc} is asked again in {pause:.0f} s ({_reason(error)})")
                    _wait(pause, lambda: heard(_size(part)))

    def _attempt(
        self, client: httpx.Client, file: RemoteFile, url: str, part: Path, heard: Callable[[int], None]
    ) -> Origin | None:
        known, have = _read_note(part, url), _size(part)
        headers = {}
        if have and (known.validator or file.sha256 or known.sha256):
            headers["Range"] = f"bytes={have}-"
            if known.validator:
                headers["If-Range"] = known.validator
        with client.stream("GET", url, headers=headers) as response:
            if response.status_code in _MISSING and file.optional:
                return None
            if response.status_code == _BEYOND:
                return _after_the_end(part, known, response.headers.get("content-range", ""))
            if response.status_code not in (_OK, _PARTIAL):
                raise _refused(url, response.status_code)
            start = _start_of(response, have)
            origin = _origin(response, url, start)
            if start and known.validator and origin.validator and origin.validator != known.validator:
                part.unlink(missing_ok=True)
                raise _TryAgain("the file changed on the server")
            _write_note(part, origin)
            _check_space(part, origin.size - start if origin.size >= 0 else 0, file)
            self._save(response, part, start, heard)
        if 0 <= origin.size != _size(part):
            raise _TryAgain(f"the connection ended after {_size(part)} of {origin.size} bytes")
        return origin

    def _save(self, response: httpx.Response, part: Path, start: int, heard: Callable[[int], None]) -> None:
        with part.open("ab", buffering=0) as stream:
            if start == 0 and _size(part):
                stream.truncate(0)
            done, told = start, 0.0
            for block in response.iter_raw():  # as it arrives: what a cut leaves unwritten is fetched again
                view = memoryview(block)
                while view:
                    view = view[stream.write(view) :]
                done += len(block)
                if time.monotonic() - told > _TELL_SECONDS:
                    heard(done)
                    told = time.monotonic()
            heard(done)

    def _part(self, url: str) -> Path:
        return self._partial / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.part"

    def _acquire(self, lock: FileLock, part: Path, heard: Callable[[int], None]) -> None:
        while True:
            try:
                lock.acquire(timeout=0.4)
                return
            except Timeout:
                heard(_size(part))  # another process downloads this very file; its progress is ours


def disk_full(folder: Path, needed: int, what: str) -> StoreError:
    """The error for a disk without room, with the numbers in it."""
    free = shutil.disk_usage(folder).free
    message = f"Not enough disk space in {folder}: {what} needs {size_text(needed)}, {size_text(free)} are free."
    return StoreError("disk_full", message, "Free some space, or set CUEMARK_HOME to a larger disk, and pull again.")


def _check_space(part: Path, needed: int, file: RemoteFile) -> None:
    if needed > shutil.disk_usage(part.parent).free:
        raise disk_full(part.parent, needed, file.path)


def _start_of(response: httpx.Response, have: int) -> int:
    """Where in the file the body begins."""
    if response.status_code == _OK:
        return 0
    match = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
    start = int(match[1]) if match else -1
    if start != have:
        raise _TryAgain(f"the server sent bytes from {start}, not from {have}")
    return start


def _after_the_end(part: Path, known: Origin, content_range: str) -> Origin:
    """The server has nothing behind what we have: finished, or not the same file any more."""
    match = re.search(r"/(\d+)$", content_range)
    if match and int(match[1]) == _size(part):
        return replace(known, size=int(match[1]))
    part.unlink(missing_ok=True)
    raise _TryAgain("the partial file is longer than the server's")


def _origin(response: httpx.Response, url: str, start: int) -> Origin:
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
    validator = "" if validator.startswith("W/") else validator or response.headers.get("last-modified", "")
    length = response.headers.get("content-length", "")
    return Origin(url, validator, sha256, git, start + int(length) if length.isdigit() else -1)


def _bare(etag: str) -> str:
    return etag.removeprefix("W/").strip('"').lower()


def _mismatch(file: RemoteFile, origin: Origin, part: Path) -> str:
    """What is wrong with a finished file, in words; empty when nothing is."""
    if file.size is not None and _size(part) != file.size:
        return f"{_size(part)} bytes instead of {file.size}"
    wanted = file.sha256 or origin.sha256
    if wanted:
        return "" if content_hash(part) == wanted else f"its sha256 is {content_hash(part)}, not {wanted}"
    if origin.git_sha1:
        blob = hashlib.sha1(f"blob {_size(part)}\0".encode() + part.read_bytes(), usedforsecurity=False)
        return "" if blob.hexdigest() == origin.git_sha1 else "it is not the file the hub announces"
    return ""


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _note(part: Path) -> Path:
    return part.with_suffix(".json")


def _read_note(part: Path, url: str) -> Origin:
    try:
        return Origin(**json.loads(_note(part).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Origin(url)


def _write_note(part: Path, origin: Origin) -> None:
    # A draft with a name of its own, so that a killed download leaves nothing that the next one would not write over.
    atomic_write(_note(part), json.dumps(asdict(origin)), draft=part.with_suffix(".json.new"))


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _refused(url: str, status: int) -> Exception:
    if status in _BUSY or status >= _SERVER_FAULT:
        return _TryAgain(f"the server answered {status}")
    message = f"{url} cannot be downloaded: the server answered {status}."
    if status in _LOCKED:
        next_step = "It is given out after a login only, or not at all; Cuemark keeps no keys. Name another model."
        return StoreError("model_download_failed", message, next_step)
    return StoreError("model_download_failed", message, "Check CUEMARK_MODEL_URL, or pull again later.")


def _failed(url: str, error: Exception) -> StoreError:
    next_step = "Check the network and pull again; it continues where it stopped."
    return StoreError("model_download_failed", f"{url} cannot be downloaded: {_reason(error)}.", next_step)


def _reason(error: Exception) -> str:
    return str(error).strip() or type(error).__name__


def _wait(seconds: float, heard: Callable[[], None]) -> None:
    end = time.monotonic() + min(seconds, 30.0)
    while (left := end - time.monotonic()) > 0:
        heard()
        time.sleep(min(0.4, left))
