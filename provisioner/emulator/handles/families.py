"""Every family of resources, as it says of itself: what is routed, kept, counted, edited, seeded and shown on the page.

No list names them. The files of `control` and `project` are looked for, in the order of their names, so that a new
family is one file.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from provisioner.emulator import control, project
from provisioner.emulator.control.family import Family

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from provisioner.emulator.world.tables import Table


@cache
def every() -> tuple[Family, ...]:
    modules = (module for room in (control, project) for module in _modules_in(room))
    return tuple(family for module in modules if isinstance(family := getattr(module, "FAMILY", None), Family))


def tables() -> tuple[Table, ...]:
    return tuple(dict.fromkeys(table for family in every() for table in family.tables))


def with_objects() -> dict[str, Family]:
    return {family.name: family for family in every() if family.name}


def edited() -> dict[str, Family]:
    return {name: family for name, family in with_objects().items() if family.edit is not None}


def seeded() -> dict[str, Family]:
    return {name: family for name, family in with_objects().items() if family.seed is not None}


def on_the_page() -> dict[str, Family]:
    """By title, as people look for one."""
    return {it.name: it for it in sorted(every(), key=lambda it: it.title) if it.title}


def _modules_in(room: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(room.__path__):
        yield import_module(f"{room.__name__}.{found.name}")
