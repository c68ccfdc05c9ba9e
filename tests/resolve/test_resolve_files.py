"""The two files between daemon and script: what is written is read back, whatever stands around it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import lupa.luajit21 as lupa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuemark.core.errors import StoreError
from cuemark.hosts.resolve.mailbox import Mailbox, Request, lua_value
from cuemark.hosts.resolve.prefs import Answer, Prefs, our_values
from cuemark.hosts.resolve.scripts import rendered, source_file, version_of

LUA = lupa.LuaRuntime()
HEX = st.text("0123456789abcdef", max_size=40)
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner),
    max_leaves=20,
)


def from_lua(value: Any) -> Any:
    """A Lua value as Python sees it; text is still hex."""
    if lupa.lua_type(value) != "table":
        return value
    return {key: from_lua(item) for key, item in value.items()}


def expected(value: Any) -> Any:
    """What Lua is to hold: lists count from 1, text is hex."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").hex()
    if isinstance(value, list):
        return {index: expected(item) for index, item in enumerate(value, 1)}
    if isinstance(value, dict):
        return {key: expected(item) for key, item in value.items()}
    return value


@settings(max_examples=60)
@given(VALUES)
def test_a_real_lua_reads_what_we_ask(value: Any) -> None:
    text = Request("ab12", "34cd", "goto", {"value": value}, ("ef",)).lua()
    assert text.isascii()
    request = LUA.execute(text)
    assert (request.id, request.session, request["except"][1]) == ("ab12", "34cd", "ef")
    assert from_lua(request.args) == {"value": expected(value)}


@pytest.mark.parametrize("value", [1.5, object(), b"bytes", {"a b": 1}, {"end]": 1}, {1: 2}, 2**53])
def test_what_lua_would_not_hold_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        lua_value(value)


KEYS = st.sampled_from(["Cuemark", "Answer", "Session", "Path", "a b", "end"])
STRINGS = st.text() | st.sampled_from(['Cuemark = { Answer = "x", }', '{ "', "\\", '\\"', "Cuemark", "é\n🎬"])
TREES = st.recursive(
    STRINGS | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.dictionaries(KEYS.filter(lambda key: key != "Cuemark"), inner, max_size=4),
    max_leaves=25,
)


def lua_text(value: Any) -> str:
    """As Fusion writes its preferences."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, dict):
        return repr(value)
    entries = "".join(
        f"\t{key if key.isidentifier() else f'[{lua_text(key)}]'} = {lua_text(item)},\n" for key, item in value.items()
    )
    return "{\n" + entries + "}"


@given(st.dictionaries(KEYS, TREES), HEX, HEX, st.data())
def test_our_values_are_found_among_anything(
    tree: dict[str, Any], answer: str, session: str, data: st.DataObject
) -> None:
    ours = {"Answer": answer, "Session": session}
    text = lua_text({**tree, "Cuemark": ours}).encode("utf-8", "surrogatepass")
    assert our_values(text) == ours
    cut = data.draw(st.integers(1, len(text) - 1))
    assert our_values(text[:cut]) in (None, {})  # a torn file says nothing at all


def test_nothing_of_ours() -> None:
    assert our_values(b"") == {} == our_values(b'{ Global = { Path = "x" } }')


@pytest.mark.parametrize("text", ["", "x", "a:b:1:1", "a:b:1:1:0g", "a:b:one:1:00", "a:b:1:1:00:", "a:b:1:1:000"])
def test_what_is_no_answer(text: str) -> None:
    assert Answer.parse(text) is None


def test_preferences_that_go_away_for_a_moment(tmp_path: Path) -> None:
    """Resolve writes the file anew: it may be missing, or half there, when we look."""
    file = tmp_path / "Fusion.prefs"
    prefs = Prefs([file])
    assert not prefs and not prefs.sessions()
    file.write_text('{ Global = { Cuemark = { Session = "s1", Answer = "s1:r1:1:1:7b7d", }, }, }')
    assert prefs.sessions() == {"s1"}
    answer = prefs.answer_to("r1")
    assert answer is not None and answer.text == b"{}" and prefs.answer_to("r2") is None
    file.write_text('{ Global = { Cuemark = { Session = "s2", Answer = "s2:r2:1:1:7b')
    assert prefs.sessions() == {"s1"}
    file.unlink()
    assert prefs.sessions() == {"s1"}


def test_a_later_request_is_not_withdrawn_by_an_earlier_one(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    first, second = Request("01", "", "hello"), Request("02", "", "hello")
    mailbox.post(first)
    mailbox.post(second)
    mailbox.withdraw(first)
    assert "02" in (tmp_path / "next.lua").read_text()
    mailbox.withdraw(second)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["plain", 'Jörg\'s "films" \\ ]]', "日本語", "a\nb"])
def test_the_mailbox_is_written_into_the_script(name: str, tmp_path: Path) -> None:
    source = source_file().read_bytes()
    script = rendered(source, tmp_path / name, windows=False)
    assert version_of(script) == version_of(source) is not None
    (line,) = [line for line in script.splitlines() if line.startswith(b"local MAILBOX")]
    lua = lupa.LuaRuntime(encoding=None)
    assert lua.execute(line + b"\nreturn MAILBOX") == os.fsencode(tmp_path / name)


def test_a_script_changed_by_hand_is_not_rendered() -> None:
    with pytest.raises(StoreError):
        rendered(b"print('hello')", Path("x"), windows=False)
    assert version_of(b"print('hello')") is None


def test_a_script_of_ours_is_plain_ascii() -> None:
    """Whatever code page Resolve's Lua reads it in."""
    assert source_file().read_bytes().isascii()
