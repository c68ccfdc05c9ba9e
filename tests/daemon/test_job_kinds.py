"""The table of job kinds: whole, in step with the contract and the worker, and light enough for the daemon."""

from __future__ import annotations

import importlib
import subprocess
import sys

from cuemark.core.jobs import JobSpec, TaskSpec
from cuemark.core.serialise import kinds_of
from cuemark.daemon.job_kinds import JOB_KINDS, QUERIES, QUEUES, names_in
from cuemark.rpc.v1 import jobs_pb2

CHECKS = """
import sys
from pathlib import Path
from cuemark.core import settings
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.jobs import AnalyzeSpec, EncodeQuerySpec, EncodeTextsSpec, IndexSpec, ProxySpec, PullSpec, RenderSpec
from cuemark.core.jobs import SelectSpec, TranscribeSpec
from fractions import Fraction
from cuemark.core.media import MediaInfo
from cuemark.core.selection import Candidate, Pick, SelectedMedia, Selection, SelectionSource
from cuemark.daemon.job_kinds import JOB_KINDS, kind_of
from cuemark.rpc.server import main

options = AnalysisOptions(preset="thorough", moments=3, models={"clip": "light"}, settings={"search.beams": "4"})
media = MediaInfo(Path("/a.mp4").absolute(), "f", 1, "mov", "h264", 0, 64, 36, 0, Fraction(1), Fraction(25), False,
                  Fraction(9), None, Fraction(0), None)
pick = Pick(media.path, "f", Fraction(0), Fraction(1), "a cat", 0.5)
specs = [
    AnalyzeSpec(Path("/a.mp4").absolute(), options), PullSpec("light"), EncodeTextsSpec(("a cat",)),
    TranscribeSpec(Path("/a.mp4").absolute(), options), IndexSpec(Path("/a.mp4").absolute(), options),
    SelectSpec((SelectionSource(media, (Candidate(Fraction(0), Fraction(1), "a cat", 0.5),)),)),
    RenderSpec(Selection((SelectedMedia(media),), (pick,)), Path("/out.mp4").absolute()),
    EncodeQuerySpec("a cat"),
    ProxySpec(Path("/a.mp4").absolute(), "0" * 32),
]
assert {type(spec) for spec in specs} == {row.spec for row in JOB_KINDS}
for spec in specs:
    kind = kind_of(spec)
    kind.check(spec)
    kind.limits(kind.complete(spec, settings.load()), settings.load())
heavy = ("torch", "transformers", "onnxruntime", "open_clip", "av", "cuemark.worker")
print([name for name in sys.modules if name.startswith(heavy)])
"""


def test_every_task_has_one_row_with_a_function_of_the_worker() -> None:
    assert [row.spec for row in JOB_KINDS] == list(kinds_of(TaskSpec).values())
    for row in JOB_KINDS:
        module, _, name = row.runner.partition(":")
        assert module.startswith("cuemark.worker.")
        assert callable(getattr(importlib.import_module(module), name))


def test_every_queued_kind_has_a_lane_and_a_field_of_the_contract() -> None:
    queued = {name for lane in QUEUES for name in names_in(lane)}
    assert queued == set(kinds_of(JobSpec))
    (oneof,) = jobs_pb2.JobSpec.DESCRIPTOR.oneofs
    assert queued == {field.name for field in oneof.fields}
    assert not queued & set(names_in(QUERIES))


def test_what_the_daemon_does_with_a_job_loads_no_model_and_no_part_of_the_worker() -> None:
    ran = subprocess.run([sys.executable, "-c", CHECKS], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"
