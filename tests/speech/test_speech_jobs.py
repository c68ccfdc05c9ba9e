"""Listening in a real daemon: its worker is killed in the middle, and what is said where no speech model is here."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cuemark.core import settings as configuration
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import DaemonError
from cuemark.core.jobs import Job, JobState
from cuemark.models.speech.choice import NO_SPEECH_MODEL
from cuemark.rpc.client.client import CuemarkClient, stop_daemon
from tests.speech.small_models import whisper_folder
from tests.speech.spoken import STORY, sound_of, write_film

PATIENCE_S = 240.0


@pytest.fixture
def client(cuemark_home: Path) -> Iterator[CuemarkClient]:
    """A real daemon, which is stopped at the end."""
    known = configuration.load()
    with CuemarkClient.connect(known) as connected:
        yield connected
    with contextlib.suppress(DaemonError):
        stop_daemon(known)


def waits_until_heard(client: CuemarkClient, job: Job, seconds: int) -> Job:
    """Until so many seconds of the sound were listened to."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        now = client.get_job(job.id)
        assert not now.state.ended, now
        if now.progress is not None and now.progress.stage == "speech" and now.progress.done >= seconds:
            return now
        time.sleep(0.02)
    raise AssertionError("it never got so far")


@pytest.mark.slow
def test_a_killed_worker_goes_on_at_the_stretch(tmp_path: Path, client: CuemarkClient) -> None:
    film = write_film(tmp_path / "talk.mkv", np.tile(sound_of(STORY), 8))
    options = AnalysisOptions(speech=str(whisper_folder(tmp_path / "tiny")), language="en")
    job = client.submit_transcribe(film, options)
    waits_until_heard(client, job, 60)
    worker = client.status().worker_pid
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    job = client.wait_job(job.id)
    assert job.state is JobState.SUCCEEDED and job.attempt == 2
    assert job.counters["speech_stretches_from_cache"] >= 2
    assert job.counters["speech_stretches"] <= 12, "no stretch but the one that was cut off was heard twice"
    found = client.get_transcript(job.id).transcript
    assert len([one for one in found.utterances if "afternoon" in one.text]) == 8
    assert all(a.end <= b.start for a, b in zip(found.utterances, found.utterances[1:], strict=False))
    # Asked once more, it is all there, and no model is loaded.
    again = client.wait_job(client.submit_transcribe(film, options).id)
    assert again.counters["transcripts_from_cache"] == 1
    assert client.get_transcript(again.id).transcript.utterances == found.utterances


@pytest.mark.slow
def test_a_cancel_while_it_listens_takes_no_two_seconds(tmp_path: Path, client: CuemarkClient) -> None:
    film = write_film(tmp_path / "talk.mkv", np.tile(sound_of(STORY), 20))
    options = AnalysisOptions(speech=str(whisper_folder(tmp_path / "tiny")))
    job = client.submit_transcribe(film, options)
    waits_until_heard(client, job, 20)
    asked = time.monotonic()
    client.cancel_job(job.id)
    assert client.wait_job(job.id).state is JobState.CANCELLED
    assert time.monotonic() - asked < 2


@pytest.mark.slow
def test_without_a_speech_model_it_is_said_once_and_pictures_are_analysed(
    tmp_path: Path, client: CuemarkClient
) -> None:
    story = sound_of(STORY)
    silent = write_film(tmp_path / "silent.mkv", np.zeros(16000 * 6, np.float32))
    talks = [write_film(tmp_path / f"talk{number}.mkv", story[number * 1600 :]) for number in range(2)]
    said = []
    for film in (silent, *talks):
        job = client.wait_job(client.submit_analyze(film, AnalysisOptions(preset="fast")).id)
        assert job.state is JobState.SUCCEEDED and job.analysis_id is not None
        analysis = client.get_analysis(job.analysis_id)
        said.append([notice.message for notice in analysis.warnings if notice.code == NO_SPEECH_MODEL])
    assert [len(each) for each in said] == [0, 1, 0], "on the first file in which somebody speaks"
    assert "cuemark models pull whisper-" in said[1][0] and "--speech off" in said[1][0]
    job = client.wait_job(client.submit_transcribe(talks[0]).id)
    assert job.error is not None and job.error.code == "transcript_none"
    assert "cuemark models pull whisper-" in job.error.next_step


@pytest.mark.slow
def test_a_speech_model_is_part_of_the_analysis(tmp_path: Path, client: CuemarkClient) -> None:
    film = write_film(tmp_path / "talk.mkv", sound_of(STORY))
    options = AnalysisOptions(
        preset="fast", speech=str(whisper_folder(tmp_path / "tiny")), settings={"speech.beam": "2"}
    )
    job = client.wait_job(client.submit_analyze(film, options).id)
    assert job.state is JobState.SUCCEEDED and job.analysis_id is not None, job.error
    analysis = client.get_analysis(job.analysis_id)
    assert analysis.models["speech"].device == "cpu" and "int8" in analysis.models["speech"].reason
    assert analysis.options["speech.beam"] == "2"
    assert any("speech model" in name for name in client.status().loaded_models)
