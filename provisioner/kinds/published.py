"""What the published shapes say of a value: as JSON Schema for types and editors, and as findings for the rest.

The services of an agent move fast, and most of what comes new is in preview. So what is not published is passed
through with a warning; what is published and wrong is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from provisioner.kinds import fragments as f
from provisioner.model.diagnostic import Finding, Severity
from provisioner.model.document import Path, dotted
from provisioner.model.words import guess, listed, quoted

_TYPES: Final = {"text": "string", "flag": "boolean", "whole": "integer", "number": "number"}
_PREVIEW: Final = "_preview"
_FREE: Final = ("text", "any", *_TYPES)  # where a value of the right type cannot be wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Shapes in the notation of `agent_models`, and where they are published.

    `closed` are the variants whose unknown values are refused and not only warned of, each with what one is called:
    but for previews that look like nothing known, as those are how new ones come;
    `waived` members (model, name) need not be there though they are published as needed. Texts of the names in
    `long_texts` may stand in a file of their own.
    """

    source: str
    models: Mapping[str, Mapping[str, Any]]
    variants: Mapping[str, tuple[str, Mapping[str, str]]]
    closed: Mapping[str, str] = field(default_factory=dict)
    waived: frozenset[tuple[str, str]] = frozenset()
    long_texts: frozenset[str] = frozenset()
    _members: Mapping[str, Mapping[str, tuple[bool, Any]]] = field(init=False)

    def __post_init__(self) -> None:
        members = {
            model: {member.rstrip("!"): (member.endswith("!"), wanted) for member, wanted in shape.items()}
            for model, shape in self.models.items()
        }
        object.__setattr__(self, "_members", members)

    def schema(self, wanted: Any, name: str = "") -> dict[str, Any]:
        """JSON Schema of the types alone, open to other members: what keeps a text out of a number's place."""
        if isinstance(wanted, tuple):
            return _merged(self.schema(each, name) for each in wanted)
        if isinstance(wanted, list):
            return {"type": "array", "items": self.schema(wanted[0])}
        if isinstance(wanted, dict):
            values = wanted["*"]
            return f.document() if values == "any" else {"type": "object", "additionalProperties": self.schema(values)}
        if wanted in self.models:
            return self._mapping(wanted)
        is_long = wanted == "text" and name in self.long_texts
        return f.text_or_file() if is_long else _scalar(wanted)

    def _mapping(self, model: str) -> dict[str, Any]:
        if self._is_open(model):
            return f.document()
        shapes = [self._members[each] for each in (model, *self._models_of(model))]
        properties: dict[str, list[dict[str, Any]]] = {}
        for shape in shapes:
            for name, (_, wanted) in shape.items():
                properties.setdefault(name, []).append(self.schema(wanted, name))
        nullable = {name: _or_null(_merged(several)) for name, several in properties.items()}
        return {"type": "object", "properties": nullable, "$comment": self.source}

    def _models_of(self, model: str) -> Iterator[str]:
        for inner in self.variants.get(model, ("", {}))[1].values():
            yield inner
            yield from self._models_of(inner)

    def _is_open(self, model: str) -> bool:
        """Whether nothing is published of what is in it, as of a JSON Schema."""
        return not self.models[model]

    def findings(self, value: object, wanted: Any, path: Path, *, partial: bool = False) -> Iterator[Finding]:
        """Everything that is wrong with a value of the right types. Of what is `partial`, nothing can be missing."""
        options = wanted if isinstance(wanted, tuple) else (wanted,)
        if isinstance(value, str):
            yield from _text(value, options, path)
        elif isinstance(
            value, dict
        ):  # as every mapping of a manifest is; to ask for a Mapping takes three times as long
            yield from self._in_mapping(value, options, path, partial=partial)
        elif isinstance(value, (list, tuple)):
            for each in options:
                for index, item in enumerate(value if isinstance(each, list) else ()):
                    yield from self.findings(item, each[0], (*path, str(index)), partial=partial)

    def _in_mapping(
        self, value: Mapping[str, Any], options: tuple[Any, ...], path: Path, *, partial: bool
    ) -> Iterator[Finding]:
        named = [each for each in options if isinstance(each, str) and each in self.models]
        for each in options:
            if isinstance(each, dict):
                for key, inner in value.items():
                    yield from self.findings(inner, each["*"], (*path, key), partial=partial)
        meant = [each for each in named if len(options) == 1 or self._may_be(value, each)]
        if len(meant) == 1 or (named and "any" not in options and not meant):
            yield from self._in_model(value, (meant or named)[0], path, partial=partial)

    def _may_be(self, value: Mapping[str, Any], model: str) -> bool:
        """Whether no member whose values are listed says that the value is of another model."""
        for name, (_, wanted) in self._members[model].items():
            listed_values = _known(wanted if isinstance(wanted, tuple) else (wanted,), "=")
            said = value.get(name)
            if listed_values and isinstance(said, str) and said not in listed_values:
                return False
        return True

    def _in_model(self, value: Mapping[str, Any], model: str, path: Path, *, partial: bool) -> Iterator[Finding]:
        if self._is_open(model):
            return
        if model in self.variants:
            member, by_value = self.variants[model]
            said = value.get(member)
            if said is None:
                yield from () if partial else (_lacking(path, member, _example(by_value)),)
            elif isinstance(said, str) and said in by_value:
                yield from self._in_members(value, by_value[said], path, member, partial=partial)
            elif isinstance(said, str):
                yield self._other_variant(model, said, (*path, member), by_value)
            return
        yield from self._in_members(value, model, path, "", partial=partial)

    def _in_members(
        self, value: Mapping[str, Any], model: str, path: Path, told: str, *, partial: bool
    ) -> Iterator[Finding]:
        """`told` is the member that has told the model, and is right for that."""
        if model in self.variants:  # of a variant: told by another member
            yield from self._in_model(value, model, path, partial=partial)
            return
        if self._is_open(model):
            return
        members = self._members[model]
        for name, (needed, wanted) in members.items():
            if name == told:
                continue
            if value.get(name) is not None:
                if wanted not in _FREE:
                    yield from self.findings(value[name], wanted, (*path, name), partial=partial)
            elif needed and not (partial or _is_constant(wanted) or (model, name) in self.waived):
                yield _lacking(path, name, "")
        yield from (
            _unpublished_key((*path, key), list(members))
            for key, inner in value.items()
            if not (inner is None or key in members)
        )

    def _other_variant(self, model: str, said: str, path: Path, by_value: Mapping[str, str]) -> Finding:
        hint = f"{guess(said, by_value)}Known: {listed(sorted(by_value), 'or')}."
        noun = self.closed.get(model)
        if noun is None or (said.endswith(_PREVIEW) and not _resembles(said, by_value)):
            return _unpublished_value(path, said, hint)
        message = f"{quoted(said)} is not a type of {noun}."
        return Finding(path=path, code="unknown-type", message=message, hint=hint)


