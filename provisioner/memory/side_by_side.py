"""A store of another name that takes the place of the old one: filled, then used, then alone.

Its mark says how far it is: whose copy it is, and up to when all has been read back from it. From then on agents may
write into it, so what it has and the old one has not is theirs, and of the old one only what came later is copied.
"""

from __future__ import annotations

from dataclasses import replace

from provisioner.kinds import changed_since
from provisioner.memory.copying import Surplus
from provisioner.memory.course import Course
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.resource import Live, Marker
from provisioner.reconcile.marker import identity_print


def fill_successor(course: Course) -> tuple[str, ...]:
    """Nobody uses it before."""
    source, target = course.migration.source, course.migration.target
    old, new = course.look(source), course.look(target)
    if old is None or course.change.marker is None:
        raise changed_since(source)
    if new is None:
        _make(course, old, course.change.marker)
    elif _is_filled(_required(new, old, course)):
        return ("It holds all that the old one had already.",)
    else:
        course.take_over(new)
    filled = course.fill(source, target, surplus=Surplus.ALL, fenced=target)
    _require_same(course.look(source), old)
    new = course.fence(target)
    course.mark(new, replace(_marker_of(new), filled=filled.up_to))
    return ()


def retire(course: Course) -> tuple[str, ...]:
    """The old one goes, once what came into it after the new one was filled is in there, too."""
    source, target = course.migration.source, course.migration.target
    old, new = course.look(source), course.look(target)
    if old is None:
        if new is not None and new.marker is not None and new.marker.run:
            _unmark(course, new)
        return ("It was gone already; nothing was written.",)
    if course.change.before is None or new is None:
        raise changed_since(source if new is not None else target)
    _require_same(old, course.change.before)
    if not _is_filled(_required(new, old, course)):
        raise _not_filled(course)
    new = course.take_over(new)
    course.settle()
    course.fill(source, target, surplus=Surplus.KEEP, fenced=target, since=_marker_of(new).filled)
    new = course.fence(target)
    course.drop(old)
    _unmark(course, new)
    return ()


def _make(course: Course, old: Live, marker: Marker) -> None:
    change = course.change
    mark = _mark(course, old, marker)
    course.make(course.migration.target, change.after or {}, mark, declared=change.declared)


def _mark(course: Course, old: Live, marker: Marker) -> Marker:
    key = marker.key or course.change.key or course.migration.source.name
    return replace(marker, key=key, copy_of=identity_print(old), run=course.run, filled=0)


def _unmark(course: Course, new: Live) -> None:
    course.mark(new, replace(_marker_of(new), run="", filled=0, copy_of=""))


def _required(new: Live, old: Live, course: Course) -> Live:
    """It is ours, and of this very old one."""
    marker, ours = new.marker, course.change.marker or old.marker
    if marker is None or ours is None or marker.owner != ours.owner or marker.copy_of != identity_print(old):
        raise changed_since(new.address)
    return new


def _is_filled(new: Live) -> bool:
    return new.marker is not None and new.marker.filled > 0


def _marker_of(live: Live) -> Marker:
    if live.marker is None:
        raise changed_since(live.address)
    return live.marker


def _require_same(found: Live | None, old: Live) -> None:
    if found is None or found.identity != old.identity:
        raise changed_since(old.address)


def _not_filled(course: Course) -> PlaneError:
    source, target = course.migration.source, course.migration.target
    failure = Failure(
        message=f"{target} does not say that it was filled from {source}, which stays.",
        code="conflict",
        advice="Run the same command again: it fills it first.",
    )
    return PlaneError(failure)
