"""TranscriptsService: what a job of kind transcribe gave, as a stream of its utterances."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from cuemark.core.errors import OptionError, StoreError
from cuemark.core.jobs import JobState, TranscribeSpec
from cuemark.core.serialise import UNREADABLE, decode
from cuemark.core.transcript import Transcription
from cuemark.daemon.core import Core
from cuemark.rpc.contract.tables import to_message
from cuemark.rpc.v1 import transcripts_pb2 as pb
from cuemark.rpc.v1 import transcripts_pb2_grpc

AT_ONCE = 200
"""Utterances a part: with the times of their words far below what a message may hold."""


class TranscriptsService(transcripts_pb2_grpc.TranscriptsServiceServicer):
    """See transcripts.proto."""

    def __init__(self, core: Core) -> None:
        self._library = core.library

    async def GetTranscript(
        self, request: pb.GetTranscriptRequest, context: Any
    ) -> AsyncIterator[pb.GetTranscriptResponse]:
        job = self._library.jobs.get(request.job_id)
        if not isinstance(job.spec, TranscribeSpec) or job.state is not JobState.SUCCEEDED:
            what = "has not ended with" if isinstance(job.spec, TranscribeSpec) else "is none that gives"
            message = f"The job {job.id} {what} a transcript."
            raise OptionError("job_without_transcript", message, "See cuemark jobs list.")
        whole = await asyncio.to_thread(_decoded, self._library.results.get(job.id))
        said = whole.transcript.utterances
        for start in range(0, max(1, len(said)), AT_ONCE):
            transcript = replace(whole.transcript, utterances=said[start : start + AT_ONCE])
            part = to_message(pb.Transcription, replace(whole, transcript=transcript))
            yield pb.GetTranscriptResponse(part=part)


def _decoded(body: Any) -> Transcription:
    try:
        return decode(Transcription, body)
    except UNREADABLE as error:
        raise StoreError("result_damaged", "The transcript cannot be read.", "Run the command again.") from error
