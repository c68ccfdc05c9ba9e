"""Messages of the contract to and from our own types: times, media, analyses.

Paths travel as bytes (names need not be UTF-8); text that a path slipped into is made printable first, since
protobuf strings must be UTF-8.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path

from google.protobuf.timestamp_pb2 import Timestamp

from cuemark.core import analysis as results
from cuemark.core.media import Keyframes, MediaInfo
from cuemark.core.text import printable
from cuemark.rpc.v1 import analyses_pb2, media_pb2, time_pb2

INT64_MAX = 2**63 - 1


def path_to(path: Path | str) -> bytes:
    """A path as the operating system spells it."""
    return os.fsencode(path)


def path_from(data: bytes) -> Path:
    """The path that `path_to` spelled."""
    return Path(os.fsdecode(data))


def exact(value: Fraction) -> Fraction:
    """The same value, or where its terms outgrow 64 bits the nearest with a denominator of at most 10^9."""
    fits = abs(value.numerator) <= INT64_MAX and value.denominator <= INT64_MAX
    return value if fits else value.limit_denominator(10**9)


def time_to(seconds: Fraction) -> time_pb2.Time:
    seconds = exact(Fraction(seconds))
    return time_pb2.Time(ticks=seconds.numerator, timescale=seconds.denominator)


def time_from(message: time_pb2.Time) -> Fraction:
    """Raises ValueError where the timescale is not positive."""
    if message.timescale <= 0:
        raise ValueError("a time without a timescale")
    return Fraction(message.ticks, message.timescale)


def rate_to(rate: Fraction) -> time_pb2.Rate:
    rate = exact(Fraction(rate))
    return time_pb2.Rate(numerator=rate.numerator, denominator=rate.denominator)


def rate_from(message: time_pb2.Rate) -> Fraction:
    """Raises ValueError where the denominator is not positive."""
    if message.denominator <= 0:
        raise ValueError("a rate without a denominator")
    return Fraction(message.numerator, message.denominator)


def stamp_to(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp


def stamp_from(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=timezone.utc)


def notices_to(notices: Iterable[results.Notice]) -> list[media_pb2.Notice]:
    return [media_pb2.Notice(code=notice.code, message=printable(notice.message)) for notice in notices]


def notices_from(messages: Iterable[media_pb2.Notice]) -> tuple[results.Notice, ...]:
    return tuple(results.Notice(message.code, message.message) for message in messages)


def media_to(info: MediaInfo) -> media_pb2.Media:
    return media_pb2.Media(
        fingerprint=info.fingerprint,
        path=path_to(info.path),
        size=info.size,
        container=info.container,
        codec=info.codec,
        stream_index=info.stream_index,
        width=info.width,
        height=info.height,
        rotation=info.rotation,
        pixel_aspect=rate_to(info.pixel_aspect),
        rate=rate_to(info.rate),
        variable_rate=info.variable_rate,
        duration=time_to(info.duration),
        frame_count=info.frame_count,
        start_time=time_to(info.start_time),
        start_timecode=info.start_timecode,
        warnings=notices_to(info.warnings),
        keyframes=None if info.keyframes is None else keyframes_to(info.keyframes),
    )


def keyframes_to(keyframes: Keyframes) -> media_pb2.Keyframes:
    gaps = [media_pb2.KeyframeGap(ticks=ticks, times=times) for ticks, times in keyframes.gaps]
    return media_pb2.Keyframes(base=time_to(keyframes.base), first=keyframes.first, gaps=gaps)


def keyframes_from(message: media_pb2.Keyframes) -> Keyframes:
    return Keyframes(time_from(message.base), message.first, tuple((gap.ticks, gap.times) for gap in message.gaps))


def media_from(message: media_pb2.Media) -> MediaInfo:
    return MediaInfo(
        path=path_from(message.path),
        fingerprint=message.fingerprint,
        size=message.size,
        container=message.container,
        codec=message.codec,
        stream_index=message.stream_index,
        width=message.width,
        height=message.height,
        rotation=message.rotation,
        pixel_aspect=rate_from(message.pixel_aspect),
        rate=rate_from(message.rate),
        variable_rate=message.variable_rate,
        duration=time_from(message.duration),
        frame_count=message.frame_count if message.HasField("frame_count") else None,
        start_time=time_from(message.start_time),
        start_timecode=message.start_timecode if message.HasField("start_timecode") else None,
        warnings=notices_from(message.warnings),
        keyframes=keyframes_from(message.keyframes) if message.HasField("keyframes") else None,
    )


def segment_to(start: Fraction, end: Fraction, rate: Fraction) -> time_pb2.Segment:
    """A segment with the frames an editor shows at its ends, counted at the media's rate."""
    from cuemark.core.timebase import nearest_frame

    frames = (nearest_frame(start, rate), nearest_frame(end, rate)) if rate > 0 else (0, 0)
    return time_pb2.Segment(start=time_to(start), end=time_to(end), start_frame=frames[0], end_frame=frames[1])


