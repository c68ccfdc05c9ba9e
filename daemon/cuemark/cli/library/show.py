"""How an analysis looks: to people, and as JSON."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from cuemark.cli import output, text
from cuemark.core.analysis import (
    READ,
    Analysis,
    AnalysisSummary,
    Chapter,
    Moment,
    NamedMoment,
    named_moments,
    tags_text,
)
from cuemark.core.analysis_json import analysis_object, notice_object
from cuemark.core.errors import Notice
from cuemark.core.media import frame_span
from cuemark.core.model_notices import POCKET_MODELS, SAMPLE_MODELS, is_by_sample, with_notices
from cuemark.core.shots import named_shots
from cuemark.core.text import one_line, printable_path, shorten, terminal_path

_SAID_LIMIT = 120


def print_analysis(analysis: Analysis, *, ids: bool = False, said: Container[str] = ()) -> None:
    """Moments and chapters to stdout, warnings to stderr.

    `ids` shows what `analyses edit` needs; `said` are the codes of what the user has been told already.
    """
    media = analysis.media
    print_notices(analysis, said)
    kind = f"{text.rate(media.rate)}, {media.width}x{media.height}" if media.has_picture else "sound alone"
    output.heading(f"{media.path.name}  {text.clock(media.duration)}, {kind}")
    print_moments(analysis, ids=ids)
    output.say()
    if analysis.chapters or not analysis.options.get("labels"):  # a search for labels finds none
        print_chapters(analysis, ids=ids)
        output.say()
    if analysis.shots:
        print_shots(analysis)
        output.say()
    edited = [m.id for m in analysis.moments if m.edited] + [c.id for c in analysis.chapters if c.edited]
    if ids and edited:
        output.say(f"Edited by hand: {', '.join(edited)}")
    if ids and analysis.deleted:
        output.say(
            f"Deleted by hand: {', '.join(analysis.deleted)} (`cuemark analyses edit` with --undo brings one back)"
        )
    models = ", ".join(_models(analysis))
    output.say(f"Analysis {analysis.id} ({models})" if models else f"Analysis {analysis.id}")
    output.say()


def _models(analysis: Analysis) -> Iterator[str]:
    """What found the moments and wrote of them, each in a few words."""
    models = analysis.models
    if use := models.get("clip"):
        yield f"image model {use.name}"
    if use := models.get("lm"):
        yield f"language model {use.name}"
    if use := models.get("speech"):
        yield f"speech model {use.name}"
    if use := models.get("vlm"):
        where = f"at {use.device}, {use.reason}" if "://" in use.device else f"on {use.device}"
        yield f"captions by {use.name} {where}"


def print_notices(analysis: Analysis, said: Container[str] = ()) -> None:
    """What is to be known of an analysis, to stderr; that `pocket` made it, or edits were kept, is no warning."""
    for notice in with_notices(analysis).warnings:
        if notice.code not in said:
            tell = output.note if notice.code in (POCKET_MODELS, "edits_carried") else output.warn
            tell(f"{terminal_path(analysis.media.path.name)}: {notice.message}", notice.code)


def print_moments(analysis: Analysis, *, ids: bool = False) -> None:
    """One line a moment: number or id, times, frames, name, how sure that is; its tags in a line below."""
    if not analysis.moments:
        output.say("No moments.")
        return
    rows = []
    for named in sorted(named_moments(analysis.moments)):
        rows.append(_moment_row(named, analysis, ids=ids))
        if tags := tags_text(named.moment.tags):
            rows.append(["", "", "", "", output.Quiet(f"tags: {tags}"), ""])
        if words := _words(named.moment):
            rows.append(["", "", "", "", output.Quiet(words), ""])
    last = "confidence" if analysis.tagged else "score"
    output.table(["id" if ids else "#", "start", "end", "frames", "moment", last], rows, right=["#", "frames", last])


def _words(moment: Moment) -> str:
    """Where a name comes from that is not of the pictures, and the beginning of what is said."""
    said = f'said: "{shorten(one_line(moment.said), _SAID_LIMIT)}"' if moment.said else ""
    return said if moment.source != READ else "; ".join(filter(None, ("read in the picture", said)))


def _moment_row(named: NamedMoment, analysis: Analysis, *, ids: bool) -> list[str]:
    moment = named.moment
    return [
        moment.id if ids else str(named.number),
        text.clock(moment.start),
        text.clock(moment.end),
        "{}-{}".format(*frame_span(analysis.media, moment.start, moment.end)),
        named.name,
        f"{moment.score:.2f}" if analysis.tagged else f"{moment.score:.3f}",
    ]


def _titled(chapter: Chapter) -> str:
    """Its title; of one that was given and found, how sure it is."""
    return chapter.title if chapter.confidence is None else f"{chapter.title} ({chapter.confidence:.0%} sure)"


def print_chapters(analysis: Analysis, *, ids: bool = False) -> None:
    """One line a chapter."""
    rows = [
        [chapter.id if ids else str(number), text.clock(chapter.start), text.clock(chapter.end), _titled(chapter)]
        for number, chapter in enumerate(analysis.chapters, 1)
    ]
    output.table(["id" if ids else "#", "start", "end", "chapter"], rows, right=["#"])


def print_shots(analysis: Analysis) -> None:
    """One line a shot: what can be told of its size and its camera, and what is in its pictures."""
    rows: list[list[str]] = []
    for number, shot, _ in named_shots(analysis.shots):
        frames = "{}-{}".format(*frame_span(analysis.media, shot.start, shot.end))
        rows.append([str(number), text.clock(shot.start), text.clock(shot.end), frames, shot.look or "-"])
    output.table(["#", "start", "end", "frames", "shot"], rows, right=["#", "frames"])


def summary_object(summary: AnalysisSummary) -> dict[str, Any]:
    """One line of `analyses list`."""
    return {
        "id": summary.id,
        "path": printable_path(summary.path),
        "fingerprint": summary.fingerprint,
        "duration_s": float(summary.duration),
        "preset": summary.preset,
        "clip": summary.models.get("clip", ""),
        "lm": summary.models.get("lm", ""),
        "moments": summary.moments,
        "chapters": summary.chapters,
        "created_at": text.iso(summary.created_at),
        "warnings": list(map(notice_object, summary_notices(summary))),
    }


def summary_notices(summary: AnalysisSummary) -> Iterator[Notice]:
    """What is to be known of one line of a list."""
    if is_by_sample(summary.models):
        yield SAMPLE_MODELS
    if summary.damaged:
        step = f"Analyse the file again; cuemark analyses rm {summary.id} takes this one out."
        yield Notice("analysis_damaged", f"Analysis {summary.id} cannot be read: its row is damaged. {step}")


def full_analysis_object(analysis: Analysis) -> dict[str, Any]:
    """What `analyze --json` prints, with ids, what was edited, and what each moment was chosen by."""
    shown = {"id": analysis.id, **analysis_object(analysis), "options": dict(sorted(analysis.options.items()))}
    by_id = {moment.id: moment for moment in analysis.moments}
    for entry in shown["moments"]:
        moment = by_id[entry["id"]]
        entry["edited"] = moment.edited
        entry["scores"] = dict(moment.scores)
        entry["runners_up"] = [{"caption": runner.caption, "score": runner.score} for runner in moment.runners_up]
        if moment.mask is not None:
            mask = moment.mask
            entry["mask"] = {"centre": mask.centre, "width": mask.width, "sharpness": mask.sharpness}
    chapters = sorted(analysis.chapters, key=lambda chapter: (chapter.start, chapter.end))
    for entry, chapter in zip(shown["chapters"], chapters, strict=True):
        entry["id"] = chapter.id
        entry["edited"] = chapter.edited
    return {**shown, "deleted": list(analysis.deleted)} if analysis.deleted else shown
