"""JSON and YAML files that hold a mapping: an OpenAPI specification, a JSON Schema.

They are other people's files, so they are read as their own tools do: a YAML one as YAML 1.2 reads it, where `200:` in
an OpenAPI specification is the text "200" and a date is a text.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from provisioner.manifest.limits import Budget, Resource
from provisioner.manifest.places import Lines
from provisioner.manifest.reader import MAX_DEPTH, MAX_KEY, read
from provisioner.model.diagnostic import Diagnostic, Location
from provisioner.model.words import found, quoted, shown

SUFFIXES: Final = (".json", ".yaml", ".yml")
_MAX_DIGITS: Final = 4000  # Python refuses to read more than 4300


def read_document(
    text: str, *, file: str, suffix: str, budget: Budget | None = None
) -> tuple[dict[str, Any] | None, list[Diagnostic]]:
    """The mapping, or why there is none, with the place in the file. `suffix` is one of `SUFFIXES`."""
    budget = budget or Budget()
    value, problems = _json(text, file, budget) if suffix == ".json" else _yaml(text, file, budget)
    if problems:
        return None, problems
    if not isinstance(value, dict):
        message = f"The file holds {found(value)}; a mapping is wanted."
        return None, [_problem("wrong-type", file, message, "Name the file of a specification or schema.")]
    return value, []


def _yaml(text: str, file: str, budget: Budget) -> tuple[object, list[Diagnostic]]:
    source, problems = read(text, file=file, is_foreign=True, budget=budget)
    return (source.root if source is not None else None), problems


class _Refused(ValueError):  # noqa: N818 - an answer, not a failure
    """`code`, message and hint."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.told = (code, message, hint)


def _json(text: str, file: str, budget: Budget) -> tuple[object, list[Diagnostic]]:
    try:
        value = json.loads(text, object_pairs_hook=_mapping, parse_constant=_constant, parse_int=_whole)
    except json.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg}."
        where = Lines(file, text).at(error.pos)
        return None, [
            Diagnostic(code="json-syntax", message=message, hint="Correct it here or just before.", where=where)
        ]
    except _Refused as refused:
        return None, [_problem(refused.told[0], file, *refused.told[1:])]
    except RecursionError:
        return None, [_too_deep(file)]
    if not budget.take(Resource.VALUES, _count(value)):
        return None, [budget.exceeded(Resource.VALUES, Location(file=file))]
    budget.take(Resource.CHARACTERS, len(text))
    return value, [_too_deep(file)] if _is_deeper(value, MAX_DEPTH) else []


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if too_long := next((name for name in mapping if len(name) > MAX_KEY), ""):
        message = f"The key {quoted(too_long)} has {len(too_long)} characters; {MAX_KEY} are allowed."
        raise _Refused("too-long", message, "Shorten it.")
    if len(mapping) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        message = f"The key {quoted(twice)} is written twice in one mapping."
        raise _Refused("duplicate-key", message, "Remove one of the two, or rename it.")
    return mapping


def _constant(name: str) -> object:
    raise _Refused("json-syntax", f"`{name}` is no number in JSON.", "Write a number or a text.")


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        message = f"The number {shown(digits)} has {len(digits)} digits; {_MAX_DIGITS} are allowed."
        raise _Refused("out-of-range", message, "Write it as a text.")
    return int(digits)


def _count(value: object) -> int:
    count, open_ones = 0, [value]
    while open_ones:
        count += 1
        open_ones.extend(_inside(open_ones.pop()))
    return count


def _is_deeper(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _too_deep(file: str) -> Diagnostic:
    message = f"The file is nested more than {MAX_DEPTH} levels deep."
    return _problem("too-deep", file, message, "Flatten it.")


def _problem(code: str, file: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint, where=Location(file=file))
