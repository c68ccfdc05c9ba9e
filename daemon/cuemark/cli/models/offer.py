"""The offer to pull a pair, where footage would be left to `pocket`: said in one line, and asked once on a terminal.

The answer may be given in advance (`--pull`, `--no-pull`, CUEMARK_PULL); a "no" at the question is remembered beside
the library.  Nobody is asked in a pipe, with --json, or under CI.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import output
from cuemark.cli.models.pull import pulled
from cuemark.core.analysis_options import MODEL_ROLES, AnalysisOptions
from cuemark.core.errors import CuemarkError, Notice
from cuemark.core.files import atomic_write, make_private_folder
from cuemark.core.model_notices import OFFERED, POCKET, pocket_notice
from cuemark.core.settings import Settings
from cuemark.core.sizes import size_text
from cuemark.core.status import ModelInfo

if TYPE_CHECKING:
    from cuemark.rpc.client.client import CuemarkClient

Pull = Annotated[
    bool | None,
    typer.Option(
        "--pull/--no-pull",
        help="Pull the models that are wanted and not here before the work.",
        show_default="asked once on a terminal",
    ),
]

_ANSWERS = "answers.json"
_YES, _NO = ("y", "yes"), ("", "n", "no")


class Offer:
    """What is said, asked and pulled before the work of one command.

    `said` are the codes of what was said, `notices` what programs should be told of its results too.  `answer` is the
    user's in advance, None where the settings or a question decide; with `may_ask` false nobody is asked.
    """

    def __init__(self, client: CuemarkClient, settings: Settings, answer: bool | None, *, may_ask: bool) -> None:
        self._client = client
        self._settings = settings
        self._answer = settings.pull if answer is None else answer
        self._may_ask = may_ask and somebody_is_there()
        self.said: set[str] = set()
        self.notices: list[Notice] = []

    @property
    def is_accepted(self) -> bool:
        """Whether the answer was a yes in advance."""
        return bool(self._answer)

    def settled(self, options: AnalysisOptions, roles: Sequence[str] = tuple(MODEL_ROLES)) -> AnalysisOptions:
        """The options, with the models that were pulled for what nobody named of the `roles` that the work has need of.

        A pull that fails is a notice, and `pocket` does the work.  Models that were named and are not here are pulled
        only where the answer was given in advance; that they are not to be had is then an error.
        """
        missing = self._missing(options)
        if self._answer:
            self._pull_named(missing)
        unnamed = [role for role in roles if not options.models.get(role)]
        # Of what will be refused for a model that is not here, nothing else needs to be said.
        if not unnamed or (missing and not self._answer) or not self.made():
            return options
        return replace(options, models={**dict.fromkeys(unnamed, OFFERED), **options.models})

    def made(self) -> bool:
        """Where `pocket` would do the work: say so, ask, and pull.  Whether the pair was brought here now."""
        known = {model.name: model for model in self._client.list_models()}
        if POCKET not in known or not known[POCKET].is_default:
            return False
        notice = pocket_notice(known.values())
        self.said.add(notice.code)
        output.note(notice.message, notice.code)
        if known[OFFERED].ready or not self._is_wanted(known[OFFERED]):
            return False
        error = pulled(self._client, OFFERED)
        if error is not None:
            self._tell_failure(error)
        return error is None

    def _tell_failure(self, error: CuemarkError) -> None:
        later = f"`{POCKET}` does the work now; `cuemark models pull {OFFERED}` goes on where it stopped."
        self.notices.append(Notice(error.code, f"`{OFFERED}` could not be pulled: {error.message} {later}"))
        output.warn(self.notices[-1].message, error.code)

    def _missing(self, options: AnalysisOptions) -> list[str]:
        """The models of the registry that were named and are not here."""
        to_pull = {each.name for each in self._client.list_models() if not each.ready and not each.built_in}
        return [name for name in dict.fromkeys([*options.models.values(), options.speech]) if name in to_pull]

    def _pull_named(self, names: Iterable[str]) -> None:
        for name in names:
            if (error := pulled(self._client, name)) is not None:
                raise error

    def _is_wanted(self, offered: ModelInfo) -> bool:
        if self._answer is not None:
            return self._answer
        if not self._may_ask or declined(self._settings):
            return False
        wanted = ask(f"Pull `{offered.name}` now ({_amount(offered)}) and work with it?")
        if wanted is False:
            remember_no(self._settings)
            output.tell(f"Not asked again. `cuemark models pull {offered.name}` brings it whenever you like.")
        return bool(wanted)


def somebody_is_there(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a question would be read and answered: all three streams are a terminal, and no CI runs this."""
    in_ci = environ.get("CI", "").lower() not in ("", "0", "false", "no")
    return not in_ci and all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def ask(question: str) -> bool | None:
    """Yes or no, from a person; None where the input ends instead.  Enter alone is a no."""
    while True:
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            output.tell()
            return None
        answer = line.strip().lower()
        if answer in _YES or answer in _NO:
            return answer in _YES


def declined(settings: Settings) -> bool:
    """Whether the user said no when asked."""
    try:
        answers = json.loads((settings.data / _ANSWERS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(answers, dict) and answers.get("pull") == "no"


def remember_no(settings: Settings) -> None:
    """Keep the user's no; where it cannot be kept, it is asked again."""
    try:
        make_private_folder(settings.data)
        atomic_write(settings.data / _ANSWERS, json.dumps({"pull": "no"}) + "\n")
    except OSError as error:
        output.warn(f"The answer could not be kept: {error.strerror or error}.")


def _amount(model: ModelInfo) -> str:
    whole = size_text(model.size)
    return f"{size_text(model.size_on_disk)} of {whole} are here" if model.size_on_disk else whole
