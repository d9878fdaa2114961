"""Resources against `types.yaml`, which is made of the types that Bicep publishes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from tree_sitter import Node

from tests.bicep.tree import (
    BicepFile,
    Declaration,
    Problem,
    key_of,
    literal,
    properties,
    text,
    value_of,
)
from tests.bicep.values import bound, kind_of, listed

TABLE = Path(__file__).with_name("types.yaml")
META = ("parent", "scope", "dependsOn")
Shape = Mapping[str, Any]


@cache
def table() -> dict[str, Shape]:
    loaded: dict[str, Shape] = yaml.safe_load(TABLE.read_text())["types"]
    return loaded


def check_resources(file: BicepFile) -> Iterator[Problem]:
    for resource in file.of("resource"):
        shape = table().get(resource.path)
        if shape is None:
            yield unknown_type(file, resource)
            continue
        body = resource.body
        if resource.is_existing:
            yield from unknown(file, {k: v for k, v in body.items() if k not in {"name", *META}}, {}, resource.path)
        else:
            own = {name: pair for name, pair in body.items() if name not in META}
            yield from check_members(file, own, shape, resource.name_node, resource.path)
        yield from check_reads(file, resource, shape)


def unknown_type(file: BicepFile, resource: Declaration) -> Problem:
    name, _, version = resource.path.partition("@")
    known = [path.partition("@")[2] for path in table() if path.partition("@")[0] == name]
    if known and version.endswith("-preview"):
        message = f"{version} is a preview; {known[0]} has what is needed."
        return file.problem(resource.name_node, "stable-version", message)
    if known:
        return file.problem(resource.name_node, "other-version", f"{name} is used at {known[0]}, not at {version}.")
    return file.problem(resource.name_node, "unknown-type", f"{resource.path} is not in {TABLE.name}.")


def check_members(
    file: BicepFile, given: Mapping[str, Node], shape: Shape, place: Node, where: str
) -> Iterator[Problem]:
    members = dict(shape.get("properties", {}))
    if variants := shape.get("variants"):
        pair = given.get(shape["discriminator"])
        chosen = variants.get(literal(value_of(pair)) or "")
        if chosen is None:
            yield file.problem(pair or place, "bad-value", f'"{shape["discriminator"]}" is one of {listed(variants)}.')
            return
        members |= chosen["properties"]
    yield from unknown(file, given, members, where, others=shape.get("map"))
    for name, member in members.items():
        if member.get("required") and name not in given:
            yield file.problem(place, "missing-property", f'{where} needs "{name}".')
    for name, pair in given.items():
        member = members.get(name, shape.get("map"))
        if member is not None and (value := value_of(pair)) is not None:
            yield from check_value(file, value, member, f"{where}.{name}")


def unknown(
    file: BicepFile, given: Mapping[str, Node], members: Mapping[str, Any], where: str, others: object = None
) -> Iterator[Problem]:
    for name, pair in given.items():
        if name not in members and others is None:
            yield file.problem(pair, "unknown-property", f'{where} has no "{key_of(pair)}".')
        elif members.get(name, {}).get("read_only"):
            yield file.problem(pair, "read-only", f'"{name}" of {where} is only read.')


def check_value(file: BicepFile, value: Node, shape: Shape, where: str) -> Iterator[Problem]:
    if value.type == "ternary_expression":
        for side in ("consequence", "alternative"):
            if branch := value.child_by_field_name(side):
                yield from check_value(file, branch, shape, where)
        return
    wanted, given = kind_wanted(shape), kind_of(file, value)
    if wanted and given and wanted != given:
        yield file.problem(value, "wrong-kind", f"{where} is {wanted}, this is {given}.")
    elif value.type == "object":
        yield from check_members(file, properties(value), shape, value, where)
    elif value.type in {"array", "for_statement"}:
        items = value.named_children if value.type == "array" else [value.named_children[-1]]
        for item in items:
            yield from check_value(file, item, shape.get("items", {}), f"{where}[]")
    else:
        yield from check_text(file, value, shape, where)


def kind_wanted(shape: Shape) -> str | None:
    if "values" in shape:
        return "string"
    if "items" in shape:
        return "array"
    if "properties" in shape or "map" in shape:
        return "object"
    return None if shape.get("type") in {None, "any"} else str(shape["type"])


def check_text(file: BicepFile, value: Node, shape: Shape, where: str) -> Iterator[Problem]:
    """Literals, and what a parameter that is given as it is may hold."""
    written = literal(value)
    parameter = file.named(text(value), "param") if value.type == "identifier" else None
    choices = [*shape.get("values", ()), *shape.get("also", {})]
    if written is not None:
        yield from check_literal(file, value, written, shape, where)
    elif parameter is not None:
        allowed = parameter.decorator("allowed")
        for choice in allowed.named_children[1].named_children[0].named_children if allowed else ():
            if choices and literal(choice) not in choices:
                yield file.problem(
                    choice, "bad-value", f'{where} is one of {listed(choices)}, not "{literal(choice)}".'
                )
        for name, wider in (("minLength", int.__lt__), ("maxLength", int.__gt__)):
            mine, its = bound(parameter, name), shape.get(name)
            if mine is not None and its is not None and wider(mine, its):
                message = f'{where} has {name} {its}, "{parameter.name}" has {mine}.'
                yield file.problem(value, "out-of-bounds", message)


def check_literal(file: BicepFile, value: Node, written: str, shape: Shape, where: str) -> Iterator[Problem]:
    choices = [*shape.get("values", ()), *shape.get("also", {})]
    if choices and written not in choices:
        yield file.problem(value, "bad-value", f'{where} is one of {listed(choices)}, not "{written}".')
    if not shape.get("minLength", 0) <= len(written) <= shape.get("maxLength", len(written)):
        bounds = f"{shape.get('minLength', 0)} to {shape.get('maxLength', 'any')}"
        yield file.problem(value, "out-of-bounds", f"{where} has {bounds} characters, this has {len(written)}.")
    elif "pattern" in shape and not re.search(shape["pattern"], written):
        yield file.problem(value, "bad-value", f"{where} has the form {shape['pattern']}.")


def check_reads(file: BicepFile, resource: Declaration, shape: Shape) -> Iterator[Problem]:
    """`account.properties.endpoint`: every step is a member of the type."""
    for node, start, steps in file.accesses:
        if text(start) != resource.name:
            continue
        here: Shape | None = shape
        for name, _ in steps:
            if name == "[]" or here is None or not (here.get("properties") or here.get("map")):
                continue
            here = {
                **here.get("properties", {}),
                **{n: v for v in here.get("variants", {}).values() for n in v["properties"]},
            }.get(name, here.get("map"))
            if here is None:
                yield file.problem(node, "unknown-property", f'{resource.path} has no "{name}" there.')
