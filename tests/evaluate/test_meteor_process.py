"""METEOR by hand and against pycocoevalcap, and a Java that is absent, broken, silent or of another language."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.errors import CuemarkError
from cuemark.lab.evaluate.caption_scores import score_text
from cuemark.lab.evaluate.java_metrics import Meteor, find_java, ptb_words
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.text_metrics import Pair, TextMetrics, text_metrics
from cuemark.lab.evaluate.truth import TrueEvent, TrueVideo

needs_java = pytest.mark.skipif(find_java() is None, reason="METEOR and the PTB tokenizer need Java")
posix = pytest.mark.skipif(os.name != "posix", reason="stands in for java with a shell script")

TOOLKIT = """
import json, sys
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
captions, pairs = json.load(sys.stdin)
words = PTBTokenizer().tokenize({0: [{"caption": caption} for caption in captions]})[0]
meteor = Meteor()
together, each = meteor.compute_score(
    {n: references for n, (_, references) in enumerate(pairs)}, {n: [said] for n, (said, _) in enumerate(pairs)}
)
print(json.dumps([words, together, each]))
"""
CAPTIONS = ["A red cat, isn't it?", "Two dogs (one blue) run; they're fast!", 'a 10-year-old\'s "kite" -- high...', "x"]
PAIRS: list[tuple[str, tuple[str, ...]]] = [
    ("a red cat", ("a red cat on the beach",)),
    ("a cat is running on a beach", ("the cats run at the beach", "a dog sleeps")),
    ("a boat", ("qwertyuiopas",)),
    ("", ("a boat",)),
]
#: METEOR 1.5 for English: alpha 0.85, beta 0.2, gamma 0.6, delta 0.75; function words (a, on, the) weigh 1 - delta.
#: All of "a red cat" (0.75 * 2 + 0.25) is in the other sentence (0.75 * 3 + 0.25 * 3), in one piece of three words.
SHARE, ONE_PIECE = 1.75 / 3, 1 - 0.6 * (1 / 3) ** 0.2
SHORT_FOR_LONG = SHARE / (0.85 * 1 + 0.15 * SHARE) * ONE_PIECE
LONG_FOR_SHORT = SHARE / (0.85 * SHARE + 0.15 * 1) * ONE_PIECE


@pytest.fixture(scope="module")
def java() -> str:
    program = find_java()
    assert program is not None
    return program


@pytest.fixture(scope="module")
def meteor(java: str) -> Iterator[Meteor]:
    with Meteor(java) as running:
        yield running


@pytest.fixture(scope="module")
def text(java: str, meteor: Meteor) -> TextMetrics:
    return TextMetrics(ptb_words(java), meteor)


def script(folder: Path, lines: str) -> str:
    """A stand-in for java."""
    path = folder / "java"
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return str(path)


@needs_java
def test_meteor_by_hand(text: TextMetrics) -> None:
    assert text.meteor([Pair("a red cat", ("a red cat on the beach",))]) == pytest.approx(SHORT_FOR_LONG)
    assert text.meteor([Pair("A red cat.", ("a red cat!",))]) == pytest.approx(1)
    assert text.meteor([Pair("a red cat", ("qwertyuiopas",))]) == 0
    assert text.meteor([]) == 0
    # Of several references the best counts.
    assert text.meteor_each([Pair("a red cat", ("no", "a red cat"))]) == pytest.approx([1])


@needs_java
def test_soda_asks_the_other_way_round(text: TextMetrics) -> None:
    truth = TrueVideo("v", Path("v"), ((TrueEvent(Fraction(0), Fraction(10), ("a red cat",)),),))
    score = score_text(truth, [Found(Fraction(0), Fraction(10), "a red cat on the beach")], text)
    assert score is not None
    assert score.meteor == pytest.approx(LONG_FOR_SHORT)
    assert score.soda_c == pytest.approx(SHORT_FOR_LONG)


@needs_java
@pytest.mark.slow
def test_words_and_meteor_are_what_pycocoevalcap_says(java: str) -> None:
    asked = json.dumps([CAPTIONS, PAIRS])
    done = subprocess.run([sys.executable, "-c", TOOLKIT], input=asked, capture_output=True, text=True, check=True)
    words, together, each = json.loads(done.stdout)
    assert ptb_words(java)(CAPTIONS) == words
    pairs = [Pair(said, references) for said, references in PAIRS]
    with text_metrics() as text:
        assert text.has_meteor and text.notes == ()
        assert text.meteor(pairs) == pytest.approx(together, abs=1e-12)
        assert text.meteor_each(pairs) == pytest.approx(each, abs=1e-12)


@needs_java
def test_words_of_odd_texts_whatever_the_machine_speaks(java: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Duser.language=tr -Duser.country=TR")
    odd = ["A TITLE in the CAFÉ", "two\nlines\u2028or three", "", " \t", "...", "a ||| b", "猫 \ud800"]
    split = ptb_words(java)(odd)
    assert split[:5] == ["a title in the café", "two lines or three", "", "", ""]
    assert len(split) == len(odd) and split[6].startswith("猫")


@needs_java
@pytest.mark.slow
def test_meteor_lowers_letters_as_english_does(java: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Turkish a capital I is no i, and "TITLE" would not be "title"."""
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Duser.language=tr -Duser.country=TR")
    with Meteor(java) as turkish:
        assert turkish.score([("the TITLE", ("the title",))])[0] == pytest.approx(1)


