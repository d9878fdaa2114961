"""Fields that are written and never read back (`Traits.write_only`).

No comparison can tell whether what is live is what is declared. So the manifest says a version beside the values, which
the kind keeps on the live object as a field like any other: a changed version is a change, and every write of the
object carries the values. They travel sealed, so that nothing on their way can show, compare or remember them.
"""

from __future__ import annotations

from provisioner.model.document import ABSENT, UNKNOWN, Document, Path, lookup, overlay, place, without
from provisioner.model.sealed import Sealed
from provisioner.model.traits import Traits


def version_of(path: Path) -> Path:
    """Where the version of the values at the path is said: `credentials_version` for `credentials`."""
    return (*path[:-1], f"{path[-1]}_version")


def sealed(fields: Document, traits: Traits) -> Document:
    """The fields with what is only written in envelopes."""
    for path in traits.write_only:
        value = lookup(fields, path)
        if value is ABSENT or value is UNKNOWN or isinstance(value, Sealed):
            continue
        over: dict[str, object] = {}
        place(over, path, Sealed(value))
        fields = overlay(without(fields, (path,)), over)
    return fields


def told_by_version(fields: Document, traits: Traits) -> tuple[Path, ...]:
    """Those of which a version says whether they are to be written, or that hold nothing."""
    return tuple(path for path in traits.write_only if _is_told(lookup(fields, path), lookup(fields, version_of(path))))


def _is_told(value: object, version: object) -> bool:
    return version is not ABSENT or (isinstance(value, Sealed) and not value.open())


def readable(fields: Document, traits: Traits) -> Document:
    """What can be compared and remembered of the fields."""
    return without(fields, traits.write_only) if traits.write_only else fields
