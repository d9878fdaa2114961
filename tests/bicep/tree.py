"""Bicep files as a grammar sees them: declarations, bodies, references, places.

The grammar is tree-sitter-bicep, not the compiler. Two of its habits matter here: it binds `??` and `=>` tighter than a
dot, so the base of an access is looked for at the right end of them (`base_of`), and it knows neither `.bicepparam` nor
the operator `!`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

# A whole access in an expression: its node, the identifier it starts from, and its steps.
Access = tuple[Node, Node, list[tuple[str, bool]]]

LANGUAGE: Final = Language(tree_sitter_bicep.language())
DECLARES: Final = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "type_declaration": "type",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
    "metadata_declaration": "metadata",
}
LOOSE: Final = {"binary_expression", "ternary_expression", "lambda_expression"}


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong, where (line and column from 1), and the rule that says so."""

    file: str
    line: int
    column: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Declaration:
    kind: str
    name: str
    node: Node
    decorators: tuple[Node, ...] = ()

    @cached_property
    def name_node(self) -> Node:
        return next(child for child in self.node.named_children if child.type == "identifier")

    @cached_property
    def type(self) -> Node | None:
        """What is written after the name of a parameter or an output."""
        return next((child for child in self.node.named_children if child.type in {"type", "nullable_type"}), None)

    @cached_property
    def value(self) -> Node | None:
        """What is written after `=`."""
        children = self.node.children
        after = [child for before, child in itertools.pairwise(children) if before.type == "="]
        return after[0] if after else None

    @cached_property
    def path(self) -> str:
        """The string after a resource's or a module's name: a type with its version, or a file."""
        return next((literal(child) or "" for child in self.node.named_children if child.type == "string"), "")

    @property
    def is_existing(self) -> bool:
        return any(child.type == "existing" for child in self.node.children)

    @property
    def is_loop(self) -> bool:
        return self.value is not None and self.value.type == "for_statement"

    @property
    def is_conditional(self) -> bool:
        return self.value is not None and (
            self.value.type == "if_statement"
            or any(child.type == "if_statement" for child in self.value.named_children if self.is_loop)
        )

    @cached_property
    def body(self) -> dict[str, Node]:
        return properties(body_of(self.value))

    def decorator(self, name: str) -> Node | None:
        """The call `@name(…)` before the declaration."""
        return next((call for call in self.decorators if text(called(call)) == name), None)


@dataclass(frozen=True)
class BicepFile:
    name: str
    path: Path
    source: bytes
    root: Node

    @cached_property
    def declarations(self) -> tuple[Declaration, ...]:
        found: list[Declaration] = []
        decorators: tuple[Node, ...] = ()
        for node in self.root.named_children:
            if node.type == "decorators":
                decorators = tuple(child.named_children[0] for child in node.named_children)
            elif node.type in DECLARES:
                name = next(child for child in node.named_children if child.type == "identifier")
                found.append(Declaration(DECLARES[node.type], text(name), node, decorators))
                decorators = ()
            elif node.type != "comment":
                decorators = ()
        return tuple(found)

    @cached_property
    def imports(self) -> tuple[tuple[str, Node, str], ...]:
        """What is imported: the name it has in the other file, the name it has here, and the other file."""
        found = []
        for node in self.root.named_children:
            if node.type == "import_functionality":
                children = node.children
                names = [child for child in children if child.type == "identifier"]
                renamed = {after.id for as_, after in itertools.pairwise(children) if as_.type == "as"}
                source = literal(children[-1]) or ""
                for name, following in zip(names, [*names[1:], None], strict=True):
                    if name.id not in renamed:
                        here = following if following is not None and following.id in renamed else name
                        found.append((text(name), here, source))
        return tuple(found)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(walk(self.root))

    @cached_property
    def accesses(self) -> tuple[Access, ...]:
        return tuple(accesses(self.nodes))

    def of(self, *kinds: str) -> tuple[Declaration, ...]:
        return tuple(declaration for declaration in self.declarations if declaration.kind in kinds)

    def named(self, name: str, *kinds: str) -> Declaration | None:
        return next((declaration for declaration in self.of(*kinds) if declaration.name == name), None)

    def problem(self, node: Node, rule: str, message: str) -> Problem:
        row, offset = node.start_point
        line = self.source.splitlines()[row] if row < len(self.source.splitlines()) else b""
        return Problem(self.name, row + 1, len(line[:offset].decode()) + 1, rule, message)


def parse(name: str, path: Path, source: bytes) -> BicepFile:
    return BicepFile(name, path, source, Parser(LANGUAGE).parse(source).root_node)


def text(node: Node | None) -> str:
    return "" if node is None or node.text is None else node.text.decode()


def walk(node: Node | None) -> Iterator[Node]:
    """A node and all that is in it, in the order of the text."""
    waiting = [] if node is None else [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += reversed(found.children)


def literal(node: Node | None) -> str | None:
    """The text of a string without interpolation."""
    if node is None or node.type != "string" or any(child.type == "interpolation" for child in node.named_children):
        return None
    return "".join(text(child) for child in node.named_children)


def body_of(value: Node | None) -> Node | None:
    """The object of a resource or module, whatever loop or condition is around it."""
    while value is not None and value.type in {"for_statement", "if_statement"}:
        value = next((child for child in reversed(value.named_children) if child.type != "comment"), None)
    return value


def properties(node: Node | None) -> dict[str, Node]:
    """An object's properties by name; `ObjectProperty` nodes, see `value_of`."""
    if node is None or node.type != "object":
        return {}
    return {key_of(child): child for child in node.named_children if child.type == "object_property"}


def key_of(pair: Node) -> str:
    key = pair.named_children[0]
    return text(key) if literal(key) is None else str(literal(key))


def value_of(pair: Node | None) -> Node | None:
    return None if pair is None else pair.named_children[-1]


def called(call: Node | None) -> Node | None:
    """The name of a function that is called."""
    return call.child_by_field_name("function") if call is not None and call.type == "call_expression" else None


def arguments(call: Node | None) -> list[Node]:
    given = None if call is None else call.child_by_field_name("arguments")
    return [] if given is None else [child for child in given.named_children if child.type != "comment"]


def calls(node: Node | None) -> Iterator[tuple[str, Node]]:
    for found in walk(node):
        if found.type == "call_expression":
            yield text(called(found)), found


def base_of(node: Node | None) -> Node | None:
    """What a dot or an index is really applied to."""
    while node is not None and node.type in LOOSE:
        node = node.named_children[-1]
    return node


def access_path(node: Node) -> tuple[Node, list[tuple[str, bool]]] | None:
    """`a.b.?c[0]['d']` as the node of `a` and its steps: a name (`[]` for an index), and whether it is safe."""
    steps: list[tuple[str, bool]] = []
    while node.type in {"member_expression", "subscript_expression"}:
        if node.type == "member_expression":
            steps.append(
                (text(node.child_by_field_name("property")), any(child.type == ".?" for child in node.children))
            )
        else:
            steps.append((literal(node.child_by_field_name("index")) or "[]", False))
        under = base_of(node.child_by_field_name("object"))
        if under is None:
            return None
        node = under
    return (node, steps[::-1]) if node.type == "identifier" else None


def accesses(nodes: Iterable[Node]) -> Iterator[Access]:
    for found in nodes:
        if found.type in {"member_expression", "subscript_expression"}:
            parent = found.parent
            whole = parent is None or parent.child_by_field_name("object") != found
            if whole and (way := access_path(found)):
                yield found, *way
