"""Whoever reaches the daemon's port: strangers without the token, callers that send nonsense, readers that do not read,
crowds, and signals.  Whatever comes, its owner is answered, no fault of ours is said, and no job loses an attempt.

The daemon is the real one with a made-up worker; what is random has its seed here.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2

from cuemark.core.errors import CuemarkError, OptionError
from cuemark.core.jobs import Job, JobState
from cuemark.rpc.client.client import CuemarkClient
from cuemark.rpc.contract.endpoint import lock_is_held
from cuemark.rpc.contract.protocol import ERROR_DOMAIN, TOKEN_METADATA, error_of
from cuemark.rpc.v1 import (
    analyses_pb2,
    export_pb2,
    hosts_pb2,
    jobs_pb2,
    media_pb2,
    models_pb2,
    system_pb2,
)
from tests.daemon.conftest import FAKE_DAEMON, Home, home

__all__ = ["home"]

SEED = 20261126
RANDOM_REQUESTS = 700
MODULES: tuple[Any, ...] = (analyses_pb2, export_pb2, hosts_pb2, jobs_pb2, media_pb2, models_pb2, system_pb2)
METHODS = [
    (f"/{service.full_name}/{method.name}", method)
    for module in MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
] + [(f"/grpc.health.v1.Health/{m.name}", m) for m in health_pb2.DESCRIPTOR.services_by_name["Health"].methods]
posix = pytest.mark.skipif(os.name == "nt", reason="limits and signals are POSIX")

Told = Callable[[str], None]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Told:
    """Prints the figures of a test, whether output is shown or not."""

    def tell(figures: str) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {figures}", flush=True)

    return tell


def limited(soft: int, hard: int | None = None) -> tuple[str, ...]:
    """The daemon with the made-up worker under a limit of open files."""
    most = "resource.getrlimit(resource.RLIMIT_NOFILE)[1]" if hard is None else str(hard)
    words = (
        f"import resource, runpy; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {most}));"
        f" runpy.run_path({FAKE_DAEMON[1]!r}, run_name='__main__')"
    )
    return (sys.executable, "-c", words)


def cuemark(*words: str, timeout: float = 90) -> subprocess.CompletedProcess[str]:
    """A command of the owner's, in a process of its own."""
    command = [sys.executable, "-m", "cuemark.cli.main", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


def process_of(home: Home) -> psutil.Process:
    return psutil.Process(home.endpoint().pid)


def log_of(home: Home) -> str:
    return home.settings.log_file.read_text("utf-8")


def assert_no_fault(home: Home) -> None:
    log = log_of(home)
    assert "Traceback" not in log and "internal error" not in log, log[-3000:]


# Strangers


WRONG = [
    (),
    ((TOKEN_METADATA, ""),),
    ((TOKEN_METADATA, "x" * 43),),
    ((TOKEN_METADATA, "{token}x"),),
    ((TOKEN_METADATA, "{token} "),),
    ((TOKEN_METADATA, "{start}"),),
    ((TOKEN_METADATA, "{swapped}"),),
    ((TOKEN_METADATA, "{token}"), (TOKEN_METADATA, "{token}")),
    ((TOKEN_METADATA, "{token}"), (TOKEN_METADATA, "wrong")),
    ((TOKEN_METADATA, "null"),),
    ((TOKEN_METADATA, "a" * 3000),),
    (("authorization", "Bearer {token}"),),
    ((f"{TOKEN_METADATA}-bin", b"\x00\xff"),),
]


def test_no_call_is_answered_without_the_token(home: Home, told: Told) -> None:
    endpoint = home.connect().endpoint
    words = {"token": endpoint.token, "start": endpoint.token[:-1], "swapped": endpoint.token.swapcase()}
    refused: Counter[str] = Counter()
    with grpc.insecure_channel(endpoint.target) as channel:
        for (path, method), metadata in ((m, w) for m in METHODS for w in WRONG):
            given = tuple((key, v.format(**words) if isinstance(v, str) else v) for key, v in metadata)
            code, error = answer(channel, path, method, b"", given)
            assert code is grpc.StatusCode.UNAUTHENTICATED, (path, metadata, code)
            assert error is not None and error.code == "daemon_bad_token"
            assert endpoint.token not in str(error)
            refused[code.name] += 1
    assert_no_fault(home)
    told(f"{len(METHODS)} calls x {len(WRONG)} wrong tokens: {dict(refused)}")


def answer(
    channel: Any, path: str, method: Any, request: bytes, metadata: Any, timeout: float = 30
) -> tuple[grpc.StatusCode, CuemarkError | None]:
    """How a call ends, told raw bytes; a stream is read to its end, or for as long as it says anything new."""
    options = {"metadata": metadata, "timeout": timeout}
    try:
        if method.server_streaming:
            for number, _ in enumerate(channel.unary_stream(path)(request, **options)):
                if number > 20:
                    break
        else:
            channel.unary_unary(path)(request, **options)
    except grpc.RpcError as failure:
        return failure.code(), error_of(failure)
    return grpc.StatusCode.OK, None


def test_a_stranger_who_sends_no_request_is_refused_all_the_same(home: Home) -> None:
    """A call that waits for a request that never comes would hold the connection for ever."""
    endpoint = home.connect().endpoint
    silent = threading.Event()

    def nothing() -> Iterator[Any]:
        silent.wait(20)
        yield from ()

    with grpc.insecure_channel(endpoint.target) as channel:
        begun = time.monotonic()
        with pytest.raises(grpc.RpcError) as refused:
            call: Any = channel.stream_unary("/cuemark.rpc.v1.JobsService/GetJob")
            call(nothing(), timeout=15)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED and time.monotonic() - begun < 5
        silent.set()


GARBAGE = {
    "HTTP/1.1": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HTTP/1.1 upgrade": b"GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
    "TLS hello": bytes.fromhex("16030100a5010000a10303") + bytes(160),
    "zeros": bytes(100_000),
    "noise": random.Random(SEED).randbytes(200_000),
    "preface alone": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "half a preface": b"PRI * HTTP/2.0\r\n",
    "huge frame": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\x00\x00\x00\x00\x00\x01",
    "settings flood": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" * 20_000,
    "ping flood": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    + (b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + bytes(8)) * 20_000,
    "rapid reset": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    + b"".join(
        b"\x00\x00\x01\x01\x04"
        + struct.pack(">I", n)
        + b"\x82"
        + b"\x00\x00\x04\x03\x00"
        + struct.pack(">I", n)
        + bytes(4)
        for n in range(1, 10_001, 2)
    ),
    "endless headers": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    + b"\x00\x00\x01\x01\x00\x00\x00\x00\x01\x82"
    + b"\x00\x10\x00\x09\x00\x00\x00\x00\x01" * 1
    + bytes(4096) * 20,
    "window overflow": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    + b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\xff\xff" * 100,
}


@pytest.mark.parametrize("piece", [1 << 20, 977])
def test_garbage_on_the_port_disturbs_nobody(home: Home, told: Told, piece: int) -> None:
    client = home.connect()
    endpoint, process = client.endpoint, process_of(home)
    slowest = 0.0
    for data in GARBAGE.values():
        with socket.create_connection((endpoint.host, endpoint.port), timeout=5) as stranger:
            with contextlib.suppress(OSError):  # hung up on in the middle, as it should be
                for start in range(0, len(data), piece):
                    stranger.sendall(data[start : start + piece])
            begun = time.monotonic()
            assert client.version().instance_id == endpoint.instance_id
            slowest = max(slowest, time.monotonic() - begun)
    assert process.is_running() and slowest < 5
    assert_no_fault(home)
    megabytes = process.memory_info().rss / 2**20
    assert megabytes < 300
    told(f"{len(GARBAGE)} payloads in pieces of {piece}: slowest answer {slowest * 1000:.0f} ms, {megabytes:.0f} MiB")


@posix
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("soft", "hard", "strangers"), [(256, None, 700), (64, 64, 150)])
def test_idle_strangers_do_not_lock_the_owner_out(
    home: Home, told: Told, soft: int, hard: int | None, strangers: int
) -> None:
    client = home.connect(command=limited(soft, hard))
    endpoint, process = client.endpoint, process_of(home)
    client.wait_job(client.submit_analyze(Path("/footage/quick.mp4")).id)
    files = process.num_fds()
    held = []
    for number in range(strangers):
        stranger = socket.socket()
        stranger.settimeout(1)
        held.append(stranger)
        with contextlib.suppress(OSError):  # refused: as good as connected
            stranger.connect((endpoint.host, endpoint.port))
            if number % 2:
                stranger.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    most = process.num_fds()
    begun = time.monotonic()
    ran = cuemark("daemon", "status", "--json")
    answered = time.monotonic() - begun
    assert ran.returncode == 0 and json.loads(ran.stdout)["pid"] == process.pid, ran.stderr
    # The daemon has files left for its own work, and a worker among them.
    job = client.wait_job(client.submit_analyze(Path("/footage/steps-9.mp4")).id)
    assert job.state is JobState.SUCCEEDED
    begun = time.monotonic()
    home.wait_until(lambda: process.num_fds() <= files + 4, 60)
    freed = time.monotonic() - begun
    for stranger in held:
        stranger.close()
    told(
        f"limit {soft}, {strangers} strangers: owner answered in {answered:.1f} s, files {files} -> {most},"
        f" free again {freed:.0f} s after"
    )


