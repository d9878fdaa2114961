"""Documents as bytes, what goes out and what comes in; and the paths they go to."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError


def encoded(body: Document) -> bytes:
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


def decoded(content: bytes, *, status: int) -> Document:
    """Nothing at all is an empty document, a list the `value` of one. Raises an ambiguous PlaneError for what is not
    JSON: the work may have been done, and a proxy may have answered.
    """
    if not content.strip():
        return {}
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        failure = Failure(
            message="The service's answer is not JSON.",
            code="not-json",
            status=status,
            advice="Check the endpoint, and whether a proxy or a sign-in page answers in its place.",
        )
        raise PlaneError(failure, ambiguous=True) from error
    return document if isinstance(document, dict) else {"value": document}


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
