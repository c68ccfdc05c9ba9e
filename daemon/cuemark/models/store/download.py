"""One file from the network to disk: resumed after anything, verified before it gets its name.

The bytes gather in a `.part` file beside a note of where they came from.  A partial file is never thrown away at the
start: a later try asks for the rest of it, guarded by the server's validator, so that two versions are never mixed.

No server is believed: a file has at most the bytes it can have, is looked into (`contents`) before it gets its name,
and one whose hash the registry does not know is compared with the server again until the pull is whole.
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
from cuemark.core.json_files import read_json
from cuemark.core.sizes import size_text
from cuemark.core.text import one_line
from cuemark.models.store import contents
from cuemark.models.store.folders import content_hash
from cuemark.models.store.registry import RemoteFile

if TYPE_CHECKING:
    import httpx

_TELL_SECONDS = 0.2
_BUSY = {408, 425, 429}
_SERVER_FAULT = 500
_MISSING = {404, 410}
_LOCKED = {401, 403}
_LOGIN_FIRST = 511  # RFC 6585: a network's own answer
_LONGEST_VALIDATOR = 1000
_OK, _PARTIAL, _BEYOND = 200, 206, 416
_MISMATCH_HELP = "Pull again; if it stays, the file was replaced at its source, or a mirror is wrong: do not use it."
_NETWORK_HELP = "Check the network and pull again; it continues where it stopped."
_ADDRESS_HELP = "Check CUEMARK_MODEL_URL; where it is not set, the network sends requests astray: log in to it first."
_CERTIFICATE_HELP = "Somebody else answers for that host: log in to the network first, or set SSL_CERT_FILE."
_PORTAL_HELP = (
    "A network that wants a login first answers so: open a page in a browser, log in, and pull again. With "
    "CUEMARK_MODEL_URL set, check that address."
)


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

    def __init__(
        self,
        partial: Path,
        *,
        stall_seconds: float = 30.0,
        attempts: int = 5,
        pause: float = 1.0,
        login: tuple[str, str] | None = None,
    ) -> None:
        """`attempts` tries in a row without a new byte are a failure; `pause` seconds, doubling, lie between them.

        `login` (user, password) is told to the host that is asked, and to no other that it sends on to.
        """
        self._partial = partial
        self._login = login
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

    def settle(self, url: str) -> None:
        """The pull is whole: what was noted of a finished file is not needed any more."""
        if not self._part(url).exists():
            _note(self._part(url)).unlink(missing_ok=True)

    def fetch(
        self,
        file: RemoteFile,
        url: str,
        target: Path,
        heard: Callable[[int], None],
        told: Callable[[str], None] = lambda words: None,
        recorded: Callable[[], object] = lambda: None,
    ) -> Fetched | None:
        """Bring the file to `target`; None where it is optional and the server has none.

        `heard` is told the bytes on disk at least twice a second and may raise to cancel (the part stays); `told` hears
        in words why nothing comes for a while; `recorded` gives the sha256 that a whole pull found, if there was one.
        Raises StoreError with model_download_failed, model_hash_mismatch, model_file_wrong or disk_full.
        """
        self._partial.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = self._part(url)
        lock = FileLock(part.with_suffix(".lock"))
        self._acquire(lock, part, heard)
        try:
            if target.is_file():  # an earlier pull brought it, or whoever held the lock before
                found = self._found(file, url, target, recorded())
                if found is not None:
                    return found
            return self._fetch(file, url, part, target, heard, told)
        except OSError as error:
            if is_disk_full(error):
                raise disk_filled(part.parent, file.path) from error
            raise
        finally:
            lock.release()

    def _found(self, file: RemoteFile, url: str, target: Path, recorded: object) -> Fetched | None:
        """A finished file that lies in its place, if it is still what it should be; a wrong one is deleted."""
        found = Fetched(_size(target), content_hash(target), "registry" if file.sha256 else "earlier")
        wrong = file.sha256 not in (None, found.sha256) or file.size not in (None, found.size)
        if wrong or contents.problem(file, target):
            target.unlink()
            return None
        is_known = file.sha256 or found.sha256 == recorded
        return found if is_known or self._is_confirmed(url, target) else None

    def _is_confirmed(self, url: str, target: Path) -> bool:
        """Whether the server has this very file, told without sending it: by its validator, or the hub's own hashes.

        What another server gave under a good name is known so, and fetched anew.
        """
        import httpx

        size, known = _size(target), _read_note(self._part(url), url)
        headers = {"Range": f"bytes={size}-", **({"If-Range": known.validator} if known.validator else {})}
        try:
            with self._client(url) as client, client.stream("GET", url, headers=headers) as response:
                total = _total(response.headers.get("content-range", ""))
                if response.status_code != _BEYOND or total != size:
                    return False
                said = _origin(response, url, 0)
        except (httpx.HTTPError, httpx.InvalidURL, StoreError):  # the fetch that follows says what is wrong
            return False
        if said.sha256 or said.git_sha1:
            return not _differs(said, target)
        return bool(known.validator)

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
        wrong = _wrong(file, origin, url, part)
        if wrong and resumed:  # the older part may be what is wrong: once more, from the start
            _forget(part)
            origin = self._transfer(file, url, part, heard, told) or origin
            wrong = _wrong(file, origin, url, part)
        if wrong:
            _forget(part)
            raise wrong
        checked = "registry" if file.sha256 else "hub" if origin.sha256 or origin.git_sha1 else "size"
        fetched = Fetched(part.stat().st_size, content_hash(part), checked)
        put_in_place(part, target)
        return fetched

    def _transfer(
        self, file: RemoteFile, url: str, part: Path, heard: Callable[[int], None], told: Callable[[str], None]
    ) -> Origin | None:
        """Fill `part`; returns what the server said of the file."""
        import httpx

        left, pause, furthest = self._attempts, self._pause, _size(part)
        with self._client(url) as client:
            while True:
                try:
                    return self._attempt(client, file, url, part, heard)
                except (httpx.TooManyRedirects, httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
                    raise _failed(url, error, _ADDRESS_HELP) from error
                except (_TryAgain, httpx.HTTPError) as error:
                    if _is_untrusted(error):
                        raise _failed(url, error, _CERTIFICATE_HELP) from error
                    # Only new ground counts: a server that starts over again and again would be asked for ever.
                    moved, furthest = _size(part) > furthest, max(furthest, _size(part))
                    left, pause = (self._attempts, self._pause) if moved else (left - 1, pause * 2)
                    if left <= 0:
                        raise _failed(url, error) from error
                    told(f"{urlsplit(url).netloc} is asked again in {pause:.0f} s ({_reason(error)})")
                    _wait(pause, lambda: heard(_size(part)))

    def _client(self, url: str) -> httpx.Client:
        """A client for one file: it follows redirects, but from an encrypted address to encrypted ones only."""
        import httpx

        def check(request: httpx.Request) -> None:
            if url.startswith("https:") and request.url.scheme != "https":
                raise _failed(url, ValueError("the server sends on to an address without encryption"), _ADDRESS_HELP)

        try:
            return httpx.Client(
                timeout=httpx.Timeout(self._stall, connect=min(self._stall, 15.0)),
                follow_redirects=True,
                headers={"Accept-Encoding": "identity"},
                auth=self._login,
                event_hooks={"request": [check]},
            )
        except (
            ValueError,
            ImportError,
            OSError,
            httpx.InvalidURL,
        ) as error:  # not the address itself: it may hold a password
            reason = ValueError("the proxy or the certificates that the environment names cannot be used")
            step = "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY and SSL_CERT_FILE, and start the daemon again."
            raise _failed(url, reason, step) from error

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
                return _after_the_end(part, known, _origin(response, url, 0), response.headers.get("content-range", ""))
            if response.status_code not in (_OK, _PARTIAL):
                raise _refused(url, response.status_code)
            if contents.is_web_page(response.headers.get("content-type", "")):
                raise _not_the_file(url, file, contents.WEB_PAGE)
            start = _start_of(response, have)
            origin = _origin(response, url, start)
            if origin.size > contents.most_bytes(file):
                raise _too_long(url, file, origin.size)
            if start and known.validator and origin.validator and origin.validator != known.validator:
                part.unlink(missing_ok=True)
                raise _TryAgain("the file changed on the server")
            _write_note(part, origin)
            _check_space(part, origin.size - start if origin.size >= 0 else 0, file)
            self._save(response, file, url, part, start, heard)
        if 0 <= origin.size != _size(part):
            raise _TryAgain(f"the connection ended after {_size(part)} of {origin.size} bytes")
        return origin

    def _save(
        self,
        response: httpx.Response,
        file: RemoteFile,
        url: str,
        part: Path,
        start: int,
        heard: Callable[[int], None],
    ) -> None:
        most = contents.most_bytes(file)
        with part.open("ab", buffering=0) as stream:
            done, told = start, 0.0
            for block in response.iter_raw():  # as it arrives: what a cut leaves unwritten is fetched again
                if done == 0:
                    wrong = contents.wrong_beginning(file.path, block)
                    if wrong:  # before what an earlier try left is given up for it
                        raise _not_the_file(url, file, wrong)
                    if _size(part):
                        stream.truncate(0)
                view = memoryview(block)
                while view:
                    view = view[stream.write(view) :]
                done += len(block)
                if done > most:
                    _forget(part)
                    raise _too_long(url, file, done)
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


def disk_filled(folder: Path, what: str) -> StoreError:
    """The error for a disk that had no room left for what came."""
    free = size_text(shutil.disk_usage(folder).free)
    message = f"The disk of {folder} became full, so {what} is not whole: {free} are free."
    step = "Free some space, or set CUEMARK_HOME to a larger disk, and pull again: it goes on where it stopped."
    return StoreError("disk_full", message, step)


def _check_space(part: Path, needed: int, file: RemoteFile) -> None:
    if needed > shutil.disk_usage(part.parent).free:
        raise disk_full(part.parent, needed, file.path)


def _start_of(response: httpx.Response, have: int) -> int:
    """Where in the file the body begins."""
    if response.status_code == _OK:
        return 0
    match = re.match(r"bytes (\d{1,18})-", response.headers.get("content-range", ""))
    start = int(match[1]) if match else -1
    if start != have:
        raise _TryAgain(f"the server sent bytes from {start}, not from {have}")
    return start


def _after_the_end(part: Path, known: Origin, said: Origin, content_range: str) -> Origin:
    """The server has nothing behind what we have: finished, or not the same file any more."""
    if _total(content_range) == _size(part):
        hashes = said if said.sha256 or said.git_sha1 else known
        return replace(known, size=_size(part), sha256=hashes.sha256, git_sha1=hashes.git_sha1)
    part.unlink(missing_ok=True)
    raise _TryAgain("the partial file is longer than the server's")


def _total(content_range: str) -> int:
    """Bytes of the whole file as Content-Range has them, -1 where it does not say."""
    match = re.search(r"/(\d{1,18})$", content_range)
    return int(match[1]) if match else -1


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
    validator = _header("" if validator.startswith("W/") else validator or response.headers.get("last-modified", ""))
    length = response.headers.get("content-length", "")
    return Origin(url, validator, sha256, git, start + int(length) if length.isdigit() else -1)


def _header(value: str) -> str:
    """A validator as it can be sent back; empty for one that cannot."""
    return value if value.isascii() and value.isprintable() and len(value) < _LONGEST_VALIDATOR else ""


def _bare(etag: str) -> str:
    return etag.removeprefix("W/").strip('"').lower()


def _wrong(file: RemoteFile, origin: Origin, url: str, part: Path) -> StoreError | None:
    """What is wrong with a finished file; None where nothing is."""
    if file.size is not None and _size(part) != file.size:
        wrong = f"{_size(part)} bytes instead of {file.size}"
    else:
        wrong = _differs(replace(origin, sha256=file.sha256 or origin.sha256), part)
    if wrong:
        return StoreError("model_hash_mismatch", f"{url} is not the file expected: {wrong}.", _MISMATCH_HELP)
    wrong = "" if file.sha256 else contents.problem(file, part)
    return _not_the_file(url, file, wrong) if wrong else None


def _differs(origin: Origin, held: Path) -> str:
    """How a file differs from what is announced of it, in words; empty where it does not, or nothing is announced."""
    if origin.sha256:
        found = content_hash(held)
        return "" if found == origin.sha256 else f"its sha256 is {found}, not {origin.sha256}"
    if origin.git_sha1:
        blob = hashlib.sha1(f"blob {_size(held)}\0".encode() + held.read_bytes(), usedforsecurity=False)
        return "" if blob.hexdigest() == origin.git_sha1 else "it is not the file the hub announces"
    return ""


def _not_the_file(url: str, file: RemoteFile, wrong: str) -> StoreError:
    message = f"{url} did not give {file.path}: {wrong}."
    return StoreError("model_file_wrong", message, _PORTAL_HELP)


def _too_long(url: str, file: RemoteFile, length: int) -> StoreError:
    most = size_text(contents.most_bytes(file))
    return _not_the_file(url, file, f"{size_text(length)} and more come, where it has {most} at most")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _note(part: Path) -> Path:
    return part.with_suffix(".json")


def _read_note(part: Path, url: str) -> Origin:
    try:
        told = read_json(_note(part))
        return Origin(url, _header(str(told["validator"])), str(told["sha256"]), str(told["git_sha1"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Origin(url)


def _write_note(part: Path, origin: Origin) -> None:
    # A draft with a name of its own, so that a killed download leaves nothing that the next one would not write over.
    atomic_write(_note(part), json.dumps(asdict(origin)), draft=part.with_suffix(".json.new"))


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _refused(url: str, status: int) -> Exception:
    if status == _LOGIN_FIRST:
        message = f"{url} cannot be downloaded: the network wants a login first ({status})."
        return StoreError("model_download_failed", message, _PORTAL_HELP)
    if status in _BUSY or status >= _SERVER_FAULT:
        return _TryAgain(f"the server answered {status}")
    message = f"{url} cannot be downloaded: the server answered {status}."
    if status in _LOCKED:
        next_step = "It is given out after a login only, or not at all; Cuemark keeps no keys. Name another model."
        return StoreError("model_download_failed", message, next_step)
    return StoreError("model_download_failed", message, "Check CUEMARK_MODEL_URL, or pull again later.")


def _failed(url: str, error: Exception, next_step: str = _NETWORK_HELP) -> StoreError:
    return StoreError("model_download_failed", f"{url} cannot be downloaded: {_reason(error)}.", next_step)


def _reason(error: Exception) -> str:
    return one_line(str(error)).rstrip(".")[:300] or type(error).__name__


def _is_untrusted(error: Exception) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def _wait(seconds: float, heard: Callable[[], None]) -> None:
    end = time.monotonic() + min(seconds, 30.0)
    while (left := end - time.monotonic()) > 0:
        heard()
        time.sleep(min(0.4, left))
