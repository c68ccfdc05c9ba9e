"""Stands for the editor beside our work: processes that are always busy, and say how far they get.

`python -m cuemark.lab.bench.editor_loop SECONDS` is one of them: one thread that multiplies matrices and copies
pictures.  It prints a line when it is ready, starts at a line on its standard input, and prints how many rounds it
made.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

from cuemark.core.errors import WorkerError
from cuemark.core.own_process import handed_on, python_command, working_folder

_SIDE = 256
_PICTURE_BYTES = 4 << 20
_ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def seconds_a_round(loops: int, seconds: float) -> float:
    """Run `loops` of the processes for `seconds` and say how long a round took them, on the mean.

    Raises WorkerError `bench_loop_failed` where one of them ends early.
    """
    processes = [_started(seconds) for _ in range(loops)]
    try:
        for process in processes:
            _line(process)
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        rounds = [int(_line(process)) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    return seconds * loops / max(1, sum(rounds))


def _started(seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        python_command("cuemark.lab.bench.editor_loop", str(seconds)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=working_folder(),
        env={**handed_on(), **_ONE_THREAD},
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        step = "Close other programs and run it again."
        raise WorkerError("bench_loop_failed", "The loop that stands for an editor ended early.", step)
    return line


def _rounds(seconds: float) -> int:
    """How many rounds fit into the time; a round is some milliseconds."""
    import numpy as np

    left = np.random.default_rng(0).normal(size=(_SIDE, _SIDE)).astype(np.float32)
    picture = bytes(_PICTURE_BYTES)
    rounds, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        for _ in range(4):
            left @ left
        bytearray(picture)
        rounds += 1
    return rounds


def main(arguments: Sequence[str]) -> int:
    """One busy process: warm up, say so, wait for the start, count rounds and print how many there were."""
    _rounds(0.05)
    print("ready", flush=True)
    if sys.stdin.readline():
        print(_rounds(float(arguments[0])), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
