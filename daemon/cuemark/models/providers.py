"""Which provider ONNX Runtime uses, read back after the session is made, and why."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"


@dataclass(frozen=True)
class ProviderReport:
    """What was asked for, what runs, and the reason in words."""

    asked: str
    used: str
    reason: str

    @property
    def device(self) -> str:
        """The device in one word: cuda or cpu."""
        return self.used.removesuffix("ExecutionProvider").lower()


def open_session(model: Path, provider: str = "") -> tuple[Any, ProviderReport]:
    """An inference session on `provider`, or else the best one here: CUDA, then CPU (`CUEMARK_DEVICE=cpu`: CPU)."""
    runtime = importlib.import_module("onnxruntime")
    runtime.disable_telemetry_events()  # Windows reports by other means than those that cuemark/__init__.py turns off
    asked, reason = (provider, "the caller asks for it") if provider else _choose(runtime.get_available_providers())
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # errors only; what matters is in the report
    if asked == CUDA and hasattr(runtime, "preload_dlls"):
        runtime.preload_dlls()  # finds the CUDA libraries that came with torch
    providers = [asked] if asked == CPU else [asked, CPU]
    session = runtime.InferenceSession(str(model), options, providers=providers)
    used = session.get_providers()[0]
    if used != asked:
        reason = f"{_short(asked)} was asked for, but its libraries did not load; {_short(used)} runs instead"
    return session, ProviderReport(asked, used, reason)


def _choose(available: list[str]) -> tuple[str, str]:
    wish = os.environ.get("CUEMARK_DEVICE", "").strip()
    if wish.startswith("cpu"):
        return CPU, "CUEMARK_DEVICE asks for cpu"
    if CUDA in available:
        return CUDA, "the installed ONNX Runtime supports CUDA"
    if wish.startswith("cuda"):
        return CPU, f"CUEMARK_DEVICE asks for {wish}, but the installed ONNX Runtime has no CUDA"
    return CPU, "the installed ONNX Runtime has no GPU provider that Cuemark uses"


def _short(provider: str) -> str:
    return provider.removesuffix("ExecutionProvider")
