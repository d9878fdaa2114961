"""Memories on the project plane. Routes: azure-rest-api-specs, ai-foundry memory-stores (routes.tsp)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import quote, urlencode

from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.memory import KINDS, Item
from provisioner.model.memory_outcomes import Operation, Update
from provisioner.model.migration import PAGE

FEATURES: Final = ("MemoryStores=V1Preview",)
OTHER_SCOPE: Final = "other-scope"  # the code of an answer that shows somebody what is somebody else's
T = TypeVar("T")


class MemoryPlane(Protocol):
    """What the project plane does for memories; where nothing is said, as for resources (`kinds.protocol`). Every call
    may raise PlaneError.
    """

    def items(
        self, path: str, *, features: tuple[str, ...] = (), body: Document | None = None, page: int = PAGE
    ) -> Iterator[Document]:
        """All items of a paged list, read so many at a time; by POST where there is a body."""

    def ask(self, path: str, body: Document, *, features: tuple[str, ...] = (), writes: bool = False) -> Document:
        """By POST, what does the same however often it is sent; whether it `writes` is told."""

    def get(self, path: str, *, features: tuple[str, ...] = ()) -> Document | None: ...

    def post(
        self,
        path: str,
        body: Document,
        *,
        features: tuple[str, ...] = (),
        settled: Callable[[], Document | None] | None = None,
    ) -> Document: ...

    def delete(self, path: str, *, features: tuple[str, ...] = (), is_gone: Callable[[], bool]) -> None: ...

    def wait(self, probe: Callable[[], T | None], *, what: str, every_s: float, at_most_s: float) -> T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search gave, nearest first, and what it cost."""

    items: tuple[Item, ...]
    usage: Mapping[str, Any]


class Memories:
    """What stores hold. Every call may raise PlaneError; a store that is not there is a failure with status 404."""

    def __init__(self, project: MemoryPlane) -> None:
        self._project = project

    def items(
        self, store: str, scope: str, *, kind: str = "", newest_first: bool = False, after: str = ""
    ) -> Iterator[Item]:
        """All memories of the scope, a page at a time; oldest first unless the newest are wanted first. `after` the one
        of that id where there is one.
        """
        asked = {"order": "desc" if newest_first else "asc", "kind": kind, "after": after}
        asked = {name: value for name, value in asked.items() if value}
        path = f"{_path(store)}/items:list?{urlencode(asked)}"
        for body in self._project.items(path, features=FEATURES, body={"scope": scope}):
            yield item_of(body, scope)

    def newest(self, store: str, scope: str) -> Item | None:
        """The memory of the scope that was written last; None where there is none."""
        path = f"{_path(store)}/items:list?order=desc"
        found = next(self._project.items(path, features=FEATURES, body={"scope": scope}, page=1), None)
        return item_of(found, scope) if found is not None else None

    def add(self, store: str, item: Item, *, settled: Callable[[], Item | None] | None = None) -> Item:
        """A new memory of that scope, kind and content. The service embeds it, so its deployment must answer. After an
        ambiguous failure `settled` looks whether it is there: see ProjectPlane.post.
        """

        def found() -> Document | None:
            there = settled() if settled is not None else None
            return _body_of(there) if there is not None else None

        body = {"scope": item.scope, "kind": item.kind, "content": item.content}
        looks = found if settled is not None else None
        return item_of(self._project.post(f"{_path(store)}/items", body, features=FEATURES, settled=looks), item.scope)

    def delete_item(self, store: str, memory_id: str) -> None:
        path = f"{_path(store)}/items/{quote(memory_id, safe='')}"

        def is_gone() -> bool:
            return self._project.get(path, features=FEATURES) is None

        self._project.delete(path, features=FEATURES, is_gone=is_gone)

    def search(self, store: str, scope: str, text: str = "", *, most: int | None = None) -> list[Item]:
        """What of the scope is nearest to the text; without one, its profile."""
        return [*self.searched(store, scope, text, most=most).items]

    def searched(self, store: str, scope: str, text: str = "", *, most: int | None = None) -> Found:
        """As `search`, with what it cost."""
        body: dict[str, Any] = {"scope": scope}
        if text:
            body["items"] = [_message(text)]
        if most is not None:
            body["options"] = {"max_memories": most}
        answer = self._project.ask(f"{_path(store)}:search_memories", body, features=FEATURES)
        found = answer.get("memories")
        if not isinstance(found, list):
            raise _odd("The answer to a search", "it has no list of `memories`")
        items = tuple(item_of(_member(each, "memory_item"), scope) for each in found)
        usage = answer.get("usage")
        return Found(items=items, usage=usage if isinstance(usage, dict) else {})

    def remember(self, store: str, scope: str, messages: Sequence[Document], *, delay_s: int = 0) -> Update:
        """Have memories drawn out of a conversation; `update` tells what became of it."""
        body = {"scope": scope, "items": list(messages), "update_delay": delay_s}
        return update_of(self._project.post(f"{_path(store)}:update_memories", body, features=FEATURES))

    def update(self, store: str, update_id: str) -> Update:
        body = self._project.get(f"{_path(store)}/updates/{quote(update_id, safe='')}", features=FEATURES)
        if body is None:
            message = f'The store "{store}" knows no update "{update_id}".'
            raise PlaneError(Failure(message=message, code="not-found", status=404))
        return update_of(body)

    def delete_scope(self, store: str, scope: str) -> None:
        """All that the scope has. Repeating does no harm: what is written meanwhile goes, too."""
        self._project.ask(f"{_path(store)}:delete_scope", {"scope": scope}, features=FEATURES, writes=True)


