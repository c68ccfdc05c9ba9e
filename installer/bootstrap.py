"""Sets Cuemark up in a private environment beside this checkout, then runs it.  See README.md.

This file alone must be readable by any Python, however old, to be able to say that it is too old:
no annotations, no f-strings.  All the rest is in cuemark_setup/.
"""

# ruff: noqa: UP031

import os
import subprocess
import sys

OLDEST = (3, 10)
TOO_OLD_EXIT_CODE = 10


def newer_python():
    """The name of a new enough python that runs here, or None.  (A pyenv shim can be there and not run.)"""
    for minor in (13, 12, 11, 10, 14):
        name = "python3.%d" % minor
        try:
            with open(os.devnull, "w") as nowhere:
                if subprocess.call([name, "-c", ""], stdout=nowhere, stderr=nowhere) == 0:
                    return name
        except OSError:
            continue
    return None


if sys.version_info < OLDEST:
    found = newer_python()
    step = "Run it with %s, which is on this machine: %s %s" % (found, found, " ".join(sys.argv))
    if found is None:
        step = "Install Python 3.10 or newer (https://www.python.org/downloads/) and run the same command with it."
    sys.stderr.write(
        "cuemark set-up: Python %d.%d is too old (%s); Cuemark needs 3.10 or newer.\n  next step: %s\n"
        % (sys.version_info[0], sys.version_info[1], sys.executable, step)
    )
    sys.exit(TOO_OLD_EXIT_CODE)

from cuemark_setup.commands import main  # noqa: E402 - the version check above must come first

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
