"""The index on disk: a folder a media, named by its fingerprint; apart from the cache, and never pruned.

    index/3f/3f02.../entry.json             what the entry is, and the names and SHA-256 of the others; sealed
                     vectors-<digest>.npy   float16 [N, D] of one encoder, mapped into memory by who scans
                     words-<digest>.json    transcript and screen text
                     thumbnails-<digest>.bin  the JPEGs, one behind the other

Files are named by their content and written before `entry.json`, which takes its place in one step: whoever is killed
leaves the old entry or the new one, and files that nothing names, which the next write of that entry takes away.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import numpy as np

from cuemark.core.analysis import ModelUse
from cuemark.core.derived import seal_of
from cuemark.core.drafts import sweep
from cuemark.core.errors import NotFoundError, StoreError
from cuemark.core.files import atomic_write, bytes_in, is_disk_full
from cuemark.core.media import MediaInfo
from cuemark.core.screen_text import ScreenTexts
from cuemark.core.serialise import UNREADABLE, decode, encode
from cuemark.core.shots import Shot
from cuemark.core.transcript import Transcript
from cuemark.evidence.index.entry import (
    ENTRY_VERSION,
    UNIT_TOLERANCE,
    EncodedTrack,
    IndexEntry,
    Thumbnail,
    TimeRuns,
    Vectors,
    contentual,
    digest,
    npy_bytes,
)

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
_HEAD = "entry.json"
_NAME_DIGITS = 16
STRAY_S = 3600.0
"""What no entry names is left for so long: its writer may not have come to the end."""

log = logging.getLogger("cuemark.index")


@dataclass(frozen=True)
class StoredFile:
    """A file of an entry: its name, its size, and the SHA-256 of its content."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True)
class StoredTrack:
    """A track as the head of an entry tells it: the encoder, when, how many numbers a vector has, and the file."""

    model: ModelUse
    times: TimeRuns
    dimension: int
    file: StoredFile

    @property
    def samples(self) -> int:
        """N, how many vectors there are."""
        return 1 + sum(count for _, count in self.times.gaps)


@dataclass(frozen=True)
class EntryHead:
    """An entry without its vectors, words and pictures: what `entry.json` holds.

    `pictures` are the times of the thumbnails, and how many bytes each takes in their file.
    """

    media: MediaInfo
    tracks: tuple[StoredTrack, ...] = ()
    shots: tuple[Shot, ...] = ()
    recorded: datetime | None = None
    camera: str = ""
    made: dict[str, str] = field(default_factory=dict)
    utterances: int | None = None
    texts: int | None = None
    words: StoredFile | None = None
    thumbnails: StoredFile | None = None
    pictures: tuple[tuple[Fraction, int], ...] = ()
    version: int = ENTRY_VERSION

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """All files of the entry beside its head."""
        others = (self.words, self.thumbnails)
        return (*(track.file for track in self.tracks), *(one for one in others if one is not None))

    @property
    def size(self) -> int:
        """Bytes of all files beside the head."""
        return sum(file.size for file in self.files)

    def track_of(self, encoder_id: str) -> StoredTrack | None:
        """The track of an encoder."""
        return next((track for track in self.tracks if track.model.id == encoder_id), None)


@dataclass(frozen=True)
class _Words:
    """What is said and read: the content of a words file."""

    transcript: Transcript | None = None
    screen_text: ScreenTexts | None = None


