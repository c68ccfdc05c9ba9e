"""The table of the mapper: every value of ours that travels, and its message.

What is not here are the requests and answers that only carry such values, ids and page tokens; client and services
read and write those field by field.
"""

from __future__ import annotations

import os
from typing import Any

from cuemark.core import (
    analysis,
    analysis_options,
    changes,
    errors,
    export_formats,
    finds,
    footage,
    jobs,
    markers,
    media,
    options,
    reasons,
    screen_text,
    search,
    selection,
    shots,
    status,
    string_outs,
    timeline,
    transcript,
    watches,
)
from cuemark.core.text import printable
from cuemark.rpc.contract.forms import Form, enum_form, ratio_form
from cuemark.rpc.contract.mapper import Mapper, Row
from cuemark.rpc.v1 import (
    analyses_pb2,
    changes_pb2,
    error_pb2,
    evidence_pb2,
    export_pb2,
    hosts_pb2,
    jobs_pb2,
    library_pb2,
    media_pb2,
    models_pb2,
    search_pb2,
    selections_pb2,
    system_pb2,
    time_pb2,
    transcripts_pb2,
    watches_pb2,
)


def _options_to(value: analysis_options.AnalysisOptions) -> jobs_pb2.AnalysisOptions:
    """Values as text by name, so that a new option is no change of the contract; a model's folder as bytes."""
    return jobs_pb2.AnalysisOptions(
        values={name: printable(text) for name, text in analysis_options.to_texts(value).items()},
        models={role: os.fsencode(name) for role, name in value.models.items()},
        settings={printable(name): printable(text) for name, text in value.settings.items()},
    )


def _options_back(message: jobs_pb2.AnalysisOptions) -> analysis_options.AnalysisOptions:
    """Raises OptionError `option_unknown` for a name there is not, or the code of an option that is no such value."""
    models = {role: os.fsdecode(name) for role, name in message.models.items()}
    return analysis_options.from_texts(message.values, models, message.settings)


def _error_to(value: errors.CuemarkError) -> Any:
    return to_message(error_pb2.Error, jobs.JobError.of(value))


def _error_back(message: error_pb2.Error) -> errors.CuemarkError:
    return from_message(jobs.JobError, message).error()


def _no_spec() -> errors.CuemarkError:
    kinds = " nor ".join(field.name for field in jobs_pb2.JobSpec.DESCRIPTOR.fields)
    return errors.OptionError("job_spec", f"The job says neither {kinds}.", "Update the program that sent it.")


def _no_edit() -> errors.CuemarkError:
    return errors.OptionError("edit_empty", "The edit says nothing.", "Update the program that sent it.")


