"""What a user asked, made into the options of the pipeline's parts, and checked before a job is queued.

Cheap: the daemon calls it, which loads no models.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cuemark.analysis.given_chapters import check_given
from cuemark.captions.vlm.options import VlmOptions
from cuemark.chapters.options import ChapterOptions
from cuemark.core import analysis_options
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import OptionError
from cuemark.core.options import LIST_THEM, Setting, assign, check, described
from cuemark.models.speech.options import SpeechOptions
from cuemark.moments.options import MomentOptions, from_preset, presets_that_read, reads


@dataclass(frozen=True)
class PipelineOptions(MomentOptions):
    """The options of the search for moments, of listening, of a vision-language model, and of the chapters."""

    speech: SpeechOptions = field(default_factory=SpeechOptions)
    vlm: VlmOptions = field(default_factory=VlmOptions)
    chapters: ChapterOptions = field(default_factory=ChapterOptions)


def pipeline_options(options: AnalysisOptions) -> PipelineOptions:
    """The options of the preset, with the user's own over them.

    Raises OptionError for what cannot be, with the code of the option, `option_setting`, or `option_chapters`.
    """
    analysis_options.checked(options)
    analysis_options.check_labels(options)
    check_given(options)
    searched = from_preset(options.preset, options.moments, options.seed, options.min_confidence)
    captioner = "beam" if options.captioner == "beam" else "lexicon"
    wanted = PipelineOptions(**{**vars(searched), "captioner": captioner})
    if options.chapters is not None:
        wanted = replace(wanted, chapters=replace(wanted.chapters, count=options.chapters))
    if options.chapter_length is not None:
        wanted = replace(wanted, chapters=replace(wanted.chapters, min_length=options.chapter_length))
    for name, text in options.settings.items():
        wanted = assign(wanted, name, text)
        if not reads(wanted.preset, name):
            others = " and ".join(presets_that_read(name))
            problem = f"The preset {wanted.preset} has no use for {name}."
            raise OptionError("option_setting", problem, f"Presets that use it: {others}. {LIST_THEM}")
    return check(wanted)


def settings_of(preset: str | None) -> list[Setting]:
    """Everything `settings` of an analysis may set, with the values of a preset as defaults; raises OptionError."""
    options = pipeline_options(AnalysisOptions(preset=preset))
    return [setting for setting in described(options) if reads(options.preset, setting.name)]