# The owner's own calls, mad ones


STRINGS = (
    "", "m1", "c1", "fast", "edl", "resolve", "sample", "0", "-1", "1e999", "NaN", "\0", "a\0b", "../../etc/passwd",
    "/dev/zero", "%s%n{0}", "\u202e\u2028\ufeff", "\U0001f600" * 50, "x" * 20_000, "ж" * 20_000,
    "'; DROP TABLE jobs; --", "\x1b[2J", " ",
)  # fmt: skip
NUMBERS = (0, 1, -1, 2, 59, 10**6, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63))


class Mad:
    """Random messages: of the kinds of the contract, with values that nobody means."""

    def __init__(self, seed: int, known: dict[str, str]) -> None:
        self._random = random.Random(seed)
        self._known = known

    def message(self, descriptor: Descriptor, depth: int = 0) -> Message:
        made = GetMessageClass(descriptor)()
        for field in descriptor.fields:
            if self._random.random() < (0.85 if depth < 2 else 0.4):
                self._fill(made, field, depth)
        return made

    def _fill(self, made: Message, field: FieldDescriptor, depth: int) -> None:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            return self._fill_map(getattr(made, field.name), field)
        if field.message_type is not None:
            if depth < 5:
                for _ in range(self._random.choice((1, 1, 3)) if field.is_repeated else 1):
                    target = getattr(made, field.name)
                    (target.add() if field.is_repeated else target).CopyFrom(
                        self.message(field.message_type, depth + 1)
                    )
            return None
        if field.is_repeated:
            getattr(made, field.name).extend(self._scalar(field) for _ in range(self._random.choice((1, 2, 200))))
        else:
            setattr(made, field.name, self._scalar(field))
        return None

    def _fill_map(self, target: Any, field: FieldDescriptor) -> None:
        assert field.message_type is not None
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        for _ in range(self._random.choice((1, 3))):
            if value.message_type is not None:
                target[self._scalar(key)].CopyFrom(self.message(value.message_type, 3))
            else:
                target[self._scalar(key)] = self._scalar(value)

    def _scalar(self, field: FieldDescriptor) -> Any:
        if field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
            text = self._known.get(field.name, "") if self._random.random() < 0.5 else ""
            text = text or self._random.choice(STRINGS)
            return text if field.type == FieldDescriptor.TYPE_STRING else text.encode()
        if field.type == FieldDescriptor.TYPE_BOOL:
            return self._random.random() < 0.5
        if field.type in (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT):
            return self._random.choice((0.0, -1.5, 1e308, float("nan"), float("inf")))
        if field.type == FieldDescriptor.TYPE_ENUM:
            return self._random.choice((0, 1, 5, 77, -3))
        small = field.type == FieldDescriptor.TYPE_INT32
        return self._random.choice([n for n in NUMBERS if not small or -(2**31) <= n < 2**31])


