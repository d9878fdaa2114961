"""Every family of resources, as it says of itself: what is routed, edited by `/_emulator/drift` and shown on the page.

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


@cache
def every() -> tuple[Family, ...]:
    modules = (module for room in (control, project) for module in _modules_in(room))
    return tuple(family for module in modules if isinstance(family := getattr(module, "FAMILY", None), Family))


def with_kinds() -> dict[str, Family]:
    return {family.kind: family for family in every() if family.kind}


def on_the_page() -> tuple[Family, ...]:
    return tuple(family for family in every() if family.title)


def _modules_in(room: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(room.__path__):
        yield import_module(f"{room.__name__}.{found.name}")
