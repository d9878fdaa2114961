"""What a saved plan says of the memories in a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from provisioner.model.memory import KINDS, Holding, Scopes
from provisioner.model.scopes import scope_fault
from provisioner.model.shape import FLAG, NUMBER, OBJECT, TEXT, Shape, having, needed

HOLDING: Final = having(
    scopes=needed(
        having(
            known=needed(NUMBER), origins=needed(OBJECT), names=Shape(word="a list", types=(list,), each=needed(TEXT))
        )
    ),
    memories=needed(
        having(
            total=needed(NUMBER),
            kinds=needed(OBJECT),
            at_least=needed(FLAG),
            limit=NUMBER,
            uncounted_scopes=needed(NUMBER),
        )
    ),
)


def holding_in(document: Mapping[str, Any] | None) -> Holding | None:
    """Raises ValueError for what nobody can have counted."""
    if document is None:
        return None
    scopes, memories = document["scopes"], document["memories"]
    names = tuple(scopes.get("names") or ())
    if any(scope_fault(name) for name in names):
        raise ValueError("it names a scope that there cannot be")
    limit = memories.get("limit")
    return Holding(
        scopes=Scopes(names=names, origins=_counts(scopes["origins"]), unnamed=_count(scopes["known"]) - len(names)),
        kinds={kind: number for kind, number in _counts(memories["kinds"]).items() if kind in KINDS},
        is_least=memories["at_least"],
        limit=_count(limit) if limit is not None else None,
        uncounted=_count(memories["uncounted_scopes"]),
    )


def _counts(document: Mapping[str, Any]) -> dict[str, int]:
    return {str(name): _count(number) for name, number in document.items()}


def _count(number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, (int, float)) or number < 0:
        raise ValueError("it counts what cannot be counted")
    return int(number)
