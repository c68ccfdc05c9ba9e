"""Ray as a scan starts it on this machine, or finds it on a cluster; whatever it would do unasked is off.

No usage report, no dashboard, no exporter of metrics, no log of the workers on the terminal.  On this machine all of
its ports are on the loopback, behind a token of this scan's own, and what it writes lies in a folder that goes with it.
Only the driver process and the actors import Ray.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import socket
from typing import Any

from cuemark.cluster.order import LOCAL, Places, ScanOrder
from cuemark.core.errors import CuemarkError, OptionError, WorkerError
from cuemark.core.extras import install_command
from cuemark.core.limits import usable_cores

CORES_A_WORKER = 2
_OBJECTS_BYTES = 100 << 20
"""Of the object store on this machine: rows and errors pass through it, entries do not."""
_CPU_OF_ACTOR = 1.9
"""What is left of two processors is for the tasks that look into files."""
_REACH_S = 5.0


def require_ray() -> None:
    """CuemarkError `cluster_extra_missing` where the extra is not installed; imports nothing."""
    missing = [name for name in ("ray", "pyarrow", "pandas") if importlib.util.find_spec(name) is None]
    if missing:
        message = f"A scan needs the Python package {missing[0]}, which is not installed."
        raise CuemarkError("cluster_extra_missing", message, f"Install it with: {install_command('cluster')}")


def check_address(address: str) -> None:
    """OptionError `option_cluster` for what is no address of a cluster."""
    host, colon, port = address.rpartition(":")
    if address != LOCAL and not (host and colon and port.isdigit() and 0 < int(port) < 1 << 16 and "/" not in host):
        message = f"{address!r} is no address of a cluster."
        raise OptionError("option_cluster", message, "Write local, or HOST:PORT as `ray start --head` prints it.")


def environment(is_local: bool) -> dict[str, str]:
    """The variables that Ray reads before it starts anything; the processes it starts inherit them."""
    quiet = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_enable_metrics_collection": "0",
        "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "RAY_DEDUP_LOGS": "0",
    }
    if not is_local:
        return quiet
    # Ray's own switch for one machine: without it the loopback is taken for the machine's address on the network.
    loopback = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    return {**quiet, **loopback, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


def start(order: ScanOrder) -> Places:
    """Start Ray for this scan, or find the cluster; the places it has for workers.

    WorkerError `cluster_unreachable`, `cluster_failed`.
    """
    if not order.is_local:
        _reach(order.address)
    import ray

    options: dict[str, Any] = {"log_to_driver": False, "configure_logging": False, "address": order.address}
    if order.is_local:
        options |= {"num_cpus": CORES_A_WORKER * max(order.workers or 1, usable_cores()), "include_dashboard": False}
        options |= {"object_store_memory": _OBJECTS_BYTES, "_temp_dir": str(order.scratch)}
        options |= {"_node_ip_address": "127.0.0.1"}
    try:
        ray.init(**options)
        resources = ray.cluster_resources()
    except Exception as error:  # whatever Ray ends with, the user reads one line
        raise _failed(order.address, error) from error
    gpus = 0 if os.environ.get("CUEMARK_DEVICE", "").startswith("cpu") else int(resources.get("GPU", 0))
    return places(order, gpus, usable_cores() if order.is_local else int(resources.get("CPU", 0)))


def places(order: ScanOrder, gpus: int, cores: int) -> Places:
    """One worker a GPU, else one for two processors, or as many as were asked for, as far as there is room.

    On this machine more are taken than there are pairs of processors, where somebody asks for them: they share.
    """
    if gpus:
        return Places(min(order.workers or gpus, gpus), gpus)
    most = max(1, cores // CORES_A_WORKER)
    if not order.is_local:
        return Places(min(order.workers or most, most), 0, CORES_A_WORKER)
    count = order.workers or most
    return Places(count, 0, None if count == 1 else max(1, cores // count))


def actor_resources(found: Places) -> dict[str, float]:
    """What `map_batches` asks of Ray for each actor."""
    return {"num_gpus": 1, "num_cpus": 1} if found.gpus else {"num_cpus": _CPU_OF_ACTOR}


def _reach(address: str) -> None:
    """Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACH_S).close()
    except OSError as error:
        raise _failed(address, error) from error


def _failed(address: str, error: Exception) -> WorkerError:
    why = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
    if address == LOCAL:
        step = "Free some memory and space in the folder for temporary files, then try again."
        return WorkerError("cluster_failed", f"Ray cannot be started on this machine: {why}", step)
    message = f"The cluster at {address} cannot be used: {why}"
    step = "Start it with `ray start --head`, run this on one of its machines, and give the address it prints."
    return WorkerError("cluster_unreachable", message, step)