ROWS = (
    Row(errors.Notice, error_pb2.Notice),
    Row(jobs.JobError, error_pb2.Error),
    Row(errors.CuemarkError, error_pb2.Error, Form(_error_to, _error_back)),
    Row(media.Keyframes, media_pb2.Keyframes),
    Row(media.ClockJump, media_pb2.ClockJump),
    Row(media.MediaInfo, media_pb2.Media),
    Row(analysis.ModelUse, analyses_pb2.ModelUse),
    Row(analysis.RunnerUp, analyses_pb2.RunnerUp),
    Row(analysis.Tag, analyses_pb2.Tag),
    Row(analysis.MaskCurve, analyses_pb2.MaskCurve),
    Row(analysis.Moment, analyses_pb2.Moment),
    Row(analysis.Chapter, analyses_pb2.Chapter),
    Row(shots.Shot, analyses_pb2.Shot),
    Row(analysis.Analysis, analyses_pb2.Analysis),
    Row(analysis.AnalysisSummary, analyses_pb2.AnalysisSummary),
    Row(analysis.MomentEdit, analyses_pb2.MomentEdit),
    Row(analysis.ChapterEdit, analyses_pb2.ChapterEdit),
    Row(analysis.DeleteEdit, analyses_pb2.DeleteEdit),
    Row(analysis.MergeEdit, analyses_pb2.MergeEdit),
    Row(analysis.SplitEdit, analyses_pb2.SplitEdit),
    Row(analysis.AddEdit, analyses_pb2.AddEdit),
    Row(analysis.Edit, analyses_pb2.Edit, unset=_no_edit),
    Row(analysis.EditSteps, analyses_pb2.GetEditStepsResponse),
    Row(analysis_options.AnalysisOptions, jobs_pb2.AnalysisOptions, Form(_options_to, _options_back)),
    Row(jobs.AnalyzeSpec, jobs_pb2.AnalyzeSpec),
    Row(jobs.PullSpec, jobs_pb2.PullModelSpec),
    Row(jobs.TranscribeSpec, jobs_pb2.TranscribeSpec),
    Row(jobs.IndexSpec, jobs_pb2.IndexSpec),
    Row(selection.SelectionOptions, selections_pb2.SelectionOptions),
    Row(selection.Candidate, selections_pb2.Candidate),
    Row(selection.SelectionSource, selections_pb2.SelectionSource),
    Row(selection.SelectedMedia, selections_pb2.SelectedMedia),
    Row(selection.Pick, selections_pb2.Pick),
    Row(selection.Selection, selections_pb2.FootageSelection),
    Row(selection.RenderOptions, selections_pb2.RenderOptions),
    Row(selection.Rendering, selections_pb2.Rendering),
    Row(string_outs.StringOutOptions, selections_pb2.StringOutOptions),
    Row(jobs.SelectSpec, selections_pb2.SelectSpec),
    Row(jobs.RenderSpec, selections_pb2.RenderSpec),
    Row(jobs.ProxySpec, jobs_pb2.ProxySpec),
    Row(jobs.JobSpec, jobs_pb2.JobSpec, unset=_no_spec),
    Row(jobs.JobProgress, jobs_pb2.JobProgress),
    Row(jobs.Job, jobs_pb2.Job),
    Row(jobs.JobEvent, jobs_pb2.WatchJobResponse),
    Row(changes.LibraryChange, changes_pb2.LibraryChange),
    Row(jobs.TextVector, models_pb2.TextVector),
    Row(jobs.TextVectors, models_pb2.EncodeTextsResponse),
    Row(transcript.Word, transcripts_pb2.Word),
    Row(transcript.Utterance, transcripts_pb2.Utterance),
    Row(transcript.Transcript, transcripts_pb2.Transcript),
    Row(transcript.Transcription, transcripts_pb2.Transcription),
    Row(footage.IndexedMedia, library_pb2.IndexedMedia),
    Row(footage.Indexed, library_pb2.Indexed),
    Row(footage.EntryProblem, library_pb2.EntryProblem),
    Row(footage.IndexReport, library_pb2.IndexReport),
    Row(screen_text.Place, evidence_pb2.Place),
    Row(screen_text.Slate, evidence_pb2.Slate),
    Row(screen_text.ScreenText, evidence_pb2.ScreenText),
    Row(screen_text.ScreenTexts, evidence_pb2.ScreenTexts),
    Row(reasons.ChangeCurve, evidence_pb2.ChangeCurve),
    Row(reasons.MediaEvidence, evidence_pb2.MediaEvidence),
    Row(reasons.Reason, evidence_pb2.Reason),
    Row(reasons.BorderReasons, evidence_pb2.BorderReasons),
    Row(options.Setting, jobs_pb2.Setting),
    Row(export_formats.ExportFormat, export_pb2.ExportFormat),
    Row(export_formats.ExportOptions, export_pb2.ExportOptions),
    Row(status.ModelInfo, models_pb2.Model),
    Row(status.DeviceInfo, system_pb2.Device),
    Row(status.DaemonVersion, system_pb2.GetVersionResponse),
    Row(status.DaemonStatus, system_pb2.GetStatusResponse),
    Row(status.CacheInfo, system_pb2.GetCacheResponse),
    Row(status.PruneResult, system_pb2.PruneCacheResponse),
    Row(timeline.FrameSpan, hosts_pb2.FrameSpan),
    Row(timeline.TimelineClip, hosts_pb2.TimelineClip),
    Row(timeline.TimelineDescription, hosts_pb2.TimelineDescription),
    Row(timeline.TimelineAddress, hosts_pb2.TimelineAddress),
    Row(timeline.HostTimeline, hosts_pb2.Timeline),
    Row(timeline.HostState, hosts_pb2.Host),
    Row(timeline.Footage, hosts_pb2.Footage),
    Row(timeline.FootageTranscript, hosts_pb2.FootageTranscript),
    Row(timeline.TimelineView, hosts_pb2.DescribeTimelineResponse),
    Row(timeline.LeftOut, hosts_pb2.LeftOut),
    Row(timeline.Delivery, hosts_pb2.SendMarkersResponse),
    Row(timeline.Removal, hosts_pb2.RemoveMarkersResponse),
    Row(timeline.MarksFile, hosts_pb2.MakeMarksFileResponse),
    Row(timeline.WentTo, hosts_pb2.GoToResponse),
    Row(finds.Find, hosts_pb2.Find),
    Row(finds.PlacedFind, hosts_pb2.PlacedFind),
    Row(finds.FindsOnTimeline, hosts_pb2.ShowFindsResponse),
    Row(markers.HostMarker, hosts_pb2.Marker),
    Row(markers.TimelineMarker, hosts_pb2.TimelineMarker),
    Row(markers.DroppedMarker, hosts_pb2.DroppedMarker),
    Row(markers.MarkerEdit, hosts_pb2.MarkerEdit),
    Row(markers.MarkerColours, hosts_pb2.MarkerColours),
    Row(markers.MarkerOptions, hosts_pb2.MarkerOptions),
    Row(search.Example, search_pb2.Example),
    Row(search.SearchFilter, search_pb2.SearchFilter),
    Row(search.SearchQuery, search_pb2.SearchQuery),
    Row(search.Why, search_pb2.Why),
    Row(search.FoundAlike, search_pb2.FoundAlike),
    Row(search.SearchHit, search_pb2.SearchHit),
    Row(search.SearchResult, search_pb2.SearchResult),
    Row(watches.WatchRequest, watches_pb2.WatchRequest),
    Row(watches.WatchedFolder, watches_pb2.WatchedFolder),
    Row(watches.WatchEvent, watches_pb2.FollowWatchResponse),
)

MAPPER = Mapper(ROWS)
RATE = ratio_form(time_pb2.Rate)
JOB_STATES = enum_form(jobs.JobState, jobs_pb2.JobState.DESCRIPTOR)
to_message = MAPPER.to_message
from_message = MAPPER.from_message
