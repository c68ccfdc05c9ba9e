"""Java, where there is one: METEOR and the PTB tokenizer are Java programs inside the package pycocoevalcap."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from cuemark.lab.environment import require

#: Every machine's Java is to read UTF-8 and to lower and print as English does, whatever the user's language.
FLAGS = ("-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Duser.language=en", "-Duser.country=US")
_PROBE_SECONDS = 60


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
