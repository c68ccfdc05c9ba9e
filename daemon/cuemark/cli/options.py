"""Options that commands share, how their text becomes values, and those of an analysis, made from their table."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import typing
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from cuemark.cli import output
from cuemark.cli.guard import run_guarded
from cuemark.core import settings
from cuemark.core.analysis_options import MODEL_ROLES, NO_TRANSCRIPT, AnalysisOptions, use_of, with_settings
from cuemark.core.errors import OptionError
from cuemark.core.label_set import LabelSet
from cuemark.core.options import Number, Option, walk
from cuemark.core.sizes import parse_size
from cuemark.core.typed_text import AUTO, type_words, unwrapped, value_of

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.", is_eager=True)]
# Read first, so that whatever ends the reading of the command line knows how to say so.


VerboseFlag = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also say which device decodes the pictures, and why.")
]


def positive_rate(text: str | None, option: str) -> Fraction | None:
    """A rate in frames a second: `2`, `2.5`, `30000/1001`."""
    if text is None:
        return None
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if value <= 0:
        raise typer.BadParameter(f"{text!r} is no rate above zero such as 2, 2.5 or 30000/1001.", param_hint=option)
    return value


def byte_size(text: str, option: str) -> int:
    """An amount of bytes: `500MB`, `2GB`, `0`."""
    try:
        return parse_size(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no size such as 500MB or 2GB.", param_hint=option) from None


def plain(text: str, hint: str) -> str:
    """Text that must be valid Unicode, such as an id or a title (file names need not be)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise typer.BadParameter(f"{text!r} is not valid text.", param_hint=hint) from None
    return text


_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)")


def time(text: str, rate: Fraction) -> Fraction:
    """A time from the first frame: seconds `75.2`, a clock `1:15.2` or `0:01:15.2`, or a frame `1880f` at `rate`."""
    if re.fullmatch(r"\d+f", text):
        return Fraction(int(text[:-1])) / rate
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise OptionError(
            "time_invalid", f"{text!r} is not a time.", "Write seconds (75.2), a clock (1:15.2) or a frame (1880f)."
        )
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(seconds)


def check_transcript(options: AnalysisOptions, media: Sequence[Path]) -> None:
    """OptionError `transcript_for_many` where one transcript is named for several files: it tells what one says."""
    if options.transcript not in (None, NO_TRANSCRIPT) and len(media) > 1:
        message = f"--transcript names one file's transcript, and {len(media)} files are to be analysed."
        step = "Name one file, or lay each transcript beside its footage under the same name."
        raise OptionError("transcript_for_many", message, step)


def takes_analysis_options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorates a typer command that has a parameter `options: AnalysisOptions`.

    On the command line that is every option of the table, or those with these names.  Of all of them, those the user
    leaves out take what the environment of this command says.
    """

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        table = [each for each in _parameters() if not names or each.name in names]

        @functools.wraps(command)
        def run(**words: Any) -> None:
            options = _options({each.name: words.pop(each.name) for each in table})
            command(options=options if names else with_settings(options, settings.load()), **words)

        shown = list(_spelled(command, table))
        run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in shown}
        return run

    return decorated


def _spelled(command: Callable[..., None], table: Sequence[inspect.Parameter]) -> Iterator[inspect.Parameter]:
    """The parameters of a command, with those of the table in the place of `options`."""
    hints = typing.get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        if hints[name] is AnalysisOptions:
            yield from table
        else:
            yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[name])


def _options(words: dict[str, Any]) -> AnalysisOptions:
    """What the words ask for.

    typer.BadParameter for what is no value of an option; whether it can be is the daemon's to say.
    """
    values = {
        option.name: _value(option, words[option.name]) for option in walk(AnalysisOptions()) if option.name in words
    }
    models = {role: words[role] for role in MODEL_ROLES if words.get(role)}
    return AnalysisOptions(models=models, settings=dict(map(_setting, words.get("settings") or ())), **values)


def _value(option: Option, word: Any) -> Any:
    """A word as the option's value; typer has read numbers and switches itself."""
    if not isinstance(word, str):
        return word
    flag, (kind, _) = _flag(option), unwrapped(option.kind)
    if kind is Fraction and option.tunable.range.above == 0:
        return positive_rate(word, flag)
    if kind is LabelSet:
        return LabelSet.typed(plain(word, flag))
    try:
        value = value_of(option.kind, plain(word, flag))
    except ValueError:
        wanted = type_words(option.kind)
        raise typer.BadParameter(f"{word!r} is neither {wanted} nor {AUTO!r}.", param_hint=flag) from None
    return None if value == "" else value


