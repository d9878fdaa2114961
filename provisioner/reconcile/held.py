"""What a plan leaves as it is though the manifest says otherwise: what is out of the run's scope, and what is
suspended. And what that forbids: to make what needs something that is not there, and to delete what goes on being
named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.plan import Change
from provisioner.model.resource import Desired, Live
from provisioner.model.words import joined
from provisioner.reconcile.selection import Selection

OUT_OF_SCOPE: Final = "out of the scope of this run"
SUSPENDED: Final = "suspended"
_LEAVING: Final = (Action.DELETE, Action.RELEASE)


def held_back(desired: Mapping[Address, Desired], selection: Selection) -> dict[Address, str]:
    """Each with the reason, in words that follow "is"."""
    suspended = dict.fromkeys((at for at, wanted in desired.items() if is_suspended(wanted)), SUSPENDED)
    return {**suspended, **dict.fromkeys(selection.outside, OUT_OF_SCOPE)}


def is_suspended(wanted: Desired | None) -> bool:
    return wanted is not None and wanted.lifecycle.suspend and not wanted.external


def as_suspended(wanted: Desired, found: Live | None, change: Change | None) -> Change:
    """The change that is not made; where nothing differs, one without fields."""
    if change is not None:
        return replace(change, loses_data=False, referrers=())  # nothing is lost
    fields = found.fields if found is not None else {}
    return Change(action=Action.UPDATE, address=wanted.address, before=found, after=fields, key=wanted.key)


def softened(refusal: Diagnostic) -> Diagnostic:
    """Of what is not written anyway."""
    return replace(refusal, severity=Severity.WARNING)


def left_suspended(found: Live, wanted: Desired) -> Diagnostic:
    return Diagnostic(
        code="left-suspended",
        message=f"{found.address} is suspended, so it is left as it is.",
        hint="To have it destroyed, too, remove `lifecycle.suspend` from its entry.",
        severity=Severity.WARNING,
        where=wanted.where,
    )


def needed(
    changes: Sequence[Change],
    desired: Mapping[Address, Desired],
    live: Mapping[Address, Live],
    held: Mapping[Address, str],
) -> Iterator[Diagnostic]:
    """What is to be written and needs something that is not there and, held back, will not be."""
    for change in (it for it in changes if it.action not in _LEAVING):
        for at in sorted(change.needs & held.keys()):
            if at in desired and at not in live:
                yield _not_there(change, at, held[at], desired)


def _not_there(change: Change, at: Address, why: str, desired: Mapping[Address, Desired]) -> Diagnostic:
    wanted = desired.get(change.address)
    suspended = why is SUSPENDED
    return Diagnostic(
        code="needs-suspended" if suspended else "needs-excluded",
        message=f"{change.address} needs {at}, which is not there and is {why}.",
        hint=f"Remove `lifecycle.suspend` from {at}, or suspend {change.address}, too."
        if suspended
        else f"Do not exclude {at}, or exclude {change.address}, too.",
        where=wanted.where if wanted is not None else None,
    )


def promised(
    changes: Sequence[Change], desired: Mapping[Address, Desired], live: Mapping[Address, Live], selection: Selection
) -> Iterator[Diagnostic]:
    """A target comes with all that it needs: what of that is excluded and would change contradicts it. What is not
    there is told by `needed`.
    """
    for change in (it for it in changes if it.address in selection.excluded):
        users = sorted(at for at in selection.inside if at in desired and change.address in desired[at].needs)
        if users and (change.address in live or not _is_written(users, changes)):
            yield Diagnostic(
                code="needs-excluded",
                message=f"{users[0]} is a target and needs {change.address}, which is excluded and differs from the "
                "manifest.",
                hint=f"Do not exclude {change.address}; or leave --target away, and exclude what is not meant.",
                where=desired[users[0]].where,
            )


def _is_written(users: Sequence[Address], changes: Sequence[Change]) -> bool:
    return any(change.address in users and change.action not in _LEAVING for change in changes)


def still_named(
    changes: Sequence[Change], desired: Mapping[Address, Desired], held: Mapping[Address, str]
) -> Iterator[Diagnostic]:
    """What is to be deleted, and is named by what stays as it is."""
    for change in changes:
        users = [at for at in change.referrers if at in held]
        if change.action is not Action.DELETE or not users:
            continue
        verb, are = ("refers", "is") if len(users) == 1 else ("refer", "are")
        wanted = desired.get(users[0])
        yield Diagnostic(
            code="still-referred",
            message=f"{change.address} would be deleted, but {joined(users)} {verb} to it and {are} {held[users[0]]}.",
            hint=f"Remove `lifecycle.suspend` from {users[0]}, or leave the other as it is: --exclude {change.address}"
            if held[users[0]] is SUSPENDED
            else f"Leave {change.address} out of this run, or take {joined(users)} into it, too.",
            where=wanted.where if wanted is not None else None,
        )
