"""`--gentle`, `--vram` and memory that runs out, through a real daemon and real worker processes."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from cuemark.core.analysis_options import MODEL_ROLES, AnalysisOptions
from cuemark.core.errors import OptionError
from cuemark.core.jobs import JobState
from cuemark.core.limits import MemoryLimit, usable_cores
from cuemark.rpc.client.client import CuemarkClient
from cuemark.worker.process_limits import NICENESS

SCARCE_DAEMON = (sys.executable, str(Path(__file__).with_name("scarce_worker.py")))
QUICK = Path("/footage/quick.mp4")
posix = pytest.mark.skipif(os.name == "nt", reason="niceness is POSIX")


def worker_after(client: CuemarkClient, options: AnalysisOptions) -> psutil.Process:
    """The worker that has run a quick job with these options."""
    assert client.wait_job(client.submit_analyze(QUICK, options).id).state is JobState.SUCCEEDED
    pid = client.status().worker_pid
    assert pid is not None
    return psutil.Process(pid)


@posix
def test_a_gentle_job_runs_in_a_worker_of_low_priority_and_the_next_job_does_not(client: CuemarkClient) -> None:
    usual = psutil.Process().nice()
    plain = worker_after(client, AnalysisOptions())
    assert plain.nice() == usual
    assert client.status().worker_limits == ""
    gentle = worker_after(client, AnalysisOptions(gentle=True))
    assert gentle.pid != plain.pid, "a process cannot take its gentleness back: another one is started"
    assert not plain.is_running()
    assert gentle.nice() == min(19, usual + NICENESS)
    said = client.status().worker_limits
    assert said.startswith("gentle: nice ") and f"{max(1, usable_cores() // 2)} of {usable_cores()} cores" in said
    assert worker_after(client, AnalysisOptions(gentle=True)).pid == gentle.pid, "models stay loaded for the next"
    assert worker_after(client, AnalysisOptions(gentle=False)).pid != gentle.pid


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="disk classes and autogroups are Linux's")
def test_a_gentle_worker_yields_the_disk_and_leaves_the_time_of_its_session(client: CuemarkClient) -> None:
    worker = worker_after(client, AnalysisOptions(gentle=True))
    assert worker.ionice().ioclass == psutil.IOPRIO_CLASS_IDLE
    group = Path(f"/proc/{worker.pid}/autogroup")
    if group.exists():
        assert group.read_text().split()[-1] == str(NICENESS)
    assert "disk when idle" in client.status().worker_limits


def test_a_memory_limit_belongs_to_a_worker(client: CuemarkClient) -> None:
    limited = AnalysisOptions(vram=MemoryLimit.parse("50%"))
    first = worker_after(client, limited)
    assert client.status().worker_limits == "GPU memory up to 50%"
    job = client.list_jobs(limit=1)[0]
    assert job.spec.options.vram == limited.vram  # type: ignore[union-attr]
    assert worker_after(client, limited).pid == first.pid
    assert worker_after(client, replace(limited, vram=MemoryLimit.parse("2G"))).pid != first.pid


def test_a_limit_that_is_none_is_refused_before_a_job_is_made(client: CuemarkClient) -> None:
    with pytest.raises(OptionError) as refused:
        client.submit_analyze(QUICK, AnalysisOptions(vram=MemoryLimit(size=0)))
    assert refused.value.code == "option_vram"
    assert client.list_jobs() == []


def test_settings_speak_for_jobs_that_do_not_say(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEMARK_GENTLE", "1")
    monkeypatch.setenv("CUEMARK_VRAM", "2G")
    client = home.connect()
    limits = MemoryLimit.parse("2G")
    for asked, got in ((None, True), (False, False)):
        job = client.wait_job(client.submit_analyze(QUICK, AnalysisOptions(gentle=asked)).id)
        models = dict.fromkeys(MODEL_ROLES, "sample")  # a default model of the settings, likewise
        assert job.spec.options == AnalysisOptions(gentle=got, vram=limits, models=models)


def test_memory_that_runs_out_fails_the_job_at_once_and_ends_the_worker(client: CuemarkClient) -> None:
    before = worker_after(client, AnalysisOptions())
    failed = client.wait_job(client.submit_analyze(Path("/footage/greedy.mp4")).id)
    assert failed.state is JobState.FAILED and failed.error is not None
    assert failed.error.code == "out_of_memory"
    assert failed.error.next_step
    assert failed.attempt == 1, "trying the same again would end the same way"
    assert worker_after(client, AnalysisOptions()).pid != before.pid


def test_an_analysis_goes_on_in_smaller_batches_where_memory_runs_out(home: Any, tmp_path: Path) -> None:
    client = home.connect(command=SCARCE_DAEMON)
    options = AnalysisOptions(moments=2, preset="fast", models={"clip": "sample", "lm": "sample"})
    job = client.submit_analyze(_footage(tmp_path / "scarce.mp4"), options)
    notes: list[str] = []
    done = client.wait_job(job.id, lambda event: notes.append(event.note) if event.note else None)
    assert done.error is None
    assert done.counters["batches_halved"] >= 2, "pictures and texts"
    assert done.counters["frames_encoded"] > 5
    assert any("smaller batches" in note for note in notes)
    analysis = client.get_analysis(done.analysis_id)
    assert len(analysis.moments) == 2 and all(moment.caption for moment in analysis.moments)


def _footage(path: Path) -> Path:
    """Eight seconds in two colours with a moving square, so that hardly two frames are equal."""
    import av
    import numpy as np

    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(80):
            picture = np.full((64, 96, 3), 40, np.uint8)
            picture[:, :, 0 if number < 40 else 2] = 200
            picture[10:30, number % 70 : number % 70 + 20] = 225
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path
