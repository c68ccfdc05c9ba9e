"""Python processes of our own: what starts one, and the first lines it runs.

Python looks for modules in the folder it is started in before it looks among its own (`python -m`, `python -c`, an
empty or relative entry of PYTHONPATH).  Footage lies anywhere, and so do people's own `random.py` and `typing.py`:
none of that may take the place of a module of ours.  So a process of ours is started by the path of this very file,
which Python looks for nowhere, works in a folder that is nobody's, and drops those places before it imports anything.
(`python -P` does the half of it, from Python 3.11 on.)

Nothing but the standard library is imported here: the file runs before our package can be found.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

_FOLDERS = (
    "CUEMARK_HOME", "HOME", "USERPROFILE", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME",
)  # fmt: skip
"""The variables that say where we keep things: what is relative counts from where the user's command was started."""
_PATH = "PYTHONPATH"


def python_command(module: str, *arguments: str, python: str = sys.executable) -> tuple[str, ...]:
    """The command line that runs one of our modules as `python -m` does, wherever it is started."""
    return (python, os.path.abspath(__file__), module, *arguments)


def working_folder() -> str:
    """The folder our processes work in: the root of the disk, which is never a user's and cannot be deleted."""
    return os.path.splitdrive(sys.executable)[0] + os.sep


def handed_on(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment as a process that works in another folder needs it: our folders absolute, PYTHONPATH likewise.

    Of PYTHONPATH goes what names the folder we are in ("", "."); other folders that the user named stay.
    """
    told = dict(os.environ if environ is None else environ)
    for name in _FOLDERS:
        if told.get(name) and not os.path.isabs(os.path.expanduser(told[name])):
            told[name] = _absolute(told[name])
    if _PATH in told:
        kept = [_absolute(entry) for entry in told[_PATH].split(os.pathsep) if not _is_here(entry)]
        told[_PATH] = os.pathsep.join(kept)
        if not kept:
            del told[_PATH]
    return told


def forget_the_working_folder() -> None:
    """No module is looked for any more in the folder we were started in, unless the user named it by its whole path.

    To be called before anything else is imported.  Leaves all as it is where another program runs (a test runner), and
    where the folder is the one that we are installed in.
    """
    here = _absolute("")
    if getattr(sys.modules.get("__main__"), "__spec__", None) is not None or here == _installed_in():
        return
    sys.path[:] = [entry for entry in sys.path if entry]
    if sys.argv[0] == "-m" and sys.path[0] == here:
        del sys.path[0]
    if any(map(_is_here, (os.environ.get(_PATH) or here).split(os.pathsep))) and here in sys.path:
        sys.path.remove(here)


def _installed_in() -> str:
    """The folder that holds our package."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def _is_here(entry: str) -> bool:
    return not os.path.isabs(entry) and _absolute(entry) == _absolute("")


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(path)
    except OSError:  # the folder we are in was deleted
        return os.path.join(working_folder(), path)


def main() -> None:
    """`python .../own_process.py MODULE ARGUMENTS...`: runs the module as `python -m` does."""
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]  # this file's folder: its names are ours, and no modules of their own
    forget_the_working_folder()
    if _installed_in() not in sys.path:
        sys.path.append(_installed_in())
    import runpy

    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
