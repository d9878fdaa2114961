"""A document that is valid against a JSON Schema, filled from a question where its fields allow it.

Each node of the schema offers candidates, the most fitting first, and the first one that jsonschema finds valid
is taken; so what comes out is right or nothing does.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing.exceptions import Unresolvable

from provisioner.emulator.model.interface import ModelError

from .schemas import Schema, merged, resolved
from .values import numbers, strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .hints import Hints

DEEPEST: Final = 24
GENEROUS: Final = 4  # below it, optional fields and items are left out, so that recursive schemas end
MOST_NODES: Final = 3_000
MOST_ITEMS: Final = 256  # of one array or object
MOST_WORK: Final = 400_000  # candidates looked at, long ones counting for more
WEIGHT: Final = 64  # characters of a text that cost as much as one candidate
TYPE_HINTS: Final[Mapping[str, str]] = {
    "properties": "object",
    "required": "object",
    "additionalProperties": "object",
    "minProperties": "object",
    "patternProperties": "object",
    "items": "array",
    "prefixItems": "array",
    "minItems": "array",
    "contains": "array",
    "uniqueItems": "array",
    "pattern": "string",
    "minLength": "string",
    "maxLength": "string",
    "format": "string",
    "minimum": "number",
    "maximum": "number",
    "multipleOf": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",
}


class _NoneFitsError(Exception):
    """No candidate was valid here."""


def document(schema: Schema, hints: Hints, *, name: str = "", sparing: bool = False) -> Any:
    """Raises ModelError when there is no such schema or document. Sparing: optional fields only where hinted."""
    try:
        Draft202012Validator.check_schema(schema)
        return _Builder(schema, hints, sparing=sparing).value(schema, name, 0)
    except SchemaError as error:
        raise ModelError("invalid-schema", f"The JSON Schema is not valid: {error.message}") from error
    except (_NoneFitsError, RecursionError, OverflowError, Unresolvable) as error:
        raise ModelError(
            "unsatisfiable-schema", "The embedded model found no document valid against the given JSON Schema."
        ) from error


class _Builder:
    def __init__(self, root: Schema, hints: Hints, *, sparing: bool) -> None:
        self.root = root
        self.validator = Draft202012Validator(root)
        self.hints = hints
        self.sparing = sparing
        self.nodes = 0
        self.work = 0

    def value(self, schema: Schema, name: str, depth: int, turn: int = 0) -> Any:
        """`turn` varies the choice, for arrays whose items must differ."""
        self.nodes += 1
        if schema is False or depth > DEEPEST or self.nodes > MOST_NODES:
            raise _NoneFitsError
        whole: Mapping[str, Any] = {} if schema is True else schema
        validator = self.validator.evolve(schema=whole)
        seen: list[Any] = []
        for candidate in self._candidates(whole, name, depth):
            self._spend(1 + len(seen) // 8 + (len(candidate) // WEIGHT if isinstance(candidate, str) else 0))
            if validator.is_valid(candidate) and not any(_same(candidate, other) for other in seen):
                seen.append(candidate)
                if len(seen) > turn:
                    return candidate
        raise _NoneFitsError

    def _spend(self, work: int) -> None:
        """Many small candidates or a few huge ones: either way the search ends soon."""
        self.work += work
        if self.work > MOST_WORK:
            raise _NoneFitsError

    def _candidates(self, schema: Mapping[str, Any], name: str, depth: int) -> Iterator[Any]:
        if "const" in schema:
            yield schema["const"]
            return
        if "enum" in schema:
            yield from self._mentioned(schema["enum"])
            return
        for flat in self._branches(schema, depth):
            if "const" in flat or "enum" in flat:
                yield from self._candidates(flat, name, depth)
                continue
            for kind in _kinds(flat, depth):
                yield from self._of_kind(kind, flat, name, depth)

    def _mentioned(self, choices: list[Any]) -> Iterator[Any]:
        text = self.hints.question.casefold()
        yield from sorted(
            choices, key=lambda choice: not (isinstance(choice, str) and choice and choice.casefold() in text)
        )

    def _branches(self, schema: Mapping[str, Any] | None, depth: int) -> Iterator[Mapping[str, Any]]:
        """The schema without references and combinations, once for each way to choose among alternatives."""
        self.nodes += 1
        if schema is None or depth > DEEPEST or self.nodes > MOST_NODES:
            return
        if "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            target = resolved(self.root, schema["$ref"])
            yield from self._branches(merged(rest, target), depth + 1)
        elif "allOf" in schema:
            flat: Mapping[str, Any] | None = {key: value for key, value in schema.items() if key != "allOf"}
            for part in schema["allOf"]:
                flat = merged(flat, part)
            yield from self._branches(flat, depth + 1)
        elif choice := next((key for key in ("anyOf", "oneOf") if key in schema), ""):
            rest = {key: value for key, value in schema.items() if key != choice}
            for alternative in _simplest_first(schema[choice]) if depth > GENEROUS else schema[choice]:
                yield from self._branches(merged(rest, alternative), depth + 1)
        elif "if" in schema:
            yield from self._conditional(schema, depth)
        else:
            yield schema

    def _conditional(self, schema: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
        rest = {key: value for key, value in schema.items() if key not in {"if", "then", "else"}}
        yield from self._branches(merged(merged(rest, schema["if"]), schema.get("then", True)), depth + 1)
        yield from self._branches(merged(rest, schema.get("else", True)), depth + 1)

    def _of_kind(self, kind: str, schema: Mapping[str, Any], name: str, depth: int) -> Iterator[Any]:
        if "default" in schema and depth > 0:
            yield schema["default"]
        match kind:
            case "object":
                yield from self._objects(schema, depth)
            case "array":
                yield from self._arrays(schema, name, depth)
            case "string":
                yield from strings(schema, name, self.hints)
            case "integer" | "number":
                yield from numbers(schema, name, self.hints, whole=kind == "integer")
            case "boolean":
                yield from (True, False)
            case _:
                yield None

    def _objects(self, schema: Mapping[str, Any], depth: int) -> Iterator[Any]:
        for full in (True, False) if depth < GENEROUS else (False,):
            try:
                built = self._object(schema, depth, full=full)
            except _NoneFitsError:
                continue
            yield built
            for field, needed in schema.get("dependentRequired", {}).items():
                if field in built:
                    built = {
                        **built,
                        **{
                            key: self.value(schema.get("properties", {}).get(key, True), key, depth + 1)
                            for key in needed
                            if key not in built
                        },
                    }
            yield built

    def _object(self, schema: Mapping[str, Any], depth: int, *, full: bool) -> dict[str, Any]:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        required = list(dict.fromkeys(schema.get("required", ())))
        most = schema.get("maxProperties", len(properties) + len(required))
        built = {field: self.value(self._field(schema, field), field, depth + 1) for field in required}
        for field, part in properties.items():
            if field in built or not full or len(built) >= most or (self.sparing and not self._is_hinted(field, part)):
                continue
            try:
                built[field] = self.value(part, field, depth + 1)
            except _NoneFitsError:
                continue
        ordered = {field: built[field] for field in properties if field in built}
        return self._padded(schema, {**ordered, **built}, depth)

    def _padded(self, schema: Mapping[str, Any], built: dict[str, Any], depth: int) -> dict[str, Any]:
        names = (
            field
            for field in (*schema.get("properties", {}), *(f"field{number}" for number in range(1, 100)))
            if field not in built
        )
        if schema.get("minProperties", 0) > MOST_ITEMS:
            raise _NoneFitsError
        while len(built) < schema.get("minProperties", 0):
            field = next(names, None)
            if field is None:
                raise _NoneFitsError
            built[field] = self.value(self._field(schema, field), field, depth + 1)
        return built

    def _field(self, schema: Mapping[str, Any], field: str) -> Schema:
        part: Schema = schema.get("properties", {}).get(field, schema.get("additionalProperties", True))
        return part

    def _is_hinted(self, field: str, part: Schema) -> bool:
        if isinstance(part, bool) or part.get("type") in {"object", "array", "boolean"}:
            return False
        if part.get("type") in {"integer", "number"}:
            return next(self.hints.numbers(field), None) is not None
        if "enum" in part:
            return any(
                isinstance(choice, str) and choice.casefold() in self.hints.question.casefold()
                for choice in part["enum"]
            )
        return next(self.hints.texts(field), None) is not None

    def _arrays(self, schema: Mapping[str, Any], name: str, depth: int) -> Iterator[Any]:
        first: list[Schema] = list(schema.get("prefixItems", ()))
        least = max(schema.get("minItems", 0), schema.get("minContains", 1) if "contains" in schema else 0)
        if least > MOST_ITEMS:
            return
        most = schema.get("maxItems", max(least, len(first), 20))
        likely = 1 if depth < GENEROUS and schema.get("items") is not False else 0
        if not first and depth < GENEROUS and name:
            likely = max(likely, min(len(list(dict.fromkeys(self.hints.texts(name)))), 10))
        for length in dict.fromkeys(
            (min(max(least, len(first) if depth < GENEROUS else 0, likely), most), least, min(1, most))
        ):
            with suppress(_NoneFitsError):
                yield [self._item(schema, first, place, name, depth) for place in range(int(length))]

    def _item(self, schema: Mapping[str, Any], first: list[Schema], place: int, name: str, depth: int) -> Any:
        part = first[place] if place < len(first) else schema.get("items", True)
        if "contains" in schema and place < schema.get("minContains", 1):
            both = merged({} if part is True else part, schema["contains"])
            if both is None:
                raise _NoneFitsError
            part = both
        try:
            return self.value(part, name, depth + 1, turn=place)
        except _NoneFitsError:
            if schema.get("uniqueItems"):
                raise
            return self.value(part, name, depth + 1)


def _kinds(schema: Mapping[str, Any], depth: int) -> list[str]:
    given = schema.get("type")
    if isinstance(given, str):
        return [given]
    if isinstance(given, list):
        # null is an honest answer only where going deeper must end
        return sorted(given, key=lambda kind: (kind == "null") != (depth > GENEROUS))
    hinted = list(dict.fromkeys(TYPE_HINTS[key] for key in schema if key in TYPE_HINTS))
    rest = [kind for kind in ("string", "object", "null", "array", "number", "boolean") if kind not in hinted]
    return hinted + rest


def _simplest_first(alternatives: list[Schema]) -> list[Schema]:
    order = {"null": 0, "boolean": 1, "string": 1, "integer": 1, "number": 1}
    return sorted(
        alternatives,
        key=lambda part: (
            2 if isinstance(part, bool) or not isinstance(part.get("type"), str) else order.get(part["type"], 2)
        ),
    )


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
