"""A gentle process uses few threads and low priority.  Each test makes a process gentle, so each has its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.limits import LONGEST_PAUSE_S, UNLIMITED, ProcessLimits
from cuemark.worker.process_limits import NICENESS

STORY = """
import json, os, sys
from cuemark.core.limits import ProcessLimits, usable_cores
from cuemark.models.runtime.devices import DeviceChoice, prepare_torch
from cuemark.worker import process_limits

limits = ProcessLimits(gentle=sys.argv[1] == "gentle")
words = process_limits.apply(limits)
prepare_torch(DeviceChoice("cpu", "asked"), limits)
import psutil, torch
told = {"words": words, "limit": limits.threads, "torch": torch.get_num_threads(), "pool": os.getenv("OMP_NUM_THREADS"),
        "nice": psutil.Process().nice(), "cores": usable_cores()}
print(json.dumps(told))
"""


def story(kind: str) -> dict[str, object]:
    """What a fresh process says of itself."""
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", STORY, kind]
    ran = subprocess.run(command, capture_output=True, text=True, env=free, timeout=170, check=True)
    found: dict[str, object] = json.loads(ran.stdout)
    return found


def test_half_of_the_cores_and_a_low_priority() -> None:
    told = story("gentle")
    cores = told["cores"]
    assert isinstance(cores, int)
    half = max(1, cores // 2)
    assert told["limit"] == told["torch"] == int(str(told["pool"])) == half
    assert f"{half} of {cores} cores" in str(told["words"])
    if os.name == "posix":
        assert told["nice"] == min(19, os.nice(0) + NICENESS)


def test_an_ordinary_process_is_left_as_it_is() -> None:
    told = story("ordinary")
    assert told["limit"] is told["pool"] is None
    assert told["words"] == ""
    if os.name == "posix":
        assert told["nice"] == os.nice(0)


@given(worked=st.floats(-10, 1000))
def test_a_pause_is_as_long_as_the_work_and_never_long(worked: float) -> None:
    assert UNLIMITED.pause_s(worked) == 0, "an ordinary process takes no rest"
    pause = ProcessLimits(gentle=True).pause_s(worked)
    assert pause == worked if 0 <= worked <= LONGEST_PAUSE_S else pause == (0 if worked < 0 else LONGEST_PAUSE_S)
