"""Field by field: what the manifest declares against what is live.

Only declared fields are compared; what the service or somebody else filled in beside them is not ours to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.model.document import ABSENT, Absent, Document, Path, leaves, lies_under, lookup, without
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
    managed = without(desired, ignore)
    found = {path: (before, after) for path, before, after in _differences(managed, live)}
    if record is not None:
        found.update({path: (before, after) for path, before, after in _shed(managed, live, record)})
        shown = without(live, ignore)  # the record knows nothing of what is ignored
        found.update({path: (before, ABSENT) for path, before in _removed(desired, shown, record, traits)})
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
        if isinstance(value, Mapping) and value and (here is ABSENT or isinstance(here, Mapping)):
            yield from _differences(value, {} if here is ABSENT else here, path)
        elif not covers(None if here is ABSENT else here, value):
            yield path, here, value


def _shed(desired: Document, live: Document, record: AppliedRecord) -> Iterator[tuple[Path, object, object]]:
    """Lists of which a part was declared once and is no more, such as a key of a tool: what is live still covers them.

    Told only where the live list is exactly what was applied last; otherwise the part may well be the service's own.
    """
    for path, value in leaves(desired):
        if not isinstance(value, (list, tuple)) or record.fold(path) != path or record.holds(path, value):
            continue
        here = lookup(live, path)
        if here is not ABSENT and record.holds(path, here):
            yield path, here, value


def _removed(desired: Document, live: Document, record: AppliedRecord, traits: Traits) -> Iterator[tuple[Path, object]]:
    """Live fields that were applied once and are not declared any more.

    Where the record holds only a parent that is declared still, it cannot tell our fields from the service's, unless
    what is live there is exactly what was applied last.
    """
    for path, value in leaves(live):
        parent = record.fold(path)
        if not record.knows(path) or _declared(desired, path):
            continue
        if _declared(desired, parent) and not record.holds(parent, lookup(live, parent)):
            continue
        if lies_under(path, traits.immutable) and covers(value, lookup(traits.defaults, path)):
            continue
        yield path, value


def _declared(desired: Document, path: Path) -> bool:
    """Whether the path, or a parent of it that is no mapping, is declared."""
    here: Any = desired
    for key in path:
        if not isinstance(here, Mapping):
            return True
        if key not in here:
            return False
        here = here[key]
    return True


def _origin(path: Path, desired: Document, live: Document, record: AppliedRecord) -> Origin:
    wanted = lookup(desired, path)
    inside = [leaf for leaf, _ in leaves(wanted, path)] if isinstance(wanted, Mapping) else []
    origins = {_leaf_origin(leaf, desired, live, record) for leaf in inside or [path]}
    return origins.pop() if len(origins) == 1 else Origin.BOTH


def _leaf_origin(path: Path, desired: Document, live: Document, record: AppliedRecord) -> Origin:
    if not record.knows(path):
        return Origin.EDIT
    key = record.fold(path)
    wanted, found = lookup(desired, key), lookup(live, key)
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
