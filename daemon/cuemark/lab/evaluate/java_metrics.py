"""METEOR 1.5 and the PTB tokenizer, two Java programs inside the package pycocoevalcap, run as it runs them.

METEOR is one process for a whole evaluation, spoken to line by line.  The process is ours, not that of pycocoevalcap's
class, which has no time limit, leaves the text encoding to the language of the machine and never reads what Java
complains about.  Program, options and figures are the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from cuemark.core.errors import CuemarkError
from cuemark.lab.environment import require

#: Texts without line breaks -> for each the lower-case words with one space between them.
Tokeniser = Callable[[Sequence[str]], "list[str]"]
#: Every machine's Java is to read UTF-8 and to lower and print as English does, whatever the user's language.
FLAGS = ("-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Duser.language=en", "-Duser.country=US")
_PROBE_SECONDS = 60
_OPTIONS = ("-Xmx2G", "-jar", "meteor-1.5.jar", "-", "-", "-stdio", "-l", "en", "-norm")
_STOP_SECONDS = 5
_WITHOUT_METEOR = "Run the evaluation again with `java` out of PATH to leave METEOR out."
_JAR = "stanford-corenlp-3.4.1.jar"
_PROGRAM = "edu.stanford.nlp.process.PTBTokenizer"


def find_java() -> str | None:
    """A java that runs: from PATH, or of JAVA_HOME.  (macOS has a `java` that only says where to buy one.)"""
    home = os.environ.get("JAVA_HOME")
    candidates = [shutil.which("java"), home and shutil.which("java", path=str(Path(home, "bin")))]
    return next((java for java in candidates if java and _runs(java)), None)


def _runs(java: str) -> bool:
    try:
        done = subprocess.run([java, "-version"], capture_output=True, timeout=_PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def jar_folder(part: str) -> Path:
    """The folder of pycocoevalcap that holds the jar of `part` ("meteor" or "tokenizer")."""
    return Path(next(iter(require("pycocoevalcap").__path__)), part)


class Meteor:
    """A running METEOR; a context manager that ends it.

    Texts are tokenised.  Raises CuemarkError meteor_failed when Java ends or answers nonsense, meteor_timeout when
    it is silent for `timeout` seconds (its first answer waits for a large table of paraphrases).
    """

    def __init__(self, java: str, timeout: float = 180) -> None:
        self._timeout = timeout
        self._late = False
        self._known: dict[tuple[str, tuple[str, ...]], str] = {}
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        try:
            self._process = subprocess.Popen(
                [java, *FLAGS, *_OPTIONS], cwd=jar_folder("meteor"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self._complaints,
            )  # fmt: skip
        except OSError as error:
            self._complaints.close()
            raise _meteor_failed(str(error)) from error

    def __enter__(self) -> Meteor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; harmless when it has ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(OSError):  # it may be gone before it has read everything
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._complaints.close()

    def score(self, pairs: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[float, list[float]]:
        """Of (candidate, references) pairs: the METEOR of all together, and of each alone.  Nothing: (0, [])."""
        if not pairs:
            return 0.0, []
        with self._watched():
            counts = [self._counts(candidate, references) for candidate, references in pairs]
            self._tell(" ||| ".join(("EVAL", *counts)))
            each = [self._number() for _ in pairs]
            return self._number(), each

    def _counts(self, candidate: str, references: tuple[str, ...]) -> str:
        """METEOR's counts of one pair, as it wants them back; asked once."""
        pair = (candidate, references)
        if pair not in self._known:
            self._tell(" ||| ".join(("SCORE", *map(_plain, references), _plain(candidate))))
            self._known[pair] = self._hear()
        return self._known[pair]

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{line}\n".encode(errors="replace"))
            self._process.stdin.flush()
        except OSError as error:
            raise self._problem(str(error)) from error

    def _hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode(errors="replace").strip()
        if not line:
            raise self._problem("no answer")
        return line

    def _number(self) -> float:
        line = self._hear()
        try:
            return float(line)
        except ValueError as error:
            raise self._problem(f"it answered {line[:80]!r}") from error

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Kill the process when it takes too long: what waits for it then gets an end of file, and an error."""
        watchdog = threading.Timer(self._timeout, self._give_up)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()

    def _give_up(self) -> None:
        self._late = True
        self._process.kill()

    def _problem(self, reason: str) -> CuemarkError:
        if self._late:
            message = f"METEOR (Java) was silent for {self._timeout:.0f} seconds and was stopped."
            return CuemarkError("meteor_timeout", message, _WITHOUT_METEOR)
        self._complaints.seek(0)
        complaint = self._complaints.read().decode(errors="replace").strip()[-300:]
        return _meteor_failed(complaint or reason)


def _meteor_failed(reason: str) -> CuemarkError:
    return CuemarkError("meteor_failed", f"METEOR (Java) did not do its work: {reason}", _WITHOUT_METEOR)


def _plain(text: str) -> str:
    """One line, without the mark that separates the parts of a request."""
    return " ".join(text.replace("|||", " ").split())


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
        raise _tokenizer_failed(str(error)) from error
    answers = done.stdout.decode(errors="replace").splitlines()
    if done.returncode or len(answers) != len(lines):
        raise _tokenizer_failed(done.stderr.decode(errors="replace").strip()[-300:])
    return answers


def _without(line: str, punctuation: frozenset[str]) -> str:
    return " ".join(word for word in line.split() if word not in punctuation)


def _tokenizer_failed(reason: str) -> CuemarkError:
    return CuemarkError(
        "tokenizer_failed",
        f"The PTB tokenizer (Java) did not do its work: {reason}",
        "Run the evaluation again with `java` out of PATH to have captions split by Cuemark's own rule.",
    )
