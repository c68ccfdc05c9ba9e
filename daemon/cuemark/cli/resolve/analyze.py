"""`cuemark resolve analyze`: from the open timeline to its footage, and back to the timeline with markers.

What is analysed is a `Reel`: the footage behind clips, once, whatever names its files have.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import output, text
from cuemark.cli.analyze.command import Batch, Item, carry_out, complain_about
from cuemark.cli.guard import guarded
from cuemark.cli.models.offer import Offer, Pull
from cuemark.cli.options import JsonFlag, check_transcript, takes_analysis_options
from cuemark.cli.resolve.options import (
    HOST,
    ChapterColor,
    Chapters,
    DiscardEdits,
    InOut,
    MomentColor,
    Moments,
    Said,
    ShotColor,
    Tags,
    TimelineName,
    Transliterate,
    address,
    marker_options,
    waiting,
)
from cuemark.core import settings
from cuemark.core.analysis_options import TIMELINE_TRANSCRIPT, AnalysisOptions, absolute_transcript, fits
from cuemark.core.clip_problems import OFFLINE
from cuemark.core.errors import ExitCode, HostError, NotFoundError
from cuemark.core.model_notices import sample_warning
from cuemark.core.text import first_few, terminal_path
from cuemark.core.timeline import LeftOut
from cuemark.core.vision_language import absolute

if TYPE_CHECKING:
    from cuemark.core.analysis import Analysis
    from cuemark.core.timeline import Delivery, HostTimeline, TimelineClip, TimelineView
    from cuemark.rpc.client.client import CuemarkClient


MOST_REASONS = 5


@guarded
@takes_analysis_options()
def analyze(
    *,
    timeline: TimelineName = None,
    selected: Annotated[bool, typer.Option("--selected", help="Only the footage of the selected clips.")] = False,
    in_out: InOut = False,
    again: Annotated[bool, typer.Option("--again", help="Analyse anew what was analysed already.")] = False,
    options: AnalysisOptions,
    moment_color: MomentColor = None,
    chapter_color: ChapterColor = None,
    moment_markers: Moments = True,
    chapter_markers: Chapters = True,
    transliterate: Transliterate = False,
    tags: Tags = False,
    said: Said = False,
    shot_color: ShotColor = None,
    discard_edits: DiscardEdits = False,
    pull: Pull = None,
    json_output: JsonFlag = False,
) -> None:
    """Analyse the footage of the timeline that is not known yet, and mark its moments and chapters.

    Files are analysed whole, once, and marked through every clip that shows them. What was analysed with the options
    given here, or at all where none are given, is taken as it is. With --transcript timeline, what the timeline's
    subtitles say counts as what is said in its footage.
    """
    from cuemark.cli.session import connect

    kinds = moment_markers, chapter_markers, transliterate, tags, said
    markers = marker_options(moment_color, chapter_color, *kinds, shot_color, bool(options.shots))
    with connect() as client:
        with waiting():
            view = client.describe_timeline(HOST, address(timeline), with_footage=True)
        clips = clips_meant(view.timeline, selected=selected, in_out=in_out)
        reels = reels_of(clips, view)
        wanted = _timeline_transcripts(client, view, options)
        check_transcript(wanted.options, [reel.path for reel in reels])
        offer = Offer(client, settings.load(), pull, may_ask=not json_output)
        wanted = replace(wanted, options=offer.settled(wanted.options) if offer.is_accepted else wanted.options)
        batch = Batch(client, offer, transcripts=wanted.transcripts)
        known = {} if again else known_analyses(client, reels, wanted)
        interrupted = _analyse(batch, reels, known, wanted.options, quiet=json_output)
        ids = [item.analysis.id for item in batch.items if item.analysis is not None]
        done = None
        if ids and not interrupted:
            with waiting():
                done = client.send_markers(
                    HOST, ids, view.timeline.address, markers, keep_edits=not discard_edits, in_out=in_out
                )
    left_out = left_out_of(clips, reels, batch, () if done is None else done.left_out)
    _show(batch, view.timeline, done, left_out, json_output=json_output)
    code = ExitCode.INTERRUPTED if interrupted else batch.exit_code
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


@dataclass(frozen=True)
class Wanted:
    """What is asked of the analyses: options of all, and the transcripts of those that the timeline tells of."""

    options: AnalysisOptions
    transcripts: Mapping[Path, Path] = field(default_factory=dict)

    def of(self, paths: Iterable[Path]) -> AnalysisOptions:
        """The options for a file that has these paths."""
        named = next((self.transcripts[path] for path in paths if path in self.transcripts), None)
        return self.options if named is None else replace(self.options, transcript=str(named))


def _timeline_transcripts(client: CuemarkClient, view: TimelineView, options: AnalysisOptions) -> Wanted:
    """The options, with what the timeline's subtitles say of its footage where `--transcript timeline` asks for it."""
    if options.transcript != TIMELINE_TRANSCRIPT:
        whole = absolute_transcript(options.transcript) if options.transcript else None
        return Wanted(replace(options, transcript=whole))
    with waiting():
        found = client.read_subtitles(HOST, view.timeline.address)
    for each in found:
        output.tell(f"{terminal_path(each.path.name)}: {text.plural(each.utterances, 'utterance')} from the subtitles")
        for notice in each.warnings:
            output.warn(f"{terminal_path(each.path.name)}: {notice.message}", notice.code)
    return Wanted(replace(options, transcript=None), {each.path: each.transcript for each in found})


