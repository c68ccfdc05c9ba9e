"""Writes the Python code of the contract into daemon/; `--check` only says whether what is there is fresh.

Needs grpcio-tools (of the pinned version: other versions write other text).
"""

from __future__ import annotations

import argparse
import filecmp
import subprocess
import sys
import tempfile
from pathlib import Path

PROTOS = Path(__file__).resolve().parent
PACKAGE = PROTOS.parent / "daemon"


def generate(target: Path) -> None:
    """Runs protoc over all of the contract, output below `target`."""
    outputs = [f"--{kind}_out={target}" for kind in ("python", "pyi", "grpc_python")]
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", *outputs, *sources]
    subprocess.run(command, check=True)


def stale_files() -> list[Path]:
    """The committed files that differ from what the contract gives today, and those that should not be there."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh = {path.relative_to(folder) for path in Path(folder).rglob("*.py*")}
        committed = {path.relative_to(PACKAGE) for path in PACKAGE.rglob("*_pb2*.py*") if path.suffix != ".pyc"}
        differing = {
            name for name in fresh & committed if not filecmp.cmp(Path(folder) / name, PACKAGE / name, shallow=False)
        }
        return sorted(differing | (fresh ^ committed))


def main() -> int:
    """0 when the generated code is fresh (or was just written), 1 when `--check` found it stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when generated code is stale")
    if not parser.parse_args().check:
        generate(PACKAGE)
        return 0
    stale = stale_files()
    for name in stale:
        print(f"stale: daemon/{name} (run python protos/generate.py)", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
