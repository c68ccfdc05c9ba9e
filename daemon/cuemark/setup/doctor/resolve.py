"""What `cuemark doctor` looks at in DaVinci Resolve: whatever keeps people's scripts from showing up and answering."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping

from cuemark.core.errors import CuemarkError
from cuemark.core.own_process import working_folder
from cuemark.core.settings import Settings
from cuemark.core.text import terminal_path, terminal_safe
from cuemark.hosts.bridge import Host
from cuemark.hosts.resolve.host import ResolveHost
from cuemark.hosts.resolve.places import prefs_files, running_resolves
from cuemark.hosts.resolve.prefs import our_values
from cuemark.hosts.resolve.script_transport import ScriptTransport
from cuemark.hosts.resolve.scripts import source_file, version_of
from cuemark.hosts.resolve.studio_transport import StudioTransport, child_environment
from cuemark.setup.doctor.finding import FAIL, OK, WARN, Finding
from cuemark.setup.machine import Machine
from cuemark.setup.resolve.install import CURRENT, FOREIGN, MISSING, ScriptSetup
from cuemark.setup.resolve.programs import app_store_only, programs

IMPORT_TIMEOUT_S = 30.0
_INSTALL = "Run: cuemark resolve install"
_IMPORT = "import os, DaVinciResolveScript; print('it loads', flush=True); os._exit(0)"


def findings(machine: Machine, configured: Settings) -> Iterator[Finding]:
    """All findings.  Where there is neither Resolve nor our script, one line says so."""
    setup = ScriptSetup(machine, configured)
    yield program(machine)
    if app_store_only(machine) is not None or not (programs(machine) or setup.files() or running_resolves()):
        return
    yield script(setup)
    yield answers(machine)
    yield python(machine)
    yield Finding("resolve media", OK, "Footage is read where it lies, so Media Storage needs no entry for Cuemark.")
    yield talk(ResolveHost(ScriptTransport.from_settings(configured), StudioTransport()))


def program(machine: Machine) -> Finding:
    """Which Resolve is installed; the edition shows only when it answers."""
    if (shown_by := app_store_only(machine)) is not None:
        line = f"The only Resolve here is the App Store's ({terminal_path(shown_by)}): its sandbox offers no scripting."
        fix = "Install it from blackmagicdesign.com (Free or Studio), or import files made by `cuemark export`."
        return Finding("resolve", FAIL, line, fix)
    found = programs(machine)
    if not found:
        return Finding("resolve", OK, "No DaVinci Resolve at its usual places (only needed to mark its timelines).")
    shown = "; ".join(
        f"DaVinci Resolve {each.version or ''}".strip() + f" at {terminal_path(each.path)}" for each in found
    )
    if any(each.is_app_store for each in found):
        fix = "Start the one from blackmagicdesign.com; the App Store's cannot run scripts."
        return Finding("resolve", WARN, f"{shown}.", fix)
    return Finding("resolve", OK, f"{shown}.")


def script(setup: ScriptSetup) -> Finding:
    """The script lies where Resolve lists it, is this version's, and names this daemon's mailbox."""
    name = "resolve script"
    try:
        place = setup.look()
    except CuemarkError as error:
        return Finding(name, FAIL, error.message, error.next_step)
    others = ", ".join(map(terminal_path, setup.others()))
    shown = terminal_path(place.path)
    if place.state == MISSING and others:
        return Finding(name, OK, f"Version {version_of(source_file().read_bytes())} for all users: {others}.")
    if place.state == MISSING:
        folder = "" if place.path.parent.is_dir() else f" (nor its folder {place.path.parent.name})"
        return Finding(name, WARN, f"{shown} is not there{folder}, so the menu does not list Cuemark.", _INSTALL)
    if place.state == FOREIGN:
        line = f"{shown} is not a script of Cuemark's."
        return Finding(name, FAIL, line, "Move it away, then run: cuemark resolve install")
    if place.state != CURRENT:
        line = (
            f"{shown} (version {place.version or 'unknown'}) is of another version, of other folders, or was changed."
        )
        return Finding(name, WARN, line, _INSTALL)
    if others:
        return Finding(name, WARN, f"The menu lists Cuemark twice: {shown} and {others}.", "Remove one of the two.")
    return Finding(name, OK, f"{shown} is version {place.version}, as it should be.")


def answers(machine: Machine) -> Finding:
    """Fusion's preferences, through which the script answers."""
    name = "resolve answers"
    files = [path for path in prefs_files(machine.platform, machine.environ) if path.exists()]
    if not files:
        fix = "Start Resolve once and open a project; it makes the file."
        return Finding(name, WARN, "There is no Fusion.prefs yet, through which the script answers.", fix)
    has_run = False
    for path in files:
        try:
            values = our_values(path.read_bytes())
        except OSError as error:
            line = f"{terminal_path(path)} cannot be read: {error.strerror}."
            return Finding(name, FAIL, line, "Make it readable for you (it may belong to root after a sudo).")
        if values is None:
            fix = "Quit and start Resolve, which writes it anew."
            return Finding(name, WARN, f"{terminal_path(path)} is not whole.", fix)
        has_run = has_run or bool(values.get("Session"))
    ever = "the script has answered through it before" if has_run else "the script has not run yet"
    return Finding(name, OK, f"{terminal_path(files[0])} can be read; {ever}.")


