"""What a search asks, as vectors: its words by the text tower, its example by the image tower of the same CLIP."""

from __future__ import annotations

from contextlib import closing
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cuemark.analysis.model_cache import ModelCache
from cuemark.captions.lexicon import load_lexicon
from cuemark.captions.queries import curve_of, query_vector, unit
from cuemark.core.analysis import ModelUse
from cuemark.core.errors import MediaError
from cuemark.core.jobs import EncodeQuerySpec, QueryVectors, TextVector
from cuemark.core.progress import Progress
from cuemark.core.search import Example
from cuemark.core.text import shown
from cuemark.core.timebase import clock
from cuemark.models.clip.clip import ClipModel


def query_vectors(spec: EncodeQuerySpec, models: ModelCache, progress: Progress) -> QueryVectors:
    """The vectors of a query; the image tower is asked for an example only, so that words alone keep one tower.

    Raises ModelError; of the example MediaError, OptionError `time_outside`.
    """
    from cuemark.captions.word_vectors import background_file

    ref = models.choose("clip", spec.clip)
    picture = None
    progress.update("text model", 0, 1, "models")
    clip = models.clip(ref, progress)
    if spec.example is not None:
        picture = _told(example_vector(spec.example, clip, progress))
    text = clip.text
    progress.update("text model", 1, 1, "models")
    return QueryVectors(
        model=ModelUse(ref.name, clip.id, str(text.device), clip.device_reason),
        words=_told(query_vector(text, spec.text)) if spec.text.strip() else None,
        picture=picture,
        logit_scale=text.logit_scale,
        background=background_file(clip, load_lexicon(), models.word_folder),
        curve=curve_of(ref.folder),
        cut=bool(spec.text.strip()) and text.truncates(" ".join(spec.text.split())),
    )


def example_vector(example: Example, clip: ClipModel, progress: Progress) -> NDArray[np.float32]:
    """The unit vector [D] of an image, or of the frame of a video at a time.

    MediaError of the file, and `example_time` for a time behind its end or a video without a time.
    """
    from cuemark.media.frames import VideoFrames
    from cuemark.media.probe import probe

    info = probe(example.path, progress)
    name = shown(example.path)
    if not info.has_picture:
        raise MediaError("example_time", f"{name} has no pictures.", "Name an image, or a video as FILE@TIME.")
    is_image = any(notice.code == "single_frame" for notice in info.warnings)
    if example.time is None and not is_image:
        step = f"Say which frame is meant: --like FILE@TIME, up to {clock(info.duration, 'm:ss')}."
        raise MediaError("example_time", f"{name} is a video of many pictures.", step)
    time = Fraction(0) if is_image else example.time or Fraction(0)
    if not 0 <= time < info.duration:
        message = f"{name} has no frame at {clock(max(time, Fraction(0)), 'm:ss')}."
        raise MediaError("example_time", message, f"It ends at {clock(info.duration, 'm:ss')}.")
    size = clip.image.picture_size(info.width, info.height)
    with closing(VideoFrames(info).at([time], size)) as stream:
        frame = next(stream, None)
    if frame is None:
        raise MediaError("media_undecodable", f"No picture of {name} can be decoded.", "Try another time or file.")
    return unit(clip.image.encode(clip.image.preprocess(frame.rgb)[None])[0])


def _told(vector: NDArray[np.float32]) -> TextVector:
    return TextVector(tuple(vector.tolist()))
