"""What a command says beside the manifest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from provisioner.model.address import Address
from provisioner.model.policy import Policy
from provisioner.model.run_scope import RunScope

DEFAULT_MAX_DELETES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """What the command allowed. `max_deletes` None is no limit; it counts replacements, too. `take_over` are owners
    whose resources become this manifest's where it declares them. `no_delete` leaves out what deletes or replaces;
    `replace` is to be made anew though nothing forces it. What is not in the `scope` is left alone. The `policy` holds
    whatever else is allowed.
    """

    adopt: bool = False
    data_loss: frozenset[Address] = frozenset()
    max_deletes: int | None = DEFAULT_MAX_DELETES
    take_over: frozenset[str] = frozenset()
    no_delete: bool = False
    replace: frozenset[Address] = frozenset()
    scope: RunScope = field(default_factory=RunScope)
    policy: Policy = field(default_factory=Policy)
