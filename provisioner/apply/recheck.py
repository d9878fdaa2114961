"""Look once more before a write: between the plan and now somebody may have been asked, for minutes.

What is there must still be what the plan saw, or else the write would undo, unseen, what somebody else has just done.
"""

from __future__ import annotations

from dataclasses import replace

from provisioner.apply.verify import look, when_ended
from provisioner.kinds import Kind, Service, changed_since
from provisioner.model.action import Action
from provisioner.model.document import canonical
from provisioner.model.plan import Change
from provisioner.model.resource import Condition, Live
from provisioner.reconcile.compare import compare
from provisioner.reconcile.marker import AppliedRecord, are_alike, written_over


def left_to_do(change: Change, kind: Kind, service: Service) -> Change | None:
    """The change, with what became of a live object that was still being made: that is waited for. None when the
    object is as the change makes it already, because another apply of the same manifest was faster, or because it only
    had to be waited for. Raises PlaneError where it is not what the plan saw either.
    """
    found = look(change, kind, service)
    if found is not None and found.condition is Condition.PENDING and _may_be_waited_for(change, found):
        found = when_ended(change, kind, service)
    if _is_as_wanted(change, kind, found):
        return None
    if found is None and _was_going(change):
        return _made_anew(change)
    if not _is_as_planned(change, found):
        raise changed_since(change.address)
    if change.before is None or found is None:
        return change
    return replace(change, before=replace(change.before, condition=found.condition))


def _was_going(change: Change) -> bool:
    """Whether the plan saw an operation on it, which was its deletion: of an apply that was ended in a replacement."""
    before = change.before
    return before is not None and before.condition is Condition.PENDING and change.after is not None


def _made_anew(change: Change) -> Change:
    marker = change.marker
    if marker is not None:
        marker = replace(marker, applied=written_over(marker.applied, "0"))
    return replace(change, action=Action.CREATE, before=None, marker=marker)


def _may_be_waited_for(change: Change, found: Live) -> bool:
    """Not a stranger's, and not what only has to go."""
    if change.action is Action.DELETE:
        return False
    return found.marker in (change.marker, change.before.marker if change.before else change.marker)


def _is_as_wanted(change: Change, kind: Kind, found: Live | None) -> bool:
    """Whether planning again would find nothing to do."""
    if change.action is Action.DELETE:
        return found is None
    if found is None or found.odd or found.condition is not Condition.READY:
        return False
    if found.marker is None or not are_alike(found.marker, change.marker):
        return False
    if change.is_asked and change.before is not None and found.identity == change.before.identity:
        return False  # it still is the one that is to be replaced, however well it fits
    record = AppliedRecord(found.marker.applied)
    return not compare(
        change.declared,
        found.fields,
        record=record,
        ignore=(),
        traits=kind.traits,
        baseline=found.baseline,
        written=change.written,
    )


def _is_as_planned(change: Change, found: Live | None) -> bool:
    before = change.before
    if before is None or found is None:
        return before is found
    if found.odd or before.identity != found.identity:
        return False
    return before.marker == found.marker and canonical(before.fields) == canonical(found.fields)
