"""Names: everything that is used is declared, everything that is declared is used, modules get what they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from tree_sitter import Node

from tests.bicep.tree import (
    BicepFile,
    Declaration,
    Problem,
    base_of,
    literal,
    properties,
    text,
    value_of,
    walk,
)
from tests.bicep.values import kind_of_type, listed, misfits

Files = Mapping[str, BicepFile]

# Of https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions, what these files have a use for.
BUILT_IN: Final = {
    *("any", "array", "bool", "concat", "contains", "deployment", "empty", "endsWith", "environment", "filter"),
    *("format", "guid", "int", "intersection", "json", "length", "listKeys", "map", "newGuid", "range"),
    *("readEnvironmentVariable", "reference", "replace", "resourceGroup", "resourceId", "split", "startsWith"),
    *("string", "subscription", "subscriptionResourceId", "toLower", "toUpper", "union", "uniqueString", "utcNow"),
}
UNUSED: Final = {
    "param": "no-unused-params",
    "var": "no-unused-vars",
    "type": "no-unused-types",
    "import": "no-unused-imports",
    "resource": "no-unused-existing-resources",
}


def declared(file: BicepFile) -> dict[str, Node]:
    names = {found.name: found.name_node for found in file.of("param", "var", "type", "resource", "module")}
    return {**names, **{text(here): here for _, here, _ in file.imports}}


def locals_of(node: Node) -> set[str]:
    """Names that loops and lambdas around a node bring with them."""
    names: set[str] = set()
    around: Node | None = node
    while around is not None:
        if around.type == "for_statement":
            parts = [child for child in around.named_children if child.type == "for_loop_parameters"]
            single = around.child_by_field_name("initializer")
            names |= {text(part) for group in parts for part in group.named_children} | {text(single)}
        # `item => item.name` comes as a dot after the lambda, which is then the base of what it is around.
        for inner in walk(around) if around.type in {"member_expression", "lambda_expression"} else ():
            if inner.type == "lambda_expression":
                names.add(text(inner.named_children[0]))
        around = around.parent
    return names


def references(file: BicepFile) -> Iterator[Node]:
    """Identifiers that mean a symbol: not names of declarations, members, loop variables and types of the language."""
    for node in file.nodes:
        parent = node.parent
        if node.type != "identifier" or parent is None:
            continue
        if parent.type in {"import_functionality", "metadata_declaration"}:
            continue
        if parent.type == "object_property" and parent.named_children[0] == node:
            continue
        if any(found.node == parent and found.name_node == node for found in file.declarations):
            continue
        yield node


def check_declared(file: BicepFile) -> Iterator[Problem]:
    known = declared(file)
    for node in references(file):
        name, parent = text(node), node.parent
        is_call = (
            parent is not None and parent.type == "call_expression" and parent.child_by_field_name("function") == node
        )
        in_decorator = (
            is_call and parent is not None and parent.parent is not None and parent.parent.type == "decorator"
        )
        if in_decorator or name in locals_of(node):
            continue
        if is_call and name not in BUILT_IN:
            yield file.problem(
                node, "unknown-function", f'There is no function "{name}" among those that are used here.'
            )
        elif not is_call and name not in known:
            yield file.problem(node, "undeclared", f'"{name}" is not declared.')


def check_used(file: BicepFile) -> Iterator[Problem]:
    used = {text(node) for node in references(file)}
    exported = {found.name for found in file.declarations if found.decorator("export") is not None}
    for found in file.of("param", "var", "type", "resource"):
        if found.kind == "resource" and not found.is_existing:
            continue
        if found.name not in used | exported:
            yield file.problem(found.name_node, UNUSED[found.kind], f'"{found.name}" is never used.')
    for _, here, _ in file.imports:
        if text(here) not in used:
            yield file.problem(here, UNUSED["import"], f'"{text(here)}" is never used.')


def check_twice(file: BicepFile) -> Iterator[Problem]:
    seen: set[tuple[bool, str]] = set()
    for found in file.of("param", "var", "type", "resource", "module", "output"):
        key = (found.kind == "output", found.name)
        if key in seen:
            yield file.problem(found.name_node, "declared-twice", f'"{found.name}" is declared twice.')
        seen.add(key)


def neighbour(file: BicepFile, path: str, files: Files) -> BicepFile | None:
    return files.get(str(PurePosixPath(file.name).parent / path))


def check_modules(file: BicepFile, files: Files) -> Iterator[Problem]:
    for name, here, source in file.imports:
        other = neighbour(file, source, files)
        if other is None or (found := other.named(name, "var", "type")) is None or found.decorator("export") is None:
            yield file.problem(here, "unknown-import", f'"{source}" exports no "{name}".')
    for module in file.of("module"):
        other = neighbour(file, module.path, files)
        if other is None:
            yield file.problem(module.name_node, "no-such-module", f'There is no file "{module.path}".')
        else:
            yield from check_inputs(file, module, other)
            yield from check_outputs(file, module, other)


def check_inputs(file: BicepFile, module: Declaration, other: BicepFile) -> Iterator[Problem]:
    given = properties(value_of(module.body.get("params")))
    takes = {found.name: found for found in other.of("param")}
    for name, pair in given.items():
        value = value_of(pair)
        if name not in takes:
            yield file.problem(pair, "unknown-input", f'"{other.name}" takes no "{name}": {listed(takes)}.')
        elif value is not None:
            yield from misfits(file, value, other, takes[name])
    for name, parameter in takes.items():
        is_optional = parameter.value is not None or text(parameter.type).endswith("?")
        if name not in given and not is_optional:
            yield file.problem(module.name_node, "missing-input", f'"{other.name}" needs "{name}".')
    for name, pair in module.body.items():
        if name not in {"name", "params", "scope", "dependsOn"}:
            yield file.problem(pair, "unknown-property", f'A module has no "{name}".')


def check_outputs(file: BicepFile, module: Declaration, other: BicepFile) -> Iterator[Problem]:
    gives = [found.name for found in other.of("output")]
    for node, start, steps in file.accesses:
        names = [(name, safe) for name, safe in steps if name != "[]"]
        if text(start) != module.name or not names:
            continue
        if names[0][0] not in {"outputs", "name"} or (len(names) > 1 and names[1][0] not in gives):
            missing = names[0][0] if names[0][0] != "outputs" else names[1][0]
            yield file.problem(node, "unknown-output", f'"{other.name}" has no output "{missing}": {listed(gives)}.')
        elif module.is_conditional and not names[0][1]:
            message = (
                f'"{module.name}" may not be there (BCP318): write {module.name}.?{names[0][0]}, and what is then.'
            )
            yield file.problem(node, "maybe-null", message)


def check_modules_used(files: Files) -> Iterator[Problem]:
    """Files that nothing leads to, and outputs of modules that nothing reads."""
    reached = {"main.bicep"}
    read: set[tuple[str, str]] = set()
    for file in files.values():
        reached |= {str(PurePosixPath(file.name).parent / source) for _, _, source in file.imports}
        for module in file.of("module"):
            target = str(PurePosixPath(file.name).parent / module.path)
            reached.add(target)
            for _, start, steps in file.accesses:
                names = [name for name, _ in steps if name != "[]"]
                if text(start) == module.name and names[:1] == ["outputs"]:
                    read |= {(target, name) for name in names[1:2]}
    for file in files.values():
        if file.name not in reached:
            yield file.problem(file.root, "unused-module", f'Nothing leads to "{file.name}".')
        for output in file.of("output") if file.name != "main.bicep" else ():
            if (file.name, output.name) not in read:
                yield file.problem(output.name_node, "unused-output", f'Nothing reads "{output.name}".')


def check_members(file: BicepFile) -> Iterator[Problem]:
    """What is read of an item of a declared type is a member of it, and read safely where it may be left out."""
    for node, start, steps in file.accesses:
        shape = item_type(file, start)
        if shape is None:
            continue
        name, is_safe = steps[0]
        member = properties(shape.value).get(name)
        if member is None:
            yield file.problem(node, "unknown-property", f'"{shape.name}" has no "{name}".')
        elif text(value_of(member)).endswith("?") and not is_safe:
            yield file.problem(node, "use-safe-access", f'"{name}" may be left out: write {text(start)}.?{name}.')


def item_type(file: BicepFile, start: Node) -> Declaration | None:
    """The declared type of what a loop or a lambda goes over."""
    around = start.parent
    while around is not None:
        source: Node | None = None
        if around.type == "for_statement" and text(start) in locals_of(around) - locals_of_parent(around):
            source = around.named_children[1]
        elif around.type == "arguments" and any(text(base_of(child)) == text(start) for child in walk(around)):
            source = around.named_children[0]
        given = file.named(text(source), "param") if source is not None and source.type == "identifier" else None
        if given is not None and kind_of_type(given.type) == "array":
            return file.named(text(given.type).removesuffix("[]"), "type")
        around = around.parent
    return None


def locals_of_parent(node: Node) -> set[str]:
    return locals_of(node.parent) if node.parent is not None else set()


def check_parameter_defaults(file: BicepFile) -> Iterator[Problem]:
    for parameter in file.of("param"):
        if parameter.value is not None:
            yield from misfits(file, parameter.value, file, parameter)


def check_described(file: BicepFile) -> Iterator[Problem]:
    for found in file.of("param", "output"):
        description = found.decorator("description")
        if description is None or not literal(description.child_by_field_name("arguments").named_children[0]):  # type: ignore[union-attr]
            yield file.problem(found.name_node, "use-description", f'"{found.name}" has no description.')
