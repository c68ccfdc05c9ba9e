"""Checks of what a user asked, cheap enough for the daemon to make them before a job is queued."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from cuemark.core.errors import ModelError, OptionError
from cuemark.core.jobs import AnalyzeOptions, AnalyzeSpec, JobSpec
from cuemark.core.settings import Settings

HIGHEST_SAMPLE_RATE = Fraction(240)


def check_spec(spec: JobSpec) -> None:
    """Raises OptionError (option_moments, option_preset, option_sample_fps, option_vram, option_path) or ModelError."""
    if isinstance(spec, AnalyzeSpec):
        if not spec.path.is_absolute() or "\0" in str(spec.path):
            message = f"{str(spec.path)!r} is not an absolute path."
            raise OptionError("option_path", message, "Send the whole path.")
        check_options(spec.options)
    else:
        check_model_name(spec.name)


def filled_in(spec: JobSpec, settings: Settings) -> JobSpec:
    """The request with the limits the daemon's settings ask of every analysis that does not say."""
    if not isinstance(spec, AnalyzeSpec):
        return spec
    options = spec.options
    gentle = True if settings.gentle and options.gentle is None else options.gentle
    return replace(spec, options=replace(options, gentle=gentle, vram=options.vram or settings.vram))


def check_options(options: AnalyzeOptions) -> None:
    """Raises OptionError for values no analysis can have."""
    from cuemark.moments.options import from_preset

    from_preset(options.preset, options.moments, options.seed)
    rate = options.sample_rate
    if rate is not None and not 0 < rate <= HIGHEST_SAMPLE_RATE:
        message = f"The sampling rate {float(rate):g} is not above 0 and at most {HIGHEST_SAMPLE_RATE} frames a second."
        raise OptionError("option_sample_fps", message, "2 or 3 is plenty for most footage.")
    if options.vram is not None:
        options.vram.checked()


def check_model_name(name: str) -> None:
    """Raises ModelError `model_unknown` for a name the registry does not have."""
    from cuemark.models.store.registry import default_registry

    known = default_registry()
    if name not in known:
        message = f"There is no model called {name!r}."
        raise ModelError("model_unknown", message, f"Models: {', '.join(known)}.")
