"""Look once more before a write: between the plan and now somebody may have been asked, for minutes.

What is there must still be what the plan saw, or else the write would undo, unseen, what somebody else has just done.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from provisioner.apply.verify import look
from provisioner.kinds import Kind, Service, changed_since
from provisioner.model.document import canonical
from provisioner.model.plan import Action, Change
from provisioner.model.resource import Condition, Live
from provisioner.reconcile.marker import are_alike
from provisioner.reconcile.meaning import covers

_LOOK_EVERY_S: Final = 10.0
_LOOK_AT_MOST_S: Final = 2 * 60 * 60.0  # moving a provisioned deployment to another model takes half an hour


def left_to_do(change: Change, kind: Kind, service: Service) -> Change | None:
    """The change, with what became of a live object that was still being made: that is waited for. None when the
    object is as the change makes it already, because another apply of the same manifest was faster, or because it only
    had to be waited for. Raises PlaneError where it is not what the plan saw either.
    """
    found = look(change, kind, service)
    if found is not None and found.condition is Condition.PENDING and _may_be_waited_for(change, found):
        found = _when_ended(change, kind, service)
    if _is_as_wanted(change, found):
        return None
    if not _is_as_planned(change, found):
        raise changed_since(change.address)
    if change.before is None or found is None:
        return change
    return replace(change, before=replace(change.before, condition=found.condition))


def _may_be_waited_for(change: Change, found: Live) -> bool:
    """Not a stranger's, and not what only has to go."""
    if change.action is Action.DELETE:
        return False
    return found.marker in (change.marker, change.before.marker if change.before else change.marker)


def _when_ended(change: Change, kind: Kind, service: Service) -> Live | None:
    def probe() -> tuple[Live | None] | None:
        found = look(change, kind, service)
        return None if found is not None and found.condition is Condition.PENDING else (found,)

    what = f"{change.address}, which is still being made"
    (found,) = service.project.wait(probe, what=what, every_s=_LOOK_EVERY_S, at_most_s=_LOOK_AT_MOST_S)
    return found


def _is_as_wanted(change: Change, found: Live | None) -> bool:
    if change.action is Action.DELETE:
        return found is None
    if found is None or found.condition is not Condition.READY or not are_alike(found.marker, change.marker):
        return False
    return change.action is Action.CREATE or covers(found.fields, change.after or {})


def _is_as_planned(change: Change, found: Live | None) -> bool:
    before = change.before
    if before is None or found is None:
        return before is found
    if found.odd or before.identity != found.identity:
        return False
    return before.marker == found.marker and canonical(before.fields) == canonical(found.fields)
