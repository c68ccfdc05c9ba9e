"""When and with which camera footage was recorded, as far as its container says so.

Cameras and phones write it under many names; what an editor or an encoder wrote there later cannot be told apart from
it.  A date with no time of day counts as midnight, one with no zone as UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from cuemark.core.text import one_line
from cuemark.media.source import open_media

_DATES = (
    "com.apple.quicktime.creationdate", "date_recorded", "date-recorded", "origination_date", "com.arri.camera.date",
    "creation_time", "creation_date", "creationdate", "date_digitized", "icrd", "date", "modification_date",
)  # fmt: skip
"""Names of a recording's time, those that say most first: Apple's has the zone, Matroska's is the recording's own."""
_MAKERS = (
    "com.apple.quicktime.make", "com.android.manufacturer", "make", "manufacturer", "com.arri.camera.manufacturer",
    "company_name",
)  # fmt: skip
_MODELS = (
    "com.apple.quicktime.model", "com.android.model", "model", "com.arri.camera.cameramodel", "camera_model_name",
    "camera", "product_name",
)  # fmt: skip
_ENCODERS = {"gopro": "GoPro", "dji": "DJI", "insta360": "Insta360"}
"""Cameras that name themselves only as the encoder of their pictures, or the handler of their track."""
_NO_CAMERAS = re.compile(r"\b(ffmpeg|lavf|libav|x26[45]|handbrake|premiere|resolve|avid|final cut|op1a)\b", re.I)
_DAY = re.compile(
    r"(\d{4})[-:/.](\d{2})[-:/.](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
_FIRST_YEAR = 1981
"""Clocks that were never set say 1904, 1970 or 1980."""
_LONGEST = 100


class Recording(NamedTuple):
    """When it began (None: not said) and with what ("": not said)."""

    at: datetime | None = None
    camera: str = ""


def recording(path: Path) -> Recording:
    """What the container says; MediaError as `open_media`.  Opens the file, and decodes nothing."""
    with open_media(path, demux_only=True) as container:
        streams = sorted(container.streams, key=lambda stream: stream.type != "video")
        said = [_lower(container.metadata), *(_lower(stream.metadata) for stream in streams)]
    return recording_of(said)


def recording_of(said: list[dict[str, str]]) -> Recording:
    """The same from what the container and its streams say, with names in lower case."""
    dates = (found for name in _DATES for text in _values(said, (name,)) if (found := date_of(text)) is not None)
    return Recording(next(dates, None), _camera(said))


def date_of(text: str) -> datetime | None:
    """A date and time as cameras write it: ISO 8601, or with colons or slashes; None for a year alone, or none."""
    found = _DAY.match(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    try:
        at = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
        at = at.replace(tzinfo=_zone(zone))
        return at.astimezone(timezone.utc) if at.year >= _FIRST_YEAR else None
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone:
    parsed = datetime.strptime((text or "+0000").replace(":", ""), "%z").tzinfo
    return parsed if isinstance(parsed, timezone) else timezone.utc


def _camera(said: list[dict[str, str]]) -> str:
    maker = next(_names(said, _MAKERS), "")
    model = next(_names(said, _MODELS), "")
    if model.lower().startswith(maker.lower()):
        maker = ""
    named = f"{maker} {model}".strip()
    if named:
        return named[:_LONGEST]
    encoders = " ".join(_values(said, ("encoder", "handler_name"))).lower()
    return next((name for word, name in _ENCODERS.items() if word in encoders), "")


def _names(said: list[dict[str, str]], names: tuple[str, ...]) -> Iterator[str]:
    texts = (one_line(text) for text in _values(said, names))
    return (text for text in texts if text and not _NO_CAMERAS.search(text))


def _values(said: list[dict[str, str]], names: tuple[str, ...]) -> Iterator[str]:
    return (values[key] for name in names for values in said for key in values if _is(key, name))


def _is(key: str, name: str) -> bool:
    """Whether a key is the name, by itself or in a language: "model", "model-eng"."""
    return key == name or key.startswith(f"{name}-")


def _lower(metadata: Mapping[str, str]) -> dict[str, str]:
    return {key.lower(): text for key, text in metadata.items()}
