"""Locks, and who holds them."""

from __future__ import annotations

from typing import Final

from provisioner.model.document import Json
from provisioner.model.lock import Holder
from provisioner.model.pipelines import inert
from provisioner.model.words import quoted
from provisioner.render.json_text import json_text
from provisioner.render.safe import one_line

FORMAT_VERSION: Final = "1.0"


def holder_phrase(holder: Holder) -> str:
    """`alice on runner-7, since 2026-11-29T02:45:44Z, for apply, in https://…`."""
    if not holder.is_known:
        return "somebody who does not say who"
    who = " on ".join(one_line(it) for it in (holder.who, holder.host) if it) or "somebody"
    parts = (("since", holder.since), ("for", holder.command), ("in", holder.run))
    return ", ".join([who, *(f"{word} {one_line(said)}" for word, said in parts if said)])


def lock_text(owner: str, state: str, holder: Holder, place: str) -> str:
    says = {
        "free": "is free",
        "held": f"is held by {holder_phrase(holder)}",
        "ending": f"was broken and is about to end; it was held by {holder_phrase(holder)}",
    }
    return inert(f"The lock of {quoted(owner)} {says[state]}.\nIt is kept in {one_line(place)}.\n")


def lock_json(owner: str, state: str, holder: Holder, place: str) -> str:
    document: Json = {
        "format_version": FORMAT_VERSION,
        "owner": owner,
        "state": state,
        "blob": place,
        "holder": holder.document() if holder.is_known else None,
    }
    return json_text(document, indent=2) + "\n"
