"""Children of an account, or of a project in one: how one is found, listed, read, written and deleted.

A type of them is a value of `Children`, the function that answers PUT, and a `Family` with its routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import operations, resource_rows
from provisioner.emulator.control.resource_rows import ACCOUNT, PROJECT, Charge, Resource
from provisioner.emulator.control.resources import (
    PROVIDER,
    check_name,
    missing,
    no_parent,
    system_data,
    the_account,
)
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call, Handler

ACCOUNT_PATH: Final = (
    f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{PROVIDER}/accounts/{{account}}"
)
PROJECT_PATH: Final = f"{ACCOUNT_PATH}/projects/{{project}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Children:
    """`kind` is that of the rows, and of the name in a path: {project}. A name matches `pattern` as a whole."""

    kind: str
    plural: str  # in paths and types: "projects"
    pattern: str
    in_projects: bool = False  # as well as in accounts

    @property
    def paths(self) -> tuple[str, ...]:
        """Of the lists; a member's name comes behind."""
        holders = (ACCOUNT_PATH, PROJECT_PATH) if self.in_projects else (ACCOUNT_PATH,)
        return tuple(f"{holder}/{self.plural}" for holder in holders)

    def holder(self, call: Call, *, for_write: bool = False) -> Resource:
        """What the path names before the child."""
        account = the_account(call, for_write=for_write)
        if not self.in_projects or "project" not in call.params:
            return account
        name = call.params["project"]
        project = resource_rows.find(call.state, PROJECT, account.row, name)
        if project is None:
            what = f"{PROVIDER}/accounts/{account.name}/projects/{name}"
            raise no_parent(name) if for_write else missing(what, call.params["group"])
        return project

    def find(self, call: Call) -> Resource | None:
        return resource_rows.find(call.state, self.kind, self.holder(call).row, call.params[self.kind])

    def the_one(self, call: Call) -> Resource:
        """assumed: ResourceNotFound for every type, rather than a code of its own."""
        found = self.find(call)
        if found is None:
            below = self.holder(call).arm_id.partition("/providers/")[2]
            raise missing(f"{below}/{self.plural}/{call.params[self.kind]}", call.params["group"])
        return found

    def members(self, call: Call, *, after: int = 0, limit: int = -1) -> list[Resource]:
        return resource_rows.children(call.state, self.kind, self.holder(call).row, after=after, limit=limit)

    def begin_write(self, call: Call) -> tuple[Resource, Resource | None]:
        """What it is below and what is there already; refused while the account is written to."""
        holder = self.holder(call, for_write=True)
        check_name(call.params[self.kind], self.pattern, self.kind)
        self.refuse_if_busy(call)
        return holder, resource_rows.find(call.state, self.kind, holder.row, call.params[self.kind])

    def refuse_if_busy(self, call: Call) -> None:
        operations.refuse_if_busy(call, the_account(call))

    def envelope(self, call: Call, holder: Resource, existing: Resource | None) -> Json:
        """What every resource shows of itself. A name keeps the case that it was made with."""
        name = existing.name if existing else call.params[self.kind]
        sort = "accounts" if holder.kind == ACCOUNT else "accounts/projects"
        return {
            "id": existing.arm_id if existing else f"{holder.arm_id}/{self.plural}/{name}",
            "name": name,
            "type": f"{PROVIDER}/{sort}/{self.plural}",
            "systemData": system_data(call, existing.body["systemData"] if existing else None),
        }

    def store(
        self, call: Call, holder: Resource, existing: Resource | None, body: Json, charge: Charge | None = None
    ) -> Resource:
        if existing is None:
            return resource_rows.insert(call.state, self.kind, holder.row, body, charge)
        return resource_rows.update(call.state, existing, body, charge)

    def list_all(self, call: Call) -> Reply:
        return Reply(body={"value": [member.body for member in self.members(call)]})

    def read(self, call: Call) -> Reply:
        return Reply(body=self.the_one(call).body)

    def delete(self, call: Call) -> Reply:
        """With everything below it: 200 when gone, 204 when there was none."""
        found = self.find_for_delete(call)
        if found is None:
            return Reply(status=204)
        resource_rows.delete(call.state, found.row)
        return Reply()

    def find_for_delete(self, call: Call) -> Resource | None:
        found = self.find(call)
        self.refuse_if_busy(call)
        return found

    def routes(
        self,
        *,
        write: Handler,
        patch: Handler | None = None,
        list_all: Handler | None = None,
        read: Handler | None = None,
        delete: Handler | None = None,
    ) -> tuple[Route, ...]:
        """Lists, reads and deletes are its own unless others are given."""
        return tuple(
            Route(method=method, path=f"{path}{suffix}", handler=handler)
            for path in self.paths
            for method, suffix, handler in (
                ("GET", "", list_all or self.list_all),
                ("GET", f"/{{{self.kind}}}", read or self.read),
                ("PUT", f"/{{{self.kind}}}", write),
                ("PATCH", f"/{{{self.kind}}}", patch),
                ("DELETE", f"/{{{self.kind}}}", delete or self.delete),
            )
            if handler is not None
        )
