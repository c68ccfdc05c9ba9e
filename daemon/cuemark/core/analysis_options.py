"""The options of an analysis, in one table: the fields of `AnalysisOptions`.

A field says its type, range and help, the words of the command line, where its default comes from, and whether it
stands in the analysis's record.  All of these are made from it: the contract's message, the options of `analyze` and
`resolve analyze` and their help, the checks, and the record.  To add an option, add a field, and the code that uses it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from cuemark.core.errors import CuemarkError, OptionError
from cuemark.core.label_set import LabelSet
from cuemark.core.limits import MemoryLimit
from cuemark.core.options import Option, Range, check, tunable, walk
from cuemark.core.settings import Settings
from cuemark.core.typed_text import AUTO, text_of, value_of
from cuemark.core.typed_times import looks_like_times
from cuemark.core.vision_language import VlmSource, vlm_source

PRESETS = ("fast", "balanced", "thorough", "joint", "paper")
DEFAULT_PRESET = "balanced"
CAPTIONERS = ("lexicon", "beam", "vlm")
DEFAULT_CAPTIONER = "lexicon"
AUTOMATIC, SWITCHED_ON, SWITCHED_OFF = SCREEN_TEXT = ("auto", "on", "off")
NO_TRANSCRIPT = "none"
"""In place of a transcript's file: those that would be found beside the footage or in it are passed over."""
TIMELINE_TRANSCRIPT = "timeline"
"""The same: what the subtitles of an editor's timeline say of the file, where one is analysed from a timeline."""
OWN_CHAPTERS = "file"
"""In place of times of chapters: those that the footage's own container holds."""
TITLE_STYLES = ("phrase", "question", "keywords")
DEFAULT_TITLE_STYLE = "phrase"
TITLES_BY = ("lm", "words", "vlm")
DEFAULT_TITLES_BY = "lm"
MOST_MOMENTS = 500
MOST_CHAPTERS = 500
MOST_SOUND_TRACKS = 256
HIGHEST_SAMPLE_RATE = Fraction(120)


@dataclass(frozen=True)
class Use:
    """What an option of an analysis is to the command line, to the settings and to the record.

    `metavar` and `unset` (what happens without it) are words of its help; `flag` is needed where it is not the name
    with dashes.  `setting` names the field of Settings that holds where the user says nothing.  `recorded` is what the
    record says then ("": nothing); options with None change how long an analysis takes, never what is found, and are
    not recorded.  What only one command asks for, in words of its own, has that command's name in `command`.
    """

    metavar: str = ""
    unset: str = ""
    flag: str = ""
    setting: str = ""
    recorded: str | None = None
    command: str = ""


@dataclass(frozen=True)
class ModelRole:
    """What a model is used for, as the command line asks for it; `label` names such a model within a sentence."""

    metavar: str
    label: str
    help: str


MODEL_ROLES: dict[str, ModelRole] = {
    "clip": ModelRole("X", "image model", "Image model: a name of `cuemark models list`, or an open_clip folder."),
    "lm": ModelRole("Y", "language model", "Language model: a name of `models list`, or a Hugging Face folder."),
}


