"""Every error the code can raise: its exit code, its status, and that it keeps its class over every border."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

import cuemark
from cuemark.cli.guard import MEANINGS, exit_code_for
from cuemark.core import errors, serialise
from cuemark.core.errors import OUTCOMES, OUTCOMES_BY_CODE, CuemarkError, ExitCode, outcome_of
from cuemark.core.jobs import JobError
from cuemark.hosts.resolve.failures import FAILURES
from cuemark.rpc.contract.protocol import status_of

PACKAGE = Path(cuemark.__file__).parent
REPOSITORY = Path(__file__).parents[2]
CLASSES = {kind.__name__: kind for kind in OUTCOMES if kind is not errors.JobCancelled}

WORDED_ELSEWHERE: dict[tuple[str, str], tuple[str, ...]] = {
    ("cli/library/scan.py", "CuemarkError"): (),  # what the daemon said of an entry, as it said it
    ("core/options.py", "OptionError"): ("option_range",),
    ("evidence/borders/known.py", "InputError"): (
        *(f"{what}_{how}" for what in ("borders", "titles") for how in ("not_found", "unreadable")),
    ),
    ("evidence/frames/cache.py", "StoreError"): ("disk_full", "cache_unusable"),
    ("hosts/resolve/failures.py", "HostError"): tuple(FAILURES),
    ("library/database.py", "NotFoundError"): ("job_not_found", "analysis_not_found"),
    ("library/database.py", "OptionError"): ("job_ambiguous", "analysis_ambiguous"),
    ("library/database.py", "StoreError"): ("disk_full",),
    ("library/edits.py", "NotFoundError"): ("moment_not_found", "chapter_not_found"),
    ("library/job_rows.py", "StoreError"): ("job_damaged",),
    ("daemon/dispatcher.py", "StoreError"): ("disk_full", "library_locked", "library_damaged", "library_unusable"),
    ("core/selection.py", "OptionError"): ("option_length", "option_per_moment"),
    ("rpc/contract/forms.py", "OptionError"): ("job_state",),
    ("rpc/server/services/selections.py", "OptionError"): ("job_without_selection", "job_without_rendering"),
}
"""Where the code of an error is no literal: what it can be."""


def _raised() -> Iterator[tuple[str, str, str | None]]:
    """(file, class, code) of every error that is made somewhere in the package; None where the code is no literal."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, (ast.Name, ast.Attribute)):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name in CLASSES and node.args:
                yield from ((path.relative_to(PACKAGE).as_posix(), name, code) for code in _codes(node.args[0]))


def _codes(argument: ast.expr) -> list[str | None]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return [argument.value]
    if isinstance(argument, ast.IfExp):
        return [*_codes(argument.body), *_codes(argument.orelse)]
    return [None]


def _all_codes() -> dict[str, set[str]]:
    """The classes with which every code is raised."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for file, name, code in _raised():
        for each in WORDED_ELSEWHERE[file, name] if code is None else (code,):
            found[each].add(name)
    return found


def test_every_reason_code_has_one_exit_code_and_one_status() -> None:
    codes = _all_codes()
    assert len(codes) > 150, "the walk has lost sight of the raise sites"
    for code, names in codes.items():
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", code), code
        outcomes = {outcome_of(CLASSES[name](code, "")) for name in names}
        assert len({outcome.exit_code for outcome in outcomes}) == 1, (code, names)
        assert all(hasattr(grpc.StatusCode, outcome.status) for outcome in outcomes), code


def test_codes_that_are_no_literals_are_listed_where_they_still_are() -> None:
    assert {(file, name) for file, name, code in _raised() if code is None} == set(WORDED_ELSEWHERE)


def test_codes_with_an_outcome_of_their_own_are_raised() -> None:
    assert set(OUTCOMES_BY_CODE) <= set(_all_codes())


@pytest.mark.parametrize("kind", OUTCOMES, ids=lambda kind: kind.__name__)
def test_an_error_keeps_its_class_and_its_parts(kind: type[CuemarkError]) -> None:
    error = errors.JobCancelled() if kind is errors.JobCancelled else kind("some_code", "What.", "Do it.")
    kept = serialise.loads(JobError, serialise.dumps(JobError.of(error))).error()
    assert type(kept) is kind
    assert (kept.code, kept.message, kept.next_step) == (error.code, error.message, error.next_step)
    assert exit_code_for(kept) == exit_code_for(error)


def test_a_class_of_a_single_module_counts_as_its_base() -> None:
    class Narrow(errors.MediaError):
        pass

    error = Narrow("media_unreadable", "What.")
    assert type(JobError.of(error).error()) is errors.MediaError
    assert status_of(error).code is grpc.StatusCode.INVALID_ARGUMENT


def test_an_error_of_before_kinds_and_one_of_a_newer_version_are_plain() -> None:
    old = serialise.loads(JobError, '{"code":"media_unreadable","message":"What.","next_step":""}')
    assert type(old.error()) is CuemarkError
    assert type(JobError("x", "What.", kind="LaterError").error()) is CuemarkError


def test_the_documented_table_is_the_table() -> None:
    text = (REPOSITORY / "daemon" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = text.split("\n## Errors\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\w+) \|$", section, re.MULTILINE)
    outcomes = {kind.__name__: outcome for kind, outcome in OUTCOMES.items()} | OUTCOMES_BY_CODE
    assert rows == [(name, str(int(outcome.exit_code)), outcome.status) for name, outcome in outcomes.items()]


def test_the_readme_says_what_each_exit_code_means() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    section = text.split("\n## Exit codes of cuemark\n")[1].split("\n## ")[0]
    rows = {int(code): meaning for code, meaning in re.findall(r"^\| (\d+) \| (.*) \|$", section, re.MULTILINE)}
    assert rows == {int(code): meaning.replace("|", "\\|") for code, meaning in MEANINGS.items()}
    assert set(MEANINGS) == set(ExitCode)
