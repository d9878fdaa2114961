"""What a schema says against a value or a name, in our codes and words.

jsonschema finds; this module tells. One mistake becomes one diagnostic, also where the schema offers alternatives.
Kinds state their names as a pattern and lengths; which characters a pattern takes is found by trying them, so that no
kind's rule has to be written twice.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

from provisioner.kinds.casing import snake
from provisioner.manifest.limits import MOST_TOLD
from provisioner.manifest.scalars import convert
from provisioner.manifest.validators import compile_schema, finder
from provisioner.model.diagnostic import Finding
from provisioner.model.document import ABSENT, Document, Path, dotted, lookup
from provisioner.model.redact import is_hidden_at
from provisioner.model.secrets import is_secret
from provisioner.model.words import found, guess, joined, listed, quoted, shown

# jsonschema types what an error holds as anything or nothing; what each keyword puts there is known.
_Error: TypeAlias = Any

_TYPE_WORDS: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
_FEW_MARKS: Final = 6


class Misfit(NamedTuple):
    """A finding, and whether its place is the key rather than the value. `keys` are those of the manifest that it is
    about: the one that is missing, or those that a wrong one may stand for.
    """

    finding: Finding
    at_key: bool
    keys: tuple[Path, ...] = ()


class Shape:
    """A schema, ready to be held against many values. `neighbours` are other tools' words: see `kinds.neighbours`."""

    def __init__(self, schema: Document, neighbours: Mapping[str, str] | None = None) -> None:
        self.schema = dict(schema)
        self._neighbours = neighbours or {}
        self.fits = compile_schema(schema)
        self._errors: Callable[[object], Iterator[_Error]] | None = None

    def misfits(self, value: object, most: int = MOST_TOLD) -> list[Misfit]:
        """Everything that is wrong with the value, each thing once: a key under a wrong name is not missing as well.
        Of more than `most` things, the first, and one misfit that says so: `is_everything` is false then.
        """
        if self.fits(value):
            return []
        told = islice(_told(self._find(value)), most + 1) if most > 0 else iter((_MORE,))
        unique = {(misfit.finding.path, misfit.finding.message): misfit for misfit in told}
        if len(unique) > most > 0:
            unique = {**dict(islice(unique.items(), most)), ((), _MORE.finding.message): _MORE}
        found = [self._translated(misfit, value) for misfit in unique.values()]
        said = {key for misfit in found if misfit.finding.code != "missing-key" for key in misfit.keys}
        return [each for each in found if each.finding.code != "missing-key" or said.isdisjoint(each.keys)]

    def _translated(self, misfit: Misfit, value: object) -> Misfit:
        """With the manifest's own word in the hint, where another tool's is used."""
        if misfit.finding.code not in {"unknown-key", "wrong-type"}:
            return misfit
        path, held = dotted(misfit.finding.path), _at(value, misfit.finding.path)
        hint = _translation(self._neighbours, path, held)
        if not hint:
            return misfit
        return Misfit(replace(misfit.finding, hint=hint), misfit.at_key, tuple(self._meant(path, held)))

    def _meant(self, path: str, value: Any) -> Iterator[Path]:
        """What another tool's word may stand for, and what it holds that stands elsewhere here."""
        words = [path, *_inside(self._neighbours, path, value)]
        yield from (tuple(ours.split(".")) for word in words if " " not in (ours := self._neighbours.get(word, " ")))
        for key in value if isinstance(value, Mapping) else ():
            if snake(key) in self.schema.get("properties", {}):
                yield (snake(key),)

    def _find(self, value: object) -> Iterator[_Error]:
        if self._errors is None:
            self._errors = finder(self.schema)
        return self._errors(value)


_MORE: Final = Misfit(
    Finding(
        path=(),
        code="bad-value",
        message="more does not fit than is told here.",
        hint="Correct what is told, and look again.",
    ),
    at_key=True,
)


def is_everything(misfits: Sequence[Misfit]) -> bool:
    """Whether they are all, so that what they do not name is sound."""
    return _MORE not in misfits


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _translation(neighbours: Mapping[str, str], path: str, value: Any) -> str:
    """A hint for what another tool calls by the path, or by paths inside it that the value has."""
    inside = _inside(neighbours, path, value)
    meant = [name for name in inside or [path] if name in neighbours]
    sentences = [f"{f'`{name}`: ' if inside else ''}{neighbours[name]}" for name in meant if " " in neighbours[name]]
    pairs = [f"`{neighbours[name]}` for `{name}`" for name in meant if " " not in neighbours[name]]
    if pairs and not inside:
        return f"Write `{neighbours[path]}`."
    return " ".join([*([f"Write {joined(pairs)}."] if pairs else []), *sentences])


def _inside(neighbours: Mapping[str, str], path: str, value: Any) -> list[str]:
    return [name for name in neighbours if name.startswith(f"{path}.") and _has(value, name[len(path) + 1 :])]


