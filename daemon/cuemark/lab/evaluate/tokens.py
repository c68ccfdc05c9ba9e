"""Captions split into words: as the toolkits do it (PTBTokenizer, needs Java), or simply, under its own name."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence

from cuemark.core.errors import CuemarkError
from cuemark.lab.environment import require
from cuemark.lab.evaluate.java import FLAGS, jar_folder

#: Texts without line breaks -> for each the lower-case words with one space between them.
Tokeniser = Callable[[Sequence[str]], "list[str]"]
_JAR = "stanford-corenlp-3.4.1.jar"
_PROGRAM = "edu.stanford.nlp.process.PTBTokenizer"
_WORD = re.compile(r"\w+(?:['’]\w+)*")


def simple_words(texts: Sequence[str]) -> list[str]:
    """Cuemark's own rule: lower case, words are runs of letters and digits, all else is left out."""
    return [" ".join(_WORD.findall(text.lower())) for text in texts]


def ptb_words(java: str, timeout: float = 300) -> Tokeniser:
    """The tokenizer of pycocoevalcap, punctuation removed as there; one Java process a call.

    The tokeniser raises CuemarkError tokenizer_failed where Java fails or is silent for `timeout` seconds.
    """
    punctuation = frozenset(require("pycocoevalcap.tokenizer.ptbtokenizer").PUNCTUATIONS)
    command = [java, *FLAGS, "-cp", _JAR, _PROGRAM, "-preserveLines", "-lowerCase"]

    def tokenise(texts: Sequence[str]) -> list[str]:
        # An empty line is not always given back, so it is not sent.
        lines = [" ".join(text.split()) for text in texts]
        asked = [line for line in lines if line]
        answers = iter(_ask(command, asked, timeout) if asked else ())
        return [_without(next(answers), punctuation) if line else "" for line in lines]

    return tokenise


def _ask(command: list[str], lines: list[str], timeout: float) -> list[str]:
    text = "".join(f"{line}\n" for line in lines)
    try:
        done = subprocess.run(
            command, cwd=jar_folder("tokenizer"), input=text.encode(errors="replace"), capture_output=True,
            timeout=timeout, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(str(error)) from error
    answers = done.stdout.decode(errors="replace").splitlines()
    if done.returncode or len(answers) != len(lines):
        raise _failed(done.stderr.decode(errors="replace").strip()[-300:])
    return answers


def _without(line: str, punctuation: frozenset[str]) -> str:
    return " ".join(word for word in line.split() if word not in punctuation)


def _failed(reason: str) -> CuemarkError:
    return CuemarkError(
        "tokenizer_failed",
        f"The PTB tokenizer (Java) did not do its work: {reason}",
        "Run the evaluation again with `java` out of PATH to have captions split by Cuemark's own rule.",
    )
