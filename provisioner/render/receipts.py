"""That a person's memories were forgotten: shown before, and written down afterwards for the data-protection file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from provisioner.model.memory_outcomes import Forgotten
from provisioner.model.pipelines import inert
from provisioner.model.words import plural, quoted
from provisioner.render.json_text import json_text
from provisioner.render.memories import FORMAT_VERSION, memories_of, when
from provisioner.render.safe import one_line, wrapped

NOT_COVERED: Final = (
    "conversations and responses that the service keeps: they are objects of their own, with their messages",
    "exports and backups of memories, wherever their files are",
    "logs and traces of agents, such as those in Application Insights",
    "memories of the same person under another scope, and in other projects",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Times are in unix seconds. An update that was queued before may bring memories until `until`; 0 where that was
    waited for, or none can come.
    """

    scope: str
    project: str
    begun: int
    stores: Sequence[Forgotten]
    ended: int = 0
    until: int = 0

    @property
    def is_done(self) -> bool:
        return bool(self.ended) and all(each.is_done for each in self.stores)


def forget_preview(stores: Sequence[Forgotten], scope: str, where: str, *, width: int = 100) -> str:
    total = sum(each.total for each in stores)
    head = f"{quoted(scope)} has {memories_of(total)} in {plural(len(stores), 'store')} of {where}:"
    widest = max((len(each.store) for each in stores), default=0)
    rows = [f"  {one_line(each.store).ljust(widest)}  {memories_of(each.total)}{_origin(each)}" for each in stores]
    return inert("\n".join([*wrapped(head, width=width), *rows]) + "\n")


def _origin(each: Forgotten) -> str:
    return f" (a migration's copy of {one_line(each.copy_of)})" if each.copy_of else ""


def receipt_text(receipt: Receipt, file: str, *, width: int = 100) -> str:
    gone = [each for each in receipt.stores if each.is_done]
    total = sum(each.total + each.later for each in gone)
    where = f"{quoted(receipt.scope)} in {plural(len(gone), 'store')}"
    done = f"Deleted {memories_of(total)} of {where}, and read back that none is left."
    sentences = [done, *_failures(receipt)]
    if receipt.until:
        sentences.append(
            f"Updates queued before may bring memories until {when(receipt.until)}. Run it again then, or add --wait."
        )
    sentences.append(f"The receipt is in {file}; it says what this does not cover.")
    return inert("\n".join(line for text in sentences for line in wrapped(one_line(text), width=width)) + "\n")


def _failures(receipt: Receipt) -> Iterator[str]:
    for each in receipt.stores:
        if not each.is_done:
            left = f"{memories_of(each.left)} are left" if each.left else "it is not known what is left"
            yield f"Not done in {quoted(each.store)}: {left}. {each.error}".rstrip()


def receipt_json(receipt: Receipt) -> str:
    document = {
        "format_version": FORMAT_VERSION,
        "what": "memories forgotten",
        "scope": receipt.scope,
        "project": receipt.project,
        "begun_at": when(receipt.begun),
        "ended_at": when(receipt.ended) or None,
        "state": "done" if receipt.is_done else "failed" if receipt.ended else "begun",
        "memories": sum(each.total + each.later for each in receipt.stores if each.is_done),
        "stores": [_store(each) for each in receipt.stores],
        "updates_may_come_until": when(receipt.until) or None,
        "not_covered": list(NOT_COVERED),
    }
    return json_text(document, indent=2) + "\n"


def _store(each: Forgotten) -> dict[str, Any]:
    return {
        "store": each.store,
        "memories": each.total,
        "kinds": dict(each.kinds),
        "came_later": each.later,
        "deleted": each.is_deleted,
        "left": each.left,
        **({"copy_of": each.copy_of} if each.copy_of else {}),
        **({"error": each.error} if each.error else {}),
    }
