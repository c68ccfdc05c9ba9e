"""What is made of a selection: a movie, a folder of clips with their captions, or tar files for WebDataset.

Everything is written into a draft beside its place and takes its name when it is whole: a cancel, a full disk or a kill
leaves nothing behind, and what was there before stays until then.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from cuemark.core.drafts import draft_beside, draft_folder, sweep_beside
from cuemark.core.errors import InputError, MediaError, Notice
from cuemark.core.files import patiently, put_in_place
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.progress import OnlyChecks, Progress
from cuemark.core.selection import (
    Pick,
    Rendering,
    RenderKind,
    RenderOptions,
    SelectedMedia,
    Selection,
    check_online,
    picture_size,
    usual_rate,
)
from cuemark.core.text import printable_path, shown
from cuemark.core.timebase import snap_rate
from cuemark.media.probe import probe
from cuemark.media.render.copying import fit_together, plan
from cuemark.media.render.dataset import LINES, Sample, is_dataset, lines, sample_of, shards
from cuemark.media.render.movie import chosen_encoder, movie, not_written
from cuemark.media.render.stretches import STAGE, Piece, Renderer, fitted, pieced, total_of
from cuemark.media.sound import SoundInfo, best_sound, sound_streams
from cuemark.media.source import open_media

_LEAST_SIDE, _MOST_SIDE = 16, 8192


def write(
    selection: Selection,
    output: Path,
    kind: RenderKind,
    options: RenderOptions,
    progress: Progress,
    limits: ProcessLimits = UNLIMITED,
) -> Rendering:
    """Writes a selection's pictures and sound to `output`, a file or a folder.

    Raises MediaError where footage is away, changed or unreadable, InputError `file_exists`, StoreError `disk_full`,
    `file_not_written`, JobCancelled.
    """
    check_online(selection)
    _check_free(output, kind, options)
    footage = _Footage(selection, progress)
    if kind is RenderKind.MOVIE:
        return _movie(selection, footage, output, options, progress, limits)
    return _dataset(selection, footage, output, kind, options, progress, limits)


class _Footage:
    """The media of a selection as they are now."""

    def __init__(self, selection: Selection, progress: Progress) -> None:
        self._infos: dict[Path, tuple[MediaInfo, SoundInfo | None]] = {}
        total = len(selection.media)
        for number, each in enumerate(selection.media):
            progress.update("probe", number, total, "files")
            self._infos[each.media.path] = _probed(each, progress)
        progress.update("probe", total, total, "files")

    def piece(self, pick: Pick, rate: Fraction) -> Piece:
        """A pick at a rate."""
        info, sound = self._infos[pick.path]
        return pieced(info, sound, pick.start, pick.end, rate)

    def info(self, pick: Pick) -> MediaInfo:
        """The media of a pick."""
        return self._infos[pick.path][0]

    @property
    def has_picture(self) -> bool:
        """Whether any has."""
        return any(info.has_picture for info, _ in self._infos.values())

    @property
    def has_sound(self) -> bool:
        """Whether any has."""
        return any(sound is not None for _, sound in self._infos.values())


def _probed(each: SelectedMedia, progress: Progress) -> tuple[MediaInfo, SoundInfo | None]:
    info = probe(each.media.path, OnlyChecks(progress))
    if info.fingerprint != each.media.fingerprint:
        message = f"{shown(info.path)} is another file than the one that was picked from."
        raise MediaError("media_changed", message, "Make the selection again.")
    sound = best_sound(sound_streams(info))
    return info, sound if sound is not None and sound.codec and not sound.is_encrypted else None


def _movie(
    selection: Selection,
    footage: _Footage,
    output: Path,
    options: RenderOptions,
    progress: Progress,
    limits: ProcessLimits,
) -> Rendering:
    rate = _rate(selection, options)
    pieces = [footage.piece(pick, rate) for pick in selection.picks]
    with _draft_file(output, options) as draft:
        notices, copied = _render(pieces, draft, output, selection, options, footage, progress, limits)
        size = draft.stat().st_size
    encoder = chosen_encoder() if footage.has_picture and not copied else ""
    seconds = total_of(pieces) / rate
    return Rendering(output, (output,), size, seconds, len(pieces), copied, encoder, tuple(notices))


def _render(
    pieces: Sequence[Piece],
    draft: Path,
    name: Path,
    selection: Selection,
    options: RenderOptions,
    footage: _Footage,
    progress: Progress,
    limits: ProcessLimits,
    done: int = 0,
    total: int | None = None,
) -> tuple[list[Notice], int]:
    """One file of pieces; what is to be said of it, and how many of them were copied."""
    rate = _rate(selection, options)
    size = _size(selection, options) if footage.has_picture else None
    frames = total or total_of(pieces)
    progress.update(STAGE, done, frames, "frames")
    copied = _copied(pieces, rate, options, name.suffix, progress)
    sound = any(piece.sound is not None for piece in pieces)
    if copied is None:
        with movie(draft, name, rate, size, limits, sound=sound) as made:
            renderer = Renderer(made, size, frames, progress, limits, done)
            for piece in pieces:
                renderer.add(piece)
        return _distinct(renderer.notices), 0
    first = copied[0].info
    with open_media(first.path) as container:
        template = container.streams[first.stream_index]
        with movie(draft, name, rate, None, limits, sound=sound, template=template) as made:  # type: ignore[arg-type]
            renderer = Renderer(made, size, frames, progress, limits, done)
            renderer.delay = max(piece.copied.delay for piece in copied if piece.copied)
            for piece in copied:
                renderer.add(piece)
    return _distinct(renderer.notices), len(copied)


def _copied(
    pieces: Sequence[Piece], rate: Fraction, options: RenderOptions, suffix: str, progress: Progress
) -> list[Piece] | None:
    """The pieces with the plan by which each is copied; None where one of them has to be encoded."""
    if options.width is not None or options.height is not None:
        return None
    planned = []
    for piece in pieces:
        if piece.info.rate != rate:
            return None
        found = plan(piece.info, piece.start, piece.end, suffix, OnlyChecks(progress))
        if found is None:
            return None
        planned.append(replace(piece, copied=found))
    return planned if fit_together([piece.copied for piece in planned if piece.copied]) else None


def _dataset(
    selection: Selection,
    footage: _Footage,
    output: Path,
    kind: RenderKind,
    options: RenderOptions,
    progress: Progress,
    limits: ProcessLimits,
) -> Rendering:
    """Clips at the rate and size of their own media, or at those asked for."""
    total = sum(footage.piece(pick, _own_rate(selection, pick, options)).frames for pick in selection.picks)
    done, copies, notices = 0, 0, []
    samples: list[Sample] = []
    try:
        with _draft_of_folder(output) as draft:
            for number, pick in enumerate(selection.picks, 1):
                alone = Selection((selection.of(pick),), (pick,))
                one = replace(options, rate=_own_rate(selection, pick, options))
                piece = footage.piece(pick, one.rate or Fraction(1))
                sample = sample_of(selection, pick, number, footage.info(pick), piece)
                parts = (draft / sample.file, Path(sample.file), alone, one, _Only(footage, pick))
                told, copied = _render([piece], *parts, progress, limits, done, total)
                done, copies = done + piece.frames, copies + copied
                notices += told
                samples.append(sample)
            (draft / LINES).write_text(lines(samples), encoding="utf-8")
            if kind is RenderKind.WEBDATASET:
                shards(draft, samples, options.per_shard, progress)
            size = sum(file.stat().st_size for file in draft.iterdir())
            _place_folder(draft, output)
    except OSError as error:
        raise not_written(output, error) from error
    files = tuple(sorted(output.iterdir()))
    seconds = sum((Fraction(sample.frames) / sample.rate for sample in samples), Fraction(0))
    encoder = chosen_encoder() if footage.has_picture and copies < len(samples) else ""
    return Rendering(output, files, size, seconds, len(samples), copies, encoder, tuple(_distinct(notices)))


class _Only(_Footage):
    """The footage of one pick."""

    def __init__(self, whole: _Footage, pick: Pick) -> None:
        self._infos = {pick.path: whole._infos[pick.path]}


def _own_rate(selection: Selection, pick: Pick, options: RenderOptions) -> Fraction:
    return options.rate or selection.of(pick).media.rate


def _rate(selection: Selection, options: RenderOptions) -> Fraction:
    return snap_rate(options.rate) if options.rate is not None else usual_rate(selection)


def _size(selection: Selection, options: RenderOptions) -> tuple[int, int]:
    """The size asked for, a side that is left open as wide as the footage's shape wants it; even numbers."""
    own = picture_size(selection)
    wide, tall = options.width, options.height
    box = (wide or (_MOST_SIDE if tall else own[0]), tall or (_MOST_SIDE if wide else own[1]))
    size = box if wide and tall else fitted(own, box)
    return max(_LEAST_SIDE, size[0] // 2 * 2), max(_LEAST_SIDE, size[1] // 2 * 2)


def _check_free(output: Path, kind: RenderKind, options: RenderOptions) -> None:
    """InputError `file_exists` for what may not be replaced; StoreError for a place that is none."""
    if not output.parent.is_dir():
        raise not_written(output, FileNotFoundError(2, f"there is no folder {printable_path(output.parent)}"))
    if not os.path.lexists(output):
        return
    folder = output.is_dir() and not output.is_symlink()
    if kind is RenderKind.MOVIE and (folder or not output.is_file()):
        raise InputError("file_exists", f"{shown(output)} is no ordinary file.", "Use -o for another name.")
    if kind is not RenderKind.MOVIE and not (folder and (not any(output.iterdir()) or is_dataset(output))):
        message = f"{shown(output)} is there and holds other things; clips get a folder of their own."
        raise InputError("file_exists", message, "Use -o for another name.")
    if not options.overwrite and not (folder and not any(output.iterdir())):
        message = f"{shown(output)} exists and was left as it is."
        raise InputError("file_exists", message, "Use --force to overwrite it, or -o for another name.")


@contextmanager
def _draft_file(output: Path, options: RenderOptions) -> Iterator[Path]:
    """A draft that takes the file's name at the end; one that is in the way stays without `overwrite`."""
    target = Path(os.path.realpath(output)) if output.is_symlink() else output
    draft = draft_beside(target)
    try:
        yield draft
        if options.overwrite:
            put_in_place(draft, target)
        else:
            _link(draft, target)
    except FileExistsError:
        message = f"{shown(output)} exists and was left as it is."
        raise InputError("file_exists", message, "Use --force to overwrite it, or -o for another name.") from None
    except OSError as error:
        raise not_written(output, error) from error
    finally:
        draft.unlink(missing_ok=True)
        sweep_beside(target)


def _link(draft: Path, target: Path) -> None:
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError from error
        os.replace(draft, target)


@contextmanager
def _draft_of_folder(output: Path) -> Iterator[Path]:
    with draft_folder(output.parent) as draft:
        yield draft
    sweep_beside(output)


def _place_folder(draft: Path, output: Path) -> None:
    """The whole folder in one step; an older one of ours is moved aside first, and goes when the new one stands."""
    if not output.exists():
        return put_in_place(draft, output)
    aside = draft_beside(output)
    patiently(lambda: os.replace(output, aside))
    try:
        put_in_place(draft, output)
    except OSError:
        os.replace(aside, output)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _distinct(notices: Sequence[Notice]) -> list[Notice]:
    return list(dict.fromkeys(notices))
