"""What a timeline's subtitles say of its footage: texts carried through the clips, from timeline to file time.

The subtitles of a timeline are of what is heard.  Where clips lie over each other, the lowest one is taken to be heard:
pictures are laid over whoever speaks, on higher tracks.  A text over a cut belongs to the clip that has most of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from cuemark.core.errors import HostError, InputError, Notice
from cuemark.core.files import atomic_write, make_private_folder
from cuemark.core.media import MediaInfo
from cuemark.core.text import file_name, shown
from cuemark.core.timeline import FootageTranscript, TimelineClip, TimelineDescription, TimelineSubtitle
from cuemark.core.transcript import Transcript, Transcription, TranscriptOrigin
from cuemark.core.transcript_text import exact_json
from cuemark.evidence.speech.cues import Cue, CueFile, plain_lines
from cuemark.evidence.speech.timing import Span, utterances_of
from cuemark.hosts.clip_time_map import ClipTimeMap, obstacle

Placed = tuple[TimelineClip, TimelineSubtitle]


def heard_through(timeline: TimelineDescription, subtitles: Sequence[TimelineSubtitle]) -> list[Placed]:
    """Each text with the clip it is heard through; those over no clip with a file are left out.

    HostError `host_no_subtitles` where the timeline has none.
    """
    if not any(each.text.strip() for each in subtitles):
        message = f"The timeline {timeline.timeline!r} has no subtitles."
        step = "Make them in Resolve (Timeline > Create Subtitles from Audio), or leave out --transcript timeline."
        raise HostError("host_no_subtitles", message, step)
    clips = sorted((clip for clip in timeline.clips if clip.path is not None and not clip.obstacle), key=_height)
    placed = [(_clip_of(each, clips), each) for each in subtitles]
    return [(clip, each) for clip, each in placed if clip is not None]


def _height(clip: TimelineClip) -> tuple[int, int]:
    return clip.track, clip.start


def _clip_of(subtitle: TimelineSubtitle, clips: Sequence[TimelineClip]) -> TimelineClip | None:
    """On the lowest track that has anything there, the clip with most of the text."""
    over = [clip for clip in clips if clip.start < subtitle.end and clip.end > subtitle.start]
    lowest = [clip for clip in over if clip.track == over[0].track]
    return max(lowest, key=lambda clip: min(clip.end, subtitle.end) - max(clip.start, subtitle.start), default=None)


def transcripts_of(
    timeline: TimelineDescription, placed: Sequence[Placed], media: Mapping[Path, MediaInfo]
) -> Iterator[Transcription]:
    """What is said in each file, as far as its clips and the subtitles over them tell; files without media left out."""
    for path in dict.fromkeys(clip.path for clip, _ in placed):
        info = None if path is None else media.get(path)
        if info is None:
            continue
        mine = [(clip, each) for clip, each in placed if clip.path == path]
        cues = [cue for clip, each in mine for cue in _through(clip, each, info, timeline.rate)]
        name = f"the subtitles of {timeline.timeline!r} over {shown(info.path)}"
        try:
            found, told = utterances_of(
                CueFile("subtitles", tuple(_distinct(cues))), name, Span(Fraction(0), info.duration)
            )
        except InputError:  # over this file they tell of sounds alone, or it cannot be placed
            continue
        transcript = Transcript(found, "", TranscriptOrigin.TIMELINE, timeline.timeline, _worth_saying(told))
        yield Transcription(info, transcript)


def _through(clip: TimelineClip, subtitle: TimelineSubtitle, info: MediaInfo, rate: Fraction) -> Iterator[Cue]:
    """The text at its time in the file, as far as the clip shows it."""
    if obstacle(clip, info, rate):
        return
    time_map = ClipTimeMap.through(clip, info, rate)
    ends = [time_map.source_time(frame) for frame in (max(clip.start, subtitle.start), min(clip.end, subtitle.end))]
    yield Cue(min(ends), max(ends), plain_lines(subtitle.text.replace("\N{LINE SEPARATOR}", "\n")))


def _distinct(cues: Sequence[Cue]) -> list[Cue]:
    """In order of time; a text that the timeline shows twice, as the file is used twice, counts once."""
    found: list[Cue] = []
    for cue in sorted(cues, key=lambda cue: cue.start):
        again = any(each.lines == cue.lines and each.end > cue.start for each in found[-3:])
        if not again:
            found.append(cue)
    return found


def _worth_saying(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """That texts meet at cuts is usual."""
    return tuple(notice for notice in notices if notice.code not in ("transcript_overlaps", "transcript_disorder"))


def kept(spoken: Transcription, folder: Path) -> FootageTranscript:
    """A transcript written to the folder, under a name that is its content's: the same one is the same file.

    Raises OSError.
    """
    import hashlib

    text = exact_json(spoken)
    mark = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    path = folder / f"{file_name(spoken.media.path.stem, 80)}-{mark}.json"
    make_private_folder(folder)
    atomic_write(path, text)
    told = spoken.transcript
    return FootageTranscript(spoken.media.path, path, len(told.utterances), told.warnings)
