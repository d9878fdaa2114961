"""All files of a manifest, in one environment, with their plain variables put in: what `render` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from provisioner.manifest.declared import Declaration, Declared, Placed, declared
from provisioner.manifest.draft import Options
from provisioner.manifest.env import Variables
from provisioner.manifest.given import Outside, Setting, settings
from provisioner.manifest.laying import Overlaid
from provisioner.manifest.limits import Budget, bounded
from provisioner.manifest.places import Source
from provisioner.manifest.reading import Files
from provisioner.manifest.variables import substituted, unused, used_in, uses
from provisioner.model.diagnostic import Diagnostic, Location
from provisioner.model.document import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledFile:
    """`problems` are the reader's; `put_in` are the variables that have a part in a value, by its path."""

    source: Source
    problems: tuple[Diagnostic, ...]
    put_in: Mapping[Path, tuple[Setting, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """`variables` know what the manifest's own ones hold; `problems` are of these."""

    files: tuple[SettledFile, ...]
    variables: Variables
    problems: tuple[Diagnostic, ...]


def settled(found: Files, overlaid: Overlaid, options: Options, budget: Budget) -> Settled:
    """No more once the budget is spent."""
    of_manifest = declared(file.source for file in found.files)
    outside = Outside(
        options=options.variables,
        files=options.variable_files,
        environ=options.environ,
        dotenv=found.variables.dotenv,
    )
    used = uses(of_manifest, (file.source for file in overlaid.files))
    of_environment = {name: Placed(*value) for name, value in overlaid.variables.items()}
    held, told = settings(of_manifest, outside, of_environment, used, budget)
    problems = [*of_manifest.problems, *told]
    if of_manifest.by_name and not _has_more_files(found, overlaid):
        elsewhere = (used_in(file.source.root) for file in found.files if overlaid.environment is not None)
        problems += unused(of_manifest, {*used, *(name for names in elsewhere for name in names)})
    variables = replace(found.variables, declared=of_manifest, settings=held)
    files: list[SettledFile] = []
    for file in overlaid.files:
        if budget.is_spent:
            break
        result = substituted(file.source, held, budget)
        problems += result.problems
        files.append(SettledFile(source=result.source, problems=file.problems, put_in=result.put_in))
    return Settled(files=tuple(files), variables=variables, problems=tuple(bounded(problems)))


def with_sensitive(
    variables: Variables, types: Mapping[str, str], file: str, options: Options, budget: Budget
) -> tuple[Variables, list[Diagnostic]]:
    """With what these variables hold, which the file names as sensitive, by their types. A `.env` file is not asked: it
    lies in no manifest's folder here.
    """
    where, said = Location(file=file), f"sensitive in {file}"
    by_name = {
        name: Declaration(name=name, where=where, type=kind, is_sensitive=True, said=said)
        for name, kind in types.items()
    }
    outside = Outside(options=options.variables, files=options.variable_files, environ=options.environ)
    asked = Declared(by_name=by_name, what=f"no sensitive variable of {file}: what others hold is in it already")
    held, problems = settings(asked, outside, {}, {}, budget)
    return replace(variables, declared=asked, settings=held), problems


def unset(variables: Variables, source: Source, budget: Budget) -> tuple[Variables, Source]:
    """A single file, of whose variables none is set."""
    of_file = declared([source])
    held, _ = settings(of_file, Outside(), {}, {}, budget)
    return replace(variables, declared=of_file, settings=held), substituted(source, held, budget).source


def _has_more_files(found: Files, overlaid: Overlaid) -> bool:
    """Whether an environment that is not chosen stands in a file of its own, which nobody has read."""
    return any(
        isinstance(said, dict) and "file" in said and name != overlaid.environment
        for file in found.files
        for name, said in _environments(file.source.root)
    )


def _environments(root: object) -> Iterable[tuple[str, object]]:
    said = root.get("environments") if isinstance(root, dict) else None
    return said.items() if isinstance(said, dict) else ()
