"""Which videos a path the user names stands for."""

from __future__ import annotations

import os
from pathlib import Path

from cuemark.core.errors import MediaError
from cuemark.core.text import shown
from cuemark.media.source import stat_media, unreadable

VIDEO_SUFFIXES = frozenset(
    [
        ".3g2",
        ".3gp",
        ".asf",
        ".avi",
        ".dv",
        ".f4v",
        ".flv",
        ".gxf",
        ".m1v",
        ".m2t",
        ".m2ts",
        ".m2v",
        ".m4v",
        ".mj2",
        ".mkv",
        ".mod",
        ".mov",
        ".mp4",
        ".mpe",
        ".mpeg",
        ".mpg",
        ".mts",
        ".mxf",
        ".nut",
        ".ogm",
        ".ogv",
        ".qt",
        ".rm",
        ".rmvb",
        ".tod",
        ".ts",
        ".vob",
        ".webm",
        ".wmv",
        ".y4m",
    ]
)
"""What counts as a video inside a folder; a file named directly is tried whatever its name."""


def find_videos(path: Path) -> list[Path]:
    """The file itself, or all video files below the folder, sorted; hidden files and links to folders are left out.

    MediaError: media_not_found, media_unreadable, media_is_empty (a file of 0 bytes), no_video_in_folder.
    """
    if not _is_folder(path):
        stat_media(path)
        return [path]
    failed: list[OSError] = []
    found: list[Path] = []
    for folder, folders, files in os.walk(path, onerror=failed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder, name) for name in files if _is_video_name(name)]
    if not found and failed:
        raise unreadable(path, failed[0]) from failed[0]
    if not found:
        message = f"The folder {shown(path)} holds no video files."
        raise MediaError("no_video_in_folder", message, "Name a folder with footage, or a file.")
    return sorted(found)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def _is_video_name(name: str) -> bool:
    # "._clip.mov" is a Mac's resource fork of clip.mov, not footage.
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in VIDEO_SUFFIXES
