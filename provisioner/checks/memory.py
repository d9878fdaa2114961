"""A memory store: a made-up fact goes in, is found, is seen from nowhere else, and goes again.

In one go that proves both deployments, the project's own identity and its role, extraction, search and the isolation of
scopes.
"""

from __future__ import annotations

from typing import Final

from provisioner.checks.traces import Traces
from provisioner.checks.tries import Bench, Unmet, made_up, said, throw_away
from provisioner.memory.plane import OTHER_SCOPE
from provisioner.model.check import MemoryCheck
from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.memory import Item
from provisioner.model.memory_outcomes import Update
from provisioner.model.words import quoted

_MOST: Final = 10


def try_memory(check: MemoryCheck, bench: Bench, traces: Traces) -> str:
    """What was seen. Raises Unmet, Stopped and PlaneError."""
    store, word = check.subject.name, made_up()
    scope = throw_away()
    other = f"{scope}-other"
    traces.will_write(store, scope)
    traces.will_write(store, other)
    fact = said(check.fact, word)
    started = bench.clock.now()
    update = bench.memories.remember(store, scope, (_message(fact),))
    traces.updates(store, scope, update.id)
    update = _ended(update, store, bench)
    traces.updates(store, scope, "")
    bench.spent.add(update.usage)
    took_s = bench.clock.now() - started
    _require_drawn(update, word)
    _require_found(check, scope, word, bench)
    _require_unseen(check, other, word, bench)
    return f"Remembered a fact in {took_s:.1f} s, found it, and did not see it from another scope."


def _searched(bench: Bench, store: str, scope: str, text: str) -> tuple[Item, ...]:
    """Raises Unmet where it gives what is another scope's."""
    try:
        found = bench.memories.searched(store, scope, text, most=_MOST)
    except PlaneError as error:
        if error.failure.code == OTHER_SCOPE:
            raise _leaks() from error
        raise
    bench.spent.add(found.usage)
    return found.items


def holds(items: list[Item] | tuple[Item, ...], word: str) -> bool:
    return any(word.casefold() in it.content.casefold() for it in items)


def _message(text: str) -> Document:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def _ended(update: Update, store: str, bench: Bench) -> Update:
    while not update.has_ended or update.superseded_by:
        if not bench.pace.has_time():
            hint = "Raise `timeout_s`: drawing memories out of a conversation may take minutes."
            raise Unmet(f"The update {update.id} is {update.status}, and the time is over.", hint, is_final=True)
        update = bench.memories.update(store, update.superseded_by or update.id)
    return update


def _require_drawn(update: Update, word: str) -> None:
    if update.status == "failed":
        message = f"The update failed: {update.error or 'the service does not say why.'}"
        raise PlaneError(Failure(message=message, code="update-failed"))
    if update.status != "completed":
        raise Unmet(f"The update is {update.status}, and by none that is known.")
    drawn = tuple(it.item for it in update.operations if it.kind != "delete")
    if not holds(drawn, word):
        seen = f"{len(drawn)} memories, none of which holds the fact" if drawn else "no memory"
        raise Unmet(
            f"The update drew {seen}.",
            "A store keeps what its `options` name: give a `fact` of that sort, with {word} in it.",
        )


def _require_found(check: MemoryCheck, scope: str, word: str, bench: Bench) -> None:
    while True:
        if holds(_searched(bench, check.subject.name, scope, said(check.question, word)), word):
            return
        if not bench.pace.has_time():
            message = f"A search with {quoted(said(check.question, word))} does not find what was remembered."
            raise Unmet(message, "Give a `question` that is nearer to the `fact`, or look at the embedding model.")


def _require_unseen(check: MemoryCheck, other: str, word: str, bench: Bench) -> None:
    """Each way that there is to see it. One sight of it is enough, whatever a second look says."""
    store = check.subject.name
    for text in (said(check.fact, word), ""):
        if _searched(bench, store, other, text):
            raise _leaks()
    try:
        is_seen = any(True for _ in bench.memories.items(store, other))
    except PlaneError as error:
        is_seen = error.failure.code == OTHER_SCOPE
        if not is_seen:
            raise
    if is_seen:
        raise _leaks()


def _leaks() -> Unmet:
    message = "One scope shows memories of another: the store does not keep people apart."
    hint = "Do not use the store for several people. Report it to Azure support, with the time of this check."
    return Unmet(message, hint, is_final=True)
