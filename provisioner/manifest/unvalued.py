"""Diagnostics without the values of variables.

Whatever a rule says, it may have seen a value that came from `${env:…}`. So when something is wrong, the rules are
asked a second time about the manifest as it is written, with no variable replaced: what they say then cannot hold a
value. A diagnostic is told in these words, or where only the value is to blame, in words that are the same for every
value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from provisioner.manifest.codes import CODES
from provisioner.model.diagnostic import Diagnostic, Location
from provisioner.model.words import quoted


def unvalued(
    problems: Iterable[Diagnostic], as_written: Iterable[Diagnostic], written: Mapping[tuple[str, str], str]
) -> Iterator[Diagnostic]:
    """`problems` in the words of `as_written`; `written` is what stands in a file, at a path, where a variable does."""
    problems = list(problems)
    same = set(as_written) & set(problems)
    spare: dict[tuple[str, Location | None], list[Diagnostic]] = defaultdict(list)
    for each in as_written:
        if each not in same:
            spare[each.code, each.where].append(each)
    for problem in problems:
        others = spare[problem.code, problem.where]
        if problem in same or problem.code == "more-problems":
            yield problem
        elif others:
            yield replace(others.pop(0), severity=problem.severity)
        else:
            yield _by_its_code(problem, written)


def _by_its_code(problem: Diagnostic, written: Mapping[tuple[str, str], str]) -> Diagnostic:
    where = problem.where
    text = written.get((where.file, where.path)) if where else None
    cause = f"{quoted(text)} stands here" if text is not None else "A variable has a part in it"
    return replace(
        problem,
        message=f"{CODES[problem.code]} {cause}; what variables hold is not shown.",
        hint="Look at what the variable holds, and at what is wanted here.",
    )
