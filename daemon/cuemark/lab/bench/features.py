"""`cuemark bench features`: the pipeline beside its parts, beside the plain way, again from the cache, and grown.

The plain way to image vectors is each sampled frame at full size, open_clip's own transform, torch, one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.extract import extract
from cuemark.evidence.frames.measures import measure
from cuemark.lab.bench.comparison import BenchOptions, Comparison, alternate, timed
from cuemark.lab.bench.footage import HEIGHT, Clip, written
from cuemark.lab.bench.meters import Counts, Timings
from cuemark.media.frames import FrameStream, VideoFrames
from cuemark.media.probe import probe
from cuemark.media.sampling import sample_times
from cuemark.models.runtime.safe_imports import open_clip_module

if TYPE_CHECKING:
    from cuemark.evidence.frames.track import FeatureTrack
    from cuemark.media.frames import SampledFrame
    from cuemark.models.clip.image_encoder import ImageEncoder

MOST_OF_SUM = 1.05
"""On the CPU, where decoding and encoding share the cores: everything, of decoding alone plus encoding alone."""
MOST_OF_LONGER = 1.15
"""On a GPU, which encodes while the processor decodes: everything, of the longer of the two."""
MOST_WITH_MEASURES = 1.1
"""Everything, of everything without the statistics of the pictures."""
FOOTAGE = Clip(
    "recording", "H.264 in Matroska with a keyframe every ten seconds", "mkv", "libx264", 24, "yuv420p", 250,
    {"preset": "veryfast"}, 128 << 20,
)  # fmt: skip
_SAMPLE_RATE = Fraction(2)
_SIZE = "ViT-B-32"
_CUT = Fraction(3, 4)


def compare(
    options: BenchOptions, progress: Progress, footage: Clip = FOOTAGE, height: int = HEIGHT
) -> list[Comparison]:
    """Five comparisons on the footage at two samples a second."""
    info = probe(written(footage, options.work, options.seed, progress, height))
    bench = _Bench(info, _encoder(options), options, progress)
    return [bench.together(), bench.plain(_plain(options)), bench.measured(), bench.again(), bench.grown()]


@dataclass(frozen=True)
class _Bench:
    """The footage, the encoder and the options that all comparisons share."""

    info: MediaInfo
    encoder: ImageEncoder
    options: BenchOptions
    progress: Progress

    def together(self) -> Comparison:
        """The pipeline beside decoding alone and encoding alone."""
        inputs = np.stack([self.encoder.preprocess(rgb) for rgb in self._decode()])
        whole, decoding, encoding = Timings(), Timings(), Timings()

        def alone() -> float:
            seconds = decoding.of(self._decode), encoding.of(partial(self._encode, inputs))
            return sum(seconds) if on_cpu else max(seconds)

        on_cpu = self.encoder.provider.device == "cpu"
        ours, rival = self._alternate(lambda: whole.of(self._extract), alone)
        return Comparison(
            name="features/together",
            about="Ours is decoding, preparing and encoding at once; the rival is decoding alone "
            + ("and encoding alone, added." if on_cpu else "or encoding alone, whichever takes longer."),
            unit="s",
            kind="share",
            ours=ours,
            rival=rival,
            goal=MOST_OF_SUM if on_cpu else MOST_OF_LONGER,
            facts={
                **self._facts(),
                "decoding alone, s": decoding.median(self.options.pairs),
                "encoding alone, s": encoding.median(self.options.pairs),
                # What other programs on the machine cannot disturb.
                "processor time, share of the sum": whole.busy / (decoding.busy + encoding.busy),
            },
        )

    def plain(self, rival: PlainFeatures) -> Comparison:
        """The pipeline beside whole pictures, open_clip's transform and torch, one at a time."""
        track: list[FeatureTrack] = []
        theirs: list[NDArray[np.float32]] = []

        def by_torch() -> float:
            return timed(lambda: theirs.append(np.stack(rival.encode_each(self._pictures_of(None)))))

        ours, plain = self._alternate(lambda: timed(lambda: track.append(self._extract())), by_torch)
        cosines = (track[-1].vectors * theirs[-1]).sum(axis=1)
        return Comparison(
            name="features/plain",
            about="Ours is the pipeline; the rival decodes whole pictures and encodes one at a time in torch.",
            unit="s",
            kind="faster",
            ours=ours,
            rival=plain,
            facts={**self._facts(), "largest 1 - cosine of their vectors": float(1 - cosines.min())},
        )

    def measured(self) -> Comparison:
        """The pipeline with the statistics of the pictures beside the pipeline without."""
        counts, frames = Counts(self.progress), VideoFrames(self.info)
        measuring, plainly = Timings(), Timings()

        def without() -> float:
            return plainly.of(lambda: extract(frames, self.encoder, _SAMPLE_RATE, None, counts, None))

        ours, rival = self._alternate(lambda: measuring.of(self._extract), without)
        pictures = list(self._decode())
        alone = Timings()
        alone.of(lambda: [measure(picture) for picture in pictures])
        return Comparison(
            name="features/measured",
            about="Ours takes the statistics of each picture, which say where it is empty; the rival does not.",
            unit="s",
            kind="share",
            ours=ours,
            rival=rival,
            goal=MOST_WITH_MEASURES,
            facts={
                **self._facts(),
                "statistics alone, processor ms a picture": 1000 * alone.busy / len(pictures),
                "processor time, share of the rival's": measuring.busy / plainly.busy,
            },
        )

    def again(self) -> Comparison:
        """The same footage a second time, from the cache."""
        counts: list[Counts] = []

        def run(cache: FeatureCache) -> float:
            counts.append(Counts(self.progress))
            return timed(lambda: self._extract(cache, counts[-1]))

        with TemporaryDirectory(dir=self.options.work) as folder:
            caches = [FeatureCache(Path(folder) / str(number)) for number in range(self.options.pairs)]
            runs = tuple((run(cache), run(cache)) for cache in caches)
        return Comparison(
            name="features/again",
            about="Ours is the same footage a second time; the rival is the first time.",
            unit="s",
            kind="share",
            ours=tuple(second for _, second in runs),
            rival=tuple(first for first, _ in runs),
            facts=counts[-1].facts("frames_decoded", "frames_encoded", "features_from_cache"),
        )

    def grown(self) -> Comparison:
        """A recording that was analysed when it was shorter: which of its frames are encoded again."""
        whole, rest = Counts(self.progress), Counts(self.progress)
        with TemporaryDirectory(dir=self.options.work) as folder:
            recording = Path(folder) / self.info.path.name
            content = self.info.path.read_bytes()
            cache = FeatureCache(Path(folder) / "cache")
            recording.write_bytes(content[: int(len(content) * _CUT)])
            self._extract(cache, Counts(self.progress), probe(recording))
            recording.write_bytes(content)
            self._extract(cache, rest, probe(recording))
            self._extract(None, whole)
        return Comparison(
            name="features/grown",
            about=f"Ours is a recording of which {_CUT} was analysed before; the rival knows nothing of it.",
            unit="frames encoded",
            kind="share",
            ours=(float(rest.counts["frames_encoded"]),),
            rival=(float(whole.counts["frames_encoded"]),),
            facts=rest.facts("frames_decoded", "frames_encoded", "features_from_cache"),
        )

    def _alternate(
        self, ours: Callable[[], float], rival: Callable[[], float]
    ) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return alternate(ours, rival, self.options.pairs, self.progress)

    def _extract(
        self, cache: FeatureCache | None = None, progress: Progress | None = None, info: MediaInfo | None = None
    ) -> FeatureTrack:
        progress = progress or Counts(self.progress)
        return extract(VideoFrames(info or self.info), self.encoder, _SAMPLE_RATE, cache, progress).track

    def _pictures_of(self, size: tuple[int, int] | None) -> FrameStream:
        times = sample_times(self.info, _SAMPLE_RATE)
        return VideoFrames(self.info).at(times, size)

    def _decode(self) -> list[NDArray[np.uint8]]:
        size = self.encoder.picture_size(self.info.width, self.info.height)
        return [frame.rgb for frame in self._pictures_of(size)]

    def _encode(self, inputs: NDArray[np.float32]) -> None:
        for start in range(0, len(inputs), self.encoder.batch):
            self.encoder.encode(inputs[start : start + self.encoder.batch])

    def _facts(self) -> dict[str, str | int | float]:
        report = self.encoder.provider
        width, height = self.encoder.picture_size(self.info.width, self.info.height)
        return {
            "device": report.device,
            "why": report.reason,
            "pictures": len(sample_times(self.info, _SAMPLE_RATE)),
            "pictures a batch": self.encoder.batch,
            "decoded to": f"{width}x{height}",
            "model": _SIZE if self.options.real_size else "sample",
        }


def _encoder(options: BenchOptions) -> ImageEncoder:
    from cuemark.lab.bench import models
    from cuemark.models.clip.clip import load_clip

    if options.real_size:
        return models.image_encoder(_SIZE, options.work, options.seed)
    return load_clip(_sample_clip(options), options.work / "image-towers").image


def _sample_clip(options: BenchOptions) -> Path:
    from cuemark.models.store.store import ModelStore

    return ModelStore(options.work / "models").folder("sample", "clip")


def _plain(options: BenchOptions) -> PlainFeatures:
    from cuemark.lab.bench import models

    if options.real_size:
        return PlainFeatures(models.torch_clip(_SIZE, options.seed))
    return PlainFeatures.of_folder(_sample_clip(options))


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
