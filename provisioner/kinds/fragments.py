"""Pieces of JSON Schema that kinds share, and the limits behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from provisioner.model.diagnostic import Finding
from provisioner.model.document import Document
from provisioner.reconcile.marker import MARKER_KEYS, RESERVED_PREFIX

# Pairs, key and value lengths of agents: Microsoft Learn, agents limits and quotas. assumed: the same for stores.
METADATA_PAIRS: Final = 16
METADATA_KEY: Final = 64
METADATA_VALUE: Final = 512


def text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


MARKED: Final = "x-secret"  # how a schema says that a value is a secret: no manifest holds it, see `manifest.checks`


def secret(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, MARKED: True, **more}


def flag(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "boolean", "description": description, **more}


def whole(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "integer", "description": description, **more}


def number(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "number", "description": description, **more}


def mapping(description: str, properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A mapping with these keys and no others."""
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        "additionalProperties": False,
        **more,
    }


def anything(description: str, **more: Any) -> dict[str, Any]:
    """A mapping that is passed through as it is."""
    return {"type": "object", "description": description, **more}


TAKES_FILE: Final = "x-takes-file"  # how a schema says that a file may stand for the value: its text, or what it holds


def text_or_file(description: str = "", **more: Any) -> dict[str, Any]:
    """A text, or `{file: path}` of the text file that holds it."""
    return {
        "type": ["string", "object"],
        **({"description": description} if description else {}),
        "properties": {"file": text("A text file inside the manifest's folder.", examples=["prompts/dev-buddy.md"])},
        "required": ["file"],
        "additionalProperties": False,
        TAKES_FILE: "text",
        **more,
    }


def texts_or_files(description: str, one: str, **more: Any) -> dict[str, Any]:
    """A text, `{file: path}` of one, or a list of these."""
    either = text_or_file(description, **more)
    return {**either, "type": ["array", *either["type"]], "items": text_or_file(one)}


def document(description: str = "", **more: Any) -> dict[str, Any]:
    """A mapping that is passed through as it is, or `{file: path}` of the JSON or YAML file that holds it."""
    return {
        "type": "object",
        **({"description": description} if description else {}),
        "properties": {"file": {"description": "Alone: a JSON or YAML file inside the manifest's folder."}},
        TAKES_FILE: "document",
        **more,
    }


def pairs(description: str, *, key: int = METADATA_KEY, value: int = METADATA_VALUE) -> dict[str, Any]:
    """A mapping of short strings."""
    return {
        "type": "object",
        "description": description,
        "propertyNames": {"maxLength": key},
        "additionalProperties": {"type": "string", "maxLength": value},
    }


def fitting(value: Any, schema: Mapping[str, Any]) -> Any:
    """The value without what has no place in the schema: nulls, and the keys that a closed mapping does not list."""
    if not isinstance(value, Mapping):
        return value
    listed, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    of_others = others if isinstance(others, Mapping) else {}
    return {
        key: fitting(inner, listed.get(key, of_others))
        for key, inner in value.items()
        if inner is not None and (key in listed or others is not False)
    }


def meaning(entry: Document, keys: tuple[str, ...]) -> dict[str, Any]:
    """The entry without these keys where they are empty: the service does not tell empty from absent there."""
    return {key: value for key, value in entry.items() if key not in keys or value not in ("", {}, None)}


def check_pairs(field: str, values: object, *, limit: int) -> Iterator[Finding]:
    """The marker needs room among the pairs, and its keys for itself."""
    if not isinstance(values, Mapping):
        return
    room = limit - len(MARKER_KEYS)
    if len(values) > room:
        yield Finding(
            path=(field,),
            code="metadata-limit",
            message=f"`{field}` has {len(values)} pairs; the service takes {limit}, and {len(MARKER_KEYS)} are kept "
            "for the ownership marker.",
            hint=f"Keep at most {room} pairs.",
        )
    yield from check_names(field, values)


def check_names(field: str, values: object) -> Iterator[Finding]:
    """The marker's names are its own."""
    for name in values if isinstance(values, Mapping) else ():
        if str(name).startswith(RESERVED_PREFIX):
            yield Finding(
                path=(field, str(name)),
                code="reserved-name",
                message=f'`{field}` uses "{name}", but names that start with "{RESERVED_PREFIX}" are the tool\'s own.',
                hint="Choose another name.",
            )
