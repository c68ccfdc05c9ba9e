"""An exported image tower at work: on the best execution provider that gives torch's vectors, in the best precision.

Every provider but the processor's is proved the first time a tower is opened on it, on the few pictures that lie beside
the export, and dropped with a reason where its vectors differ or it fails.  The processor was proved by the export.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.models.clip.image_export import ExportedTower, ProvableTower
from cuemark.models.runtime.devices import ProviderReport, open_session
from cuemark.models.runtime.memory import is_out_of_memory
from cuemark.models.runtime.providers import CPU, CUDA, PROCESSOR, Candidates, Provider, Verdict, Verdicts, candidates

Vectors = NDArray[np.float32]
TOLERANCE = 2e-3
"""Largest difference of a unit vector's numbers to torch's: devices multiply in 10 bits of fraction, asked or not."""
_VERDICTS = "providers.json"


class TowerSession(Protocol):
    """Pictures [B, 3, h, w] to unit vectors [B, D]; B is at least 1."""

    def __call__(self, batch: Vectors) -> Vectors: ...


class SessionFactory(Protocol):
    """Opens a model on a provider; `devices.open_session`, or what a test puts in its place."""

    def __call__(
        self, model: Path, provider: str = "", limits: ProcessLimits = UNLIMITED, *, half: bool = False
    ) -> tuple[Any, ProviderReport]: ...


class PlainSession:
    """One plain call a batch."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __call__(self, batch: Vectors) -> Vectors:
        vectors: Vectors = self._session.run(None, {"images": batch})[0]
        return vectors


class FilledSession(PlainSession):
    """Plain calls, for GPUs whose buffers cannot be bound from here; batches are filled up as `filled` says."""

    def __call__(self, batch: Vectors) -> Vectors:
        return super().__call__(filled(batch))[: len(batch)]


def filled(batch: Vectors) -> Vectors:
    """The batch filled up with black to a power of two, so that a run meets few shapes.

    A GPU chooses its kernels and lays out its memory for each shape anew; CoreML even compiles the model anew.
    """
    missing = (1 << (len(batch) - 1).bit_length()) - len(batch)
    return np.concatenate([batch, np.zeros((missing, *batch.shape[1:]), np.float32)]) if missing else batch


class BoundSession:
    """Input and output are bound (ONNX Runtime's I/O binding): buffers on the device, used again for the next batch.

    Batches are filled up as `filled` says.
    """

    def __init__(self, session: Any, device: str, dimension: int) -> None:
        """`device`: "cuda" or "cpu" as ONNX Runtime names it; `dimension`: D."""
        self._session, self._device, self._dimension = session, device, dimension
        self._binding = session.io_binding()
        self._images: Any = None
        self._vectors: Any = None

    def __call__(self, batch: Vectors) -> Vectors:
        count, batch = len(batch), filled(batch)
        self._bind(batch.shape)
        self._images.update_inplace(np.ascontiguousarray(batch))
        self._session.run_with_iobinding(self._binding)
        vectors: Vectors = self._vectors.numpy()[:count].copy()
        return vectors

    def _bind(self, shape: tuple[int, ...]) -> None:
        if self._images is not None and tuple(self._images.shape()) == shape:
            return
        import onnxruntime

        self._images = self._vectors = None  # the old buffers go before the new ones come
        self._binding.clear_binding_inputs()
        self._binding.clear_binding_outputs()
        make = onnxruntime.OrtValue.ortvalue_from_shape_and_type
        images = make(list(shape), np.float32, self._device, 0)
        vectors = make([shape[0], self._dimension], np.float32, self._device, 0)
        self._binding.bind_ortvalue_input("images", images)
        self._binding.bind_ortvalue_output("vectors", vectors)
        self._images, self._vectors = images, vectors


def open_tower(
    tower: ExportedTower,
    limits: ProcessLimits = UNLIMITED,
    wanted: Candidates | None = None,
    opened: SessionFactory | None = None,
) -> tuple[TowerSession, ProviderReport]:
    """What runs the tower, and where, in which precision and why, with what was tried before and dropped.

    `wanted` is what to try (by default what the installed ONNX Runtime offers), `opened` what opens a session.
    """
    wanted, opened = wanted or candidates(), opened or open_session
    verdicts, dropped = Verdicts(tower.folder / _VERDICTS), list[str]()
    first = wanted.providers[0].name
    for provider in wanted.providers:
        if provider == PROCESSOR:
            continue
        for variant in _variants(tower, provider):
            trial = _Trial(provider, variant, tower.dimension, limits, opened, verdicts)
            run, reason = trial.run()
            if run is not None:
                return run, ProviderReport(first, provider.name, "; ".join([wanted.reason, *dropped, reason]))
            dropped.append(f"{provider.label} is not used: {reason}")
    session, report = opened(tower.model, CPU, limits)
    return PlainSession(session), replace(report, asked=first, reason="; ".join([wanted.reason, *dropped]))


def _variants(tower: ExportedTower, provider: Provider) -> Iterator[ProvableTower]:
    """The files to try on a provider, the quicker first."""
    for variant in (tower.half_precision if provider.half else None, tower.single_precision):
        if variant is not None:
            yield variant


class _Trial:
    """One file of a tower on one provider."""

    def __init__(
        self,
        provider: Provider,
        variant: ProvableTower,
        dimension: int,
        limits: ProcessLimits,
        opened: SessionFactory,
        verdicts: Verdicts,
    ) -> None:
        self._provider, self._variant, self._dimension, self._limits = provider, variant, dimension, limits
        self._opened, self._verdicts = opened, verdicts
        self._precision = "half precision" if variant.half else "single precision"
        self._name = f"{provider.name} in {self._precision}"

    def run(self) -> tuple[TowerSession | None, str]:
        """The session, or None where it is not to be used; the reason in words either way."""
        known = self._verdicts.get(self._name)
        if known is not None and not known.good:
            return None, known.reason
        try:
            session, report = self._opened(
                self._variant.model, self._provider.name, self._limits, half=self._variant.half
            )
            if report.used != self._provider.name:
                return None, report.reason  # not kept: the libraries it misses may come any day
            run = self._session(session)
            found = known or self._judge(run)
        except Exception as error:  # a driver or a missing kernel may fail in any way; something slower still runs
            found = Verdict(False, f"{self._precision} failed ({str(error).strip()[:120] or type(error).__name__})")
            if is_out_of_memory(error):
                return None, found.reason  # not kept: another program may have had the memory
        if found != known:
            self._verdicts.keep(self._name, found)
        return (run, found.reason) if found.good else (None, found.reason)

    def _session(self, session: Any) -> TowerSession:
        return BoundSession(session, "cuda", self._dimension) if self._provider.name == CUDA else FilledSession(session)

    def _judge(self, run: TowerSession) -> Verdict:
        difference = self._variant.difference(run)
        if difference <= TOLERANCE:
            return Verdict(True, f"{self._precision}, whose vectors differ from torch's by {difference:.1g}")
        return Verdict(False, f"its vectors in {self._precision} differ from torch's by {difference:.2g}")
