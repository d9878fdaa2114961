"""Handles for tests and the curious, under /_emulator: no token, so loopback names and no other sites."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.directory import create_default_world
from provisioner.emulator.control.first_roles import begin
from provisioner.emulator.handles import families, page, role_changes, snapshot, world_changes
from provisioner.emulator.handles.drift import drift as edit
from provisioner.emulator.handles.fault_reader import faults_of
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.wire.versions import V1
from provisioner.emulator.world.scripts import scripts_of
from provisioner.emulator.world.switches import changed

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call

SEED_MAX: Final = 100_000


def read_state(call: Call) -> Reply:
    """Counts, objects, and the tables that POST takes back; `?objects=false` for the counts alone."""
    kept = families.with_objects()
    counts = {name: family.count(call) for name, family in kept.items()}
    body: Json = {"counts": counts, "switches": asdict(call.switches), "now": call.now}
    if call.query.get("objects") != "false":
        body["objects"] = {name: list(family.bodies(call)) for name, family in kept.items()}
        body |= snapshot.take(call.state)
    return Reply(body=body)


def write_state(call: Call) -> Reply:
    """What GET gave: the objects and the switches are as they were then. The clock goes on.

    Secrets are not in what GET gave: those of resources that are unchanged since stay, others are gone.
    """
    document = call.document()
    try:
        snapshot.restore(call.state, document)
        wanted = document.get("switches") or {}
        if not isinstance(wanted, dict):
            raise _wrong('"switches" is a map.')
        switches = changed(call.switches, wanted)
    except ValueError as error:
        raise _wrong(str(error)) from None
    begin(call.state, call.world.clock)  # of a state from before there were roles
    call.world.switches = switches
    call.world.forget()
    return read_state(replace(call, query={"objects": "false"}))


def empty_state(call: Call) -> Reply:
    """Nothing is left but the group, the account and the project. Faults, switches and requests stay."""
    call.state.clear()
    create_default_world(call.state, call.world.clock)
    call.world.forget()
    return Reply(status=204)


def list_requests(call: Call) -> Reply:
    return Reply(body={"requests": list(call.world.requests)})


def forget_requests(call: Call) -> Reply:
    call.world.requests.clear()
    return Reply(status=204)


def move_clock(call: Call) -> Reply:
    seconds = call.document().get("advance_s")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise _wrong('Send {"advance_s": seconds}.')
    try:
        call.world.clock.advance(seconds)
    except (ValueError, OverflowError):
        raise _wrong("The clock goes from the year 1970 to the year 9999.") from None
    return Reply(body={"now": call.now})


def set_switches(call: Call) -> Reply:
    try:
        call.world.switches = changed(call.switches, call.document())
    except ValueError as error:
        raise _wrong(str(error)) from None
    return Reply(body=asdict(call.world.switches))


def declare_faults(call: Call) -> Reply:
    """One fault, a list of them, or {"faults": [...]}."""
    try:
        declared = faults_of(json.loads(call.content), call.now)
        world_changes.check_usages(call.world.catalogue, declared)
        call.world.faults.add(declared)
    except (ValueError, RecursionError) as error:
        raise _wrong(str(error)) from None
    return Reply(body={"faults": call.world.faults.describe()})


def list_faults(call: Call) -> Reply:
    return Reply(body={"faults": call.world.faults.describe()})


def forget_faults(call: Call) -> Reply:
    call.world.faults.clear()
    return Reply(status=204)


def script_model(call: Call) -> Reply:
    """One script, a list of them, or {"scripts": [...]}."""
    try:
        call.world.scripts.add(scripts_of(json.loads(call.content)))
    except (ValueError, RecursionError) as error:
        raise _wrong(str(error)) from None
    return list_scripts(call)


def list_scripts(call: Call) -> Reply:
    return Reply(body={"scripts": call.world.scripts.describe()})


def forget_scripts(call: Call) -> Reply:
    call.world.scripts.clear()
    return Reply(status=204)


def set_quota(call: Call) -> Reply:
    world_changes.set_quota(call, call.document())
    return Reply(status=204)


def list_models(call: Call) -> Reply:
    """As the emulator keeps them: with their regions, the sources of their facts and how sure these are."""
    return Reply(body={"models": list(call.world.catalogue.in_region(None))})


def set_model(call: Call) -> Reply:
    world_changes.set_or_add_model(call, call.document())
    return Reply(status=204)


def drift(call: Call) -> Reply:
    """Change a live object as somebody in the portal would; `changes: null` deletes it."""
    return Reply(body=edit(call, call.document()))


def seed(call: Call) -> Reply:
    """Many plain objects at once, for measuring: {"deployments": n, "stores": n, "agents": n}."""
    wanted = {name: _amount(value, name) for name, value in call.document().items()}
    call = replace(call, query={"api-version": V1})
    for name, family in families.seeded().items():
        if family.seed is not None and wanted.get(name):
            family.seed(call, wanted[name])
    return read_state(replace(call, query={"objects": "false"}))


def _amount(value: object, name: str) -> int:
    names = families.seeded()
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= SEED_MAX
    if name not in names or not fits:
        among = ", ".join(f'"{name}": n' for name in names)
        raise _wrong(f"Send {{{among}}}, each from 0 to {SEED_MAX}.")
    return value  # type: ignore[return-value]  # looked at above


def _wrong(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)


ROUTES: Final = (
    Route(method="GET", path="/", handler=page.show, token=False),
    *(
        Route(method=method, path=f"/_emulator/{name}", handler=handler, token=False)
        for method, name, handler in (
            ("GET", "state", read_state),
            ("POST", "state", write_state),
            ("DELETE", "state", empty_state),
            ("GET", "requests", list_requests),
            ("DELETE", "requests", forget_requests),
            ("POST", "clock", move_clock),
            ("POST", "switches", set_switches),
            ("GET", "faults", list_faults),
            ("POST", "faults", declare_faults),
            ("DELETE", "faults", forget_faults),
            ("GET", "model", list_scripts),
            ("POST", "model", script_model),
            ("DELETE", "model", forget_scripts),
            ("POST", "quota", set_quota),
            ("GET", "models", list_models),
            ("POST", "models", set_model),
            ("POST", "drift", drift),
            ("POST", "seed", seed),
            ("GET", "roles", role_changes.show),
            ("POST", "roles", role_changes.change),
        )
    ),
)
