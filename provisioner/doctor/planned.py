"""What the checks of a plan found, one verdict for each, and one for the plan itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, TypeGuard

from provisioner.doctor.verdict import State, Verdict, unknown
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.plan import Plan
from provisioner.model.words import plural
from provisioner.preflight.facts import Facts, Unknown
from provisioner.preflight.settings import IDS

# Without these a check says nothing of some or all that it looks at.
_NEEDS: Final[Mapping[str, Sequence[str]]] = {
    "quota": ("region", "catalogue", "usages"),
    "catalogue": ("catalogue",),
    "lifecycle": ("catalogue",),
    "replace": ("catalogue", "usages"),
    "references": ("project_region",),
    "rights": ("principals", "identity_roles"),
}


def plan_found(plan: Plan, summary: str) -> Verdict:
    """Without what the checks say of it; `summary` is a sentence that counts."""
    problems = (*plan.refusals, *plan.warnings)
    state = _worst(problems)
    refused = f" {plural(len(plan.refusals), 'refusal')}." if plan.refusals else ""
    return Verdict(check="plan", state=state, message=f"{summary}{refused}", diagnostics=problems)


def checks_found(
    found: Mapping[str, Sequence[Diagnostic]], facts: Facts, skipped: Collection[str]
) -> Iterator[Verdict]:
    """In the table's order. What could not be asked for is unknown."""
    for name, says in IDS.items():
        if name in skipped:
            yield unknown(name, "Left out, as --skip-check or `preflight.skip` wants it.")
            continue
        problems = tuple(found.get(name, ()))
        asked = facts.grants.values() if name == "rights" else ()
        gaps = [it.why for it in (*asked, *(getattr(facts, need) for need in _NEEDS.get(name, ()))) if _is_gap(it)]
        told = [it for it in problems if it.severity is not Severity.NOTE]
        if told:
            yield Verdict(check=name, state=_worst(told), message=_counted(told), diagnostics=problems)
        elif name in _NEEDS and not facts.account:
            yield unknown(name, "Not asked: see `management-access`.")
        elif gaps or problems:
            yield unknown(name, " ".join(dict.fromkeys([*gaps, *(it.message for it in problems)])))
        else:
            yield Verdict(check=name, state=State.OK, message=says)


def _is_gap(part: object) -> TypeGuard[Unknown]:
    return isinstance(part, Unknown) and bool(part.why)


def _worst(problems: Sequence[Diagnostic]) -> State:
    if any(it.is_error for it in problems):
        return State.FAILED
    return State.WARNING if problems else State.OK


def _counted(problems: Sequence[Diagnostic]) -> str:
    errors = sum(it.is_error for it in problems)
    parts = [plural(errors, "refusal")] if errors else []
    parts += [plural(len(problems) - errors, "warning")] if len(problems) > errors else []
    return f"{' and '.join(parts)}."
