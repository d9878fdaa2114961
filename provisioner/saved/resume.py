"""What is left to do of a saved plan, now; or what moved since it was made, so that nothing of it may be done.

The saved entries are planned again over what is live: so a write carries along what is live now. That must come to the
saved actions and fields, or to less where some of it is done already. What moved is held against two states, that which
the plan was made from, and that which it leaves behind: an apply that was broken off moved things from the one to the
other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import ABSENT, Path, dotted, lookup
from provisioner.model.errors import Stale
from provisioner.model.migration import Part, Way
from provisioner.model.plan import Change, Plan
from provisioner.model.redact import Masked, Sensitive, redacted
from provisioner.model.resource import Desired, Live
from provisioner.model.traits import Traits
from provisioner.model.words import joined, plural, printable
from provisioner.model.written import Texts, as_written
from provisioner.reconcile.fingerprints import Fingerprint, harmless_fields, marker_print, moved
from provisioner.reconcile.marker import are_alike
from provisioner.reconcile.meaning import is_default
from provisioner.reconcile.planner import make_destruction, make_plan
from provisioner.reconcile.scopes import is_owned, of_one_name
from provisioner.saved.reading import Neighbour, SavedPlan

_MOST_TOLD: Final = 100
_LONGEST_VALUE: Final = 80
# What may be left of an action that was begun.
_LEFT: Final[Mapping[Action, frozenset[Action]]] = {
    Action.CREATE: frozenset((Action.CREATE, Action.UPDATE)),
    Action.UPDATE: frozenset((Action.UPDATE,)),
    Action.ADOPT: frozenset((Action.ADOPT, Action.UPDATE)),
    Action.REPLACE: frozenset((Action.REPLACE, Action.CREATE, Action.UPDATE)),
    Action.MIGRATE: frozenset((Action.MIGRATE, Action.UPDATE)),
    Action.DELETE: frozenset((Action.DELETE,)),
    Action.RELEASE: frozenset((Action.RELEASE,)),
}
_REFERENCE_HINT: Final = "Look at the variables of its references, and plan again."


def resume(
    saved: SavedPlan, desired: Mapping[Address, Desired], live: Mapping[Address, Live], *, traits: Mapping[str, Traits]
) -> Plan:
    """The plan to run: what is left, in an order that can be run. `desired` are its entries, with the variables of
    now. Raises Stale, telling every object and field that moved.
    """
    fresh = _planned_again(saved, desired, live, traits)
    left = {change.address: change for change in fresh.changes}
    done = {it.address for it in saved.plan.changes if _is_done(it, saved.then.get(it.address), fresh, live)}
    problems = [*_problems(saved, live, left, done, traits)]
    if problems:
        raise Stale(tuple(_as_many(problems)))
    refusals = [it for it in fresh.refusals if it.code != "nothing-declared"]  # here, what stays is not declared
    return replace(
        fresh,
        target=saved.plan.target,
        unchanged=tuple(sorted({*saved.plan.unchanged, *done})),
        refusals=tuple(refusals),
        warnings=saved.plan.warnings,
        notes=saved.plan.notes,
        left_out=(),
        suspended=saved.plan.suspended,
        scope=saved.plan.scope,
        out_of_scope=saved.plan.out_of_scope,
        lock=saved.plan.lock,
        is_saved=True,
    )


def _planned_again(
    saved: SavedPlan, desired: Mapping[Address, Desired], live: Mapping[Address, Live], traits: Mapping[str, Traits]
) -> Plan:
    """Of the plan's resources alone: whatever else is live is left alone."""
    planned = {change.address: change for change in saved.plan.changes}
    succeeded = _succeeded(saved)
    apart = {*planned, *(it.migration.target for it in saved.plan.changes if it.migration is not None)}
    others = {
        address: Desired(address=address, external=True, succeeds=succeeded.get(address, ()))
        for address in (*live, *succeeded)
        if address not in apart or (address in succeeded and address not in planned)
    }
    wanted = {
        address: replace(it, key=planned[address].key, succeeds=succeeded.get(address, ()))
        for address, it in desired.items()
        if address in planned
    }
    make = make_destruction if saved.plan.destruction else make_plan
    allow = replace(saved.plan.allow, replace=frozenset(_to_be_replaced(saved, live)))
    fresh = make({**others, **wanted}, live, owner=saved.plan.owner, traits=traits, allow=allow)
    left = ((it, planned[it.address]) for it in fresh.changes if it.address in planned)
    # the saved entries go by live names, and memories were counted then
    return replace(fresh, changes=tuple(_with_memories(replace(it, key=then.key), then) for it, then in left))