def python(machine: Machine) -> Finding:
    """Studio's Python module loads into this Python, tried in a child: it crashes in Pythons it does not know."""
    name = "resolve python"
    environ = child_environment(machine.platform, machine.environ)
    if not StudioTransport(environ).is_installed():
        return Finding(name, OK, "Not needed: the script in Resolve's menu serves every edition.")
    trouble = import_trouble(environ)
    if not trouble:
        return Finding(name, OK, "Resolve's Python module loads; Studio answers through it, Free through the script.")
    line = f"Resolve's Python module does not load into {terminal_path(environ['PYTHONHOME'])}: {trouble}."
    others = machine.run(["py", "-0p"]).output.split("\n") if machine.is_windows else []
    if others:
        # Windows' module binds the newest Python that is registered, whatever the child asks for.
        line += f" Registered: {'; '.join(' '.join(each.split()) for each in others if each.strip())[:300]}."
    fix = "The menu script works without. For Studio's own way set Cuemark up with a 64-bit Python 3.10 to 3.12."
    return Finding(name, WARN, line, fix)


def import_trouble(environ: Mapping[str, str]) -> str:
    """Why the module does not load; "" where it does."""
    command = [getattr(sys, "_base_executable", None) or sys.executable, "-s", "-c", _IMPORT]
    try:
        done = subprocess.run(
            command, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=IMPORT_TIMEOUT_S, check=False, cwd=working_folder(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no answer within {IMPORT_TIMEOUT_S:g} s"
    except OSError as error:
        return str(error)
    said = terminal_safe(done.stdout.decode("utf-8", "replace").strip())
    if done.returncode == 0 and said.endswith("it loads"):
        return ""
    if done.returncode < 0 and os.name == "posix":
        return f"it was killed by {signal.Signals(-done.returncode).name}"
    return f"it ended with code {done.returncode}: {said[-200:]}"


def talk(host: Host) -> Finding:
    """A question asked and answered, all the way through Resolve; with it come its edition and version."""
    name = "resolve talk"
    state = asyncio.run(host.state())
    if state.problem is not None:
        code, line, fix = state.problem.code, state.problem.message, state.problem.next_step
        if code == "resolve_not_running":
            return Finding(name, OK, "Not tried: DaVinci Resolve is not running.")
        waits = code in ("resolve_no_script", "resolve_busy", "resolve_prefs_missing")
        return Finding(name, WARN if waits else FAIL, line, fix)
    line = f"{state.product} {state.version} answers by way of the {state.transport}: {state.reason}."
    expected = version_of(source_file().read_bytes())
    if state.script_version and state.script_version != expected:
        line += f" Its script is version {state.script_version}, this is {expected}."
        return Finding(name, WARN, line, f"{_INSTALL}, then click Workspace > Scripts > Cuemark again.")
    return Finding(name, OK, line)
