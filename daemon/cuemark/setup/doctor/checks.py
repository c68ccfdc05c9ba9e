"""What `cuemark doctor` looks at.  Each check gives one finding, and the fix where something is wrong."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from cuemark import __version__
from cuemark.core import settings
from cuemark.core.errors import CuemarkError
from cuemark.core.files import make_private_folder
from cuemark.core.model_notices import OFFERED, POCKET, pocket_notice
from cuemark.core.sizes import size_text
from cuemark.core.system_errors import make_yours, system_reason
from cuemark.core.text import shell_path, terminal_path
from cuemark.rpc.client.client import CuemarkClient
from cuemark.rpc.contract.endpoint import require_trusted
from cuemark.setup.doctor import resolve
from cuemark.setup.doctor.finding import FAIL, OK, WARN, Finding
from cuemark.setup.doctor.libraries import PROBES, Probe
from cuemark.setup.machine import this_machine

_ENOUGH_DISK = 5 * 10**9
_TOO_LITTLE_DISK = 5 * 10**8
_OLDEST_PYTHON = (3, 10)


def findings(on_wait: Callable[[str], None]) -> Iterator[Finding]:
    """All findings, each as soon as it is known; the probes of native libraries run beside the rest.

    `on_wait` is called with what is waited for where the daemon has to be started.
    """
    probes = [Probe(name) for name in PROBES]
    try:
        yield python()
        configured = _settings()
        if isinstance(configured, Finding):
            yield configured
            return
        yield _finding("folders", folders, configured)
        yield _finding("disk", disk, configured)
        yield loopback()
        yield _finding("endpoint file", endpoint_file, configured)
        for probe in probes:
            yield probe.finding()
        yield from daemon(on_wait)
        yield ffmpeg()
        yield from resolve.findings(this_machine(), configured)
    finally:
        for probe in probes:
            probe.stop()


def _finding(name: str, check: Callable[[settings.Settings], Finding], configured: settings.Settings) -> Finding:
    """What a check of our files saw; that it may not even look is a finding, too."""
    try:
        return check(configured)
    except CuemarkError as error:
        return Finding(name, FAIL, error.message, error.next_step)
    except OSError as error:
        where = "" if error.filename is None else f"{terminal_path(error.filename)}: "
        text = f"It cannot be looked at: {where}{system_reason(error)}."
        return Finding(name, FAIL, text, make_yours(error.filename or ""))


def python() -> Finding:
    """The interpreter and the package."""
    version = platform.python_version()
    where = terminal_path(Path(sys.prefix))
    if sys.version_info < _OLDEST_PYTHON:
        return Finding(
            "python", FAIL, f"Python {version} in {where} is too old.", "Install Python 3.10 or newer and set up again."
        )
    return Finding("python", OK, f"Cuemark {__version__} on Python {version} in {where}.")


def _settings() -> settings.Settings | Finding:
    try:
        return settings.load()
    except CuemarkError as error:
        return Finding("settings", FAIL, error.message, error.next_step)


def _folders(configured: settings.Settings) -> dict[str, Path]:
    return {name: getattr(configured, name) for name in ("data", "cache", "models", "runtime", "log")}


def folders(configured: settings.Settings) -> Finding:
    """Every folder Cuemark keeps can be made and written."""
    for name, folder in _folders(configured).items():
        try:
            make_private_folder(folder)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            shown = terminal_path(folder)
            fix = f"{make_yours(folder)} Or set CUEMARK_HOME to a folder that can be written."
            return Finding("folders", FAIL, f"The {name} folder {shown} cannot be written: {error.strerror}.", fix)
    return Finding(
        "folders", OK, f"Data in {terminal_path(configured.data)}, cache in {terminal_path(configured.cache)}."
    )


def disk(configured: settings.Settings) -> Finding:
    """Room for features and models."""
    free = {folder: shutil.disk_usage(_existing(folder)).free for folder in _folders(configured).values()}
    folder, least = min(free.items(), key=lambda pair: pair[1])
    line = f"{size_text(least)} free at {terminal_path(folder)}."
    if least < _TOO_LITTLE_DISK:
        return Finding("disk", FAIL, line, "Free some space: `cuemark cache prune --max-size 0`, `cuemark models rm`.")
    if least < _ENOUGH_DISK:
        return Finding("disk", WARN, line, f"Pulling a model may need up to {size_text(_ENOUGH_DISK)}.")
    return Finding("disk", OK, line)


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if os.path.exists(each))


def loopback() -> Finding:
    """The daemon can listen on this machine."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            socket.create_connection(("127.0.0.1", port), timeout=3).close()
    except OSError as error:
        fix = "Allow connections to 127.0.0.1 in the firewall or sandbox."
        return Finding("loopback", FAIL, f"127.0.0.1 cannot be used: {error}.", fix)
    return Finding("loopback", OK, "127.0.0.1 accepts connections.")


