"""A store made anew under its name, by way of a shadow.

What is live says what is to be done next, so whatever ended an earlier run, this one goes on from there:

    the old one, and no shadow      make the shadow
    the old one, and its shadow     fill the shadow from it, read it back, then delete the old one
    the shadow alone                make the new one
    another one, and the shadow     fill it from the shadow, read it back, then delete the shadow

At each moment all memories of the known scopes are in a store: what goes has been read back from the other one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from provisioner.apply.perform import perform
from provisioner.kinds import changed_since
from provisioner.memory.copying import Surplus
from provisioner.memory.course import Course, require_most
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.document import Document, canonical
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.migration import Part
from provisioner.model.resource import Live, Marker
from provisioner.reconcile.marker import are_alike, identity_print

_ABOUT: Final = "Copies of memories, while the store that they are of is made anew. Scopes: "
_PRINT_CHARS: Final = 4  # a description has room for those of 100 scopes, the most that a store can have
_MOST_STEPS: Final = 8  # two full ways, the first of which only ends what another run began


def migrate_in_place(course: Course) -> tuple[str, ...]:
    """Raises PlaneError where it does not come to its end; then `provisioner plan` says how it stands."""
    way = _InPlace(course)
    for _ in range(_MOST_STEPS):
        course.go_on()
        if way.step():
            return way.remarks()
    raise changed_since(course.change.address)


def discard(course: Course) -> tuple[str, ...]:
    """The shadow of a store that stays as it is: only while that one is there, and whole."""
    change, migration = course.change, course.migration
    shadow, store = course.look(migration.target), course.look(migration.source)
    if shadow is not None and not _is_copy(shadow, store):
        raise changed_since(change.address)
    return perform(change, course.kind, course.service)


class _InPlace:
    def __init__(self, course: Course) -> None:
        self._course = course
        self._change = course.change
        self._store = course.migration.source
        self._shadow = course.migration.target
        self._was = course.change.before.identity if course.change.before is not None else ""
        self._made: list[int] = []
        self._held = course.counted if course.migration.part is Part.RESTORE else 0  # by the shadow

    def remarks(self) -> tuple[str, ...]:
        if not self._made:
            return ("It was as the manifest says already, by another run; nothing was written.",)
        return ()

    def step(self) -> bool:
        """Whether that was the last one."""
        store, shadow = self._course.look(self._store), self._course.look(self._shadow)
        if shadow is None:
            return self._without_shadow(store)
        self._require_ours(shadow)
        shadow = self._course.take_over(shadow)
        if store is None:
            self._make(shadow)
            return False
        if not _is_copy(shadow, store):
            return self._restore(store, shadow)
        self._move(store, shadow)
        return False

    def _without_shadow(self, store: Live | None) -> bool:
        """The first step, or one too many."""
        if store is None:
            raise changed_since(self._store)
        if self._is_to_go(store):
            self._begin(store)
            return False
        if self._made or self._is_as_wanted(store):
            return True
        raise changed_since(self._store)

    def _is_to_go(self, store: Live) -> bool:
        return self._course.migration.part is Part.MOVE and store.identity == self._was

    def _begin(self, store: Live) -> None:
        self._require_as_planned(store)
        marker = self._marker
        mark = Marker(
            owner=marker.owner,
            key=self._change.key or self._store.name,
            copy_of=identity_print(store),
            is_shadow=True,
            run=self._course.run,
        )
        self._course.make(self._shadow, self._shadow_fields(), mark)

    def _shadow_fields(self) -> Document:
        """Nothing is forgotten in it, however long that takes."""
        after = self._change.after or {}
        options = {**after.get("options", {}), "default_ttl_seconds": 0}
        kept = {key: after[key] for key in ("kind", "chat_model", "embedding_model") if key in after}
        return {**kept, "options": options, "description": _ABOUT.strip()}

    def _move(self, store: Live, shadow: Live) -> None:
        course = self._course
        if not self._is_to_go(store):
            raise changed_since(self._store)
        self._require_as_planned(store)
        self._require_known(shadow)  # what an earlier run found there is in the old one, too
        if not _holds(shadow.fields, self._shadow_fields()):
            course.drop(shadow)  # made for a definition that is not wanted any more; the old one is whole
            return
        filled = course.fill(store, shadow, surplus=Surplus.ALL, fenced=self._shadow, settle=course.settle)
        require_most(filled, course.counted, self._store)
        self._held = filled.count
        shadow = course.fence(self._shadow)
        if shadow.marker is not None:
            about = _ABOUT + "".join(_prints(shadow, filled.scopes))
            course.mark(shadow, replace(shadow.marker, filled=filled.up_to), description=about)
        course.drop(store)

    def _make(self, shadow: Live) -> None:
        self._require_known(shadow)
        course = self._course
        course.fence(self._shadow)
        course.make(self._store, self._change.after or {}, self._marker, declared=self._change.declared)
        self._made.append(1)

    def _restore(self, store: Live, shadow: Live) -> bool:
        if store.marker is None or store.marker.owner != self._marker.owner:
            raise _in_the_way(self._store, self._shadow)
        self._require_known(shadow)
        course = self._course
        filled = course.fill(shadow, store, surplus=Surplus.DOUBLES, fenced=self._shadow)
        require_most(filled, self._held, self._shadow)
        shadow = course.fence(self._shadow)
        found = course.require_same(store)
        course.drop(shadow)
        self._made.append(1)
        if self._is_to_go(store):
            return False
        self._write_the_rest(found)
        return True

    def _write_the_rest(self, store: Live) -> None:
        """What can be changed in place, of one that an earlier run made."""
        change = replace(self._change, action=Action.UPDATE, before=store, migration=None)
        perform(change, self._course.kind, self._course.service)

    @property
    def _marker(self) -> Marker:
        if self._change.marker is None:
            raise changed_since(self._store)  # no plan says so
        return self._change.marker

    def _is_as_wanted(self, store: Live) -> bool:
        return are_alike(store.marker, self._marker) and _holds(store.fields, self._change.declared)

    def _require_as_planned(self, store: Live) -> None:
        before = self._change.before
        if before is None or store.identity != before.identity or canonical(store.fields) != canonical(before.fields):
            raise changed_since(self._store)

    def _require_ours(self, shadow: Live) -> None:
        mark = shadow.marker
        if mark is None or not mark.is_shadow or mark.owner != self._marker.owner:
            raise changed_since(self._shadow)

    def _require_known(self, shadow: Live) -> None:
        """Of each scope that was copied into it: what is not known would not be copied back, and go with it."""
        said = str(shadow.fields.get("description") or "").partition(_ABOUT)[2]
        there = {said[at : at + _PRINT_CHARS] for at in range(0, len(said), _PRINT_CHARS)}
        if missing := there - set(_prints(shadow, self._course.names.names)):
            raise _unknown_scopes(self._shadow, len(missing))


def _is_copy(shadow: Live, of: Live | None) -> bool:
    said = shadow.marker.copy_of if shadow.marker is not None else ""
    return of is not None and bool(said) and said == identity_print(of)


def _prints(shadow: Live, scopes: Sequence[str]) -> Iterator[str]:
    for scope in scopes:
        raw = hashlib.sha256(f"{shadow.identity} {scope}".encode()).digest()
        yield base64.urlsafe_b64encode(raw).decode("ascii")[:_PRINT_CHARS]


def _holds(fields: Document, wanted: Document) -> bool:
    """Whether all that is wanted is there; descriptions and labels come and go."""
    for key, value in wanted.items():
        here = fields.get(key)
        if key in ("description", "metadata"):
            continue
        if isinstance(value, dict) and isinstance(here, dict):
            if any(here.get(name, each) != each for name, each in value.items()):
                return False
        elif here != value:
            return False
    return True


def _in_the_way(store: Address, shadow: Address) -> PlaneError:
    failure = Failure(
        message=f"Somebody else has made a store named {store.name}; the memories are in {shadow}.",
        code="conflict",
        advice="Delete or rename that one, then apply again.",
    )
    return PlaneError(failure)


def _unknown_scopes(shadow: Address, count: int) -> PlaneError:
    which = "one scope" if count == 1 else f"{count} scopes"
    failure = Failure(
        message=f"{shadow} holds memories of {which} that this run does not know; they would be lost with it.",
        code="scopes-unknown",
        advice="Name all scopes that the run which filled it knew, in `scopes` or --scopes-from; then apply again.",
    )
    return PlaneError(failure)