@needs_java
def test_separators_and_line_breaks_in_a_caption_do_no_harm(meteor: Meteor) -> None:
    together, each = meteor.score([("a ||| cat\nruns", ("a cat runs",)), ("|||", ("a cat",)), ("café", ("café",))])
    assert each == pytest.approx([1, 0, 1]) and 0 < together < 1


def test_without_a_java_that_runs_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert find_java() is None
    with text_metrics() as metrics:
        assert not metrics.has_meteor and metrics.notes


@posix
def test_a_java_that_only_says_where_to_get_one_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "echo 'visit java.com' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java() is None
    home = tmp_path / "home" / "bin"
    home.mkdir(parents=True)
    script(home, "exit 0")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java() == str(home / "java")


@posix
def test_a_silent_meteor_is_stopped(tmp_path: Path) -> None:
    began = time.monotonic()
    with Meteor(script(tmp_path, "exec sleep 60"), timeout=0.3) as meteor, pytest.raises(CuemarkError) as caught:
        meteor.score([("a", ("b",))])
    assert caught.value.code == "meteor_timeout" and caught.value.next_step
    assert time.monotonic() - began < 10


@posix
@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("echo 'Could not reserve enough space' >&2; exit 1", "Could not reserve enough space"),
        ("while read line; do echo not a number; done", "not a number"),
    ],
)
def test_a_meteor_that_fails_says_why(tmp_path: Path, lines: str, says: str) -> None:
    with Meteor(script(tmp_path, lines), timeout=30) as meteor, pytest.raises(CuemarkError, match=says) as caught:
        meteor.score([("a", ("b",))])
    assert caught.value.code == "meteor_failed" and caught.value.next_step
    meteor.close()  # a second time does no harm


def test_a_java_that_is_not_there_is_an_error_when_it_was_named(tmp_path: Path) -> None:
    with pytest.raises(CuemarkError) as caught, text_metrics(str(tmp_path / "java")):
        pass
    assert caught.value.code == "meteor_failed"


@posix
@pytest.mark.parametrize(("lines", "timeout"), [("cat; echo one too many", 30), ("exit 3", 30), ("exec sleep 60", 0.3)])
def test_a_tokenizer_that_fails_is_an_error(tmp_path: Path, lines: str, timeout: float) -> None:
    with pytest.raises(CuemarkError) as caught:
        ptb_words(script(tmp_path, lines), timeout)(["a cat"])
    assert caught.value.code == "tokenizer_failed" and caught.value.next_step
