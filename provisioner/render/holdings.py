"""What stores hold, in words and for programs: how many memories of how many scopes; whose, only where that was asked
for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provisioner.model.document import Json
from provisioner.model.memory import Holding, Scopes
from provisioner.model.words import joined
from provisioner.render.linediff import more
from provisioner.render.safe import one_line

_NAMED_AT_MOST: Final = 20
_WHO: Final = {
    "manifest": "the manifest",
    "agents": "live agents",
    "file": "--scopes-from",
    "export": "an export",
}


def lost_sentences(holding: Holding | None) -> Iterator[str]:
    """What goes with a store."""
    if holding is None or not holding.scopes:
        yield (
            "Every memory of every scope in it is destroyed. The service cannot list scopes, so how many there are "
            "is not known."
        )
        return
    yield (
        f"{_capital(holding.words)}{kinds_words(holding)} are destroyed, and those of every scope that is not known, "
        "as the service cannot list scopes."
    )
    yield from scope_sentences(holding.scopes)


def scope_sentences(scopes: Scopes) -> Iterator[str]:
    """Who named them, and where that is wanted, what they are called."""
    named = [f"{_WHO.get(origin, origin)} ({number:,})" for origin, number in scopes.origins.items()]
    if named:
        yield f"Scopes are known from {joined(named)}."
    if scopes.shown and scopes.names:
        names = [one_line(name) for name in scopes.names[:_NAMED_AT_MOST]]
        left = len(scopes.names) - len(names)
        yield f"Known scopes: {joined([*names, *([more(left, 'scope')] if left else [])])}."


def kinds_words(holding: Holding) -> str:
    return f" ({joined(f'{number:,} {kind}' for kind, number in holding.kinds.items())})" if holding.total else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def holding_document(holding: Holding | None) -> Json | None:
    if holding is None:
        return None
    scopes = holding.scopes
    return {
        "scopes": {
            "known": len(scopes),
            "origins": dict(scopes.origins),
            **({"names": list(scopes.names)} if scopes.shown else {}),
        },
        "memories": {
            "total": holding.total,
            "kinds": dict(holding.kinds),
            "at_least": holding.is_least,
            "limit": holding.limit,
            "uncounted_scopes": holding.uncounted,
        },
    }
