"""Blocklists of an account, and the items below each.

Source: azure-rest-api-specs (RaiBlocklist.tsp, RaiBlocklistItem.tsp, AddRaiBlocklistItems.json); Microsoft Learn, how
to use blocklists: the limits. assumed: a batch is taken whole or not at all, and items that are added once more are
written over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import operations
from provisioner.emulator.control.family import Family
from provisioner.emulator.control.resource_rows import Resource, children, delete, find
from provisioner.emulator.control.resources import PROVIDER, check_name, the_account
from provisioner.emulator.control.tagged import (
    deleted,
    invalid,
    members_of,
    page,
    stored,
    tags_of,
    the_child,
)
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call


BLOCKLIST, ITEM = "blocklist", "blocklist item"
LISTS, ITEMS = "raiBlocklists", "raiBlocklistItems"
NAME: Final = r"[a-zA-Z0-9][a-zA-Z0-9_.-]*"
MOST_ITEMS: Final = 10_000
LONGEST_PATTERN: Final = 1_000


def list_blocklists(call: Call) -> Reply:
    return page(call, BLOCKLIST, the_account(call).row)


def read_blocklist(call: Call) -> Reply:
    return Reply(body=_the_blocklist(call).body)


def write_blocklist(call: Call) -> Reply:
    """PUT: a full replace of the list's own properties; its items stay."""
    account, name = the_account(call, for_write=True), call.params["blocklist"]
    check_name(name, NAME, "RAI blocklist")
    operations.refuse_if_busy(call, account)
    document = call.document()
    description = members_of(document, "properties").get("description")
    if not isinstance(description, str | None):
        raise invalid("The description of a blocklist is a text.")
    properties = {} if description is None else {"description": description}
    given = {"tags": tags_of(document), "properties": properties}
    return stored(call, BLOCKLIST, account, name, collection=LISTS, given=given)


def delete_blocklist(call: Call) -> Reply:
    """With its items. assumed: a policy that names it does not matter."""
    return deleted(call, find(call.state, BLOCKLIST, the_account(call).row, call.params["blocklist"]))


def list_items(call: Call) -> Reply:
    return page(call, ITEM, _the_blocklist(call).row)


def read_item(call: Call) -> Reply:
    return Reply(body=the_child(call, ITEM, _the_blocklist(call), ITEMS, call.params["item"]).body)


def write_item(call: Call) -> Reply:
    blocklist = _the_blocklist(call)
    operations.refuse_if_busy(call, the_account(call))
    _check_room(call, blocklist, {call.params["item"]})
    return _stored_item(call, blocklist, call.params["item"], call.document())


def delete_item(call: Call) -> Reply:
    return deleted(call, find(call.state, ITEM, _the_blocklist(call).row, call.params["item"]))


def add_items(call: Call) -> Reply:
    """What is answered is the list."""
    blocklist, given = _the_blocklist(call), call.batch()
    operations.refuse_if_busy(call, the_account(call))
    if not all(isinstance(it, dict) and isinstance(it.get("name"), str) for it in given):
        raise invalid("Each item has a name.")
    _check_room(call, blocklist, {it["name"] for it in given})
    for item in given:
        _stored_item(call, blocklist, item["name"], item)
    return Reply(body=blocklist.body)


def delete_items(call: Call) -> Reply:
    """assumed: names that are not there do not matter."""
    blocklist, names = _the_blocklist(call), call.batch()
    operations.refuse_if_busy(call, the_account(call))
    if not all(isinstance(name, str) for name in names):
        raise invalid("The names of items are texts.")
    for name in names:
        if (found := find(call.state, ITEM, blocklist.row, name)) is not None:
            delete(call.state, found.row)
    return Reply(status=204)


def _stored_item(call: Call, blocklist: Resource, name: str, document: Json) -> Reply:
    check_name(name, NAME, "RAI blocklist item")
    properties = members_of(document, "properties")
    pattern, is_regex = properties.get("pattern"), properties.get("isRegex", False)
    if not isinstance(pattern, str) or not 0 < len(pattern) <= LONGEST_PATTERN or not isinstance(is_regex, bool):
        raise invalid(f"An item has a pattern of 1 to {LONGEST_PATTERN} characters, and isRegex is true or false.")
    given = {"tags": tags_of(document), "properties": {"pattern": pattern, "isRegex": is_regex}}
    return stored(call, ITEM, blocklist, name, collection=ITEMS, given=given)


def _check_room(call: Call, blocklist: Resource, names: set[str]) -> None:
    """assumed: the words."""
    held = {it.name.lower() for it in children(call.state, ITEM, blocklist.row)}
    if len(held | {name.lower() for name in names}) > MOST_ITEMS:
        raise invalid(f"A blocklist has at most {MOST_ITEMS} items.")


def _the_blocklist(call: Call) -> Resource:
    return the_child(call, BLOCKLIST, the_account(call), LISTS, call.params["blocklist"])


def _cells(body: Json) -> tuple[object, ...]:
    return (body["properties"].get("description") or "",)


_ACCOUNT: Final = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{PROVIDER}/accounts/{{account}}"
_LIST: Final = f"{_ACCOUNT}/{LISTS}/{{blocklist}}"
_ITEM: Final = f"{_LIST}/{ITEMS}/{{item}}"
_HANDLERS: Final[tuple[tuple[str, str, Callable[[Call], Reply]], ...]] = (
    ("GET", f"{_ACCOUNT}/{LISTS}", list_blocklists),
    ("GET", _LIST, read_blocklist),
    ("PUT", _LIST, write_blocklist),
    ("DELETE", _LIST, delete_blocklist),
    ("GET", f"{_LIST}/{ITEMS}", list_items),
    ("GET", _ITEM, read_item),
    ("PUT", _ITEM, write_item),
    ("DELETE", _ITEM, delete_item),
    ("POST", f"{_LIST}/addRaiBlocklistItems", add_items),
    ("POST", f"{_LIST}/deleteRaiBlocklistItems", delete_items),
)
FAMILY: Final = Family(
    kind=BLOCKLIST,
    title="Blocklists",
    nothing="No blocklist yet.",
    columns=("Description",),
    cells=_cells,
    routes=tuple(Route(method=method, path=path, handler=handler) for method, path, handler in _HANDLERS),
)