def _succeeded(saved: SavedPlan) -> dict[Address, tuple[Address, ...]]:
    """What each store takes the place of, that which is moved first; copies that are not needed are given up, too."""
    ways = [it.migration for it in saved.plan.changes if it.migration is not None]
    ways = [it for it in ways if it.way is Way.SIDE_BY_SIDE]
    by_source = {it.source: it.target for it in ways if it.part is not Part.DISCARD}
    found: dict[Address, dict[Address, None]] = {}
    for way in sorted(ways, key=lambda it: it.part is Part.DISCARD):
        if way.part is Part.DISCARD:
            found.setdefault(by_source.get(way.source, way.source), {})[way.target] = None
        else:
            found.setdefault(way.target, {})[way.source] = None
    return {at: tuple(sources) for at, sources in found.items()}


def _with_memories(change: Change, then: Change) -> Change:
    now, was = change.migration, then.migration
    if now is not None and was is not None:
        now = replace(now, holding=was.holding, rate=was.rate, settle_s=was.settle_s)
    return replace(change, holding=then.holding, migration=now)


def _to_be_replaced(saved: SavedPlan, live: Mapping[Address, Live]) -> Iterator[Address]:
    """Of what the command wanted to be made anew, that which still is the old one."""
    for address in saved.plan.allow.replace:
        found, then = live.get(address), saved.then.get(address)
        if found is None or then is None or found.identity == then.identity:
            yield address


def _is_done(change: Change, then: Fingerprint | None, fresh: Plan, live: Mapping[Address, Live]) -> bool:
    """Whether the object is as the plan leaves it."""
    found = live.get(change.address)
    if change.action is Action.DELETE:  # that of another scope, or one that was made since, is another object
        there = of_one_name(found) if found is not None else ()
        return not any(then is None or it.identity == then.identity for it in there)
    if change.action is Action.RELEASE:
        return found is not None and not is_owned(found, fresh.owner)
    return change.address in fresh.unchanged


def _problems(
    saved: SavedPlan,
    live: Mapping[Address, Live],
    left: Mapping[Address, Change],
    done: Iterable[Address],
    traits: Mapping[str, Traits],
) -> Iterator[Diagnostic]:
    for change in saved.plan.changes:
        if change.address not in done:
            then, rest = saved.then.get(change.address), left.get(change.address)
            yield from _Held(change, then, live.get(change.address), rest, traits[change.address.kind]).problems()
    for neighbour in saved.neighbours:
        yield from _neighbour(neighbour, live.get(neighbour.address))


