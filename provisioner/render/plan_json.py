"""A plan for programs: `json_schemas` and docs/json.md say what is in it.

A field that was not there has no `before`; one that goes has no `after`. `origin` is `edit`, `drift`, `both`, or null
where nothing was applied before, or nothing tells who changed a secret. A create has every field with `after` only,
a delete every field with `before` only. Any refusal means that the plan may not be applied. Secrets are `(sensitive)`,
and `(sensitive, changed)` where another value stood before. New keys may come with any minor version; none goes without
a major one.
"""

from __future__ import annotations

from typing import Final

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.document import Absent, Json
from provisioner.model.plan import Change, FieldChange, Plan
from provisioner.render.change_lines import resource_fields, without_secrets
from provisioner.render.diagnostics import diagnostic_document
from provisioner.render.json_text import json_text
from provisioner.render.scope import scope_document
from provisioner.render.target import target_document

FORMAT_VERSION: Final = "1.1"


def plan_json(plan: Plan) -> str:
    """The plan as a text by itself."""
    return json_text(plan_document(plan), indent=2) + "\n"


def plan_document(plan: Plan) -> Json:
    """Plain JSON values only."""
    return {
        "format_version": FORMAT_VERSION,
        "target": target_document(plan.target),
        "owner": plan.owner,
        "scope": scope_document(plan),
        "digest": plan.digest,
        "has_changes": not plan.is_empty or bool(plan.left_out),
        "summary": {
            **{action.value: plan.count(action) for action in Action},
            "unchanged": len(plan.unchanged),
            "suspended": len(plan.suspended),
            "refusals": len(plan.refusals),
            "warnings": len(plan.warnings),
            "notes": len(plan.notes),
        },
        "changes": [change_document(change) for change in plan.changes],
        "unchanged": [address_document(address) for address in plan.unchanged],
        "left_out": [address_document(address) for address in plan.left_out],
        "suspended": [change_document(change) for change in plan.suspended],
        "refusals": [diagnostic_document(refusal) for refusal in plan.refusals],
        "warnings": [diagnostic_document(warning) for warning in plan.warnings],
        "notes": [diagnostic_document(note) for note in plan.notes],
    }


def address_document(address: Address) -> dict[str, str]:
    return {"kind": address.kind, "name": address.name}


def change_document(change: Change) -> Json:
    return {
        "action": change.action.value,
        "address": address_document(change.address),
        "key": change.key or change.address.name,
        "adoption": change.is_adoption,
        "loses_data": change.loses_data,
        "referrers": [address_document(address) for address in change.referrers],
        "reason": change.reason,
        "remarks": list(change.remarks),
        "fields": [_field(field) for field in without_secrets(resource_fields(change), change)],
        "lifecycle": [
            {"name": name, "before": before, "after": after} for name, before, after in change.lifecycle_fields
        ],
    }


def _field(field: FieldChange) -> Json:
    sides = {"before": field.before, "after": field.after}
    document: Json = {"path": list(field.path)}
    document |= {key: value for key, value in sides.items() if not isinstance(value, Absent)}
    document["origin"] = field.origin.value if field.origin else None
    document["forces_replace"] = field.forces_replace
    return document
