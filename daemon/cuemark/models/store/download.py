"""One file from the network to disk: resumed after anything, verified before it gets its name.

The bytes gather in a `.part` file beside a note of where they came from.  A partial file is never thrown away at the
start: a later try asks for the rest of it, guarded by the server's validator, so that two versions are never mixed.

No server is believed: a file has at most the bytes it can have, is looked into (`contents`) before it gets its name,
and one whose hash the registry does not know is compared with the server again until the pull is whole.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from cuemark.core.errors import StoreError
from cuemark.core.files import is_disk_full, put_in_place
from cuemark.models.store import contents
from cuemark.models.store.folders import content_hash
from cuemark.models.store.partial_file import (
    Origin,
    check_space,
    differs,
    disk_filled,
    forget,
    note_of,
    read_note,
    size_of,
    write_note,
)
from cuemark.models.store.registry import RemoteFile
from cuemark.models.store.server_answers import (
    ADDRESS_HELP,
    BEYOND,
    CERTIFICATE_HELP,
    MISSING,
    OK,
    PARTIAL,
    TryAgain,
    after_the_end,
    failed,
    is_untrusted,
    not_the_file,
    origin_of,
    reason_of,
    refused,
    start_of,
    too_long,
    total_of,
    wrong_with,
)

if TYPE_CHECKING:
    import httpx

_TELL_SECONDS = 0.2


@dataclass(frozen=True)
class Fetched:
    """A verified file: its size and sha256, and what it was checked against (registry, hub, or only its size)."""

    size: int
    sha256: str
    checked: str


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
        return size_of(self._part(url))

    def discard(self, url: str) -> int:
        """Throw away what an earlier try left; returns the bytes freed."""
        freed = self.present(url)
        forget(self._part(url))
        self._part(url).with_suffix(".lock").unlink(missing_ok=True)
        return freed

    def settle(self, url: str) -> None:
        """The pull is whole: what was noted of a finished file is not needed any more."""
        if not self._part(url).exists():
            note_of(self._part(url)).unlink(missing_ok=True)

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
        found = Fetched(size_of(target), content_hash(target), "registry" if file.sha256 else "earlier")
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

        size, known = size_of(target), read_note(self._part(url), url)
        headers = {"Range": f"bytes={size}-", **({"If-Range": known.validator} if known.validator else {})}
        try:
            with self._client(url) as client, client.stream("GET", url, headers=headers) as response:
                total = total_of(response.headers.get("content-range", ""))
                if response.status_code != BEYOND or total != size:
                    return False
                said = origin_of(response, url, 0)
        except (httpx.HTTPError, httpx.InvalidURL, StoreError):  # the fetch that follows says what is wrong
            return False
        if said.sha256 or said.git_sha1:
            return not differs(said, target)
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
        wrong = wrong_with(file, origin, url, part)
        if wrong and resumed:  # the older part may be what is wrong: once more, from the start
            forget(part)
            origin = self._transfer(file, url, part, heard, told) or origin
            wrong = wrong_with(file, origin, url, part)
        if wrong:
            forget(part)
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

        left, pause, furthest = self._attempts, self._pause, size_of(part)
        with self._client(url) as client:
            while True:
                try:
                    return self._attempt(client, file, url, part, heard)
                except (httpx.TooManyRedirects, httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
                    raise failed(url, error, ADDRESS_HELP) from error
                except (TryAgain, httpx.HTTPError) as error:
                    if is_untrusted(error):
                        raise failed(url, error, CERTIFICATE_HELP) from error
                    # Only new ground counts: a server that starts over again and again would be asked for ever.
                    moved, furthest = size_of(part) > furthest, max(furthest, size_of(part))
                    left, pause = (self._attempts, self._pause) if moved else (left - 1, pause * 2)
                    if left <= 0:
                        raise failed(url, error) from error
                    told(f"{urlsplit(url).netloc} is asked again in {pause:.0f} s ({reason_of(error)})")
                    _wait(pause, lambda: heard(size_of(part)))

    def _client(self, url: str) -> httpx.Client:
        """A client for one file: it follows redirects, but from an encrypted address to encrypted ones only."""
        import httpx

        def check(request: httpx.Request) -> None:
            if url.startswith("https:") and request.url.scheme != "https":
                raise failed(url, ValueError("the server sends on to an address without encryption"), ADDRESS_HELP)

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
            raise failed(url, reason, step) from error

    def _attempt(
        self, client: httpx.Client, file: RemoteFile, url: str, part: Path, heard: Callable[[int], None]
    ) -> Origin | None:
        known, have = read_note(part, url), size_of(part)
        headers = {}
        if have and (known.validator or file.sha256 or known.sha256):
            headers["Range"] = f"bytes={have}-"
            if known.validator:
                headers["If-Range"] = known.validator
        with client.stream("GET", url, headers=headers) as response:
            if response.status_code in MISSING and file.optional:
                return None
            if response.status_code == BEYOND:
                return after_the_end(
                    part, known, origin_of(response, url, 0), response.headers.get("content-range", "")
                )
            if response.status_code not in (OK, PARTIAL):
                raise refused(url, response.status_code)
            if contents.is_web_page(response.headers.get("content-type", "")):
                raise not_the_file(url, file, contents.WEB_PAGE)
            start = start_of(response, have)
            origin = origin_of(response, url, start)
            if origin.size > contents.most_bytes(file):
                raise too_long(url, file, origin.size)
            if start and known.validator and origin.validator and origin.validator != known.validator:
                part.unlink(missing_ok=True)
                raise TryAgain("the file changed on the server")
            write_note(part, origin)
            check_space(part, origin.size - start if origin.size >= 0 else 0, file)
            self._save(response, file, url, part, start, heard)
        if 0 <= origin.size != size_of(part):
            raise TryAgain(f"the connection ended after {size_of(part)} of {origin.size} bytes")
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
                        raise not_the_file(url, file, wrong)
                    if size_of(part):
                        stream.truncate(0)
                view = memoryview(block)
                while view:
                    view = view[stream.write(view) :]
                done += len(block)
                if done > most:
                    forget(part)
                    raise too_long(url, file, done)
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
                heard(size_of(part))  # another process downloads this very file; its progress is ours


def _wait(seconds: float, heard: Callable[[], None]) -> None:
    end = time.monotonic() + min(seconds, 30.0)
    while (left := end - time.monotonic()) > 0:
        heard()
        time.sleep(min(0.4, left))
