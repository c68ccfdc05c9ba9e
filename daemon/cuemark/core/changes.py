"""Changes of the library, as those are told who show it: what changed, not how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Changed(str, Enum):
    """What of the library changed."""

    ANALYSIS = "analysis"  # added, edited or deleted
    MEDIA = "media"  # indexed, moved, gone offline or taken out
    JOB = "job"  # any event of it


@dataclass(frozen=True)
class LibraryChange:
    """One thing that changed: look at it again.  `media` is the fingerprint of the footage it is of, "" where none."""

    what: Changed
    id: str
    media: str = ""
