"""The plain way to image vectors: each sampled frame at full size, open_clip's own transform, torch, one at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cuemark.models.clip.open_clip_import import open_clip_module

if TYPE_CHECKING:
    from cuemark.media.sampling import SampledFrame

Vectors = NDArray[np.float32]


class PlainFeatures:
    """An open_clip model as its documentation shows it, on the device torch uses here."""

    def __init__(self, model: Any) -> None:
        """`model`: an open_clip CLIP in single precision; it is moved to the device."""
        from cuemark.models.runtime.devices import choose_device, prepare_torch

        self._device = prepare_torch(choose_device())
        self._model = model.to(self._device)
        transforms = open_clip_module().transform
        self._transform = transforms.image_transform_v2(
            transforms.PreprocessCfg(**model.visual.preprocess_cfg), is_train=False
        )

    @classmethod
    def of_folder(cls, folder: Path) -> PlainFeatures:
        """From an open_clip local directory, loaded by open_clip itself."""
        model = open_clip_module().create_model(f"local-dir:{folder}", device="cpu")
        return cls(model.eval())

    def encode_one(self, pixels: Any) -> Vectors:
        """A prepared picture [3, h, w] to its unit vector [D]."""
        import torch

        with torch.inference_mode():
            batch = torch.as_tensor(pixels)[None].to(self._device)
            vectors: Vectors = self._model.encode_image(batch, normalize=True)[0].float().cpu().numpy()
        return vectors

    def encode_each(self, frames: Iterable[SampledFrame]) -> list[Vectors]:
        """Unit vectors of frames of any size, one after another."""
        from PIL import Image

        return [self.encode_one(self._transform(Image.fromarray(frame.rgb))) for frame in frames]
