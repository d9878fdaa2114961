"""A manifest checked in every one of its environments: each finding once, with those that it is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from provisioner.manifest.declared import declared
from provisioner.manifest.draft import Options
from provisioner.manifest.environments import VARIABLE, Environments
from provisioner.manifest.laying import Overlaid
from provisioner.manifest.limits import Budget, Resource, bounded
from provisioner.manifest.load import Manifest, loaded_with, tidied, uncollected
from provisioner.manifest.reading import Files, read_files
from provisioner.manifest.variables import unused, used_in
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.words import quoted

_AT_ONCE: Final = 5  # times what one manifest may take, in all environments together


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """`manifests` are those of the environments, in their order, and as many as the environments only where no
    diagnostic is an error.
    """

    manifests: tuple[Manifest, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def is_valid(self) -> bool:
        return not any(problem.is_error for problem in self.diagnostics)


def validate(paths: Sequence[Path], options: Options) -> Validated:
    """Files and folders as one manifest: in the environment that is chosen, or else in all. The files are read once."""
    with uncollected():
        budget = Budget()
        found = read_files(paths, options, budget)
        environments = Environments(found.files, budget, complete=found.complete)
        if options.environment or options.environ.get(VARIABLE) or not environments.names:
            overlaid = environments.chosen(options.environment, options.environ)
            loaded = loaded_with(found, overlaid, options, budget)
            return Validated(
                manifests=(loaded.manifest,) if loaded.manifest is not None else (), diagnostics=loaded.diagnostics
            )
        return _in_all(found, environments, options, budget)


def _in_all(found: Files, environments: Environments, options: Options, budget: Budget) -> Validated:
    together = Budget({each: _AT_ONCE * each.limit for each in Resource})
    told: dict[str, tuple[Diagnostic, ...]] = {}
    manifests: list[Manifest] = []
    laid: list[Overlaid] = []
    for name in environments.names:
        overlaid = environments.overlaid(name)
        laid.append(overlaid)
        loaded = loaded_with(found, overlaid, options, budget.copied(within=together))
        if together.is_spent:
            return _broken_off(name, told, manifests, environments)
        together.take(Resource.VALUES, Resource.VALUES.limit - budget.left(Resource.VALUES))
        told[name] = tuple(each for each in loaded.diagnostics if each.code != "variable-unused")
        manifests += [loaded.manifest] if loaded.manifest is not None else []
    return Validated(manifests=tuple(manifests), diagnostics=tidied([*_each_once(told), *_unused(found, laid)]))


def _unused(found: Files, laid: Sequence[Overlaid]) -> Iterator[Diagnostic]:
    """What stands in no environment, which is known only where all of them could be read."""
    if found.complete and all(each.is_usable for each in laid):
        roots = [file.source.root for file in found.files]
        roots += [layer.root for each in laid for layer in each.layers]
        used = {name for root in roots for name in used_in(root)}
        yield from bounded(unused(declared(file.source for file in found.files), used))


def _broken_off(
    name: str, told: Mapping[str, tuple[Diagnostic, ...]], manifests: Sequence[Manifest], environments: Environments
) -> Validated:
    message = f"All environments together are more than is checked at once; {quoted(name)} and those after it are not."
    hint = "Check them one by one, with --env."
    problem = Diagnostic(code="manifest-too-big", message=message, hint=hint, where=environments.place)
    return Validated(manifests=tuple(manifests), diagnostics=tidied([*_each_once(told), problem]))


def _each_once(told: Mapping[str, Sequence[Diagnostic]]) -> tuple[Diagnostic, ...]:
    found: dict[Diagnostic, list[str]] = {}
    for name, problems in told.items():
        for problem in problems:
            found.setdefault(problem, []).append(name)
    everywhere = len(told)
    several = (
        replace(problem, environments=() if len(names) == everywhere else tuple(names))
        for problem, names in found.items()
    )
    return tuple(sorted(several, key=lambda it: it.order))