def known_words(client: CuemarkClient) -> dict[str, str]:
    """Values by the names of fields that make a random request get somewhere."""
    job = client.wait_job(client.submit_analyze(Path("/footage/quick.mp4")).id)
    assert job.analysis_id
    return {
        "analysis_id": job.analysis_id, "analysis_ids": job.analysis_id, "job_id": job.id, "format": "csv",
        "moment_id": "m1", "chapter_id": "c2", "item_id": "m2", "other_id": "c1", "item": "moment", "host": "resolve",
        "path": "/footage/quick.mp4", "preset": "fast", "name": "nobody has this", "request_id": "same",
    }  # fmt: skip


@pytest.mark.slow
def test_random_requests_of_every_message_are_no_fault_of_ours(home: Home, told: Told) -> None:
    client = home.connect()
    process, mad = process_of(home), Mad(SEED, known_words(client))
    methods = [(path, method) for path, method in METHODS if method.name != "Shutdown"]
    metadata = ((TOKEN_METADATA, client.endpoint.token),)
    codes: Counter[str] = Counter()
    with grpc.insecure_channel(client.endpoint.target) as channel:
        for number in range(RANDOM_REQUESTS):
            path, method = methods[number % len(methods)]
            request = mad.message(method.input_type).SerializeToString()
            code, error = answer(channel, path, method, request, metadata, 2 if method.name == "Watch" else 120)
            codes[code.name] += 1
            if method.name == "Watch":  # of the health service: it goes on for ever
                continue
            assert code.name not in ("INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED", "UNAVAILABLE"), (path, request, error)
            # The health service is gRPC's own, and has its own words.
            assert code is grpc.StatusCode.OK or error is not None or "grpc.health" in path, (path, code, request)
            assert error is None or (error.code and error.message and error.next_step), (path, error)
    assert process.is_running() and client.version().instance_id
    assert_no_fault(home)
    told(f"{RANDOM_REQUESTS} random requests to {len(methods)} calls, seed {SEED}: {dict(codes)}")


