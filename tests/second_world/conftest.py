"""Lets tests import their siblings as `tests.second_world.x`, as `python -m tests.second_world.make` does.

`python -m pytest` has the repository's root on the path, plain `pytest` has not.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)
