"""A package of the extra that is missing is said with the command that installs it."""

from __future__ import annotations

import sys

import pytest

from cuemark.core.errors import CuemarkError
from cuemark.core.extras import install_command
from cuemark.lab.environment import require


def test_what_is_there_is_imported() -> None:
    assert require("json.decoder").JSONDecoder


def test_what_is_missing_is_named_with_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("pycocoevalcap")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pycocoevalcap", None)
    with pytest.raises(CuemarkError) as caught:
        require("pycocoevalcap.cider.cider")
    assert caught.value.code == "eval_extra_missing"
    assert "pycocoevalcap," in caught.value.message
    assert caught.value.next_step == f"Install it with: {install_command('eval')}"
