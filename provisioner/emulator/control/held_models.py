"""Which models the subscription holds: a version that is about to retire is deployed again only by those who have.

Source: Microsoft Learn, model lifecycle (deprecated stage): a subscription that has ever deployed that version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.emulator.world.catalogue import key_of

if TYPE_CHECKING:
    from provisioner.emulator.control.resource_rows import Resource
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call


def holds(call: Call, model: Json, existing: Resource | None) -> bool:
    """It was deployed here before; or the switch has it so of all that was about to retire on the first day."""
    if call.switches.holds_deprecating_models and call.world.catalogue.is_as_on_the_first_day(model):
        return True
    return _runs(existing, model) or call.state.setting(_setting(model)) is not None


def remember(call: Call, model: Json) -> None:
    if call.state.setting(_setting(model)) is None:
        call.state.set(_setting(model), "yes")


def _runs(existing: Resource | None, model: Json) -> bool:
    """Somebody's edit may have left anything in the deployment."""
    running = {} if existing is None else existing.properties["model"]
    return tuple(str(running.get(key)).lower() for key in ("format", "name", "version")) == key_of(model)


def _setting(model: Json) -> str:
    return f"held:{'/'.join(key_of(model))}"