@dataclass(frozen=True)
class AnalysisOptions:
    """What the user asked of an analysis; None leaves the choice to the daemon.

    `models` gives roles a registry name or an absolute folder; `settings` gives tunables of the search, by dotted name,
    a value as text (`walk` of the search's own options lists them).
    """

    moments: int | None = tunable(
        None,
        help="Moments to find in each file.",
        low=1,
        high=MOST_MOMENTS,
        code="option_moments",
        problem="The number of moments must be {range}, not {value}.",
        advice="Give --moments such a number, or `auto`.",
        use=Use(metavar="N|auto", unset="auto", recorded="auto"),
    )
    preset: str | None = tunable(
        None,
        help=f"{Range(choices=PRESETS)}.",
        choices=PRESETS,
        code="option_preset",
        problem="There is no preset {value!r}.",
        advice=f"Use one of {', '.join(PRESETS)}.",
        use=Use(metavar="P", unset=DEFAULT_PRESET, recorded=DEFAULT_PRESET),
    )
    models: dict[str, str] = field(default_factory=dict)
    captioner: str | None = tunable(
        None,
        help=f"{Range(choices=CAPTIONERS)}: who writes captions; vlm needs --vlm.",
        choices=CAPTIONERS,
        code="option_captioner",
        problem="There is no captioner {value!r}.",
        advice=f"Use one of {', '.join(CAPTIONERS)}.",
        use=Use(metavar="C", unset=DEFAULT_CAPTIONER, recorded=DEFAULT_CAPTIONER),
    )
    vlm: str | None = tunable(
        None,
        help="Vision-language model: a local server (http://127.0.0.1:11434) or a Hugging Face folder.",
        code="option_vlm",
        use=Use(metavar="URL|FOLDER", recorded=""),
    )
    vlm_model: str | None = tunable(
        None,
        help="Its name on that server.",
        code="option_vlm_model",
        use=Use(metavar="NAME", unset="the server's own", recorded=""),
    )
    vlm_host: str | None = tunable(
        None,
        help="Another machine that may be sent pictures for --vlm.",
        code="option_vlm_host",
        use=Use(metavar="HOST", unset="only this one", setting="vlm_host"),
    )
    speech: str | None = tunable(
        None,
        help="Speech model: a name of `models list`, a folder, auto (where one is pulled) or off.",
        code="option_speech",
        use=Use(metavar="NAME|auto|off", unset="auto", recorded=""),
    )
    language: str | None = tunable(
        None,
        help="Language that is spoken, as in en, de, fr.",
        code="option_language",
        use=Use(metavar="CODE", unset="found", recorded=""),
    )
    sound_track: int | None = tunable(
        None,
        help="Sound track that is listened to, from 1.",
        low=1,
        high=MOST_SOUND_TRACKS,
        code="option_sound_track",
        problem="Sound tracks are counted {range}, not {value}.",
        advice="Give --sound-track such a number, or leave it out: then the best one is chosen.",
        use=Use(metavar="N", unset="the best", recorded=""),
    )
    transcript: str | None = tunable(
        None,
        help="Transcript of the file: SRT, WebVTT, Whisper or podcast JSON; none ignores those found, timeline takes "
        "the timeline's subtitles (`resolve analyze`).",
        code="option_transcript",
        use=Use(metavar="FILE|none", unset="one beside the file, or in it", recorded=""),
    )
    screen_text: str | None = tunable(
        None,
        help=f"{Range(choices=SCREEN_TEXT)}: read what is written in the pictures.",
        choices=SCREEN_TEXT,
        code="option_screen_text",
        problem="There is no way {value!r} to read screen text.",
        advice=f"Use one of {', '.join(SCREEN_TEXT)}.",
        use=Use(metavar="auto|on|off", unset="auto", recorded=""),
    )
    shots: bool | None = tunable(
        None,
        help="Find shots too: cuts, sizes, camera moves.",
        use=Use(unset="--no-shots", recorded=""),
    )
    labels: LabelSet | None = tunable(
        None,
        help='Mark these instead: "kiss; car crash", or a file of labels (`cuemark label --help`).',
        code="option_labels",
        use=Use(metavar="WORDS|FILE", recorded=""),
    )
    chapters: int | None = tunable(
        None,
        help="Chapters of each file, where so many fit.",
        low=1,
        high=MOST_CHAPTERS,
        code="option_chapters",
        problem="The number of chapters must be {range}, not {value}.",
        advice="Give --chapters such a number, or `auto`.",
        use=Use(metavar="N|auto", unset="auto", recorded=""),
    )
    chapter_length: Fraction | None = tunable(
        None,
        help="Shortest chapter in seconds; players take none under 10.",
        above=0,
        high=86_400,
        code="option_chapter_length",
        problem="The shortest chapter must be {range} seconds, not {value}.",
        advice="Give --chapter-length such a number; YouTube takes no chapter under 10 seconds.",
        use=Use(metavar="S", unset="10", recorded=""),
    )
    chapters_at: str | None = tunable(
        None,
        help="Where chapters begin: times, `file`, or an EDL, OTIO file or list of times.",
        code="option_chapters_at",
        use=Use(recorded="", command="chapters"),
    )
    chapter_titles: str | None = tunable(
        None,
        help="File with titles of chapters to find, one a line.",
        code="option_chapter_titles",
        use=Use(recorded="", command="chapters"),
    )
    any_order: bool | None = tunable(
        None,
        help="Whether given titles may happen in any order.",
        code="option_any_order",
        use=Use(recorded="", command="chapters"),
    )
    title_style: str | None = tunable(
        None,
        help=f"{Range(choices=TITLE_STYLES)}: form of the titles of what is said.",
        choices=TITLE_STYLES,
        code="option_title_style",
        problem="There is no style of titles {value!r}.",
        advice=f"Use one of {', '.join(TITLE_STYLES)}.",
        use=Use(metavar="S", unset=DEFAULT_TITLE_STYLE, recorded=""),
    )
    titles_by: str | None = tunable(
        None,
        help=f"{Range(choices=TITLES_BY)}: who writes the titles of what is said; vlm needs --vlm.",
        choices=TITLES_BY,
        code="option_titles_by",
        problem="Nobody called {value!r} writes titles.",
        advice=f"Use one of {', '.join(TITLES_BY)}.",
        use=Use(metavar="W", unset=DEFAULT_TITLES_BY, recorded=""),
    )
    sample_rate: Fraction | None = tunable(
        None,
        help="Frames looked at a second.",
        above=0,
        high=HIGHEST_SAMPLE_RATE,
        code="option_sample_fps",
        problem="The sampling rate {value} is not {range} frames a second.",
        advice="2 or 3 is plenty for most footage.",
        use=Use(metavar="R", unset="by duration", flag="--sample-fps", recorded="auto"),
    )
    seed: int | None = tunable(
        None,
        help="The same seed gives the same result.",
        low=0,
        high=2**63 - 1,
        code="option_seed",
        advice="Give --seed such a number.",
        use=Use(metavar="S", recorded="0"),
    )
    min_confidence: Fraction | None = tunable(
        None,
        help="Least confidence, 0 to 1, to name a moment.",
        low=0,
        high=1,
        code="option_min_confidence",
        problem="The least confidence must be {range}, not {value}.",
        advice="Give --min-confidence such a number: 0 names every moment, higher ones only the surer.",
        use=Use(metavar="P", unset="the captioner's", recorded="auto"),
    )
    vram: MemoryLimit | None = tunable(
        None,
        help="Most GPU memory to fill: 2G, 1536MiB, 50%.",
        code="option_vram",
        use=Use(metavar="SIZE", unset="all", setting="vram"),
    )
    gentle: bool | None = tunable(
        None,
        help="Make room for the editor beside it.",
        use=Use(unset="--no-gentle", setting="gentle"),
    )
    growing: bool | None = tunable(
        None,
        help="Take the file as far as it is, though it is still being recorded.",
        use=Use(command="watch"),
    )
    settings: dict[str, str] = field(default_factory=dict)


