"""`cuemark transcript`: what is said in a file, on the terminal or as a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import output, text
from cuemark.cli.analyze.progress import follow
from cuemark.cli.guard import guarded
from cuemark.cli.library.output_file import check_free, destination, goes_to_stdout, write
from cuemark.cli.options import JsonFlag, plain, takes_analysis_options
from cuemark.core.analysis_json import notice_object
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError, ExitCode, JobCancelled
from cuemark.core.jobs import JobState
from cuemark.core.languages import language_name
from cuemark.core.options import Range
from cuemark.core.sizes import size_text
from cuemark.core.text import joined_text, one_line, printable_path, terminal_path, terminal_safe
from cuemark.core.transcript import Transcript, TranscriptOrigin
from cuemark.core.transcript_text import TRANSCRIPT_FORMATS, TranscriptFormat, transcription_object

if TYPE_CHECKING:
    from cuemark.core.jobs import Job
    from cuemark.core.transcript import Transcription
    from cuemark.rpc.client.client import CuemarkClient

_FORMATS = Range(choices=tuple(TRANSCRIPT_FORMATS))
_BY_SUFFIX = {known.suffix: known for known in TRANSCRIPT_FORMATS.values()}


@guarded
@takes_analysis_options("speech", "language", "transcript", "sound_track", "gentle")
def transcript(
    *,
    path: Annotated[str, typer.Argument(metavar="FILE", help="A video or sound file.")],
    options: AnalysisOptions,
    format_name: Annotated[
        str | None,
        typer.Option("--format", "-f", metavar="F", help=f"{_FORMATS}: write a file.", show_default="as -o is named"),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="A file, a folder, or - for stdout.",
            show_default="with --format, named after the video",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Write down what is said in a file: from a transcript beside it or in it, else by a speech model.

    Without --format and -o it is printed. SRT and WebVTT have the times of a player.
    """
    from cuemark.cli.session import connect

    to_stdout = goes_to_stdout(out, json_output=json_output)
    wanted = _format(format_name, out)
    media = Path(path).absolute()
    target = None if wanted is None or to_stdout else destination(f"{media.stem}{wanted.suffix}", out)
    if target is not None:
        check_free(target, force=force)
    with connect() as client:
        said = _transcribed(client, media, options)
    for notice in said.transcript.warnings:
        output.warn(notice.message, notice.code)
    if wanted is None:
        return output.say_json(transcription_object(said)) if json_output else _print(said)
    data = wanted.write(said).encode()
    if target is None:
        return output.say_bytes(data)
    write(target, data, force=force)
    if json_output:
        return output.say_json(_written_object(said, target, wanted, len(data)))
    output.say(f"Wrote {terminal_path(target)} ({size_text(len(data))}): {_summary(said.transcript)}.")


def _format(name: str | None, out: str | None) -> TranscriptFormat | None:
    """The format that is asked for, by its name or by that of the file; None where the transcript shall be printed."""
    if name is not None:
        known = TRANSCRIPT_FORMATS.get(plain(name, "--format").lower())
        if known is None:
            raise typer.BadParameter(f"There is no format {name!r}; use {_FORMATS}.", param_hint="--format")
        return known
    if out is None:
        return None
    by_name = _BY_SUFFIX.get(Path(out).suffix.lower())
    if by_name is None:
        raise typer.BadParameter(f"{out!r} does not tell the format; add --format {_FORMATS}.", param_hint="--output")
    return by_name


def _transcribed(client: CuemarkClient, media: Path, options: AnalysisOptions) -> Transcription:
    """The transcript, once its job has ended; Ctrl-C cancels the job."""
    job = client.submit_transcribe(media, options)
    try:
        job = follow(client, job, media.name)
    except KeyboardInterrupt:
        _cancel(client, job)
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    if job.error is not None:
        raise job.error.error()
    if job.state is JobState.CANCELLED:
        raise JobCancelled
    return client.get_transcript(job.id)


def _cancel(client: CuemarkClient, job: Job) -> None:
    output.tell("Interrupted: asking the daemon to cancel.")
    try:
        client.cancel_job(job.id)
    except CuemarkError as error:
        return output.complain(str(error), error.code)
    output.tell("Cancelled. What was heard is kept: the same command continues from there.")


def _print(said: Transcription) -> None:
    told = said.transcript
    output.heading(f"{said.media.path.name}  {text.clock(said.media.duration)}, {_summary(told)}")
    speaker = ""
    for one in told.utterances:
        if one.speaker != speaker:
            speaker = one.speaker
            output.say()
            output.say(f"{one_line(speaker) or '(nobody named)'}:")
        output.say(f"{text.clock(one.start)}  {one_line(one.text)}")


def _summary(told: Transcript) -> str:
    """How much it is, in which language, and who tells it."""
    count = text.plural(len(told.utterances), "utterance")
    language = language_name(told.language)
    return ", ".join(filter(None, (count, language, terminal_safe(_source(told)))))


def _source(told: Transcript) -> str:
    if not told.utterances:
        return ""
    return {
        TranscriptOrigin.SPEECH: f"heard by {told.name}",
        TranscriptOrigin.FILE: f"from {told.name}",
        TranscriptOrigin.SUBTITLES: joined_text("from its subtitles", told.name),
        TranscriptOrigin.TIMELINE: joined_text("from the subtitles of the timeline", told.name),
    }[told.origin]


def _written_object(said: Transcription, target: Path, wanted: TranscriptFormat, size: int) -> dict[str, object]:
    told = said.transcript
    return {
        "path": printable_path(target),
        "format": wanted.name,
        "bytes": size,
        "utterances": len(told.utterances),
        "language": told.language,
        "origin": told.origin.value,
        "name": told.name,
        "warnings": list(map(notice_object, told.warnings)),
    }
