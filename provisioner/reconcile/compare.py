"""Field by field: what the manifest declares against what is live.

Only declared fields are compared; what the service or somebody else filled in beside them is not ours to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.model.document import ABSENT, Absent, Document, Path, leaves, lies_under, lookup
from provisioner.model.plan import FieldChange, Origin
from provisioner.model.traits import Traits
from provisioner.reconcile.marker import AppliedRecord


def compare(
    desired: Document,
    live: Document,
    *,
    record: AppliedRecord | None,
    ignore: tuple[Path, ...],
    traits: Traits,
) -> tuple[FieldChange, ...]:
    """The fields that must change, sorted by path. `record` is None where nothing of ours was ever applied."""
    found = {path: (before, after) for path, before, after in _differences(desired, live)}
    if record is not None:
        found.update({path: (before, ABSENT) for path, before in _removed(desired, live, record, traits)})
    return tuple(
        FieldChange(
            path=path,
            before=before,
            after=after,
            origin=None if record is None else _origin(path, desired, live, record),
            forces_replace=lies_under(path, traits.immutable),
        )
        for path, (before, after) in sorted(found.items())
        if not lies_under(path, ignore)
    )


def covers(live: object, declared: object) -> bool:
    """Whether the live value shows all that was declared; extra keys of live mappings do not matter."""
    if isinstance(declared, Mapping):
        return isinstance(live, Mapping) and all(covers(live.get(key), value) for key, value in declared.items())
    if isinstance(declared, (list, tuple)):
        return (
            isinstance(live, (list, tuple))
            and len(live) == len(declared)
            and all(covers(here, value) for here, value in zip(live, declared, strict=True))
        )
    if isinstance(declared, bool) or isinstance(live, bool):
        return declared is live
    return declared == live


def _differences(desired: Document, live: Document, at: Path = ()) -> Iterator[tuple[Path, object, object]]:
    for key, value in desired.items():
        path = (*at, key)
        here = live.get(key, ABSENT)
        if isinstance(value, Mapping) and value and isinstance(here, Mapping):
            yield from _differences(value, here, path)
        elif isinstance(value, Mapping) and value and here is ABSENT:
            yield from ((found, ABSENT, leaf) for found, leaf in leaves(value, path))
        elif not covers(None if here is ABSENT else here, value):
            yield path, here, value


def _removed(
    desired: Document, live: Document, record: AppliedRecord, traits: Traits
) -> Iterator[tuple[Path, object]]:
    """Live fields that were applied once and are not declared any more."""
    for path, value in leaves(live):
        if not record.knows(path) or _declared(desired, record.fold(path)):
            continue
        if lies_under(path, traits.immutable) and covers(value, lookup(traits.defaults, path)):
            continue
        yield path, value


def _declared(desired: Document, path: Path) -> bool:
    """Whether the path, or a parent of it that is no filled mapping, is declared."""
    here: Any = desired
    for key in path:
        if not isinstance(here, Mapping) or not here:
            return here is not desired
        if key not in here:
            return False
        here = here[key]
    return True


def _origin(path: Path, desired: Document, live: Document, record: AppliedRecord) -> Origin:
    key = record.fold(path)
    wanted, found = lookup(desired, key), lookup(live, key)
    if not record.knows(path):
        return Origin.EDIT
    if wanted is not ABSENT and record.holds(path, wanted):
        return Origin.DRIFT
    untouched = found is not ABSENT and (record.holds(path, found) or record.holds(path, _shaped(found, wanted)))
    return Origin.EDIT if untouched else Origin.BOTH


def _shaped(live: object, like: object | Absent) -> object:
    """The live value without the keys that the declared one does not have: those are the service's own."""
    if isinstance(live, Mapping) and isinstance(like, Mapping):
        return {key: _shaped(live[key], value) for key, value in like.items() if key in live}
    if isinstance(live, (list, tuple)) and isinstance(like, (list, tuple)):
        shaped = [_shaped(here, value) for here, value in zip(live, like, strict=False)]
        return [*shaped, *live[len(shaped) :]]
    return live