def use_of(option: Option) -> Use:
    """What the table says of an option beside type, range and help."""
    assert isinstance(option.tunable.use, Use)
    return option.tunable.use


def given(options: AnalysisOptions) -> Iterator[Option]:
    """The options that have a value, less models and settings."""
    return (option for option in walk(options) if option.value is not None)


def to_texts(options: AnalysisOptions) -> dict[str, str]:
    """What is given, less models and settings, by name and as text: how it travels."""
    return {option.name: text_of(option.value) for option in given(options)}


def from_texts(
    texts: Mapping[str, str], models: Mapping[str, str] | None = None, settings: Mapping[str, str] | None = None
) -> AnalysisOptions:
    """The options that `to_texts` wrote.

    OptionError `option_unknown` for a name the table does not have; the option's own code for what is no value of it.
    Ranges are `checked`'s.
    """
    known = {option.name: option for option in walk(AnalysisOptions())}
    values: dict[str, Any] = {}
    for name, text in texts.items():
        if name not in known:
            problem = f"An analysis has no option {name!r}."
            raise OptionError("option_unknown", problem, f"Its options are {', '.join(known)}.")
        try:
            values[name] = value_of(known[name].kind, text)
        except ValueError:
            raise known[name].refusal(text) from None
    return AnalysisOptions(models=dict(models or {}), settings=dict(settings or {}), **values)


def checked(options: AnalysisOptions) -> AnalysisOptions:
    """`options` unchanged; OptionError with the option's code for a value it cannot have, `option_models` for a role.

    Names and values of `settings` belong to the search, which checks them where it is composed.
    """
    for role in options.models:
        if role not in MODEL_ROLES:
            problem = f"No model is used as {role!r}."
            raise OptionError("option_models", problem, f"Models are used as {' and '.join(MODEL_ROLES)}.")
    if options.vram is not None:
        options.vram.checked()
    check(options)
    vision_language_model(options)
    return options


