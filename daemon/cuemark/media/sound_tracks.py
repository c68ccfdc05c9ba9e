"""The sound tracks of a media: what each is, which one people hear, and why one cannot be decoded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import MediaError, Notice, OptionError
from cuemark.core.languages import language_code
from cuemark.core.media import MediaInfo
from cuemark.core.text import shown
from cuemark.media.encryption import is_encrypted_sound, sound_encrypted
from cuemark.media.source import open_media

_NUMBER = re.compile(r"\d{1,6}(\.\d{1,9})?", re.ASCII)
_NOTABLE = Fraction(1)
"""Seconds by which lengths of sound and pictures differ before anybody wants to know."""

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer


@dataclass(frozen=True)
class SoundInfo:
    """One sound track.  `index` is the number of its stream, `number` that of the track among sound tracks, from 1.

    `start` is when the container says it begins, in seconds from the first picture: negative before it.  `duration` is
    what the container says, 0 where it does not.  `codec` is FFmpeg's name, "" for one it does not know; `language` an
    ISO 639 code or "".  `is_main` is False for commentary and for descriptions, `is_default` as the file is marked.
    """

    index: int
    codec: str
    rate: int
    channels: int
    language: str
    title: str
    start: Fraction
    duration: Fraction
    number: int = 1
    is_default: bool = False
    is_main: bool = True
    is_encrypted: bool = False

    def __str__(self) -> str:
        channels = f"{self.channels} channel{'' if self.channels == 1 else 's'}" if self.channels else ""
        details = [self.codec or "unknown codec", channels]
        return f"sound track {self.number} ({', '.join(filter(None, [*details, self.language, self.title]))})"


def sound_streams(info: MediaInfo) -> tuple[SoundInfo, ...]:
    """All sound tracks of a probed media, in the order of the file.  MediaError as for `open_media`."""
    with open_media(info.path) as container:
        return tracks_in(container, info.path, info.start_time)


def tracks_in(container: InputContainer, path: Path, zero: Fraction = Fraction(0)) -> tuple[SoundInfo, ...]:
    """All sound tracks of an open container; starts are counted from container time `zero`."""
    streams = container.streams.audio
    return tuple(_described(container, stream, number, path, zero) for number, stream in enumerate(streams, 1))


def best_sound(streams: Sequence[SoundInfo], language: str | None = None) -> SoundInfo | None:
    """The one people hear: that can be decoded, in `language` if one is, no commentary, the default, the first."""
    return max(streams, key=lambda one: _preference(one, language), default=None)


def chosen_sound(
    streams: Sequence[SoundInfo], number: int | None, path: Path, language: str | None = None
) -> SoundInfo | None:
    """Sound track `number` (from 1); None asks for the best.  None for a media without sound.

    OptionError `option_sound_track` for a number it does not have.
    """
    if number is None or not streams:
        return best_sound(streams, language)
    if number > len(streams):
        are = "is one sound track" if len(streams) == 1 else f"are {len(streams)} sound tracks"
        listed = "; ".join(str(one) for one in streams)
        raise OptionError(
            "option_sound_track", f"There {are} in {shown(path)}, and no number {number}.", f"Choose from: {listed}."
        )
    return streams[number - 1]


def track_notices(
    info: MediaInfo, tracks: Sequence[SoundInfo], heard: SoundInfo, asked: int | None = None
) -> tuple[Notice, ...]:
    """What to say of the track that is listened to: that there are others, and that it is not as long as the pictures.

    `asked` is the number of the track that the user asked for.
    """
    name, told = shown(info.path), []
    if asked is None and len(tracks) > 1:
        text = f"Of the {len(tracks)} sound tracks of {name}, {heard} is listened to; --sound-track chooses another."
        told.append(Notice("several_sound_tracks", text))
    more = heard.start + heard.duration - info.duration
    if not info.has_picture or info.jumps or not heard.duration:
        return tuple(told)
    if more > _NOTABLE:
        text = (
            f"The sound of {name} goes on for {float(more):.1f} s behind its last picture: what is said there is in "
            "the transcript, and no moment is made of it."
        )
        told.append(Notice("sound_longer", text))
    if -more > _NOTABLE:
        text = f"The sound of {name} ends {float(-more):.1f} s before its pictures; behind it nothing can be heard."
        told.append(Notice("sound_shorter", text))
    return tuple(told)


def check_decodable(track: SoundInfo, path: Path) -> None:
    """MediaError `sound_encrypted`, `sound_codec_not_supported`."""
    if track.is_encrypted:
        raise sound_encrypted(path)
    if not track.codec:
        message = f"The sound of {shown(path)} is coded in a way that cannot be decoded here."
        step = "Convert its sound to AAC, FLAC or WAV to have it heard; its pictures do not need it."
        raise MediaError("sound_codec_not_supported", message, step)


def _preference(one: SoundInfo, language: str | None) -> tuple[bool, bool, bool, bool, int]:
    speaks = bool(language) and _primary(one.language) == _primary(language or "")
    return bool(one.codec) and not one.is_encrypted, speaks, one.is_main, one.is_default, -one.index


def _primary(language: str) -> str:
    code = language.lower().replace("_", "-").partition("-")[0]
    return language_code(code) or code


def _described(container: InputContainer, stream: AudioStream, number: int, path: Path, zero: Fraction) -> SoundInfo:
    import av

    marks = av.stream.Disposition
    aside = marks.comment | marks.visual_impaired | marks.hearing_impaired | marks.descriptions | marks.karaoke
    context, base = stream.codec_context, stream.time_base or Fraction(1)
    title = " ".join(stream.metadata.get("title", "").split())
    start = stream.start_time * base - zero if stream.start_time is not None else Fraction(0)
    whole = Fraction(container.duration or 0, 1_000_000)
    return SoundInfo(
        index=stream.index,
        codec="" if context is None else context.name,
        rate=0 if context is None else context.sample_rate,
        channels=0 if context is None else context.channels,
        language="" if stream.language in (None, "und") else str(stream.language),
        title=title,
        start=start,
        duration=stream.duration * base
        if stream.duration
        else _tagged(stream) or max(whole - max(start, Fraction(0)), Fraction(0)),
        number=number,
        is_default=bool(stream.disposition & marks.default),
        is_main=not stream.disposition & aside and "commentary" not in title.lower(),
        is_encrypted=is_encrypted_sound(container, stream, path),
    )


def _tagged(stream: AudioStream) -> Fraction:
    """Matroska has no length of its own for a track; who writes it puts one into a tag: 00:01:02.345000000.

    MKVToolNix, which leaves statistics beside it, means the length; FFmpeg means the time at which the track ends.
    """
    parts = stream.metadata.get("DURATION", "").split(":")
    if len(parts) != 3 or not all(_NUMBER.fullmatch(part) for part in parts):
        return Fraction(0)
    hours, minutes, seconds = map(Fraction, parts)
    told = hours * 3600 + minutes * 60 + seconds
    is_length = any(name.startswith("_STATISTICS") for name in stream.metadata)
    begun = Fraction(0) if is_length else (stream.start_time or 0) * (stream.time_base or Fraction(1))
    return max(told - max(begun, Fraction(0)), Fraction(0))
