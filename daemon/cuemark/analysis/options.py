"""What a user asked, made into the options of the search, and checked before a job is queued.

Cheap: the daemon calls it, which loads no models.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cuemark.core import analysis_options
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import ModelError, OptionError
from cuemark.core.jobs import AnalyzeSpec, JobSpec
from cuemark.core.options import Setting, assign, check, described
from cuemark.core.settings import Settings

if TYPE_CHECKING:
    from cuemark.moments.options import MomentOptions


def check_spec(spec: JobSpec) -> None:
    """Raises OptionError (the code of the option, `option_setting`, `option_path`) or ModelError."""
    if isinstance(spec, AnalyzeSpec):
        if not spec.path.is_absolute() or "\0" in str(spec.path):
            message = f"{str(spec.path)!r} is not an absolute path."
            raise OptionError("option_path", message, "Send the whole path.")
        search_options(spec.options)
    else:
        check_model_name(spec.name)


def filled_in(spec: JobSpec, settings: Settings) -> JobSpec:
    """The request with what the daemon's settings ask of every analysis that does not say."""
    if not isinstance(spec, AnalyzeSpec):
        return spec
    return replace(spec, options=analysis_options.with_settings(spec.options, settings))


def search_options(options: AnalysisOptions) -> MomentOptions:
    """The options of the search: those of the preset, with the user's own over them.

    Raises OptionError for what cannot be, with the code of the option or `option_setting`.
    """
    from cuemark.moments.options import from_preset

    analysis_options.checked(options)
    wanted = from_preset(options.preset, options.moments, options.seed)
    for name, text in options.settings.items():
        wanted = assign(wanted, name, text)
    return check(wanted)


def settings_of(preset: str | None) -> list[Setting]:
    """Everything `settings` of an analysis may set, with the values of a preset as defaults; raises OptionError."""
    return described(search_options(AnalysisOptions(preset=preset)))


def check_model_name(name: str) -> None:
    """Raises ModelError `model_unknown` for a name the registry does not have."""
    from cuemark.models.store.registry import default_registry

    known = default_registry()
    if name not in known:
        message = f"There is no model called {name!r}."
        raise ModelError("model_unknown", message, f"Models: {', '.join(known)}.")
