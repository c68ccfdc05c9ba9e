"""A helper process of the daemon: answers one small question that touches native libraries or the cache, and ends.

A request and its answer are one JSON object each, on the standard input (a line) and output; the helper ends at once
where its input does.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from cuemark.core.errors import CuemarkError, MediaError
from cuemark.core.jobs import JobError
from cuemark.core.serialise import encode
from cuemark.core.system_errors import system_error


def _fingerprint(path: str) -> Any:
    from cuemark.media.fingerprint import fingerprint

    return fingerprint(Path(path))


def _probe(path: str) -> Any:
    from cuemark.core.progress import SilentProgress
    from cuemark.media.probe import probe

    return probe(Path(path), SilentProgress())


def _fingerprints(paths: list[str]) -> Any:
    """Those of the files that can be read."""
    from cuemark.media.fingerprint import fingerprint

    found = {}
    for path in paths:
        with contextlib.suppress(MediaError):
            found[path] = fingerprint(Path(path))
    return found


def _find_videos(path: str) -> Any:
    from cuemark.media.folder import search

    return search(Path(path))


def _cache_size(cache: str) -> Any:
    from cuemark.evidence.frames.cache import FeatureCache

    return FeatureCache(Path(cache)).size()


def _cache_prune(cache: str, max_bytes: int | None) -> Any:
    from cuemark.evidence.frames.cache import FeatureCache

    return FeatureCache(Path(cache)).prune(max_bytes)


def _hardware(cache: str) -> Any:
    from cuemark.models.runtime.hardware import measure

    return measure(Path(cache))


ANSWERS: dict[str, Callable[..., Any]] = {
    "fingerprint": _fingerprint,
    "fingerprints": _fingerprints,
    "probe": _probe,
    "find_videos": _find_videos,
    "cache_size": _cache_size,
    "cache_prune": _cache_prune,
    "hardware": _hardware,
}


def main() -> None:
    """Answers the one question on standard input; what libraries print goes to standard error."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_daemon, name="daemon's end", daemon=True).start()
    try:
        answer = {"value": encode(ANSWERS[request.pop("question")](**request))}
    except CuemarkError as error:
        answer = {"error": encode(JobError.of(error))}
    except Exception as error:
        if (known := system_error(error)) is not None:
            return _answer(sink, {"error": encode(JobError.of(known))})
        traceback.print_exc(file=sys.stderr)
        raise SystemExit(1) from None
    _answer(sink, answer)


def _answer(sink: BinaryIO, answer: dict[str, Any]) -> None:
    sink.write(json.dumps(answer).encode("ascii"))
    sink.close()


def _end_with_the_daemon() -> None:
    """Nobody waits for an answer once the input has ended: the daemon keeps it open until we have."""
    while os.read(0, 4096):  # not by way of sys.stdin, whose lock the end of the interpreter would wait for
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
