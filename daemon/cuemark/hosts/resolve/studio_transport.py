"""Studio's own Python API as another transport of the same verbs: no click needed, but Studio only, and a child a call.

Not verified on a live Resolve.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cuemark.core.errors import HostError
from cuemark.core.own_process import working_folder
from cuemark.hosts.resolve.failures import failure, refusal
from cuemark.hosts.resolve.places import running_resolves
from cuemark.hosts.resolve.script_transport import CALL_TIMEOUT_S

CHILD = Path(__file__).with_name("studio_child.py")


class StudioTransport:
    """Carries verbs like `ScriptTransport`, each in a child of its own: Resolve's library may crash or hang there."""

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        processes: Callable[[], frozenset[int]] = running_resolves,
    ) -> None:
        self._environ = child_environment() if environ is None else environ
        self._processes = processes
        self._turn = asyncio.Lock()

    def is_installed(self) -> bool:
        """Whether Resolve's Python module lies where it should; which says nothing about the edition."""
        modules = Path(self._environ.get("RESOLVE_SCRIPT_API", "")) / "Modules"
        return (modules / "DaVinciResolveScript.py").is_file()

    async def call(self, verb: str, /, *, timeout: float = CALL_TIMEOUT_S, **arguments: Any) -> dict[str, Any]:
        """What Resolve answers to a verb.  Raises HostError, see `failures.FAILURES`; cancelling ends the child."""
        async with self._turn:
            if not await asyncio.to_thread(self._processes):
                raise failure("resolve_not_running")
            answer = await self._ask({"verb": verb, "args": arguments}, timeout)
        if not answer.get("ok"):
            raise refusal(answer)
        result: dict[str, Any] = answer["result"]
        return result

    async def _ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        executable = getattr(sys, "_base_executable", None) or sys.executable
        child = await asyncio.create_subprocess_exec(
            executable, "-s", str(CHILD),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=dict(self._environ), cwd=working_folder(),
        )  # fmt: skip
        try:
            talk = child.communicate((json.dumps(request) + "\n").encode())
            output, _ = await asyncio.wait_for(talk, timeout)
        except (asyncio.TimeoutError, TimeoutError) as error:
            raise failure("resolve_no_answer") from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
        lines = [json.loads(line) for line in output.splitlines() if line.startswith(b"{")]
        if lines and "ok" in lines[-1]:
            answer: dict[str, Any] = lines[-1]
            return answer
        raise await self._crash(lines[-1]["stage"] if lines else "import")

    async def _crash(self, stage: str) -> HostError:
        """Why the child died without an answer, by what it was about to do."""
        if stage != "call":
            return failure("resolve_studio_import")
        is_running = await asyncio.to_thread(self._processes)
        return failure("resolve_failed", "Its Python module crashed.") if is_running else failure("resolve_gone")


def child_environment(platform: str = sys.platform, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The child's environment: where Resolve's module lies, and that it is to bind this Python and no newer one.

    What the user set (RESOLVE_SCRIPT_API, RESOLVE_SCRIPT_LIB) wins.
    """
    known = dict(os.environ if environ is None else environ)
    api, library = _scripting(platform, known)
    known.setdefault("RESOLVE_SCRIPT_API", api)
    known.setdefault("RESOLVE_SCRIPT_LIB", library)
    modules = str(Path(known["RESOLVE_SCRIPT_API"]) / "Modules")
    home = sys.base_prefix
    return {**known, "PYTHONPATH": modules, "PYTHONHOME": home, "FUSION_PYTHON3_HOME": home, "PYTHONUTF8": "1"}


def _scripting(platform: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The scripting folder and library of a usual installation."""
    if platform == "win32":
        data = environ.get("PROGRAMDATA", r"C:\ProgramData")
        return (
            rf"{data}\Blackmagic Design\DaVinci Resolve\Support\Developer\Scripting",
            r"C:\Program Files\Blackmagic Design\DaVinci Resolve\fusionscript.dll",
        )
    if platform == "darwin":
        return (
            "/Library/Application Support/Blackmagic Design/DaVinci Resolve/Developer/Scripting",
            "/Applications/DaVinci Resolve/DaVinci Resolve.app/Contents/Libraries/Fusion/fusionscript.so",
        )
    return "/opt/resolve/Developer/Scripting", "/opt/resolve/libs/Fusion/fusionscript.so"
