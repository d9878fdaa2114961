"""A write is done when the object says so.

What the answer shows is compared with what was declared, and only where it does not show it the object is read again:
reads may lag behind for a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from provisioner.kinds import Kind, Service, unreadable
from provisioner.model.action import Action
from provisioner.model.document import Document, Path, dotted, lies_under, lookup, only
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.plan import Change
from provisioner.model.resource import Condition, Desired, Live, Marker
from provisioner.model.veiled import Veiled
from provisioner.reconcile.compare import unshown
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.meaning import (
    is_in_scope,
    is_nothing,
    plain,
    record_of,
    rule_of,
    same,
    shows_no_other_secret,
)

_LOOK_EVERY_S: Final = 5.0
_LOOK_AT_MOST_S: Final = 60.0
_MADE_EVERY_S: Final = 10.0
_MADE_AT_MOST_S: Final = 2 * 60 * 60.0  # moving a provisioned deployment to another model takes half an hour
_LONGEST_VALUE: Final = 40
_OTHERS: Final = "somebody else wrote it at the same time; what it shows is not what was sent"


def verified(change: Change, kind: Kind, service: Service, shown: Live | None) -> tuple[Live | None, tuple[str, ...]]:
    """The object once it shows what was written and is made, and what must be said of it. Raises PlaneError when that
    does not happen. What was answered as if it were done may still be under way.

    What the service took and does not give back is written on the object's marker, so that its absence is not read as
    drift for ever; where versions are kept, the version itself says so.
    """
    found = shown
    if _lacking(change, kind, found):
        found = _looked_for(lambda it: not _lacking(change, kind, it), change, kind, service)
    if found is not None and found.condition is Condition.PENDING:
        found = when_ended(change, kind, service)
    if found is None:
        raise _unfulfilled(change, "it is not there")
    if found.odd:
        raise _unfulfilled(change, f"what it shows now cannot be read: {found.odd}")
    _require_ours(change, found)
    if found.condition is Condition.FAILED:
        raise _unfulfilled(change, "making it ended badly")
    lacking = _lacking_fields(change, kind, found)
    if wrong := [it for it in lacking if not _is_kept_back(it, kind)]:
        raise _unfulfilled(change, "; ".join(_told(path, here, change, kind) for path, here, _ in wrong))
    _require_record(change, kind, found)
    if not lacking:
        return found, ()
    kept_back = [path for path, _, _ in lacking]
    if not kind.traits.versioned:
        found = _remembering(change, kind, service, found, kept_back)
    names = ", ".join(map(dotted, kept_back))
    return found, (f"The service took {names} and does not show it; if others change it, that cannot be seen.",)


def require_gone(change: Change, kind: Kind, service: Service) -> None:
    """Raises PlaneError when the object is still there a minute after its deletion was accepted."""

    def is_gone(found: Live | None) -> bool:
        before = change.before  # somebody may have made another one since
        if found is None or before is None:
            return found is None
        return (found.identity, found.marker) != (before.identity, before.marker)

    if is_gone(look(change, kind, service)):
        return
    found = _looked_for(is_gone, change, kind, service)
    if found is not None and found.condition is Condition.PENDING:
        found = when_ended(change, kind, service)
    if not is_gone(found):
        raise _unfulfilled(change, "it is still there")


def look(change: Change, kind: Kind, service: Service) -> Live | None:
    """As closely as the plan looked. Raises PlaneError for what cannot be read: a write might undo anything in it. One
    that moves is in either scope; else, what is in another scope is another object.
    """
    found = kind.read(service, change.address)
    if found is not None and found.odd:
        raise unreadable(change.address, found.odd)
    wanted = Desired(address=change.address, fields=_aimed_at(change, kind))
    found = kind.inspect(service, wanted, found) if kind.is_unclear(wanted, found) else found
    if found is None or change.action is Action.REPLACE or is_in_scope(found.fields, wanted.fields, kind.traits):
        return found
    return None


def _aimed_at(change: Change, kind: Kind) -> Document:
    """What tells the object from others of its name."""
    if change.after is not None:
        return change.after
    scope = kind.traits.scope
    return only(change.before.fields, (scope,)) if change.before is not None and scope else {}


def when_ended(change: Change, kind: Kind, service: Service) -> Live | None:
    """The object once nothing is being made of it any more; None when it is gone by then."""

    def probe() -> tuple[Live | None] | None:
        found = look(change, kind, service)
        return None if found is not None and found.condition is Condition.PENDING else (found,)

    what = f"{change.address}, which is still being made"
    (found,) = service.project.wait(probe, what=what, every_s=_MADE_EVERY_S, at_most_s=_MADE_AT_MOST_S)
    return found


def _looked_for(is_it: Callable[[Live | None], bool], change: Change, kind: Kind, service: Service) -> Live | None:
    """The object as soon as it is what is looked for; as it is in the end, when it never becomes that."""
    last: list[Live | None] = [None]

    def probe() -> bool | None:
        last[0] = look(change, kind, service)
        return is_it(last[0]) or None

    try:
        what = f"{change.address} to show the change"
        service.project.wait(probe, what=what, every_s=_LOOK_EVERY_S, at_most_s=_LOOK_AT_MOST_S)
    except PlaneError as error:
        if error.failure.code != "timeout" or error.failure.status:
            raise
    return last[0]


def _lacking(change: Change, kind: Kind, found: Live | None) -> bool:
    if found is None or found.odd or _left_by(found.marker, kind) != _left_by(change.marker, kind):
        return True
    return bool(_lacking_fields(change, kind, found))


def _left_by(marker: Marker | None, kind: Kind) -> tuple[object, ...]:
    """What every write leaves on the marker. Where versions are kept, some writes make none, and leave no record."""
    if marker is None:
        return ()
    return (*_whose(marker), "" if kind.traits.versioned else marker.applied)


def _whose(marker: Marker | None) -> tuple[object, ...]:
    return (marker.owner, marker.prevent_destroy, marker.on_remove) if marker else ()


def _lacking_fields(change: Change, kind: Kind, found: Live) -> Sequence[tuple[Path, object, object]]:
    record = AppliedRecord(change.marker.applied) if change.marker else None
    return [
        (path, here, value)
        for path, here, value in unshown(change.declared, found.fields, kind.traits)
        if not (record is not None and record.lacks(path) and is_nothing(here))
        and not _was_answered_so(change, kind, path, here, value)
    ]


def _was_answered_so(change: Change, kind: Kind, path: Path, here: object, value: object) -> bool:
    """Whether this is how the service showed the same value before, so that it is known what it makes of it."""
    before = change.before
    if (
        before is None
        or before.marker is None
        or before.baseline is None
        or lies_under(path, kind.traits.beside_versions)
    ):
        return False
    record, applied = AppliedRecord(before.marker.applied), plain(change.declared, kind.traits)
    is_as_applied = record.knows(path) and record.holds(path, lookup(applied, record.fold(path)))
    return is_as_applied and same(lookup(before.baseline, path), here) and shows_no_other_secret(here, value, path)


def _is_kept_back(lacking: tuple[Path, object, object], kind: Kind) -> bool:
    """Whether the value is missing, as against another one that stands there, or is meant by showing none."""
    path, here, _ = lacking
    is_telling = any(rule_of(path[:length], kind.traits).is_silent for length in range(1, len(path) + 1))
    return is_nothing(here) and not is_telling and not lies_under(path, kind.traits.beside_versions)


def _require_ours(change: Change, found: Live) -> None:
    if _whose(found.marker) == _whose(change.marker):
        return
    theirs, ours = (marker.owner if marker else "" for marker in (found.marker, change.marker))
    if theirs == ours:
        raise _unfulfilled(change, _OTHERS)
    whose = f'it belongs to the manifest named "{theirs}"' if theirs else "it carries no owner's marker"
    raise _unfulfilled(change, f"{whose} now; somebody else wrote it at the same time")


def _require_record(change: Change, kind: Kind, found: Live) -> None:
    """What is declared is shown; what was taken away may be there still."""
    if _left_by(found.marker, kind) == _left_by(change.marker, kind):
        return
    is_as_before = change.before is not None and found.marker == change.before.marker
    raise _unfulfilled(change, "what it shows is still as it was" if is_as_before else _OTHERS)


def _remembering(change: Change, kind: Kind, service: Service, found: Live, kept_back: Sequence[Path]) -> Live:
    if change.marker is None:
        return found
    over = AppliedRecord(change.marker.applied).over
    applied = record_of(
        change.declared,
        kind.traits,
        whose=change.address,
        over=over,
        before=change.marker,
        kept_back=kept_back,
        written=change.written,
    )
    marker = replace(change.marker, applied=applied)
    again = replace(change, action=Action.UPDATE, before=found, fields=(), marker=marker)
    kind.update(service, again)
    return replace(found, marker=marker)


def _told(path: Path, here: object, change: Change, kind: Kind) -> str:
    name = dotted(path)
    if is_nothing(here):
        return f"{name} is not shown"
    if isinstance(change.hides_before(here, path), Veiled):
        return f"{name} is not what was sent"
    before: Document = change.before.fields if change.before else {}
    word = "is still" if lookup(before, path) == here else "is"
    if isinstance(here, (int, float)) or (isinstance(here, str) and rule_of(path, kind.traits).meaning is not None):
        return f"{name} {word} {str(here)[:_LONGEST_VALUE]}"
    return f"{name} {'is as it was' if word == 'is still' else 'is not what was sent'}"  # a text may be a secret


def _unfulfilled(change: Change, what: str) -> PlaneError:
    failure = Failure(
        message=f"{change.address} was accepted, but {what}.",
        code="not-applied",
        advice="Run plan to see how it stands. If it stays so, the service ignores the change; ask its support.",
    )
    return PlaneError(failure)