def check_labels(options: AnalysisOptions) -> None:
    """OptionError `labels_alone` where something else is asked of a search for labels, which finds nothing else."""
    if options.labels is None:
        return
    others = ("captioner", "vlm", "chapters", "chapter_length", "chapters_at", "chapter_titles", "titles_by")
    for name in others:
        if getattr(options, name) not in (None, DEFAULT_CAPTIONER, DEFAULT_TITLES_BY):
            problem = f"Labels are looked for by themselves: there is nothing for {name.replace('_', ' ')} to do."
            raise OptionError("labels_alone", problem, "Leave it out, or run `cuemark analyze` without --labels.")


def vision_language_model(options: AnalysisOptions) -> VlmSource | None:
    """The model that `options` ask for captions or titles; None where they ask for none.

    OptionError `vlm_missing` where it is not said, `vlm_unused` where nobody asks it, or the code of what is wrong.
    """
    if "vlm" in (options.captioner, options.titles_by):
        if not options.vlm:
            asking = "--captioner vlm" if options.captioner == "vlm" else "--titles-by vlm"
            step = "Add --vlm http://127.0.0.1:11434 (or where your server is), or --vlm FOLDER."
            raise OptionError("vlm_missing", f"{asking} needs a vision-language model.", step)
        return vlm_source(options.vlm, options.vlm_model, options.vlm_host)
    if options.vlm or options.vlm_model:
        said = "--vlm" if options.vlm else "--vlm-model"
        problem = (
            f"{said} names a vision-language model, but the captioner is {options.captioner or DEFAULT_CAPTIONER}."
        )
        raise OptionError("vlm_unused", problem, f"Add --captioner vlm or --titles-by vlm, or leave {said} out.")
    return None


def absolute_transcript(named: str) -> str:
    """The file of `--transcript` as a whole path, the user's home spelled out; `none` as it is."""
    return named if named == NO_TRANSCRIPT else os.path.abspath(os.path.expanduser(named))


def absolute_borders(named: str) -> str:
    """Where chapters begin, as the daemon must be told it: times and `file` as they are, a file as a whole path."""
    if named == OWN_CHAPTERS or looks_like_times(named):
        return named
    return os.path.abspath(os.path.expanduser(named))


def with_settings(options: AnalysisOptions, settings: Settings) -> AnalysisOptions:
    """`options` with what the user's settings ask of every analysis that does not say.

    A default model of the settings counts as named, for each role that has no name.
    """
    missing = {option.name: use_of(option).setting for option in walk(options) if option.value is None}
    filled: dict[str, Any] = {name: getattr(settings, own) or None for name, own in missing.items() if own}
    if settings.default_model != AUTO:
        filled["models"] = {**dict.fromkeys(MODEL_ROLES, settings.default_model), **options.models}
    return replace(options, **filled)


def record(options: AnalysisOptions) -> dict[str, str]:
    """What an analysis says of how it was asked for: every option that has a part in what is found."""
    told = {
        option.name: said if option.value is None else text_of(option.value)
        for option in walk(options)
        if (said := use_of(option).recorded) is not None
    }
    return {**{name: text for name, text in told.items() if text}, **options.settings}


def fits(options: AnalysisOptions, recorded: Mapping[str, str]) -> bool:
    """Whether an analysis with this record is what `options` ask for; what they leave open may be anything.

    Not so labels: an analysis that looked for these is none of what happens in the footage, and the other way round.
    """
    asked = {option.name: text_of(option.value) for option in given(options) if use_of(option).recorded is not None}
    asked.pop("labels", None)
    return all(recorded.get(name) == text for name, text in {**asked, **options.settings}.items()) and (
        same_labels(options.labels, recorded.get("labels", ""))
    )


def same_labels(labels: LabelSet | None, recorded: str) -> bool:
    """Whether an analysis whose record says this of its labels looked for these, taught by the same examples."""
    if labels is None or not recorded:
        return labels is None and not recorded
    try:
        return LabelSet.parse(recorded).without_vectors() == labels.without_vectors()
    except CuemarkError:  # a record of another version
        return False
