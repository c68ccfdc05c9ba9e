"""The options of an analysis on the command line, for `analyze` and `resolve analyze` alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli.options import limits, moments, plain, positive_rate

if TYPE_CHECKING:
    from cuemark.core.jobs import AnalyzeOptions

MomentCount = Annotated[str, typer.Option("--moments", metavar="N|auto", help="Moments to find in each file.")]
Preset = Annotated[
    str | None, typer.Option(metavar="P", help="fast, balanced, thorough, joint or paper.", show_default="balanced")
]
ImageModel = Annotated[
    str | None, typer.Option("--clip", metavar="X", help="Image model: sample, light, paper, or an open_clip folder.")
]
LanguageModel = Annotated[
    str | None,
    typer.Option("--lm", metavar="Y", help="Language model: sample, light, paper, or a Hugging Face folder."),
]
SampleFps = Annotated[
    str | None, typer.Option(metavar="R", help="Frames looked at a second.", show_default="by duration")
]


def analyze_options(
    moments_text: str,
    preset: str | None,
    clip: str | None,
    lm: str | None,
    sample_fps: str | None,
    seed: int | None,
    vram: str | None,
    gentle: bool | None,
) -> AnalyzeOptions:
    """What the words of the command line ask for; typer.BadParameter or OptionError for what cannot be."""
    from cuemark.core.jobs import AnalyzeOptions

    return AnalyzeOptions(
        moments=moments(moments_text),
        preset=None if preset is None else plain(preset, "--preset"),
        clip=clip,
        lm=lm,
        sample_rate=positive_rate(sample_fps, "--sample-fps"),
        seed=seed,
        **limits(vram, gentle),
    )
