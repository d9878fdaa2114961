"""Documents by their paths behind the kinds' protocols: what is written is there, as it was sent; each call is kept.

It is for what a kind sends, and makes of what it is shown, and knows no kind: what a service completes, and what its
actions do, is said by the test that needs it. How a whole service behaves, the local Foundry knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote

from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from tests.kinds.applying import Applying, Call

T = TypeVar("T")
Json = dict[str, Any]
Kept = dict[str, Json]
Action = Callable[[Kept, str, Any], None]


def as_sent(body: Json, before: Json | None) -> Json:  # noqa: ARG001
    return body


@dataclass
class Documents:
    """`completed` makes of what is written, and what was there before, what is shown; `actions` are done by a POST to a
    path with that end.
    """

    kept: Kept = field(default_factory=dict)
    completed: Callable[[Json, Json | None], Json] = as_sent
    actions: Mapping[str, Action] = field(default_factory=dict)
    writes: list[Call] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)

    def items(self, path: str, **_: Any) -> Iterator[Document]:
        self.reads.append(path)
        yield from [deepcopy(it) for at, it in self.kept.items() if at.rpartition("/")[0] == path]

    def get(self, path: str, **_: Any) -> Document | None:
        self.reads.append(path)
        return deepcopy(self.kept.get(path))

    def _put(self, path: str, body: Document) -> Document:
        named = {"id": path, "name": unquote(path.rpartition("/")[2]), **deepcopy(dict(body))}
        self.kept[path] = self.completed(named, self.kept.get(path))
        return deepcopy(self.kept[path])

    def _forget(self, path: str) -> None:
        for below in [at for at in self.kept if at == path or at.startswith(f"{path}/")]:
            del self.kept[below]


class FakeProject(Documents):
    """It can only be looked at."""

    def post(self, path: str, body: Document, **_: Any) -> Document:
        raise self._refused(path, body)

    def patch(self, path: str, body: Document, **_: Any) -> Document:
        raise self._refused(path, body)

    def delete(self, path: str, **_: Any) -> None:
        raise self._refused(path)

    def wait(self, probe: Callable[[], T | None], *, what: str, **_: Any) -> T:  # noqa: ARG002
        raise self._refused(what)

    def _refused(self, *what: object) -> PlaneError:
        return PlaneError(Failure(message=f"{what}", code="PermissionDenied", status=403))


@dataclass
class FakeManagement(Documents):
    account: str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"

    @property
    def project(self) -> str:
        return f"{self.account}/projects/p"

    def put(self, path: str, body: Document, *, is_free: Callable[[], bool] | None = None) -> Document:
        assert is_free is None or is_free()
        self._told("PUT", path, body)
        return self._put(path, body)

    def patch(self, path: str, body: Document) -> Document:
        """Merges one level deep: the less forgiving of the ways in which the service patches."""
        self._told("PATCH", path, body)
        live = self.kept[path]
        merged = {
            key: {**live.get(key, {}), **value} if isinstance(value, Mapping) else value for key, value in body.items()
        }
        return self._put(path, {**live, **merged})

    def post(self, path: str, body: Document | Sequence[Any] | None = None) -> Document:
        self._told("POST", path, body)
        holder, _, action = path.rpartition("/")
        self.actions[action](self.kept, holder, deepcopy(body))
        return deepcopy(self.kept.get(holder, {}))

    def delete(self, path: str) -> None:
        self._told("DELETE", path, None)
        self._forget(path)

    def _told(self, method: str, path: str, body: Any) -> None:
        self.writes.append(Call(method, path.removeprefix(self.account), deepcopy(body)))


@dataclass
class FakeService(Applying):
    project: FakeProject = field(default_factory=FakeProject)
    management: FakeManagement | None = field(default_factory=FakeManagement)

    def forget(self) -> None:
        for plane in filter(None, (self.project, self.management)):
            plane.writes.clear()
            plane.reads.clear()

    @property
    def arm(self) -> FakeManagement:
        assert self.management is not None
        return self.management
