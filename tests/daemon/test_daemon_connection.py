"""Finding, trusting, starting and stopping the one daemon."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from filelock import FileLock
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cuemark.core import settings as configuration
from cuemark.core.errors import CuemarkError, DaemonError
from cuemark.rpc.client import connect as connecting
from cuemark.rpc.client.client import CuemarkClient, stop_daemon
from cuemark.rpc.contract.endpoint import ALREADY_RUNNING, Endpoint, read_endpoint, write_endpoint
from cuemark.rpc.contract.protocol import PROTOCOL, error_of
from cuemark.rpc.v1 import jobs_pb2, jobs_pb2_grpc, system_pb2, system_pb2_grpc

DEAD_PID = 2**22 - 3


def code_of(call: Callable[[], object]) -> str:
    """The reason code a call is refused with."""
    with pytest.raises(CuemarkError) as refused:
        call()
    assert refused.value.next_step
    return refused.value.code


def test_no_daemon_is_said_so(home: Any) -> None:
    assert code_of(lambda: home.connect(start=False)) == "daemon_not_running"
    assert not stop_daemon(home.settings)


def test_the_endpoint_file_is_for_its_owner_only(home: Any) -> None:
    client = home.connect()
    file = home.settings.endpoint_file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert client.endpoint.token not in repr(client.endpoint)
    assert client.endpoint.token not in home.settings.log_file.read_text()


def test_two_started_at_once_become_one(home: Any) -> None:
    clients: list[CuemarkClient] = []
    threads = [threading.Thread(target=lambda: clients.append(home.connect())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({client.version().instance_id for client in clients}) == 1


def test_a_second_daemon_says_that_one_runs_and_ends(home: Any) -> None:
    pid = home.connect().status().pid
    second = subprocess.run(
        [sys.executable, "-m", "cuemark.rpc.server.main"], capture_output=True, text=True, check=False
    )
    assert second.returncode == ALREADY_RUNNING
    assert str(pid) in second.stderr
    assert home.connect().status().pid == pid


def test_a_wrong_token_is_refused_on_calls_and_on_streams(home: Any) -> None:
    endpoint = home.connect().endpoint
    with grpc.insecure_channel(endpoint.target) as channel:
        system, jobs = system_pb2_grpc.SystemServiceStub(channel), jobs_pb2_grpc.JobsServiceStub(channel)
        health = health_pb2_grpc.HealthStub(channel)
        for token in ("", "wrong", endpoint.token + "x"):
            metadata = (("cuemark-token", token),)
            for call in (
                lambda metadata=metadata: system.Shutdown(system_pb2.ShutdownRequest(), metadata=metadata),
                lambda metadata=metadata: list(jobs.WatchJob(jobs_pb2.WatchJobRequest(), metadata=metadata)),
                lambda metadata=metadata: health.Check(health_pb2.HealthCheckRequest(), metadata=metadata),
            ):
                with pytest.raises(grpc.RpcError) as refused:
                    call()
                assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
                error = error_of(refused.value)
                assert error is not None
                assert error.code == "daemon_bad_token"
        with pytest.raises(grpc.RpcError):
            system.GetVersion(system_pb2.GetVersionRequest())
        # Twice is not once: which of the two counts would be a guess.
        both = (("cuemark-token", "x"), ("cuemark-token", endpoint.token))
        with pytest.raises(grpc.RpcError):
            system.GetVersion(system_pb2.GetVersionRequest(), metadata=both)
    assert home.connect(start=False).version().instance_id == endpoint.instance_id


def test_health_is_served_to_who_has_the_token(home: Any) -> None:
    endpoint = home.connect().endpoint
    with grpc.insecure_channel(endpoint.target) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        metadata = connecting.token_metadata(endpoint)
        answer = stub.Check(health_pb2.HealthCheckRequest(), metadata=metadata)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        watched = next(iter(stub.Watch(health_pb2.HealthCheckRequest(), metadata=metadata)))
        assert watched.status == health_pb2.HealthCheckResponse.SERVING


def test_a_wrong_token_in_the_file_is_told_and_the_daemon_can_be_stopped(home: Any) -> None:
    endpoint = home.connect().endpoint
    write_endpoint(home.settings.endpoint_file, dataclasses.replace(endpoint, token="stolen"))
    assert code_of(home.connect) == "daemon_bad_token"
    assert stop_daemon(home.settings)
    assert home.connect().version().instance_id != endpoint.instance_id


def test_a_daemon_of_another_protocol_is_told_and_can_be_stopped(home: Any, tmp_path: Path) -> None:
    other = tmp_path / "other_daemon.py"
    other.write_text(
        "import cuemark.rpc.contract.protocol as protocol\nprotocol.PROTOCOL = 99\n"
        "from cuemark.rpc.server.main import main\nraise SystemExit(main())\n"
    )
    running = subprocess.Popen([sys.executable, str(other)])
    home.wait_until(lambda: read_endpoint(home.settings.endpoint_file) is not None)
    assert code_of(home.connect) == "daemon_protocol_mismatch"
    # Also where the file hides it.
    honest = home.endpoint()
    write_endpoint(home.settings.endpoint_file, dataclasses.replace(honest, protocol=1))
    assert code_of(home.connect) == "daemon_protocol_mismatch"
    assert stop_daemon(home.settings)
    assert running.wait(10) == 0
    assert home.connect().version().protocol == PROTOCOL


def test_a_stale_file_with_a_dead_pid_is_replaced(home: Any) -> None:
    endpoint = home.connect().endpoint
    killed = home.kill_daemon()
    assert home.endpoint().pid == killed
    assert code_of(lambda: home.connect(start=False)) == "daemon_not_running"
    fresh = home.connect().endpoint
    assert fresh.instance_id != endpoint.instance_id
    assert home.endpoint() == fresh


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""])
def test_a_stale_file_whose_pid_and_port_are_used_by_others_is_replaced(home: Any, answer: bytes) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        threading.Thread(target=_serve, args=(stranger, answer), daemon=True).start()
        endpoint = Endpoint("127.0.0.1", stranger.getsockname()[1], os.getpid(), "gone", PROTOCOL, "0.1.0", "secret")
        write_endpoint(home.settings.endpoint_file, endpoint)
        client = home.connect()
        assert client.endpoint.port != endpoint.port
        assert client.status().pid != os.getpid()


def _serve(stranger: socket.socket, answer: bytes) -> None:
    with contextlib.ExitStack() as silent, contextlib.suppress(OSError):
        while True:
            connection, _ = stranger.accept()
            if answer:
                connection.sendall(answer)
                connection.close()
            else:
                silent.enter_context(connection)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"host": "127.0.0.1"}', "\x00" * 100])
def test_a_file_that_makes_no_sense_is_replaced(home: Any, text: str) -> None:
    home.settings.runtime.mkdir(parents=True)
    home.settings.endpoint_file.write_text(text)
    assert home.connect().version().protocol == PROTOCOL


def test_a_file_that_names_another_machine_gets_no_token(home: Any) -> None:
    values = {**dataclasses.asdict(home.connect().endpoint), "host": "203.0.113.7"}
    home.settings.endpoint_file.write_text(json.dumps(values))
    assert read_endpoint(home.settings.endpoint_file) is None
    home.settings.endpoint_file.unlink()


def test_a_lost_endpoint_file_comes_back(home: Any) -> None:
    endpoint = home.connect().endpoint
    home.settings.endpoint_file.unlink()
    assert home.connect().version().instance_id == endpoint.instance_id


def test_a_daemon_whose_lock_was_removed_stops(home: Any) -> None:
    first = home.connect().status().pid
    home.settings.lock_file.unlink()
    assert home.connect().status().pid != first
    home.wait_until(lambda: not _runs(first))


def _runs(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_daemon_that_does_not_answer_is_told(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "SILENT_S", 0.5)
    home.settings.runtime.mkdir(parents=True)
    with FileLock(home.settings.lock_file):
        assert code_of(home.connect) == "daemon_not_answering"


def test_a_daemon_that_cannot_start_says_why_and_where_the_log_is(home: Any) -> None:
    home.settings.data.mkdir(parents=True)
    with sqlite3.connect(home.settings.library_file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DaemonError) as refused:
        home.connect()
    assert refused.value.code == "daemon_start_failed"
    assert "library.sqlite was written by a newer Cuemark" in refused.value.message
    assert "Update Cuemark" in refused.value.message
    assert str(home.settings.log) in refused.value.next_step
    assert not home.settings.endpoint_file.exists()


def test_a_daemon_starts_with_a_damaged_library_and_says_so_to_everybody(home: Any) -> None:
    home.settings.data.mkdir(parents=True)
    home.settings.library_file.write_bytes(b"this is no library" * 100)
    for _ in range(2):
        (notice,) = home.connect().notices
        assert notice.code == "library_damaged" and "no backup" in notice.message
    (aside,) = home.settings.data.glob("library-damaged-*.sqlite")
    assert str(aside) in notice.message and aside.read_bytes() == b"this is no library" * 100
    assert home.connect().version().notices == (notice,)
    stop_daemon(home.settings)
    assert home.connect().notices == ()


def test_a_command_that_is_no_daemon_is_given_up(home: Any) -> None:
    with pytest.raises(DaemonError) as refused:
        home.connect(command=(sys.executable, "-c", "raise SystemExit('no daemon here')"))
    assert refused.value.code == "daemon_start_failed"
    assert "no daemon here" in refused.value.message


def test_a_python_that_may_not_run_is_not_blamed_on_a_folder(home: Any, tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.touch(mode=0o600)
    with pytest.raises(DaemonError) as refused:
        home.connect(command=(str(program), "-m", "cuemark.rpc.server.main"))
    assert refused.value.code == "daemon_start_failed"
    assert str(program) in refused.value.next_step


def test_a_proxy_in_the_environment_is_not_asked(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert home.connect().version().protocol == PROTOCOL


def test_a_stop_is_quick_and_leaves_no_process_and_no_file(home: Any) -> None:
    client = home.connect()
    client.wait_job(client.submit_analyze(Path("/footage/quick.mp4")).id)
    status = client.status()
    begun = time.monotonic()
    assert stop_daemon(home.settings)
    assert time.monotonic() - begun < 5
    home.wait_until(lambda: not _runs(status.pid) and not _runs(status.worker_pid))
    assert not home.settings.endpoint_file.exists()
    assert "stopped" in home.settings.log_file.read_text()


def test_a_bad_request_does_no_harm(home: Any) -> None:
    client = home.connect()
    with grpc.insecure_channel(client.endpoint.target) as channel:
        metadata = connecting.token_metadata(client.endpoint)
        stub = jobs_pb2_grpc.JobsServiceStub(channel)
        requests = {
            "job_spec": jobs_pb2.SubmitJobRequest(request_id="x"),
            "option_path": jobs_pb2.SubmitJobRequest(
                request_id="x", spec=jobs_pb2.JobSpec(analyze=jobs_pb2.AnalyzeSpec(path=b"not/whole.mp4"))
            ),
            "request_id": jobs_pb2.SubmitJobRequest(
                spec=jobs_pb2.JobSpec(analyze=jobs_pb2.AnalyzeSpec(path=b"/whole.mp4"))
            ),
        }
        for code, request in requests.items():
            with pytest.raises(grpc.RpcError) as refused:
                stub.SubmitJob(request, metadata=metadata)
            error = error_of(refused.value)
            assert error is not None
            assert error.code == code
        with pytest.raises(grpc.RpcError) as unknown:
            raw_call(channel, "Nothing")(b"", metadata=metadata)
        assert unknown.value.code() is grpc.StatusCode.UNIMPLEMENTED
        with pytest.raises(grpc.RpcError):
            raw_call(channel, "GetJob")(b"\xff\xff", metadata=metadata)
    assert client.list_jobs() == []


def raw_call(channel: Any, method: str) -> Any:
    """A call that takes the bytes of its request as they are."""
    return channel.unary_unary(f"/cuemark.rpc.v1.JobsService/{method}")


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    made = configuration.load({"CUEMARK_HOME": str(tmp_path), "CUEMARK_WORKER_IDLE_S": "7", "CUEMARK_DEBUG": "1"})
    assert made.library_file.parent.parent == tmp_path
    assert (made.worker_idle_s, made.debug) == (7.0, True)
    assert configuration.load({}).data != made.data
    for name, value in {
        "CUEMARK_WORKER_IDLE_S": "soon",
        "CUEMARK_LOG_LEVEL": "loud",
        "CUEMARK_DAEMON_IDLE_S": "-1",
    }.items():
        with pytest.raises(CuemarkError) as refused:
            configuration.load({name: value})
        assert refused.value.code == "setting_invalid"
        assert name in refused.value.message
