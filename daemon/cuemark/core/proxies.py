"""Where proxies lie: in the cache, by content, since they can be made again."""

from __future__ import annotations

import re
from pathlib import Path

from cuemark.core.settings import Settings

_FINGERPRINT = re.compile(r"[0-9a-f]{16,128}")


def is_fingerprint(text: str) -> bool:
    """Whether a text can be the fingerprint of a media, and so the name of a file."""
    return _FINGERPRINT.fullmatch(text) is not None


def proxy_file(settings: Settings, fingerprint: str) -> Path:
    """The proxy of a media, whether it is there or not; ValueError for what is no fingerprint."""
    if not is_fingerprint(fingerprint):
        raise ValueError(f"{fingerprint!r} is no fingerprint")
    return settings.cache / "proxies" / f"{fingerprint}.mp4"