def item_of(body: Document, scope: str) -> Item:
    """Raises PlaneError for what is no memory of that scope."""
    content, kind, memory_id = body.get("content"), body.get("kind"), body.get("memory_id")
    if not isinstance(content, str) or not isinstance(memory_id, str):
        raise _odd("A memory", "it lacks its `content` or `memory_id`")
    if kind not in KINDS:
        raise _odd("A memory", f"its `kind` is none of {', '.join(KINDS)}")
    if body.get("scope") != scope:
        raise _odd("A memory", "it is of another scope than the one that was asked for", code=OTHER_SCOPE)
    updated = body.get("updated_at")
    when = int(updated) if isinstance(updated, (int, float)) else 0
    return Item(scope=scope, kind=str(kind), content=content, updated_at=when, id=memory_id)


def _body_of(item: Item) -> Document:
    return {
        "memory_id": item.id,
        "scope": item.scope,
        "kind": item.kind,
        "content": item.content,
        "updated_at": item.updated_at,
    }


def update_of(body: Document) -> Update:
    """Raises PlaneError for what does not tell how an update stands."""
    update_id, status = body.get("update_id"), body.get("status")
    if not isinstance(update_id, str) or not isinstance(status, str):
        raise _odd("The answer about an update", "it lacks its `update_id` or `status`")
    result = body.get("result") or {}
    operations = result.get("memory_operations") or () if isinstance(result, dict) else ()
    error = body.get("error") or {}
    return Update(
        id=update_id,
        status=status,
        superseded_by=str(body.get("superseded_by") or ""),
        operations=tuple(_operation(each) for each in operations),
        error=str(error.get("message") or error.get("code") or "") if isinstance(error, dict) else str(error),
        usage=result.get("usage") or {} if isinstance(result, dict) else {},
    )


def _operation(body: Document) -> Operation:
    item = _member(body, "memory_item")
    return Operation(kind=str(body.get("kind") or ""), item=item_of(item, str(item.get("scope") or "")))


def _member(body: Any, name: str) -> Document:
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise _odd("The answer about memories", f"one of them has no `{name}`")
    return found


def _message(text: str) -> Document:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def _path(store: str) -> str:
    return f"memory_stores/{quote(store, safe='')}"


def _odd(what: str, why: str, *, code: str = "odd-answer") -> PlaneError:
    advice = "A fault of the service. Try again later."
    return PlaneError(Failure(message=f"{what} makes no sense: {why}.", code=code, advice=advice))
