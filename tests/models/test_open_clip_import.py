"""The torchvision trap, in a fresh process because an import happens once."""

from __future__ import annotations

import subprocess
import sys


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120)


def test_open_clip_imports_in_a_fresh_process() -> None:
    done = _run(
        "from cuemark.models.runtime.safe_imports import open_clip_module as o; print(o().create_model.__name__)"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "create_model"


def test_a_native_library_that_cannot_load_does_not_break_the_import() -> None:
    code = (
        "import torch\n"
        "def refuse(path): raise OSError('undefined symbol')\n"
        "torch.ops.load_library = refuse\n"
        "from cuemark.models.runtime.safe_imports import open_clip_module, mend_torchvision\n"
        "open_clip_module()\n"
        "from torchvision.transforms import Resize\n"
        "print(mend_torchvision(), Resize(4))"
    )
    done = _run(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("True Resize(")


def test_importing_the_door_is_cheap() -> None:
    done = _run("import sys, cuemark.models.runtime.safe_imports; print('torch' in sys.modules)")
    assert done.stdout.strip() == "False", done.stderr
