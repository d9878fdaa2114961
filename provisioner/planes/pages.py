"""Lists that come in pages: `data` with `has_more` and `last_id`, or `value` with `nextLink` as Azure Resource Manager
has them. A list is believed only when every page is well formed: one cut short, or taken for empty, would make us
create what is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.shape import word_for
from provisioner.planes.documents import odd_answer

_MOST_PAGES: Final = 1000  # of a hundred items each; a list that never ends would fill the memory


@dataclass(frozen=True, slots=True)
class Way:
    """How a list goes on: after an item, or at a link."""

    after: str = ""
    link: str = ""


def items(read: Callable[[Way | None], Document], *, what: str) -> Iterator[Document]:
    """All items of a list. `read` gets the way to a page, None for the first one; `what` begins sentences: `The list
    of agents`. Raises PlaneError.
    """
    followed: set[Way] = set()
    way: Way | None = None
    while True:
        page = read(way)
        yield from _items(page, what)
        way = _way(page, what)
        if way is None:
            return
        if way in followed or way == Way() or len(followed) >= _MOST_PAGES:
            raise _endless(what)
        followed.add(way)


def list_at(path: str) -> str:
    """`The list of versions of agents/dev-buddy`, from its path on the plane."""
    *parents, collection = unquote(path.partition("?")[0]).split("/")
    of = f" of {'/'.join(parents)}" if parents else ""
    return f"The list of {collection.replace('_', ' ')}{of}"


def _items(page: Document, what: str) -> Sequence[Document]:
    member = next((name for name in ("value", "data") if name in page), None)
    if member is None:
        raise odd_answer(what, "it has neither `data` nor `value`" if page else "it is empty")
    found = page[member]
    if not isinstance(found, list):
        raise odd_answer(what, f"its `{member}` is {word_for(found)}, not a list")
    for number, item in enumerate(found, start=1):
        if not isinstance(item, dict):
            raise odd_answer(what, f"item {number} is {word_for(item)}, not an object")
    return found


def _way(page: Document, what: str) -> Way | None:
    if "value" in page:
        link = _text(page, "nextLink", what)
        return Way(link=link) if link else None
    goes_on = page.get("has_more", bool(page.get("last_id")))  # a page that lacks it is asked for its successor
    if not isinstance(goes_on, bool):
        raise odd_answer(what, f"its `has_more` is {word_for(goes_on)}, neither true nor false")
    return Way(after=_text(page, "last_id", what)) if goes_on else None


def _text(page: Document, member: str, what: str) -> str:
    found = page.get(member)
    if found is not None and not isinstance(found, str):
        raise odd_answer(what, f"its `{member}` is {word_for(found)}, not text")
    return found or ""


def _endless(what: str) -> PlaneError:
    message = f"{what} says that it goes on, but not to where."
    return PlaneError(Failure(message=message, code="broken-list", advice="A fault of the service. Try again later."))
