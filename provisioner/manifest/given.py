"""What sets a manifest's variables: its own words, files of values, the environment, the command.

Of several, one wins: default < the environment's `variables` < a `.env` file < --var-file < PROVISIONER_VAR_NAME or
PROVISIONER_SECRET_NAME < --var. A `.env` file lies beside the manifest and may have come with it, so what a pipeline
says goes before. An empty variable counts as unset. No message shows what one holds: it may be a secret that was put
into the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any, Final

from provisioner.manifest.codes import CODES
from provisioner.manifest.declared import (
    BOOLEAN,
    LIST,
    MAPPING,
    NUMBER,
    STRING,
    WORDS,
    Declaration,
    Declared,
    Placed,
    fits,
    is_allowed,
)
from provisioner.manifest.files import Found, can_hold, read_manifest, shown_path
from provisioner.manifest.limits import Budget
from provisioner.manifest.reader import read, read_document, read_json
from provisioner.manifest.references import VAR, references
from provisioner.manifest.scalars import Ambiguous, resolve
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import ABSENT
from provisioner.model.invisible import SURROGATES
from provisioner.model.words import guess, listed, quoted, shown

PLAIN: Final = "PROVISIONER_VAR_"
SECRET: Final = "PROVISIONER_SECRET_"  # noqa: S105 - how the names of variables begin
OPTION: Final = "--var"
STAND_INS: Final[Mapping[str, Any]] = {STRING: "x", NUMBER: 1, BOOLEAN: True, LIST: [], MAPPING: {}}
_SURROGATE: Final = re.compile(f"[{SURROGATES}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the command and its environment say. `options` are names and texts, the later ones win; `dotenv` is what a
    `.env` file sets, `environ` what the environment itself does.
    """

    options: Sequence[tuple[str, str]] = ()
    files: Sequence[FilePath] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    dotenv: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a variable holds; ABSENT where nothing sets it, or what sets it does not fit (`is_bad`). `by` is what sets
    it, for sentences, and `where` the place that has to be corrected then. What is `in_manifest` may refer to the
    environment in its texts; what `is_from_outside` stands in no file. The value has `size` values in `height` levels,
    and `length` characters.
    """

    declaration: Declaration
    value: Any = ABSENT
    by: str = ""
    where: Location | None = None
    in_manifest: bool = False
    is_from_outside: bool = False
    is_sensitive: bool = False
    is_bad: bool = False
    size: int = 1
    height: int = 0
    length: int = 0

    @property
    def stand_in(self) -> Any:
        """Something of the type, the same whatever it holds."""
        return STAND_INS[self.declaration.type]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A text that `is_spelt` is still to be converted."""

    value: Any
    by: str
    is_spelt: bool = False
    in_manifest: bool = False
    where: Location | None = None


def settings(
    declared: Declared,
    outside: Outside,
    of_environment: Mapping[str, Placed],
    used: Mapping[str, Location],
    budget: Budget,
) -> tuple[dict[str, Setting], list[Diagnostic]]:
    """What every declared variable holds. `of_environment` are the values of the chosen environment; `used` says where
    each one stands first.
    """
    of_files, problems = _files(outside.files, declared, budget)
    problems += _undeclared(declared, outside.options, of_environment)
    held: dict[str, Setting] = {}
    for name, declaration in declared.by_name.items():
        is_secret = any(said.get(f"{SECRET}{name}") for said in (outside.environ, outside.dotenv))
        is_sensitive = declaration.is_sensitive or is_secret
        candidates = _candidates(declaration, outside, of_files, of_environment)
        setting, fault = _set(declaration, next(candidates, None), is_sensitive=is_sensitive)
        held[name] = setting
        problems += [_unfit(setting, fault, used.get(name))] if fault else []
        problems += _of_secret(setting)
    return held, problems


