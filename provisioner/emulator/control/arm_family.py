"""A family of resources of the management plane: counted, listed, edited and seeded by the kind of their rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from provisioner.emulator.control import resource_rows
from provisioner.emulator.control.family import Cells, Edit, Family
from provisioner.emulator.control.resource_rows import RESOURCES, Resource
from provisioner.emulator.control.resources import (
    DEFAULT_ACCOUNT,
    DEFAULT_GROUP,
    DEFAULT_PROJECT,
    SUBSCRIPTION_ID,
)
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.merge_patch import merge
from provisioner.emulator.world.state import State, dump

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call, Handler
    from provisioner.emulator.wire.routing import Route

Edited: TypeAlias = "Callable[[State, Resource, Json], Json]"


def _as_it_is(state: State, found: Resource, body: Json) -> Json:  # noqa: ARG001
    return body


def arm_family(
    kind: str,
    *,
    name: str,
    routes: tuple[Route, ...],
    project_routes: tuple[Route, ...] = (),
    edited: Edited | None = _as_it_is,
    seed: Callable[[Call, int], None] | None = None,
    title: str = "",
    nothing: str = "",
    columns: tuple[str, ...] = (),
    cells: Callable[[Call, Resource], Cells] = lambda *_: (),
) -> Family:
    """`edited` gives the body that is kept after somebody's edit made this one of it, and raises what the edit took
    away; None where nobody edits. On the page `cells`, below `columns`, stand between the name and what holds it.
    """
    return Family(
        routes=routes,
        project_routes=project_routes,
        tables=(RESOURCES,),
        name=name,
        kind=kind,
        count=lambda call: resource_rows.count(call.state, kind),
        bodies=lambda call: (found.body for found in resource_rows.of_kind(call.state, kind)),
        edit=None if edited is None else partial(_edit, kind, edited),
        seed=seed,
        title=title,
        nothing=nothing,
        columns=("Name", *columns, "In"),
        listed=partial(_listed, kind, cells),
    )


def seeding(write: Handler, kind: str, document: Json) -> Callable[[Call, int], None]:
    """Writes that document below the account, under as many names."""
    content = dump(document).encode()
    here = {"subscription": SUBSCRIPTION_ID, "group": DEFAULT_GROUP, "account": DEFAULT_ACCOUNT}

    def seed(call: Call, amount: int) -> None:
        at_once = replace(call.switches, write_seconds=0, write_style="sync")
        call = replace(call, world=replace(call.world, switches=at_once), content=content)
        for index in range(amount):
            write(replace(call, params={**here, kind: f"{kind}-{index}"}))

    return seed


def in_project(call: Call, name: str = "", *, project: str | None = None) -> Call:
    """The call as if its client had asked the project plane, about the object of that name."""
    named = DEFAULT_PROJECT if project is None else project
    found = resource_rows.named(call.state, resource_rows.PROJECT, named)
    if found is None:
        raise no_such(resource_rows.PROJECT, named)
    return replace(call, project=found.row, params={"name": name})


def no_such(kind: str, name: str) -> Refusal:
    return Refusal(404, "ResourceNotFound", f"There is no {kind} '{name}'.")


def _edit(kind: str, edited: Edited, call: Call, edit: Edit) -> Json:
    """Of the account, or of the project that is named; accounts stand in the group."""
    holder = DEFAULT_GROUP if kind == resource_rows.ACCOUNT else edit.account
    found = resource_rows.named_below(call.state, kind, edit.name, holder, edit.project)
    if found is None:
        raise no_such(kind, edit.name)
    if edit.changes is None:
        resource_rows.delete(call.state, found.row)
        return {}
    body = merge(found.body, edit.changes)
    if not isinstance(body["properties"], dict):
        raise TypeError("properties")
    return resource_rows.update(call.state, found, edited(call.state, found, body)).body


def _listed(kind: str, cells: Callable[[Call, Resource], Cells], call: Call, limit: int, first: int) -> list[Cells]:
    found = resource_rows.page_with_holders(call.state, kind, limit, first)
    return [(it.name, *cells(call, it), holder) for it, holder in found]
