"""`python -m cuemark.lab.code_size`: how large the code is, of this checkout and of git revisions side by side.

    python -m cuemark.lab.code_size                          the package as it lies on the disk
    python -m cuemark.lab.code_size --rev v1 --rev HEAD      two revisions, and what lies on the disk
    python -m cuemark.lab.code_size --folder tests --json    another folder of the repository, for a program

Counted are Python files; generated code (folders called `v1`) is left out.  A line is a line of the file, blank ones
and comments included.  A function's length is from its `def` to its last line, without decorators; methods and nested
functions count.  Percentiles are nearest-rank.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import statistics
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

REPOSITORY = Path(__file__).parents[3]
FOLDER = "daemon/cuemark"
ON_DISK = "on disk"
SHORT, LONG = 40, 300
_GENERATED = "v1"


@dataclass(frozen=True)
class Function:
    """A function or method: where it is, and how many lines it has."""

    place: str
    lines: int


@dataclass(frozen=True)
class CodeSize:
    """The size of some Python files.

    `short_files` have fewer than SHORT lines, `long_files` more than LONG; `docstring_files` are those of the short
    ones that hold nothing but a docstring (the `__init__.py` of a folder).  `longest_function` is PATH:NAME.
    """

    files: int
    lines: int
    median_file: float
    short_files: int
    docstring_files: int
    long_files: int
    functions: int
    median_function: float
    p90_function: int
    longest_function_lines: int
    longest_function: str


def measure(sources: Mapping[str, str]) -> CodeSize:
    """The size of source texts by path.  SyntaxError for one that is not Python; ValueError for none at all."""
    if not sources:
        raise ValueError("there is no Python file")
    lengths = [len(text.splitlines()) for text in sources.values()]
    trees = {path: ast.parse(text, path) for path, text in sources.items()}
    functions = [function for path, tree in trees.items() for function in _functions(path, tree)]
    by_length = sorted(function.lines for function in functions)
    longest = max(functions, key=lambda function: function.lines, default=Function("", 0))
    return CodeSize(
        files=len(lengths),
        lines=sum(lengths),
        median_file=statistics.median(lengths),
        short_files=sum(length < SHORT for length in lengths),
        docstring_files=sum(_only_docstring(tree) for tree in trees.values()),
        long_files=sum(length > LONG for length in lengths),
        functions=len(functions),
        median_function=statistics.median(by_length) if by_length else 0,
        p90_function=by_length[-(-len(by_length) * 9 // 10) - 1] if by_length else 0,
        longest_function_lines=longest.lines,
        longest_function=longest.place,
    )


def on_disk(repository: Path, folder: str = FOLDER) -> dict[str, str]:
    """The Python files below a folder of a checkout, by path, as they lie on the disk."""
    root = repository / folder
    found = {path.relative_to(repository).as_posix(): path for path in sorted(root.rglob("*.py"))}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items() if _counts(name)}


def at_revision(repository: Path, revision: str, folder: str = FOLDER) -> dict[str, str]:
    """The same of a git revision.  ValueError with git's own words where there is no such revision or folder."""
    command = ["git", "-C", str(repository), "archive", "--format=tar", revision, "--", folder]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        raise ValueError(f"git cannot be run: {error.strerror}") from error
    if done.returncode:
        raise ValueError(done.stderr.decode(errors="replace").strip())
    found = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            content = archive.extractfile(member) if _counts(member.name) else None
            if content is not None:
                found[member.name] = content.read().decode("utf-8")
    return found


def table(sizes: Mapping[str, CodeSize]) -> str:
    """One line a figure, one column for each measured state."""
    rows = [("", *sizes), *((name, *map(cell, sizes.values())) for name, cell in _ROWS)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    longest = [f"longest function, {name}: {size.longest_function}" for name, size in sizes.items()]
    return "\n".join([*lines, "", *longest])


_ROWS = (
    ("files", lambda size: f"{size.files}"),
    ("lines", lambda size: f"{size.lines}"),
    ("lines a file, median", lambda size: f"{size.median_file:g}"),
    (f"files under {SHORT} lines", lambda size: f"{size.short_files} ({size.short_files / size.files:.0%})"),
    ("... of them a docstring alone", lambda size: f"{size.docstring_files}"),
    (f"files over {LONG} lines", lambda size: f"{size.long_files} ({size.long_files / size.files:.0%})"),
    ("functions", lambda size: f"{size.functions}"),
    ("lines a function, median", lambda size: f"{size.median_function:g}"),
    ("... 90th percentile", lambda size: f"{size.p90_function}"),
    ("... longest", lambda size: f"{size.longest_function_lines}"),
)


def _counts(name: str) -> bool:
    return name.endswith(".py") and _GENERATED not in PurePosixPath(name).parts


def _functions(path: str, tree: ast.Module) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(f"{path}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)


def _only_docstring(tree: ast.Module) -> bool:
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in tree.body)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 2 for what cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m cuemark.lab.code_size", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rev", action="append", default=[], metavar="REV", help="a git revision (may be repeated)")
    parser.add_argument("--folder", default=FOLDER, help="folder of the repository (default: %(default)s)")
    parser.add_argument("--repository", type=Path, default=REPOSITORY, help="the checkout (default: this one)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    asked = parser.parse_args(arguments)
    try:
        sizes = {rev: measure(at_revision(asked.repository, rev, asked.folder)) for rev in asked.rev}
        sizes[ON_DISK] = measure(on_disk(asked.repository, asked.folder))
    except (ValueError, SyntaxError) as error:
        parser.exit(2, f"{asked.folder} cannot be measured: {error}\n")
    print(json.dumps({name: asdict(size) for name, size in sizes.items()}, indent=2) if asked.json else table(sizes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
