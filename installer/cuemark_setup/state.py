"""The marker that says how far the environment has come, and what it was made from.

An environment counts only when its marker says `ready`.  `clean` is what an unfinished one may be continued
from: it is False while pip may be writing packages, because a package copied half way looks installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cuemark_setup.layout import Layout

RECIPE = 1  # raise when the steps change so much that every environment must be made anew


@dataclass(frozen=True)
class State:
    """What `state.json` holds."""

    foundation: str = ""  # what cannot be changed inside an environment; another one means: anew
    stamp: str = ""  # the requirements it was installed from
    ready: bool = False
    clean: bool = True
    step: str = ""
    extras: tuple[str, ...] = ()
    torch: str = ""  # the build that was chosen, and why
    torch_index: str = ""
    cuda: bool = False  # torch brings its CUDA libraries
    gpu: bool = False  # an NVIDIA GPU answered when it was made

    def serves(self, foundation: str, stamp: str, extras: Sequence[str], torch_index: str | None) -> bool:
        """Whether an environment in this state can be used as it is for what is asked."""
        same = self.foundation == foundation and self.stamp == stamp
        return self.ready and same and set(extras) <= set(self.extras) and not self.wants_other_torch(torch_index)

    def wants_other_torch(self, torch_index: str | None) -> bool:
        """Whether the user names an index now that the installed torch did not come from."""
        return torch_index is not None and torch_index != self.torch_index


def foundation_of(layout: Layout) -> str:
    """The interpreter's version, the machine and the checkout's place (scripts and links hold it)."""
    version = f"{sys.implementation.name}-{sys.version_info.major}.{sys.version_info.minor}"
    return f"{RECIPE} {version} {sys.platform}-{platform.machine()} {layout.root}"


def stamp_of(layout: Layout) -> str:
    """Hash of the files that say what is to be installed."""
    digest = hashlib.sha256()
    for path in (layout.pyproject, layout.constraints):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def read_state(path: Path) -> State:
    """The recorded state; a missing or damaged marker is an unfinished environment of unknown make."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return State(**{**fields, "extras": tuple(fields["extras"])})
    except (OSError, ValueError, KeyError, TypeError):
        return State(clean=False)


def write_state(path: Path, state: State) -> State:
    """Replace the marker in one step, so that a kill leaves the old one or the new one."""
    draft = path.with_name(path.name + ".new")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(state), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return state


def change(path: Path, state: State, **fields: object) -> State:
    """Write `state` with some fields changed and return it."""
    return write_state(path, replace(state, **fields))  # type: ignore[arg-type]  # names checked by replace itself
