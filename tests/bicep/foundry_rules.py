"""What goes wrong on Azure although everything compiles. Sources: the comments in `bicep/`, and its README."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tests.bicep.symbols import Files, neighbour
from tests.bicep.tree import (
    BicepFile,
    Declaration,
    Problem,
    arguments,
    called,
    literal,
    properties,
    text,
    value_of,
)

GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ACCOUNT: Final = "Microsoft.CognitiveServices/accounts@"
PROJECT: Final = "Microsoft.CognitiveServices/accounts/projects@"
ASSIGNMENT: Final = "Microsoft.Authorization/roleAssignments@"
# Children of these are written one at a time.
SERIAL: Final = ("Microsoft.CognitiveServices/accounts/", "Microsoft.ManagedIdentity/userAssignedIdentities/")


def check_foundry(file: BicepFile, files: Files) -> Iterator[Problem]:
    yield from role_ids(file)
    yield from one_at_a_time(file, files)
    for resource in file.of("resource"):
        if resource.is_existing:
            continue
        if resource.path.startswith(ASSIGNMENT):
            yield from assignment(file, resource)
        if resource.path.startswith((ACCOUNT, PROJECT)):
            yield from identity(file, resource)
        if resource.path.startswith(ACCOUNT):
            yield from account(file, resource)


def role_ids(file: BicepFile) -> Iterator[Problem]:
    for node in file.nodes:
        if node.type == "string_content" and GUID.search(text(node)):
            named = node.parent is not None and node.parent.parent is not None and node.parent.parent.type
            if named != "variable_declaration":
                yield file.problem(node, "named-role-id", "Ids of roles have names, in modules/roles.bicep.")


def writes_children(file: BicepFile, files: Files) -> bool:
    own = any(found.path.startswith(SERIAL) and not found.is_existing for found in file.of("resource"))
    others = [neighbour(file, module.path, files) for module in file.of("module")]
    return own or any(writes_children(other, files) for other in others if other is not None)


def one_at_a_time(file: BicepFile, files: Files) -> Iterator[Problem]:
    for found in file.of("resource", "module"):
        other = neighbour(file, found.path, files) if found.kind == "module" else None
        serial = writes_children(other, files) if other else found.path.startswith(SERIAL) and not found.is_existing
        given = [text(item) for item in arguments(found.decorator("batchSize"))]
        if found.is_loop and serial and given != ["1"]:
            message = f'"{found.name}" writes on one resource several times at once: @batchSize(1).'
            yield file.problem(found.name_node, "one-at-a-time", message)


def assignment(file: BicepFile, resource: Declaration) -> Iterator[Problem]:
    """Named after scope, principal and role: written again it is the same, and a new principal makes a new one."""
    name, scope = value_of(resource.body.get("name")), value_of(resource.body.get("scope"))
    given = properties(value_of(resource.body.get("properties")))
    role = arguments(value_of(given.get("roleDefinitionId")))[-1:]
    wanted = [f"{text(scope)}.id", text(value_of(given.get("principalId"))), *map(text, role)]
    if text(called(name)) != "guid" or [text(item) for item in arguments(name)] != wanted:
        message = f"The name is guid({', '.join(wanted)})."
        yield file.problem(name or resource.name_node, "assignment-name", message)
    if "principalType" not in given:
        message = "Without principalType a new identity is looked up too early, and the assignment fails."
        yield file.problem(resource.name_node, "principal-type", message)


def identity(file: BicepFile, resource: Declaration) -> Iterator[Problem]:
    own = properties(value_of(resource.body.get("identity")))
    if literal(value_of(own.get("type"))) != "SystemAssigned":
        yield file.problem(resource.name_node, "own-identity", f'"{resource.name}" needs an identity of its own.')


def account(file: BicepFile, resource: Declaration) -> Iterator[Problem]:
    given = properties(value_of(resource.body.get("properties")))
    for name in ("disableLocalAuth", "allowProjectManagement"):
        if text(value_of(given.get(name))) != "true":
            yield file.problem(resource.name_node, "entra-only-foundry", f'"{resource.name}" needs {name}: true.')
    if "customSubDomainName" not in given:
        message = f'"{resource.name}" needs customSubDomainName: tokens and network rules work only with it.'
        yield file.problem(resource.name_node, "custom-subdomain", message)
    if literal(value_of(resource.body.get("kind"))) != "AIServices":
        yield file.problem(resource.name_node, "account-kind", f'"{resource.name}" is of kind AIServices.')
