"""The page at `/`: what there is, for a person with a browser. No script, no form; it reads and changes nothing.

`/` shows the first few of everything, `/?show=stores&page=2` a long list in pages, `/?store=7` one object by its row.
What is shown of an object is for its family to say.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.emulator.handles import families
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.markup import Safe, badge, document, joined, stamp, table, tag

if TYPE_CHECKING:
    from provisioner.emulator.control.family import Cells, Family
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call


STYLE: Final = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
FEW, MANY = 10, 100  # rows of a list on the first page; on a page of its own


def show(call: Call) -> Reply:
    content = _object_page(call) or (_list_page(call) if "show" in call.query else _overview(call))
    body = document("Foundry emulator", STYLE, _header(call), tag("main", content), _footer(call))
    return Reply(body=body, headers=HEADERS)


def _header(call: Call) -> Safe:
    counts = [(name, family.title, family.count(call)) for name, family in families.on_the_page().items()]
    links = (
        tag("a", title, tag("b", f"{count:,}"), href=f"/#{name}")
        for name, title, count in (*counts, ("requests", "Requests", len(call.world.requests)))
    )
    return tag(
        "header",
        tag("h1", tag("a", "Foundry emulator", href="/")),
        tag("p", tag("code", call.base), f" · {stamp(call.now)} UTC on its clock", class_="soft"),
        tag("nav", *links),
    )


def _footer(call: Call) -> Safe:
    faults = len(call.world.faults.describe())
    links = (
        tag("a", "state", href="/_emulator/state"),
        tag("a", "requests", href="/_emulator/requests"),
        tag("a", f"faults ({faults})", href="/_emulator/faults"),
    )
    return tag("footer", "As JSON: ", joined(links[0], " · ", links[1], " · ", links[2]))


def _overview(call: Call) -> Safe:
    return joined(
        *(_section(call, family) for family in families.on_the_page().values()),
        tag("section", tag("h2", "Recent requests"), _requests(call), id="requests"),
    )


def _section(call: Call, family: Family) -> Safe:
    content = _table(call, family, FEW, 0) if family.cards is None else family.cards(call, FEW)
    total = family.count(call)
    more = joined()
    if total > FEW:
        link = tag("a", f"all {total:,}", href=f"/?show={family.name}")
        more = tag("p", f"{FEW} are shown here, {total - FEW:,} are not: ", link, class_="more")
    nothing = tag("p", family.nothing, class_="empty")
    return tag("section", tag("h2", family.title), content or nothing, more, id=family.name)


def _list_page(call: Call) -> Safe:
    name = call.query["show"]
    family = families.on_the_page().get(name)
    if family is None:
        there = ", ".join(families.on_the_page())
        raise Refusal(404, "NotFound", f"There is no list '{name}'; there are: {there}.")
    page = _number(call, "page", 1)
    total, first = family.count(call), (page - 1) * MANY
    content = _table(call, family, MANY, first)
    last = min(first + MANY, total)
    told = f"{first + 1:,} to {last:,} of {total:,}" if content else f"{total:,} in all"
    return tag(
        "section",
        tag("h2", family.title),
        tag("p", told, class_="soft"),
        content or tag("p", "Nothing on this page.", class_="empty"),
        tag("p", *_turning(name, page, more=last < total), class_="more"),
    )


def _table(call: Call, family: Family, limit: int, first: int) -> Safe | None:
    rows = family.listed(call, limit, first)
    return table(family.columns, rows) if rows else None


def _turning(name: str, page: int, *, more: bool) -> list[Safe]:
    earlier = [tag("a", "← previous", href=f"/?show={name}&page={page - 1}"), Safe(" ")] if page > 1 else []
    return [*earlier, *([tag("a", "next →", href=f"/?show={name}&page={page + 1}")] if more else [])]


def _object_page(call: Call) -> Safe | None:
    for family in families.on_the_page().values():
        if family.whole is not None and family.kind in call.query:
            found = family.whole(call, _number(call, family.kind, 0))
            if found is None:
                raise Refusal(404, "NotFound", f"There is no such {family.kind} (any more).")
            return found
    return None


def _requests(call: Call) -> Safe:
    kept = list(call.world.requests)
    shown = [_request(entry) for entry in kept[: -2 * FEW - 1 : -1]]
    if not shown:
        return tag("p", "No requests yet.", class_="empty")
    left = len(kept) - len(shown)
    link = tag("a", "as JSON", href="/_emulator/requests")
    more = tag("p", f"{left:,} earlier ones are not shown: ", link, class_="more") if left else ""
    return joined(table(("Time", "Method", "Path", "Status", "ms"), shown), more)


def _request(entry: Json) -> Cells:
    path, status = tag("code", entry["path"]), _status(entry["status"])
    return stamp(entry["time"]), entry["method"], path, status, entry["duration_ms"]


def _status(status: int | None) -> Safe:
    if status is None:
        return badge("dropped", "bad")
    mood = "good" if status < 400 else "warn" if status < 500 else "bad"
    return badge(status, mood)


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and 0 < int(text[:12]) < 10**9 else default
