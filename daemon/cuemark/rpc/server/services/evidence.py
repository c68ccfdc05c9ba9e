"""EvidenceService: what is known of a media, and why borders are where they are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from cuemark.analysis.reasons import evidence_of, reasons_of
from cuemark.core.reasons import MediaEvidence
from cuemark.daemon.core import Core
from cuemark.rpc.contract.tables import to_message
from cuemark.rpc.v1 import evidence_pb2 as pb
from cuemark.rpc.v1 import evidence_pb2_grpc


class EvidenceService(evidence_pb2_grpc.EvidenceServiceServicer):
    """See evidence.proto."""

    def __init__(self, core: Core) -> None:
        self._library = core.library

    async def GetEvidence(self, request: pb.GetEvidenceRequest, context: Any) -> pb.GetEvidenceResponse:
        entry = await asyncio.to_thread(self._library.index.get, request.fingerprint)
        found = await asyncio.to_thread(evidence_of, entry)
        return pb.GetEvidenceResponse(evidence=to_message(pb.MediaEvidence, _wordless(found)))

    async def GetReasons(self, request: pb.GetReasonsRequest, context: Any) -> pb.GetReasonsResponse:
        analysis = self._library.analyses.get(request.analysis_id)
        entry = await asyncio.to_thread(self._library.index.get, analysis.media.fingerprint)
        found = await asyncio.to_thread(reasons_of, analysis, entry)
        return pb.GetReasonsResponse(borders=[to_message(pb.BorderReasons, one) for one in found])


def _wordless(found: MediaEvidence) -> MediaEvidence:
    """Without the times of single words, which are most of a long transcript."""
    if found.transcript is None:
        return found
    said = tuple(replace(one, words=()) for one in found.transcript.utterances)
    return replace(found, transcript=replace(found.transcript, utterances=said))