@dataclass(frozen=True, slots=True)
class _Held:
    """A saved change, what its object was, what it is, and what is left to do; None where there is none."""

    change: Change
    then: Fingerprint | None
    found: Live | None
    left: Change | None
    traits: Traits

    def problems(self) -> Iterator[Diagnostic]:
        now = self.left.before if self.left is not None else self.found
        told = tuple(self._of_object(now))
        yield from told
        if told:
            return
        if self.left is None or self.left.action not in _LEFT[self.change.action]:
            doing = self.left.action.value if self.left is not None else "nothing"
            yield _moved(f"{self.change.address}: it was to {self.change.action.value}, and now it would be {doing}.")
            return
        yield from self._of_environment(self.left)
        yield from self._of_referrers(self.left)

    def _of_object(self, now: Live | None) -> Iterator[Diagnostic]:
        address = self.change.address
        if now is None:
            if self.then is not None and self.change.action not in (Action.REPLACE, Action.MIGRATE):
                yield _moved(f"{address} was there when planned, is gone now.")
            return
        if now.odd:
            yield _moved(f"{address} cannot be read now: {now.odd}.")
            return
        if self.then is None:
            if not self._is_marked_by_plan(now):
                yield _moved(f"{address} was not there when planned, is there now{_whose(now)}.")
                return
            then = Fingerprint(identity=now.identity, marker="", fields={})
        else:
            then = self.then
        if then.identity != now.identity and (self._destroys() or not self._is_marked_by_plan(now)):
            yield _moved(f"{address} was made anew since it was planned: it is another object of that name.")
            return
        yield from self._of_marker(then, now)
        yield from self._of_fields(then, now)

    def _destroys(self) -> bool:
        """Whether what is there would go. What the plan itself made never does."""
        return self.left is not None and self.left.destroys

    def _is_marked_by_plan(self, now: Live) -> bool:
        return self.left is not None and self.left.marker is not None and are_alike(now.marker, self.left.marker)

    def _of_marker(self, then: Fingerprint, now: Live) -> Iterator[Diagnostic]:
        if marker_print(now.marker) == then.marker or self._is_marked_by_plan(now):
            return
        was, found = self.change.before.marker if self.change.before else None, now.marker
        pairs = (
            ("owner", was and was.owner, found and found.owner),
            ("lifecycle.prevent_destroy", was and was.prevent_destroy, found and found.prevent_destroy),
            ("lifecycle.on_remove", was and was.on_remove.value, found and found.on_remove.value),
        )
        different = [(name, one, other) for name, one, other in pairs if one != other]
        for name, one, other in different:
            yield _moved(f"{self.change.address} {name}: was {_said(one)} when planned, is {_said(other)} now.")
        if not different:
            yield _moved(f"{self.change.address} was written since it was planned, by another run of a manifest.")

    def _of_fields(self, then: Fingerprint, now: Live) -> Iterator[Diagnostic]:
        shown = harmless_fields(now, then.outside)
        open_yet = _Places(field.path for field in self.left.fields) if self.left else _Places([()])
        went = _Places(field.path for field in self.change.fields if field.after is ABSENT)
        declared = self.left.declared if self.left else {}
        for path in moved(then, now):
            if self.then is None and is_default(lookup(now.fields, path), path, self.traits):
                continue  # what the service fills in is no more than was there before
            is_as_left = went.touch(path) or lookup(declared, path) is not ABSENT  # by an apply that was broken off
            if open_yet.touch(path) or not is_as_left:
                yield _field_moved(self.change.address, path, self._was(path, then), lookup(shown, path))

    def _was(self, path: Path, then: Fingerprint) -> object:
        """What is known of it: what the plan would change, and what the manifest says."""
        if lookup(then.fields, path) is ABSENT:
            return ABSENT
        for field in self.change.fields:
            if path[: len(field.path)] == field.path:
                return lookup({"": field.before}, ("", *path[len(field.path) :]))
            if field.path[: len(path)] == path:  # a part of it was to change
                return _UNKNOWN
        if self.change.action is Action.DELETE and self.change.before is not None:  # all of it was shown
            shown = lookup(self.change.before.fields, path)
            return _UNKNOWN if shown is ABSENT else shown
        if self.left is None or (declared := lookup(self.left.declared, path)) is ABSENT:
            return _UNKNOWN
        shown = as_written({"": self.left.hides_after(declared, path)}, _from(self.left.written, path))
        return redacted(shown[""], path)

    def _of_environment(self, left: Change) -> Iterator[Diagnostic]:
        """What would be written beyond the plan: nothing live moved, so a variable did."""
        address = self.change.address
        if left.needs != self.change.needs:
            was, now = (joined(sorted(map(str, it.needs))) or "nothing" for it in (self.change, left))
            yield _moved(f"{address} named {was} when planned, names {now} now.", _REFERENCE_HINT)
        yield from self._of_lifecycle(left)
        if left.action is not self.change.action:
            return
        planned = _Places(field.path for field in self.change.fields)
        for field in left.fields:
            if not planned.touch(field.path):
                yield _moved(
                    f"{address} {dotted(field.path)}: was not to change when planned, would change now: a variable "
                    "makes another value.",
                    _REFERENCE_HINT,
                )

    def _of_lifecycle(self, left: Change) -> Iterator[Diagnostic]:
        planned, now = self.change.marker, left.marker
        if planned is None or now is None:
            return
        pairs = (
            ("prevent_destroy", planned.prevent_destroy, now.prevent_destroy),
            ("on_remove", planned.on_remove.value, now.on_remove.value),
        )
        for name, one, other in pairs:
            if one != other:
                yield _moved(
                    f"{self.change.address} lifecycle.{name}: was to be {_said(one)} when planned, would be "
                    f"{_said(other)} now: a variable makes another value.",
                    _REFERENCE_HINT,
                )

    def _of_referrers(self, left: Change) -> Iterator[Diagnostic]:
        if new := sorted(set(left.referrers) - set(self.change.referrers)) if left.destroys else []:
            word = "name" if len(new) > 1 else "names"
            yield _moved(f"{joined(new)} {word} {self.change.address} now, which was to {self.change.action.value}.")


