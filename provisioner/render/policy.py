"""The policy that a plan was made under, wherever it restricts something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provisioner.model.document import Json
from provisioner.model.policy import Policy
from provisioner.model.words import joined
from provisioner.render.safe import one_line

_PLACES: Final = 3


def policy_rows(policy: Policy) -> Iterator[tuple[str, str]]:
    """A label and one line, as of the target; nothing where nothing is restricted."""
    if policy.restricting:
        yield "Policy", one_line(f"{'; '.join(_rules(policy))}{_places(policy)}")


def _rules(policy: Policy) -> Iterator[str]:
    if policy.protected:
        yield "protected, so nothing is deleted or replaced"
    if policy.max_deletes is not None:
        yield f"at most {policy.max_deletes} deleted or replaced"
    if not policy.allow_adopt:
        yield "nothing is taken over"
    if policy.require_plan:
        yield "applied only as a plan that was made before"
    if policy.allowed_hosts is not None:
        yield f"tokens go to {joined(sorted(policy.allowed_hosts)) or 'no host'} only"


def _places(policy: Policy) -> str:
    """Where each file begins to say something of it."""
    first: dict[str, int] = {}
    for place in sorted(place for _, place in policy.said):
        first.setdefault(place.file, place.line)
    places = [f"{file}:{line}" for file, line in first.items()]
    more = [f"{len(places) - _PLACES} more"] if len(places) > _PLACES else []
    return f" (says {joined([*places[:_PLACES], *more])})" if places else ""


def policy_document(policy: Policy) -> Json | None:
    if not policy.restricting:
        return None
    hosts = policy.allowed_hosts
    said = sorted(policy.said, key=lambda it: (it[0], it[1]))
    return {
        **policy.rules,
        "allowed_hosts": sorted(hosts) if hosts is not None else None,
        "said": [
            {"rule": rule, "file": at.file, "line": at.line, "column": at.column, "path": at.path} for rule, at in said
        ],
    }