def _candidates(
    declaration: Declaration, outside: Outside, of_files: Mapping[str, Placed], of_environment: Mapping[str, Placed]
) -> Iterator[_Candidate]:
    """From the one that wins down."""
    name = declaration.name
    if (text := dict(outside.options).get(name)) is not None:
        yield _Candidate(value=text, by=f"{OPTION} {name}", is_spelt=True)
    yield from _of_variables(name, outside.environ)
    if name in of_files:
        yield _Candidate(value=of_files[name].value, by=_place(of_files[name].where), where=of_files[name].where)
    yield from _of_variables(name, outside.dotenv)
    if name in of_environment:
        value, where = of_environment[name]
        yield _Candidate(value=value, by=_place(where), where=where, in_manifest=True)
    if declaration.default is not ABSENT:
        yield _Candidate(value=declaration.default, by="its default", where=declaration.where, in_manifest=True)


def _of_variables(name: str, environ: Mapping[str, str]) -> Iterator[_Candidate]:
    for prefix in (SECRET, PLAIN):
        if text := environ.get(f"{prefix}{name}"):
            yield _Candidate(value=text, by=f"{prefix}{name}", is_spelt=True)


def _place(where: Location) -> str:
    return f"{where.file}:{where.line}:{where.column}"


def _set(declaration: Declaration, candidate: _Candidate | None, *, is_sensitive: bool) -> tuple[Setting, str]:
    """What it holds, or what keeps it from holding what it is set to, as the end of a sentence."""
    if candidate is None:
        return Setting(declaration=declaration, is_sensitive=is_sensitive), ""
    value, fault = _typed(candidate, declaration)
    if not fault and declaration.enum and is_sensitive:
        fault = "is sensitive, and the declaration has an `enum`: whether it fits would tell what it is"
    elif not fault and not is_allowed(value, declaration):
        fault = f"is none of its `enum`, {listed([str(it) for it in declaration.enum], 'or')}"
    size, height, length = _measured(value)
    setting = Setting(
        declaration=declaration,
        value=ABSENT if fault else value,
        by=candidate.by,
        where=candidate.where or declaration.where,
        in_manifest=candidate.in_manifest,
        is_from_outside=candidate.is_spelt,
        is_sensitive=is_sensitive,
        is_bad=bool(fault),
        size=size,
        height=height,
        length=length,
    )
    return setting, fault


def _unfit(setting: Setting, fault: str, used: Location | None) -> Diagnostic:
    declaration = setting.declaration
    place = f"{declaration.place}{f' and used in {_place(used)}' if used is not None else ''}"
    message = f"The variable {quoted(declaration.name)}, {place}, cannot be what {setting.by} says: it {fault}."
    hint = f"Set it to {WORDS[declaration.type]}, or correct its declaration."
    if declaration.enum:
        hint = "Set it to one of its `enum`, or correct its declaration."
    return Diagnostic(code="variable-value", message=message, hint=hint, where=setting.where)


def _measured(value: Any) -> tuple[int, int, int]:
    """Values, levels and characters."""
    if not isinstance(value, (dict, list)):
        return 1, 0, len(value) if isinstance(value, str) else 0
    inner = [_measured(each) for each in (value.values() if isinstance(value, dict) else value)]
    keys = sum(map(len, value)) if isinstance(value, dict) else 0
    return (
        1 + sum(it[0] for it in inner),
        1 + max((it[1] for it in inner), default=0),
        keys + sum(it[2] for it in inner),
    )


def _typed(candidate: _Candidate, declaration: Declaration) -> tuple[Any, str]:
    """The value in the declared type, or what keeps it from that, as the end of a sentence."""
    value, kind = candidate.value, declaration.type
    if candidate.is_spelt:
        if _SURROGATE.search(value):
            return None, "holds bytes that are not text"
        value = value if kind == STRING else spelt(value, kind)
    elif candidate.in_manifest and (named := [*references(value)]):
        if any(it.source == VAR for it in named):
            return None, "refers to another variable"
        if isinstance(value, str):  # what the environment holds is held against the place where it is used
            return value, ""
    return (value, "") if fits(value, kind) else (None, f"is not {WORDS[kind]}")


def spelt(text: str, kind: str) -> Any:
    """What a text from outside stands for, None where that is nothing of the type; lists and mappings are YAML."""
    if kind == BOOLEAN:
        return {"true": True, "false": False}.get(text.strip().lower())
    if kind == NUMBER:
        try:
            return resolve(text.strip()) if text.strip() else None
        except Ambiguous:
            return None
    text = text.replace("\r\n", "\n")
    source, problems = read(text, file="") if can_hold(text) else (None, [])
    value = source.root if source is not None and not problems else read_json(text)  # escapes that YAML has not
    return value if isinstance(value, list if kind == LIST else dict) else None


