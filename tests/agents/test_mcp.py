"""`cuemark mcp` as an agent's program sees it: the SDK's own client over stdio, a real daemon, and attacks."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cuemark.agents.folders import AllowedFolders
from cuemark.agents.schemas import TOOLS
from cuemark.agents.server import check_arguments
from cuemark.core.errors import CuemarkError, InputError, OptionError
from cuemark.lab.sample.script import write_script
from cuemark.lab.sample.video import render

mcp = pytest.importorskip("mcp")

SCRIPT = write_script("cuts", "test", 1, seconds=12, events=2)
SEEN = [str(event.slots.subject) for event in SCRIPT.events]
CUEMARK = [sys.executable, "-m", "cuemark.cli.main"]
Call = Callable[..., Awaitable[Any]]


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """An allowed folder with a drawn film of two events; beside it one that is not allowed."""
    allowed, outside = tmp_path / "allowed", tmp_path / "outside"
    render(SCRIPT, allowed / "film.mp4")
    outside.mkdir()
    (outside / "film.mp4").write_bytes((allowed / "film.mp4").read_bytes() + b"\0")
    (allowed / "link").symlink_to(outside)
    (allowed / "inner.mp4").symlink_to(allowed / "film.mp4")
    return tmp_path


def session(folder: Path, talk: Callable[[Call], Awaitable[None]], heard: list[str] | None = None) -> None:
    """Talks to one `cuemark mcp` that may use `folder`."""

    async def run() -> None:
        server = mcp.StdioServerParameters(
            command=CUEMARK[0], args=[*CUEMARK[1:], "mcp", "--allow", str(folder)], env=dict(os.environ)
        )

        async def progress(done: float, total: float | None, stage: str | None) -> None:
            if heard is not None:
                heard.append(stage or "")

        async with mcp.Client(server) as client:

            async def call(name: str, **arguments: Any) -> Any:
                return await client.call_tool(name, arguments, progress_callback=progress)

            await talk(call)

    try:
        asyncio.run(run())
    finally:
        subprocess.run([*CUEMARK, "daemon", "stop"], check=False, capture_output=True)


def code_of(answer: Any) -> str:
    """The reason code of a tool's error."""
    assert answer.is_error, answer
    error = answer.structured_content["error"]
    assert error["message"] and error["next_step"]
    assert f"[{error['code']}]" in answer.content[0].text
    return str(error["code"])


@pytest.mark.slow
def test_an_agent_analyses_lists_reads_and_exports(footage: Path) -> None:
    stages: list[str] = []

    async def talk(call: Call) -> None:
        film = str(footage / "allowed" / "film.mp4")
        begun = await call("analyze", path=film, labels=SEEN, wait_s=0)
        job = begun.structured_content["job"]
        ended = await call("job", job=job, wait_s=240)
        assert ended.structured_content["state"] == "succeeded", ended
        analysis = ended.structured_content["analysis"]["id"]
        markers = (await call("markers", analysis=analysis)).structured_content["analysis"]
        assert {moment["caption"] for moment in markers["moments"]} == set(SEEN)
        listed = (await call("list", what="analyses")).structured_content
        assert [one["analysis"] for one in listed["analyses"]] == [analysis]
        edl = await call("export", analysis=analysis, format="edl")
        assert edl.structured_content["text"].startswith("TITLE")
        target = footage / "allowed" / "marks.csv"
        written = await call("export", analysis=analysis, format="csv", output=str(target))
        assert not written.is_error and target.stat().st_size == written.structured_content["bytes"]
        assert code_of(await call("export", analysis=analysis, format="csv", output=str(target))) == "file_exists"
        elsewhere = str(footage / "outside" / "marks.csv")
        answer = await call("export", analysis=analysis, format="csv", output=elsewhere)
        assert code_of(answer) == "path_not_allowed" and not os.path.exists(elsewhere)
        found = await call("search", query=f"a {SEEN[0]}")
        assert {Path(hit["path"]).name for hit in found.structured_content["hits"]} <= {"film.mp4", "inner.mp4"}
        assert json.loads(found.content[0].text) == found.structured_content

    session(footage / "allowed", talk, stages)
    assert "features" in stages, "long work tells how far it is"


