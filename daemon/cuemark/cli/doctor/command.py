"""`cuemark doctor`: one line a check, the fix below it, and a block for a bug report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag
from cuemark.core.errors import ExitCode

if TYPE_CHECKING:
    from cuemark.cli.doctor.checks import Finding

_STYLES = {"OK": "green", "WARN": "yellow", "FAIL": "bold red"}
_PACKAGES = (
    "av", "grpcio", "numpy", "onnx", "onnxruntime", "onnxruntime-gpu", "open_clip_torch", "opencv-python-headless",
    "protobuf", "rich", "safetensors", "torch", "torchvision", "transformers", "typer",
)  # fmt: skip


@guarded
def doctor(json_output: JsonFlag = False) -> None:
    """Check that everything Cuemark needs works here, and say how to mend what does not."""
    from cuemark.cli.doctor.checks import findings

    found = []
    for finding in findings():
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
    line = text.safe(f"{finding.name}: {finding.text}")
    if output.is_terminal(sys.stdout):
        from rich.text import Text

        state = Text(f"{finding.state:<5}", style=_STYLES[finding.state])
        output.console(sys.stdout).print(state.append(line, style="default"), soft_wrap=True)
    else:
        output.say(f"{finding.state:<5}{line}")
    if finding.fix:
        output.hint(f"     -> {text.safe(finding.fix)}")


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
    output.say(report)
    output.say("-" * 72)


def report_text(found: list[Finding]) -> str:
    """Versions and findings, without the user's name in paths."""
    import platform
    from importlib import metadata

    from cuemark import __version__

    versions = []
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    lines = [
        f"cuemark {__version__}, Python {platform.python_version()} ({platform.python_implementation()})",
        f"{platform.platform()}, {platform.machine()}",
        ", ".join(versions),
        *(f"{each.state:<5}{each.name}: {each.text}" for each in found),
    ]
    home = str(Path.home())
    shown = "\n".join(map(text.safe, lines))
    return shown.replace(home, "~") if len(home) > 1 else shown
