"""The server of `cuemark mcp`: the Model Context Protocol over stdin and stdout, by its official SDK (extra "mcp").

Nothing but the protocol is written to stdout: the transport takes it for itself, and what anybody else prints goes to
stderr.  An error of ours is a tool's error, with its code and next step, so that an agent can do better.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

from cuemark import __version__
from cuemark.agents.folders import AllowedFolders
from cuemark.agents.schemas import TOOLS, ToolSchema
from cuemark.agents.tools import Tell, Tools
from cuemark.core.errors import CuemarkError, InputError, OptionError
from cuemark.core.extras import install_command
from cuemark.core.text import printable
from cuemark.rpc.client.aio import AsyncCuemarkClient

if TYPE_CHECKING:
    import mcp_types as types
    from mcp.server import Server, ServerRequestContext

_LOG = logging.getLogger("cuemark.agents")
_ABOUT = (
    "Cuemark watches video footage on this machine: it finds moments and chapters, searches footage by words, and "
    "writes markers for editors. Only these folders may be used: {folders}."
)
_SHOWN = 200


def serve(allowed: AllowedFolders) -> None:
    """Answer one client on stdin and stdout until it closes them; InputError `mcp_missing` without the extra."""
    try:
        import mcp.server.stdio
    except ImportError as error:
        problem = "`cuemark mcp` needs a part that is not installed: the extra mcp."
        raise InputError("mcp_missing", problem, f"Install it with: {install_command('mcp')}") from error
    asyncio.run(_serve(allowed, mcp.server.stdio.stdio_server))


async def _serve(allowed: AllowedFolders, transport: Any) -> None:
    async with transport() as (incoming, outgoing), await AsyncCuemarkClient.connect(on_wait=_say) as client:
        server = server_of(Tools(client, allowed), allowed)
        await server.run(incoming, outgoing, server.create_initialization_options())


def server_of(tools: Tools, allowed: AllowedFolders) -> Server[Any]:
    """The SDK's server with our tools."""
    import mcp_types as types
    from mcp.server import Server

    known = {tool.name: tool for tool in TOOLS}

    async def list_tools(
        context: ServerRequestContext[Any], asked: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_shown(tool) for tool in TOOLS])

    async def call_tool(context: ServerRequestContext[Any], asked: types.CallToolRequestParams) -> types.CallToolResult:
        async def tell(done: float, total: float, stage: str) -> None:
            await context.session.report_progress(done, total, stage)

        try:
            return _result(await _called(known, tools, asked.name, asked.arguments or {}, tell))
        except CuemarkError as error:
            return _failed(error)
        except Exception:
            _LOG.exception("the tool %s failed", printable(asked.name)[:_SHOWN])
            return _failed(CuemarkError("internal_error", "Cuemark made a mistake.", "See `cuemark daemon logs`."))

    about = _ABOUT.format(folders=", ".join(allowed.names))
    return Server("cuemark", version=__version__, instructions=about, on_list_tools=list_tools, on_call_tool=call_tool)


async def _called(
    known: dict[str, ToolSchema], tools: Tools, name: str, arguments: dict[str, Any], tell: Tell
) -> dict[str, Any]:
    if name not in known:
        problem = f"There is no tool {printable(name)[:_SHOWN]!r}."
        raise OptionError("tool_unknown", problem, f"Tools are {', '.join(known)}.")
    check_arguments(known[name], arguments)
    return await tools.call(name, arguments, tell)


def check_arguments(tool: ToolSchema, arguments: dict[str, Any]) -> None:
    """OptionError `tool_arguments` that names what does not fit the tool's schema."""
    from jsonschema import Draft202012Validator

    wrong = next(Draft202012Validator(tool.schema).iter_errors(arguments), None)
    if wrong is not None:
        place = ".".join(map(str, wrong.absolute_path))
        said = printable(wrong.message)
        short = said if len(said) <= _SHOWN else f"{said[:80]} ... {said[-80:]}"
        problem = f"{tool.name}: {place + ': ' if place else ''}{short}."
        raise OptionError("tool_arguments", problem, f"It takes {', '.join(tool.properties)}; see its schema.")


def _shown(tool: ToolSchema) -> types.Tool:
    import mcp_types as types

    hints = types.ToolAnnotations(read_only_hint=not tool.writes, destructive_hint=False, open_world_hint=False)
    return types.Tool(name=tool.name, description=tool.about, input_schema=tool.schema, annotations=hints)


def _result(said: dict[str, Any]) -> types.CallToolResult:
    import mcp_types as types

    text = types.TextContent(type="text", text=json.dumps(said, ensure_ascii=False))
    return types.CallToolResult(content=[text], structured_content=said)


def _failed(error: CuemarkError) -> types.CallToolResult:
    import mcp_types as types

    said = {"code": error.code, "message": printable(error.message), "next_step": printable(error.next_step)}
    text = types.TextContent(type="text", text=f"{said['message']} {said['next_step']} [{error.code}]")
    return types.CallToolResult(content=[text], structured_content={"error": said}, is_error=True)


def _say(words: str) -> None:
    print(f"{words} ...", file=sys.stderr)
