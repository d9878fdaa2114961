"""What a family of resources says of itself. See `handles.families` for who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.wire.markup import Safe
    from provisioner.emulator.wire.routing import Route
    from provisioner.emulator.world.tables import Table

Cells: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """Somebody's, behind a client's back: a merge patch, or None to delete."""

    name: str
    changes: Json | None
    account: str
    project: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """`FAMILY` of a file or room of `control` or `project`: its routes, and the objects that it keeps, if it does.

    Objects have a `name`, that of their section in a manifest, by which `/_emulator` counts, shows, edits and seeds
    them, and a `kind`, the word for one. Resources of the management plane are told of by `arm_family`.
    """

    routes: tuple[Route, ...] = ()  # of the management plane
    project_routes: tuple[Route, ...] = ()
    tables: tuple[Table, ...] = ()  # several families may say the same one

    name: str = ""
    kind: str = ""
    count: Callable[[Call], int] = lambda _: 0
    bodies: Callable[[Call], Iterable[Json]] = lambda _: ()
    edit: Callable[[Call, Edit], Json] | None = None  # gives the object as it is then, or nothing
    seed: Callable[[Call, int], None] | None = None  # makes so many plain ones

    # On the page, if there is a title: a list with these columns, of which `listed` gives a part (how many, after how
    # many); `cards` stands for the list where only the first few are shown, `whole` is the page of one, by its row.
    title: str = ""
    nothing: str = ""
    columns: tuple[str, ...] = ()
    listed: Callable[[Call, int, int], list[Cells]] = lambda *_: []
    cards: Callable[[Call, int], Safe | None] | None = None
    whole: Callable[[Call, int], Safe | None] | None = None
