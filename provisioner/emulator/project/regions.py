"""Where memory is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.resource_rows import by_row
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world.quota import plain

if TYPE_CHECKING:
    from provisioner.emulator.wire.call import Call

# Microsoft Learn, Foundry Agent Service: memory, supported regions
WITH_MEMORY: Final = frozenset(
    {
        "australiaeast",
        "brazilsouth",
        "canadaeast",
        "eastus2",
        "francecentral",
        "italynorth",
        "japaneast",
        "koreacentral",
        "northcentralus",
        "norwayeast",
        "southafricanorth",
        "southindia",
        "swedencentral",
        "switzerlandnorth",
        "uaenorth",
        "uksouth",
        "westus",
        "westus2",
        "westus3",
    }
)


def check_region(call: Call) -> None:
    """assumed: refused when a store is made, with this status, code and text."""
    project = by_row(call.state, call.project)
    if not call.switches.region_gate or project is None or plain(project.location) in WITH_MEMORY:
        return
    message = f"Memory stores are not supported in the region '{project.location}' of this project."
    raise Refusal(400, "UserError", message)
