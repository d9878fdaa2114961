"""What each kind relies on in what the service shows, and the one place where that is checked.

Left out is what only passes through: it is compared and written back whatever it is. Source of the types:
azure-rest-api-specs (cognitiveservices, ai-foundry data plane v1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import wraps
from typing import Final

from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.resource import Live
from provisioner.model.shape import FLAG, LIST, NUMBER, OBJECT, TEXT, Shape, having, needed, solid, word_for
from provisioner.reconcile.marker import MARKER_KEYS

_LONGEST_NAME: Final = 1024  # more than any service allows; it becomes part of a URL

LABELS: Final = having(**{key: solid(TEXT) for key in MARKER_KEYS})  # others' labels only pass through

VERSION: Final = having(
    version=needed(TEXT),
    definition=needed(having(kind=TEXT, tools=LIST)),
    metadata=LABELS,
    status=TEXT,
    draft=FLAG,
)
AGENT: Final = having(
    versions=needed(having(latest=VERSION)),  # none where there are only drafts
    state=TEXT,
    agent_endpoint=OBJECT,
    agent_card=OBJECT,
)
STORE: Final = having(
    definition=needed(having(kind=TEXT, chat_model=needed(TEXT), embedding_model=needed(TEXT), options=OBJECT)),
    description=TEXT,
    metadata=LABELS,
)
DEPLOYMENT: Final = having(
    properties=needed(
        having(
            model=needed(having(format=needed(TEXT), name=needed(TEXT), version=TEXT)),
            provisioningState=TEXT,
        )
    ),
    sku=having(name=TEXT, capacity=NUMBER),
    tags=LABELS,
    etag=TEXT,
    systemData=having(createdAt=TEXT),
)
GLIMPSE: Final = having(modelPublisher=TEXT, modelName=TEXT, modelVersion=TEXT)

Observed = Callable[[Document], Live]


def shaped(section: str, shape: Shape) -> Callable[[Observed], Observed]:
    """Keeps from the decorated function what does not have the shape: such an object is there, and that is all that is
    known of it. One without a usable name might be any of the manifest's, so it raises PlaneError.
    """

    def decorate(observed: Observed) -> Observed:
        @wraps(observed)
        def guarded(body: Document) -> Live:
            name = _name(section, body)
            if oddity := shape.oddity(body):
                return Live(address=Address(section, name), fields={}, odd=oddity)
            return observed(body)

        return guarded

    return decorate


def answered(observed: Observed, body: Document, address: Address) -> Live | None:
    """What the answer to a write shows; None where it cannot be read or is about something else. It is no more than a
    hint that saves reading the object again, so nothing is wrong with the write.
    """
    try:
        shown = observed(body)
    except PlaneError:
        return None
    is_it = shown.address.name.casefold() == address.name.casefold()
    return replace(shown, address=address) if is_it and not shown.odd else None


def require_shape(body: Document, shape: Shape, *, what: str) -> Document:
    """Raises PlaneError where the body does not have the shape; `what` begins the sentence."""
    if oddity := shape.oddity(body):
        raise _odd_answer(what, oddity)
    return body


def all_shaped(bodies: Iterable[Document], shape: Shape, *, what: str) -> Iterator[Document]:
    """The bodies, each as `require_shape` gives it."""
    return (require_shape(body, shape, what=what) for body in bodies)


def _name(section: str, body: Document) -> str:
    name = body.get("name")
    what = f"An object in the list of {section}"
    if not isinstance(name, str):
        raise _odd_answer(what, f"its name is {word_for(name) if 'name' in body else 'missing'}")
    if not 0 < len(name) <= _LONGEST_NAME:
        raise _odd_answer(what, "its name is empty" if not name else f"its name has {len(name)} characters")
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise _odd_answer(what, "its name holds half a character")
    return name


def _odd_answer(what: str, oddity: str) -> PlaneError:
    failure = Failure(
        message=f"{what} cannot be read: {oddity}.",
        code="odd-answer",
        advice="It is a fault of the service, or of what answers in its place; try again later.",
    )
    return PlaneError(failure)
