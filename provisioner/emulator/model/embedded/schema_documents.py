"""A document that is valid against a JSON Schema, filled from a question where its fields allow it.

Each node of the schema offers candidates, the likeliest first, and the first valid one is taken: what comes out is
right, or nothing does. Patterns, conditions and the like are beyond it: scripts say anything.
"""

from __future__ import annotations

import re
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from provisioner.emulator.model.embedded.consolidate import reading
from provisioner.emulator.model.embedded.ranking import FITS, fitting
from provisioner.emulator.model.embedded.stems import parts_of, word_set
from provisioner.emulator.model.interface import Memory, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Schema: TypeAlias = "Mapping[str, Any] | bool"

DEEPEST: Final = 12
GENEROUS: Final = 4  # deeper, optional fields and items are left out, so that recursive schemas end
MOST_NODES: Final = 3_000
MOST_ITEMS: Final = 256
LONGEST: Final = 20_000
UNSATISFIABLE: Final = "The embedded model found no document for the JSON Schema; POST /_emulator/model scripts one."
NAME: Final = r"[A-Z][\w'-]{0,30}(?: [A-Z][\w'-]{0,30}){0,3}"
DATE: Final = re.compile(
    r"\b(\d{4}-\d\d-\d\d|today|tomorrow|(?:next |this |on )?(?:\w{3,6}day|week|month|year)|[A-Z]\w{2,8} \d\d?, \d{4})\b"
)
QUOTED: Final = re.compile(r"(?:[\"“]|(?<!\w)')([^\"'”\n]{1,200})(?:[\"”]|'(?!\w))")
NUMBER: Final = re.compile(r"(?<![\w.])-?\d{1,15}(?:\.\d{1,10})?(?!\w)")
# What stands in a question for a field of such a name; a person's is not capital because a sentence starts there
SHAPES: Final = {
    DATE: word_set("date dates day when deadline"),
    re.compile(rf"\b(?:in|at|near|for|to|from) ({NAME})"): word_set("city location place town country destination"),
    re.compile(rf"(?:(?<=[^.?!:] )|^(?={NAME},? and [A-Z]))(?!I\b)({NAME})"): word_set("participants people guests"),
    re.compile(r"([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"): word_set("email mail"),
}
FORMATS: Final = {
    "date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "time": "00:00:00Z", "duration": "P1D",
    "email": "user@example.com", "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
    "uri": "https://example.com/", "uuid": "00000000-0000-4000-8000-000000000000",
}  # fmt: skip


