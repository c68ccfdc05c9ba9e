"""`cuemark scan`: put much footage into the library on many processors, GPUs or machines, with Ray Data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import output, text
from cuemark.cli.analyze.progress import Details, JobView, ViewedProgress, view_for
from cuemark.cli.guard import guarded
from cuemark.cli.library.index import Batch, File
from cuemark.cli.models.offer import Offer, Pull
from cuemark.cli.options import JsonFlag, plain, takes_analysis_options
from cuemark.core import settings
from cuemark.core.analysis_options import AnalysisOptions, checked, with_settings
from cuemark.core.errors import CuemarkError, ExitCode, JobCancelled

if TYPE_CHECKING:
    from cuemark.cluster.order import Places, ScanResult
    from cuemark.core.footage import Indexed
    from cuemark.rpc.client.client import CuemarkClient

_IMPORTED_TOGETHER = 500
"""Files that are in the index and not yet in the library, at most: one call takes them up."""


@guarded
@takes_analysis_options(
    "clip", "speech", "language", "sound_track", "transcript", "screen_text", "sample_rate", "vram", "gentle"
)
def scan(
    *,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Video and sound files, or folders of them (all levels).")
    ],
    cluster: Annotated[
        str,
        typer.Option(
            metavar="local|ADDRESS",
            help="This machine, or a Ray cluster (HOST:PORT) whose machines have the files under the same paths.",
        ),
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=10_000, help="How many.", show_default="one a GPU, or for two processors"),
    ] = None,
    long: Annotated[
        float,
        typer.Option(metavar="MINUTES", min=0.05, max=100_000, help="Longer files are shared out among the workers."),
    ] = 30.0,
    options: AnalysisOptions,
    pull: Pull = None,
    again: Annotated[bool, typer.Option("--again", help="Also files that have not changed.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Put footage into the library as `cuemark index` does, on many processors, GPUs or machines at once.

    Needs the extra `cluster` (Ray). Files that have not changed are left alone. Ctrl-C ends all workers; what was
    computed is kept.
    """
    from cuemark.cli.session import connect
    from cuemark.cluster.ray_session import check_address, require_ray

    where = Where(plain(cluster, "--cluster").strip(), workers, long * 60)
    checked(options)
    check_address(where.address)
    require_ray()
    with connect() as client:
        offer = Offer(client, settings.load(), pull, may_ask=not json_output)
        batch = Scan(client, offer, where)
        code = batch.run(paths, options, again=again, detach=False)
        output.say_json(batch.as_json()) if json_output else batch.tell()
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


@dataclass(frozen=True)
class Where:
    """Where a scan works: the address, how many workers (None: by the machines), and what length is long (seconds)."""

    address: str
    workers: int | None
    long_s: float


class Scan(Batch):
    """The files of one scan: what `cuemark index` leaves alone is left alone, the others are handed to the workers."""

    def __init__(self, client: CuemarkClient, offer: Offer, where: Where) -> None:
        super().__init__(client, offer, Details(False))
        self._where = where
        self._open: dict[Path, File] = {}
        self._options = AnalysisOptions()
        self._landed: list[Indexed] = []

    def run(self, paths: Sequence[str], options: AnalysisOptions, *, again: bool, detach: bool) -> ExitCode:
        """Scan the files behind the paths; one that fails stops no other."""
        try:
            self._submit(paths, options, again)
            if self._open:
                self._scan()
        except KeyboardInterrupt:
            self._interrupt()
            return ExitCode.INTERRUPTED
        return self.exit_code

    def _ask_for(self, file: File, options: AnalysisOptions) -> None:
        self._open[file.path], self._options = file, options

    def _scan(self) -> None:
        from cuemark.cluster.order import ScanOrder
        from cuemark.cluster.scan import scan as carry_out

        known = settings.load()
        wanted = with_settings(self._client.whole_options(self._options), known)
        where = self._where
        order = ScanOrder(tuple(self._open), wanted, known, Path(), where.address, where.workers, where.long_s)
        with view_for("scan") as view:
            try:
                carry_out(order, _Heard(view, self))
            finally:
                self.take_up()

    @property
    def asked(self) -> int:
        """How many files are handed to the workers."""
        return len(self._open)

    def took(self, result: ScanResult) -> None:
        """One result; files that are in the index are taken into the library a few hundred at a time."""
        file = self._open.get(result.row.path)
        if file is None or result.row.is_part:
            return
        if result.error is not None:
            file.error = result.error.error()
        elif result.indexed is not None:
            # Under the path that was named: it is this machine's.
            media = replace(result.indexed.media, path=file.path)
            self._landed.append(replace(result.indexed, media=media))
        if len(self._landed) >= _IMPORTED_TOGETHER:
            self.take_up()

    def take_up(self) -> None:
        """Take what is in the index into the library.  DaemonError where it cannot be: the next scan does it then."""
        if not self._landed:
            return
        landed, self._landed = self._landed, []
        _, problems = self._client.import_entries(landed, self._options)
        for problem in problems:
            if problem.path in self._open:
                self._open[problem.path].error = CuemarkError(problem.code, problem.message)
        for one in landed:
            self._open[one.media.path].scanned = self._open[one.media.path].error is None

    def _interrupt(self) -> None:
        self._interrupted = True
        waiting = [file for file in self._open.values() if not file.scanned and file.error is None]
        for file in waiting:
            file.error = JobCancelled()
        kept = "What was computed is kept: the same command continues from there."
        output.tell(f"Interrupted: all workers are ended, {text.plural(len(waiting), 'file')} not done. {kept}")


class _Heard:
    """Shows a scan: one count over all files, and over the parts of long ones."""

    def __init__(self, view: JobView, batch: Scan) -> None:
        self._view, self._batch = view, batch
        self._progress = ViewedProgress(view)
        self._done, self._total, self._unit = 0, 0, "files"
        self._progress.update("starting Ray", 0, 1, "steps")

    def ready(self, places: Places) -> None:
        """See `Listener`."""
        each = "" if places.cores is None else f" with {text.plural(places.cores, 'processor')} each"
        what = "on a GPU" if places.gpus == 1 and places.workers == 1 else f"on {places.workers} GPUs"
        told = text.plural(places.workers, "worker")
        self._view.say(f"{told} {what}" if places.gpus else f"{told}{each}")

    def rows(self, count: int) -> None:
        """See `Listener`."""
        self._total, self._unit = count, "files" if count <= self._batch.asked else "files and parts"
        self._show()

    def result(self, result: ScanResult) -> None:
        """See `Listener`."""
        self._batch.took(result)
        self._done += 1
        self._total = max(self._total, self._done)
        self._show()

    def check(self) -> None:
        """See `Listener`: Ctrl-C alone ends a scan."""

    def _show(self) -> None:
        self._progress.update("index", self._done, self._total, self._unit)
