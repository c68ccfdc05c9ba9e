"""`python -m cuemark.lab.pocket.film CLIPS`: makes the real film of `cuemark demo` from clips that may be passed on.

CLIPS is a folder with bottle-detection.mp4 of Intel's sample videos (github.com/intel-iot-devkit/sample-videos, CC BY
4.0) and rabbit.mp4 of MDN's learning area (github.com/mdn/learning-area, CC0 1.0,
javascript/apis/client-side-storage/indexeddb/video-store/videos).  Needs the command ffmpeg.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

FILM = Path(__file__).parent / "film" / "bottles.mp4"
#: Clips in their order: the seconds that are taken of each, and how much of the picture, about its middle.
CLIPS = (("rabbit", 5.8, 7.8, 0.7), ("bottle-detection", 2.0, 12.0, 1.0))
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
    quality = ["-c:v", "libx264", "-preset", "veryslow", "-crf", "29", "-pix_fmt", "yuv420p", "-an"]
    coded = [*quality, "-movflags", "+faststart", "-map_metadata", "-1"]
    wiring = ["-filter_complex", ";".join([*cuts, joined]), "-map", "[film]"]
    return ["ffmpeg", "-v", "error", "-y", *given, *wiring, *coded, str(out)]


if __name__ == "__main__":
    main()