def test_bytes_that_are_no_message_are_no_fault_of_ours(home: Home, told: Told) -> None:
    client, chance = home.connect(), random.Random(SEED)
    metadata = ((TOKEN_METADATA, client.endpoint.token),)
    codes: Counter[str] = Counter()
    with grpc.insecure_channel(client.endpoint.target) as channel:
        for path, method in METHODS:
            if method.name in ("Shutdown", "Watch"):
                continue
            for data in (chance.randbytes(50), b"\x0a\xff\xff\xff\xff\x0f", b"\x0b" * 5000):
                code, error = answer(channel, path, method, data, metadata)
                codes[code.name] += 1
                assert code is grpc.StatusCode.INVALID_ARGUMENT and error is not None and error.code == "bad_request"
    assert client.version().instance_id == client.endpoint.instance_id
    told(f"{sum(codes.values())} requests of noise: {dict(codes)}")


@pytest.mark.parametrize("text", ["x" * 20_000, "ж" * 20_000, "\U0001f600" * 20_000, "'" * 20_000])
def test_an_error_about_a_very_long_text_arrives(home: Home, text: str) -> None:
    client = home.connect()
    with pytest.raises(CuemarkError) as unknown:
        client.export(text, "csv")
    assert unknown.value.code == "analysis_not_found" and len(unknown.value.message) < 2000
    with pytest.raises(OptionError) as preset:
        client.list_settings(text)
    assert preset.value.code == "option_preset" and text[:100] in preset.value.message and preset.value.next_step


def test_a_request_that_cannot_be_understood_is_the_callers_fault(home: Home) -> None:
    client = home.connect()
    found = known_words(client)["analysis_id"]
    edit = analyses_pb2.MomentEdit(moment_id="m1", start={"ticks": 3, "timescale": 0})
    with grpc.insecure_channel(client.endpoint.target) as channel:
        request = analyses_pb2.EditMomentRequest(analysis_id=found, edit=edit).SerializeToString()
        metadata = ((TOKEN_METADATA, client.endpoint.token),)
        code, error = answer(channel, *METHODS_BY_NAME["EditMoment"], request, metadata)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert error is not None and error.code == "bad_request" and error.next_step
    assert ERROR_DOMAIN == "cuemark"


METHODS_BY_NAME = {method.name: (path, method) for path, method in METHODS}


# Crowds, readers that do not read


@posix
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_thirty_clients_at_once_under_a_limit_of_64_files(home: Home, told: Told) -> None:
    """Thirty commands, each a process, while an analysis runs; every one is answered."""
    client = home.connect(command=limited(64, 64))
    job = client.submit_analyze(Path("/footage/steps-9000.mp4"))
    command = [sys.executable, "-m", "cuemark.cli.main", "jobs", "list", "--json"]
    begun = time.monotonic()
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(30)]
    ended = [(*process.communicate(timeout=500), process.returncode) for process in running]
    took = time.monotonic() - begun
    for out, err, code in ended:
        assert code == 0 and json.loads(out)[-1]["id"] == job.id, err
    assert client.cancel_job(job.id).state is JobState.CANCELLED
    assert_no_fault(home)
    told(f"30 of 30 answered in {took:.0f} s")


