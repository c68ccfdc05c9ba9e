"""Whether a file that has stopped growing is whole: nobody writes it any more, and what it says of itself is there.

Nothing here reads more than headers: a disk that is being copied from or to has other work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cuemark.core.errors import MediaError
from cuemark.core.text import shown
from cuemark.daemon.watching.scan import mark_at
from cuemark.evidence.speech.given import beside
from cuemark.media.boxes import TOP_BOXES
from cuemark.media.folder import is_other_than_footage

_ACCESS_MODE = getattr(os, "O_ACCMODE", 3)
_MOST_BOXES = 100_000
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_INDEX, _FRAGMENT = b"moov", b"moof"


@dataclass(frozen=True)
class Examined:
    """What was found of files that have stopped growing: which are `held` open for writing, what is missing of which,
    and which are no footage at all (`other`)."""

    held: set[Path]
    faults: dict[Path, MediaError]
    other: set[Path]


def examine(files: list[Path]) -> Examined:
    """How it is with files that have stopped growing."""
    held = written_now(files)
    free = [path for path in files if path not in held]
    faults = {path: fault for path in free if (fault := _fault(path)) is not None}
    return Examined(held, faults, {path for path in free if is_other_than_footage(path)})


def _fault(path: Path) -> MediaError | None:
    try:
        return missing_part(path)
    except OSError:
        return None  # whoever reads it will say


def mark_of_transcript(media: Path) -> str:
    """By what a change of the transcript beside a media file is seen; "" where there is none."""
    found = beside(media)
    mark = None if found is None else mark_at(found)
    return "" if found is None or mark is None else f"{found.name!a} {mark.size} {mark.changed_ns}"


def written_now(paths: Iterable[Path]) -> set[Path]:
    """Those of the files that some process has open for writing, as far as the system tells.

    Linux tells of the processes of one's own account, Windows refuses to open such files; elsewhere nothing is known.
    """
    wanted = list(paths)
    if not wanted:
        return set()
    if sys.platform.startswith("linux"):
        return _open_for_writing(wanted)
    return {path for path in wanted if _is_refused(path)} if os.name == "nt" else set()


def _open_for_writing(paths: list[Path]) -> set[Path]:
    names = {path.name for path in paths}
    inodes = {(found.st_dev, found.st_ino): path for path in paths if (found := _stat(path)) is not None}
    held: set[Path] = set()
    for descriptor, target in _open_files():
        if os.path.basename(target) not in names:
            continue
        found = _stat(Path(descriptor))
        path = None if found is None else inodes.get((found.st_dev, found.st_ino))
        if path is not None and path not in held and _writes(descriptor):
            held.add(path)
    return held


def _open_files() -> Iterator[tuple[str, str]]:
    """(/proc/PID/fd/N, what it is) of every file that processes of this account have open."""
    for pid in os.listdir("/proc"):
        if not pid.isdecimal():
            continue
        folder = f"/proc/{pid}/fd"
        try:
            numbers = os.listdir(folder)
        except OSError:
            continue
        for number in numbers:
            try:
                yield f"{folder}/{number}", os.readlink(f"{folder}/{number}")
            except OSError:
                continue


def _writes(descriptor: str) -> bool:
    try:
        with open(descriptor.replace("/fd/", "/fdinfo/"), encoding="ascii") as facts:
            flags = next(line.split()[1] for line in facts if line.startswith("flags:"))
    except (OSError, StopIteration, IndexError):
        return False
    return int(flags, 8) & _ACCESS_MODE != os.O_RDONLY


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _is_refused(path: Path) -> bool:
    try:
        with path.open("rb"):
            return False
    except PermissionError:
        return True
    except OSError:
        return False


def missing_part(path: Path) -> MediaError | None:
    """What is not there of a file that was not copied to its end; None where nothing is seen to be missing.

    An MP4, MOV or the like says how long each of its parts is, and one of them holds the index; WAV and AVI say the
    length of everything, and so does Matroska, where the recording was ended.  Other kinds have no end that
    could be missing.
    """
    size = path.stat().st_size
    if size == 0:
        return _incomplete(path, "it is empty (0 bytes)")
    with path.open("rb", buffering=0) as file:
        head = file.read(16)
        if head[4:8] in TOP_BOXES:
            return _missing_box(path, size)
    if head[:4] == _EBML:
        return _missing_segment(path, size)
    if head[:4] == b"RIFF" and len(head) >= 12:
        told = int.from_bytes(head[4:8], "little") + 8
        if told < 0xFFFFFFF0 and size + 1 < told:
            return _incomplete(path, f"{size} of {told} bytes are there")
    return None


def _missing_box(path: Path, size: int) -> MediaError | None:
    place, kinds = 0, set()
    with path.open("rb", buffering=0) as file:
        for _ in range(_MOST_BOXES):
            file.seek(place)
            header = file.read(16)
            length, kind = int.from_bytes(header[:4], "big"), header[4:8]
            if len(header) < 8:
                break
            if length == 1 and len(header) == 16:
                length = int.from_bytes(header[8:16], "big")
            if length == 0:
                return None if _INDEX in kinds or kind == _INDEX else _incomplete(path, "its index is not there yet")
            if length < 8:
                return None  # not what it seems: whoever reads it will say
            kinds.add(kind)
            place += length
            if place > size and not (_FRAGMENT in kinds and _INDEX in kinds):
                return _incomplete(path, f"{size} of at least {place} bytes are there")
            if place >= size:
                break
    return None if _INDEX in kinds else _incomplete(path, "its index is not there yet")


def _missing_segment(path: Path, size: int) -> MediaError | None:
    """Of a Matroska or WebM file, whose header is followed by one segment; recordings leave its length open."""
    with path.open("rb", buffering=0) as file:
        head = file.read(4096)
    length, width = _ebml_length(head[4:])
    place = 4 + width + length
    if not width or head[place : place + 4] != _SEGMENT:
        return None
    length, width = _ebml_length(head[place + 4 :])
    end = place + 4 + width + length
    is_open = length == (1 << 7 * width) - 1
    return None if not width or is_open or end <= size else _incomplete(path, f"{size} of {end} bytes are there")


def _ebml_length(data: bytes) -> tuple[int, int]:
    """(value, bytes it takes) of a length as EBML writes it (RFC 8794, 4); (0, 0) where there is none."""
    if not data or not data[0]:
        return 0, 0
    width = 9 - data[0].bit_length()
    return int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1), width


def _incomplete(path: Path, what: str) -> MediaError:
    message = f"{shown(path)} is not whole: {what}."
    return MediaError("media_incomplete", message, "Copy it to its end: it is looked at again when it changes.")
