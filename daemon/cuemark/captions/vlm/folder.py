"""A vision-language model in a folder, as the captioner asks it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.captions.vlm.model import Check, Question, VlmFailure
from cuemark.core.analysis import ModelUse
from cuemark.core.errors import CuemarkError, JobCancelled
from cuemark.core.text import shown

if TYPE_CHECKING:
    from cuemark.models.vlm.vlm import FolderVlm


@dataclass(frozen=True)
class VlmInFolder:
    """A `VisionLanguageModel` that runs in this process."""

    folder: Path
    loaded: FolderVlm

    @property
    def name(self) -> str:
        """See `VisionLanguageModel`."""
        return shown(self.folder)

    def answer(self, question: Question, check: Check) -> tuple[str, ...]:
        """See `VisionLanguageModel`.  While the pictures are read nothing can be cancelled; then at every token."""
        check()
        try:
            written = self.loaded.write(question.text, question.pictures, question.tokens, question.seconds, check)
        except JobCancelled:
            raise
        except CuemarkError as error:
            raise VlmFailure(error.code, error.message, error.next_step) from error
        return (written,)

    def another_way(self) -> bool:
        """See `VisionLanguageModel`: there is one."""
        return False

    def use(self) -> ModelUse:
        """See `VisionLanguageModel`."""
        return ModelUse(str(self.folder), self.loaded.id, self.loaded.device, self.loaded.device_reason)
