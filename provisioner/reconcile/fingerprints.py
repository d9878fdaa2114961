"""What a saved plan remembers of the live objects that it was made from: enough to tell, field by field, what moved.

The values themselves stay where they are. Secrets, and what variables made, are left out before anything is hashed: of
a short one, the hash would tell it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from provisioner.model.document import Document, Json, Path, digest, leaves
from provisioner.model.redact import HiddenKeys, redacted
from provisioner.model.resource import Live, Marker
from provisioner.model.written import Written, as_written
from provisioner.reconcile.marker import written_over

_LENGTH: Final = 16
_OUTSIDE: Final = Written("", is_secret=True)  # whatever is there now


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """`fields` has a hash in the place of every value; `outside` are the places of what variables made. `marker` is of
    whose it is and what was applied last, empty where it carries none.
    """

    identity: str
    marker: str
    fields: Document
    outside: tuple[Path, ...] = ()


def fingerprint(live: Live, outside: Collection[Path]) -> Fingerprint:
    return Fingerprint(
        identity=live.identity,
        marker=marker_print(live.marker),
        fields={key: _hashed(value) for key, value in harmless_fields(live, outside).items()},
        outside=tuple(sorted(outside)),
    )


def marker_print(marker: Marker | None) -> str:
    """Whatever version it was written over."""
    if marker is None:
        return ""
    applied = written_over(marker.applied, "")
    return _hash([marker.owner, applied, marker.prevent_destroy, marker.on_remove.value])


def harmless_fields(live: Live, outside: Collection[Path]) -> Document:
    """The fields without secrets, and without what variables made."""
    shown = cast("Document", HiddenKeys().value(redacted(live.fields)))
    return as_written(shown, dict.fromkeys(outside, _OUTSIDE))


def moved(then: Fingerprint, live: Live) -> tuple[Path, ...]:
    """The fields that are not as they were, sorted."""
    now = fingerprint(live, then.outside)
    was, found = dict(leaves(then.fields)), dict(leaves(now.fields))
    return tuple(sorted(path for path in was.keys() | found.keys() if was.get(path) != found.get(path)))


def _hashed(value: object) -> Any:
    if isinstance(value, Mapping) and value:
        result: Json = {str(key): _hashed(inner) for key, inner in value.items()}
        return result
    return _hash(value)


def _hash(value: object) -> str:
    return digest(value)[:_LENGTH]
