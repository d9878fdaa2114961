"""Items of a blocklist, one by one and in batches.

Source: azure-rest-api-specs (RaiBlocklistItem.tsp, AddRaiBlocklistItems.json); Microsoft Learn, how to use blocklists:
the limits. assumed: a batch is taken whole or not at all, and items that are added once more are written over.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.arm_children import Children
from provisioner.emulator.control.arm_family import arm_family
from provisioner.emulator.control.rai_blocklists import BLOCKLISTS, NAME
from provisioner.emulator.control.resource_rows import delete
from provisioner.emulator.control.resources import invalid, members_of, tags_of
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call


ITEM: Final = "blocklist item"
ITEMS: Final = Children(
    kind=ITEM,
    plural="raiBlocklistItems",
    pattern=NAME,
    below=BLOCKLISTS,
    tagged=True,
    page_size=100,  # assumed
    polled_deletes=True,
)
MOST_ITEMS: Final = 10_000
LONGEST_PATTERN: Final = 1_000


def write_item(call: Call) -> Reply:
    ITEMS.refuse_if_busy(call)
    _check_room(call, {call.params[ITEMS.param]})
    return _written(call, call.document())


def add_items(call: Call) -> Reply:
    """What is answered is the list."""
    blocklist, given = ITEMS.holder(call), call.batch()
    ITEMS.refuse_if_busy(call)
    if not all(isinstance(it, dict) and isinstance(it.get("name"), str) for it in given):
        raise invalid("Each item has a name.")
    _check_room(call, {it["name"] for it in given})
    for item in given:
        _written(_naming(call, item["name"]), item)
    return Reply(body=blocklist.body)


def delete_items(call: Call) -> Reply:
    """assumed: names that are not there do not matter."""
    ITEMS.holder(call)
    names = call.batch()
    ITEMS.refuse_if_busy(call)
    if not all(isinstance(name, str) for name in names):
        raise invalid("The names of items are texts.")
    for name in names:
        if (found := ITEMS.find(_naming(call, name))) is not None:
            delete(call.state, found.row)
    return Reply(status=204)


def _naming(call: Call, name: str) -> Call:
    return replace(call, params={**call.params, ITEMS.param: name})


def _written(call: Call, document: Json) -> Reply:
    blocklist, existing = ITEMS.begin_write(call)
    properties = members_of(document, "properties")
    pattern, is_regex = properties.get("pattern"), properties.get("isRegex", False)
    if not isinstance(pattern, str) or not 0 < len(pattern) <= LONGEST_PATTERN or not isinstance(is_regex, bool):
        raise invalid(f"An item has a pattern of 1 to {LONGEST_PATTERN} characters, and isRegex is true or false.")
    given = {"tags": tags_of(document), "properties": {"pattern": pattern, "isRegex": is_regex}}
    return ITEMS.written(call, blocklist, existing, given)


def _check_room(call: Call, names: set[str]) -> None:
    """assumed: the words."""
    held = {it.name.lower() for it in ITEMS.members(call)}
    if len(held | {name.lower() for name in names}) > MOST_ITEMS:
        raise invalid(f"A blocklist has at most {MOST_ITEMS} items.")


_LIST: Final = f"{BLOCKLISTS.paths[0]}/{{{BLOCKLISTS.param}}}"
FAMILY: Final = arm_family(
    ITEM,
    name="rai_blocklist_items",
    routes=(
        *ITEMS.routes(write=write_item),
        Route(method="POST", path=f"{_LIST}/addRaiBlocklistItems", handler=add_items),
        Route(method="POST", path=f"{_LIST}/deleteRaiBlocklistItems", handler=delete_items),
    ),
)
