"""What a saved plan says of a migration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from provisioner.model.address import Address
from provisioner.model.document import Json
from provisioner.model.memory import Holding
from provisioner.model.migration import Migration, Part, Way
from provisioner.model.scopes import scope_fault
from provisioner.model.shape import FLAG, NUMBER, TEXT, Shape, having, needed

_ADDRESS: Final = needed(having(kind=needed(TEXT), name=needed(TEXT)))
MIGRATION: Final = having(
    way=needed(TEXT),
    part=needed(TEXT),
    source=_ADDRESS,
    target=_ADDRESS,
    resumes=needed(FLAG),
    rate=needed(NUMBER),
    settle_s=needed(NUMBER),
    scopes=Shape(word="a list", types=(list,), each=needed(TEXT)),
)
_MOST_SETTLE_S: Final = 24 * 60 * 60


def migration_in(
    document: Mapping[str, Any] | None, holding: Holding | None, address: Callable[[Json], Address]
) -> Migration | None:
    """`holding` is what is said of the memories beside it. Raises ValueError for what cannot be done."""
    if document is None:
        return None
    rate, settle_s = document["rate"], document["settle_s"]
    if isinstance(rate, bool) or not rate >= 0 or isinstance(settle_s, bool) or not 0 <= settle_s <= _MOST_SETTLE_S:
        raise ValueError("a migration has a rate of 0 or more, and waits for a day at most")
    return Migration(
        way=Way(document["way"]),
        part=Part(document["part"]),
        source=address(document["source"]),
        target=address(document["target"]),
        resumes=document["resumes"],
        holding=_with_names(holding, tuple(document.get("scopes") or ())),
        rate=int(rate),
        settle_s=float(settle_s),
    )


def _with_names(holding: Holding | None, names: tuple[str, ...]) -> Holding | None:
    if any(scope_fault(name) for name in names):
        raise ValueError("it names a scope that there cannot be")
    if not names:
        return holding
    holding = holding or Holding()
    known = replace(holding.scopes, names=names, unnamed=max(0, len(holding.scopes) - len(names)))
    return replace(holding, scopes=known)
