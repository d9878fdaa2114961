"""What happens behind a client's back: quota is cut, a model retires, somebody edits. Inside a write transaction."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.resources import stamp
from provisioner.emulator.handles.drift import drift, drift_problem
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world import quota
from provisioner.emulator.world.catalogue import LIFECYCLES
from provisioner.emulator.world.catalogue_reader import WrongModel, read_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.catalogue import Catalogue
    from provisioner.emulator.world.faults import Fault, Misfortune

USAGE: Final = re.compile(r"\w+\.\w+")  # as OpenAI.GlobalStandard.gpt-4o; whether there is one shows in the catalogue
LIMIT_MAX: Final = 2**53  # what every reader of JSON still counts exactly


def set_quota(call: Call, document: Json) -> None:
    problem = effect_problem("quota", document) or usage_problem(call.world.catalogue, document)
    if problem:
        raise _wrong(problem)
    region = quota.plain(document.get("region", "eastus2"))
    quota.set_limit(call.state, region, document["usage"], document["limit"])


def set_model(call: Call, document: Json) -> None:
    """A model, or one version of it, comes to another point of its life; "Removed" takes it from the catalogue."""
    problem = effect_problem("model", document)
    if problem:
        raise _wrong(problem)
    name, version, lifecycle = document["name"], document.get("version"), document["lifecycle"]
    found = call.world.catalogue.change(name, None if version is None else str(version), lifecycle, stamp(call.now))
    if not found:
        raise Refusal(404, "NotFound", f"The catalogue has no model '{name}'{f' {version}' if version else ''}.")


def set_or_add_model(call: Call, document: Json) -> None:
    """With a `lifecycle`, a listed model moves on; without one the body is a model to list."""
    if "lifecycle" in document:
        set_model(call, document)
        return
    try:
        call.world.catalogue.add(read_model(document, call.world.catalogue))
    except WrongModel as error:
        raise _wrong(str(error)) from None


def check_usages(catalogue: Catalogue, faults: Iterable[Fault]) -> None:
    """Raises ValueError for a fault about a quota that no model of the catalogue has."""
    for fault in faults:
        problem = usage_problem(catalogue, fault.do.quota) if fault.do.quota is not None else ""
        if problem:
            raise ValueError(problem)


def usage_problem(catalogue: Catalogue, document: Json) -> str:
    usage = document["usage"]
    if usage in catalogue.quotas:
        return ""
    near = get_close_matches(usage, catalogue.quotas, 1)
    hint = f" Near it is '{near[0]}'." if near else " Each sku of a model names its own, as usageName."
    return f"The catalogue has no quota '{usage}'.{hint}"


EFFECTS: Final[dict[str, Callable[[Call, Json], object]]] = {"quota": set_quota, "model": set_model, "drift": drift}


def wanted(fault: Misfortune) -> Iterator[tuple[str, Json]]:
    for name in EFFECTS:
        document: Json | None = getattr(fault, name)
        if document is not None:
            yield name, document


def effect_problem(name: str, document: object) -> str:
    """What is wrong with its shape or its names, or nothing. Whether an object is there shows when it happens."""
    if not isinstance(document, dict):
        return f'"{name}" is a map.'
    return _PROBLEMS[name](document)


def _quota_problem(document: Json) -> str:
    usage, limit, region = document.get("usage"), document.get("limit"), document.get("region", "eastus2")
    is_limit = isinstance(limit, int) and not isinstance(limit, bool) and 0 <= limit <= LIMIT_MAX
    if is_limit and isinstance(usage, str) and USAGE.match(usage) and isinstance(region, str):
        return ""
    return f'Send {{"usage": a usage name of the catalogue, "limit": 0 to {LIMIT_MAX}, "region": "eastus2"}}.'


def _model_problem(document: Json) -> str:
    name, lifecycle, version = document.get("name"), document.get("lifecycle"), document.get("version")
    is_plain = isinstance(version, str | int | None) and isinstance(lifecycle, str)
    if is_plain and isinstance(name, str) and lifecycle in LIFECYCLES:
        return ""
    return f'Send {{"name": ..., "version": ..., "lifecycle": one of {", ".join(sorted(LIFECYCLES))}}}.'


_PROBLEMS: Final[dict[str, Callable[[Json], str]]] = {
    "quota": _quota_problem,
    "model": _model_problem,
    "drift": drift_problem,
}


def _wrong(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)
