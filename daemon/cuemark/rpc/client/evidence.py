"""EvidenceService from the client's side: what is known of a media, and why borders are where they are."""

from __future__ import annotations

from cuemark.core.reasons import BorderReasons, MediaEvidence
from cuemark.rpc.client.connection import DISK_CALL_S, Service
from cuemark.rpc.contract.tables import from_message
from cuemark.rpc.v1 import evidence_pb2


class EvidenceClient(Service):
    """The evidence of media that are in the library's index."""

    async def get_evidence(self, fingerprint: str) -> MediaEvidence:
        """What is said, written and how much the pictures change; raises NotFoundError for what is not indexed."""
        request = evidence_pb2.GetEvidenceRequest(fingerprint=fingerprint)
        answer = await self._connection.call(request, evidence_pb2.GetEvidenceResponse, DISK_CALL_S)
        return from_message(MediaEvidence, answer.evidence)

    async def get_reasons(self, analysis_id: str) -> list[BorderReasons]:
        """Why each moment and chapter of an analysis begins and ends where it does."""
        request = evidence_pb2.GetReasonsRequest(analysis_id=analysis_id)
        answer = await self._connection.call(request, evidence_pb2.GetReasonsResponse, DISK_CALL_S)
        return [from_message(BorderReasons, message) for message in answer.borders]