def _setting(word: str) -> tuple[str, str]:
    name, equals, value = plain(word, "--set").partition("=")
    if not equals or not name.strip():
        raise typer.BadParameter(f"{word!r} does not say name=value, as in search.beams=7.", param_hint="--set")
    return name.strip(), value.strip()


def _flag(option: Option) -> str:
    return use_of(option).flag or "--" + option.name.replace("_", "-")


@functools.cache
def _parameters() -> tuple[inspect.Parameter, ...]:
    """Every option as a parameter, in the order of the table's fields."""
    table = {option.name: option for option in walk(AnalysisOptions())}
    found: list[inspect.Parameter] = []
    for field in dataclasses.fields(AnalysisOptions):
        if field.name in table:
            found += [_parameter(table[field.name])] if not use_of(table[field.name]).command else []
        elif field.name == "models":
            found += _role_parameters()
        else:
            found += _setting_parameters()
    return tuple(found)


def _parameter(option: Option) -> inspect.Parameter:
    use, (kind, _) = use_of(option), unwrapped(option.kind)
    told: dict[str, Any] = {"help": option.tunable.help, "show_default": use.unset or False}
    if kind is bool:
        flag = f"{_flag(option)}/--no-{_flag(option).removeprefix('--')}"
        return _typed(option.name, bool, typer.Option(flag, **told))
    told["metavar"] = use.metavar
    if use.unset == AUTO:
        told["show_default"] = True
        return _typed(option.name, str, typer.Option(_flag(option), **told), AUTO)
    if kind is int:
        limits = option.tunable.range
        return _typed(
            option.name, int, typer.Option(_flag(option), min=_whole(limits.low), max=_whole(limits.high), **told)
        )
    # Read first, so that the list of settings knows it.
    return _typed(option.name, str, typer.Option(_flag(option), is_eager=option.name == "preset", **told))


def _whole(bound: Number | None) -> int | None:
    return None if bound is None else int(bound)


def _role_parameters() -> Iterator[inspect.Parameter]:
    for role, asked in MODEL_ROLES.items():
        yield _typed(role, str, typer.Option(f"--{role}", metavar=asked.metavar, help=asked.help))


def _setting_parameters() -> Iterator[inspect.Parameter]:
    words = "Set anything else about the search, such as search.beams=7 (may be repeated)."
    yield _typed("settings", list[str], typer.Option("--set", metavar="NAME=VALUE", help=words))
    listing = typer.Option("--settings", help="List what --set can set, and leave.", callback=_list_settings)
    yield _typed("list_settings", bool, listing, False)


def _typed(name: str, kind: Any, spelled: Any, default: Any = None) -> inspect.Parameter:
    annotated: Any = Annotated  # made here, where the type checker expects it written down
    annotation = annotated[kind if default is not None else kind | None, spelled]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _list_settings(context: typer.Context, wanted: bool) -> None:
    """`--settings`, while the command line is read: nothing else of it is needed."""
    if not wanted:
        return
    preset, json_output = context.params.get("preset"), bool(context.params.get("json_output"))
    raise typer.Exit(int(run_guarded(lambda: _show_settings(preset, json_output), json_output=json_output)))


def _show_settings(preset: str | None, json_output: bool) -> None:
    from cuemark.cli.session import connect

    with connect() as client:
        found = client.list_settings(preset)
    if json_output:
        return output.say_json([dataclasses.asdict(setting) for setting in found])
    output.table(
        ["setting", "what it is", "range", "default", "help"],
        [[each.name, each.type, each.range, each.default, each.help] for each in found],
    )
