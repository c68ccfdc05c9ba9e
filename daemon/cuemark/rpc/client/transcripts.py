"""TranscriptsService from the client's side: what is said in media."""

from __future__ import annotations

from dataclasses import replace

from cuemark.core.transcript import Transcription
from cuemark.rpc.client.connection import DISK_CALL_S, Service
from cuemark.rpc.contract.tables import from_message
from cuemark.rpc.v1 import transcripts_pb2


class TranscriptsClient(Service):
    """Transcripts.  One is made by a job: `submit_transcribe`."""

    async def get_transcript(self, job_id: str) -> Transcription:
        """What a job that has ended gave, however long it is.

        Raises NotFoundError `job_not_found`, `result_not_found`, OptionError `job_without_transcript`.
        """
        request = transcripts_pb2.GetTranscriptRequest(job_id=job_id)
        stream = self._connection.stream(request, transcripts_pb2.GetTranscriptResponse, DISK_CALL_S)
        parts = [from_message(Transcription, answer.part) async for answer in stream]
        utterances = tuple(one for part in parts for one in part.transcript.utterances)
        return replace(parts[0], transcript=replace(parts[0].transcript, utterances=utterances))
