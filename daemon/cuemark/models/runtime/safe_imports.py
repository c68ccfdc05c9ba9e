"""The one door to open_clip, past the torchvision trap.

open_clip needs torchvision for image transforms only, which are plain Python.  But `import torchvision` also
registers shapes for its native operators, and that fails ("operator torchvision::nms does not exist") wherever
torch and torchvision come from different indexes (a CPU torch beside a CUDA torchvision, say): the native library
then cannot load.  Where that is so, an empty module takes the place of the one that registers, and everything that
does not call a native operator works.  Where the native library loads, nothing is touched.

transformers and torch's ONNX exporter import torchvision too when they find it, so call `mend_torchvision` first there.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

_REGISTRATIONS = "torchvision._meta_registrations"


def open_clip_module() -> ModuleType:
    """open_clip, imported safely.  Slow the first time (it imports torch): call it where it is needed."""
    stay_offline()
    mend_torchvision()
    return importlib.import_module("open_clip")


def stay_offline() -> None:
    """Keep the Hugging Face libraries from the network: models are local folders, and only our store downloads.

    They read the variable when they are imported, so call this first.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["USE_HUB_KERNELS"] = "NO"  # a config.json may name code to be fetched for its attention


def transformers_module() -> ModuleType:
    """transformers, imported safely, its progress bars off.  Slow the first time: call it where it is needed."""
    stay_offline()
    never_ask_to_run_code()
    transformers = importlib.import_module("transformers")
    transformers.utils.logging.disable_progress_bar()
    return transformers


def never_ask_to_run_code() -> None:
    """Make transformers refuse folders that bring Python of their own; it would ask on stdin, our worker's pipe."""
    mend_torchvision()
    importlib.import_module("transformers.dynamic_module_utils").__dict__["TIME_OUT_REMOTE_CODE"] = 0


@cache
def mend_torchvision() -> bool:
    """Make `import torchvision` work although its native operators cannot load; True where that was needed.

    Idempotent; must run before the first import of torchvision in the process.
    """
    if "torchvision" in sys.modules or _native_operators_load():
        return False
    sys.modules.setdefault(_REGISTRATIONS, ModuleType(_REGISTRATIONS))
    return True


def _native_operators_load() -> bool:
    """Whether torchvision's native library loads into this torch (True as well where there is no torchvision)."""
    spec = importlib.util.find_spec("torchvision")  # finds the package without running it
    if spec is None or not spec.submodule_search_locations:
        return True
    import torch

    libraries = [file for folder in spec.submodule_search_locations for file in Path(folder).glob("_C*.*")]
    try:
        for library in libraries:
            torch.ops.load_library(str(library))
        return hasattr(torch.ops.torchvision, "nms")
    except (OSError, RuntimeError, AttributeError):  # what a library of another torch raises
        return False
