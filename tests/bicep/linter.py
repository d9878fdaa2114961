"""Rules of Bicep's own linter that can be seen in the tree, under their names.

Source: https://learn.microsoft.com/azure/azure-resource-manager/bicep/linter and, for what exactly they look for, the
rules' code (Azure/bicep, src/Bicep.Core/Analyzers/Linter/Rules). Also those on locations and functions for ids, which
are off by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from tests.bicep.symbols import Files, neighbour
from tests.bicep.tree import (
    BicepFile,
    Problem,
    arguments,
    calls,
    key_of,
    literal,
    properties,
    text,
    value_of,
    walk,
)

MOST: Final = {"param": 256, "var": 512, "output": 64, "resource": 800}
SECRET_NAME: Final = re.compile("password|pwd|secret|accountkey|acctkey", re.IGNORECASE)
NOT_SECRET: Final = re.compile("secretpermissions|secretversion|secretur[il]|secretname", re.IGNORECASE)
SECRET_MEMBERS: Final = {"ConnectionString", "InstrumentationKey", "credentials"}
# bicepconfig.json of the compiler, `disallowedhosts`.
HOSTS: Final = (
    *("azuredatalakeanalytics.net", "azuredatalakestore.net", "batch.core.windows.net", "core.windows.net"),
    *("database.windows.net", "datalake.azure.net", "gallery.azure.com", "graph.windows.net"),
    *("login.microsoftonline.com", "management.azure.com", "management.core.windows.net", "vault.azure.net"),
)


def check_linter(file: BicepFile, files: Files) -> Iterator[Problem]:
    for rule in (locations, urls, sizes, secure_params, secret_outputs, identifiers, names, strings, keys, safe_access):
        yield from rule(file)
    yield from explicit_locations(file, files)
    yield from unnecessary_dependencies(file)


def locations(file: BicepFile) -> Iterator[Problem]:
    for resource in file.of("resource"):
        value = value_of(resource.body.get("location"))
        variable = file.named(text(value), "var") if value is not None else None
        written = literal(variable.value if variable else value)
        if value is not None and written not in {None, "global"}:
            yield file.problem(value, "no-hardcoded-location", f'The location is "{written}": take it as a parameter.')
    for declaration in file.of("resource", "module", "var", "output"):
        for node, start, steps in called_accesses(declaration.node):
            if text(start) in {"resourceGroup", "deployment"} and steps[:1] == ["location"]:
                message = f"{text(start)}().location belongs in the default of a parameter."
                yield file.problem(node, "no-loc-expr-outside-params", message)


def called_accesses(node: Node) -> Iterator[tuple[Node, Node, list[str]]]:
    """`f().member`."""
    for found in walk(node):
        call = found.child_by_field_name("object") if found.type == "member_expression" else None
        function = call.child_by_field_name("function") if call is not None and call.type == "call_expression" else None
        if function is not None:
            yield found, function, [text(found.child_by_field_name("property"))]


def explicit_locations(file: BicepFile, files: Files) -> Iterator[Problem]:
    for module in file.of("module"):
        other = neighbour(file, module.path, files)
        given = properties(value_of(module.body.get("params")))
        for parameter in other.of("param") if other else ():
            tells_location = "location" in text(parameter.value) + parameter.name.lower()
            if parameter.value is not None and tells_location and parameter.name not in given:
                message = f'"{parameter.name}" of "{module.path}" has a default, and is to be given all the same.'
                yield file.problem(module.name_node, "explicit-values-for-loc-params", message)


def urls(file: BicepFile) -> Iterator[Problem]:
    for node in file.nodes:
        if node.type == "string_content" and not in_description(node):
            host = next((host for host in HOSTS if re.search(rf"(?<!\w){re.escape(host)}(?!\w)", text(node))), None)
            if host:
                yield file.problem(node, "no-hardcoded-env-urls", f'"{host}" is of one cloud: use environment().')


def in_description(node: Node) -> bool:
    around = node.parent
    while around is not None and around.type != "decorator":
        around = around.parent
    return around is not None or (
        node.parent is not None and node.parent.parent is not None and node.parent.parent.type == "metadata_declaration"
    )


def sizes(file: BicepFile) -> Iterator[Problem]:
    for kind, most in MOST.items():
        found = file.of(kind, "module") if kind == "resource" else file.of(kind)
        if len(found) > most:
            rule = {"param": "max-params", "var": "max-variables"}.get(kind, f"max-{kind}s")
            yield file.problem(found[most].name_node, rule, f"There are {len(found)}, and {most} at most.")


def secure_params(file: BicepFile) -> Iterator[Problem]:
    for parameter in file.of("param"):
        is_secure = parameter.decorator("secure") is not None
        is_text = text(parameter.type).rstrip("?") in {"string", "object"}
        if not is_secure and is_text and SECRET_NAME.search(parameter.name) and not NOT_SECRET.search(parameter.name):
            message = f'"{parameter.name}" looks like a secret: @secure() is missing.'
            yield file.problem(parameter.name_node, "secure-secrets-in-params", message)
        is_harmless = literal(parameter.value) == "" or "newGuid" in text(parameter.value)
        if is_secure and parameter.value is not None and not is_harmless:
            message = f'"{parameter.name}" is secure and has a default.'
            yield file.problem(parameter.value, "secure-parameter-default", message)


def secret_outputs(file: BicepFile) -> Iterator[Problem]:
    rule = "outputs-should-not-contain-secrets"
    secure = {parameter.name for parameter in file.of("param") if parameter.decorator("secure") is not None}
    for output in file.of("output"):
        if "password" in output.name.lower():
            yield file.problem(output.name_node, rule, f'"{output.name}" is named like a secret.')
        for node in walk(output.value):
            is_call = node.type == "call_expression" and re.match(
                r"(\w+\.)?list\w*$", text(node.child_by_field_name("function"))
            )
            is_read = node.type == "property_identifier" and text(node) in SECRET_MEMBERS
            if is_call or is_read or (node.type == "identifier" and text(node) in secure):
                yield file.problem(node, rule, f'"{output.name}" tells a secret to everybody who reads deployments.')


def identifiers(file: BicepFile) -> Iterator[Problem]:
    for resource in file.of("resource"):
        pair = resource.body.get("name")
        value = value_of(pair)
        if value is None:
            continue
        for name in {text(found) for found in walk(value)} & {"newGuid", "utcNow"}:
            yield file.problem(value, "use-stable-resource-identifiers", f"{name}() gives another name each time.")
        for node in walk(value):
            parameter = file.named(text(node), "param", "var") if node.type == "identifier" else None
            for name, _ in calls(parameter.value if parameter else None):
                if name in {"newGuid", "utcNow"}:
                    message = f'"{text(node)}" is {name}(), which gives another name each time.'
                    yield file.problem(node, "use-stable-resource-identifiers", message)


def names(file: BicepFile) -> Iterator[Problem]:
    for resource in file.of("resource"):
        value = value_of(resource.body.get("name"))
        depth = resource.path.partition("@")[0].count("/")
        slashes = any(node.type == "string_content" and "/" in text(node) for node in walk(value))
        if value is not None and depth > 1 and (slashes or "parent" not in resource.body):
            yield file.problem(value, "use-parent-property", "A child has a name of its own, and `parent`.")
        if resource.path.startswith("Microsoft.Resources/deployments@"):
            yield file.problem(resource.name_node, "no-deployments-resources", "Write a module.")
    for node in file.nodes:
        pair = node if node.type == "object_property" else None
        key = key_of(pair) if pair else ""
        value = value_of(pair)
        # `id` of a rule, `roleDefinitionId`, …: an id is taken from a symbol or made by a function of ids.
        if value is not None and key.lower().endswith("id") and value.type == "string" and "/" in text(value):
            yield file.problem(value, "use-resource-id-functions", f'"{key}" is written by hand.')
    for name, call in calls(file.root):
        if name == "reference" or re.match(r"list\w*$", name):
            yield file.problem(call, "use-resource-symbol-reference", f"{name}(…): use the symbol of the resource.")


def strings(file: BicepFile) -> Iterator[Problem]:
    for name, call in calls(file.root):
        given = arguments(call)
        if name == "concat" and any(child.type == "string" for child in given):
            yield file.problem(call, "prefer-interpolation", "Write '${a}b' for concat(a, 'b').")
        if name == "json" and given and literal(given[0]) == "null":
            yield file.problem(call, "simplify-json-null", "Write null.")
        if name == "any":
            yield file.problem(call, "no-explicit-any", "any() hides what does not fit.")
    for node in file.nodes:
        parts = node.named_children if node.type == "string" else []
        if len(parts) == 1 and parts[0].type == "interpolation" and not in_description(parts[0]):
            yield file.problem(node, "simplify-interpolation", f"Write {text(parts[0])[2:-1]}.")


def keys(file: BicepFile) -> Iterator[Problem]:
    for node in file.nodes:
        key = node.named_children[0] if node.type == "object_property" else node.child_by_field_name("index")
        written = literal(key)
        if key is not None and written and re.fullmatch(r"[A-Za-z_]\w*", written):
            yield file.problem(key, "prefer-unquoted-property-names", f"{written} needs no quotes.")


def safe_access(file: BicepFile) -> Iterator[Problem]:
    """`contains(a, 'b') ? a.b : c`."""
    for node in file.nodes:
        condition = node.child_by_field_name("condition") if node.type == "ternary_expression" else None
        for name, call in calls(condition):
            given = [text(item) for item in arguments(call)]
            if name == "contains" and len(given) == 2:
                taken = text(node.child_by_field_name("consequence"))
                if taken in {f"{given[0]}.{given[1][1:-1]}", f"{given[0]}[{given[1]}]"}:
                    yield file.problem(node, "use-safe-access", f"Write {given[0]}.?{given[1][1:-1]} ?? ….")


def unnecessary_dependencies(file: BicepFile) -> Iterator[Problem]:
    """As the linter: what is reached through references already, collections left aside."""
    units = {found.name: found for found in file.of("resource", "module")}
    direct = {
        name: {
            text(node)
            for key, pair in unit.body.items()
            if key != "dependsOn"
            for node in walk(pair)
            if node.type == "identifier"
        }
        & units.keys() - {name}
        for name, unit in units.items()
    }
    for name, unit in units.items():
        reached, queue = set[str](), list(direct[name])
        while queue:
            if (found := queue.pop()) not in reached:
                reached.add(found)
                queue += direct[found]
        listed = value_of(unit.body.get("dependsOn"))
        for item in listed.named_children if listed is not None else ():
            target = units.get(text(item))
            if target is None:
                yield file.problem(item, "undeclared", f'"{text(item)}" is no resource and no module.')
            elif not target.is_loop and text(item) in reached:
                yield file.problem(item, "no-unnecessary-dependson", f'"{name}" refers to "{text(item)}" already.')


def check_nullable(file: BicepFile) -> Iterator[Problem]:
    """BCP318: what is made only sometimes is read with `.?`."""
    for resource in file.of("resource"):
        for node, start, steps in file.accesses if resource.is_conditional else ():
            if text(start) == resource.name and not steps[0][1] and steps[0][0] not in {"id", "name", "type"}:
                yield file.problem(node, "maybe-null", f'"{resource.name}" may not be there (BCP318).')
