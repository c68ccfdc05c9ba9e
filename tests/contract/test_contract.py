"""Every message of the contract is in the mapper's table, or a request or answer whose every field is used.

Requests and answers that only carry values, ids and page tokens are written and read field by field: in the client by
the class of its service, in the daemon by the service's handler.  Both are read here as code.
"""

from __future__ import annotations

import ast
import functools
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cuemark
from cuemark.rpc.contract.tables import ROWS
from cuemark.rpc.v1 import (
    analyses_pb2,
    changes_pb2,
    error_pb2,
    evidence_pb2,
    export_pb2,
    hosts_pb2,
    jobs_pb2,
    library_pb2,
    media_pb2,
    models_pb2,
    search_pb2,
    selections_pb2,
    system_pb2,
    time_pb2,
    transcripts_pb2,
    watches_pb2,
)

RPC = Path(cuemark.__file__).parent / "rpc"
MODULES: tuple[Any, ...] = (
    analyses_pb2, changes_pb2, error_pb2, evidence_pb2, export_pb2, hosts_pb2, jobs_pb2, library_pb2, media_pb2,
    models_pb2, search_pb2, selections_pb2, system_pb2, time_pb2, transcripts_pb2, watches_pb2,
)  # fmt: skip
IN_THE_TABLE = {row.message.DESCRIPTOR.name for row in ROWS}
IN_A_FIELD = {"Time", "Rate", "KeyframeGap", "Selection", "ClipPlace"}
"""What the rules make of single values: fractions, pairs, a collection that may be None."""


def _methods() -> Iterator[tuple[Any, str]]:
    for module in MODULES:
        for service in module.DESCRIPTOR.services_by_name.values():
            yield from ((method, service.name) for method in service.methods)


REQUESTS = {method.input_type.name: method.input_type for method, _ in _methods()}
ANSWERS = {method.output_type.name: method.output_type for method, _ in _methods()}
CARRIED = [each for each in (REQUESTS | ANSWERS).values() if each.name not in IN_THE_TABLE and each.fields]


def test_every_message_has_a_place() -> None:
    messages = {message.name for module in MODULES for message in module.DESCRIPTOR.message_types_by_name.values()}
    assert messages == IN_THE_TABLE | IN_A_FIELD | REQUESTS.keys() | ANSWERS.keys()


@pytest.mark.parametrize("described", CARRIED, ids=lambda described: described.name)
def test_what_requests_and_answers_carry_is_in_the_table(described: Any) -> None:
    for field in described.fields:
        if field.message_type is not None:
            assert field.message_type.name in IN_THE_TABLE | {"Rate", "Time"}, field.full_name


@pytest.mark.parametrize("described", CARRIED, ids=lambda described: described.name)
def test_every_field_of_a_request_or_answer_is_written_and_read(described: Any) -> None:
    writer, reader = ("client", "server") if described.name in REQUESTS else ("server", "client")
    fields = {field.name for field in described.fields}
    assert _written(writer)[described.name] == fields, f"written by the {writer}"
    used = _read(reader)[described.name]
    # A oneof may be read as a whole.
    fields -= {field.name for oneof in described.oneofs if oneof.name in used for field in oneof.fields}
    assert fields <= used, f"read by the {reader}"


def test_every_method_is_called_by_the_client_and_answered_by_the_server() -> None:
    called = set(_written("client"))
    for method, service in _methods():
        assert method.input_type.name in called, f"nobody calls {service}.{method.name}"
    handlers = {node.name for node in _functions("server")}
    assert {method.name for method, _ in _methods()} <= handlers


def _functions(side: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for path in sorted((RPC / side).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from (n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))


@functools.cache
def _written(side: str) -> defaultdict[str, set[str]]:
    """The fields with which each message is made, by its name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for function in _functions(side):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                found[node.func.attr] |= {keyword.arg for keyword in node.keywords if keyword.arg}
    return found


@functools.cache
def _read(side: str) -> defaultdict[str, set[str]]:
    """The attributes read in functions that name a message, and what they ask to be set, by the message's name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for function in _functions(side):
        nodes = [node for node in ast.walk(function) if isinstance(node, (ast.Attribute, ast.Constant))]
        used = {node.attr if isinstance(node, ast.Attribute) else str(node.value) for node in nodes}
        for name in used & (REQUESTS | ANSWERS).keys():
            found[name] |= used
    return found
