"""What stores hold, for people and for programs. Scopes are people's, so they are named only where it was asked for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Final

from provisioner.model.memory import KINDS, Item
from provisioner.model.memory_outcomes import Contents, ScopeCount, Transfer, Untaken
from provisioner.model.pipelines import inert
from provisioner.model.words import plural, quoted
from provisioner.render.json_text import json_text
from provisioner.render.safe import one_line, wrapped
from provisioner.render.styles import PLAIN, Styles

FORMAT_VERSION: Final = "1.0"
_HEADS: Final = ("scope", *KINDS, "all", "oldest", "newest")


def when(seconds: int) -> str:
    """In UTC, as ISO 8601; empty for no time at all."""
    if not seconds:
        return ""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""


def now() -> str:
    return when(int(time.time()))


def memories_of(count: int) -> str:
    return "1 memory" if count == 1 else f"{count:,} memories"


def kinds_of(counts: Iterable[ScopeCount]) -> dict[str, int]:
    """Of all of them together; every kind is there."""
    found = dict.fromkeys(KINDS, 0)
    for each in counts:
        for kind, number in each.kinds.items():
            found[kind] = found.get(kind, 0) + number
    return found


def lasting(ttl_s: int) -> str:
    return f"Each is forgotten {ttl_s:,} s after its last update." if ttl_s else "None of them expires by itself."


def stats_text(
    store: str,
    counts: Sequence[ScopeCount],
    *,
    ttl_s: int,
    origins: Mapping[str, int],
    named: bool,
    styles: Styles = PLAIN,
    width: int = 100,
) -> str:
    """`named` scopes, or else numbered ones."""
    total = sum(each.total for each in counts)
    known = f'The store "{one_line(store)}" holds {memories_of(total)} of {plural(len(counts), "known scope")}.'
    rows = [*_rows(counts, named=named), _sum_row(counts)]
    widths = [max(map(len, column)) for column in zip(_HEADS, *rows, strict=True)]
    lines = [styles.paint(styles.heading, line) for line in wrapped(f"{known} {lasting(ttl_s)}", width=width)]
    lines += ["", styles.paint(styles.heading, _laid(_HEADS, widths))]
    lines += [_laid(row, widths) for row in rows]
    lines += ["", *wrapped(origins_phrase(origins), width=width)]
    return inert("\n".join(lines) + "\n")


def origins_phrase(origins: Mapping[str, int]) -> str:
    """Where the scopes are known from, and that there may be others."""
    words = {"manifest": "the manifest", "agents": "agents", "file": "a file", "flags": "flags", "export": "an export"}
    told = [f"{number} from {words.get(name, name)}" for name, number in origins.items() if number]
    known = f"Scopes are known from here: {', '.join(told)}. " if told else ""
    return f"{known}The service lists none, so there may be others."


def _rows(counts: Sequence[ScopeCount], *, named: bool) -> Iterator[tuple[str, ...]]:
    for number, each in enumerate(counts, 1):
        label = one_line(each.scope) if named else f"scope {number}"
        yield _row(label, each.kinds, each.total, each.oldest, each.newest)


def _sum_row(counts: Sequence[ScopeCount]) -> tuple[str, ...]:
    oldest = min((each.oldest for each in counts if each.oldest), default=0)
    newest = max((each.newest for each in counts), default=0)
    kinds = kinds_of(counts)
    return _row("all", kinds, sum(kinds.values()), oldest, newest)


def _row(label: str, kinds: Mapping[str, int], total: int, oldest: int, newest: int) -> tuple[str, ...]:
    return (label, *(f"{kinds.get(kind, 0):,}" for kind in KINDS), f"{total:,}", when(oldest), when(newest))


def _laid(cells: Sequence[str], widths: Sequence[int]) -> str:
    numbers = {*KINDS, "all"}
    laid = (
        cell.rjust(width) if head in numbers else cell.ljust(width)
        for head, cell, width in zip(_HEADS, cells, widths, strict=True)
    )
    return "  ".join(laid).rstrip()


def stats_json(store: str, counts: Sequence[ScopeCount], *, ttl_s: int, origins: Mapping[str, int], named: bool) -> str:
    kinds = kinds_of(counts)
    return _json(
        {
            "store": store,
            "ttl_seconds": ttl_s,
            "memories": sum(kinds.values()),
            "kinds": kinds,
            "scopes": [_scope(number, each, named=named) for number, each in enumerate(counts, 1)],
            "known_from": dict(origins),
        }
    )


def _scope(number: int, each: ScopeCount, *, named: bool) -> dict[str, Any]:
    return {
        "number": number,
        **({"scope": each.scope} if named else {}),
        "memories": each.total,
        "kinds": {kind: each.kinds.get(kind, 0) for kind in KINDS},
        "oldest": when(each.oldest) or None,
        "newest": when(each.newest) or None,
    }


def items_text(items: Sequence[Item], *, what: str, styles: Styles = PLAIN, width: int = 100) -> str:
    """One after the other; `what` is a sentence about all of them."""
    blocks = [styles.paint(styles.heading, line) for line in wrapped(what, width=width)]
    for item in items:
        blocks.append("")
        blocks.extend(wrapped(one_line(item.content), width=width))
        blocks.append(styles.paint(styles.quiet, one_line(f"  {_facts(item)}")))
    return inert("\n".join(blocks) + "\n")


def _facts(item: Item) -> str:
    return "  ".join(part for part in (item.kind, when(item.updated_at), item.id) if part)


def item_document(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind,
        "content": item.content,
        "updated_at": when(item.updated_at) or None,
        "hash": item.hash,
    }


def items_json(items: Sequence[Item], *, store: str, scope: str) -> str:
    return _json({"store": store, "scope": scope, "memories": [item_document(item) for item in items]})


def _json(document: Mapping[str, Any]) -> str:
    return json_text({"format_version": FORMAT_VERSION, **document}, indent=2) + "\n"


def contents_json(contents: Contents, file: str) -> str:
    """What an export has, without the names of scopes."""
    return _json(
        {
            "file": file,
            "memories": contents.total,
            "kinds": {kind: contents.kinds.get(kind, 0) for kind in KINDS},
            "scopes": len(contents.scopes),
        }
    )


def transfer_text(transfer: Transfer, *, named: bool, styles: Styles = PLAIN, width: int = 100) -> str:
    verb = "Would add" if transfer.dry_run else "Added"
    there = f"; {transfer.there:,} {'was' if transfer.there == 1 else 'were'} there already" if transfer.there else ""
    what = f"{verb} {memories_of(transfer.added)} to {quoted(transfer.store)} in "
    what += f"{plural(len(transfer.scopes), 'scope')}{there}."
    lines = [styles.paint(styles.heading, line) for line in wrapped(what, width=width)]
    for each in transfer.refused:
        text = f"Not added: memory {each.number} of {_label(transfer, each, named=named)}: {each.failure.message}"
        lines += wrapped(one_line(text), width=width, indent="  ", hang="    ")
    return inert("\n".join(lines) + "\n")


def _label(transfer: Transfer, refused: Untaken, *, named: bool) -> str:
    return refused.scope if named else f"scope {transfer.scopes.index(refused.scope) + 1}"


def transfer_json(transfer: Transfer, *, named: bool) -> str:
    return _json(
        {
            "store": transfer.store,
            "dry_run": transfer.dry_run,
            "scopes": len(transfer.scopes),
            "added": transfer.added,
            "there_already": transfer.there,
            "refused": [
                {
                    "scope_number": transfer.scopes.index(each.scope) + 1,
                    **({"scope": each.scope} if named else {}),
                    "number": each.number,
                    "code": each.failure.code,
                    "message": each.failure.message,
                }
                for each in transfer.refused
            ],
        }
    )
