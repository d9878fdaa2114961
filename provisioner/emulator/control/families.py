"""Families of Azure Resource Manager's children: what a file of `control/` says of itself, as `FAMILY`, to be routed,
edited by `/_emulator/drift` and shown on the page. No list names them: the files are looked for.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from provisioner.emulator import control

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.emulator.control.resource_rows import Resource
    from provisioner.emulator.wire.routing import Route
    from provisioner.emulator.world.state import State

Json = dict[str, Any]


def _as_it_is(state: State, found: Resource, body: Json) -> Json:  # noqa: ARG001
    return body


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """`kind` is that of its rows and the word for one. `cells` are what the page shows of a body below `columns`;
    between its name and what holds it. `edited` is the body that is kept after somebody's edit made this one of it; it
    raises what the edit took away.
    """

    kind: str
    title: str
    nothing: str
    columns: tuple[str, ...]
    cells: Callable[[Json], tuple[object, ...]]
    routes: tuple[Route, ...]
    project_routes: tuple[Route, ...] = ()
    edited: Callable[[State, Resource, Json], Json] = _as_it_is

    @property
    def section(self) -> str:
        """Of the page: `connections`."""
        return self.title.lower().replace(" ", "-")


@lru_cache(maxsize=1)
def every() -> tuple[Family, ...]:
    modules = (import_module(f"{control.__name__}.{each.name}") for each in pkgutil.iter_modules(control.__path__))
    return tuple(family for module in modules if isinstance(family := getattr(module, "FAMILY", None), Family))
