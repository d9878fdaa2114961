"""The local Foundry behind the kinds' protocols, for kinds whose service does more than keep documents. What is written
and read is kept, as `fake_service` keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from provisioner.kinds.protocol import ManagementPlane
from provisioner.model.document import Document
from provisioner.planes.project import HttpProject
from tests.foundry import Foundry
from tests.kinds.applying import Applying, Call

T = TypeVar("T")
Lost = Literal["before", "after"]  # its effect
REQUEST: Final = "before"
ANSWER: Final = "after"


@dataclass
class WatchedProject:
    plane: HttpProject
    writes: list[Call] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    waits: list[tuple[str, float, float]] = field(default_factory=list)

    def items(self, path: str, *, features: tuple[str, ...] = ()) -> Iterator[Document]:
        self.reads.append(path)
        return self.plane.items(path, features=features)

    def get(self, path: str, *, features: tuple[str, ...] = (), case_blind: bool = False) -> Document | None:
        self.reads.append(path)
        return self.plane.get(path, features=features, case_blind=case_blind)

    def post(
        self,
        path: str,
        body: Document,
        *,
        features: tuple[str, ...] = (),
        settled: Callable[[], Document | None] | None = None,
    ) -> Document:
        self.writes.append(Call("POST", path, body, features))
        return self.plane.post(path, body, features=features, settled=settled)

    def patch(self, path: str, body: Document, *, features: tuple[str, ...] = ()) -> Document:
        self.writes.append(Call("PATCH", path, body, features))
        return self.plane.patch(path, body, features=features)

    def delete(self, path: str, *, features: tuple[str, ...] = (), is_gone: Callable[[], bool]) -> None:
        self.writes.append(Call("DELETE", path, None, features))
        self.plane.delete(path, features=features, is_gone=is_gone)

    def wait(self, probe: Callable[[], T | None], *, what: str, every_s: float, at_most_s: float) -> T:
        self.waits.append((what, every_s, at_most_s))
        return self.plane.wait(probe, what=what, every_s=every_s, at_most_s=at_most_s)


@dataclass
class LiveService(Applying):
    foundry: Foundry
    project: WatchedProject
    management: ManagementPlane | None

    def lose(self, lost: Lost) -> None:
        """The next POST."""
        self.foundry.fault({"method": "POST", "times": 1}, {"drop": lost})

    def forget(self) -> None:
        self.project.writes.clear()
        self.project.reads.clear()
