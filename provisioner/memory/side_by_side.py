"""A store of another name that takes the place of the old one: filled, then used, then alone.

Its mark says how far it is: whose copy it is, and up to when all has been read back from it. From then on agents may
write into it, so what it has and the old one has not is theirs, and of the old one only what came later is copied.

An edit may be taken back, or another one made, before that is done: then what takes the place is the old one itself, or
a copy of another store, and nothing in it is taken away.
"""

from __future__ import annotations

from dataclasses import replace

from provisioner.kinds import changed_since
from provisioner.memory.copying import Surplus
from provisioner.memory.course import Course
from provisioner.model.hidden_places import fingerprint
from provisioner.model.resource import Live, Marker
from provisioner.reconcile.marker import identity_print


def fill_successor(course: Course) -> tuple[str, ...]:
    """Until it has all that the old one has; nobody is moved to it before."""
    source, target = course.migration.source, course.migration.target
    old, new = course.look(source), course.look(target)
    if old is None or course.change.marker is None:
        raise changed_since(source)
    if new is None:
        mark = _mark(course, old, course.change.marker)
        course.make(target, course.change.after or {}, mark, declared=course.change.declared)
        new = course.look(target)
    new = _required(new, old, course)
    if _is_copy(new, old) and _marker_of(new).filled:
        return ("It held all that the old one has already.",)
    new = course.take_over(new)
    surplus = Surplus.ALL if _is_copy(new, old) else Surplus.KEEP
    since = _marker_of(old).filled if _is_copy(old, new) else 0
    filled = course.fill(old, new, surplus=surplus, fenced=target, since=since)
    course.require_same(old)
    new = course.fence(target)
    mark = replace(_marker_of(new), copy_of=identity_print(old), filled=filled.up_to, scopes=_print(course))
    course.mark(new, mark)
    return ()


def retire(course: Course) -> tuple[str, ...]:
    """The old one goes, once what came into it after the new one was filled is in there, too."""
    source, target = course.migration.source, course.migration.target
    old, new = course.look(source), course.look(target)
    if old is None:
        if new is not None and new.marker is not None and new.marker.run:
            _unmark(course, new)
        return ("It was gone already; nothing was written.",)
    if course.change.before is None:
        raise changed_since(source)
    _require_same(old, course.change.before)
    new = course.take_over(_required(new, old, course))
    if not (_is_copy(old, new) and not _marker_of(old).filled):  # else nobody has ever used it
        course.settle()
        course.fill(old, new, surplus=Surplus.KEEP, fenced=target, since=_since(old, new, course))
    new = course.fence(target)
    course.drop(old)
    _unmark(course, new)
    return ()


def _since(old: Live, new: Live, course: Course) -> int:
    """What was updated before is in the new one, or was and is not wanted any more; unless more scopes, or others, are
    known by now: then it may never have been there.
    """
    if _is_copy(new, old):
        return _marker_of(new).filled if _marker_of(new).scopes == _print(course) else 0
    return _marker_of(old).filled if _is_copy(old, new) else 0


def _print(course: Course) -> str:
    return fingerprint("\n".join(sorted(course.names.names)))


def _mark(course: Course, old: Live, marker: Marker) -> Marker:
    key = marker.key or course.change.key or course.migration.source.name
    return replace(marker, key=key, copy_of=identity_print(old), run=course.run, filled=0, scopes="")


def _unmark(course: Course, new: Live) -> None:
    course.mark(new, replace(_marker_of(new), run="", filled=0, copy_of="", scopes=""))


def _required(new: Live | None, old: Live, course: Course) -> Live:
    """It is there, and of the same owner."""
    ours = course.change.marker or old.marker
    if new is None or ours is None or new.marker is None or new.marker.owner != ours.owner:
        raise changed_since(course.migration.target)
    return new


def _is_copy(one: Live, of: Live) -> bool:
    return one.marker is not None and bool(one.marker.copy_of) and one.marker.copy_of == identity_print(of)


def _marker_of(live: Live) -> Marker:
    if live.marker is None:
        raise changed_since(live.address)
    return live.marker


def _require_same(found: Live | None, old: Live) -> None:
    if found is None or found.identity != old.identity:
        raise changed_since(old.address)