def planted(home: Home, count: int) -> Job:
    """A job that has ended, with so many events."""
    client = home.connect()
    job = client.wait_job(client.submit_analyze(Path("/footage/quick.mp4")).id)
    home.kill_daemon()
    with sqlite3.connect(home.settings.library_file) as connection:
        (last,) = connection.execute("SELECT last_sequence FROM jobs WHERE id = ?", (job.id,)).fetchone()
        rows = ((job.id, last + n, 1, "note", json.dumps("x" * 500)) for n in range(1, count + 1))
        connection.executemany("INSERT INTO job_events (job_id, sequence, at, kind, body) VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("UPDATE jobs SET last_sequence = ? WHERE id = ?", (last + count, job.id))
    connection.close()
    return job


@pytest.mark.slow
def test_slow_readers_cost_little_and_a_quick_one_gets_all(home: Home, told: Told) -> None:
    events, readers = 6_000, 60
    job = planted(home, events)
    client = home.connect()
    process = process_of(home)
    before = process.memory_info().rss
    request = jobs_pb2.WatchJobRequest(job_id=job.id).SerializeToString()
    channels, streams = [], []
    for _ in range(readers):
        channel = grpc.insecure_channel(client.endpoint.target, [("grpc.use_local_subchannel_pool", 1)])
        watch: Any = channel.unary_stream("/cuemark.rpc.v1.JobsService/WatchJob")
        streams.append(watch(request, metadata=((TOKEN_METADATA, client.endpoint.token),)))
        channels.append(channel)
        next(iter(streams[-1]))  # one, and never another
    time.sleep(1)
    grown = (process.memory_info().rss - before) / 2**20
    told_all = [event.sequence for event in client.watch_job(job.id)]
    assert told_all == sorted(told_all) and len(told_all) > events
    for stream, channel in zip(streams, channels, strict=True):
        stream.cancel()
        channel.close()
    told(f"{readers} readers that do not read {events} events: {grown:.0f} MiB more")
    assert grown < 120


# Signals


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_that_ends_the_daemon_costs_its_job_nothing(home: Home, number: signal.Signals) -> None:
    client = home.connect()
    job = client.submit_analyze(Path("/footage/steps-60.mp4"))
    home.wait_until(lambda: client.get_job(job.id).counters.get("chunks_computed", 0) > 5)
    process, worker = process_of(home), client.status().worker_pid
    os.kill(process.pid, number)
    home.wait_until(lambda: not lock_is_held(home.settings.lock_file))
    assert not home.settings.endpoint_file.exists() and "stopped" in log_of(home)
    home.wait_until(lambda: not psutil.pid_exists(worker or 0) or psutil.Process(worker).status() == "zombie")
    ended = home.connect().wait_job(job.id)
    assert ended.state is JobState.SUCCEEDED and ended.attempt == 1
    assert ended.counters["chunks_computed"] == 60


@posix
def test_a_hangup_that_was_to_be_ignored_is_ignored(home: Home) -> None:
    """As under nohup."""
    ignored = "import runpy, signal; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
    words = f"{ignored} runpy.run_path({FAKE_DAEMON[1]!r}, run_name='__main__')"
    client = home.connect(command=(sys.executable, "-c", words))
    os.kill(process_of(home).pid, signal.SIGHUP)
    time.sleep(0.5)
    assert client.version().instance_id == client.endpoint.instance_id


@posix
@pytest.mark.slow
def test_a_stopped_daemon_is_said_to_be_busy_and_goes_on(home: Home, told: Told) -> None:
    client = home.connect()
    job = client.submit_analyze(Path("/footage/steps-100.mp4"))
    process = process_of(home)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        with pytest.raises(CuemarkError) as busy:
            client.get_job(job.id)
        waited = time.monotonic() - begun
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert busy.value.code == "daemon_busy" and busy.value.next_step and waited < 30
    ended = client.wait_job(job.id)
    assert ended.state is JobState.SUCCEEDED and ended.attempt == 1
    told(f"said after {waited:.0f} s, and went on")


@posix
def test_a_stopped_worker_is_cancelled_all_the_same(home: Home, told: Told) -> None:
    client = home.connect()
    job = client.submit_analyze(Path("/footage/steps-400.mp4"))
    home.wait_until(lambda: client.get_job(job.id).counters.get("chunks_computed", 0) > 2)
    worker = client.status().worker_pid
    assert worker
    os.kill(worker, signal.SIGSTOP)
    begun = time.monotonic()
    assert client.cancel_job(job.id).state is JobState.CANCELLED
    took = time.monotonic() - begun
    assert took < 5
    told(f"cancelled after {took:.1f} s")
