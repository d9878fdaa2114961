"""JSON as every renderer writes it."""

from __future__ import annotations

import json

from provisioner.model.pipelines import inert_json


def json_text(document: object, *, indent: int | None = None) -> str:
    """In ASCII, and with nothing that a pipeline would take for a command."""
    return inert_json(json.dumps(document, indent=indent))
