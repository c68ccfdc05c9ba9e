"""Which device torch and ONNX Runtime run on, read back after the session is made, and why."""

from __future__ import annotations

import importlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.models.runtime.memory import cuda_provider_options, limit_torch
from cuemark.models.runtime.providers import COREML, CPU, CUDA, DIRECTML, candidates

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class DeviceChoice:
    """The device torch was given ("cpu", "cuda", "mps"), with the reason in words."""

    device: str
    reason: str


def choose_device() -> DeviceChoice:
    """The best device torch can use here; `CUEMARK_DEVICE` overrides ("cpu", "cuda", "mps", "cuda:1")."""
    import torch

    asked = os.environ.get("CUEMARK_DEVICE", "").strip()
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked:
        if available.get(asked.split(":", maxsplit=1)[0], False):
            return DeviceChoice(asked, f"CUEMARK_DEVICE asks for {asked}")
        return DeviceChoice("cpu", f"CUEMARK_DEVICE asks for {asked}, which torch cannot use here")
    if available["cuda"]:
        return DeviceChoice("cuda", f"torch sees {torch.cuda.get_device_name(0)}")
    if available["mps"]:
        return DeviceChoice("mps", "torch sees Apple's GPU")
    return DeviceChoice("cpu", "torch sees no GPU")


def prepare_torch(choice: DeviceChoice, limits: ProcessLimits = UNLIMITED) -> torch.device:
    """Set torch up for the device and return it.

    On CPU, flash attention is switched off: on the short sequences of captions it is slower than the plain kernel
    (measured).  The switch is torch's own and process-wide.
    """
    import torch

    if choice.device == "cpu":
        torch.backends.cuda.enable_flash_sdp(False)
    if limits.threads:
        torch.set_num_threads(limits.threads)
    limit_torch(limits.vram, choice.device)
    return torch.device(choice.device)


# The default tries every algorithm for every new shape, which costs seconds and much memory for a few per cent.
_CUDA_OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC"}
_COREML_OPTIONS = {"ModelFormat": "MLProgram"}  # the older format lacks operators of today's towers


@dataclass(frozen=True)
class ProviderReport:
    """What was asked for, what runs, and the reason in words."""

    asked: str
    used: str
    reason: str

    @property
    def device(self) -> str:
        """The device in one word: cuda, dml, coreml or cpu."""
        return self.used.removesuffix("ExecutionProvider").lower()


def open_session(
    model: Path, provider: str = "", limits: ProcessLimits = UNLIMITED, *, half: bool = False
) -> tuple[Any, ProviderReport]:
    """An inference session on `provider`, or else the best one here (`providers.candidates`); unproved.

    `half` says that the model computes in half precision.
    """
    runtime = onnx_runtime()
    asked, reason = provider, "the caller asks for it"
    if not provider:
        found = candidates(runtime.get_available_providers())
        asked, reason = found.providers[0].name, found.reason
    options = session_options(limits)
    if half:
        # The last level rearranges memory for processors alone, and ONNX Runtime 1.31 crashes there on half precision.
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    if asked == DIRECTML:  # what its documentation demands
        options.enable_mem_pattern = False
        options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    session = runtime.InferenceSession(str(model), options, providers=session_providers(asked, limits))
    used = session.get_providers()[0]
    if used != asked:
        reason = f"{_short(asked)} was asked for, but its libraries did not load; {_short(used)} runs instead"
    return session, ProviderReport(asked, used, reason)


def onnx_runtime() -> Any:
    """ONNX Runtime, which reports to nobody."""
    runtime = importlib.import_module("onnxruntime")
    runtime.disable_telemetry_events()  # Windows reports by other means than those that cuemark/__init__.py turns off
    return runtime


def session_options(limits: ProcessLimits) -> Any:
    """What holds for every inference session, by whomever it is made."""
    options = onnx_runtime().SessionOptions()
    options.log_severity_level = 3  # errors only; what matters is in the report
    # Threads that wait by spinning take the cores from the decoder, which runs at the same time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.intra_op_num_threads = limits.threads or 0  # 0: as many as it likes
    return options


def session_providers(asked: str, limits: ProcessLimits) -> list[Any]:
    """The provider with its options, and the processor for what it cannot do."""
    runtime = onnx_runtime()
    if asked == CUDA and hasattr(runtime, "preload_dlls"):
        runtime.preload_dlls()  # finds the CUDA libraries that came with torch
    return [asked] if asked == CPU else [(asked, _options(asked, limits)), CPU]


def _options(provider: str, limits: ProcessLimits) -> dict[str, str]:
    if provider == CUDA:
        return {**_CUDA_OPTIONS, **cuda_provider_options(limits.vram)}
    return dict(_COREML_OPTIONS) if provider == COREML else {}


def _short(provider: str) -> str:
    return provider.removesuffix("ExecutionProvider")


_SIDE = 2


def run_tiny() -> tuple[float, ProviderReport]:
    """(2 x 2 as the provider computes it, the provider read back from the session that did)."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tiny.onnx"
        file.write_bytes(_graph().SerializeToString())
        session, report = open_session(file)
        product = session.run(None, {"a": np.eye(_SIDE, dtype=np.float32) * 2})[0]
    return float(product[0, 0]), report


def _graph() -> Any:
    onnx: Any = importlib.import_module("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "a"], ["b"])],
        "tiny",
        [helper.make_tensor_value_info("a", kind, [_SIDE, _SIDE])],
        [helper.make_tensor_value_info("b", kind, [_SIDE, _SIDE])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
