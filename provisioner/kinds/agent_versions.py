"""Versions of agents: which change makes one, who else made one meanwhile, which one serves.

Versions have no etag, so two who write at once both succeed. The numbers tell: where ours does not follow the one that
the change was made over, somebody came between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from provisioner.kinds.protocol import Service
from provisioner.kinds.shapes import VERSION, all_shaped
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.document import ABSENT, Document, lookup
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.resource import Condition, Live
from provisioner.model.words import joined
from provisioner.reconcile.marker import MARKER_KEYS, AppliedRecord, read_marker
from provisioner.reconcile.meaning import same

if TYPE_CHECKING:
    from provisioner.model.plan import Change

# What lives on the agent as a whole, and not in a version.
ON_THE_AGENT: Final = ("state", "agent_endpoint", "agent_card")
_LATEST: Final = "@latest"  # the selector that a new agent has (Microsoft Learn, configure-agent)
_RULES: Final = ("agent_endpoint", "version_selector", "version_selection_rules")
_ALL: Final = 100


def agent_path(address: Address) -> str:
    return f"agents/{quote(address.name, safe='')}"


def version_path(address: Address, version: str) -> str:
    return f"{agent_path(address)}/versions/{quote(version, safe='')}"


def makes_version(change: Change) -> bool:
    """A version is made for a changed definition, for what failed to start, and for a marker that must move: because
    it comes, goes or changes its lifecycle, because nothing else changes, or because it has a field to forget, or else
    its removal would be planned for ever. A value on the agent as a whole is not worth one.
    """
    changed = {field.path[0] for field in change.fields}
    was = change.before.marker if change.before else None
    return bool(
        changed - set(ON_THE_AGENT)
        or was is None
        or change.marker is None
        or change.lifecycle_fields
        or not change.fields
        or any(field.after is ABSENT for field in change.fields)
        or (change.before and change.before.condition is Condition.FAILED)
    )


def overtaken(change: Change) -> str:
    """The version that a new one is made over; `0` where it is the first: after a replace, numbers start again."""
    return change.before.revision if change.before and change.action is not Action.REPLACE else "0"


def is_copy(revision: str, applied: str) -> bool:
    """Whether the marker of this version was written for another one: somebody sent on what they had read."""
    over = AppliedRecord(applied).over
    return bool(over) and revision.isdecimal() and over.isdecimal() and int(revision) != int(over) + 1


def require_alone(service: Service, change: Change, version: Document) -> None:
    """Raises PlaneError where somebody made a version between the one that the change was made over and this one.

    Ours is undone where it adds nothing, being the same as theirs, or where the agent is another owner's.
    """
    ours, seen = str(version.get("version")), overtaken(change)
    if not (ours.isdecimal() and seen.isdecimal()) or int(ours) <= int(seen) + 1:
        return
    between = [it for it in versions_of(service, change.address) if int(seen) < _number(it) < int(ours)]
    if not between:
        return
    owner = change.marker.owner if change.marker else ""
    other = next((it for it in between if _owner(it) not in ("", owner)), None)
    if other is not None or any(_is_equal(it, version) for it in between):
        service.project.delete(version_path(change.address, ours), is_gone=lambda: _is_gone(service, change, ours))
        raise _overtaken_by(change.address, between, other, undone=True)
    raise _overtaken_by(change.address, between, None, undone=False)


def own_among(copies: Sequence[Live], own: Live | None) -> Live | None:
    """The version that we made last: `own`, which surely is ours, or a later one that only looks like a copy since
    somebody made another before it. `copies` stand newest first. What was sent again of an older state was written over
    a version before `own`; of those with one marker, the oldest is the one that was copied.
    """
    surely = int(own.revision) if own is not None and own.revision.isdecimal() else 0
    later = [it for it in copies if it.marker and int(AppliedRecord(it.marker.applied).over) >= surely]
    return next((it for it in reversed(later) if it.marker == later[0].marker), own)


def versions_of(service: Service, address: Address, *, drafts: bool = False) -> Iterator[Document]:
    """Newest first. Raises PlaneError for one that cannot be read."""
    more = "include_drafts=true&" if drafts else ""
    versions = service.project.items(f"{agent_path(address)}/versions?{more}order=desc")
    return all_shaped(versions, VERSION, what=f"A version of {address}")


def _number(version: Document) -> int:
    number = str(version.get("version"))
    return int(number) if number.isdecimal() else 0


def _owner(version: Document) -> str:
    marker = read_marker(version.get("metadata") or {})[1]
    return marker.owner if marker else ""


def _is_equal(one: Document, other: Document) -> bool:
    def said(version: Document) -> list[object]:
        labels = {key: text for key, text in (version.get("metadata") or {}).items() if key not in MARKER_KEYS}
        beside = [version.get(key) for key in ("description", "blueprint_reference", "draft")]
        return [version.get("definition"), labels, *(it or None for it in beside)]

    return _owner(one) == _owner(other) and same(said(one), said(other))


def _is_gone(service: Service, change: Change, version: str) -> bool:
    return service.project.get(version_path(change.address, version)) is None


def _overtaken_by(address: Address, between: list[Document], other: Document | None, *, undone: bool) -> PlaneError:
    numbers = joined(sorted(str(it.get("version")) for it in between))
    if other is not None:
        what = f'{address} was made or changed at the same time by the manifest named "{_owner(other)}", whose it is'
        advice = "Rename it here, or declare it `external: true`."
    else:
        noun = "version" if len(between) == 1 else "versions"
        what = f"{address} was changed at the same time by somebody else, who made {noun} {numbers}"
        advice = "Run the same command again: it plans against what is there now."
    then = "our own version was taken back" if undone else "our own version now stands over theirs"
    return PlaneError(Failure(message=f"{what}; {then}.", code="conflict", advice=advice))


def served_versions(change: Change, made: str) -> Iterator[str]:
    """Whether the version that the change makes takes traffic, where the endpoint does not simply serve the latest."""
    fields = change.after or {}
    if change.before is None or fields.get("draft") or not makes_version(change):
        return
    rules = lookup(fields, _RULES)
    shares = {str(it.get("agent_version")): it.get("traffic_percentage", _ALL) for it in _mappings(rules)}
    share = shares.pop(_LATEST, 0) if shares else _ALL
    if share == _ALL:
        return
    serving = joined(f"version {version}" for version in sorted(shares))
    new = f"version {made}" if made else "the new version"
    takes = f"takes {share} % of the traffic" if share else "takes no traffic"
    yield (
        f"The endpoint serves {serving}; {new} {takes}. To move it, set `agent_endpoint.version_selector` to "
        f'`agent_version: "{_LATEST}"`.'
    )


def _mappings(value: object) -> Iterator[Mapping[str, object]]:
    yield from (it for it in (value if isinstance(value, (list, tuple)) else ()) if isinstance(it, Mapping))
