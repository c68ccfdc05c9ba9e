"""Downmix of one decoded frame of sound to mono, whatever its sample format and its channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

Samples = NDArray[np.float32]

_FULL_SCALE = {"u1": 128.0, "i2": float(1 << 15), "i4": float(1 << 31)}
_WEIGHTS = {"FC": 1.0, "FL": 0.7, "FR": 0.7, "FLC": 0.7, "FRC": 0.7, "LFE": 0.0, "LFE2": 0.0}
"""Of a layout with loudspeakers: who speaks is in front.  All others count half."""
_BEHIND = 0.5
_OPPOSED = 0.1
_AUDIBLE = 1e-3


def mono(frame: AudioFrame) -> Samples:
    """float32 [samples] in -1 to 1 at the frame's own rate."""
    channels = _channels(frame)
    count = channels.shape[0]
    if count == 1:
        mixed = channels[0]
    elif count == 2:
        mixed = _stereo(channels)
    else:
        mixed = _weights(frame, count) @ channels
    finite: Samples = np.nan_to_num(mixed, nan=0.0, posinf=1.0, neginf=-1.0).astype(np.float32, copy=False)
    return finite.clip(-1.0, 1.0)


def _stereo(channels: Samples) -> Samples:
    """Their mean; one of them where they are each other's opposite (a cable with its poles changed), which cancels."""
    mixed: Samples = channels.mean(axis=0)
    loud = float(np.abs(channels).mean())
    if loud > _AUDIBLE and float(np.abs(mixed).mean()) < _OPPOSED * loud:
        left: Samples = channels[0] if np.abs(channels[0]).mean() >= np.abs(channels[1]).mean() else channels[1]
        return left
    return mixed


def _weights(frame: AudioFrame, count: int) -> Samples:
    """Of loudspeakers by their place, sums to 1.  Channels without a place are microphones, of which few are in use."""
    names = [channel.name for channel in frame.layout.channels]
    if len(names) != count or not {"FC", "FL"}.intersection(names):
        return np.full(count, 1 / np.sqrt(count), np.float32)
    weights: Samples = np.array([_WEIGHTS.get(name, _BEHIND) for name in names], np.float32)
    weights /= weights.sum()
    return weights


def _channels(frame: AudioFrame) -> Samples:
    """float32 [channels, samples]."""
    stored: NDArray[Any] = _known(frame).to_ndarray()
    count = max(1, frame.layout.nb_channels)
    samples = stored if frame.format.is_planar else stored.reshape(-1, count).T
    kind = samples.dtype.str[1:]
    if kind not in _FULL_SCALE:
        return samples.astype(np.float32)
    floats = samples.astype(np.float32)
    return (floats - 128.0 if kind == "u1" else floats) / np.float32(_FULL_SCALE[kind])


def _known(frame: AudioFrame) -> AudioFrame:
    """The frame itself, or in floats where numpy has no such numbers."""
    from av.audio.frame import format_dtypes
    from av.audio.resampler import AudioResampler

    if frame.format.name in format_dtypes:
        return frame
    packed = "fltp" if frame.format.is_planar else "flt"
    return AudioResampler(format=packed, layout=frame.layout, rate=frame.sample_rate).resample(frame)[0]
