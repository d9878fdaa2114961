"""Text in, plain values and their places out: a manifest's YAML, and the JSON and YAML files that it names.

libyaml parses when PyYAML was built with it; PyYAML's own parser gives the same values and places, only slower. A
specification or a JSON Schema is other people's, so it is read as their own tools do: a YAML one as YAML 1.2 reads it,
where `200:` in an OpenAPI specification is the text "200" and a date is a text.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, Protocol

import yaml
from yaml.events import Event

from provisioner.manifest.limits import Budget, Resource
from provisioner.manifest.places import Lines, Source
from provisioner.manifest.scalars import MAX_DIGITS
from provisioner.manifest.yaml_values import BAD_ESCAPE, MAX_DEPTH, MAX_KEY, Builder, Stop
from provisioner.model.diagnostic import Diagnostic, Location
from provisioner.model.document import Json
from provisioner.model.words import found, quoted, shown

SUFFIXES: Final = (".json", ".yaml", ".yml")
_NESTING: Final = "maximum nesting depth"  # a limit of libyaml's own since 0.2.6, met before ours as it reads ahead
_VARIABLE: Final = re.compile(r"\$\{((?:env:)?[A-Za-z_][^{}\n]*)\}")


class EventParser(Protocol):
    """What PyYAML's two parsers have in common."""

    def get_event(self) -> Event | None: ...


def new_parser(text: str, *, fast: bool = True) -> EventParser:
    if fast and yaml.__with_libyaml__:
        from yaml import CSafeLoader  # noqa: PLC0415 - not there without libyaml

        return CSafeLoader(text)
    return yaml.SafeLoader(text)


def read(
    text: str,
    *,
    file: str,
    folder: str = "",
    fast: bool = True,
    is_foreign: bool = False,
    budget: Budget | None = None,
) -> tuple[Source | None, list[Diagnostic]]:
    """The file's one document. None when it cannot be read to its end; never raises.

    What `is_foreign` was not written for this tool: it is taken as YAML 1.2 takes it where 1.1 and 1.2 differ and 1.2
    means text, and its numbers as keys are the texts that JSON would make of them.
    """
    lines = Lines(file, text)
    builder = Builder(lines, budget or Budget(), is_foreign=is_foreign)
    try:
        for event in _events(text, fast=fast):
            builder.take(event)
    except Stop:
        return None, builder.problems
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = mark.index if mark else 0
        if _NESTING in str(error.problem):
            builder.report_too_deep(at)
            return None, builder.problems
        builder.report("yaml-syntax", at, *_explained(text, at, error))
        return None, builder.problems
    builder.spend()
    return builder.source(folder), builder.problems


def _explained(text: str, at: int, error: yaml.MarkedYAMLError) -> tuple[str, str]:
    if variable := _VARIABLE.match(text, max(at - 1, 0)):  # libyaml and PyYAML both stop at the bracket
        return _unquoted_variable(shown(variable[1]))
    problem = "a tab character" if text[at : at + 1] == "\t" else error.problem or error.context
    return _in_words(problem or "it cannot be read")


def _events(text: str, *, fast: bool) -> Iterator[Event]:
    parser = new_parser(text, fast=fast)
    while (event := parser.get_event()) is not None and not isinstance(event, yaml.StreamEndEvent):
        yield event


def read_document(
    text: str, *, file: str, suffix: str, budget: Budget | None = None
) -> tuple[Json | None, list[Diagnostic]]:
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


def read_json(text: str) -> object:
    """What a text of its own holds, None where it is no JSON, or none that a manifest can hold."""
    value, problems = _json(text, "", Budget())
    return None if problems else value


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


def _mapping(pairs: list[tuple[str, Any]]) -> Json:
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
    if len(digits) > MAX_DIGITS:
        message = f"The number {shown(digits)} has {len(digits)} digits; {MAX_DIGITS} are allowed."
        raise _Refused("out-of-range", message, "Write it as a text.")
    return int(digits)


def _count(value: object) -> int:
    count, open_ones = 0, [value]
    while open_ones:
        count += 1
        open_ones.extend(_members(open_ones.pop()))
    return count


def _is_deeper(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        level = [inner for each in level for inner in _members(each)]
        if not level:
            return False
    return True


def _members(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _too_deep(file: str) -> Diagnostic:
    message = f"The file is nested more than {MAX_DEPTH} levels deep."
    return _problem("too-deep", file, message, "Flatten it.")


def _problem(code: str, file: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint, where=Location(file=file))


# Both parsers' wording: PyYAML's own and libyaml's.
_SENTENCES: Final = (
    (
        r"found character '\\t'|tab character|found a tab",
        "A tab stands where only spaces may.",
        "Indent with spaces; most editors can convert tabs.",
    ),
    (
        r"mapping values are not allowed",
        "A `:` stands where no key can be.",
        'Quote a text that holds ": ", and check that the line is indented as the ones around it.',
    ),
    (
        r"could not find expected ':'",
        "A key is not followed by `:`.",
        "Write `key: value`; quote a text of several lines, or use `|`.",
    ),
    (
        r"unexpected end of stream|document separator",
        "A quote or bracket is opened and never closed.",
        "Close it.",
    ),
    (
        r"expected ',' or|unexpected ':'|did not find expected node content|expected the node content",
        "A bracket is not closed, or a comma is missing between two items.",
        'Check the brackets; a text that starts with "{" or "[" must be quoted: "{{$userId}}".',
    ),
    (
        r"<block end>|expected key|expected '-' indicator|not allowed here|this context|indentation",
        "The indentation does not fit the lines above.",
        "Give keys of one mapping, and dashes of one list, the same indentation.",
    ),
    (
        r"unknown escape character|hexadecimal|escape code|escape sequence",
        *BAD_ESCAPE,
    ),
    (
        r"cannot start any token|alphabetic or numeric|did not find expected alphabetic",
        "A text starts with a character that means something else in YAML.",
        "Quote the text.",
    ),
    (
        r"directive|undefined tag handle|<document start>",
        "A line is neither a key nor part of the text above it.",
        "Check the indentation; quote a text that starts with `%`.",
    ),
)


def _in_words(problem: str) -> tuple[str, str]:
    """Message and hint for a parser's problem."""
    for pattern, message, hint in _SENTENCES:
        if re.search(pattern, problem):
            return message, hint
    return f"This is not YAML: {problem}.", "Check the quotes and the indentation here and in the line above."


def _unquoted_variable(name: str) -> tuple[str, str]:
    """For what stands between `${` and `}`, inside brackets."""
    written = name if name.startswith(("env:", "var.")) else f"env:{name}"
    return "A variable stands unquoted inside brackets.", f'Quote it: "${{{written}}}".'
