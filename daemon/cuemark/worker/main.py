"""The worker process: reads tasks from its standard input, runs them one at a time, writes what happens to its output.

One JSON object a line, both ways.  In: `hello` (settings, limits), `run` (id of a job or query, the function that runs
it, spec), `cancel`.  Out: `ready` (limits attained, in words), `progress`, `note`, `alive`, `models`, and to end a task
one of `done` (its result), `failed`, `cancelled`.  A `failed` that is `spent` asks for the process to be ended: memory
ran out in it.  It dies with its parent: when its input ends, at once, whatever it is doing; what a job had finished is
in the cache.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import IO, Any, Protocol

from cuemark.core.errors import CuemarkError, JobCancelled, WorkerError
from cuemark.core.jobs import AnalyzeSpec, IndexPartSpec, IndexSpec, JobError, TranscribeSpec, WorkSpec
from cuemark.core.limits import ProcessLimits
from cuemark.core.progress import Progress
from cuemark.core.serialise import decode, encode
from cuemark.core.settings import Settings
from cuemark.core.status import LoadedModels
from cuemark.core.system_errors import system_error
from cuemark.models.runtime.memory import is_out_of_memory, out_of_memory
from cuemark.worker import process_limits
from cuemark.worker.guard import MediaGuard
from cuemark.worker.reporter import Reporter, Send


class Runner(Protocol):
    """What does the work; the seam at which tests put something quick."""

    def run(self, function: str, spec: WorkSpec, progress: Progress) -> Any:
        """The result of one task by the function of its kind; raises CuemarkError where it cannot be done."""

    def models(self) -> LoadedModels:
        """What is loaded now."""


MakeRunner = Callable[[Settings, ProcessLimits], Runner]


class Worker:
    """The two ends of the pipe, and the runner between them."""

    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source = source
        self._sink = sink
        self._lock = threading.Lock()
        self._inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._task_id = ""

    def serve(self, make_runner: MakeRunner) -> None:
        """Works until the process is ended from outside."""
        threading.Thread(target=self._read, name="pipe", daemon=True).start()
        hello = self._inbox.get()
        limits = decode(ProcessLimits, hello.get("limits", {}))
        attained = process_limits.apply(limits)  # before anything heavy is loaded
        runner = make_runner(decode(Settings, hello["settings"]), limits)
        self._send({"type": "ready", "pid": os.getpid(), "limits": attained})
        while True:
            self._run(runner, self._inbox.get())

    def _run(self, runner: Runner, message: dict[str, Any]) -> None:
        send = self._sender(message["task_id"])
        try:
            spec: WorkSpec = decode(WorkSpec, message["spec"])
            with Reporter(send, self._cancelled) as progress, _guard(spec, progress, send):
                result = runner.run(message["function"], spec, progress)
                progress.check()
        except JobCancelled:
            send({"type": "cancelled"})
        except CuemarkError as error:
            send({"type": "failed", "error": encode(JobError.of(error)), "spent": error.code == "out_of_memory"})
        except BaseException as error:
            # What panics in Rust (tokenizers) is no Exception; this is the edge of the process.
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            traceback.print_exc(file=sys.stderr)
            send(_unforeseen(error))
        else:
            send({"type": "models", "models": encode(runner.models())})
            send({"type": "done", "result": encode(result)})

    def _read(self) -> None:
        for line in self._source:
            message = json.loads(line)
            if message["type"] == "cancel":
                if message["task_id"] == self._task_id:
                    self._cancelled.set()
                continue
            if message["type"] == "run":
                # Here and not where the job is run, so that a cancel right behind it is not missed.
                self._task_id = message["task_id"]
                self._cancelled.clear()
            self._inbox.put(message)
        os._exit(0)

    def _sender(self, task_id: str) -> Send:
        return lambda message: self._send({**message, "task_id": task_id})

    def _send(self, message: dict[str, Any]) -> None:
        line = json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"
        try:
            with self._lock:
                self._sink.write(line)
                self._sink.flush()
        except OSError:
            os._exit(0)


def serve(make_runner: MakeRunner) -> None:
    """Serves the pipes this process was started with.

    The real standard output is kept for us alone: libraries that print (natively too) get standard error instead.
    """
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    Worker(sys.stdin.buffer, sink).serve(make_runner)


def _guard(spec: WorkSpec, progress: Reporter, send: Send) -> AbstractContextManager[object]:
    if isinstance(spec, (AnalyzeSpec, TranscribeSpec, IndexSpec, IndexPartSpec)):
        return MediaGuard(spec.path, lambda: progress.stage, send)
    return nullcontext()


def _unforeseen(error: BaseException) -> dict[str, Any]:
    """What ends a job that no error of ours ended; where memory ran out, the process is not to be used again."""
    if is_out_of_memory(error):
        found = out_of_memory(f"This was needed in one piece: {str(error).strip() or type(error).__name__}"[:300])
        return {"type": "failed", "error": encode(JobError.of(found)), "spent": True}
    if (known := system_error(error)) is not None:
        return {"type": "failed", "error": encode(JobError.of(known)), "spent": known.code == "out_of_memory"}
    message = f"Something went wrong inside Cuemark ({type(error).__name__}: {error})."
    step = "This is a fault of ours; please report it with the output of cuemark daemon logs."
    return {"type": "failed", "error": encode(JobError.of(WorkerError("internal_error", message, step)))}


def main() -> None:
    """The entry point of `python -m cuemark.worker.main`."""
    from cuemark.worker.runner import TaskRunner

    serve(TaskRunner)


if __name__ == "__main__":
    main()
