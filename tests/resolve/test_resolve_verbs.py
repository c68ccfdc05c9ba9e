"""The script, Studio's child and the file of markers are three pieces of code: they know the same verbs of Resolve."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.hosts.resolve import studio_child
from cuemark.hosts.resolve.bridge import SCRIPT_VERBS, VERBS
from cuemark.hosts.resolve.scripts import source_file
from tests.resolve.conftest import Desk, run
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, marker, world

MARKING = {"GetMarkers", "AddMarker", "UpdateMarkerCustomData", "DeleteMarkerAtFrame"}


def methods(text: str) -> set[str]:
    """Resolve's methods that a script calls by name."""
    return set(re.findall(r'(?:try|call)\([^"()]*(?:\([^"()]*\))?[^"()]*"([A-Z]\w+)"', text))


def test_each_knows_the_verbs_of_the_table_and_no_other() -> None:
    lua = source_file().read_text("utf-8")
    found = set(re.findall(r"^function verbs\.(\w+)", lua, re.M)) | set(re.findall(r'^verbs\["(\w+)"\]', lua, re.M))
    assert found == set(VERBS) | SCRIPT_VERBS
    assert set(studio_child.VERBS) == set(VERBS)


def test_the_three_mark_by_the_same_methods() -> None:
    child = Path(studio_child.__file__).read_text("utf-8")
    for text in (source_file().read_text("utf-8"), source_file("marks.lua").read_text("utf-8"), child):
        assert methods(text) >= MARKING
    assert methods(source_file("marks.lua").read_text("utf-8")) <= methods(source_file().read_text("utf-8"))


OURS = {"frame": 5, "duration": 1, "color": "Sky", "name": "n", "note": "", "custom_data": "cuemark:a:m"}
ASKED: dict[str, dict[str, Any]] = {
    "hello": {},
    "describe": {},
    "list": {},
    "subtitles": {},
    "add": {"markers": [OURS]},
    "remove": {"markers": [{"frame": 5, "custom_data": "cuemark:a:m"}]},
    "goto": {"timecode": "01:00:00:10"},
}


@pytest.mark.parametrize("verb", VERBS)
def test_both_transports_answer_with_the_keys_of_the_table(desk: Desk, tmp_path: Path, verb: str) -> None:
    path = tmp_path / "a.mov"
    path.touch()
    media = Media(path, Fraction(25), 500)
    timeline = TimelineWorld("Cut", Fraction(25), [[Item("a", 0, 500, media)]], markers={7: marker("mine")})
    resolve = desk.open("studio-21.1", world(timeline))
    by_script = run(desk.script_transport().call(verb, **ASKED[verb]))
    by_python = run(desk.studio_transport(resolve).call(verb, **ASKED[verb]))
    assert set(by_python) == VERBS[verb]
    # The script also tells of itself.
    assert set(by_script) - {"version", "protocol", "tracks"} == VERBS[verb]