def _scalar(wanted: str) -> dict[str, Any]:
    return {} if wanted == "any" else {"type": _TYPES.get(wanted, "string")}


def _resembles(said: str, by_value: Iterable[str]) -> bool:
    return bool(guess(said.removesuffix(_PREVIEW), [value.removesuffix(_PREVIEW) for value in by_value]))


def _is_constant(wanted: Any) -> bool:
    """Whether it can only be one thing, so that a service may do without it, as the SDK's users do."""
    return isinstance(wanted, str) and wanted.startswith("=")


def _known(options: tuple[Any, ...], mark: str) -> tuple[str, ...]:
    return tuple(each[1:] for each in options if isinstance(each, str) and each.startswith(mark))


def _text(value: str, options: tuple[Any, ...], path: Path) -> Iterator[Finding]:
    marked = [each for each in options if isinstance(each, str)]
    listed_values, growing = _known(tuple(marked), "="), _known(tuple(marked), "~")
    if {"text", "any"} & set(marked) or value in (*listed_values, *growing) or not (listed_values or growing):
        return
    known = (*listed_values, *growing)
    hint = f"{guess(value, known)}Known: {listed(known, 'or')}."
    if growing:
        yield _unpublished_value(path, value, hint)
    else:
        message = f"`{dotted(path)}` cannot be {quoted(value)}."
        yield Finding(path=path, code="bad-value", message=message, hint=hint.replace("Known:", "Allowed:"))


def _unpublished_value(path: Path, value: str, hint: str) -> Finding:
    message = f"{quoted(value)} is not published as a value of `{dotted(path)}`; it is sent as it is."
    return Finding(path=path, code="unpublished", message=message, hint=hint, severity=Severity.WARNING)


def _unpublished_key(path: Path, known: list[str]) -> Finding:
    message = f"The key {quoted(path[-1])} in `{dotted(path[:-1])}` is not published; it is sent as it is."
    hint = f"{guess(path[-1], known)}Known keys: {listed(known)}."
    return Finding(path=path, code="unpublished", message=message, hint=hint, severity=Severity.WARNING, at_key=True)


def _lacking(path: Path, name: str, example: str) -> Finding:
    said = f", for example `{name}: {example}`" if example else ""
    message = f"`{dotted(path)}` lacks `{name}`."
    return Finding(path=path, code="missing-key", message=message, hint=f"Add `{name}:`{said}.")


def _example(by_value: Mapping[str, str]) -> str:
    return next(iter(sorted(by_value)), "")


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """What may be left out may be null, as the service shows it."""
    if "type" not in schema:
        return schema
    named = schema["type"]
    return {**schema, "type": [*([named] if isinstance(named, str) else named), "null"]}


def _merged(schemas: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A schema that takes what any of them takes, and no less."""
    merged, *others = schemas
    for other in others:
        merged = _either(merged, other)
    return merged


def _either(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    if one == other:
        return one
    if "type" not in one or "type" not in other:
        return {}
    result: dict[str, Any] = {"type": list(dict.fromkeys([*_types(one), *_types(other)]))}
    mappings = [each for each in (one, other) if "object" in _types(each)]
    lists = [each for each in (one, other) if "array" in _types(each)]
    if lists:
        result["items"] = _merged(each["items"] for each in lists)
    if len(mappings) == 1:
        result.update({key: mappings[0][key] for key in _OF_MAPPINGS if key in mappings[0]})
    elif mappings:
        result["properties"] = _joined(*(each.get("properties", {}) for each in mappings))
        result.update({key: each[key] for key in ("$comment",) for each in mappings if key in each})
    return result


_OF_MAPPINGS: Final = ("$comment", "properties", "additionalProperties", "required", f.TAKES_FILE)


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    joined = {**one, **other}
    for name in one.keys() & other.keys():
        joined[name] = _either(one[name], other[name])
    return joined


def _types(schema: Mapping[str, Any]) -> list[str]:
    named = schema["type"]
    return [named] if isinstance(named, str) else list(named)
