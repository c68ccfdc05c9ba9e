"""The footage behind a timeline's clips: what is to be analysed, what is known already, and what cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.analysis_options import fits
from cuemark.core.errors import HostError, NotFoundError
from cuemark.core.timeline import LeftOut

if TYPE_CHECKING:
    from cuemark.cli.analyze.batch import Batch
    from cuemark.core.analysis import Analysis
    from cuemark.core.analysis_options import AnalysisOptions
    from cuemark.core.timeline import HostTimeline, TimelineClip, TimelineView
    from cuemark.rpc.client.client import CuemarkClient

STILLS = frozenset(
    [".bmp", ".cin", ".cr2", ".dng", ".dpx", ".exr", ".gif", ".heic", ".jpeg", ".jpg", ".png", ".psd", ".svg", ".tga",
     ".tif", ".tiff", ".webp"]
)  # fmt: skip
"""Pictures, and single pictures of a sequence: there is nothing to find in time."""


@dataclass(frozen=True)
class Reel:
    """One footage: a file to analyse it from, all files of the timeline that hold it, and its analyses so far."""

    path: Path
    copies: frozenset[Path]
    analyses: tuple[str, ...]


def clips_meant(timeline: HostTimeline, *, selected: bool) -> list[TimelineClip]:
    """The clips in order of time.

    HostError: `resolve_timeline_empty`, `resolve_selection_unknown`, `resolve_nothing_selected`.
    """
    told = timeline.description
    clips = sorted(told.clips, key=lambda clip: (clip.start, clip.track))
    if not clips:
        message = f"The timeline {told.timeline!r} has no clips."
        raise HostError("resolve_timeline_empty", message, "Put footage on it, or name another with --timeline.")
    if not selected:
        return clips
    if timeline.selected is None:
        message = f"{told.product} {told.version} does not tell which clips are selected."
        raise HostError("resolve_selection_unknown", message, "Leave --selected out; Resolve 21.1 and newer tell it.")
    chosen = [clip for clip in clips if (clip.track, clip.index) in timeline.selected]
    if not chosen:
        raise HostError("resolve_nothing_selected", "No clip is selected in Resolve.", "Select some on the Edit page.")
    return chosen


def reels_of(clips: Sequence[TimelineClip], view: TimelineView) -> list[Reel]:
    """The footage behind the clips, each once whatever its names, in order of first use.

    HostError `resolve_no_footage` where no clip shows any.
    """
    paths = list(dict.fromkeys(clip.path for clip in clips if clip.path is not None and not reason_of(clip)))
    if not paths:
        reasons = "; ".join(f"{clip.item}: {reason_of(clip)}" for clip in clips[:5])
        message = f"No clip of {view.timeline.description.timeline!r} can be analysed ({reasons})."
        raise HostError("resolve_no_footage", message, "Relink offline media in Resolve, or use other clips.")
    known = {footage.path: footage for footage in view.footage}
    # A file that could not be read has no content to compare: its analysis will say why.
    contents = {path: known[path].fingerprint if path in known else str(path) for path in paths}
    reels = []
    for content in dict.fromkeys(contents.values()):
        same = [path for path in paths if contents[path] == content]
        reels.append(Reel(same[0], frozenset(same), known[same[0]].analyses if same[0] in known else ()))
    return reels


def reason_of(clip: TimelineClip) -> str:
    """Why a clip's footage is not analysed for it, "" where it is."""
    if clip.problem:
        return clip.problem
    if clip.path is None:
        return "no media file"
    if not clip.enabled:
        return "disabled"
    return "still image" if clip.path.suffix.lower() in STILLS else ""


def known_analyses(client: CuemarkClient, reels: Iterable[Reel], options: AnalysisOptions) -> dict[Path, Analysis]:
    """The newest analysis of each reel that was made as the user wants it now, by the reel's path."""
    found = {}
    for reel in reels:
        for analysis_id in reel.analyses:
            try:
                analysis = client.get_analysis(analysis_id, brief=True)
            except NotFoundError:  # deleted just now
                continue
            if _fits(analysis, options):
                found[reel.path] = analysis
                break
    return found


def _fits(analysis: Analysis, options: AnalysisOptions) -> bool:
    used = {role: use.name for role, use in analysis.models.items()}
    return fits(options, analysis.options) and all(
        used[role] in (name, str(Path(name).expanduser().absolute())) for role, name in options.models.items()
    )


def left_out_of(
    clips: Iterable[TimelineClip], reels: Iterable[Reel], batch: Batch, told: Iterable[LeftOut]
) -> list[LeftOut]:
    """Every clip that carries no marker because it cannot, each with its reasons."""
    errors = {item.path: item.error for item in batch.items if item.error is not None}
    failed = {path: error for reel in reels if (error := errors.get(reel.path)) for path in reel.copies}
    found: list[LeftOut] = []
    for clip in clips:
        error = None if clip.path is None else failed.get(clip.path)
        reason = reason_of(clip) or (f"not analysed: {error.message}" if error is not None else "")
        if reason:
            found.append(LeftOut(clip.item, reason))
    return list(dict.fromkeys([*found, *told]))
