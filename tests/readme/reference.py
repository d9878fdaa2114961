"""The manifest reference of the README, written from the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.kinds import KINDS
from provisioner.kinds.fragments import TAKES_FILE

HEAD = ("project", "preflight", "policy", "lock")
SECTIONS = (*HEAD, "variables", *KINDS, "checks")
COMMON = ("external", "live_name", "lifecycle")


def reference(schema: Mapping[str, Any]) -> str:
    parts = [_top(schema)]
    for section in SECTIONS:
        part = schema["properties"][section]
        entry = part if section in HEAD else part["additionalProperties"]
        parts.append(f"### `{section}`\n\n{part['description']}\n\n{_table(entry)}")
    lifecycle = schema["$defs"]["data_lifecycle"]
    any_resource = schema["properties"]["stores"]["additionalProperties"]["properties"]
    common = {
        **{name: any_resource[name] for name in ("external", "live_name")},
        **{f"lifecycle.{name}": part for name, part in lifecycle["properties"].items()},
    }
    parts.append(f"### Of any resource\n\n{_rows(common, set())}")
    return "\n\n".join(parts)


def checks(ids: Mapping[str, str], head: str = "what must be so") -> str:
    """The table of what is checked."""
    return "\n".join([f"| check | {head} |", "|---|---|", *(f"| `{name}` | {says} |" for name, says in ids.items())])


def _top(schema: Mapping[str, Any]) -> str:
    tops = {name: part for name, part in schema["properties"].items() if name not in SECTIONS}
    return _rows(tops, {*schema.get("required", ()), "name"})  # one of several files says the name


def _table(entry: Mapping[str, Any]) -> str:
    required = entry.get("required", entry.get("else", {}).get("required", ()))  # of what is not external
    flat = dict(_flattened(entry.get("properties", {}), set(required)))
    return _rows({name: part for name, (part, _) in flat.items()}, {name for name, (_, must) in flat.items() if must})


def _flattened(
    properties: Mapping[str, Any], required: set[str], prefix: str = ""
) -> Iterator[tuple[str, tuple[Mapping[str, Any], bool]]]:
    """Nested mappings, one row for each of their keys; a mapping without keys of ours is one row."""
    for name, part in properties.items():
        if name in COMMON:
            continue
        inner = {key: each for key, each in part.get("properties", {}).items() if each.get("description")}
        if inner and TAKES_FILE not in part:
            yield from _flattened(inner, set(part.get("required", ())), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", (part, name in required)


def _rows(properties: Mapping[str, Mapping[str, Any]], required: set[str]) -> str:
    lines = ["| key | type | |", "|---|---|---|"]
    for name, part in properties.items():
        must = " **Required.**" if name in required else ""
        lines.append(f"| `{name}` | {_type(part)} | {_escaped(part.get('description', ''))}{must} |")
    return "\n".join(lines)


def _type(part: Mapping[str, Any]) -> str:
    for alternative in ("anyOf", "oneOf"):
        if alternative in part:
            found = [_type(option) for option in part[alternative] if "$ref" not in option]
            return " or ".join(dict.fromkeys(found))
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return ", ".join(f"`{_plain(value)}`" for value in part["enum"])
    kinds = _many(part.get("type", "anything"))
    kinds = [it for it in kinds if it != "string" or len(kinds) == 1 or "pattern" not in part]  # that of a variable
    return " or ".join({"object": "mapping", "array": "list"}.get(it, it) for it in kinds)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _many(kind: str | list[str]) -> list[str]:
    return [kind] if isinstance(kind, str) else kind


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
