"""When what is live is neither what the plan saw nor what the change makes of it."""

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