def _analyse(
    batch: Batch, reels: list[Reel], known: dict[Path, Analysis], options: AnalysisOptions, *, quiet: bool
) -> bool:
    """Every reel's analysis, known or new, in the order of the timeline; whether Ctrl-C ended it."""
    paths = [reel.path for reel in reels]
    batch.items += [Item(path, analysis=analysis) for path, analysis in known.items()]
    unknown = [str(path) for path in paths if path not in known]
    interrupted = carry_out(batch, unknown, options, lambda item: _tell(item, batch.said, item.path in known, quiet))
    batch.items.sort(key=lambda item: paths.index(item.path) if item.path in paths else len(paths))
    return interrupted


def _tell(item: Item, said: Container[str], is_known: bool, quiet: bool) -> None:
    from cuemark.cli.library.show import print_notices

    if item.analysis is None:
        complain_about(item)
    elif not quiet:
        count = f"{text.plural(len(item.analysis.moments), 'moment')}, "
        count += text.plural(len(item.analysis.chapters), "chapter")
        how = "known" if is_known else "new"
        print_notices(item.analysis, said)
        output.tell(f"{terminal_path(item.path.name)}: {count} ({how} analysis {item.analysis.id})")


def _show(
    batch: Batch, timeline: HostTimeline, done: Delivery | None, left_out: list[LeftOut], *, json_output: bool
) -> None:
    from cuemark.cli.resolve import views

    if not json_output:
        if done is not None:
            of_models = set(map(sample_warning, (item.analysis for item in batch.items if item.analysis is not None)))
            rest = tuple(notice for notice in done.warnings if notice not in of_models)  # those were said of each file
            views.print_delivery(replace(done, warnings=rest), left_out)
        return
    marked = views.delivery_object(done, left_out) if done is not None else {
        "timeline": views.timeline_object(timeline),
        "markers": [],
        "left_out": [views.left_out_object(timeline.description, each) for each in left_out],
    }  # fmt: skip
    output.say_json({"files": batch.objects(), **marked})


@dataclass(frozen=True)
class Reel:
    """One footage: a file to analyse it from, all files of the timeline that hold it, and its analyses so far."""

    path: Path
    copies: frozenset[Path]
    analyses: tuple[str, ...]


