"""What a kind of resource must know, and what it may ask of the two planes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from provisioner.kinds.neighbours import Neighbours
from provisioner.kinds.rights import Right
from provisioner.model.address import Address
from provisioner.model.diagnostic import Finding
from provisioner.model.document import Document
from provisioner.model.resource import Desired, Live, Reference
from provisioner.model.traits import Traits

if TYPE_CHECKING:
    from provisioner.model.plan import Change

ACCOUNT: Final = "account"  # the lane of what Azure Resource Manager writes below an account
_PLAIN: Final = Traits()

T = TypeVar("T")
Settled = Callable[[], Document | None]


class ProjectPlane(Protocol):
    """The `ai.azure.com` plane: documents in, documents out. Every call may raise PlaneError."""

    def items(self, path: str, *, features: tuple[str, ...] = ()) -> Iterator[Document]:
        """All items of a paged list."""

    def get(self, path: str, *, features: tuple[str, ...] = (), case_blind: bool = False) -> Document | None:
        """The document, or None when there is none (404). `case_blind` where it may show its name in other letters than
        those asked for, as Azure Resource Manager's do.
        """

    def post(
        self, path: str, body: Document, *, features: tuple[str, ...] = (), settled: Settled | None = None
    ) -> Document:
        """Send once. After an ambiguous failure `settled` reads the object again: what it returns is the result;
        when it returns None the request is sent again, and without it the failure is raised.
        """

    def patch(self, path: str, body: Document, *, features: tuple[str, ...] = ()) -> Document:
        """Send a JSON merge patch."""

    def delete(self, path: str, *, features: tuple[str, ...] = (), is_gone: Callable[[], bool]) -> None:
        """Delete; what is gone already is fine. After an ambiguous failure `is_gone` looks before the request is sent
        again: what stands there now may be another one.
        """

    def wait(self, probe: Callable[[], T | None], *, what: str, every_s: float, at_most_s: float) -> T:
        """Call `probe` until it returns something; raises PlaneError after `at_most_s`."""


class ManagementPlane(Protocol):
    """Azure Resource Manager: documents in, documents out. Paths are whole, without an api-version but where another
    provider than that of accounts is asked. Writes wait for others of the account, and are polled to their end; they
    give what the last answer shows of the object, empty for nothing. Every call may raise PlaneError.
    """

    @property
    def account(self) -> str:
        """The account's path, which others begin with: `/subscriptions/…/accounts/a`."""

    @property
    def project(self) -> str:
        """The project's path, below the account's."""

    def items(self, path: str) -> Iterator[Document]:
        """All items of a paged list."""

    def get(self, path: str) -> Document | None:
        """The document, or None when there is none (404)."""

    def put(self, path: str, body: Document, *, is_free: Callable[[], bool] | None = None) -> Document:
        """Replace every writable field. With `is_free` it creates, and raises PlaneError where somebody made one
        meanwhile; `is_free` looks again after each wait for another operation.
        """

    def patch(self, path: str, body: Document) -> Document: ...

    def post(self, path: str, body: Document | Sequence[object] | None = None) -> Document:
        """An action: one that does the same however often it is sent."""

    def delete(self, path: str) -> None:
        """Delete; what is gone already is fine, and so is an odd answer when it is gone then."""


class Service(Protocol):
    """Both planes of one project."""

    @property
    def project(self) -> ProjectPlane: ...
    @property
    def management(self) -> ManagementPlane | None:
        """None when the manifest names no subscription and resource group: what is Azure Resource Manager's can then be
        glimpsed at most, through the project.
        """


class Kind(Protocol):
    """One sort of resource: how it is written, read, compared and changed.

    Kinds derive from this, and say only what is their own: what has a body here is what most kinds mean. The methods
    above `list` are pure; `list` and below talk to the planes.
    """

    @property
    def section(self) -> str:
        """Its key in the manifest, and the first half of its addresses: `stores`."""

    @property
    def singular(self) -> str:
        """For sentences: `memory store`."""

    @property
    def traits(self) -> Traits:
        return _PLAIN

    @property
    def lane(self) -> str:
        """Writes of one lane never run side by side, of whatever kinds they are; empty where they may."""
        return ""

    @property
    def settings(self) -> tuple[str, ...]:
        """The keys of `project:`, beside the endpoint, without which its objects can neither be managed nor be known to
        be absent.
        """
        return ()

    @property
    def neighbours(self) -> Neighbours:
        """What other tools call the keys of an entry: see `neighbours`."""
        return {}

    @property
    def section_neighbours(self) -> tuple[str, ...]:
        """What other tools call its section."""
        return ()

    @property
    def codes(self) -> Mapping[str, str]:
        """The codes of its own findings, and what each says: see `manifest.codes`."""
        return {}

    def names(self) -> Document:
        """JSON Schema of a resource's name."""

    def schema(self) -> Document:
        """JSON Schema of one entry; the manifest room adds `external` and `lifecycle`."""

    def desired(self, entry: Document) -> Document:
        """A valid manifest entry in normal form."""
        return entry

    def entry(self, fields: Document) -> Document:
        """The normal form as a manifest entry, for `export`."""
        return fields

    def references(self, fields: Document) -> Iterator[Reference]:  # noqa: ARG002
        """Every field that names another resource. A field may be UNKNOWN: a variable that nobody has resolved."""
        return iter(())

    def provides(self, fields: Document) -> str | None:  # noqa: ARG002
        """What references may want of it (`chat`, `embedding`); None when that cannot be told."""
        return None

    def rights(self, change: Change) -> Iterator[Right]:  # noqa: ARG002
        """What whoever applies the change must be allowed, as far as it is known by name."""
        return iter(())

    def uses_models(self, fields: Document) -> bool:  # noqa: ARG002
        """Whether the service uses the account's models for it as the project's own identity."""
        return False

    def check(self, name: str, entry: Document) -> Iterator[Finding]:  # noqa: ARG002
        """What the schema cannot say about one entry."""
        return iter(())

    def is_unclear(self, wanted: Desired, found: Live | None) -> bool:  # noqa: ARG002
        """Whether the list does not tell enough of this declared object, so that `inspect` must ask."""
        return False

    def list(self, service: Service) -> Iterator[Live]:
        """Every live object of this kind, with no more requests than the pages need."""

    def lists(self, service: Service) -> Sequence[Callable[[], Iterable[Live]]]:
        """The parts of `list`, to be read side by side; of two objects of one name the later part's counts."""
        return (partial(self.list, service),)

    def lists_all(self, service: Service) -> bool:  # noqa: ARG002
        """Whether what `list` does not show is not there."""
        return True

    def read(self, service: Service, address: Address) -> Live | None:
        """One live object, as `list` shows it; None when there is none. One request."""

    def inspect(self, service: Service, wanted: Desired, found: Live | None) -> Live | None:  # noqa: ARG002
        """A closer look at one declared object that `is_unclear`."""
        return found

    def create(self, service: Service, change: Change) -> Live | None:
        """What the answers show of the new object; None where they show nothing."""

    def update(self, service: Service, change: Change) -> Live | None:
        """Write `change.after` and the marker over the live object; also adopts and releases. Gives what `create`
        does.
        """

    def delete(self, service: Service, change: Change) -> None: ...