class _NoneFitsError(Exception):
    """No candidate was valid here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hints:
    """What a question offers for the fields of a form."""

    question: str
    memories: tuple[Memory, ...] = ()
    reply: str = ""  # what would be said in plain text

    def mentions(self, choice: object) -> bool:
        return isinstance(choice, str) and bool(choice) and choice.casefold() in self.question.casefold()

    def knows(self, name: str, part: Schema) -> bool:
        """Whether there is something to say in an optional field."""
        schema = {} if isinstance(part, bool) else part
        if "enum" in schema:
            return any(map(self.mentions, schema["enum"]))
        return {"string": any(self.texts(name)), "integer": any(self.numbers())}.get(schema.get("type", ""), False)

    def numbers(self) -> list[int | float]:
        return [float(number) if "." in number else int(number) for number in NUMBER.findall(self.question)]

    def texts(self, name: str) -> Iterator[str]:
        """What there is for a field of that name, the likeliest first."""
        parts = parts_of(name[:80])
        for shape, names in SHAPES.items():
            if not names.isdisjoint(parts):
                yield from shape.findall(self.question if shape is DATE else DATE.sub(",", self.question))
        yield from QUOTED.findall(self.question)
        contents = [memory.content for memory in self.memories]
        for content, fit in zip(contents, fitting(" ".join(parts), contents), strict=True):
            if fit >= FITS or reading(content).slot.replace("home", "city") in parts:
                yield re.sub(r"^(?:in|is|at) ", "", reading(content).object)


def document(schema: Schema, hints: Hints, *, optional: bool = True) -> Any:
    """Raises ModelError when there is no such schema or document. Not `optional`: only what is required or hinted."""
    try:
        Draft202012Validator.check_schema(schema)
        return _Builder(schema, hints, optional=optional).value(schema, "", 0)
    except SchemaError as error:
        raise ModelError("invalid-schema", f"The JSON Schema is not valid: {error.message}") from error
    except (_NoneFitsError, RecursionError, OverflowError, Unresolvable) as error:
        raise ModelError("unsatisfiable-schema", UNSATISFIABLE) from error


class _Builder:
    def __init__(self, root: Schema, hints: Hints, *, optional: bool) -> None:
        self.root, self.hints, self.optional, self.nodes = root, hints, optional, 0
        self.validator = Draft202012Validator(root)
        self.references = Registry().with_resource("", DRAFT202012.create_resource(root)).resolver()

    def value(self, schema: Schema, name: str, depth: int, taken: list[Any] | None = None) -> Any:
        """One that is not `taken`, for arrays whose items must differ."""
        valid = self.validator.evolve(schema=schema)
        for flat in self._flat(schema, depth):
            for candidate in self._candidates(flat, name, depth):
                self._count(depth)
                if candidate not in (taken or ()) and valid.is_valid(candidate):
                    return candidate
        raise _NoneFitsError

    def _count(self, depth: int) -> None:
        self.nodes += 1
        if depth > DEEPEST or self.nodes > MOST_NODES:
            raise _NoneFitsError

    def _flat(self, schema: Schema, depth: int) -> Iterator[Mapping[str, Any]]:
        """Without references and combinations, once for each way to choose among alternatives."""
        self._count(depth)
        whole: Mapping[str, Any] = {} if isinstance(schema, bool) else schema
        key = next((key for key in ("$ref", "allOf", "anyOf", "oneOf") if key in whole), "")
        rest = {other: value for other, value in whole.items() if other != key}
        if not key:
            yield whole
            return
        parts = (
            [self.references.lookup(whole[key]).contents]
            if key == "$ref"
            else whole[key][:: -1 if depth > GENEROUS else 1]
        )
        mappings = [{} if isinstance(part, bool) else part for part in parts]
        together = [{name: one for part in mappings for name, one in part.items()}]
        for part in together if key == "allOf" else mappings:
            yield from self._flat({**rest, **part}, depth + 1)

    def _candidates(self, schema: Mapping[str, Any], name: str, depth: int) -> Iterator[Any]:
        if "const" in schema or "enum" in schema:
            choices = schema.get("enum", [schema.get("const")])
            yield from sorted(choices, key=lambda choice: not self.hints.mentions(choice))
            return
        if "default" in schema and depth:
            yield schema["default"]
        for kind in _kinds(schema, depth):
            with suppress(_NoneFitsError):
                match kind:
                    case "object":
                        yield self._object(schema, depth)
                    case "array":
                        yield from self._arrays(schema, name, depth)
                    case "string":
                        yield from self._strings(schema, name)
                    case "integer" | "number":
                        yield from self._numbers(schema)
                    case _:
                        yield from (True, False) if kind == "boolean" else (None,)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        fields, needed = schema.get("properties", {}), schema.get("required", ())
        built: dict[str, Any] = {}
        for field in dict.fromkeys((*fields, *needed)):
            part = fields.get(field, schema.get("additionalProperties", True))
            wanted = depth < GENEROUS and (self.optional or self.hints.knows(field, part))
            with nullcontext() if field in needed else suppress(_NoneFitsError):
                if wanted or field in needed:
                    built[field] = self.value(part, field, depth + 1)
        return built

    def _arrays(self, schema: Mapping[str, Any], name: str, depth: int) -> Iterator[list[Any]]:
        least, most = schema.get("minItems", 0), min(schema.get("maxItems", MOST_ITEMS), MOST_ITEMS)
        likely = len(set(self.hints.texts(name))) or 1 if depth < GENEROUS else 0
        for length in dict.fromkeys((min(max(least, likely), most), min(least, most))):
            items: list[Any] = []
            for _ in range(length):
                with suppress(_NoneFitsError):
                    items.append(self.value(schema.get("items", True), name, depth + 1, items))
            yield items + [items[-1]] * (length - len(items)) if items else items

    def _strings(self, schema: Mapping[str, Any], name: str) -> Iterator[str]:
        least, most = min(int(schema.get("minLength", 0)), LONGEST), int(schema.get("maxLength", LONGEST))
        if schema.get("format") in FORMATS:
            yield FORMATS[schema["format"]]
        titles = [" ".join(self.hints.question.split()[:6]).rstrip(" .?!,")] if name in {"name", "title"} else []
        numbered = (f"{name} {number}" for number in range(1, 99))
        for text in (*self.hints.texts(name), *titles, self.hints.reply, self.hints.question, *numbered):
            yield text
            yield text[:most].ljust(least, ".")

    def _numbers(self, schema: Mapping[str, Any]) -> Iterator[int | float]:
        yield from self.hints.numbers()
        keys = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
        bounds = [Fraction(schema[key]) for key in keys if key in schema] or [Fraction(1)]
        step = Fraction(str(schema.get("multipleOf", 1)))
        near = [bound // step * step + times * step for bound in bounds for times in range(-50, 50)]
        for number in (*sorted(near, key=abs), Fraction(sum(bounds)) / len(bounds)):
            yield int(number) if number.denominator == 1 else float(number)


def _kinds(schema: Mapping[str, Any], depth: int) -> list[str]:
    shape = ["object"] if {"properties", "required"} & set(schema) else ["array"] if "items" in schema else []
    given = schema.get("type") or [*shape, "string", "object", "number", "array", "null", "boolean"]
    # null is an honest answer only where going deeper must end
    return sorted([given] if isinstance(given, str) else given, key=lambda kind: (kind == "null") != (depth > GENEROUS))
