"""Resources of a group that other providers have, and what is below them: stored as they are put, with what the
service fills in. They stand around an account, and nothing here works with them.

A type is a value of `Stored` and a `FAMILY` with its routes. Source: Azure Resource Manager's rules for resources.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from provisioner.emulator.control import resource_rows
from provisioner.emulator.control.resources import (
    check_name,
    members_of,
    missing,
    no_parent,
    refuse_moved,
    system_data,
    tags_of,
    the_group,
)
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from provisioner.emulator.control.resource_rows import Resource
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call, Handler

# Of a resource that is about to be stored, the properties that the service gives it. Refuses what is wrong with it.
Complete: TypeAlias = "Callable[[Call, Json], Json]"
GROUP_PATH: Final = "/subscriptions/{subscription}/resourceGroups/{group}"
ENVELOPE: Final = ("kind", "sku", "identity")  # kept beside location and tags, if they are given


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """`kind` is that of the rows; a name matches `pattern` as a whole. What is `below` another has no location."""

    kind: str
    type: str  # "Microsoft.Insights/components"; of one below another, the last part
    pattern: str
    complete: Complete
    below: Stored | None = None

    @property
    def param(self) -> str:
        return self.kind.replace(" ", "_")

    @property
    def path(self) -> str:
        """Of the list."""
        if self.below is not None:
            return f"{self.below.path}/{{{self.below.param}}}/{self.type}"
        return f"{GROUP_PATH}/providers/{self.type}"

    @property
    def whole_type(self) -> str:
        return self.type if self.below is None else f"{self.below.whole_type}/{self.type}"

    def holder(self, call: Call, *, for_write: bool = False) -> Resource:
        if self.below is None:
            return the_group(call)
        found = self.below.find(call)
        if found is None:
            name = call.params[self.below.param]
            raise no_parent(name) if for_write else self.below.missing(call)
        return found

    def find(self, call: Call) -> Resource | None:
        return resource_rows.find(call.state, self.kind, self.holder(call).row, call.params[self.param])

    def missing(self, call: Call) -> Refusal:
        return missing(f"{self.whole_type}/{call.params[self.param]}", call.params["group"])

    def list_all(self, call: Call) -> Reply:
        found = resource_rows.children(call.state, self.kind, self.holder(call).row)
        return Reply(body={"value": [it.body for it in found]})

    def read(self, call: Call) -> Reply:
        found = self.find(call)
        if found is None:
            raise self.missing(call)
        return Reply(body=found.body)

    def write(self, call: Call) -> Reply:
        """PUT: a full replace; 201 where it makes one."""
        stored, is_new = self.stored(call)
        return Reply(status=201 if is_new else 200, body=stored.body)

    def stored(self, call: Call) -> tuple[Resource, bool]:
        holder, name = self.holder(call, for_write=True), call.params[self.param]
        check_name(name, self.pattern, self.kind)
        existing = resource_rows.find(call.state, self.kind, holder.row, name)
        body = self._body(call, holder, existing)
        body["properties"] |= self.complete(call, body)
        if existing is not None:
            return resource_rows.update(call.state, existing, body), False
        return resource_rows.insert(call.state, self.kind, holder.row, body), True

    def delete(self, call: Call) -> Reply:
        found = self.find(call)
        if found is None:
            return Reply(status=204)
        resource_rows.delete(call.state, found.row)
        return Reply()

    def routes(self, *, write: Handler | None = None, delete: Handler | None = None) -> tuple[Route, ...]:
        one = f"{self.path}/{{{self.param}}}"
        return tuple(
            Route(method=method, path=path, handler=handler)
            for method, path, handler in (
                ("GET", self.path, self.list_all),
                ("GET", one, self.read),
                ("PUT", one, write or self.write),
                ("DELETE", one, delete or self.delete),
            )
        )

    def _body(self, call: Call, holder: Resource, existing: Resource | None) -> Json:
        document = call.document()
        name = existing.name if existing else call.params[self.param]
        below = f"providers/{self.type}" if self.below is None else self.type
        placed: Json = {}
        if self.below is None:
            placed = {"location": _location(document, existing), "tags": tags_of(document)}
            placed |= {key: document[key] for key in ENVELOPE if document.get(key) is not None}
        return {
            "id": f"{holder.arm_id}/{below}/{name}",
            "name": name,
            "type": self.whole_type,
            **placed,
            "properties": {**members_of(document, "properties")},
            "systemData": system_data(call, existing.body["systemData"] if existing else None),
        }


def _location(document: Json, existing: Resource | None) -> str:
    given = document.get("location") or (existing.location if existing else None)
    if not isinstance(given, str):
        raise Refusal(400, "LocationRequired", "The location property is required for this definition.")
    refuse_moved(existing, given)
    return given
