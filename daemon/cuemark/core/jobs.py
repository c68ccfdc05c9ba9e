"""What a job is: its request, its state, and the events a watcher is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from cuemark.core.analysis import ModelUse, Notice
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError, kind_of, rebuilt
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.search import Example, ScoreCurve
from cuemark.core.selection import RenderKind, RenderOptions, Selection, SelectionOptions, SelectionSource
from cuemark.core.text import first_few


class JobState(str, Enum):
    """The life of a job: queued -> running -> one of the three ends; a retry makes it queued again."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the job by itself."""
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class AnalyzeSpec:
    """Find the moments and chapters of one video file."""

    kind: ClassVar[str] = "analyze"

    path: Path
    options: AnalysisOptions = field(default_factory=AnalysisOptions)

    @property
    def label(self) -> str:
        """What is worked on, in few words."""
        return self.path.name

    @property
    def facts(self) -> dict[str, Any]:
        """What a listing says of it; a path may be among the values."""
        vram = None if self.options.vram is None else str(self.options.vram)
        return {"kind": "analyze", "path": self.path, "gentle": bool(self.options.gentle), "vram": vram}

    @property
    def limits(self) -> ProcessLimits:
        """What a worker that runs this may take of the machine."""
        return ProcessLimits(bool(self.options.gentle), self.options.vram)


@dataclass(frozen=True)
class TranscribeSpec:
    """Write down what is said in one media; of the options those of speech and the limits are read."""

    kind: ClassVar[str] = "transcribe"

    path: Path
    options: AnalysisOptions = field(default_factory=AnalysisOptions)

    @property
    def label(self) -> str:
        """What is worked on, in few words."""
        return f"transcript of {self.path.name}"

    @property
    def facts(self) -> dict[str, Any]:
        """What a listing says of it; a path may be among the values."""
        return {"kind": "transcribe", "path": self.path}

    @property
    def limits(self) -> ProcessLimits:
        """What a worker that runs this may take of the machine."""
        return ProcessLimits(bool(self.options.gentle), self.options.vram)


@dataclass(frozen=True)
class IndexSpec:
    """Put one media into the library: its vectors, words, shots and thumbnails, without a search for moments.

    Of the options the image model, speech, screen text, sampling and the limits are read.
    """

    kind: ClassVar[str] = "index"

    path: Path
    options: AnalysisOptions = field(default_factory=AnalysisOptions)

    @property
    def label(self) -> str:
        """What is worked on, in few words."""
        return f"index of {self.path.name}"

    @property
    def facts(self) -> dict[str, Any]:
        """What a listing says of it; a path may be among the values."""
        vram = None if self.options.vram is None else str(self.options.vram)
        return {"kind": "index", "path": self.path, "gentle": bool(self.options.gentle), "vram": vram}

    @property
    def limits(self) -> ProcessLimits:
        """What a worker that runs this may take of the machine."""
        return ProcessLimits(bool(self.options.gentle), self.options.vram)


@dataclass(frozen=True)
class IndexPartSpec:
    """Encode the frames of [start, end) of one media, seconds from its first frame, for the index of the whole.

    Asked of a worker by a scan on many machines (`cuemark.cluster`), never queued.
    """

    kind: ClassVar[str] = "index_part"

    path: Path
    start: Fraction
    end: Fraction
    options: AnalysisOptions = field(default_factory=AnalysisOptions)


@dataclass(frozen=True)
class PullSpec:
    """Bring a registry model onto this machine; `offline` only verifies what is here."""

    kind: ClassVar[str] = "pull_model"

    name: str
    offline: bool = False

    @property
    def label(self) -> str:
        """What is worked on, in few words."""
        return f"model {self.name}"

    @property
    def facts(self) -> dict[str, Any]:
        """What a listing says of it."""
        return {"kind": "pull", "model": self.name}

    @property
    def limits(self) -> ProcessLimits:
        """What a worker that runs this may take of the machine."""
        return UNLIMITED


@dataclass(frozen=True)
class ProxySpec:
    """Make a small copy of one media of the library that every browser plays; `fingerprint` is its content."""

    kind: ClassVar[str] = "proxy"

    path: Path
    fingerprint: str

    @property
    def label(self) -> str:
        """What is worked on, in few words."""
        return f"proxy of {self.path.name}"

    @property
    def facts(self) -> dict[str, Any]:
        """What a listing says of it; a path may be among the values."""
        return {"kind": "proxy", "path": self.path}

    @property
    def limits(self) -> ProcessLimits:
        """What a worker that runs this may take of the machine: a person waits, and it is beside an editor."""
        return UNLIMITED


@dataclass(frozen=True)
class SelectSpec:
    """Pick the best stretches out of the moments of media."""

    kind: ClassVar[str] = "select"

    sources: tuple[SelectionSource, ...]
    options: SelectionOptions = field(default_factory=SelectionOptions)

    @property
    def label(self) -> str:
        """What is worked on, in few words."""
        return f"selection from {first_few([source.media.path.name for source in self.sources], 1)}"

    @property
    def facts(self) -> dict[str, Any]:
        """What a listing says of it; a path may be among the values."""
        return {"kind": "select", "path": self.sources[0].media.path, "files": len(self.sources)}

    @property
    def limits(self) -> ProcessLimits:
        """What a worker that runs this may take of the machine."""
        return UNLIMITED