def clips_meant(timeline: HostTimeline, *, selected: bool, in_out: bool = False) -> list[TimelineClip]:
    """The clips in order of time: the selected ones, those that lie between the in and out points, or all.

    Recordings of sound beside pictures (music, the sound of the set) count only where they are selected.

    HostError: `resolve_timeline_empty`, `resolve_selection_unknown`, `resolve_nothing_selected`, `host_in_out_unset`,
    `host_in_out_unknown`, `resolve_in_out_empty`.
    """
    told = timeline.description
    clips = sorted(told.clips, key=lambda clip: (clip.start, clip.track))
    if not clips:
        message = f"The timeline {told.timeline!r} has no clips."
        raise HostError("resolve_timeline_empty", message, "Put footage on it, or name another with --timeline.")
    if in_out:
        span = timeline.in_out_span()
        clips = [clip for clip in clips if span.meets(clip.start, clip.end)]
        if not clips:
            message = f"No clip of {told.timeline!r} lies between its in and out points."
            raise HostError("resolve_in_out_empty", message, "Set them around some, or leave out --in-out.")
    if not selected:
        return [clip for clip in clips if clip.track > 0] or clips
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
        told = view.timeline.description
        reasons = dict.fromkeys(
            f"{clip.item} ({clip.track_shown} at {told.timecode(clip.start)}): {reason_of(clip)}" for clip in clips
        )
        message = f"No clip of {told.timeline!r} can be analysed. {first_few([*reasons], MOST_REASONS, '; ')}."
        offline = any(clip.problem == OFFLINE for clip in clips)
        step = "Relink offline media in Resolve" if offline else "Put video files on the timeline"
        raise HostError("resolve_no_footage", message, f"{step}, or name another timeline with --timeline.")
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
    return clip.obstacle or ("" if clip.path is not None else "no media file")


def known_analyses(client: CuemarkClient, reels: Iterable[Reel], wanted: Wanted) -> dict[Path, Analysis]:
    """The newest analysis of each reel that was made as the user wants it now, by the reel's path.

    One by a pair that comes with Cuemark counts only where that pair is asked for, or would do the work now: nobody
    wants what `sample` or `pocket` said once another pair is here.
    """
    outdone = {each.name for each in client.list_models() if each.built_in and not each.is_default}
    outdone -= set(wanted.options.models.values())
    found = {}
    for reel in reels:
        options = wanted.of((reel.path, *reel.copies))
        options = replace(options, vlm=absolute(options.vlm) if options.vlm else None)
        for analysis_id in reel.analyses:
            try:
                analysis = client.get_analysis(analysis_id, path=reel.path, brief=True)
            except NotFoundError:  # deleted just now
                continue
            if _fits(analysis, options, outdone):
                found[reel.path] = analysis
                break
    return found


def _fits(analysis: Analysis, options: AnalysisOptions, outdone: Container[str]) -> bool:
    used = {role: use.name for role, use in analysis.models.items()}
    if any(name in outdone for name in used.values()):
        return False
    if options.captioner == "vlm" and "vlm" not in used:  # it did not answer then, and may do so now
        return False
    return fits(options, analysis.options) and all(
        used[role] in (name, os.path.abspath(os.path.expanduser(name)))
        for role, name in options.models.items()
        if role in used or options.labels is None  # labels need no language model
    )


def left_out_of(
    clips: Iterable[TimelineClip], reels: Iterable[Reel], batch: Batch, told: Iterable[LeftOut]
) -> list[LeftOut]:
    """Every clip that carries no marker because it cannot, each with its reasons."""
    errors = {item.path: item.error for item in batch.items if item.error is not None}
    failed = {path: error for reel in reels if (error := errors.get(reel.path)) for path in reel.copies}
    told = list(told)
    known = {(each.track, each.frame) for each in told}
    found: list[LeftOut] = []
    for clip in clips:
        error = None if clip.path is None else failed.get(clip.path)
        reason = reason_of(clip) or (f"not analysed: {error.message}" if error is not None else "")
        if reason and (clip.track, clip.start) not in known:
            found.append(LeftOut.of(clip, reason))
    return sorted([*found, *told], key=lambda each: (each.frame, each.track))
