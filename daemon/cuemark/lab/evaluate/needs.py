"""The packages of the extra `eval`: asked for by name, and missed with the command that installs them."""

from __future__ import annotations

import importlib
from types import ModuleType

from cuemark.core.errors import CuemarkError


def require(module: str) -> ModuleType:
    """Import a module that only evaluation needs ("matplotlib"); raises CuemarkError eval_extra_missing."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise CuemarkError(
            "eval_extra_missing",
            f"Evaluation needs the Python package {package}, which cannot be imported here ({error}).",
            "Install it with: pip install 'cuemark[eval]'",
        ) from error
