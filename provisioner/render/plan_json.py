"""A plan for programs: `json_schemas` and docs/json.md say what is in it.

A field that was not there has no `before`; one that goes has no `after`. `origin` is `edit`, `drift`, `both`, or null
where nothing was applied before, or nothing tells who changed a secret. A create has every field with `after` only,
a delete every field with `before` only. Any refusal means that the plan may not be applied. Secrets are `(sensitive)`,
and `(sensitive, changed)` where another value stood before; what variables made is shown by the text in the manifest.
New keys and actions may come with any minor version; none goes without a major one.

A plan by itself can be applied later, so the text of it ends in its own checksum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Final

from provisioner import __version__
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.checksum import UNSUMMED, summed
from provisioner.model.document import ABSENT, Absent, Json, Path, lookup
from provisioner.model.plan import Change, FieldChange, Plan
from provisioner.model.redact import CHANGED, HIDDEN, Sensitive, harmless
from provisioner.model.written import Texts, Written, as_written, private_places, shown_text, texts_by_place
from provisioner.render.change_lines import resource_fields, without_secrets
from provisioner.render.diagnostics import diagnostic_document
from provisioner.render.holdings import holding_document
from provisioner.render.json_text import json_text
from provisioner.render.migration import migration_document
from provisioner.render.plan_saving import change_parts, obstacles, options_document, referred_document
from provisioner.render.policy import policy_document
from provisioner.render.scope import scope_document
from provisioner.render.target import target_document

FORMAT_VERSION: Final = "1.1"


def plan_json(plan: Plan, *, names_scopes: bool = False) -> str:
    """The plan as a text by itself. One that migrates can be applied where it names the scopes, which are people's."""
    document = plan_document(plan, names_scopes=names_scopes) | {"checksum": UNSUMMED}
    return summed(json_text(document, indent=2) + "\n")


def plan_document(plan: Plan, *, names_scopes: bool = False) -> Json:
    """Plain JSON values only."""
    hindered = list(obstacles(plan, names_scopes=names_scopes))
    return {
        "format_version": FORMAT_VERSION,
        "target": target_document(plan.target),
        "owner": plan.owner,
        "tool_version": __version__,
        **({"made_at": plan.made_at} if plan.made_at else {}),
        **({"lock": {"azure_blob": asdict(plan.lock)}} if plan.lock else {}),
        "scope": scope_document(plan),
        "digest": plan.digest,
        "destruction": plan.destruction,
        "variables": dict(sorted(plan.sensitive.items())),
        "options": options_document(plan.allow),
        "policy": policy_document(plan.allow.policy),
        "applicable": not hindered,
        "obstacles": hindered,
        "has_changes": not plan.is_empty or bool(plan.left_out),
        "summary": {
            **{action.value: plan.count(action) for action in Action},
            "unchanged": len(plan.unchanged),
            "suspended": len(plan.suspended),
            "refusals": len(plan.refusals),
            "warnings": len(plan.warnings),
            "notes": len(plan.notes),
        },
        "changes": [change_document(change, names_scopes=names_scopes) for change in plan.changes],
        "referred": [referred_document(referred) for referred in plan.referred],
        "unchanged": [address_document(address) for address in plan.unchanged],
        "left_out": [address_document(address) for address in plan.left_out],
        "suspended": [change_document(change) for change in plan.suspended],
        "refusals": [diagnostic_document(refusal) for refusal in plan.refusals],
        "warnings": [diagnostic_document(warning) for warning in plan.warnings],
        "notes": [diagnostic_document(note) for note in plan.notes],
    }


def address_document(address: Address) -> dict[str, str]:
    return {"kind": address.kind, "name": address.name}


def change_document(change: Change, *, names_scopes: bool = False) -> Json:
    migration = migration_document(change, names_scopes=names_scopes)
    return {
        "action": change.action.value,
        "address": address_document(change.address),
        "key": change.key or change.address.name,
        "adoption": change.is_adoption,
        "loses_data": change.loses_data,
        **({"holding": holding_document(change.holding)} if change.holding is not None else {}),
        **({"migration": migration} if migration is not None else {}),
        "referrers": [address_document(address) for address in change.referrers],
        "reason": change.reason,
        "remarks": list(change.remarks),
        "fields": [_field(field) for field in _shown_fields(change)],
        "lifecycle": [
            {"name": name, "before": before, "after": after} for name, before, after in change.lifecycle_fields
        ],
        **change_parts(change),
    }


def _shown_fields(change: Change) -> Iterator[FieldChange]:
    """With the texts for what variables made; what private ones made before is not shown either."""
    live = change.before.fields if change.before is not None else {}
    texts = texts_by_place(change.written)
    private = texts_by_place(dict.fromkeys(private_places(change.written, live), Written(HIDDEN, is_secret=True)))
    for field in without_secrets(resource_fields(change), change):
        before = _with_texts(field.before, private.get(field.path, {}))
        yield replace(field, before=before, after=_with_texts(field.after, texts.get(field.path, {})))


def _with_texts(value: object, texts: Texts) -> object:
    """A hidden value that changed says that instead; so does one whose text holds a literal."""
    root: Json = {"": value}
    shown: dict[Path, Written] = {}
    for path, text in texts.items():
        place, said = ("", *path), shown_text(text.text)
        here = lookup(root, place)
        is_sealed = isinstance(here, Sensitive) and (here == CHANGED or not isinstance(said, Sensitive))
        if here is not ABSENT and not is_sealed:
            shown[place] = Written(harmless(said))
    return as_written(root, shown)[""]


def _field(field: FieldChange) -> Json:
    sides = {"before": field.before, "after": field.after}
    document: Json = {"path": list(field.path)}
    document |= {key: value for key, value in sides.items() if not isinstance(value, Absent)}
    document["origin"] = field.origin.value if field.origin else None
    document["forces_replace"] = field.forces_replace
    return document
