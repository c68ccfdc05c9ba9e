"""What is said of models that do not know what a user films: the pair `sample`, and the pair `pocket`.

`sample` knows a drawn world only.  It has to be asked for by name, and whatever it wrote carries a warning on every way
out.  `pocket` is what footage gets where no pair was pulled; one line says what it knows, and what a pull would bring.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cuemark.core.analysis import Analysis
from cuemark.core.errors import Notice
from cuemark.core.sizes import size_text
from cuemark.core.status import ModelInfo

SAMPLE, POCKET = "sample", "pocket"
OFFERED = "light"
"""The pair that a user who has none is told of, and offered."""

SAMPLE_MODELS = Notice(
    "sample_models",
    "The sample models understand only the drawn video of `cuemark demo`; what they say of other footage means "
    "nothing. Footage of your own needs another pair: `cuemark models list`.",
)
REMARK = "[sample models: drawn footage only]"
"""The same at the end of a marker's note, where an editor shows it beside the words."""
POCKET_MODELS = "pocket_models"
"""Code of the notice that an analysis was made with `pocket`."""


def is_by_sample(models: Mapping[str, str]) -> bool:
    """Whether one of these models (name by role) is of the sample pair."""
    return SAMPLE in models.values()


def with_notices(analysis: Analysis) -> Analysis:
    """The analysis with the warning it ought to carry: older versions did not write it into every one."""
    names = {role: use.name for role, use in analysis.models.items()}
    if not is_by_sample(names) or any(each.code == SAMPLE_MODELS.code for each in analysis.warnings):
        return analysis
    return replace(analysis, warnings=(*analysis.warnings, SAMPLE_MODELS))


def sample_warning(analysis: Analysis) -> Notice | None:
    """The warning that its words mean nothing, where the sample models wrote them."""
    return next((each for each in with_notices(analysis).warnings if each.code == SAMPLE_MODELS.code), None)


def pocket_notice(models: Iterable[ModelInfo]) -> Notice:
    """What `pocket` knows, and what a pull of the offered pair would bring; every word of it is the registry's."""
    known = {model.name: model for model in models}
    told = f"`{POCKET}` are the models that come with Cuemark"
    if POCKET in known:
        told += f", and know {known[POCKET].understands}"
    if OFFERED in known and not known[OFFERED].ready:
        told += f". `cuemark models pull {OFFERED}` brings {brought(known[OFFERED])}"
    return Notice(POCKET_MODELS, f"{told}.")


def brought(model: ModelInfo) -> str:
    """What a pull would bring, from where, and under which licence."""
    return (
        f"{model.title} for {model.understands}: {size_text(model.size)} from {model.source}, licence {model.licence}"
    )
