"""Asking a helper process: small questions that touch native decoders or the cache, out of the daemon's harm's way.

A decoder that crashes or hangs on a strange file then harms nobody.  A request and its answer are one JSON object
each, on the standard input and output of `cuemark.worker.oneshot`, which holds the answers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cuemark.core.errors import CuemarkError, MediaError, WorkerError
from cuemark.core.jobs import JobError
from cuemark.core.own_process import handed_on, python_command, working_folder
from cuemark.core.serialise import decode, encode
from cuemark.core.text import shown

COMMAND: tuple[str, ...] = python_command("cuemark.worker.oneshot")
TIMEOUT_S = 100.0


async def ask(question: str, *, command: Sequence[str] = COMMAND, **arguments: Any) -> Any:
    """The answer to one of the helper's questions; raises what the question raises, or WorkerError `helper_failed`."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=working_folder(),
        env=handed_on(),
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
        raise decode(JobError, answer["error"]).error()
    return answer["value"]


def _failed(question: str, arguments: dict[str, Any], why: str) -> CuemarkError:
    if "path" in arguments:
        message = f"{shown(Path(arguments['path']))} cannot be read: the decoder failed ({why})."
        return MediaError("media_unreadable", message, "Try another copy of the file.")
    return WorkerError("helper_failed", f"The helper for {question} failed ({why}).", "See cuemark daemon logs.")
