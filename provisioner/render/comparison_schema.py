"""The JSON Schema of `compare --format json`."""

from __future__ import annotations

from typing import Final

from provisioner.model.document import Json
from provisioner.render.json_schemas import TARGET
from provisioner.render.schema_parts import ADDRESS, DIALECT, count, flag, many, obj, ref, text

_COMPARED: Final = obj(
    "One environment.",
    environment=text("Its name."),
    owner=text("The manifest's name in it."),
    target={**TARGET, "description": "Its project; null where manifests are compared and nothing is read."},
)
_COMPARED_FIELD: Final = obj(
    "One field that differs. Secrets are `(sensitive)`, and `(sensitive, changed)` where the first one is another.",
    {
        "first": {"description": "What it is in the first environment; missing where it is not there."},
        "second": {"description": "What it is in the second one; missing where it is not there."},
    },
    path=many("Its path, one key each.", {"type": "string"}),
)
_COMPARISON: Final = obj(
    "What is otherwise in another environment. Resources go by their keys in the manifest; what it does not declare, "
    "by the name that it has there.",
    format_version=text("Of this document: major.minor.", pattern=r"^1\.\d+$"),
    live=flag("Whether it is about what is live in two projects; else about what the manifest says."),
    first=_COMPARED,
    second=_COMPARED,
    has_differences=flag("Whether anything differs."),
    summary=obj(
        "How many of each.",
        differing=count("Resources with fields that differ."),
        fields=count("Fields that differ, those of the head among them."),
        only_first=count("Resources that are in the first environment alone."),
        only_second=count("Resources that are in the second one alone."),
        same=count("Resources that are alike."),
    ),
    head=many("What differs beside the resources: `name`, `project`, `policy`.", ref("compared_field")),
    differing=many(
        "Sorted by address.",
        obj(
            "One resource.",
            address=ref("address"),
            fields=many("What differs in it.", ref("compared_field")),
        ),
    ),
    only_first=many("What is in the first environment alone.", ref("address")),
    only_second=many("What is in the second one alone.", ref("address")),
    notes=many("What is not compared, a sentence each.", {"type": "string"}),
)


def comparison_schema() -> Json:
    defs = {"address": ADDRESS, "compared_field": _COMPARED_FIELD}
    return {"$schema": DIALECT, "title": "Comparison", **_COMPARISON, "$defs": defs}
