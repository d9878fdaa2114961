"""What stopped the whole run, said once."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.errors import Failure
from provisioner.model.pipelines import inert
from provisioner.model.redact import harmless
from provisioner.render.safe import one_line, wrapped
from provisioner.render.styles import PLAIN, Styles


def failure_text(
    message: str, hint: str = "", failure: Failure | None = None, *, styles: Styles = PLAIN, width: int = 100
) -> str:
    """`Error: …`, what to do, and what the service said to identify it."""
    said = wrapped(harmless(f"Error: {message}"), width=width)
    first, *rest = said
    lines = [styles.paint(styles.bad, first[:6]) + first[6:], *rest]
    advice = failure.advice if failure else ""
    for text in dict.fromkeys((hint, advice)):
        lines.extend(wrapped(harmless(text), width=width, indent="  "))
    if failure and (identity := failure_identity(failure)):
        lines.extend(styles.paint(styles.quiet, text) for text in wrapped(identity, width=width, indent="  "))
    return inert("\n".join(lines) + "\n")


def failure_identity(failure: Failure) -> str:
    """`code InsufficientQuota, HTTP 409, request id 7f…`."""
    parts = (
        f"code {one_line(failure.code).strip(' ')}" if failure.code.strip(" ") else "",
        f"HTTP {failure.status}" if failure.status else "",
        f"request id {one_line(failure.request_id).strip(' ')}" if failure.request_id.strip(" ") else "",
    )
    return ", ".join(part for part in parts if part)


def failure_lines(failure: Failure, *, width: int, indent: str) -> Iterator[str]:
    """The service's own words, whatever they look like, then its identity, then our advice."""
    yield from wrapped(harmless(failure.message), width=width, indent=indent)
    if identity := failure_identity(failure):
        yield from wrapped(identity, width=width, indent=indent)
    yield from wrapped(failure.advice, width=width, indent=indent)
