"""One change, from a last look to an object that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from provisioner.apply.recheck import left_to_do
from provisioner.apply.verify import look, require_gone, verified, when_ended
from provisioner.kinds import Kind, Service
from provisioner.model.action import Action
from provisioner.model.document import Document, dotted, only, overlay, without
from provisioner.model.errors import PlaneError
from provisioner.model.plan import Change
from provisioner.model.resource import Condition, Live
from provisioner.model.words import listed
from provisioner.reconcile.marker import written_over
from provisioner.reconcile.write_only import hushed


def perform(change: Change, kind: Kind, service: Service) -> tuple[str, ...]:
    """What must be said of it. Raises PlaneError when it could not be done, or the object does not show it."""
    try:
        return _performed(change, kind, service)
    except PlaneError as error:
        if (harmless := hushed(error, change)) is error:
            raise
        raise harmless from None


def _performed(change: Change, kind: Kind, service: Service) -> tuple[str, ...]:
    left = left_to_do(change, kind, service)
    if left is None:
        return tuple(_done_already(change))
    if left.action is Action.DELETE:
        _delete(left, kind, service)
        return ()
    found, remarks = _write(left, kind, service)
    return (*remarks, *kind.traits.remarks(left, found.revision if found else ""))


def _done_already(change: Change) -> Iterator[str]:
    """Another run of the same manifest was faster, or it only had to be waited for."""
    if change.action is Action.DELETE:
        yield "It was gone already; nothing was written."
    elif change.before is None or change.before.condition is not Condition.PENDING:
        yield "It was as the manifest says already, by another run; nothing was written."


def _write(change: Change, kind: Kind, service: Service) -> tuple[Live | None, tuple[str, ...]]:
    if change.action is Action.MIGRATE:
        raise ValueError(f"{change.address} is migrated by a step of its own")
    if change.action is Action.CREATE:
        return verified(change, kind, service, kind.create(service, change))
    if change.action is Action.REPLACE:
        _delete(change, kind, service)
        return _create_anew(change, kind, service)
    return verified(change, kind, service, kind.update(service, change))


def _delete(change: Change, kind: Kind, service: Service) -> None:
    """Returns when it is gone, also where the service refused that and did it all the same."""
    try:
        kind.delete(service, change)
    except PlaneError as refused:
        if not _is_gone_all_the_same(change, kind, service, refused):
            raise
        return
    try:
        require_gone(change, kind, service)
    except PlaneError as error:
        if error.failure.code == "not-applied":
            raise
        raise _adding(f"The service accepted the deletion.{_nothing_new(change)}", error) from error


def _is_gone_all_the_same(change: Change, kind: Kind, service: Service, refused: PlaneError) -> bool:
    try:
        found = look(change, kind, service)
        if found is not None and found.condition is Condition.PENDING:
            found = when_ended(change, kind, service)
    except PlaneError as error:
        raise _adding(f"Whether it was deleted is not known.{_nothing_new(change)}", refused) from error
    return found is None


def _nothing_new(change: Change) -> str:
    return " The new one was not made yet." if change.action is Action.REPLACE else ""


def _adding(sentence: str, error: PlaneError) -> PlaneError:
    """What a service says does not always end like a sentence."""
    said = error.failure.message.rstrip()
    end = "" if not said or said.endswith((".", "!", "?")) else "."
    return PlaneError(replace(error.failure, message=f"{said}{end} {sentence}".strip()), ambiguous=error.ambiguous)


def _create_anew(change: Change, kind: Kind, service: Service) -> tuple[Live | None, tuple[str, ...]]:
    """A replacement never leaves less than before: where the new one is refused, the old one is put back. No answer is
    enough here; the object itself must show it.
    """
    try:
        kind.create(service, change)
        return verified(change, kind, service, look(change, kind, service))
    except PlaneError as error:
        raise _adding(_put_back(change, kind, service), error) from error


def _put_back(change: Change, kind: Kind, service: Service) -> str:
    """What became of that, in a sentence."""
    before = change.before
    if before is None:
        return ""
    marker = before.marker
    if marker is not None:
        marker = replace(marker, applied=written_over(marker.applied, "0"))
    fields = _without_additions(before, kind)
    old = Change(action=Action.CREATE, address=change.address, after=fields, marker=marker, needs=before.needs)
    try:
        if look(old, kind, service) is not None:  # the new one, or somebody else's
            return "The old one was deleted; what stands there now was left as it is."
        kind.create(service, old)
        verified(old, kind, service, look(old, kind, service))
    except PlaneError as error:
        return (
            "The old one was deleted and could not be put back either: "
            f"{error.failure.message.rstrip('.')}. Correct the entry and apply again."
        )
    return f"The old one was put back{_what_it_lacks(before, fields, kind)}"


def _what_it_lacks(before: Live, fields: Document, kind: Kind) -> str:
    if kind.traits.holds_data:
        return ", but empty: what it held is lost."
    if unread := listed([dotted(path) for path in kind.traits.write_only]):
        return f", but without its {unread}, which nobody can read back: write them anew, if it had any."
    if fields != before.fields:
        return " as it was applied last, without what others had changed in it."
    return " as it was."


def _without_additions(before: Live, kind: Kind) -> Document:
    """What is written in full goes back as we wrote it: under our marker, what others added would pass for ours."""
    baseline, whole = before.baseline, tuple(path for path, rule in kind.traits.rules.items() if rule.whole)
    if baseline is None:
        return before.fields
    return overlay(without(before.fields, whole), only(baseline, whole))
