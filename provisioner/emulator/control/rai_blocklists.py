"""Blocklists of an account. Source: azure-rest-api-specs, RaiBlocklist.tsp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.arm_children import Children
from provisioner.emulator.control.arm_family import arm_family, seeding
from provisioner.emulator.control.resources import invalid, members_of, tags_of

if TYPE_CHECKING:
    from provisioner.emulator.control.family import Cells
    from provisioner.emulator.control.resource_rows import Resource
    from provisioner.emulator.wire.call import Call, Reply

BLOCKLIST: Final = "blocklist"
NAME: Final = r"[a-zA-Z0-9][a-zA-Z0-9_.-]*"
BLOCKLISTS: Final = Children(
    kind=BLOCKLIST,
    plural="raiBlocklists",
    pattern=NAME,
    tagged=True,
    page_size=100,  # assumed
    polled_deletes=True,  # with their items; assumed: a policy that names one does not matter
)


def write_blocklist(call: Call) -> Reply:
    """PUT: a full replace of the list's own properties; its items stay."""
    account, existing = BLOCKLISTS.begin_write(call)
    document = call.document()
    description = members_of(document, "properties").get("description")
    if not isinstance(description, str | None):
        raise invalid("The description of a blocklist is a text.")
    properties = {} if description is None else {"description": description}
    return BLOCKLISTS.written(call, account, existing, {"tags": tags_of(document), "properties": properties})


def _cells(_: Call, it: Resource) -> Cells:
    return (it.properties.get("description") or "",)


FAMILY: Final = arm_family(
    BLOCKLIST,
    name="rai_blocklists",
    seed=seeding(write_blocklist, BLOCKLIST, {}),
    title="Blocklists",
    nothing="No blocklist yet.",
    columns=("Description",),
    cells=_cells,
    routes=BLOCKLISTS.routes(write=write_blocklist),
)
