"""The stores of one project, opened for what they hold: with a manifest, where there is one, or without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from provisioner.cli.planning import looking
from provisioner.cli.session import Request, connected, opened
from provisioner.cli.terminal import note
from provisioner.kinds import KINDS
from provisioner.memory.kin import kin
from provisioner.memory.plane import Memories
from provisioner.memory.scopes import FILE, known_scopes
from provisioner.model.address import Address
from provisioner.model.errors import ProvisionerError
from provisioner.model.memory import Scopes
from provisioner.model.resource import Live
from provisioner.model.scopes import declared_scopes
from provisioner.model.words import guess, listed, quoted
from provisioner.reconcile.migrations import given_up, is_unfinished
from provisioner.render.safe import one_line

if TYPE_CHECKING:
    from provisioner.manifest.load import Manifest
    from provisioner.planes.service import Planes

STORES: Final = "stores"
AGENTS: Final = "agents"
FLAGS: Final = "flags"
_GIVE: Final = "Name them in the manifest, under the store's `scopes:`, or with --scopes-from FILE."


@dataclass(frozen=True)  # no slots: what is read is kept
class MemorySession:
    """Reads and writes memories, never definitions. Every call may raise PlaneError."""

    planes: Planes
    manifest: Manifest | None = None

    @property
    def memories(self) -> Memories:
        return Memories(self.planes.project)

    @cached_property
    def stores(self) -> Mapping[str, Live]:
        """All of the project, whoever owns them, by their live name."""
        return {live.address.name: live for live in KINDS[STORES].list(self.planes)}

    def store(self, name: str, *, whole: bool = True) -> Live:
        """By the manifest's key, or by its live name. While a migration is under way, that which has all its memories;
        where it is written to (not `whole`), that which is in use. Raises ProvisionerError where there is none.
        """
        called = name.removeprefix(f"{STORES}/")
        successor = self._made_for(called, shadow=False) if self.manifest is not None else None
        found = successor or self.stores.get(self._live_name(called))
        shadow = self._made_for(called, shadow=True)
        if found is not None and (source := given_up(found, self._by_address)):
            found = source  # the successor has not all of it yet, and nobody uses it
        if shadow is not None and (found is None or (whole and is_unfinished(shadow, found))):
            note(f"{quoted(called)} is being migrated; its memories are in {quoted(shadow.address.name)} meanwhile.")
            return shadow
        if found is not None:
            return found
        keys = [at.key_address.name for at in self.manifest.resources.values()] if self.manifest else []
        known = sorted({*self.stores, *(key for key in keys if self._live_name(key) in self.stores)})
        hint = f"There are: {listed(known)}." if known else "The project has no stores."
        raise ProvisionerError(f"There is no store {quoted(called)}.", f"{guess(called, known)}{hint}")

    @property
    def _by_address(self) -> Mapping[Address, Live]:
        return {live.address: live for live in self.stores.values()}

    def family(self, store: Live) -> Sequence[Live]:
        """It, and what a migration copies it to or from: the same memories are there, too."""
        return [store, *kin(store, self.stores.values(), self._key)]

    def _live_name(self, name: str) -> str:
        declared = self.manifest.resources.values() if self.manifest is not None else ()
        key = Address(STORES, name)
        return next((each.address.name for each in declared if each.key_address == key), name)

    def _key(self, live: Live) -> str:
        """The entry that it belongs to."""
        if live.marker is not None and live.marker.key:
            return live.marker.key
        wanted = self.manifest.resources.get(live.address) if self.manifest is not None else None
        return wanted.key_address.name if wanted is not None else live.address.name

    def _is_ours(self, live: Live) -> bool:
        """Without a manifest, of whoever it is."""
        return live.marker is not None and (self.manifest is None or live.marker.owner == self.manifest.name)

    def _made_for(self, key: str, *, shadow: bool) -> Live | None:
        """What a migration made for that entry: its successor, or its shadow."""
        made = (it for it in self.stores.values() if it.marker is not None and it.marker.key == key)
        return next((it for it in made if self._is_ours(it) and it.marker and it.marker.is_shadow is shadow), None)

    def scopes(self, store: Live, *, only: Sequence[str] = (), from_file: Sequence[str] = ()) -> Scopes:
        """Those `only`; or else all that are known: from a file, from the manifest and from what agents search. Raises
        ProvisionerError where there is none.
        """
        if only:
            return Scopes(names=tuple(sorted(set(only))), origins={FLAGS: len(set(only))})
        found = known_scopes(
            (store.address.name,),
            declared=self._declared(store),
            live=KINDS[AGENTS].list(self.planes),
            given={FILE: from_file},
        )
        if not found:
            raise ProvisionerError(f"No scopes of {one_line(str(store.address))} are known.", _GIVE)
        return found

    def _declared(self, store: Live) -> tuple[str, ...]:
        """By its entry, whichever store stands for that."""
        key = Address(STORES, self._key(store))
        for wanted in self.manifest.resources.values() if self.manifest is not None else ():
            if wanted.address == store.address or (self._is_ours(store) and wanted.key_address == key):
                return declared_scopes(wanted.entry or {})
        return ()


def ttl_of(store: Live) -> int:
    """After how many seconds its memories expire; 0 is never."""
    options = store.fields.get("options") or {}
    ttl = options.get("default_ttl_seconds")
    return ttl if isinstance(ttl, int) else 0


@contextmanager
def opened_memories(request: Request) -> Iterator[MemorySession]:
    """Raises ProvisionerError."""
    if request.files:
        with opened(request) as (manifest, planes), looking(planes) as service:
            yield MemorySession(service, manifest)
        return
    with connected(request, None) as planes, looking(planes) as service:
        yield MemorySession(service)
