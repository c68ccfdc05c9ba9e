"""A gentle process uses few threads and low priority.  Each test makes a process gentle, so each has its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from cuemark.core import gentle

STORY = """
import json, os, sys
from cuemark.core import gentle
from cuemark.models.runtime.devices import DeviceChoice, prepare_torch

before = gentle.thread_limit()
words = gentle.become_gentle() if sys.argv[1] == "gentle" else ""
prepare_torch(DeviceChoice("cpu", "asked"))
import psutil, torch
told = {"before": before, "words": words, "limit": gentle.thread_limit(), "torch": torch.get_num_threads(),
        "nice": psutil.Process().nice(), "cores": gentle.usable_cores()}
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
    assert told["before"] is None
    assert told["limit"] == told["torch"] == half
    assert f"{half} of {cores} cores" in str(told["words"])
    if os.name == "posix":
        assert told["nice"] == min(19, os.nice(0) + gentle.NICENESS)


def test_an_ordinary_process_is_left_as_it_is() -> None:
    told = story("ordinary")
    assert told["limit"] is None
    if os.name == "posix":
        assert told["nice"] == os.nice(0)


def test_a_rest_is_as_long_as_the_work_and_never_long(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    gentle.rest(1.0)
    assert slept == [], "an ordinary process takes no rest"
    monkeypatch.setattr(gentle._State, "threads", 1)
    for worked in (0.01, 5.0, -1.0):
        gentle.rest(worked)
    assert slept == [0.01, gentle.LONGEST_REST_S, 0.0]
