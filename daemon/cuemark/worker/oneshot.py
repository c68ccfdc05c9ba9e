"""Small questions that touch native decoders or the cache, answered by a process of their own.

The daemon asks with `ask`; a decoder that crashes or hangs on a strange file then harms nobody.  A request and its
answer are one JSON object each, on the standard input and output of `python -m cuemark.worker.oneshot`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cuemark.core.errors import CuemarkError, MediaError, WorkerError
from cuemark.core.serialise import decode_error, encode, encode_error
from cuemark.core.text import shown

COMMAND: tuple[str, ...] = (sys.executable, "-m", "cuemark.worker.oneshot")
TIMEOUT_S = 100.0


async def ask(question: str, *, command: Sequence[str] = COMMAND, **arguments: Any) -> Any:
    """The answer to one of `ANSWERS`; raises what the question raises, or WorkerError `helper_failed`."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    request = json.dumps({"question": question, **encode(arguments)}).encode("ascii")
    try:
        output, errors = await asyncio.wait_for(process.communicate(request), TIMEOUT_S)
    except asyncio.TimeoutError:
        raise _failed(question, arguments, f"it took over {TIMEOUT_S:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not output:
        words = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise _failed(question, arguments, f"status {process.returncode} {''.join(words)}".strip())
    answer = json.loads(output)
    if "error" in answer:
        raise decode_error(answer["error"])
    return answer["value"]


def _failed(question: str, arguments: dict[str, Any], why: str) -> CuemarkError:
    if "path" in arguments:
        message = f"{shown(Path(arguments['path']))} cannot be read: the decoder failed ({why})."
        return MediaError("media_unreadable", message, "Try another copy of the file.")
    return WorkerError("helper_failed", f"The helper for {question} failed ({why}).", "See cuemark daemon logs.")


def _probe(path: str) -> Any:
    from cuemark.media.probe import probe

    return probe(Path(path))


def _fingerprint(path: str) -> Any:
    from cuemark.media.fingerprint import fingerprint

    return fingerprint(Path(path))


def _fingerprints(paths: list[str]) -> Any:
    """Those of the files that can be read."""
    from cuemark.media.fingerprint import fingerprint

    found = {}
    for path in paths:
        with contextlib.suppress(MediaError):
            found[path] = fingerprint(Path(path))
    return found


def _find_videos(path: str) -> Any:
    from cuemark.media.folder import find_videos

    return find_videos(Path(path))


def _cache_size(cache: str) -> Any:
    from cuemark.evidence.frames.cache import FeatureCache

    return FeatureCache(Path(cache)).size()


def _cache_prune(cache: str, max_bytes: int | None) -> Any:
    from cuemark.evidence.frames.cache import FeatureCache

    return FeatureCache(Path(cache)).prune(max_bytes)


ANSWERS: dict[str, Callable[..., Any]] = {
    "probe": _probe,
    "fingerprint": _fingerprint,
    "fingerprints": _fingerprints,
    "find_videos": _find_videos,
    "cache_size": _cache_size,
    "cache_prune": _cache_prune,
}


def main() -> None:
    """Answers the one question on standard input; what libraries print goes to standard error."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.buffer.read())
    try:
        answer = {"value": encode(ANSWERS[request.pop("question")](**request))}
    except CuemarkError as error:
        answer = {"error": encode_error(error)}
    except Exception:
        traceback.print_exc(file=sys.stderr)
        raise SystemExit(1) from None
    sink.write(json.dumps(answer).encode("ascii"))
    sink.close()


if __name__ == "__main__":
    main()
