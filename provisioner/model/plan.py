"""Changes and plans: what will be done, to what, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import ABSENT, Absent, Document, Path, digest, dotted, lies_under, lookup, only, overlay
from provisioner.model.hidden_places import veiled_live
from provisioner.model.lock import LockSettings
from provisioner.model.memory import Holding
from provisioner.model.migration import Migration, Part, Way
from provisioner.model.redact import HiddenKeys, Sensitive, redacted
from provisioner.model.redacted_diff import told_apart
from provisioner.model.resource import Desired, Live, Marker
from provisioner.model.run_scope import RunScope
from provisioner.model.written import Texts, Written, as_written, private_places, shown_text, veiled

_FROM_OUTSIDE: Final = Written("", is_secret=True)  # a live value that an earlier environment made tells nothing


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
    loses, which version goes on serving. Where the object holds people's data, `holding` is what would be lost with it,
    and `migration` how it is kept instead. `wanted` is the entry that it follows from, if one does; `key` is its
    name, where the live object has another one.
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
    holding: Holding | None = None
    migration: Migration | None = None
    wanted: Desired | None = field(default=None, compare=False, repr=False)

    @property
    def written(self) -> Texts:
        """The texts that stand in the manifest where variables made a value."""
        return self.wanted.written if self.wanted is not None else {}

    def hides_before(self, value: Any, at: Path = ()) -> Any:
        """A value of the live object, which stands at the path, with what is sensitive in it out of sight."""
        return veiled_live(value, self.before, self.written, at)

    def hides_after(self, value: Any, at: Path = ()) -> Any:
        """The same of a value of what is to be."""
        return veiled(value, self.written, at)

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
        is_anew = self.action is Action.REPLACE or (self._part is Part.MOVE and not self._resumes)
        return is_anew and not any(field.forces_replace for field in self.fields)

    @property
    def destroys(self) -> bool:
        """Whether what is live goes, with or without what it holds."""
        return self.action in (Action.DELETE, Action.REPLACE) or self._is_moved_in_place

    @property
    def gives_up(self) -> bool:
        """Whether what is live goes, and nothing keeps what it holds."""
        return self.destroys and self.migration is None

    @property
    def _part(self) -> Part | None:
        return self.migration.part if self.migration is not None else None

    @property
    def _resumes(self) -> bool:
        return self.migration is not None and self.migration.resumes

    @property
    def _is_moved_in_place(self) -> bool:
        return self._part is Part.MOVE and self.migration is not None and self.migration.way is Way.IN_PLACE

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
    that it is the Foundry embedded here. `environment` is the one of the manifest's that was chosen, if it has any.
    """

    endpoint: str
    account: str = ""
    subscription: str = ""
    resource_group: str = ""
    management: str = ""
    local: bool = False
    environment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred:
    """What is live, named by a change, and left alone; and its entry, where it has one of its own."""

    live: Live
    wanted: Desired | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All changes in an order that can be run, and what forbids running them. `warnings` forbid nothing, and `notes`
    tell what could not be known; `left_out` are the resources whose deletion or replacement was not wanted this time. A
    `destruction` is planned as if the manifest declared nothing. `suspended` are the changes that the manifest's own
    `lifecycle.suspend` keeps from being made, one for each such resource, without fields where nothing differs. Where
    the run is partial, `scope` says of what it is, and `out_of_scope` what of the owner's was not looked at. `allow`
    is what the command allowed, `lock` what is taken before it is carried out.

    `sensitive` are the types of the manifest's sensitive variables, which whoever applies it later has to set.

    One that was saved says when it was made, and tells the digest that it had; `is_saved` where it is what is left of
    one.
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
    referred: tuple[Referred, ...] = ()
    allow: Allowances = field(default_factory=Allowances)
    lock: LockSettings | None = None
    made_at: str = ""
    is_saved: bool = False
    sensitive: Mapping[str, str] = field(default_factory=dict)
    told_digest: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.changes

    def count(self, action: Action) -> int:
        return sum(change.action is action for change in self.changes)

    @property
    def digest(self) -> str:
        """Equal for plans that do the same: project, environment, owner, actions, what is wanted, and what live values
        go for it. Of a secret only whether it changes goes into it: whoever could try candidates would find the rest.
        Of what comes from variables the text in the manifest does.
        """
        named = [self.environment] if self.environment else []
        whole = [self._project, *named, self.owner, [list(_essence(change)) for change in self.changes]]
        return self.told_digest or f"sha256:{digest(whole)}"

    @property
    def environment(self) -> str:
        return self.target.environment if self.target is not None else ""

    @property
    def _project(self) -> str:
        if self.target is None or self.target.local:
            return "local" if self.target else ""
        return self.target.endpoint.rstrip("/").casefold()


def _essence_of(change: FieldChange, before: Document, after: Document, keys: HiddenKeys) -> Iterable[object]:
    yield dotted(keys.path(change.path))
    yield change.origin.value if change.origin else None
    for side in (before, after):
        found = lookup(side, change.path)
        yield [] if found is ABSENT else [keys.value(found)]


def _starts_with(change: Change) -> tuple[Path, ...]:
    """What is ignored later: a new object starts with it all the same."""
    is_new = change.action in (Action.CREATE, Action.REPLACE, Action.MIGRATE)
    return change.wanted.lifecycle.ignore if change.wanted and is_new else ()


def _wanted_by(change: Change) -> Document:
    return overlay(change.hides_before(only(change.after or {}, _starts_with(change))), change.declared)


def _texts_of(change: Change) -> Iterable[tuple[Path, str]]:
    """Those without a literal in a secret's place; they also tell of what is hidden as a whole."""
    ignored = change.wanted.lifecycle.ignore if change.wanted and not _starts_with(change) else ()
    texts = ((path, shown_text(text.text)) for path, text in sorted(change.written.items()))
    return ((path, text) for path, text in texts if isinstance(text, Sensitive) and not lies_under(path, ignored))


def _essence(change: Change) -> Iterable[object]:
    yield change.action.value
    yield str(change.address)
    keys = HiddenKeys()
    texts = change.written
    before = redacted(change.hides_before(change.before.fields)) if change.before else {}
    yield None if change.after is None else keys.value(redacted(as_written(_wanted_by(change), texts)))
    yield keys.value(before) if change.destroys else None
    if change.fields:
        after = told_apart(before, redacted(as_written(change.after or {}, texts)))
        outside = {*texts, *private_places(texts, cast("Document", before))}
        before = as_written(cast("Document", before), dict.fromkeys(outside, _FROM_OUTSIDE))
        yield [list(_essence_of(each, before, cast("Document", after), keys)) for each in change.fields]
    yield [list(item) for item in change.lifecycle_fields]
    yield [[dotted(keys.path(path)), text] for path, text in _texts_of(change)]
    if (way := change.migration) is not None:
        yield [way.way.value, way.part.value, str(way.source), str(way.target)]
    if change.reason and change.before is not None:
        yield change.before.condition.value
