"""Pieces of JSON Schemas that describe what is written for programs."""

from __future__ import annotations

from typing import Any

from provisioner.model.document import Json


def obj(description: str, optional: Json | None = None, /, **required: Any) -> Json:
    return {
        "type": "object",
        "description": description,
        "required": list(required),
        "properties": {**required, **(optional or {})},
    }


def text(description: str, **more: Any) -> Json:
    return {"type": "string", "description": description, **more}


def flag(description: str) -> Json:
    return {"type": "boolean", "description": description}


def count(description: str) -> Json:
    return {"type": "integer", "minimum": 0, "description": description}


def seconds(description: str) -> Json:
    return {"type": "number", "minimum": 0, "description": description}


def many(description: str, items: Json) -> Json:
    return {"type": "array", "items": items, "description": description}


def ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}
