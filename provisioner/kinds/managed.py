"""What the kinds of Azure Resource Manager share: where they write, and how they make what nobody made meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.kinds.conflict import changed_since
from provisioner.kinds.protocol import Kind, ManagementPlane, Service
from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.reconcile.marker import write_marker

if TYPE_CHECKING:
    from provisioner.model.plan import Change

TAG_LIMIT: Final = 50  # Azure Resource Manager: tags per resource


def management_of(service: Service, kind: Kind) -> ManagementPlane:
    """Raises PlaneError where the manifest does not say where that is."""
    if service.management is not None:
        return service.management
    title = kind.section.replace("_", " ")
    raise PlaneError(
        Failure(
            message=f"{title[0].upper()}{title[1:]} are written through Azure Resource Manager, and the manifest does "
            "not say where.",
            advice="Set `project.subscription_id` and `project.resource_group`.",
        )
    )


def tagged(change: Change) -> dict[str, str]:
    """The tags to write, with the marker among them. Their names ignore case: where a live one differs from a declared
    one in nothing else, it is the same.
    """
    tags, declared = (change.after or {}).get("tags") or {}, change.declared.get("tags") or {}
    names = {name.casefold() for name in declared}
    kept = {name: value for name, value in tags.items() if name in declared or name.casefold() not in names}
    return {**kept, **(write_marker(change.marker) if change.marker else {})}


def made(
    kind: Kind, service: Service, change: Change, *, path: str, body: Document, asks_first: bool = False
) -> Document:
    """The new object as the answer shows it; empty where that shows none. Raises PlaneError where somebody made one:
    with `asks_first` it is looked for, a request more, where the precondition of the first PUT is not to be relied on.
    """
    management = management_of(service, kind)

    def is_free() -> bool:
        return management.get(path) is None

    if asks_first and not is_free():
        raise changed_since(change.address)
    try:
        return management.put(path, body, is_free=is_free)
    except PlaneError as error:
        if error.failure.status != 412:
            raise
        found = kind.read(service, change.address)  # ours, when its answer was lost and it was sent again
        if found is None or found.marker != change.marker:
            raise changed_since(change.address) from error
        return {}