def endpoint_file(configured: settings.Settings) -> Finding:
    """The file that holds the daemon's token is ours alone."""
    path = configured.endpoint_file
    require_trusted(configured.runtime)
    if not path.exists():
        return Finding("endpoint file", OK, f"None at {terminal_path(path)}: no daemon runs yet.")
    mode = path.stat().st_mode & 0o777
    if os.name == "posix" and path.stat().st_uid != os.getuid():
        return Finding("endpoint file", FAIL, f"{terminal_path(path)} is not yours.", make_yours(path))
    if os.name == "posix" and mode & 0o077:
        fix = f"Run: cuemark daemon stop; chmod 600 {shell_path(path)}"
        return Finding(
            "endpoint file", FAIL, f"Others can read the token in {terminal_path(path)} (mode {mode:o}).", fix
        )
    return Finding("endpoint file", OK, f"{terminal_path(path)} is readable by you only.")


def daemon(on_wait: Callable[[str], None]) -> Iterator[Finding]:
    """The daemon answers (it is started if need be), is of this version, and its models are whole."""
    try:
        with CuemarkClient.connect(on_wait=on_wait) as client:
            yield _version(client)
            yield from _models(client)
    except CuemarkError as error:
        yield Finding("daemon", FAIL, error.message, error.next_step)


def _version(client: CuemarkClient) -> Finding:
    status = client.status()
    if status.version != __version__:
        line = f"The daemon that runs is version {status.version}, this command {__version__}."
        return Finding("daemon", WARN, line, "Run: cuemark daemon stop (the next command starts the new one).")
    return Finding(
        "daemon", OK, f"Answers at {status.endpoint} (pid {status.pid}), log in {terminal_path(status.log_path)}."
    )


def _models(client: CuemarkClient) -> Iterator[Finding]:
    if client.status().jobs_running:
        yield Finding("models", WARN, "Not checked: the daemon is at work.", "Run the doctor again when it is idle.")
        return
    known = client.list_models()
    if any(model.is_default and model.name == POCKET for model in known):
        yield Finding("your footage", WARN, pocket_notice(known).message, f"Run: cuemark models pull {OFFERED}")
    if not any(model.ready and "speech" in model.architectures for model in known):
        line = "No speech model is here; what is said is known from transcripts beside the footage or in it."
        yield Finding("speech models", OK, f"{line} `cuemark models list` has some to pull.")
    for model in known:
        if model.ready:
            yield _checked(client, model.name)
        elif model.size_on_disk:
            line = f"{size_text(model.size_on_disk)} of {size_text(model.size)} are here."
            yield Finding(f"model {model.name}", WARN, line, f"Finish it with `cuemark models pull {model.name}`.")


def _checked(client: CuemarkClient, name: str) -> Finding:
    """An offline pull checks size and hash of every file of a model, and fetches nothing."""
    job = client.wait_job(client.submit_pull(name, offline=True).id)
    if job.error is not None:
        return Finding(f"model {name}", FAIL, job.error.message, job.error.next_step)
    return Finding(f"model {name}", OK, "All files have the size and hash they should have.")


def ffmpeg() -> Finding:
    """Only needed to put exported chapters into a file; analyses use the FFmpeg inside PyAV."""
    found = shutil.which("ffmpeg")
    if found:
        return Finding("ffmpeg", OK, f"{found} can put exported chapters into video files.")
    return Finding("ffmpeg", OK, "No ffmpeg command (not needed, except to put exported chapters into video files).")