def moment_to(moment: results.Moment, rate: Fraction, brief: bool = False) -> analyses_pb2.Moment:
    message = analyses_pb2.Moment(
        id=moment.id,
        segment=segment_to(moment.start, moment.end, rate),
        caption=printable(moment.caption),
        score=moment.score,
        scores=moment.scores,
        edited=moment.edited,
    )
    if moment.mask is not None and not brief:
        mask = moment.mask
        soft = analyses_pb2.SoftMask(centre=mask.centre, width=mask.width, sharpness=mask.sharpness, values=mask.values)
        message.mask.CopyFrom(soft)
    if not brief:
        message.runners_up.extend(
            analyses_pb2.RunnerUp(caption=printable(other.caption), score=other.score) for other in moment.runners_up
        )
    return message


def moment_from(message: analyses_pb2.Moment) -> results.Moment:
    mask = None
    if message.HasField("mask"):
        soft = message.mask
        mask = results.MaskCurve(soft.centre, soft.width, soft.sharpness, tuple(soft.values))
    return results.Moment(
        id=message.id,
        start=time_from(message.segment.start),
        end=time_from(message.segment.end),
        caption=message.caption,
        score=message.score,
        scores=dict(message.scores),
        mask=mask,
        runners_up=tuple(results.RunnerUp(other.caption, other.score) for other in message.runners_up),
        edited=message.edited,
    )


def chapter_to(chapter: results.Chapter, rate: Fraction) -> analyses_pb2.Chapter:
    segment = segment_to(chapter.start, chapter.end, rate)
    title = printable(chapter.title)
    return analyses_pb2.Chapter(id=chapter.id, segment=segment, title=title, edited=chapter.edited)


def chapter_from(message: analyses_pb2.Chapter) -> results.Chapter:
    start, end = time_from(message.segment.start), time_from(message.segment.end)
    return results.Chapter(start, end, message.title, message.id, message.edited)


def model_use_to(use: results.ModelUse) -> analyses_pb2.ModelUse:
    return analyses_pb2.ModelUse(name=printable(use.name), id=use.id, device=use.device, reason=printable(use.reason))


def model_use_from(message: analyses_pb2.ModelUse) -> results.ModelUse:
    return results.ModelUse(message.name, message.id, message.device, message.reason)


def analysis_to(analysis: results.Analysis, brief: bool = False) -> analyses_pb2.Analysis:
    rate = analysis.media.rate
    return analyses_pb2.Analysis(
        id=analysis.id,
        media=media_to(analysis.media),
        models={role: model_use_to(use) for role, use in analysis.models.items()},
        created_at=None if analysis.created_at is None else stamp_to(analysis.created_at),
        options={name: printable(value) for name, value in analysis.options.items()},
        moments=[moment_to(moment, rate, brief) for moment in analysis.moments],
        chapters=[chapter_to(chapter, rate) for chapter in analysis.chapters],
        warnings=notices_to(analysis.warnings),
    )


def analysis_from(message: analyses_pb2.Analysis) -> results.Analysis:
    return results.Analysis(
        id=message.id,
        media=media_from(message.media),
        models={role: model_use_from(message.models[role]) for role in message.models},
        created_at=stamp_from(message.created_at) if message.HasField("created_at") else None,
        options=dict(message.options),
        moments=tuple(moment_from(moment) for moment in message.moments),
        chapters=tuple(chapter_from(chapter) for chapter in message.chapters),
        warnings=notices_from(message.warnings),
    )


def summary_to(summary: results.AnalysisSummary) -> analyses_pb2.AnalysisSummary:
    return analyses_pb2.AnalysisSummary(
        id=summary.id,
        path=path_to(summary.path),
        fingerprint=summary.fingerprint,
        duration=time_to(summary.duration),
        preset=summary.preset,
        models={role: printable(name) for role, name in summary.models.items()},
        moments=summary.moments,
        chapters=summary.chapters,
        created_at=stamp_to(summary.created_at),
    )


def summary_from(message: analyses_pb2.AnalysisSummary) -> results.AnalysisSummary:
    return results.AnalysisSummary(
        id=message.id,
        path=path_from(message.path),
        fingerprint=message.fingerprint,
        duration=time_from(message.duration),
        preset=message.preset,
        models=dict(message.models),
        moments=message.moments,
        chapters=message.chapters,
        created_at=stamp_from(message.created_at),
    )
