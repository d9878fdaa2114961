"""The stores of one project, opened for what they hold: with a manifest, where there is one, or without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from provisioner.cli.planning import looking
from provisioner.cli.session import Request, connected, opened
from provisioner.kinds import KINDS
from provisioner.memory.plane import Memories
from provisioner.model.address import Address
from provisioner.model.errors import ProvisionerError
from provisioner.model.memory import Scopes
from provisioner.model.resource import Live
from provisioner.model.scopes import scope_fault
from provisioner.model.words import guess, listed, quoted
from provisioner.render.safe import one_line

if TYPE_CHECKING:
    from provisioner.manifest.load import Manifest
    from provisioner.planes.service import Planes

STORES: Final = "stores"
AGENTS: Final = "agents"
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

    @cached_property
    def _agents(self) -> Sequence[Live]:
        return [*KINDS[AGENTS].list(self.planes)]

    def store(self, name: str) -> Live:
        """By the manifest's key, or by its live name. Raises ProvisionerError where there is none."""
        called = name.removeprefix(f"{STORES}/")
        found = self.stores.get(self._live_name(called))
        if found is None:
            keys = [at.key_address.name for at in self.manifest.resources.values()] if self.manifest else []
            known = sorted({*self.stores, *(key for key in keys if self._live_name(key) in self.stores)})
            hint = f"There are: {listed(known)}." if known else "The project has no stores."
            raise ProvisionerError(f"There is no store {quoted(called)}.", f"{guess(called, known)}{hint}")
        return found

    def _live_name(self, name: str) -> str:
        declared = self.manifest.resources.values() if self.manifest is not None else ()
        key = Address(STORES, name)
        return next((each.address.name for each in declared if each.key_address == key), name)

    def scopes(self, store: Live, *, only: Sequence[str] = (), from_file: Sequence[str] = ()) -> Scopes:
        """Those `only`; or else all that are known: from a file, from the manifest and from what agents search. Raises
        ProvisionerError where there is none.
        """
        places = {"flags": only} if only else {**self._known(store), "file": from_file}
        found = {name: set(names) for name, names in places.items() if names}
        if not found:
            raise ProvisionerError(f"No scopes of {one_line(str(store.address))} are known.", _GIVE)
        names = sorted(set().union(*found.values()))
        return Scopes(names=tuple(names), origins={name: len(scopes) for name, scopes in found.items()})

    def _known(self, store: Live) -> Mapping[str, Sequence[str]]:
        return {"agents": [*_literal_scopes(self._agents, store.address.name)]}


def _literal_scopes(agents: Iterable[Live], store: str) -> Iterator[str]:
    for agent in agents:
        for tool in agent.fields.get("tools") or ():
            if isinstance(tool, dict) and tool.get("memory_store_name") == store:
                scope = tool.get("scope")
                if isinstance(scope, str) and not scope_fault(scope):
                    yield scope


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
