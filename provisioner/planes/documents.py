"""Documents as bytes, what goes out and what comes in; and the paths they go to.

What comes in is believed only when it is an object of bounded size and depth: everything behind this may recurse.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NoReturn
from urllib.parse import unquote

from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.shape import word_for

# A page of 100 agents with instructions of 100 KB each has 10 MB. In memory, JSON takes up to fifty times its length:
# that many bytes, and no more than so many values, stay under half a gigabyte whatever they hold.
MOST_BYTES: Final = 32 * 1024 * 1024
_MOST_VALUES: Final = 2_000_000
_DEEPEST: Final = 200  # Python's own limit is a thousand calls, and walking one level may take three
_ADVICE: Final = (
    "Check the endpoint, and whether a proxy answers in its place. If both are right, it is a fault of the service: "
    "try again later."
)


def encoded(body: Document | Sequence[object]) -> bytes:
    """Raises PlaneError for what JSON or UTF-8 cannot hold: NaN, half a surrogate pair."""
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
    except (ValueError, RecursionError) as error:
        failure = Failure(
            message=f"It cannot be written as JSON: {error}",
            code="not-json",
            advice="Look for `.nan`, `.inf` or broken characters in the manifest.",
        )
        raise PlaneError(failure) from error


def decoded(content: bytes, *, status: int, what: str) -> Document:
    """Nothing at all is an empty document. Raises an ambiguous PlaneError for what is no JSON object, or tells of an
    error: the work may have been done, and a proxy may have answered. `what` begins its sentence: `The list of agents`.
    """
    if not content.strip():
        return {}
    begun = content.count(b"[") + content.count(b"{")
    if begun + content.count(b",") > _MOST_VALUES:
        raise too_large(what, f"{_MOST_VALUES:,} values")
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise odd_answer(what, f"it is nested more than {_DEEPEST} levels deep", status=status) from None
    except ValueError as error:
        failure = Failure(
            message=f"{what} is not JSON.",
            code="not-json",
            status=status,
            advice="Check the endpoint, and whether a proxy or a sign-in page answers in its place.",
        )
        raise PlaneError(failure, ambiguous=True) from error
    if not isinstance(document, dict):
        raise odd_answer(what, f"it is {word_for(document)}, not an object", status=status)
    if begun > _DEEPEST and is_too_deep(document):
        raise odd_answer(what, f"it is nested more than {_DEEPEST} levels deep", status=status)
    if document.get("error") and not document.keys() & {"name", "status"}:  # those that failed have an error, too
        raise odd_answer(what, f"it tells of an error: {_told(document['error'])}", status=status)
    return document


def odd_answer(what: str, oddity: str, *, status: int = 200) -> PlaneError:
    failure = Failure(message=f"{what} cannot be read: {oddity}.", code="odd-answer", status=status, advice=_ADVICE)
    return PlaneError(failure, ambiguous=True)


def is_done(error: PlaneError) -> bool:
    """Whether the answer says that it was done, and is odd in all else: to send it again would be answered alike."""
    return error.ambiguous and 200 <= error.failure.status < 300


def still_there(error: PlaneError) -> PlaneError:
    """For a deletion that was answered oddly and has had no effect."""
    return PlaneError(replace(error.failure, message=f"{error.failure.message} What was to be deleted is still there."))


def too_large(what: str, limit: str) -> PlaneError:
    message = f"{what} has more than {limit}; the rest was not read."
    return PlaneError(Failure(message=message, code="too-large-answer", advice=_ADVICE))


def require_named(document: Document, name: str, *, what: str, fold: bool = False) -> Document:
    """The document, if it is that of the object asked for. Raises PlaneError for another one, or for none. `fold` where
    names ignore case.
    """
    found = document.get("name")
    if not isinstance(found, str):
        empty = "it is empty" if not document else f"its `name` is {word_for(found)}, not text"
        raise odd_answer(what, empty)
    if found != name and not (fold and found.casefold() == name.casefold()):
        raise odd_answer(what, f'it shows another object, "{found}"')
    return document


def require_straight(path: str) -> None:
    """Raises PlaneError for a path with a dot segment, however written: on the way it would become another path, and
    a delete of `memory_stores/..` one of the whole project.
    """
    if any(segment in (".", "..") for segment in re.split(r"[/\\]", unquote(path))):
        failure = Failure(
            message=f'"{path}" leads elsewhere than it says; nothing was sent.',
            code="invalid-url",
            advice="A resource cannot be named `.` or `..`; correct its name.",
        )
        raise PlaneError(failure)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def is_too_deep(document: object) -> bool:
    """Level by level, as a recursion would itself run out of depth."""
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def _told(error: object) -> str:
    told = error.get("message") or error.get("code") if isinstance(error, dict) else error
    return str(told)[:600] if isinstance(told, str) else "it does not say which"