def _has(value: Any, path: str) -> bool:
    return isinstance(value, Mapping) and lookup(value, tuple(path.split("."))) is not ABSENT


def _told(errors: Iterable[_Error]) -> Iterator[Misfit]:
    for error in errors:
        path = tuple(str(step) for step in error.absolute_path)
        yield from _TELLERS.get(str(error.validator), _something)(error, path)


def _field(path: Path) -> str:
    return f"`{shown(dotted(path))}`" if path else "the whole of it"


def _value(code: str, path: Path, message: str, hint: str) -> Iterator[Misfit]:
    yield Misfit(Finding(path=path, code=code, message=message, hint=hint), at_key=False)


def _key(code: str, path: Path, message: str, hint: str, keys: tuple[Path, ...] = ()) -> Iterator[Misfit]:
    yield Misfit(Finding(path=path, code=code, message=message, hint=hint), at_key=True, keys=keys)


def _type(error: _Error, path: Path) -> Iterator[Misfit]:
    return _wrong_type(path, error.instance, _wanted_types(error))


def _wanted_types(error: _Error) -> list[str]:
    names = error.validator_value
    return [names] if isinstance(names, str) else list(names)


def _wrong_type(path: Path, value: object, types: Collection[str]) -> Iterator[Misfit]:
    wanted = listed([_TYPE_WORDS[name] for name in types if name != "null"], "or")
    hint = f"Write {wanted}."
    if value is None:
        hint = f"Write {wanted}, or remove the key."
    elif wanted == "text" and isinstance(value, (bool, int, float)):
        hint = "Quote it."
    elif isinstance(value, str) and _looks_like(value, types) and not _is_secret(path):
        hint = f"Remove the quotes: {shown(value.strip())}."
    yield from _value("wrong-type", path, f"{_field(path)} is {_found(path, value)}; it must be {wanted}.", hint)


def _found(path: Path, value: object) -> str:
    """As `found`, but that the value of a secret is not repeated: what is told ends up in logs and comments."""
    if _is_secret(path) and isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return "a text" if isinstance(value, str) else "a number"
    return found(value)


def _is_secret(path: Path) -> bool:
    return is_hidden_at(path) or any(is_secret(name) for name in path)


def _looks_like(text: str, types: Collection[str]) -> bool:
    return convert(text, types) is not None


def _unknown(error: _Error, path: Path) -> Iterator[Misfit]:
    known = list(error.schema.get("properties", {}))
    patterns = [pattern.removeprefix("^") for pattern in error.schema.get("patternProperties", ())]
    for key in error.instance:
        if key in known or key.startswith(tuple(patterns)):
            continue
        where = f" in `{shown(dotted(path))}`" if path else ""
        meant = f"Write `{snake(key)}`. " if snake(key) in known else guess(key, known)
        message = f"the key {quoted(key)}{where} is not known."
        keys = ((*path, snake(key)),) if snake(key) in known else ()
        yield from _key("unknown-key", (*path, key), message, f"{meant}Known keys: {listed(known)}.", keys)


def _missing(error: _Error, path: Path) -> Iterator[Misfit]:
    for key in error.validator_value:
        if key not in error.instance:
            message = f"{_field(path)} lacks `{key}`." if path else f"`{key}` is missing."
            hint = f"Add `{key}:`{_example(error.schema, key)}."
            yield from _key("missing-key", path, message, hint, keys=((*path, key),))


def _example(schema: Any, key: str) -> str:
    wanted = schema.get("properties", {}).get(key, {})
    example = wanted.get("const", next(iter(wanted.get("examples", ())), ""))
    return f", for example `{key}: {example}`" if isinstance(example, (str, int)) and example != "" else ""


def _choice(error: _Error, path: Path) -> Iterator[Misfit]:
    choices = error.validator_value if error.validator == "enum" else [error.validator_value]
    hint = f"{_remedy(error.instance, choices)}Allowed: {listed([str(each) for each in choices], 'or')}."
    is_shown = isinstance(error.instance, str) and not _is_secret(path)
    said = quoted(error.instance) if is_shown else _found(path, error.instance)
    yield from _value("bad-value", path, f"{_field(path)} cannot be {said}.", hint)


def _remedy(value: object, choices: Collection[object]) -> str:
    if not isinstance(value, str):
        return ""
    spelled = convert(value, {"integer", "number", "boolean"})
    if spelled is not None and any(spelled == each and type(spelled) is type(each) for each in choices):
        return f"Remove the quotes: {shown(value.strip())}. "
    return guess(value, [each for each in choices if isinstance(each, str)])


def _range(error: _Error, path: Path) -> Iterator[Misfit]:
    word = "least" if error.validator == "minimum" else "most"
    message = f"{_field(path)} is {_found(path, error.instance)}; it must be at {word} {error.validator_value}."
    yield from _value("out-of-range", path, message, _both_ends(error.schema))


