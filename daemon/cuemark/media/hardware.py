"""Which hardware could decode a file, and in words why none does."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.codec.codec import Codec

# In the order they are tried.  Intel's and AMD's own ("qsv", "amf") want drivers whose absence they report by crashing.
_DEVICES = {"darwin": ("videotoolbox",), "win32": ("cuda", "d3d11va"), "linux": ("cuda", "vaapi")}


@dataclass(frozen=True)
class Hardware:
    """The device decoding is asked of; "cpu" where it is decoded in software.  `reason` says why, in words."""

    device: str
    reason: str


def choose_hardware(codec: Codec) -> Hardware:
    """The first device of this system that FFmpeg was built with, that decodes this codec, and that can be opened."""
    if codec.intra_only:
        return Hardware(
            "cpu", "of footage in which every picture stands alone so few are decoded that it would not pay"
        )
    from av.codec.hwaccel import hwdevices_available

    built = hwdevices_available()
    known = {config.device_type.name for config in codec.hardware_configs or () if config.is_supported}
    refusals = []
    for device in _DEVICES.get(sys.platform, ()):
        refusal = _refusal(device, codec, device in built, device in known)
        if refusal is None:
            return Hardware(device, f"{device} decodes {codec.canonical_name} here")
        refusals.append(refusal)
    return Hardware("cpu", "; ".join(refusals) or f"no hardware decoding is known for {sys.platform}")


def _refusal(device: str, codec: Codec, is_built: bool, is_known: bool) -> str | None:
    """Why a device cannot be used; None where it can."""
    import av
    from av.codec.hwaccel import HWAccel

    if not is_built:
        return f"this build of FFmpeg has no {device}"
    if not is_known:
        return f"{device} does not decode {codec.canonical_name}"
    try:
        HWAccel(device).create(codec)
    except (av.error.FFmpegError, OSError, NotImplementedError, RuntimeError) as error:
        return f"{device} cannot be opened ({getattr(error, 'strerror', None) or error})"
    return None
