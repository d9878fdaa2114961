"""The page at `/`: what there is, for a person with a browser. No script, no form; it reads and changes nothing.

`/` shows the first few of everything, `/?show=stores&page=2` a long list in pages, `/?store=7` and `/?agent=7` one
object by its row.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import resource_rows
from provisioner.emulator.control.resource_rows import DEPLOYMENT, PROJECT, Resource
from provisioner.emulator.handles import families, page_rows, table_rows
from provisioner.emulator.handles.markup import Safe, document, joined, table, tag
from provisioner.emulator.project import agent_rows
from provisioner.emulator.project.memory import memories_in, scopes_of
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provisioner.emulator.control.family import Family
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.project.memory import Scope
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row, State


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
SCOPES_SHOWN, MEMORIES_SHOWN = 5, 20  # of a store on the first page; of a scope
EXCERPT: Final = 240

COUNTS: Final[Mapping[str, Callable[[State], int]]] = {
    "projects": partial(resource_rows.count, kind=PROJECT),
    "deployments": partial(resource_rows.count, kind=DEPLOYMENT),
    "stores": partial(table_rows.count, table="stores"),
    "agents": partial(table_rows.count, table="agents"),
}


def show(call: Call) -> Reply:
    if "store" in call.query:
        content = _store_page(call)
    elif "agent" in call.query:
        content = _agent_page(call)
    elif "show" in call.query:
        content = _list_page(call)
    else:
        content = _overview(call)
    body = document("Foundry emulator", STYLE, _header(call), tag("main", content), _footer(call))
    return Reply(body=body, headers=HEADERS)


def _header(call: Call) -> Safe:
    counts = {name: count(call.state) for name, count in _counts().items()} | {"requests": len(call.world.requests)}
    links = (
        tag("a", name.replace("-", " ").capitalize(), tag("b", f"{count:,}"), href=f"/#{name}")
        for name, count in counts.items()
    )
    now = datetime.fromtimestamp(call.now, timezone.utc)
    return tag(
        "header",
        tag("h1", tag("a", "Foundry emulator", href="/")),
        tag("p", tag("code", call.base), f" · {now:%Y-%m-%d %H:%M:%S} UTC on its clock", class_="soft"),
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
    stores = page_rows.stores(call.state, FEW, 0)
    return joined(
        _section(call, "projects", _projects(call, FEW, 0)),
        _section(call, "deployments", _deployments(call, FEW, 0)),
        _section(call, "stores", joined(*(_store_card(call, row) for row in stores)) if stores else None),
        _section(call, "agents", _agents(call, FEW, 0)),
        *(_section(call, family.section, _of_family(family, call, FEW, 0)) for family in families.on_the_page()),
        tag("section", tag("h2", "Recent requests"), _requests(call), id="requests"),
    )


TITLES: Final = {
    "projects": ("Projects", "No project. PUT one on the management plane."),
    "deployments": ("Deployments", "No model is deployed yet."),
    "stores": ("Memory stores", "No memory store yet."),
    "agents": ("Agents", "No agent yet."),
}


def _titles() -> dict[str, tuple[str, str]]:
    return TITLES | {family.section: (family.title, family.nothing) for family in families.on_the_page()}


def _counts() -> dict[str, Callable[[State], int]]:
    counts = {family.section: partial(resource_rows.count, kind=family.kind) for family in families.on_the_page()}
    return {**COUNTS, **counts}


def _section(call: Call, name: str, content: Safe | None) -> Safe:
    title, nothing = _titles()[name]
    total = _counts()[name](call.state)
    more = joined()
    if total > FEW:
        link = tag("a", f"all {total:,}", href=f"/?show={name}")
        more = tag("p", f"{FEW} are shown here, {total - FEW:,} are not: ", link, class_="more")
    return tag("section", tag("h2", title), content or tag("p", nothing, class_="empty"), more, id=name)


def _list_page(call: Call) -> Safe:
    lists: dict[str, Callable[[Call, int, int], Safe | None]] = {
        "projects": _projects,
        "deployments": _deployments,
        "stores": _stores,
        "agents": _agents,
        **{family.section: partial(_of_family, family) for family in families.on_the_page()},
    }
    name = call.query["show"]
    if name not in lists:
        raise Refusal(404, "NotFound", f"There is no list '{name}'; there are: {', '.join(lists)}.")
    page = _number(call, "page", 1)
    total = _counts()[name](call.state)
    first = (page - 1) * MANY
    content = lists[name](call, MANY, first)
    last = min(first + MANY, total)
    told = f"{first + 1:,} to {last:,} of {total:,}" if content else f"{total:,} in all"
    return tag(
        "section",
        tag("h2", _titles()[name][0]),
        tag("p", told, class_="soft"),
        content or tag("p", "Nothing on this page.", class_="empty"),
        tag("p", *_turning(name, page, more=last < total), class_="more"),
    )


def _turning(name: str, page: int, *, more: bool) -> list[Safe]:
    earlier = [tag("a", "← previous", href=f"/?show={name}&page={page - 1}"), Safe(" ")] if page > 1 else []
    return [*earlier, *([tag("a", "next →", href=f"/?show={name}&page={page + 1}")] if more else [])]


def _projects(call: Call, limit: int, first: int) -> Safe | None:
    rows = page_rows.projects(call.state, limit, first)
    shown: list[tuple[object, ...]] = [
        (
            row["name"],
            row["account"],
            load(row["body"])["location"],
            f"{row['stores']:,}",
            f"{row['agents']:,}",
            tag("code", f"{call.base}/api/projects/{row['name']}"),
        )
        for row in rows
    ]
    return table(("Name", "Account", "Region", "Stores", "Agents", "Endpoint"), shown) if shown else None


def _deployments(call: Call, limit: int, first: int) -> Safe | None:
    found = resource_rows.page_with_holders(call.state, DEPLOYMENT, limit, first)
    shown = [_deployment(it, account) for it, account in found]
    return table(("Name", "Model", "Sku", "Capacity", "State", "Account"), shown) if shown else None


def _deployment(it: Resource, account: str) -> tuple[object, ...]:
    body = it.body
    model, state = body["properties"]["model"], str(body["properties"]["provisioningState"])
    named = joined(model["name"], " ", tag("span", model.get("version") or "", class_="soft"))
    mood = {"Succeeded": "good", "Failed": "bad"}.get(state, "warn")
    badge = tag("span", state, class_=f"badge {mood}")
    return it.name, named, body["sku"]["name"], body["sku"]["capacity"], badge, account


def _stores(call: Call, limit: int, first: int) -> Safe | None:
    rows = page_rows.stores(call.state, limit, first)
    shown: list[tuple[object, ...]] = []
    for row in rows:
        scopes = scopes_of(call.state, call.now, store=row["id"])
        body = load(row["body"])
        link = tag("a", row["name"], href=f"/?store={row['id']}")
        count = f"{len(scopes):,} / {sum(scope.memories for scope in scopes):,}"
        shown.append((link, row["in_project"], count, _excerpt(body.get("description", ""))))
    return table(("Name", "Project", "Scopes / memories", "Description"), shown) if shown else None


def _store_card(call: Call, row: Row, *, whole: bool = False) -> Safe:
    body, scopes = load(row["body"]), scopes_of(call.state, call.now, store=row["id"])
    here = f"/?store={row['id']}"
    definition = body["definition"]
    models = f"{row['in_project']} · {definition['chat_model']} · {definition['embedding_model']}"
    shown = scopes if whole else scopes[:SCOPES_SHOWN]
    left = len(scopes) - len(shown)
    return tag(
        "div",
        tag("h3", tag("a", row["name"], href=here)),
        tag("p", models, class_="soft"),
        tag("p", _excerpt(body.get("description", ""))) if body.get("description") else "",
        *(_scope(call, scope, whole=whole) for scope in shown),
        tag("p", "It holds no memories yet.", class_="soft") if not scopes else "",
        tag("p", f"{_count(left, 'more scope', 'more scopes')}: ", tag("a", "all", href=here), class_="more")
        if left
        else "",
        class_="card",
    )


def _scope(call: Call, scope: Scope, *, whole: bool) -> Safe:
    limit = MANY if whole else MEMORIES_SHOWN
    memories = memories_in(call.state, scope.store, scope.name, call.now, limit=limit)
    waiting = (
        tag("span", f"{_count(scope.waiting, 'update', 'updates')} waiting", class_="badge warn")
        if scope.waiting
        else ""
    )
    rows: list[tuple[object, ...]] = [
        (tag("span", memory["kind"], class_="badge"), memory["content"], _stamp(memory["updated_at"]))
        for memory in memories
    ]
    left = scope.memories - len(memories)
    summary = tag(
        "summary", tag("code", scope.name), " ", _badge(_count(scope.memories, "memory", "memories")), " ", waiting
    )
    return tag(
        "details",
        summary,
        table(("Kind", "Memory", "Updated"), rows) if rows else "",
        tag("p", f"The {limit:,} latest are shown, {left:,} are not.", class_="more") if left > 0 else "",
        open="",
    )


def _store_page(call: Call) -> Safe:
    row = page_rows.store(call.state, _number(call, "store", 0))
    if row is None:
        raise Refusal(404, "NotFound", "There is no such memory store (any more).")
    return tag("section", tag("h2", "Memory store"), _store_card(call, row, whole=True))


def _agents(call: Call, limit: int, first: int) -> Safe | None:
    rows = page_rows.agents(call.state, limit, first)
    shown = [_agent(row) for row in rows]
    return table(("Name", "Project", "Kind", "Latest", "Versions", "Model", "State"), shown) if shown else None


def _agent(row: Row) -> tuple[object, ...]:
    latest: Json = load(row["latest_body"]) if row["latest_body"] else {}
    link = tag("a", row["name"], href=f"/?agent={row['id']}")
    state = str(load(row["body"])["state"])
    mood = "good" if state == "enabled" else "warn"
    model = latest.get("definition", {}).get("model", "")
    badge = tag("span", state, class_=f"badge {mood}")
    return link, row["in_project"], row["kind"], latest.get("version", ""), f"{row['versions']:,}", model, badge


def _agent_page(call: Call) -> Safe:
    row = page_rows.agent(call.state, _number(call, "agent", 0))
    if row is None:
        raise Refusal(404, "NotFound", "There is no such agent (any more).")
    versions = agent_rows.latest_versions(call.state, row["id"], MANY)
    left = row["versions"] - len(versions)
    shown = [_version(load(version["body"])) for version in versions]
    return tag(
        "section",
        tag("h2", "Agent ", row["name"]),
        table(("Version", "Created", "Model", "Instructions", "Tools"), shown),
        tag("p", f"The {MANY} latest versions are shown, {left:,} are not.", class_="more") if left > 0 else "",
    )


def _version(body: Json) -> tuple[object, ...]:
    definition = body["definition"]
    tools = definition.get("tools")
    names = [str(tool.get("type", "")) for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    instructions = _excerpt(definition.get("instructions") or "")
    return body["version"], _stamp(body["created_at"]), definition.get("model", ""), instructions, ", ".join(names)


def _of_family(family: Family, call: Call, limit: int, first: int) -> Safe | None:
    found = resource_rows.page_with_holders(call.state, family.kind, limit, first)
    shown = [(it.name, *family.cells(it.body), holder) for it, holder in found]
    return table(("Name", *family.columns, "In"), shown) if shown else None


def _requests(call: Call) -> Safe:
    kept = list(call.world.requests)
    shown = [_request(entry) for entry in kept[: -2 * FEW - 1 : -1]]
    if not shown:
        return tag("p", "No requests yet.", class_="empty")
    left = len(kept) - len(shown)
    link = tag("a", "as JSON", href="/_emulator/requests")
    more = tag("p", f"{left:,} earlier ones are not shown: ", link, class_="more") if left else ""
    return joined(table(("Time", "Method", "Path", "Status", "ms"), shown), more)


def _request(entry: Json) -> tuple[object, ...]:
    path, status = tag("code", entry["path"]), _status(entry["status"])
    return _stamp(entry["time"]), entry["method"], path, status, entry["duration_ms"]


def _status(status: int | None) -> Safe:
    if status is None:
        return tag("span", "dropped", class_="badge bad")
    mood = "good" if status < 400 else "warn" if status < 500 else "bad"
    return tag("span", status, class_=f"badge {mood}")


def _badge(text: str) -> Safe:
    return tag("span", text, class_="badge")


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _excerpt(text: object) -> str:
    words = str(text)
    return words if len(words) <= EXCERPT else f"{words[:EXCERPT]}…"


def _stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and 0 < int(text[:12]) < 10**9 else default
