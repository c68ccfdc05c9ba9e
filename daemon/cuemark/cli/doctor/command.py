"""`cuemark doctor`: one line a check, the fix below it, and a block for a bug report."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag
from cuemark.core.errors import ExitCode
from cuemark.core.text import terminal_safe

if TYPE_CHECKING:
    from cuemark.setup.doctor.finding import Finding

_STYLES = {"OK": "green", "WARN": "yellow", "FAIL": "bold red"}


@guarded
def doctor(json_output: JsonFlag = False) -> None:
    """Check that everything Cuemark needs works here, and say how to mend what does not."""
    from cuemark.cli.session import say_wait
    from cuemark.setup.doctor.checks import findings
    from cuemark.setup.doctor.finding import report_text

    found = []
    for finding in findings(say_wait):
        found.append(finding)
        if not json_output:
            _print(finding)
    report = report_text(found)
    if json_output:
        checks = [{"name": each.name, "state": each.state, "text": each.text, "fix": each.fix} for each in found]
        output.say_json({"checks": checks, "report": report})
    else:
        _print_end(found, report)
    if any(finding.state == "FAIL" for finding in found):
        raise typer.Exit(int(ExitCode.FAILED))


def _print(finding: Finding) -> None:
    line = f"{finding.name}: {finding.text}"
    if output.is_terminal(sys.stdout):
        from rich.text import Text

        state = Text(f"{finding.state:<5}", style=_STYLES[finding.state])
        output.console(sys.stdout).print(state.append(terminal_safe(line), style="default"), soft_wrap=True)
    else:
        output.say(f"{finding.state:<5}{line}")
    if finding.fix:
        output.hint(f"     -> {finding.fix}")


def _print_end(found: list[Finding], report: str) -> None:
    failed = sum(finding.state == "FAIL" for finding in found)
    warned = sum(finding.state == "WARN" for finding in found)
    output.say()
    if failed or warned:
        output.say(f"{text.plural(failed, 'check')} failed, {text.plural(warned, 'warning')}.")
    else:
        output.say("Everything works.")
    output.say()
    output.say("For a bug report, paste what lies between the lines (home folder shown as ~):")
    output.say("-" * 72)
    output.say_lines(report)
    output.say("-" * 72)