def _from(texts: Texts, path: Path) -> Texts:
    """As they are seen from there, below a key that is none."""
    return {("", *at[len(path) :]): text for at, text in texts.items() if at[: len(path)] == path}


class _Unknown:
    """A value of which only a hash was kept."""


_UNKNOWN: Final = _Unknown()


class _Places:
    """Paths, to be asked of many others."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = frozenset(paths)
        self._on_the_way = frozenset(path[:length] for path in self._paths for length in range(1, len(path)))

    def touch(self, path: Path) -> bool:
        """Whether it is one of them, or inside one, or around one."""
        return path in self._on_the_way or any(path[:length] in self._paths for length in range(len(path) + 1))


def _neighbour(neighbour: Neighbour, now: Live | None) -> Iterator[Diagnostic]:
    address, then = neighbour.address, neighbour.then
    if now is None:
        yield _moved(f"{address}, which the plan refers to, was there when planned, is gone now.")
        return
    if now.odd:
        yield _moved(f"{address}, which the plan refers to, cannot be read now: {now.odd}.")
        return
    if then.identity != now.identity:
        yield _moved(f"{address}, which the plan refers to, was made anew since: it is another object of that name.")
        return
    shown = harmless_fields(now, then.outside)
    for path in moved(then, now):
        was = lookup(neighbour.values, path)
        known = was if was is not ABSENT or lookup(then.fields, path) is ABSENT else _UNKNOWN
        yield _field_moved(address, path, known, lookup(shown, path))


def _field_moved(address: Address, path: Path, was: object, now: object) -> Diagnostic:
    name = f"{address} {dotted(path)}"
    if was is _UNKNOWN:
        return _moved(f"{name}: is not what it was when planned, is {_said(now)} now.")
    if isinstance(was, (Sensitive, Masked)) or isinstance(now, (Sensitive, Masked)):
        return _moved(f"{name}: is not what it was when planned.")
    return _moved(f"{name}: was {_said(was)} when planned, is {_said(now)} now.")


def _said(value: object) -> str:
    if value is ABSENT or value is None:
        return "not there"
    text = printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _whose(found: Live) -> str:
    return f', and belongs to "{found.marker.owner}"' if found.marker else ", and no manifest owns it"


def _moved(message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(code="moved", message=message, hint=hint)


def _as_many(problems: list[Diagnostic]) -> Iterator[Diagnostic]:
    yield from islice(problems, _MOST_TOLD)
    if more := len(problems) - _MOST_TOLD if len(problems) > _MOST_TOLD else 0:
        yield _moved(f"There are {plural(more, 'more thing')} that moved.")