@pytest.mark.slow
def test_what_lies_outside_does_not_exist(footage: Path) -> None:
    outside = footage / "outside" / "film.mp4"
    done = subprocess.run(
        [*CUEMARK, "label", str(outside), "--labels", "cat", "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["moments"] is not None
    listed = subprocess.run([*CUEMARK, "analyses", "list", "--json"], capture_output=True, text=True, check=True)
    foreign = json.loads(listed.stdout)[0]["id"]
    jobs = subprocess.run([*CUEMARK, "jobs", "list", "--json"], capture_output=True, text=True, check=True)
    job = json.loads(jobs.stdout)[0]["id"]

    async def talk(call: Call) -> None:
        for what in ("analyses", "media", "jobs"):
            assert (await call("list", what=what)).structured_content[what] == []
        assert code_of(await call("markers", analysis=foreign)) == "analysis_not_found"
        assert code_of(await call("export", analysis=foreign, format="json")) == "analysis_not_found"
        known, made_up = await call("job", job=job, cancel=True), await call("job", job="f" * 12)
        assert code_of(known) == code_of(made_up) == "job_not_found"
        assert (await call("search", query="a cat")).structured_content["hits"] == []
        ways = [str(outside), "../outside/film.mp4", "link/film.mp4", "/etc/passwd", "/proc/self/environ"]
        for way in ways:
            answer = await call("analyze", path=way)
            assert code_of(answer) == "path_not_allowed", way
            assert str((footage / "allowed").resolve()) in answer.structured_content["error"]["next_step"]
            assert code_of(await call("search", query="x", **{"in": [way]})) == "path_not_allowed"
        for arguments in ({"path": "x" * 5000}, {"path": ""}, {"path": 7}, {}, {"path": "a", "transcript": "/etc/x"}):
            assert code_of(await call("analyze", **arguments)) == "tool_arguments"
        assert code_of(await call("analyze", path="a\0b")) == "path_invalid"
        assert code_of(await call("search", query="x" * 2_000_000)) == "tool_arguments"
        assert code_of(await call("markers", analysis="")) == "tool_arguments"
        assert code_of(await call("shell", command="id")) == "tool_unknown"
        assert (await call("list", what="jobs")).structured_content["jobs"] == [], "it still answers"

    session(footage / "allowed", talk)


def test_a_path_counts_by_where_it_leads(footage: Path) -> None:
    allowed = AllowedFolders([footage / "allowed"])
    assert allowed.path("inner.mp4") == (footage / "allowed" / "film.mp4").resolve()
    assert allowed.path(str(footage / "outside" / ".." / "allowed" / "film.mp4")).name == "film.mp4"
    for outside in ("link/film.mp4", "..", "../allowed2", str(footage), "/"):
        with pytest.raises(InputError) as caught:
            allowed.path(outside)
        assert caught.value.code == "path_not_allowed"
    assert not allowed.holds(footage / "allowed" / "link" / "film.mp4")
    through = AllowedFolders([footage / "allowed" / "link"])
    assert through.path(str(footage / "outside" / "film.mp4")), "a folder that is a link is what it leads to"


def test_no_folder_is_no_permission(tmp_path: Path) -> None:
    for folders in ([], [tmp_path / "gone"]):
        with pytest.raises(OptionError) as caught:
            AllowedFolders(folders)
        assert caught.value.code == "mcp_no_folder"
    done = subprocess.run([*CUEMARK, "mcp"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 2 and "--allow FOLDER" in done.stderr and not done.stdout


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "mcp.py").write_text("raise ImportError('not here')\n")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from cuemark.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "mcp", "--allow", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1 and not done.stdout
    assert "-m pip install" in done.stderr and "mcp_missing" in done.stderr


def test_every_tool_holds_its_arguments_to_the_schema_it_shows() -> None:
    for tool in TOOLS:
        assert tool.schema["additionalProperties"] is False
        assert set(tool.required) <= set(tool.properties)
        for name in tool.required:
            with pytest.raises(CuemarkError) as caught:
                check_arguments(tool, {other: "x" for other in tool.required if other != name})
            assert caught.value.code == "tool_arguments"
