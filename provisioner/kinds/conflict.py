"""When what is live is neither what the plan saw nor what the change makes of it, or cannot be read at all."""

from __future__ import annotations

from provisioner.model.address import Address
from provisioner.model.errors import Failure, PlaneError


def changed_since(address: Address) -> PlaneError:
    """The object was read again, and somebody else has been at it."""
    failure = Failure(
        message=f"{address} was changed since the plan was made; it was left as it is.",
        code="conflict",
        advice="Run the same command again: it plans against what is there now.",
    )
    return PlaneError(failure)


def unreadable(address: Address, oddity: str) -> PlaneError:
    """The service shows the object, but not as it must look."""
    failure = Failure(
        message=f"{address} cannot be read ({oddity}); it was left as it is.",
        code="odd-answer",
        advice="A fault of the service, or of what answers in its place. Look at it in the portal, then apply again.",
    )
    return PlaneError(failure)
