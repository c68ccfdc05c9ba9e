"""What a user asked, made into the options of the search, and checked before a job is queued.

Cheap: the daemon calls it, which loads no models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuemark.core import analysis_options
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.options import Setting, assign, check, described

if TYPE_CHECKING:
    from cuemark.moments.options import MomentOptions


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
