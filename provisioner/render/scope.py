"""What a partial run is about, said loudly; and what is suspended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from provisioner.model.action import Action
from provisioner.model.document import Json
from provisioner.model.plan import Change, Plan
from provisioner.model.words import joined
from provisioner.render.safe import one_line
from provisioner.render.words import VERBS

PARTIAL: Final = "PARTIAL"
_NAMED: Final = 5


def scope_sentences(plan: Plan) -> tuple[str, ...]:
    """Nothing where the run is about everything."""
    scope = plan.scope
    if not scope.is_partial:
        return ()
    what = "destroy" if plan.destruction else "plan"
    needs = "" if plan.destruction else ", with all that is needed"
    about = f"of {_some(scope.targets)}{needs}" if scope.targets else "of everything"
    but = f"{', ' if needs and scope.targets else ' '}but without {_some(scope.excludes)}" if scope.excludes else ""
    left = plan.out_of_scope
    verb = "is" if len(left) == 1 else "are"
    rest = f"Out of its scope {verb} {_some(left)}: left as {'it is' if len(left) == 1 else 'they are'}."
    return (f"{PARTIAL}: this is a {what} {about}{but}.", *([rest] if left else []))


def _some(names: Sequence[object]) -> str:
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return joined([*(one_line(str(it)) for it in names[:_NAMED]), *more])


def scope_document(plan: Plan) -> Json | None:
    if not plan.scope.is_partial:
        return None
    return {
        "targets": list(plan.scope.targets),
        "excludes": list(plan.scope.excludes),
        "out_of_scope": [{"kind": address.kind, "name": address.name} for address in plan.out_of_scope],
    }


def suspended_headline(change: Change, *, destruction: bool = False) -> str:
    key = f' ("{one_line(change.key)}" in the manifest)' if change.key else ""
    name = f"{one_line(str(change.address))}{key}"
    if destruction:
        return f"{name} is suspended, and is left as it is"
    if change.action is Action.CREATE:
        return f"{name} is suspended: it is not there, and is not created"
    if not (change.fields or change.lifecycle_fields or change.is_adoption or change.is_takeover or change.reason):
        return f"{name} is suspended{', and is left as it is' if change.remarks else ': nothing differs'}"
    return f"{name} is suspended: it would be {VERBS[change.action].done}, and is left as it is"
