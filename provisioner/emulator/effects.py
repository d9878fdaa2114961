"""What happens behind a client's back: quota is cut, a model retires, somebody edits. Inside a write transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .control import quota
from .control.catalogue import LIFECYCLES
from .control.resources import stamp
from .drift import drift
from .wire.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .faults import Misfortune
    from .wire.call import Call

Json = dict[str, Any]


def set_quota(call: Call, document: Json) -> None:
    usage, limit = document.get("usage"), document.get("limit")
    if not isinstance(usage, str) or usage not in call.world.catalogue.quotas or not isinstance(limit, int):
        raise _wrong('Send {"usage": a usage name of the catalogue, "limit": n, "region": "eastus2"}.')
    quota.set_limit(call.state, quota.plain(str(document.get("region", "eastus2"))), usage, limit)


def set_model(call: Call, document: Json) -> None:
    """A model, or one version of it, comes to another point of its life; "Removed" takes it from the catalogue."""
    name, lifecycle = document.get("name"), document.get("lifecycle")
    if not isinstance(name, str) or lifecycle not in LIFECYCLES:
        raise _wrong(f'Send {{"name": ..., "version": ..., "lifecycle": one of {", ".join(sorted(LIFECYCLES))}}}.')
    version = document.get("version")
    found = call.world.catalogue.change(name, None if version is None else str(version), lifecycle, stamp(call.now))
    if not found:
        raise Refusal(404, "NotFound", f"The catalogue has no model '{name}'{f' {version}' if version else ''}.")


EFFECTS: Final[dict[str, Callable[[Call, Json], object]]] = {"quota": set_quota, "model": set_model, "drift": drift}


def wanted(fault: Misfortune) -> Iterator[tuple[str, Json]]:
    for name in EFFECTS:
        document: Json | None = getattr(fault, name)
        if document is not None:
            yield name, document


def _wrong(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)
