"""Asking a helper process: small questions that touch native decoders or the cache, out of the daemon's harm's way.

A decoder that crashes or hangs on a strange file then harms nobody.  A request and its answer are one JSON object
each, on the standard input and output of `cuemark.worker.oneshot`, which holds the answers.  The input stays open while
it works: a helper whose daemon is gone ends with it.  Only so many work at once; who asks beyond that waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cuemark.core.errors import CuemarkError, MediaError, WorkerError
from cuemark.core.jobs import JobError
from cuemark.core.own_process import handed_on, python_command, working_folder
from cuemark.core.serialise import decode, encode
from cuemark.core.system_errors import system_error, system_reason
from cuemark.core.text import shown

COMMAND: tuple[str, ...] = python_command("cuemark.worker.oneshot")
TIMEOUT_S = 100.0
AT_ONCE = 4
"""The most helpers that work at the same time."""


async def ask(question: str, *, command: Sequence[str] = COMMAND, **arguments: Any) -> Any:
    """The answer to one of the helper's questions; raises what the question raises, or WorkerError `helper_failed`."""
    async with _places():
        return await _ask(question, command, arguments)


_PLACES: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = weakref.WeakKeyDictionary()


def _places() -> asyncio.Semaphore:
    """The places for helpers of this daemon: one loop has one daemon."""
    return _PLACES.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


async def _ask(question: str, command: Sequence[str], arguments: dict[str, Any]) -> Any:
    request = json.dumps({"question": question, **encode(arguments)}).encode("ascii") + b"\n"
    process = await _started(command)
    try:
        output, errors = await asyncio.wait_for(_conversation(process, request), TIMEOUT_S)
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
        raise decode(JobError, answer["error"]).error()
    return answer["value"]


async def _started(command: Sequence[str]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=working_folder(),
            env=handed_on(),
            start_new_session=True,
        )
    except OSError as error:
        step = "Reinstall Cuemark, or check the memory and process limits of this account."
        raise system_error(error) or WorkerError(
            "helper_failed", f"A helper cannot be started: {system_reason(error)}.", step
        ) from error


async def _conversation(process: asyncio.subprocess.Process, request: bytes) -> tuple[bytes, bytes]:
    """Hands over the request, and what the helper said when it has ended; its input is closed only then."""
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    with contextlib.suppress(ConnectionError):  # one that has ended already says why
        process.stdin.write(request)
        await process.stdin.drain()
    output, errors, _ = await asyncio.gather(process.stdout.read(), process.stderr.read(), process.wait())
    process.stdin.close()
    return output, errors


def _failed(question: str, arguments: dict[str, Any], why: str) -> CuemarkError:
    if "path" in arguments:
        message = f"{shown(Path(arguments['path']))} cannot be read: the decoder failed ({why})."
        return MediaError("media_unreadable", message, "Try another copy of the file.")
    return WorkerError("helper_failed", f"The helper for {question} failed ({why}).", "See cuemark daemon logs.")
