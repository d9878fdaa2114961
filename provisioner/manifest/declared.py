"""`variables:` of all files: what each variable is to hold, and where that is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

from provisioner.kinds.fragments import flag, mapping, text
from provisioner.manifest.misfits import Shape, fits_name, name_fault
from provisioner.manifest.places import Source
from provisioner.manifest.references import VAR, references
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import ABSENT, Document, Path
from provisioner.model.words import found, listed, quoted
from provisioner.model.written import VARIABLE_TYPES

SECTION: Final = "variables"
STRING, NUMBER, BOOLEAN, LIST, MAPPING = VARIABLE_TYPES
WORDS: Final = {
    STRING: "a text",
    NUMBER: "a number",
    BOOLEAN: "true or false",
    LIST: "a list",
    MAPPING: "a mapping",
}
MOST_OF_NAME: Final = 100  # characters
VARIABLE_NAME: Final[Document] = {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": MOST_OF_NAME}
DECLARATION: Final[Document] = mapping(
    "What it holds, and what it holds when nothing sets it.",
    {
        "type": {
            "enum": [*VARIABLE_TYPES],
            "default": STRING,
            "description": "What it holds. Texts that set it from outside are converted to it, lists and mappings as "
            "YAML.",
        },
        "default": {
            "description": "Its value when nothing sets it; may hold `${env:NAME}`. Without one it must be set."
        },
        "description": text("What it is for."),
        "sensitive": flag(
            "Show its value nowhere. What comes from PROVISIONER_SECRET_NAME is sensitive whatever is said here.",
            default=False,
        ),
        "enum": {"type": "array", "minItems": 1, "description": "The only values that it may have."},
    },
)
VARIABLES: Final[Document] = {
    "type": ["object", "null"],
    "description": "What the manifest takes from outside, by name: `${var.NAME}` stands for it in any value. It is set "
    "by its default, the environment's `variables`, --var-file, PROVISIONER_VAR_NAME and --var; the later one wins.",
    "propertyNames": VARIABLE_NAME,
    "additionalProperties": {**DECLARATION, "type": ["object", "null"]},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """`default` and `enum` are empty (ABSENT, no values) where nothing usable is said."""

    name: str
    where: Location
    type: str = STRING
    default: Any = ABSENT
    is_sensitive: bool = False
    enum: tuple[Any, ...] = ()
    said: str = ""

    @property
    def place(self) -> str:
        """For sentences: what is `said` of it, or where it is declared."""
        where = self.where
        return self.said or f"declared in {where.file}:{where.line}:{where.column}"


class Placed(NamedTuple):
    """A value that a file gives a variable, and where it stands."""

    value: Any
    where: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """`broken` are names of declarations that cannot be used: nothing is held against their use. `what` tells, in the
    words behind "is", what a name is that is not among them.
    """

    by_name: Mapping[str, Declaration] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    problems: tuple[Diagnostic, ...] = ()
    what: str = "no variable of the manifest"


@lru_cache(maxsize=1)
def _shape() -> Shape:
    return Shape(DECLARATION)


def declared(sources: Iterable[Source]) -> Declared:
    """Of all files together."""
    by_name: dict[str, Declaration] = {}
    broken: set[str] = set()
    problems: list[Diagnostic] = []
    for source in sources:
        section = source.root.get(SECTION) if isinstance(source.root, dict) else None
        if section is None:
            continue
        if not isinstance(section, dict):
            message = f"`{SECTION}` is {found(section)}; it must be a mapping."
            hint = "Write each variable by its name: `variables: {capacity: {type: number, default: 50}}`."
            problems.append(_problem("wrong-type", source.value_at((SECTION,)), message, hint))
            continue
        for name, said in section.items():
            of_it = [*_problems(source, name, said)]
            problems += of_it
            where = source.key_at((SECTION, name))
            if first := by_name.get(name):
                message = f"The variable {quoted(name)} is declared twice; it is {first.place}."
                problems.append(_problem("variable-twice", where, message, "Keep one of the two."))
            elif any(it.is_error for it in of_it):
                broken.add(name)
            else:
                by_name[name] = _declaration(name, said or {}, where)
    return Declared(by_name=by_name, broken=frozenset(broken), problems=tuple(problems))


def _declaration(name: str, said: Document, where: Location) -> Declaration:
    return Declaration(
        name=name,
        where=where,
        type=said.get("type", STRING),
        default=said.get("default", ABSENT),
        is_sensitive=said.get("sensitive", False),
        enum=tuple(said.get("enum", ())),
    )


def _problem(code: str, where: Location, message: str, hint: str, severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint, where=where, severity=severity)


def _problems(source: Source, name: str, said: object) -> Iterator[Diagnostic]:
    at = (SECTION, name)
    if not fits_name(name, VARIABLE_NAME):
        message = f"The variable's name {quoted(name)} {name_fault(name, VARIABLE_NAME)}."
        hint = "Use letters, digits and `_`, no digit first, at most 100 characters."
        yield _problem("bad-name", source.key_at(at), message, hint)
    if said is None:
        return
    if not isinstance(said, dict):
        message = f"The variable {quoted(name)} is {found(said)}; its declaration must be a mapping."
        hint = f"Write what it holds when nothing sets it as `{name}: {{default: …}}`."
        yield _problem("wrong-type", source.value_at(at), message, hint)
        return
    misfits = _shape().misfits(said)
    for finding, at_key, _ in misfits:
        where = source.key_at((*at, *finding.path)) if at_key else source.value_at((*at, *finding.path))
        yield _problem(finding.code, where, f"The variable {quoted(name)}: {finding.message}", finding.hint)
    if not misfits:
        yield from _contradictions(source, at, said)


def _contradictions(source: Source, at: Path, said: Document) -> Iterator[Diagnostic]:
    name, kind = quoted(at[-1]), said.get("type", STRING)
    allowed: list[tuple[Path, Any]] = [(("enum", str(index)), it) for index, it in enumerate(said.get("enum", ()))]
    values = [(("default",), said["default"]), *allowed] if "default" in said else allowed
    for path, value in values:
        where = source.value_at((*at, *path))
        if inner := next((it for it in references(value) if it.source == VAR), None):
            message = f"The variable {name} refers to another one: {quoted(inner.written)}."
            hint = "Write what it holds; a default may refer to the environment: ${env:NAME}. `$${` writes `${`."
            yield _problem("variable-in-variable", where, message, hint)
        holds_env = path == ("default",) and isinstance(value, str) and any(True for _ in references(value))
        if not (fits(value, kind) or holds_env):
            what = "something else" if said.get("sensitive") else found(value)
            message = f"The variable {name} is to hold {WORDS[kind]}, and this is {what}."
            yield _problem("variable-type", where, message, _remedy(value, kind))
    if "enum" in said and said.get("sensitive"):
        message = f"The variable {name} is sensitive and has an `enum`: whether a value fits it would tell what it is."
        yield _problem("variable-enum", source.key_at((*at, "enum")), message, "Remove the `enum`.")
    elif "enum" in said and "default" in said and not _is_one_of(said["default"], said["enum"]):
        message = f"The default of the variable {name} is none of its `enum`."
        hint = f"Allowed: {listed([str(it) for it in said['enum']], 'or')}."
        yield _problem("variable-enum", source.value_at((*at, "default")), message, hint)


def _remedy(value: object, kind: str) -> str:
    if kind == STRING and isinstance(value, (bool, int, float)):
        return "Quote it."
    if value is None:
        return "Write a value, or remove the key: then it must be set."
    return f"Write {WORDS[kind]}, or correct the `type`."


def _is_one_of(value: object, allowed: Sequence[object]) -> bool:
    return any(value == each and isinstance(value, bool) is isinstance(each, bool) for each in allowed)


def is_allowed(value: object, declaration: Declaration) -> bool:
    return not declaration.enum or _is_one_of(value, declaration.enum)


def type_of(value: object) -> str:
    """The type of what holds the value; of nothing at all, a text."""
    return next((kind for kind in VARIABLE_TYPES if fits(value, kind)), STRING)


def fits(value: object, kind: str) -> bool:
    if kind == NUMBER:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    types: dict[str, type] = {STRING: str, BOOLEAN: bool, LIST: list, MAPPING: dict}
    return isinstance(value, types[kind])