@dataclass(frozen=True)
class RenderSpec:
    """Write the pictures and sound of a selection: a movie, or clips with their captions."""

    kind: ClassVar[str] = "render"

    selection: Selection
    output: Path
    render: RenderKind = RenderKind.MOVIE
    options: RenderOptions = field(default_factory=RenderOptions)

    @property
    def label(self) -> str:
        """What is worked on, in few words."""
        return self.output.name

    @property
    def facts(self) -> dict[str, Any]:
        """What a listing says of it; a path may be among the values."""
        return {"kind": "render", "path": self.output, "format": self.render.value}

    @property
    def limits(self) -> ProcessLimits:
        """What a worker that runs this may take of the machine."""
        return UNLIMITED


JobSpec = AnalyzeSpec | PullSpec | TranscribeSpec | IndexSpec | SelectSpec | RenderSpec | ProxySpec
"""What can be queued.  The `kind` is the name of it in the library's rows, in the pipe and in the contract."""


@dataclass(frozen=True)
class EncodeTextsSpec:
    """Texts to unit vectors by the text tower of a CLIP (a registry name or folder; None: the default)."""

    kind: ClassVar[str] = "encode_texts"

    texts: tuple[str, ...]
    clip: str | None = None


@dataclass(frozen=True)
class TextVector:
    """The unit vector of a text, float32 [D]."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class TextVectors:
    """Vectors of texts, in order, and the model they come from: vectors of the same model id are comparable."""

    model: ModelUse
    vectors: tuple[TextVector, ...]


@dataclass(frozen=True)
class EncodeQuerySpec:
    """What a search asks, as vectors of a CLIP (a registry name or folder; None: the default).

    `text` may be "" where there is an `example`.
    """

    kind: ClassVar[str] = "encode_query"

    text: str = ""
    example: Example | None = None
    clip: str | None = None


@dataclass(frozen=True)
class QueryVectors:
    """A search's vectors: unit vectors of its words and of its example, None where it has none.

    `cut`: the words are more than the CLIP reads.  `background` is the file with vectors of words that a picture may
    show (`captions.queries`), `logit_scale` what cosines of texts with pictures are multiplied with, `curve` how their
    evidence becomes a probability.
    """

    model: ModelUse
    words: TextVector | None
    picture: TextVector | None
    logit_scale: float
    background: Path
    curve: ScoreCurve
    cut: bool = False


QuerySpec = EncodeTextsSpec | EncodeQuerySpec
"""What is answered at once, beside the queue, and never kept."""

TaskSpec = (
    AnalyzeSpec
    | PullSpec
    | TranscribeSpec
    | IndexSpec
    | SelectSpec
    | RenderSpec
    | ProxySpec
    | EncodeTextsSpec
    | EncodeQuerySpec
)
"""What the daemon hands to a worker; what is done with each stands in one table, daemon.job_kinds."""

WorkSpec = TaskSpec | IndexPartSpec
"""What a worker can be handed, by whomever started it."""


@dataclass(frozen=True)
class JobProgress:
    """How far the present stage is: `done` of `total` `unit`s; `rate` in units a second, 0 while unknown."""

    stage: str
    done: int
    total: int
    unit: str
    rate: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True)
class JobError:
    """Why a job failed, as it is kept and as it travels: the parts of a CuemarkError.

    `kind` names the error's class; rows of older libraries have none, and count as the base class.
    """

    code: str
    message: str
    next_step: str = ""
    kind: str = CuemarkError.__name__

    @classmethod
    def of(cls, error: CuemarkError) -> JobError:
        """The parts of an error."""
        return cls(error.code, error.message, error.next_step, kind_of(error))

    def error(self) -> CuemarkError:
        """The error again, of the class it had."""
        return rebuilt(self.kind, self.code, self.message, self.next_step)


@dataclass(frozen=True)
class Job:
    """One job as it stands.  `counters` run over all attempts; `analysis_id` is set once an analysis succeeded."""

    id: str
    request_id: str
    spec: JobSpec
    state: JobState
    attempt: int
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    progress: JobProgress | None = None
    error: JobError | None = None
    counters: dict[str, int] = field(default_factory=dict)
    warnings: tuple[Notice, ...] = ()
    analysis_id: str | None = None


@dataclass(frozen=True)
class JobEvent:
    """One line of a job's story: exactly one of `job`, `progress`, `note` is set, or none of them for a heartbeat.

    `sequence` grows; a gap means progress that newer progress has replaced.
    """

    sequence: int
    at: datetime
    job: Job | None = None
    progress: JobProgress | None = None
    note: str | None = None

    @property
    def heartbeat(self) -> bool:
        """Whether this only says that the daemon is still there."""
        return self.job is None and self.progress is None and self.note is None
