"""The routes below a store. Source: azure-rest-api-specs, ai-foundry memory-stores (routes.tsp)."""

from __future__ import annotations

from typing import Final

from provisioner.emulator.control.family import Family
from provisioner.emulator.project.departed_rows import DEPARTED
from provisioner.emulator.project.memory import items, rows, search, updates
from provisioner.emulator.project.stores import FEATURE, ONE
from provisioner.emulator.wire.routing import Route

FAMILY: Final = Family(
    tables=(rows.MEMORIES, rows.MEMORY_UPDATES, rows.MEMORY_SEARCHES, DEPARTED),
    name="memories",
    kind="memory",
    count=lambda call: rows.count_all(call.state, call.now),
    bodies=lambda call: rows.all_items(call.state, call.now),
    edit=items.edit_item,
    project_routes=(
        Route(method="POST", path=f"{ONE}:search_memories", handler=search.search_memories, feature=FEATURE),
        Route(method="POST", path=f"{ONE}:update_memories", handler=updates.update_memories, feature=FEATURE),
        Route(method="POST", path=f"{ONE}:delete_scope", handler=items.delete_scope, feature=FEATURE),
        Route(
            method="GET", path=f"{ONE}/updates/{{update}}", handler=updates.read_update, feature=FEATURE, waits=False
        ),
        Route(method="POST", path=f"{ONE}/items", handler=items.create_item, feature=FEATURE),
        Route(method="GET", path=f"{ONE}/items/{{item}}", handler=items.read_item, feature=FEATURE),
        Route(method="POST", path=f"{ONE}/items/{{item}}", handler=items.update_item, feature=FEATURE),
        Route(method="DELETE", path=f"{ONE}/items/{{item}}", handler=items.delete_item, feature=FEATURE),
        Route(method="POST", path=f"{ONE}/items:list", handler=items.list_items, feature=FEATURE),
        Route(method="GET", path=f"{ONE}/items:list", handler=items.list_items, feature=FEATURE),
    ),
)
