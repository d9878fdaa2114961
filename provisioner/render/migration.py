"""How a store's contents are kept when it must be made anew: in words, and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from provisioner.model.action import Action
from provisioner.model.document import Json
from provisioner.model.memory import Holding
from provisioner.model.migration import Estimate, Migration, Part, Way, estimate
from provisioner.model.plan import Change
from provisioner.model.words import joined
from provisioner.render.exhaustive import assert_never
from provisioner.render.holdings import kinds_words, scope_sentences
from provisioner.render.safe import one_line
from provisioner.render.words import duration

_UNKNOWN: Final = "Memories of scopes that are not known are not copied, and go with the old store: name those scopes."
_MEANWHILE: Final = (
    "Memories that are written meanwhile are looked for once more, right before the old store goes; later ones are "
    "missed."
)
_NOT_KEPT: Final = "Not kept: the ids of memories, when they were updated, and how long they have yet to live."


def migration_sentences(change: Change) -> Iterator[str]:
    """What becomes of the memories, step by step, and at what price."""
    way = change.migration
    if way is None or way.part is Part.DISCARD:  # a remark says all there is to say
        return
    if way.resumes and change.action is Action.MIGRATE:
        yield "A migration of it is under way; this goes on where that ended."
    yield from _held(way.holding)
    yield _steps(change, way)
    if (effort := estimate(way)) is not None:
        yield from _effort(effort, way)
    if change.action is Action.MIGRATE:
        yield _NOT_KEPT
    yield _UNKNOWN
    yield _MEANWHILE


def _held(holding: Holding | None) -> Iterator[str]:
    if holding is None:
        return
    if not holding.scopes:
        yield "None of its scopes is known, so none of its memories would be copied."
        return
    yield f"It holds {holding.words}{kinds_words(holding)}."
    if holding.is_least and holding.limit is not None:
        yield f"At most {holding.limit:,} of a scope were counted; --count counts them all."
    yield from scope_sentences(holding.scopes)


def _steps(change: Change, way: Migration) -> str:
    source, target = (one_line(str(it)) for it in (way.source, way.target))
    match way.part:
        case Part.MOVE if way.way is Way.IN_PLACE:
            return (
                f"In place: all of it is copied into a shadow, {target}, and read back; {source} is deleted and made "
                "anew; all of it is copied back and read back; then the shadow is deleted. At every moment each memory "
                "is in a store of the project."
            )
        case Part.RESTORE:
            made = "is made" if change.before is None else "is there"
            return (
                f"In place: the new {source} {made}; what it lacks is copied from the shadow, {target}, and read back; "
                "then the shadow is deleted."
            )
        case Part.MOVE:
            users = joined([one_line(str(it)) for it in change.referrers])
            moved = f"then {users} {'uses' if len(change.referrers) == 1 else 'use'} it; " if users else ""
            return (
                f"Side by side: {target} is made, and all that {source} holds is copied into it and read back; {moved}"
                f"then {source} is deleted. Nothing is without memory meanwhile."
            )
        case Part.RETIRE:
            return f"It goes once all that it holds, and what was written meanwhile, has been read back from {target}."
        case Part.DISCARD:
            return ""
        case _:
            return assert_never(way.part)


def _effort(effort: Estimate, way: Migration) -> Iterator[str]:
    waits = f", and up to {duration(way.settle_s)} for updates that are queued" if way.settle_s else ""
    time = f"{duration(effort.duration_s)} at {way.rate:,} a minute" if way.rate else "as fast as they are answered"
    yield f"It takes about {effort.requests:,} requests: {time}{waits}."
    if effort.away_requests:
        part = (
            f"For about {duration(effort.away_s)} of that"
            if way.rate
            else f"For about {effort.away_requests:,} of these"
        )
        yield f"{part} the store is gone or not whole yet, and agents answer without what it holds."


def migration_document(change: Change, *, names_scopes: bool) -> Json | None:
    """The scopes by name only where the document is to be applied."""
    way = change.migration
    if way is None:
        return None
    effort = estimate(way)
    scopes = way.holding.scopes.names if way.holding is not None else ()
    return {
        "way": way.way.value,
        "part": way.part.value,
        "source": {"kind": way.source.kind, "name": way.source.name},
        "target": {"kind": way.target.kind, "name": way.target.name},
        "resumes": way.resumes,
        "rate": way.rate,
        "settle_s": way.settle_s,
        "estimate": asdict(effort) if effort is not None else None,
        "told": list(migration_sentences(change)),
        **({"scopes": list(scopes)} if names_scopes else {}),
    }


def copies_scopes(migration: Migration) -> bool:
    """Whether it cannot be carried out without knowing which."""
    return migration.part is not Part.DISCARD
