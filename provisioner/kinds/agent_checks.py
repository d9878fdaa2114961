"""What can be said against an agent's entry without asking the service, beyond the manifest's schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from provisioner.kinds import fragments as f
from provisioner.kinds.agent_schema import DEFINITIONS, KIND_NAMES, MEMORY_TOOLS, PROPERTIES, PUBLISHED
from provisioner.model.diagnostic import Finding
from provisioner.model.document import Document, Path, dotted, lookup
from provisioner.model.scopes import wrong_characters
from provisioner.model.words import joined, quoted

# OpenAI's API reference: names of functions and of structured answers. The service refuses others with a 400.
_FUNCTION_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TEMPLATE: Final = re.compile(r"\{\{(?:[^{}]|\{(?!\{)|\}(?!\}))*\}\}")  # no pair of braces inside: linear
_WAYS_TO_A_SERVER: Final = ("server_url", "connector_id", "project_connection_id", "tunnel_id")
_MEMORY_KEYS: Final = {
    "memory_store_name": "Name one of the manifest's stores.",
    "scope": 'Add it; `scope: "{{$userId}}"` keeps every caller\'s memories apart.',
}
_REQUIRED: Final = {
    "prompt": ("model",),
    "workflow": ("workflow",),
    "hosted": ("cpu", "memory"),
    "external": (),
    "voice": (),
}
_CODE_SOURCES: Final = ("container_configuration", "code_configuration", "image")
_ENGINES_ALONE: Final = ("model", "model_type", "instructions", "tools", "tool_choice")
_CLOSED: Final = ("reasoning", "structured_inputs")  # where the schema refuses what it does not know
_PARTIAL: Final = {"agent_endpoint": "AgentEndpointConfig", "agent_card": "AgentCard"}  # merge patches


CODES: Final = {
    "wrong-agent-kind": "An agent has a key that belongs to another kind of agent.",
    "unknown-type": "A tool, or an answer's format, is of a type that the service does not publish.",
    "bad-scope": "A scope of memories is empty or holds a character that the service refuses.",
    "voice-engine": "A voice agent has neither a model nor an engine, or an engine and what takes its place.",
    "hosted-source": "A hosted agent does not say exactly once where its code comes from.",
}


def check_agent(name: str, entry: Document, *, beside: tuple[str, ...]) -> Iterator[Finding]:
    """`beside` are the keys that every kind of agent may have."""
    yield from f.check_pairs("metadata", entry.get("metadata"), limit=f.METADATA_PAIRS)
    yield from _misplaced(name, entry, beside)
    yield from _missing(name, entry)
    yield from _unlike_published(entry)
    for path, tool in _tools(entry.get("tools"), ("tools",)):
        yield from _function_names(tool, path)
        yield from _servers(tool, path)
        yield from _memory_tool(tool, path)
    text_format = lookup(entry, ("text", "format"))
    if isinstance(text_format, Mapping) and text_format.get("type") == "json_schema":
        yield from _name(text_format, ("text", "format"), "structured answer")


def _misplaced(name: str, entry: Document, beside: tuple[str, ...]) -> Iterator[Finding]:
    """Keys that belong to another kind of agent."""
    kind = entry.get("kind", "prompt")
    if kind not in DEFINITIONS:
        return
    allowed = {"kind", *beside, *DEFINITIONS[kind]}
    for key in entry:
        if key in PROPERTIES and key not in allowed:
            homes = ", ".join(other for other in KIND_NAMES if key in DEFINITIONS[other])
            yield Finding(
                path=(key,),
                code="wrong-agent-kind",
                message=f'Agent "{name}" is of kind {kind}, which has no `{key}`.',
                hint=f"Remove it, or set `kind:` to one that has it: {homes}.",
            )


def _missing(name: str, entry: Document) -> Iterator[Finding]:
    kind = str(entry.get("kind", "prompt"))
    for key in _REQUIRED.get(kind, ()):
        if key not in entry:
            yield Finding(
                path=(),
                code="missing-key",
                message=f'Agent "{name}" is of kind {kind} and lacks `{key}`.',
                hint=f"Add `{key}:`.",
            )
    if kind == "hosted" and sum(key in entry for key in _CODE_SOURCES) != 1:
        yield Finding(
            path=(),
            code="hosted-source",
            message=f'Hosted agent "{name}" needs exactly one of container_configuration and code_configuration.',
            hint="State where its code comes from, once.",
        )
    if kind == "voice":
        yield from _voice_engine(name, entry)


def _voice_engine(name: str, entry: Document) -> Iterator[Finding]:
    """A model or an engine of its own, and what the engine decides by itself (azure-ai-projects 2.10.0)."""
    if "conversation_engine" not in entry:
        lacking = [key for key in ("model", "model_type") if key not in entry]
        if lacking:
            yield Finding(
                path=(),
                code="voice-engine",
                message=f'Voice agent "{name}" lacks {joined(f"`{key}`" for key in lacking)}.',
                hint="Give `model` and `model_type` (`managed` or `self_deployed`), or `conversation_engine` instead.",
            )
        return
    for key in _ENGINES_ALONE:
        if key in entry:
            yield Finding(
                path=(key,),
                code="voice-engine",
                message=f'Voice agent "{name}" has a `conversation_engine`, which takes the place of `{key}`.',
                hint=f"Remove `{key}`, or the engine.",
                at_key=True,
            )


def _unlike_published(entry: Document) -> Iterator[Finding]:
    by_kind = PUBLISHED.variants["AgentDefinition"][1]
    definition = PUBLISHED.models.get(by_kind.get(str(entry.get("kind", "prompt")), ""), {})
    members = {member.rstrip("!"): wanted for member, wanted in definition.items()}
    for key, value in entry.items():
        if key in _PARTIAL:
            yield from PUBLISHED.findings(value, _PARTIAL[key], (key,), partial=True)
        elif key in members and key != "kind":
            for finding in PUBLISHED.findings(value, members[key], (key,)):
                if not (finding.at_key and key in _CLOSED):
                    yield finding


def _tools(tools: Any, at: Path) -> Iterator[tuple[Path, Document]]:
    """Every tool, those inside namespaces too."""
    for index, tool in enumerate(tools if isinstance(tools, (list, tuple)) else ()):
        if isinstance(tool, Mapping):
            yield (*at, str(index)), tool
            yield from _tools(tool.get("tools"), (*at, str(index), "tools"))


def _function_names(tool: Document, path: Path) -> Iterator[Finding]:
    if tool.get("type") == "function":
        yield from _name(tool, path, "function")
    if tool.get("type") == "azure_function" and isinstance(outer := tool.get("azure_function"), Mapping):
        function = outer.get("function")
        if isinstance(function, Mapping):
            yield from _name(function, (*path, "azure_function", "function"), "function")


def _name(holder: Document, path: Path, noun: str) -> Iterator[Finding]:
    name = holder.get("name")
    if isinstance(name, str) and not _FUNCTION_NAME.fullmatch(name):
        yield Finding(
            path=(*path, "name"),
            code="bad-name",
            message=f"{quoted(name)} is not a name for a {noun}.",
            hint="Use letters, digits, `_` and `-`; at most 64 characters.",
        )


def _servers(tool: Document, path: Path) -> Iterator[Finding]:
    if tool.get("type") == "mcp" and not any(tool.get(key) for key in _WAYS_TO_A_SERVER):
        yield Finding(
            path=path,
            code="missing-key",
            message=f"`{dotted(path)}` does not say where its server is.",
            hint="Add `server_url:`, or `project_connection_id:` for a connection of the project.",
        )


def _memory_tool(tool: Document, path: Path) -> Iterator[Finding]:
    if tool.get("type") not in MEMORY_TOOLS:
        return
    for key, hint in _MEMORY_KEYS.items():
        if tool.get(key) is None:
            yield Finding(path=path, code="missing-key", message=f"A memory tool needs `{key}`.", hint=hint)
    if isinstance(scope := tool.get("scope"), str):
        yield from _scope(scope, (*path, "scope"))


def _scope(scope: str, path: Path) -> Iterator[Finding]:
    literal = _TEMPLATE.sub("", scope)
    bad = wrong_characters(literal)
    if bad or not scope:
        yield Finding(
            path=path,
            code="bad-scope",
            message=f"The scope {quoted(scope)} holds {quoted(bad)}." if bad else "The scope is empty.",
            hint='Use letters, digits and `_ - . % + @ /`; "{{$userId}}" stands for the caller.',
        )
