"""`python -m cuemark.lab.pocket.film CLIPS`: makes the real film of `cuemark demo` from clips in the public domain.

CLIPS is a folder with rabbit.mp4, crystal.mp4, frog.mp4 of MDN's learning area (github.com/mdn/learning-area, CC0 1.0,
javascript/apis/client-side-storage/indexeddb/video-store/videos): small figures on a wooden table, filmed by hand.  The
other clips there show figures of somebody else's design and are left out.  Needs the command ffmpeg.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

FILM = Path(__file__).parent / "film" / "figures.mp4"
#: Clips in their order: the seconds that are taken of each, and how much of the picture, about its middle.
CLIPS = (("rabbit", 3.0, 7.7, 0.7), ("crystal", 7.6, 11.9, 1.0), ("frog", 1.5, 7.5, 0.7))
WIDTH, HEIGHT, RATE = 480, 320, 25


def main() -> None:
    """Splice the clips and encode them small: H.264, 25 frames a second, no sound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, metavar="CLIPS")
    parser.add_argument("out", type=Path, nargs="?", default=FILM, metavar="OUT")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(command(options.clips, options.out), check=True)


def command(clips: Path, out: Path) -> list[str]:
    """The ffmpeg command line."""
    given = [part for name, *_ in CLIPS for part in ("-i", str(clips / f"{name}.mp4"))]
    cuts = [
        f"[{at}:v]trim={start}:{end},setpts=PTS-STARTPTS,fps={RATE},crop=iw*{part}:ih*{part},"
        f"scale={WIDTH}:{HEIGHT},setsar=1[v{at}]"
        for at, (_, start, end, part) in enumerate(CLIPS)
    ]
    joined = "".join(f"[v{at}]" for at in range(len(CLIPS))) + f"concat=n={len(CLIPS)}:v=1:a=0[film]"
    coded = [
        "-c:v",
        "libx264",
        "-preset",
        "veryslow",
        "-crf",
        "29",
        "-pix_fmt",
        "yuv420p",
        "-an",
        "-movflags",
        "+faststart",
        "-map_metadata",
        "-1",
    ]
    wiring = ["-filter_complex", ";".join([*cuts, joined]), "-map", "[film]"]
    wiring = ["-filter_complex", ";".join([*cuts, joined]), "-map", "[film]"]
    return ["ffmpeg", "-v", "error", "-y", *given, *wiring, *coded, str(out)]


if __name__ == "__main__":
    main()
