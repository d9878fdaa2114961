"""What a family of resources says of itself. See `handles.families` for who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.emulator.control.resource_rows import Resource
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.wire.routing import Route
    from provisioner.emulator.world.state import State


def _as_it_is(state: State, found: Resource, body: Json) -> Json:  # noqa: ARG001
    return body


def _no_cells(body: Json) -> tuple[object, ...]:  # noqa: ARG001
    return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """`FAMILY` of a file or room of `control` or `project`.

    `kind` is the word for one, by which `/_emulator/drift` edits it: a resource of the management plane by its rows,
    which are of that kind, and `edited`, the body that is kept after somebody's edit made this one of it (it raises
    what the edit took away); others by `edit`, which is given the name and the changes, or None to delete it.
    With a `title` the page has a list of them: between the name and what holds it, `cells` of a body below `columns`.
    """

    routes: tuple[Route, ...] = ()  # of the management plane
    project_routes: tuple[Route, ...] = ()
    kind: str = ""
    edited: Callable[[State, Resource, Json], Json] = _as_it_is
    edit: Callable[[Call, str, Json | None], Json] | None = None
    title: str = ""
    nothing: str = ""
    columns: tuple[str, ...] = ()
    cells: Callable[[Json], tuple[object, ...]] = _no_cells

    @property
    def section(self) -> str:
        """Of the page: `connections`."""
        return self.title.lower().replace(" ", "-")
