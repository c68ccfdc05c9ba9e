"""Which files of a folder are footage or sound: told by name, and where that may mean other things, by first bytes."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from pathlib import Path

from cuemark.core.errors import MediaError
from cuemark.core.files import unreadable
from cuemark.core.media import FoundVideos
from cuemark.core.text import shown
from cuemark.media.source import stat_media

VIDEO_SUFFIXES = frozenset(
    {
        ".3g2", ".3gp", ".asf", ".avi", ".dv", ".f4v", ".flv", ".gxf", ".m1v", ".m2t", ".m2ts", ".m2v", ".m4v", ".mj2",
        ".mkv", ".mod", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mts", ".mxf", ".nut", ".ogm", ".ogv", ".qt", ".rm",
        ".rmvb", ".tod", ".ts", ".vob", ".webm", ".wmv", ".y4m",
    }
)  # fmt: skip
"""What counts as a video inside a folder; a file named directly is tried whatever its name."""

SOUND_SUFFIXES = frozenset(
    {
        ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".au", ".bwf", ".caf", ".eac3", ".flac", ".m4a", ".m4b",
        ".mka", ".mp2", ".mp3", ".mpga", ".oga", ".ogg", ".opus", ".rf64", ".spx", ".w64", ".wav", ".weba", ".wma",
        ".wv",
    }
)  # fmt: skip
"""What counts as a recording of sound alone inside a folder."""

OF_CAMERAS = frozenset(
    {
        ".360", ".ari", ".arx", ".braw", ".cine", ".crm", ".dav", ".insv", ".mlv", ".nev", ".r3d", ".rmf", ".svo",
        ".svo2", ".vpx", ".x3v",
    }
)  # fmt: skip
"""Footage of cameras' own kinds, which nothing here reads as it is meant: raw pictures, spheres in parts."""

_ALSO_OTHER_THINGS = frozenset({".au", ".dv", ".mod", ".mpe", ".mts", ".nut", ".qt", ".rm", ".tod", ".ts", ".vob"})
"""Names of programs' text (TypeScript, Go, Squirrel, Qt), modules of music and of compilers as well."""
_HEAD_BYTES = 4096
_TRACKERS = frozenset({b"M.K.", b"M!K!", b"M&K!", b"FLT4", b"FLT8", b"4CHN", b"6CHN", b"8CHN", b"OCTA", b"CD81"})
_TRACKER_MARK = slice(1080, 1084)
_OTHER_FILES = (b"\x1f\x8b", b"PK\x03\x04", b"\x7fELF", b"%PDF", b"\xff\xfe", b"\xfe\xff")
"""How compressed files, archives, programs, documents and UTF-16 text begin."""


_UNFINISHED = frozenset({".incomplete", ".part", ".partial", ".temp", ".tmp"})
"""What copy programs append to a name, or put before its suffix, until a file is whole."""
_ENDS_OF_COPIES = _UNFINISHED | {
    ".!ut", ".aria2", ".crdownload", ".download", ".dtapart", ".filepart", ".opdownload", ".unfinished", ".uploading",
}  # fmt: skip
"""The same, and what browsers append."""


def is_footage_name(name: str) -> bool:
    """Whether a file of this name counts as pictures or sound inside a folder, and is no copy under way."""
    stem, suffix = os.path.splitext(name.lower())
    counts = suffix in VIDEO_SUFFIXES or suffix in SOUND_SUFFIXES
    return counts and not name.startswith((".", "~")) and os.path.splitext(stem)[1] not in _UNFINISHED


def is_copy_name(name: str) -> bool:
    """Whether a name is footage's while it is copied: clip.mov.part, .clip.mov.Xa81bq, ~clip.mov, clip.tmp.mov."""
    parts = {f".{part}" for part in name.lower().rstrip("~").split(".")[1:]}
    if name.startswith("._") or is_footage_name(name) or not parts & (VIDEO_SUFFIXES | SOUND_SUFFIXES):
        return False
    return name.startswith((".", "~")) or name.endswith("~") or bool(parts & _ENDS_OF_COPIES)


def is_camera_raw_name(name: str) -> bool:
    """Whether it is the name of footage of a camera's own kind, which nothing here reads."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in OF_CAMERAS


def may_be_other_than_footage(name: str) -> bool:
    """Whether a name may mean footage, and other things as well: .ts is TypeScript's, too."""
    return os.path.splitext(name)[1].lower() in _ALSO_OTHER_THINGS


def is_other_than_footage(path: Path) -> bool:
    """Whether a file whose name may mean footage is a program's text, an archive or the like, by its first bytes."""
    return _is_something_else(path)


def find_videos(path: Path) -> list[Path]:
    """The videos of `search`."""
    return list(search(path).videos)


def search(path: Path) -> FoundVideos:
    """The file itself, or all files of pictures or of sound below the folder, without hidden files and linked folders.

    MediaError: media_not_found, media_unreadable, media_is_empty (a file of 0 bytes), no_video_in_folder.
    """
    if not _is_folder(path):
        stat_media(path)
        return FoundVideos((path,))
    failed: list[OSError] = []
    files = list(_files(path, failed))
    media = VIDEO_SUFFIXES | SOUND_SUFFIXES
    videos = sorted(file for file in files if _suffix(file) in media and not _is_something_else(file))
    passed_over = tuple(sorted(file for file in files if _suffix(file) in OF_CAMERAS))
    if not videos and failed:
        raise unreadable(path, failed[0]) from failed[0]
    if not videos:
        message = f"The folder {shown(path)} holds no video and no sound files."
        step = "Name a folder with footage, or a file."
        if passed_over:
            message = f"The folder {shown(path)} holds no video files but {FoundVideos.names(passed_over)}."
            step = "Footage of that kind cannot be read here: export it as ProRes or H.264 first."
        raise MediaError("no_video_in_folder", message, step)
    return FoundVideos(tuple(videos), passed_over)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def _files(path: Path, failed: list[OSError]) -> Iterator[Path]:
    for folder, folders, files in os.walk(path, onerror=failed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        # "._clip.mov" is a Mac's resource fork of clip.mov, not footage.
        yield from (Path(folder, name) for name in files if not name.startswith("."))


def _suffix(path: Path) -> str:
    return os.path.splitext(path.name)[1].lower()


def _is_something_else(path: Path) -> bool:
    """Whether a file whose name may mean a video is none: text, or what begins as other files do.

    What cannot be read, or is not known, is left to those who analyse it, who can say what is wrong with it.
    """
    if _suffix(path) not in _ALSO_OTHER_THINGS:
        return False
    try:
        if not path.is_file():  # to open a pipe would wait for whoever writes it
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return head.startswith(_OTHER_FILES) or head[_TRACKER_MARK] in _TRACKERS or _is_text(head)


def _is_text(head: bytes) -> bool:
    """Whether bytes are the beginning of a text, or nothing at all; recordings hold zeros, and bytes of no text."""
    if b"\0" in head:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return True
