"""Edits of live objects as somebody in the portal would make them: a merge patch, or null to delete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.emulator.control import resource_rows
from provisioner.emulator.control.directory import DEFAULT_ACCOUNT, DEFAULT_GROUP, DEFAULT_PROJECT
from provisioner.emulator.control.resource_rows import ACCOUNT, PROJECT
from provisioner.emulator.handles import families
from provisioner.emulator.project.agents import merge
from provisioner.emulator.wire.errors import Refusal

if TYPE_CHECKING:
    from provisioner.emulator.control.family import Family
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call


def drift(call: Call, document: Json) -> Json:
    """The object as it reads afterwards; empty when it was deleted. Inside a write transaction."""
    problem = drift_problem(document)
    if problem:
        raise Refusal(400, "BadRequest", problem)
    try:
        return _drift(call, document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # the edit took away what every object has
        message = f"The {document['kind']} could not be after these changes ({error})."
        raise Refusal(400, "BadRequest", message) from error


def drift_problem(document: Json) -> str:
    """What is wrong with its shape, or nothing."""
    changes, kind = document.get("changes", ""), document.get("kind")
    kinds = sorted(families.with_kinds())
    if not isinstance(document.get("name"), str) or not (changes is None or isinstance(changes, dict)):
        return f'Send {{"kind": one of {", ".join(kinds)}, "name": ..., "changes": {{...}} or null}}.'
    return "" if kind in kinds else f"There is no kind {kind!r}; there are: {', '.join(kinds)}."


def project_row(call: Call, name: str) -> int:
    found = resource_rows.named(call.state, PROJECT, name)
    if found is None:
        raise _missing(PROJECT, name)
    return found.row


def _drift(call: Call, document: Json) -> Json:
    family, name, changes = families.with_kinds()[document["kind"]], document["name"], document["changes"]
    if family.edit is None:
        return _drift_resource(call, family, document)
    project = project_row(call, str(document.get("project", DEFAULT_PROJECT)))
    return family.edit(replace(call, project=project, params={"name": name}), name, changes)


def _drift_resource(call: Call, family: Family, document: Json) -> Json:
    """Of the account, or of the project that is named; accounts stand in the group."""
    name, changes, project = document["name"], document["changes"], document.get("project")
    holder = DEFAULT_GROUP if family.kind == ACCOUNT else str(document.get("account", DEFAULT_ACCOUNT))
    named = None if project is None else str(project)
    found = resource_rows.named_below(call.state, family.kind, name, holder, named)
    if found is None:
        raise _missing(family.kind, name)
    if changes is None:
        resource_rows.delete(call.state, found.row)
        return {}
    body = merge(found.body, changes)
    if not isinstance(body["properties"], dict):
        raise TypeError("properties")
    return resource_rows.update(call.state, found, family.edited(call.state, found, body)).body


def _missing(kind: str, name: str) -> Refusal:
    return Refusal(404, "ResourceNotFound", f"There is no {kind} '{name}'.")
