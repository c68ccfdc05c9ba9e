"""Every command that a message, a help text or a page tells somebody to run is there, with the options it is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

import cuemark
from cuemark.cli.main import app

PACKAGE = Path(cuemark.__file__).parent
ROOT = PACKAGE.parents[1]
COMMAND_LINE = re.compile(r"(?<![\w./-])cuemark((?: (?:\[?-{0,2}[\w.=/-]+\]?|\.\.\.))+)")


def texts_of(path: Path) -> Iterator[str]:
    """Every text in a module, what is put into it as X; text that is joined from parts is one."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def advice() -> Iterator[tuple[str, str]]:
    """(where, the words after `cuemark`) of every command line that somebody is told."""
    found: list[tuple[str, str]] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if "v1" not in path.parts:
            found += [(str(path.relative_to(PACKAGE)), text) for text in texts_of(path)]
    found += [(name, (ROOT / name).read_text("utf-8")) for name in ("README.md", "daemon/CONTRIBUTING.md")]
    for where, text in found:
        for match in COMMAND_LINE.finditer(text.replace("\n", "\n ")):
            yield where, match[1].strip()


def problem_of(words: list[str]) -> str:
    """What is wrong with a command line, "" where nothing is, or where these words are none."""
    command: Any = typer.main.get_command(app)
    if not hasattr(command, "get_command"):
        raise AssertionError("the program has no commands any more")
    depth = 0
    while hasattr(command, "get_command") and words:
        word = words[0].rstrip(".,;:)")
        inner = command.get_command(command.context_class(command), word)
        if inner is None:
            is_name = re.fullmatch(r"[a-z][a-z-]+", word) is not None
            return f"there is no {word}" if depth and is_name else ""
        command, words, depth = inner, words[1:], depth + 1
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    options = [found[1] for word in words if (found := re.match(r"\[?(--[a-z][a-z-]*[a-z])", word))]
    return ", ".join(f"it has no {option}" for option in options if option not in known)


def test_every_command_that_is_told_is_there_with_its_options() -> None:
    told = sorted(set(advice()))
    assert len(told) > 100
    wrong = [
        f"{where}: `cuemark {words}`: {problem}" for where, words in told if (problem := problem_of(words.split()))
    ]
    assert wrong == []


def test_a_command_that_is_not_there_is_noticed() -> None:
    assert problem_of(["analyses", "delete", "X"]) and problem_of(["analyze", "--unheard", "X"])
    assert not problem_of(["analyses", "edit", "X", "m1", "--undo"]) and not problem_of(["daemon", "stop,", "then"])
