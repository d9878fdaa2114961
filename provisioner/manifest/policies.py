"""What the manifest, and files beside it, say that a run may do at most.

A pull request can change the manifest's own policy. So a pipeline names a file that the pull request cannot change, and
what both say holds together: a file can only narrow. It holds no variables, so nobody's environment widens it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any, Final

from provisioner.manifest.draft import ManifestFile
from provisioner.manifest.files import Found, read_manifest, shown_path
from provisioner.manifest.limits import Budget
from provisioner.manifest.misfits import Misfit
from provisioner.manifest.places import Source
from provisioner.manifest.reader import read
from provisioner.manifest.schema import EXTENSION, policy_shape
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.policy import Policy
from provisioner.model.words import found, shown

MAX_BYTES: Final = 1_000_000
_SECTION: Final = "policy"


def policy_of(files: Sequence[ManifestFile]) -> Policy:
    """Of what is sound in the manifest's files."""
    return reduce(Policy.narrowed, map(_policy_in, files), Policy())


def _policy_in(file: ManifestFile) -> Policy:
    said = file.root.get(_SECTION)
    private = (path for path, text in file.written.items() if file.variables.is_private(text))
    unknown = {path[1] for path in (*file.unknown, *private) if path[:1] == (_SECTION,) and len(path) > 1}
    return Policy.of(_sound(said, unknown), lambda rule: file.source.key_at((_SECTION, rule)))


def _sound(said: object, unknown: set[str]) -> dict[str, Any]:
    if not isinstance(said, dict):
        return {}
    wrong = {misfit.finding.path[0] for misfit in policy_shape().misfits(said) if misfit.finding.path}
    return {rule: value for rule, value in said.items() if rule not in wrong | unknown}


def private_rules(file: ManifestFile) -> Iterator[Diagnostic]:
    """Every plan shows the policy that it was made under."""
    for path, text in file.written.items():
        if path[:1] == (_SECTION,) and file.variables.is_private(text):
            message = f"Every plan shows its policy, so {shown(text)} cannot stand in it."
            hint = "Write the value itself, or use a variable that may be shown."
            yield from file.error("bad-value", path, message, hint)


def read_policies(paths: Sequence[Path]) -> tuple[Policy, tuple[Diagnostic, ...]]:
    """What all the files say together, or what is wrong with them: then no policy is to be relied on."""
    budget, policy = Budget(), Policy()
    problems: list[Diagnostic] = []
    for path in paths:
        source, wrong = _source(path, budget)
        problems += wrong
        if source is not None and not wrong:
            policy = policy.narrowed(Policy.of(_rules(source), lambda rule, at=source: at.key_at((rule,))))  # type: ignore[misc]
    return policy, tuple(sorted(problems, key=lambda each: each.order))


def _rules(source: Source) -> dict[str, Any]:
    return {rule: value for rule, value in _root(source).items() if not rule.startswith(EXTENSION)}


def _root(source: Source) -> dict[str, Any]:
    return source.root if isinstance(source.root, dict) else {}


def _source(path: Path, budget: Budget) -> tuple[Source | None, list[Diagnostic]]:
    text, problem = read_manifest(Found(path), budget, limit=MAX_BYTES)
    if text is None:
        return None, [replace(problem, hint="Name a file with --policy that holds one.")] if problem else []
    if path.suffix.lower() == ".json":
        text = text.replace("\t", " ")  # which can only be between values there, and YAML takes none
    source, problems = read(text, file=shown_path(path), budget=budget)
    return source, problems or (list(_misfits(source)) if source is not None else [])


def _misfits(source: Source) -> Iterator[Diagnostic]:
    if source.root is None:
        hint = "If nothing is to be restricted, leave --policy away, or write {}."
        yield Diagnostic(code="file-empty", message="The policy is empty.", hint=hint, where=source.lines.at(0))
    elif not isinstance(source.root, dict):
        message = f"A policy is a mapping; this file holds {found(source.root)}."
        hint = "Write `key: value` lines, for example `max_deletes: 0`."
        yield Diagnostic(code="wrong-type", message=message, hint=hint, where=source.value_at(()))
    else:
        yield from (_told(misfit, source) for misfit in policy_shape().misfits(_rules(source)))


def _told(misfit: Misfit, source: Source) -> Diagnostic:
    finding = misfit.finding
    return Diagnostic(
        code=finding.code,
        message=finding.message[0].upper() + finding.message[1:],
        hint=finding.hint,
        severity=finding.severity,
        where=source.key_at(finding.path) if misfit.at_key else source.value_at(finding.path),
    )
