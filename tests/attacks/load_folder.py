"""A process that loads model folders one after another and tells of each: what came of it, how long it took, how large
the process became, and which connections were tried meanwhile.

Each line on standard input is [role, folder]; each on standard output is the answer, in JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

_CACHE = Path(sys.argv[1])
_connections: list[str] = []


def _heard(event: str, arguments: Any) -> None:
    if event in ("socket.connect", "socket.getaddrinfo"):
        _connections.append(f"{event} {arguments[-1] if event == 'socket.connect' else arguments[0]}")


def _load(role: str, folder: Path) -> None:
    """As an analysis loads a model."""
    import torch

    from cuemark.analysis.model_cache import ROLES
    from cuemark.captions.calibration import Calibration
    from cuemark.core.progress import SilentProgress
    from cuemark.models.runtime.memory import ModelRuntime
    from cuemark.models.store.store import ModelStore

    role = "clip" if role == "siglip" else role
    checked = ModelStore(_CACHE / "models").folder(str(folder), role)
    model = ROLES[role].load(checked, _CACHE, SilentProgress(), ModelRuntime())
    if role == "clip":
        Calibration.of(folder)
        assert torch.isfinite(model.text.encode(["a cat", "two dogs on a beach"])).all()
    if role == "lm":
        assert not model.start(1).logits.isnan().any() and len(model.token_text) == model.vocab_size


def most_memory() -> int:
    """The most this process had resident, in bytes; not what getrusage tells, which counts its parent's before exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) << 10


def _answer(role: str, folder: str) -> dict[str, Any]:
    from cuemark.core.errors import CuemarkError

    began, before = time.monotonic(), len(_connections)
    try:
        _load(role, Path(folder))
        code, said = "loaded", ""
    except CuemarkError as error:
        code, said = error.code, str(error)
    except BaseException as error:
        code, said = "escaped", f"{type(error).__name__}: {error}"[:500]
    largest = most_memory()
    return {
        "code": code, "said": said, "seconds": time.monotonic() - began, "largest": largest,
        "connections": _connections[before:],
    }  # fmt: skip


def main() -> None:
    """Answers line by line; what libraries print goes to standard error."""
    sink = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.addaudithook(_heard)
    for line in sys.stdin:
        sink.write(json.dumps(_answer(*json.loads(line))) + "\n")
        sink.flush()


if __name__ == "__main__":
    main()
