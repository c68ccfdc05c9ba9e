"""The size of the code as `python -m cuemark.lab.code_size` states it, on the disk and at a git revision."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from cuemark.lab.code_size import ON_DISK, at_revision, main, measure, on_disk

#: (name, lines): a file of so many lines with one function of all but two of them.
FILES = (("a.py", 10), ("b.py", 39), ("sub/c.py", 40), ("sub/d.py", 301))


def source(lines: int) -> str:
    body = "".join(f"    x = {number}\n" for number in range(lines - 3))
    return f'"""One function."""\n\ndef only():\n{body}'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository whose one commit holds FILES, an `__init__.py`, generated code and a text."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    package = tmp_path / "daemon" / "cuemark"
    texts = {name: source(lines) for name, lines in FILES}
    others = {"sub/__init__.py": '"""A folder."""\n', "rpc/v1/x_pb2.py": source(500), "note.txt": "words\n"}
    for name, text in {**texts, **others}.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], check=True)
    return tmp_path


def test_files_and_functions_are_counted(checkout: Path) -> None:
    size = measure(on_disk(checkout))
    assert (size.files, size.lines, size.median_file) == (5, 1 + 10 + 39 + 40 + 301, 39)
    assert (size.short_files, size.docstring_files, size.long_files) == (3, 1, 1)
    assert (size.functions, size.median_function) == (4, (37 + 38) / 2)
    assert size.p90_function == size.longest_function_lines == 299
    assert size.longest_function == "daemon/cuemark/sub/d.py:only"


def test_the_90th_percentile_is_the_length_that_nine_of_ten_functions_do_not_exceed() -> None:
    lengths = [*range(2, 20), 90, 100]
    texts = {f"{length}.py": "def f():\n" + "    pass\n" * (length - 1) for length in lengths}
    assert measure(texts).p90_function == 19


def test_methods_and_nested_functions_count_and_decorators_do_not() -> None:
    text = "class A:\n    @property\n    def b(self):\n        async def c():\n            pass\n        return c\n"
    size = measure({"a.py": text})
    assert (size.functions, size.longest_function_lines, size.longest_function) == (2, 4, "a.py:b")


def test_a_revision_is_measured_as_it_was(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = measure(at_revision(checkout, "HEAD"))
    (checkout / "daemon" / "cuemark" / "e.py").write_text(source(100), encoding="utf-8")
    assert measure(at_revision(checkout, "HEAD")) == before
    assert main(["--repository", str(checkout), "--rev", "HEAD", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [told[name]["files"] for name in ("HEAD", ON_DISK)] == [5, 6]
    assert main(["--repository", str(checkout), "--rev", "HEAD"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["HEAD", "on", "disk"] and lines[1].split() == ["files", "5", "6"]


@pytest.mark.parametrize("arguments", [("--rev", "nosuchrevision"), ("--folder", "nowhere")])
def test_what_cannot_be_measured_is_named(
    checkout: Path, arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--repository", str(checkout), *arguments])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "cannot be measured" in told and ("nosuchrevision" in told or "nowhere" in told)


def test_this_package_can_be_measured() -> None:
    """Whoever asks gets an answer: every file of the package parses, and generated code is not among them."""
    repository = Path(__file__).parents[2]
    sources = on_disk(repository)
    assert "daemon/cuemark/lab/code_size.py" in sources and not any("/v1/" in name for name in sources)
    assert measure(sources).files == len(sources)
