"""The stage between moments and chapters in which a vision-language model looks at the moments, where one is named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuemark.analysis.model_cache import ModelCache, ModelRef
from cuemark.core.analysis import Moment
from cuemark.core.analysis_options import AnalysisOptions, vision_language_model
from cuemark.core.errors import CuemarkError, JobCancelled
from cuemark.core.progress import Progress
from cuemark.core.vision_language import KEY_VARIABLE, VlmFolder, VlmServer

if TYPE_CHECKING:
    from cuemark.captions.scorer import TextTower
    from cuemark.captions.vlm.captioner import Captioned
    from cuemark.captions.vlm.model import VisionLanguageModel
    from cuemark.captions.vlm.options import VlmOptions
    from cuemark.evidence.bundle import EvidenceBundle


@dataclass(frozen=True)
class Looker:
    """The model that looks at the moments, or writes titles: a server, a folder, or nobody."""

    models: ModelCache
    found: VlmServer | ModelRef | None
    captions: bool = True

    @classmethod
    def of(cls, options: AnalysisOptions, models: ModelCache) -> Looker:
        """What the options ask for.  ModelError for a folder that holds no such model, before any work is done."""
        source = vision_language_model(options)
        if isinstance(source, VlmFolder):
            return cls(models, models.choose("vlm", str(source.folder)), options.captioner == "vlm")
        return cls(models, source, options.captioner == "vlm")

    def caption(
        self,
        moments: Sequence[Moment],
        evidence: EvidenceBundle,
        text: TextTower,
        options: VlmOptions,
        progress: Progress,
    ) -> Captioned:
        """The moments in the model's words where they pass, else as they are; no failure of it ends an analysis."""
        from cuemark.captions.vlm.captioner import Captioned, caption_with, left_alone

        if self.found is None or not self.captions:
            return Captioned(tuple(moments), ())
        try:
            model = self.model(options, progress)
        except JobCancelled:
            raise
        except CuemarkError as failure:
            return left_alone(moments, failure)
        return caption_with(model, moments, evidence, text, options, progress)

    def model(self, options: VlmOptions, progress: Progress) -> VisionLanguageModel:
        """The model, ready to be asked; CuemarkError where it cannot be loaded, or the server may not be asked."""
        from cuemark.captions.vlm.connection import ServerConnection
        from cuemark.captions.vlm.folder import VlmInFolder
        from cuemark.captions.vlm.server import VlmOnServer

        if isinstance(self.found, VlmServer):
            key = os.environ.get(KEY_VARIABLE, "").strip()
            return VlmOnServer(self.found, ServerConnection(self.found, key, options.retries))
        assert self.found is not None
        return VlmInFolder(self.found.folder, self.models.load(self.found, progress))