class IndexStore:
    """The entries under one folder, by fingerprint.  Cheap to make, safe to have several of; one process writes.

    Raises StoreError: `index_damaged` (an entry that is not what was put), `index_too_new`, `index_unusable`,
    `disk_full`; NotFoundError `media_not_indexed`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, entry: IndexEntry) -> EntryHead:
        """Keep an entry, whole or not at all.

        What an older one of the same media has and this one does not is kept: tracks of other encoders, one of more
        samples, words, shots, pictures.
        """
        folder = self._folder(entry.fingerprint)
        clean = contentual(entry)
        try:
            older: EntryHead | None = self.head(entry.fingerprint)
        except (NotFoundError, StoreError):
            older = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            head = self._written(folder, clean, older)
            self._write_head(folder, head)
            _sweep_files(folder, head)
        except OSError as error:
            raise self._refused(error) from error
        return head

    def head(self, fingerprint: str) -> EntryHead:
        """What an entry has, without its vectors, words and pictures."""
        path = self._folder(fingerprint) / _HEAD
        try:
            value = json.loads(path.read_bytes())
            if value.get("version", 0) > ENTRY_VERSION:
                raise _too_new(path)
            if value.pop("seal") != seal_of(fingerprint, _canonical(value)):
                raise ValueError("its seal is another")
            head: EntryHead = decode(EntryHead, value)
        except StoreError:
            raise
        except FileNotFoundError as error:
            raise _not_there(fingerprint) from error
        except OSError as error:
            raise self._refused(error) from error
        except UNREADABLE as error:
            raise damaged(fingerprint, error) from error
        return head

    def has(self, fingerprint: str) -> bool:
        """Whether there is an entry that can be read."""
        try:
            self.head(fingerprint)
        except (NotFoundError, StoreError):
            return False
        return True

    def get(self, fingerprint: str) -> IndexEntry:
        """The whole entry, each of its files held against its SHA-256."""
        head = self.head(fingerprint)
        tracks = tuple(self._track(fingerprint, track, checked=True) for track in head.tracks)
        words = self._words(fingerprint, head.words)
        return IndexEntry(
            media=head.media,
            tracks=tracks,
            shots=head.shots,
            transcript=words.transcript,
            screen_text=words.screen_text,
            thumbnails=tuple(self._thumbnails(fingerprint, head)),
            recorded=head.recorded,
            camera=head.camera,
            made=dict(head.made),
        )

    def track(self, fingerprint: str, encoder_id: str) -> EncodedTrack:
        """The track of one encoder, its vectors mapped into memory; NotFoundError `media_not_indexed` for none."""
        stored = self.head(fingerprint).track_of(encoder_id)
        if stored is None:
            message = f"The media {fingerprint} has no vectors of the encoder {encoder_id[:12]}."
            raise NotFoundError("media_not_indexed", message, "Index the file again with that --clip.")
        return self._track(fingerprint, stored, checked=False)

    def words(self, fingerprint: str) -> tuple[Transcript | None, ScreenTexts | None]:
        """What is said and read in a media; None where nobody listened or read."""
        words = self._words(fingerprint, self.head(fingerprint).words)
        return words.transcript, words.screen_text

    def thumbnail(self, fingerprint: str, at: Fraction) -> bytes:
        """The JPEG nearest to a time; NotFoundError `thumbnail_none` where the media has none."""
        head = self.head(fingerprint)
        if head.thumbnails is None or not head.pictures:
            message = f"The media {fingerprint} has no thumbnails."
            raise NotFoundError("thumbnail_none", message, "Sound alone has none; else index the file again.")
        nearest = min(range(len(head.pictures)), key=lambda place: abs(head.pictures[place][0] - at))
        offset = sum(size for _, size in head.pictures[:nearest])
        try:
            with (self._folder(fingerprint) / head.thumbnails.name).open("rb") as file:
                file.seek(offset)
                data = file.read(head.pictures[nearest][1])
        except OSError as error:
            raise damaged(fingerprint, error) from error
        if not data.startswith(b"\xff\xd8"):
            raise damaged(fingerprint, "a thumbnail is no JPEG")
        return data

    def fingerprints(self) -> Iterator[str]:
        """Of all entries, sorted, whether they can be read or not."""
        with suppress(FileNotFoundError):
            for group in sorted(os.listdir(self.folder)):
                with suppress(NotADirectoryError, FileNotFoundError):
                    names = sorted(os.listdir(self.folder / group))
                    yield from (name for name in names if _FINGERPRINT.fullmatch(name) and name[:2] == group)

    def remove(self, fingerprint: str) -> None:
        """Take an entry out; nothing where there is none.  The head goes first, so that no half of it is left."""
        folder = self._folder(fingerprint)
        try:
            (folder / _HEAD).unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                shutil.rmtree(folder)
            with suppress(OSError):  # others are in it
                folder.parent.rmdir()
        except OSError as error:
            raise self._refused(error) from error

    def check(self, fingerprint: str) -> EntryHead:
        """The head of an entry of which every byte was read; raises as `get`."""
        head = self.head(fingerprint)
        for file in head.files:
            self._read(fingerprint, file)
        if head.media.fingerprint != fingerprint:
            raise damaged(fingerprint, "it is the entry of another media")
        return head

    def mend(self, fingerprint: str) -> tuple[ModelUse, ...] | None:
        """Leave of an entry that is not what was put what is whole, to be completed by indexing again.

        Gives the encoders whose vectors are lost; None where nothing is left of the entry, not even its head.
        """
        try:
            head = self.head(fingerprint)
        except NotFoundError:
            return None
        except StoreError as error:
            if error.code == "index_damaged":
                self.remove(fingerprint)
            return None
        whole = {file.name for file in head.files if self._is_whole(fingerprint, file)}
        pictures = head.thumbnails if head.thumbnails is not None and head.thumbnails.name in whole else None
        words = head.words if head.words is not None and head.words.name in whole else None
        kept = tuple(track for track in head.tracks if track.file.name in whole)
        left = replace(
            head,
            tracks=kept,
            words=words,
            utterances=head.utterances if words else None,
            texts=head.texts if words else None,
            thumbnails=pictures,
            pictures=head.pictures if pictures else (),
            made={},
        )
        folder = self._folder(fingerprint)
        try:
            self._write_head(folder, left)
            _sweep_files(folder, left)
        except OSError as error:
            raise self._refused(error) from error
        return tuple(track.model for track in head.tracks if track not in kept)

    def _is_whole(self, fingerprint: str, file: StoredFile) -> bool:
        try:
            self._read(fingerprint, file)
        except StoreError:
            return False
        return True

    def sweep(self, oldest_s: float = STRAY_S) -> int:
        """Take away what killed writers left, if it is older: drafts, files that no entry names, folders without one.

        How many that were.  Younger ones may be of a writer that is at work.
        """
        if not self.folder.is_dir():
            return 0
        swept, until = sweep(self.folder), time.time() - oldest_s
        for fingerprint in list(self.fingerprints()):
            folder = self._folder(fingerprint)
            with suppress(OSError, StoreError, NotFoundError):
                if folder.stat().st_mtime > until:
                    continue
                if (folder / _HEAD).exists():
                    swept += _sweep_files(folder, self.head(fingerprint))
                else:
                    self.remove(fingerprint)
                    swept += 1
        return swept

    def is_old(self, fingerprint: str, oldest_s: float = STRAY_S) -> bool:
        """Whether an entry was written so long ago that its writer is done with it."""
        try:
            return self._folder(fingerprint).stat().st_mtime <= time.time() - oldest_s
        except OSError:
            return False

    def size(self) -> int:
        """Bytes of all entries."""
        return bytes_in(self.folder)

    def _folder(self, fingerprint: str) -> Path:
        if not _FINGERPRINT.fullmatch(fingerprint):  # it becomes a name on the disk
            raise _not_there(fingerprint)
        return self.folder / fingerprint[:2] / fingerprint

    def _written(self, folder: Path, entry: IndexEntry, older: EntryHead | None) -> EntryHead:
        """The head of an entry whose files are on the disk."""
        tracks = {track.model.id: self._keep_track(folder, track) for track in entry.tracks}
        for kept in () if older is None else older.tracks:
            fresh = tracks.get(kept.model.id)
            if (fresh is None or fresh.samples < kept.samples) and (folder / kept.file.name).is_file():
                tracks[kept.model.id] = kept
        said, read = entry.transcript, entry.screen_text
        if older is not None and older.words is not None and (said is None or read is None):
            with suppress(StoreError):
                known = self._words(entry.fingerprint, older.words)
                said, read = said or known.transcript, read or known.screen_text
        words = None if said is None and read is None else _Words(said, read)
        data = b"".join(picture.jpeg for picture in entry.thumbnails)
        pictures = tuple((picture.time, len(picture.jpeg)) for picture in entry.thumbnails)
        head = EntryHead(
            media=entry.media,
            tracks=tuple(tracks[name] for name in sorted(tracks)),
            shots=entry.shots,
            recorded=entry.recorded,
            camera=entry.camera,
            made=dict(sorted({**(older.made if older else {}), **entry.made}.items())),
            utterances=None if said is None else len(said.utterances),
            texts=None if read is None else len(read.texts),
            words=None if words is None else _keep(folder, "words", ".json", _canonical(encode(words))),
            thumbnails=_keep(folder, "thumbnails", ".bin", data) if data else None,
            pictures=pictures,
        )
        return _with_older(head, older, folder)

    def _keep_track(self, folder: Path, track: EncodedTrack) -> StoredTrack:
        file = _keep(folder, "vectors", ".npy", npy_bytes(track.vectors))
        return StoredTrack(track.model, TimeRuns.of(track.times), int(track.vectors.shape[1]), file)

    def _write_head(self, folder: Path, head: EntryHead) -> None:
        value = encode(head)
        sealed = {**value, "seal": seal_of(head.media.fingerprint, _canonical(value))}
        atomic_write(folder / _HEAD, _canonical(sealed) + b"\n")

    def _track(self, fingerprint: str, stored: StoredTrack, *, checked: bool) -> EncodedTrack:
        path = self._folder(fingerprint) / stored.file.name
        try:
            if checked:
                self._read(fingerprint, stored.file)
            vectors: Vectors = np.load(path, mmap_mode="r", allow_pickle=False)
            if vectors.shape[1] != stored.dimension:
                raise ValueError("its vectors have another length")
            if checked and not bool(np.all(np.abs(_lengths(vectors) - 1) < UNIT_TOLERANCE)):
                raise ValueError("its vectors have not the length 1")
            return EncodedTrack(stored.model, stored.times.times(), vectors)
        except OSError as error:
            raise damaged(fingerprint, error) from error
        except UNREADABLE as error:
            if isinstance(error, StoreError):
                raise
            raise damaged(fingerprint, error) from error

    def _words(self, fingerprint: str, stored: StoredFile | None) -> _Words:
        if stored is None:
            return _Words()
        data = self._read(fingerprint, stored)
        try:
            words: _Words = decode(_Words, json.loads(data))
        except UNREADABLE as error:
            raise damaged(fingerprint, error) from error
        return words

    def _thumbnails(self, fingerprint: str, head: EntryHead) -> Iterator[Thumbnail]:
        data = b"" if head.thumbnails is None else self._read(fingerprint, head.thumbnails)
        offset = 0
        for at, size in head.pictures:
            yield Thumbnail(at, data[offset : offset + size])
            offset += size

    def _read(self, fingerprint: str, file: StoredFile) -> bytes:
        """The content of a file of an entry."""
        if file.name != Path(file.name).name:
            raise damaged(fingerprint, "it names a file elsewhere")
        try:
            data = (self._folder(fingerprint) / file.name).read_bytes()
        except OSError as error:
            raise damaged(fingerprint, error) from error
        if digest(data) != file.digest:
            raise damaged(fingerprint, f"{file.name} is not what was written")
        return data

    def _refused(self, error: OSError) -> StoreError:
        reason = error.strerror or str(error)
        if is_disk_full(error):
            return StoreError("disk_full", f"No space is left for the index {self.folder}.", "Free some disk space.")
        step = "Check that the folder can be read and written."
        return StoreError("index_unusable", f"The index {self.folder} cannot be used: {reason}.", step)


def damaged(fingerprint: str, why: object) -> StoreError:
    """The error for an entry that is not what was put there."""
    reason = getattr(why, "strerror", None) or str(why) or type(why).__name__
    message = f"The index's entry of the media {fingerprint} is damaged ({str(reason)[:120]})."
    return StoreError("index_damaged", message, "`cuemark library verify` mends it, or says which file to index again.")


def _not_there(fingerprint: str) -> NotFoundError:
    message = f"The index has no entry of the media {fingerprint[:40]!r}."
    return NotFoundError("media_not_indexed", message, "See cuemark library list; cuemark index FILE makes one.")


def _too_new(path: Path) -> StoreError:
    message = f"{path} was written by a newer Cuemark."
    return StoreError("index_too_new", message, "Update Cuemark; the entry is left as it is.")


def _with_older(head: EntryHead, older: EntryHead | None, folder: Path) -> EntryHead:
    """The head, with shots and pictures of an older one where it has none of its own."""
    if older is None:
        return head
    if not head.shots and older.shots:
        head = replace(head, shots=older.shots)
    if head.thumbnails is None and older.thumbnails is not None and (folder / older.thumbnails.name).is_file():
        head = replace(head, thumbnails=older.thumbnails, pictures=older.pictures)
    return head


def _keep(folder: Path, what: str, suffix: str, data: bytes) -> StoredFile:
    """Write a file under a name that its content gives; one that is there already is the same."""
    mark = digest(data)
    path = folder / f"{what}-{mark[:_NAME_DIGITS]}{suffix}"
    if not (path.is_file() and digest(path.read_bytes()) == mark):
        atomic_write(path, data)
    return StoredFile(path.name, len(data), mark)


def _sweep_files(folder: Path, head: EntryHead) -> int:
    """Take away what the head does not name; how many files."""
    named = {_HEAD, *(file.name for file in head.files)}
    swept = 0
    for name in os.listdir(folder):
        if name not in named and not name.startswith("."):  # drafts have their own sweep
            with suppress(OSError):
                (folder / name).unlink()
                swept += 1
    return swept


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _lengths(vectors: Vectors) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    lengths: np.ndarray[tuple[int], np.dtype[np.float32]] = np.linalg.norm(vectors.astype(np.float32), axis=1)
    return lengths
