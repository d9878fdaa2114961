"""Children of an account, of a project in one, or of another child: found, listed, read, written and deleted.

A type of them is a value of `Children`, the function that answers PUT, and a `FAMILY` with its routes.
Source: azure-rest-api-specs and Azure/bicep-types-az, Microsoft.CognitiveServices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import operations, resource_rows
from provisioner.emulator.control.resource_rows import PROJECT, Charge, Resource
from provisioner.emulator.control.resources import (
    PROVIDER,
    check_name,
    missing,
    new_etag,
    no_parent,
    system_data,
    the_account,
)
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
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
    """`kind` is that of the rows, and of the name in a path: {project}. A name matches `pattern` as a whole.

    assumed for all of them: one write at a time per account.
    """

    kind: str
    plural: str  # in paths and types: "projects"
    pattern: str
    below: Children | None = None  # what holds them, if it is not the account
    in_projects: bool = False  # as well as in accounts
    tagged: bool = False  # they have tags, which their bodies say, and an etag, which each write makes anew
    page_size: int = 0  # of their list; 0 for all at once
    polled_deletes: bool = False  # 202 and a Location; never 200, which azure-mgmt-cognitiveservices refuses there

    @property
    def param(self) -> str:
        """Of their paths: the name of one."""
        return self.kind.replace(" ", "_")

    @property
    def paths(self) -> tuple[str, ...]:
        """Of the lists; a member's name comes behind."""
        holders: tuple[str, ...] = (ACCOUNT_PATH, PROJECT_PATH) if self.in_projects else (ACCOUNT_PATH,)
        if self.below is not None:
            holders = tuple(f"{path}/{{{self.below.param}}}" for path in self.below.paths)
        return tuple(f"{holder}/{self.plural}" for holder in holders)

    def holder(self, call: Call, *, for_write: bool = False) -> Resource:
        """What the path names before the child."""
        if self.below is not None:
            return self.below.the_one(call)
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
        return resource_rows.find(call.state, self.kind, self.holder(call).row, call.params[self.param])

    def the_one(self, call: Call) -> Resource:
        """assumed: ResourceNotFound for every type, rather than a code of its own."""
        found = self.find(call)
        if found is None:
            below = self.holder(call).arm_id.partition("/providers/")[2]
            raise missing(f"{below}/{self.plural}/{call.params[self.param]}", call.params["group"])
        return found

    def members(self, call: Call, *, after: int = 0, limit: int = -1) -> list[Resource]:
        return resource_rows.children(call.state, self.kind, self.holder(call).row, after=after, limit=limit)

    def begin_write(self, call: Call) -> tuple[Resource, Resource | None]:
        """What it is below and what is there already; refused while the account is written to."""
        holder = self.holder(call, for_write=True)
        check_name(call.params[self.param], self.pattern, self.kind)
        self.refuse_if_busy(call)
        return holder, resource_rows.find(call.state, self.kind, holder.row, call.params[self.param])

    def refuse_if_busy(self, call: Call) -> None:
        operations.refuse_if_busy(call, the_account(call))

    def envelope(self, call: Call, holder: Resource, existing: Resource | None) -> Json:
        """What every resource shows of itself. A name keeps the case that it was made with."""
        name = existing.name if existing else call.params[self.param]
        return {
            "id": existing.arm_id if existing else f"{holder.arm_id}/{self.plural}/{name}",
            "name": name,
            "type": f"{holder.body['type']}/{self.plural}",
            "systemData": system_data(call, existing.body["systemData"] if existing else None),
            **({"etag": new_etag()} if self.tagged else {}),
        }

    def store(
        self, call: Call, holder: Resource, existing: Resource | None, body: Json, charge: Charge | None = None
    ) -> Resource:
        if existing is None:
            return resource_rows.insert(call.state, self.kind, holder.row, body, charge)
        return resource_rows.update(call.state, existing, body, charge)

    def written(self, call: Call, holder: Resource, existing: Resource | None, given: Json) -> Reply:
        """Stores what it is given within the envelope: 201 where that makes one, else 200."""
        body = {**self.envelope(call, holder, existing), **given}
        stored = self.store(call, holder, existing, body)
        return Reply(status=201 if existing is None else 200, body=stored.body)

    def list_all(self, call: Call) -> Reply:
        """With a link to the next page where one does not hold all."""
        if not self.page_size:
            return Reply(body={"value": [member.body for member in self.members(call)]})
        token = call.query.get("$skipToken", "0")
        if not token.isdecimal():
            raise Refusal(400, "InvalidSkipToken", "The $skipToken query parameter is not valid.")
        found = self.members(call, after=int(token), limit=self.page_size + 1)
        shown = found[: self.page_size]
        body: Json = {"value": [member.body for member in shown]}
        if len(found) > len(shown):
            version = call.query["api-version"]
            body["nextLink"] = f"{call.base}{call.path}?api-version={version}&$skipToken={shown[-1].row}"
        return Reply(body=body)

    def read(self, call: Call) -> Reply:
        return Reply(body=self.the_one(call).body)

    def delete(self, call: Call) -> Reply:
        """With everything below it: 200 when gone, or 202 when it goes; 204 when there was none."""
        found = self.find_for_delete(call)
        if found is None:
            return Reply(status=204)
        if not self.polled_deletes:
            resource_rows.delete(call.state, found.row)
            return Reply()
        account = the_account(call)
        operation = operations.begin(call, "delete", account.row, found.row)
        return Reply(status=202, headers=operations.polling_headers(call, operation, account.location, final=True))

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
                ("GET", f"/{{{self.param}}}", read or self.read),
                ("PUT", f"/{{{self.param}}}", write),
                ("PATCH", f"/{{{self.param}}}", patch),
                ("DELETE", f"/{{{self.param}}}", delete or self.delete),
            )
            if handler is not None
        )
