"""A media that takes memory or time beyond its budget fails its job for good; the daemon goes on with the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from cuemark.core.jobs import JobState
from cuemark.rpc.client.client import CuemarkClient


@pytest.mark.parametrize(("name", "words"), [("hungry.mp4", "GiB of memory"), ("spinning.mp4", "without a picture")])
def test_what_goes_beyond_a_budget_is_given_up_and_not_tried_again(
    client: CuemarkClient, name: str, words: str
) -> None:
    failed = client.wait_job(client.submit_analyze(Path("/footage", name)).id)
    assert failed.state is JobState.FAILED and failed.attempt == 1
    assert failed.error is not None and failed.error.code == "media_too_large"
    assert name in failed.error.message and words in failed.error.message and failed.error.next_step
    after = client.wait_job(client.submit_analyze(Path("/footage/quick.mp4")).id)
    assert after.state is JobState.SUCCEEDED


def test_a_slow_disk_is_no_hang(client: CuemarkClient) -> None:
    assert client.wait_job(client.submit_analyze(Path("/footage/waiting.mp4")).id).state is JobState.SUCCEEDED
