"""Files of talks: what is read of them, and every wrong thing named."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cuemark.cli.main import app
from cuemark.core.errors import InputError
from cuemark.lab.evaluate.talks import load_talks

WORDS = ("bread oven flour", "engine wheel brake", "violin cello concert")


def a_talk(name: str = "one") -> dict[str, Any]:
    sentences = [
        {"start_s": 10 * number, "end_s": 10 * number + 9.5, "text": f"The {WORDS[number // 6]}."}
        for number in range(18)
    ]
    chapters = [{"start_s": 60 * place, "title": title} for place, title in enumerate(("", "Engines", "The concert"))]
    return {"id": name, "duration_s": 180.0, "sentences": sentences, "chapters": chapters}


def written(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_a_file_of_talks(tmp_path: Path) -> None:
    short = {**a_talk("short"), "chapters": [{"start_s": 0, "title": "All"}]}
    late = {**a_talk("late"), "chapters": [{"start_s": 20, "title": "A"}, {"start_s": 60.5, "title": "B"}]}
    data = load_talks(str(written(tmp_path / "talks.json", [a_talk(), short, late])))
    one, other = data.talks
    assert one.id == "one" and [one.duration, *one.borders] == [180, 60, 120]
    assert one.transcript.utterances[1].end == Fraction("19.5")
    assert [chapter.title for chapter in one.chapters] == ["", "Engines", "The concert"]
    # What lies before the first chapter is one more, so two are three.
    assert [float(border) for border in other.borders] == [20, 60.5]
    assert data.left_out == ("short",)
    assert len(load_talks(str(tmp_path / "talks.json"), limit=1).talks) == 1


def a_pair(folder: Path) -> tuple[Path, Path]:
    said = {"text": [" One.", "Two."], "start": [0.5, 70.0], "end": [60.0, 140.25]}
    asrs = written(folder / "a.json", {"v1": said, "unknown": said})
    about = {"duration": 139.5, "title": "x", "chapters": {"80": "Second", "41": "First", "500": "Behind the end"}}
    return asrs, written(folder / "b.json", {"v1": about, "v2": about})


def test_chapter_llamas_two_files(tmp_path: Path) -> None:
    asrs, chapters = a_pair(tmp_path)
    for name in (f"{asrs},{chapters}", f"{chapters},{asrs}", str(tmp_path)):
        (talk,) = load_talks(name).talks
        assert [(float(one.start), float(one.end), one.title) for one in talk.chapters] == [
            (0, 41, ""),
            (41, 80, "First"),
            (80, 139.5, "Second"),
        ]
        assert talk.transcript.utterances[-1].end == Fraction("139.5")  # heard on behind the end of the video


def test_a_folder_without_the_two_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file with sentences") as error:
        load_talks(str(tmp_path))
    assert error.value.code == "dataset_not_found"


def broken(**changes: object) -> dict[str, Any]:
    return {**a_talk(), **changes}


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (broken(duration_s=0), r"\[0\].duration_s is 0 s"),
        (
            broken(sentences=[{"start_s": 5, "end_s": 4, "text": "x"}]),
            r"\[0\].sentences\[0\] ends at 4 s, which is before",
        ),
        (broken(sentences=[{"start_s": 5, "end_s": 900, "text": "x"}]), "ends at 900 s, but the talk at 180 s"),
        (broken(sentences=[{"start_s": 5, "text": "x"}]), 'lacks the field "end_s"'),
        (broken(sentences="words"), r"sentences is a text, but must be a list"),
        (
            broken(chapters=[{"start_s": 0, "title": "a"}, {"start_s": 0, "title": "b"}]),
            "is not after the chapter before",
        ),
        (broken(chapters=[{"start_s": 180, "title": "a"}]), "is 180 s, but the talk ends at 180 s"),
        (broken(id=7), r"\[0\].id is a number, but must be a text"),
        ([], "holds no talk"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, talk: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_talks(str(written(tmp_path / "t.json", [talk] if talk else [])))


def test_two_talks_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='is "one", which another talk is called'):
        load_talks(str(written(tmp_path / "t.json", [a_talk(), a_talk()])))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def test_the_command_prints_tables_that_say_what_they_are(tmp_path: Path) -> None:
    file = written(tmp_path / "talks.json", [a_talk(), a_talk("two")])
    result = run(f"talks:{file}", "--titles", "--html", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    assert "2 talks, 3.0 min and 3.0 chapters each on average" in result.output
    for word in (
        "equal",
        "pauses",
        "texttiling",
        "tf-idf",
        "near 5 s",
        "Pk",
        "WindowDiff",
        "The concert",
        "count off:",
    ):
        assert word in result.output
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "The concert" in page and "http" not in page


def test_json_holds_every_figure(tmp_path: Path) -> None:
    file = written(tmp_path / "talks.json", [a_talk(), a_talk("two")])
    found = json.loads(run(f"talks:{file}", "--json").stdout)
    rows = {row["name"]: row for row in found["rows"]}
    assert rows["texttiling"]["figures"]["near_f1_5s"]["value"] == 100
    assert rows["equal"]["figures"]["count_error"]["value"] == 0
    assert [talk["id"] for talk in rows["equal"]["talks"]] == ["one", "two"]
    ours = found["title_rows"][0]
    assert ours["ours"] and len(ours["talks"][0]["titles"]) == 3
    beside = {(one["theirs"], one["measure"]): one["value"] for one in found["ahead"]}
    others = {row["name"]: row["figures"]["title_words"]["value"] for row in found["title_rows"]}
    assert beside["tf-idf", "title_words"] == pytest.approx(others["cuemark"] - others["tf-idf"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["talks:"], "dataset_not_found"),
        (["talks:nowhere.json"], "dataset_not_found"),
        (["talks:x.json", "--ablate"], "option_talks"),
        (["sample", "--titles"], "option_talks"),
    ],
)
def test_what_cannot_be(arguments: list[str], code: str) -> None:
    result = run(*arguments)
    assert result.exit_code in (1, 2) and f"[{code}]" in result.output


def test_an_unknown_row_names_those_there_are(tmp_path: Path) -> None:
    result = run(f"talks:{written(tmp_path / 'talks.json', [a_talk()])}", "--rows", "nobody")
    assert result.exit_code == 2 and "texttiling" in result.output


def test_given_titles_are_judged_by_hand(tmp_path: Path) -> None:
    """Two talks of other words: each has its own two titles found where they are, the other's left out."""
    other = a_talk("two")
    for number, sentence in enumerate(other["sentences"]):
        sentence["text"] = f"The {('whale ocean dive', 'castle knight sword', 'desert camel sand')[number // 6]}."
    other["chapters"] = [{"start_s": 0, "title": ""}, {"start_s": 60, "title": "Castle and knight"},
                         {"start_s": 120, "title": "A desert camel"}]  # fmt: skip
    one = a_talk()
    one["chapters"][1]["title"], one["chapters"][2]["title"] = "Engine and wheel", "Violin concert"
    file = written(tmp_path / "talks.json", [one, other])
    for row in json.loads(run(f"talks:{file}", "--rows", "given-titles", "--json").stdout)["given_titles"]:
        assert (row["right"]["value"], row["off_s"], row["kept"], row["foreign_out"]) == (100, 0, 100, 100), row
        assert row["placed_right"] == 100 and row["equal"] == 100