def spelling(value: object) -> str:
    """A single value inside a text: as YAML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def is_in_the_open(setting: Setting) -> bool:
    """Whether the manifest itself says what a sensitive variable holds."""
    is_said = setting.is_sensitive and setting.in_manifest and setting.value is not ABSENT
    return is_said and not any(True for _ in references(setting.value))


def _of_secret(setting: Setting) -> Iterator[Diagnostic]:
    """A secret has no business in a file that everybody reads."""
    if is_in_the_open(setting):
        declaration = setting.declaration
        message = f"The variable {quoted(declaration.name)} is sensitive, and what it holds is written in the manifest."
        hint = f"Remove it there, set {SECRET}{declaration.name}, and change the secret, if it was real."
        yield Diagnostic(
            code="variable-in-the-open",
            message=message,
            hint=hint,
            severity=Severity.WARNING,
            where=declaration.where,
        )


def _undeclared(
    declared: Declared, options: Sequence[tuple[str, str]], of_environment: Mapping[str, Placed]
) -> Iterator[Diagnostic]:
    for name in dict.fromkeys(name for name, _ in options):
        if not _is_known(name, declared):
            message = f"{OPTION} sets {quoted(name)}, which is {declared.what}."
            yield Diagnostic(code="variable-undeclared", message=message, hint=meant(name, declared))
    for name, placed in of_environment.items():
        if not _is_known(name, declared):
            message = f"{quoted(name)} is set here, which is {declared.what}."
            hint = meant(name, declared)
            yield Diagnostic(code="variable-undeclared", message=message, hint=hint, where=placed.where)


def _is_known(name: str, declared: Declared) -> bool:
    return name in declared.by_name or name in declared.broken


def meant(name: str, declared: Declared) -> str:
    """What to do about a name that is not declared."""
    known = declared.by_name
    if not known and declared.what != Declared().what:
        return "Leave it away: no sensitive variable is needed."
    if not known:
        return f"Declare it: `variables: {{{shown(name)}: {{type: string}}}}`."
    word = "Declared are" if declared.what == Declared().what else "There are"
    return f"{guess(name, known)}{word}: {listed(list(known))}."


def _files(paths: Sequence[FilePath], declared: Declared, budget: Budget) -> tuple[dict[str, Placed], list[Diagnostic]]:
    """What files of values say, the later ones over the others."""
    values: dict[str, Placed] = {}
    problems: list[Diagnostic] = []
    for path in paths:
        found, of_file = _file(path, budget)
        problems += of_file
        for name, placed in found.items():
            if _is_known(name, declared):
                values[name] = placed
            else:
                message = f"{quoted(name)} is set here, which is {declared.what}."
                hint = meant(name, declared)
                code = "variable-undeclared"
                problems.append(Diagnostic(code=code, message=message, hint=hint, where=placed.where))
    return values, problems


def _file(path: FilePath, budget: Budget) -> tuple[dict[str, Placed], list[Diagnostic]]:
    text, problem = read_manifest(Found(path), budget)
    if text is None:
        return {}, [problem] if problem is not None else []
    name = shown_path(path)
    if path.suffix.lower() == ".json":
        document, problems = read_document(text, file=name, suffix=".json", budget=budget)
        place = Location(file=name)
        return {key: Placed(value, place) for key, value in (document or {}).items()}, [*map(_unquoted, problems)]
    source, problems = read(text, file=name, budget=budget)
    if source is None or problems:
        return {}, [*map(_unquoted, problems)]
    if source.root is None:
        return {}, []
    if not isinstance(source.root, dict):
        message, hint = "The file of values holds no mapping.", "Write `NAME: value` lines."
        return {}, [Diagnostic(code="wrong-type", message=message, hint=hint, where=source.value_at(()))]
    return {key: Placed(value, source.value_at((key,))) for key, value in source.root.items()}, []


def _unquoted(problem: Diagnostic) -> Diagnostic:
    """In words that quote nothing of the file."""
    hint = "Correct it here; what the file holds is not shown."
    return replace(problem, message=CODES[problem.code], hint=hint)
