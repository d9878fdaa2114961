"""Edits of live objects as somebody in the portal would make them: a merge patch, or null to delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.emulator.control.family import Edit
from provisioner.emulator.control.resources import DEFAULT_ACCOUNT
from provisioner.emulator.handles import families
from provisioner.emulator.wire.errors import Refusal

if TYPE_CHECKING:
    from provisioner.emulator.control.family import Family
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call


def drift(call: Call, document: Json) -> Json:
    """The object as it reads afterwards; empty when it was deleted. Inside a write transaction."""
    problem = drift_problem(document)
    family = _family(document.get("kind"))
    if problem or family is None or family.edit is None:
        raise Refusal(400, "BadRequest", problem)
    try:
        return family.edit(call, _edit(document))
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # the edit took away what every object has
        message = f"The {family.kind} could not be after these changes ({error})."
        raise Refusal(400, "BadRequest", message) from error


def drift_problem(document: Json) -> str:
    """What is wrong with its shape, or nothing."""
    changes, kind = document.get("changes", ""), document.get("kind")
    names = ", ".join(sorted(families.edited()))
    if not isinstance(document.get("name"), str) or not (changes is None or isinstance(changes, dict)):
        return f'Send {{"kind": one of {names}, "name": ..., "changes": {{...}} or null}}.'
    return "" if _family(kind) is not None else f"There is no kind {kind!r}; there are: {names}."


def _family(kind: object) -> Family | None:
    """By the name of its section in a manifest, or by the word for one."""
    return next((it for it in families.edited().values() if kind in (it.name, it.kind)), None)


def _edit(document: Json) -> Edit:
    project = document.get("project")
    return Edit(
        name=document["name"],
        changes=document["changes"],
        account=str(document.get("account", DEFAULT_ACCOUNT)),
        project=None if project is None else str(project),
    )
