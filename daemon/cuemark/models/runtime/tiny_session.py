"""A graph of one multiplication, run for real: shows which provider ONNX Runtime gives here without any model."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any

from cuemark.models.runtime.providers import ProviderReport, open_session

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
