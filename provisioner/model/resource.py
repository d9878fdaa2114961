"""A resource as the manifest wants it and as the service has it, in one normal form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from provisioner.model.address import Address
from provisioner.model.diagnostic import Location
from provisioner.model.document import Document, Path
from provisioner.model.written import Texts


class OnRemove(str, Enum):
    """What happens to the live object when its entry leaves the manifest."""

    DELETE = "delete"
    KEEP = "keep"


class OnReplace(str, Enum):
    """What becomes of what a live object holds where only a new one can be as the manifest says."""

    REFUSE = "refuse"
    RECREATE = "recreate"
    MIGRATE = "migrate"
    SIDE_BY_SIDE = "side_by_side"


class Condition(str, Enum):
    """How the last write of a live object ended: well, badly, or not yet."""

    READY = "ready"
    FAILED = "failed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """`prevent_destroy` None keeps what the live object says. With `suspend` nothing is written, whatever differs."""

    prevent_destroy: bool | None = None
    on_remove: OnRemove = OnRemove.DELETE
    ignore: tuple[Path, ...] = ()
    suspend: bool = False
    on_replace: OnReplace = OnReplace.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What the tool wrote on a live object. `applied` is the compact record of the fields applied last. `key` is the
    entry that it belongs to, where neither name tells; `copy_of` the print of the identity of the object whose contents
    were copied into it; a `shadow` holds them only until that one is made anew. `run` is the one that fills it, and
    `filled` the time (unix seconds, the service's) up to which all that was copied has been read back; 0 is never.
    `scopes` is a print of those that were copied.
    """

    owner: str
    applied: str = ""
    prevent_destroy: bool = False
    on_remove: OnRemove = OnRemove.DELETE
    key: str = ""
    copy_of: str = ""
    is_shadow: bool = False
    run: str = ""
    filled: int = 0
    scopes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A field that names another resource; `wants` is what the target must provide (`chat`, `embedding`). An `optional`
    one may name what no manifest declares: that is somebody else's then. A `case_blind` one means the same in other
    letters. The field's text begins with the name, unless it is `by_id`: an id names what is live, and may be about
    another account.
    """

    path: Path
    target: Address
    wants: str | None = None
    optional: bool = False
    case_blind: bool = False
    by_id: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """One manifest entry in normal form. An external one is only checked to exist. Its address and every
    name in it are those of what is live; `key` is what the entry is called where it has a `live_name`. `where` is its
    key; `places` tells where a field of it stands, or the innermost that there is around it.
    `succeeds` are the live ones that it takes the place of, that which is in use first.
    `entry` is what the manifest says, with its files and variables in their place; `written` are the texts that stand
    where variables made a value of it. `scopes` are those that it names of the data it holds.
    """

    address: Address
    fields: Document = field(default_factory=dict)
    needs: frozenset[Address] = frozenset()
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    external: bool = False
    key: str = ""
    succeeds: tuple[Address, ...] = ()
    where: Location | None = None
    places: Callable[[Path], Location] | None = field(default=None, compare=False, repr=False)
    entry: Document | None = field(default=None, compare=False, repr=False)
    written: Texts = field(default_factory=dict, compare=False, repr=False)
    scopes: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def key_address(self) -> Address:
        """Where it stands in the manifest: its section and its key."""
        return Address(self.address.kind, self.key or self.address.name)

    def at(self, *path: str) -> Location | None:
        return self.places(path) if self.places is not None else self.where


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One live object. `fields` holds what can be written, in normal form; `revision` names this state of it, and
    `identity` the object itself, so that one made anew under the same name is told from it; both may be empty.

    `marker_revision` differs from `revision` when the marker was found on an earlier version of an agent: somebody
    else made the versions since. `baseline` is what the service showed for our own last write, where that is still to
    be seen. `odd` says what is wrong with what the service showed, where it cannot be read: such an object is there,
    and that is all that is known of it. `namesake` is another one of its name, which lives in another scope.
    """

    address: Address
    fields: Document
    marker: Marker | None = None
    needs: frozenset[Address] = frozenset()
    revision: str = ""
    marker_revision: str = ""
    condition: Condition = Condition.READY
    baseline: Document | None = None
    identity: str = ""
    odd: str = ""
    namesake: Live | None = None
