"""What memory stores say of themselves: their routes, and what the page shows of what is in one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.arm_family import in_project
from provisioner.emulator.control.family import Cells, Family
from provisioner.emulator.project import store_rows, stores
from provisioner.emulator.project.departed_rows import DEPARTED
from provisioner.emulator.project.memory import memories_in, scopes_of
from provisioner.emulator.wire.markup import Safe, badge, counted, excerpt, joined, stamp, table, tag
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.world.state import dump, load

if TYPE_CHECKING:
    from provisioner.emulator.control.family import Edit
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.project.memory import Scope
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row

SCOPES_SHOWN, MEMORIES_SHOWN = 5, 20  # of a store among others; of a scope
ALL_SHOWN: Final = 100  # memories of a scope, where its store stands alone


def _edit(call: Call, edit: Edit) -> Json:
    call = in_project(call, edit.name, project=edit.project)
    if edit.changes is None:
        stores.delete_store(call)
        return {}
    return stores.edit_store(call, stores.find_row(call, edit.name), edit.changes)


def _seed(call: Call, amount: int) -> None:
    models = {"kind": "default", "chat_model": "deployment-0", "embedding_model": "embedding"}
    call = in_project(call)
    for index in range(amount):
        document = {"name": f"store-{index}", "definition": models}
        stores.create_store(replace(call, content=dump(document).encode()))


def _listed(call: Call, limit: int, first: int) -> list[Cells]:
    return [_cells(call, row) for row in store_rows.page_with_projects(call.state, limit, first)]


def _cells(call: Call, row: Row) -> Cells:
    scopes, body = scopes_of(call.state, call.now, store=row["id"]), load(row["body"])
    held = f"{len(scopes):,} / {sum(scope.memories for scope in scopes):,}"
    link = tag("a", row["name"], href=f"/?store={row['id']}")
    return link, row["in_project"], held, excerpt(body.get("description", ""))


def _cards(call: Call, limit: int) -> Safe | None:
    rows = store_rows.page_with_projects(call.state, limit, 0)
    return joined(*(_card(call, row) for row in rows)) if rows else None


def _whole(call: Call, store: int) -> Safe | None:
    row = store_rows.with_project(call.state, store)
    return None if row is None else tag("section", tag("h2", "Memory store"), _card(call, row, whole=True))


def _card(call: Call, row: Row, *, whole: bool = False) -> Safe:
    body, scopes = load(row["body"]), scopes_of(call.state, call.now, store=row["id"])
    here, definition = f"/?store={row['id']}", body["definition"]
    models = f"{row['in_project']} · {definition['chat_model']} · {definition['embedding_model']}"
    shown = scopes if whole else scopes[:SCOPES_SHOWN]
    left = len(scopes) - len(shown)
    more = tag("p", f"{counted(left, 'more scope', 'more scopes')}: ", tag("a", "all", href=here), class_="more")
    return tag(
        "div",
        tag("h3", tag("a", row["name"], href=here)),
        tag("p", models, class_="soft"),
        tag("p", excerpt(body["description"])) if body.get("description") else "",
        *(_scope(call, scope, ALL_SHOWN if whole else MEMORIES_SHOWN) for scope in shown),
        tag("p", "It holds no memories yet.", class_="soft") if not scopes else "",
        more if left else "",
        class_="card",
    )


def _scope(call: Call, scope: Scope, limit: int) -> Safe:
    memories = memories_in(call.state, scope.store, scope.name, call.now, limit=limit)
    waiting = badge(f"{counted(scope.waiting, 'update', 'updates')} waiting", "warn") if scope.waiting else ""
    held = badge(counted(scope.memories, "memory", "memories"))
    rows: list[Cells] = [(badge(it["kind"]), it["content"], stamp(it["updated_at"])) for it in memories]
    left = scope.memories - len(memories)
    return tag(
        "details",
        tag("summary", tag("code", scope.name), " ", held, " ", waiting),
        table(("Kind", "Memory", "Updated"), rows) if rows else "",
        tag("p", f"The {limit:,} latest are shown, {left:,} are not.", class_="more") if left > 0 else "",
        open="",
    )


FAMILY: Final = Family(
    tables=(store_rows.STORES, DEPARTED),
    name="stores",
    kind="store",
    count=lambda call: store_rows.count_all(call.state),
    bodies=lambda call: store_rows.all_bodies(call.state),
    edit=_edit,
    seed=_seed,
    title="Memory stores",
    nothing="No memory store yet.",
    columns=("Name", "Project", "Scopes / memories", "Description"),
    listed=_listed,
    cards=_cards,
    whole=_whole,
    project_routes=(
        Route(method="POST", path=stores.ALL, handler=stores.create_store, feature=stores.FEATURE),
        Route(method="GET", path=stores.ALL, handler=stores.list_stores, feature=stores.FEATURE),
        Route(method="GET", path=stores.ONE, handler=stores.read_store, feature=stores.FEATURE),
        Route(method="POST", path=stores.ONE, handler=stores.update_store, feature=stores.FEATURE),
        Route(method="DELETE", path=stores.ONE, handler=stores.delete_store, feature=stores.FEATURE),
    ),
)
