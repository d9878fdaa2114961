"""Changes and plans: what will be done, to what, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import Absent, Document, Path, digest, dotted
from provisioner.model.redact import HiddenKeys, redacted
from provisioner.model.redacted_diff import told_apart
from provisioner.model.resource import Live, Marker
from provisioner.model.run_scope import RunScope


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """`after` ABSENT means: was declared once, is not any more, and goes back to the service's default."""

    path: Path
    before: object | Absent
    after: object | Absent
    origin: Origin | None = None
    forces_replace: bool = False

    @property
    def name(self) -> str:
        return dotted(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One resource's way from live to desired.

    `after` is the whole normal form to be written, with what is live and unmanaged carried along; None when the
    resource goes or is released. `declared` is the part of it that the manifest says. `needs` must be in place first.
    `referrers` are the agents and stores that name it. `reason` says why where the fields alone do not: "its last write
    failed". `remarks` are sentences that a reviewer must know beside the fields: what is ignored, what a replacement
    loses, which version goes on serving. `key` is the name of its entry, where the live object has another one.
    """

    action: Action
    address: Address
    before: Live | None = None
    after: Document | None = None
    declared: Document = field(default_factory=dict)
    marker: Marker | None = None
    fields: tuple[FieldChange, ...] = ()
    needs: frozenset[Address] = frozenset()
    loses_data: bool = False
    referrers: tuple[Address, ...] = ()
    reason: str = ""
    remarks: tuple[str, ...] = ()
    key: str = ""

    @property
    def is_adoption(self) -> bool:
        """Whether it takes over something that carries no marker."""
        return self.before is not None and self.before.marker is None and self.action is not Action.DELETE

    @property
    def is_takeover(self) -> bool:
        """Whether it takes over something that carries the marker of another owner."""
        was = self.before.marker if self.before else None
        return was is not None and self.marker is not None and was.owner != self.marker.owner

    @property
    def is_asked(self) -> bool:
        """Whether it replaces what nothing in it forces to be replaced."""
        return self.action is Action.REPLACE and not any(field.forces_replace for field in self.fields)

    @property
    def destroys(self) -> bool:
        return self.action in (Action.DELETE, Action.REPLACE)

    @property
    def lifecycle_fields(self) -> tuple[tuple[str, object, object], ...]:
        """What this change writes on the live object beside its fields: name, before, after. What is not marked yet, or
        no more, is unprotected.
        """
        if self.action is Action.DELETE:
            return ()
        unmarked = Marker(owner="")
        was, now = (self.before and self.before.marker) or unmarked, self.marker or unmarked
        pairs: list[tuple[str, object, object]] = [("owner", was.owner, now.owner)] if self.is_takeover else []
        pairs.append(("lifecycle.prevent_destroy", was.prevent_destroy, now.prevent_destroy))
        if self.marker is not None:  # a release follows `on_remove` and takes it along
            pairs.append(("lifecycle.on_remove", was.on_remove.value, now.on_remove.value))
        return tuple(pair for pair in pairs if pair[1] != pair[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which project and account a plan is about. What is not known is empty: without a subscription and resource group
    only the project plane is used. `management` is Azure Resource Manager where it is not the cloud's own, `local` says
    that it is the Foundry embedded here.
    """

    endpoint: str
    account: str = ""
    subscription: str = ""
    resource_group: str = ""
    management: str = ""
    local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All changes in an order that can be run, and what forbids running them. `warnings` forbid nothing, and `notes`
    tell what could not be known; `left_out` are the resources whose deletion or replacement was not wanted this time. A
    `destruction` is planned as if the manifest declared nothing. `suspended` are the changes that the manifest's own
    `lifecycle.suspend` keeps from being made, one for each such resource, without fields where nothing differs. Where
    the run is partial, `scope` says of what it is, and `out_of_scope` what of the owner's was not looked at.
    """

    owner: str
    target: Target | None = None
    changes: tuple[Change, ...] = ()
    unchanged: tuple[Address, ...] = ()
    refusals: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    notes: tuple[Diagnostic, ...] = ()
    left_out: tuple[Address, ...] = ()
    suspended: tuple[Change, ...] = ()
    scope: RunScope = field(default_factory=RunScope)
    out_of_scope: tuple[Address, ...] = ()
    destruction: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.changes

    def count(self, action: Action) -> int:
        return sum(change.action is action for change in self.changes)

    @property
    def digest(self) -> str:
        """Equal for equal plans: owner, actions, addresses, fields and reasons. Of a secret only whether it changes
        goes into it: whoever could try candidates would find the rest.
        """
        return digest([self.owner, [list(_essence(change)) for change in self.changes]])


def _essence(change: Change) -> Iterable[object]:
    yield change.action.value
    yield str(change.address)
    keys = HiddenKeys()
    before = redacted(change.before.fields) if change.before else None
    yield None if change.after is None else keys.value(told_apart(before, redacted(change.after)))
    yield keys.value(before)
    yield [[dotted(keys.path(field.path)), field.origin.value if field.origin else None] for field in change.fields]
    yield [list(item) for item in change.lifecycle_fields]
    if change.reason:
        yield change.reason
    if change.remarks:
        yield list(change.remarks)
