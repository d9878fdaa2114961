"""Pieces of JSON Schemas that describe what is written for programs."""

from __future__ import annotations

from typing import Any, Final

from provisioner.kinds import KINDS
from provisioner.model.document import Json
from provisioner.model.words import listed

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


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


ADDRESS: Final = obj(
    "A resource.",
    kind=text(f"The manifest's section: {listed([f'`{section}`' for section in KINDS], 'or')}."),
    name=text("Its name."),
)
