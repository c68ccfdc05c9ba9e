"""Given transcripts: subtitles and transcripts that people or other programs wrote, as a `Transcript`.

Read are SubRip, WebVTT, the JSON of Whisper in its dialects, the transcript JSON of the podcast namespace, and our own
JSON.  Times in such files are a player's, whose 0 is the start of the container; those of our own JSON are already from
the first frame shown.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from cuemark.core.errors import InputError
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.transcript import Transcript


def read_transcript(
    path: Path, duration: Fraction | None = None, *, picture_start: Fraction = Fraction(0)
) -> Transcript:
    """The transcript in a file, of a media of that length whose first frame a player shows at `picture_start`.

    InputError `transcript_*` for a file of which nothing can be used.  What is left out of one that can be used is
    counted in the transcript's warnings.
    """
    raise InputError("transcript_unreadable", f"{path.name} cannot be read yet.", "Leave --transcript out.")


def beside(media: Path) -> Path | None:
    """The transcript that lies beside a media file and has its name: clip.srt, clip.en.srt, clip.vtt, clip.json."""
    return None


def subtitle_transcript(info: MediaInfo, progress: Progress) -> Transcript | None:
    """The text of the media's subtitle stream, None where it has none that is text."""
    return None
