"""Copying memories into a store, from wherever they are, and telling how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from provisioner.cli.terminal import Terminal, complain, remark, say
from provisioner.memory.copying import Copied, Manner, Side, compare, copy
from provisioner.memory.pacing import Pace
from provisioner.model.memory_outcomes import Transfer, Untaken
from provisioner.planes.clock import SystemClock
from provisioner.render.memories import memories_of, transfer_json, transfer_text

_EVERY_S: Final = 5.0


def transfer(
    source: Side,
    target: Side,
    scopes: tuple[str, ...],
    *,
    rate: int,
    at_once: int,
    total: int | None = None,
    dry_run: bool = False,
) -> Transfer:
    """Adds what the target lacks, or counts it. May raise PlaneError: what was added by then stays, and counts when it
    is done again.
    """
    manner = Manner(pace=Pace(rate, SystemClock()), at_once=at_once, tell=Progress(total))
    if dry_run:
        seen = compare(source, target, scopes, manner)
        lacking = sum(each.difference.lacking for each in seen.values())
        copied = Copied(there=sum(each.count for each in seen.values()) - lacking, added=lacking)
    else:
        copied = copy(source, target, scopes, manner)
    refused = [Untaken(scope=it.scope, number=it.number, failure=it.failure) for it in copied.refused]
    return Transfer(
        store=target.store,
        scopes=scopes,
        added=copied.added,
        there=copied.there,
        refused=refused,
        dry_run=dry_run,
    )


def told(transfer: Transfer, terminal: Terminal, *, as_json: bool, named: bool) -> int:
    """The exit code: 1 where the service refused some of them."""
    if as_json:
        say(transfer_json(transfer, named=named))
    else:
        say(transfer_text(transfer, named=named, styles=terminal.out, width=terminal.width))
    if transfer.refused:
        complain(
            f"The service refused {memories_of(len(transfer.refused))}.",
            "Everything else is there. Run it again when the reason is gone: what is there is not added twice.",
            terminal=terminal,
        )
    return 1 if transfer.refused else 0


class Progress:
    """Tells on stderr every few seconds how many memories are there, out of so many where that is known. Called from
    several threads.
    """

    def __init__(self, total: int | None, *, now: Callable[[], float] = time.monotonic) -> None:
        self._total = f" of {total:,}" if total is not None else ""
        self._now = now
        self._lock = threading.Lock()
        self._done = 0
        self._next = now() + _EVERY_S

    def __call__(self, more: int) -> None:
        with self._lock:
            self._done += more
            if self._now() < self._next:
                return
            self._next = self._now() + _EVERY_S
            done = self._done
        remark(f"{done:,}{self._total} memories are there.")