def _both_ends(schema: Any) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"Choose from {low} to {high}." if None not in (low, high) else "Choose another number."


def _length(error: _Error, path: Path) -> Iterator[Misfit]:
    limit, length = error.validator_value, len(error.instance)
    if "propertyNames" in error.absolute_schema_path:
        message = f"the key {quoted(error.instance)} has {length} characters; {limit} are allowed."
        yield from _key("too-long", (*path, error.instance), message, "Shorten it.")
        return
    things = "items" if isinstance(error.instance, list) else "characters"
    message = f"{_field(path)} has {length} {things}; {limit} are allowed."
    yield from _value("too-long", path, message, "Shorten it.")


def _alternatives(error: _Error, path: Path) -> Iterator[Misfit]:
    """The complaints of the one alternative that was meant: the one whose type fits."""
    branches: dict[int, list[_Error]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    meant = [inners for inners in branches.values() if not any(_is_type_at(inner, error) for inner in inners)]
    if len(meant) == 1:
        yield from _told(meant[0])
        return
    types = [
        name
        for inners in branches.values()
        for inner in inners
        if _is_type_at(inner, error)
        for name in _wanted_types(inner)
    ]
    if types:
        yield from _wrong_type(path, error.instance, types)
    else:
        yield from _something(error, path)


def _is_type_at(inner: _Error, error: _Error) -> bool:
    return inner.validator == "type" and len(inner.absolute_path) == len(error.absolute_path)


def _something(error: _Error, path: Path) -> Iterator[Misfit]:
    message = f"{_field(path)} is {_found(path, error.instance)}, which does not fit."
    yield from _value("bad-value", path, message, f"{error.schema.get('description', 'See the schema.')}")


_TELLERS: Final[Mapping[str, Callable[[_Error, Path], Iterator[Misfit]]]] = {
    "type": _type,
    "additionalProperties": _unknown,
    "required": _missing,
    "enum": _choice,
    "const": _choice,
    "minimum": _range,
    "maximum": _range,
    "maxLength": _length,
    "maxItems": _length,
    "oneOf": _alternatives,
    "anyOf": _alternatives,
}


def fits_name(name: str, rule: Document) -> bool:
    # Not `search`: there, `$` would let a line break through.
    shortest, longest = rule.get("minLength", 1), rule.get("maxLength", len(name))
    return shortest <= len(name) <= longest and re.fullmatch(rule.get("pattern", ".*"), name) is not None


def name_fault(name: str, rule: Document) -> str:
    """The end of a sentence that begins with the name."""
    shortest, longest = rule.get("minLength", 1), rule.get("maxLength")
    if not name:
        return "is empty"
    if name in {".", ".."}:
        return "stands for a folder, in URLs too"
    if longest is not None and len(name) > longest:
        return f"has {len(name)} characters, at most {longest} are allowed"
    if len(name) < shortest:
        return f"has {len(name)} character{'s' if len(name) > 1 else ''}, at least {shortest} are needed"
    return _wrong_characters(name, rule)


def _wrong_characters(name: str, rule: Document) -> str:
    if bad := [char for char in dict.fromkeys(name) if not _takes(rule, f"a{char}a")]:
        return f"holds {listed([quoted(char) for char in bad])}"
    if not _takes(rule, f"{name[0]}a"):
        return f"starts with {quoted(name[0])}"
    if not _takes(rule, f"a{name[-1]}"):
        return f"ends with {quoted(name[-1])}"
    return f"does not match {rule.get('pattern')}"


def name_advice(rule: Document) -> str:
    """The rule as advice."""
    marks = [char for char in string.punctuation if _takes(rule, f"a{char}a")]
    limit = f"; at most {rule['maxLength']} characters" if "maxLength" in rule else ""
    if len(marks) > _FEW_MARKS:
        refused = [quoted(char) for char in " " + string.punctuation if not _takes(rule, f"a{char}a")]
        return f"Use no {listed(refused, 'or')}{limit}."
    inside = [char for char in marks if not (_takes(rule, f"{char}a") and _takes(rule, f"a{char}"))]
    outside = f"; {listed([quoted(char) for char in inside])} not at the {_where(inside, rule)}" if inside else ""
    return f"Use {listed(['letters', 'digits', *map(quoted, marks)])}{outside}{limit}."


def _where(marks: list[str], rule: Document) -> str:
    return "beginning" if all(_takes(rule, f"a{char}") for char in marks) else "beginning or end"


def _takes(rule: Document, sample: str) -> bool:
    return _matches(rule.get("pattern", ".*"), sample)


@lru_cache(maxsize=4096)
def _matches(pattern: str, sample: str) -> bool:
    return re.fullmatch(pattern, sample) is not None
