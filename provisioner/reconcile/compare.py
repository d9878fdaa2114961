"""Field by field: what the manifest declares against what is live.

Only declared fields are compared; what the service or somebody else filled in beside them is not ours to judge. Inside
what an author writes in full (`Rule.whole`) it is, as far as a baseline tells the service's filling-in from somebody's
addition (where it fills in anything: `Rule.closed`): the baseline is what the service showed for our own last write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.model.action import Origin
from provisioner.model.document import ABSENT, Absent, Document, Path, leaves, lies_under, lookup, without
from provisioner.model.plan import FieldChange
from provisioner.model.traits import Rule, Traits
from provisioner.model.write_only import readable
from provisioner.model.written import Texts, as_written, as_written_where
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.meaning import (
    is_chosen,
    is_default,
    is_nothing,
    plain,
    respelt,
    rule_of,
    same,
    shows,
    shows_no_other_secret,
)

_Found = tuple[Path, object, object]  # where, live, wanted


def compare(
    desired: Document,
    live: Document,
    *,
    record: AppliedRecord | None,
    ignore: tuple[Path, ...],
    traits: Traits,
    baseline: Document | None = None,
    written: Texts | None = None,
) -> tuple[FieldChange, ...]:
    """The fields that must change, sorted by path. `record` is None where nothing of ours was ever applied, `baseline`
    where our last write is not to be seen any more. `written` are the texts by which the record knows what variables
    made: whether such a value is live, only the live value tells.
    """
    desired = readable(desired, traits)
    live = respelt(live, desired, traits)
    applied, shown = plain(desired, traits), plain(live, traits)
    texts = written or {}
    sides = _Sides(
        desired=desired,
        live=live,
        baseline={} if record is None else baseline,
        record=record,
        traits=traits,
        applied=(applied, as_written(applied, texts)),
        shown=(shown, as_written_where(shown, texts, applied)),
        from_outside=frozenset(path[:length] for path in texts for length in range(len(path) + 1)),
    )
    added = {path: (before, after) for path, before, after in sides.additions()}
    managed = without(desired, ignore)
    found = {path: (before, after) for path, before, after in sides.differences(managed)}
    if record is not None:
        found.update({path: (before, after) for path, before, after in sides.shed(managed, found)})
        found.update({path: (before, ABSENT) for path, before in sides.removed(ignore)})
    found_in = {path[:length] for path in found for length in range(1, len(path))}
    added = {path: sides_of for path, sides_of in added.items() if path not in found_in}
    return tuple(
        FieldChange(
            path=path,
            before=before,
            after=after,
            origin=None if record is None else sides.origin(path, is_addition=path not in found),
            forces_replace=lies_under(path, traits.immutable),
        )
        for path, (before, after) in sorted({**added, **found}.items())
        if not lies_under(path, ignore)
    )


def unshown(declared: Document, live: Document, traits: Traits) -> tuple[_Found, ...]:
    """The declared fields that a live object does not show: path, what it shows instead, what is declared. A field that
    the service never gives back is not missed.
    """
    declared = readable(declared, traits)
    live = respelt(live, declared, traits)
    sides = _Sides(desired=declared, live=live, baseline=None, record=None, traits=traits)
    return tuple(sides.differences(declared))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """`applied` and `shown` are desired and live as they are remembered (see `meaning.plain`): by their values, as an
    older marker does, and by what is written where variables made them, which is at these paths or inside.
    """

    desired: Document
    live: Document
    baseline: Document | None
    record: AppliedRecord | None
    traits: Traits
    applied: tuple[Document, ...] = ()
    shown: tuple[Document, ...] = ()
    from_outside: frozenset[Path] = frozenset()
    _parents: dict[tuple[str, Path], bool] = field(default_factory=dict)

    def differences(self, desired: Document) -> Iterator[_Found]:
        """What is declared and not shown."""
        return self._in_mapping(desired, self.live, (), Rule())

    def _in_mapping(self, desired: Document, live: Document, at: Path, parent: Rule) -> Iterator[_Found]:
        for key, value in desired.items():
            yield from self._in_field(value, live.get(key, ABSENT), (*at, key), parent)

    def _in_field(self, value: object, here: object, path: Path, parent: Rule) -> Iterator[_Found]:
        rule = rule_of(path, self.traits)
        scope = rule if rule.whole or rule.free else parent
        if rule.meaning is None and isinstance(value, Mapping) and value and isinstance(here, (Mapping, Absent)):
            yield from self._in_mapping(value, here if isinstance(here, Mapping) else {}, path, scope)
        elif scope.whole and isinstance(value, (list, tuple)) and may_be_paired(value, here):
            for index, item in enumerate(value):
                yield from self._in_field(item, here[index], (*path, str(index)), scope)  # type: ignore[index]
        elif not self._is_shown(path, value, here, rule, parent):
            yield path, here, value

    def _is_shown(self, path: Path, value: object, here: object, rule: Rule, parent: Rule) -> bool:
        if self._is_not_chosen(path, value, here, rule) or self._is_unseen_edit(path, here, rule):
            return False
        return (
            shows(here, value, rule, free=parent.free)
            or self._is_kept_back(path, value, here, rule)
            or self._is_answered_so(path, value, here)
        )

    def _is_not_chosen(self, path: Path, value: object, here: object, rule: Rule) -> bool:
        """Whether a choice is declared that the live object does not show, and does not mean either by showing none."""
        if here is not ABSENT or not is_chosen(path, value, self.traits):
            return False
        return rule.default is ABSENT or not is_nothing(lookup(self.live, path[:-1]))

    def _is_answered_so(self, path: Path, value: object, here: object) -> bool:
        """Whether this is how the service showed our own last write of the same value, in a spelling of its own. The
        record does not tell one secret from another; what is shown of them does.
        """
        if is_nothing(here) or not self._is_as_applied(path) or self._is_from_outside(path):
            return False
        baseline = self._baseline(path)
        return baseline is not None and same(lookup(baseline, path), here) and shows_no_other_secret(here, value, path)

    def _is_unseen_edit(self, path: Path, here: object, rule: Rule) -> bool:
        """Whether the manifest says something else now of a field that the service keeps to itself."""
        record = self.record
        if record is None or not is_nothing(here) or record.fold(path) != path or not record.knows(path):
            return False
        return (record.lacks(path) or not rule.given_back) and not self._is_as_applied(path)

    def _is_kept_back(self, path: Path, value: object, here: object, rule: Rule) -> bool:
        """Whether the value is missing because the service does not give it back, and not because it went."""
        if not is_nothing(here) or is_nothing(value):
            return False
        if self.record is None:
            return not rule.given_back
        if not self._is_as_applied(path):
            return False
        if not rule.given_back or self.record.lacks(path) or lies_under(path, self.traits.immutable):
            return True  # what cannot change did not go: this answer only does not show it
        baseline = self._baseline(path)
        return baseline is not None and is_nothing(lookup(baseline, path))

    def additions(self) -> Iterator[_Found]:
        """What somebody added inside the fields that are written in full."""
        for path, rule in self.traits.rules.items():
            if rule.whole and (baseline := {} if rule.closed else self._baseline(path)) is not None:
                yield from _added(lookup(self.desired, path), lookup(self.live, path), lookup(baseline, path), path)

    def shed(self, managed: Document, found: Mapping[Path, object]) -> Iterator[_Found]:
        """Lists of which a part was declared once and is no more, such as a key of a tool: what is live still covers
        them.

        Told only where the live list is exactly what was applied last or what it became then; otherwise the part may
        well be somebody's or the service's own.
        """
        if self.record is None:
            return
        for path, value in leaves(managed):
            here = lookup(self.live, path)
            if not isinstance(value, (list, tuple)) or is_nothing(here) or self.record.fold(path) != path:
                continue
            if self._is_as_applied(path) or any(lies_under(each, (path,)) for each in found):
                continue
            if self._holds(path, self.shown) or self._is_as_written(path, here, value):
                yield path, here, value

    def _is_as_written(self, path: Path, here: object, value: object) -> bool:
        baseline = self._baseline(path)
        return baseline is not None and same(lookup(baseline, path), here) and not same(here, value)

    def removed(self, ignore: tuple[Path, ...]) -> Iterator[tuple[Path, object]]:
        """Live fields that were applied once and are not declared any more.

        Where the record holds only a parent that is declared still, it cannot tell our fields from the service's,
        unless what is live there is exactly what was applied last. What is ignored it does not know.
        """
        if self.record is None:
            return
        record, shown = self.record, tuple(without(side, ignore) for side in self.shown)
        for path, _ in leaves(without(self.live, ignore)):
            parent = record.fold(path)
            if not record.knows(path) or _declared(self.desired, path):
                continue
            if _declared(self.desired, parent) and not self._once(
                "unchanged", parent, lambda key: self._holds(key, shown)
            ):
                continue
            value = lookup(self.live, path)
            if not is_default(value, path, self.traits):
                yield path, value

    def origin(self, path: Path, *, is_addition: bool) -> Origin | None:
        """Who moved; None where only a secret did, and nothing tells who."""
        if is_addition:
            return Origin.DRIFT
        wanted = lookup(self.desired, path)
        inside = [leaf for leaf, _ in leaves(wanted, path)] if isinstance(wanted, Mapping) else []
        origins = {self._leaf_origin(leaf) for leaf in inside or [path]}
        if len(origins) == 1:
            return origins.pop()
        return None if None in origins else Origin.BOTH

    def _leaf_origin(self, path: Path) -> Origin | None:
        record = self.record
        if record is None or not record.knows(path):
            return Origin.EDIT
        if self._is_as_applied(path):
            is_untold = self._is_from_outside(path) or self._is_shown_as_applied(path)
            return self._secret_origin(path) if is_untold else Origin.DRIFT
        if self._is_unseen_edit(path, lookup(self.live, path), rule_of(path, self.traits)):
            return Origin.EDIT
        key = record.fold(path)
        if (baseline := self._baseline(key)) is not None and same(lookup(baseline, key), lookup(self.live, key)):
            return Origin.EDIT
        return Origin.EDIT if self._is_shown_as_applied(path) else Origin.BOTH

    def _is_shown_as_applied(self, path: Path) -> bool:
        """Whether the live object still has what was applied last, with what the service fills in or without."""
        if (record := self.record) is None:
            return False

        def holds(key: Path) -> bool:
            wanted, found = lookup(self.applied[0], key), lookup(self.shown[-1], key)
            return found is not ABSENT and (self._holds(key, self.shown) or record.holds(key, _shaped(found, wanted)))

        return self._once("shown", record.fold(path), holds)

    def _secret_origin(self, path: Path) -> Origin | None:
        """Who changed a secret, of which the record knows nothing: our own last write may be seen still."""
        if (baseline := self._baseline(path)) is None:
            return None
        was = lookup(baseline, path)
        if same(was, lookup(self.live, path)):
            return Origin.EDIT
        return Origin.DRIFT if same(was, lookup(self.desired, path)) else None

    def _is_as_applied(self, path: Path) -> bool:
        """Whether the manifest still says what was applied last."""
        if (record := self.record) is None or not record.knows(path):
            return False

        def holds(key: Path) -> bool:
            return lookup(self.applied[0], key) is not ABSENT and self._holds(key, self.applied)

        return self._once("applied", record.fold(path), holds)

    def _is_from_outside(self, path: Path) -> bool:
        """Whether a variable made the value, or some of it, and the record knows no more of it than that."""
        if self.record is None or path not in self.from_outside:
            return False
        key = self.record.fold(path)
        return not self.record.holds(key, lookup(self.applied[0], key))

    def _holds(self, key: Path, sides: tuple[Document, ...]) -> bool:
        """Whether one of them has at the key what was applied last."""
        record, first = self.record, sides[0]
        if record is None:
            return False
        if record.holds(key, lookup(first, key)):
            return True
        return any(side is not first and record.holds(key, lookup(side, key)) for side in sides)

    def _once(self, question: str, parent: Path, answer: Callable[[Path], bool]) -> bool:
        """What is asked of a parent is asked again for each of its fields, and takes time with their number."""
        if (question, parent) not in self._parents:
            self._parents[question, parent] = answer(parent)
        return self._parents[question, parent]

    def _baseline(self, path: Path) -> Document | None:
        return None if lies_under(path, self.traits.beside_versions) else self.baseline


def may_be_paired(value: list[Any] | tuple[Any, ...], here: object) -> bool:
    """Whether the lists can be told apart member by member: as many mappings of the same types on both sides."""
    if not isinstance(here, (list, tuple)) or len(here) != len(value):
        return False
    pairs = zip(value, here, strict=True)
    return all(
        isinstance(one, Mapping) and isinstance(other, Mapping) and same(one.get("type"), other.get("type"))
        for one, other in pairs
    )


def _added(declared: object, live: object, baseline: object, path: Path) -> Iterator[_Found]:
    """Members of the live value that neither the manifest nor our own last write has."""
    if isinstance(declared, Mapping) and isinstance(live, Mapping):
        under = baseline if isinstance(baseline, Mapping) else {}
        for key, here in live.items():
            value, was = declared.get(key, ABSENT), under.get(key, ABSENT)
            if value is not ABSENT:
                yield from _added(value, here, was, (*path, str(key)))
            elif not is_nothing(here) and not same(here, was):
                yield (*path, str(key)), here, ABSENT
    elif isinstance(declared, (list, tuple)) and may_be_paired(declared, live):
        under_items = baseline if isinstance(baseline, (list, tuple)) else ()
        for index, (value, here) in enumerate(zip(declared, live, strict=True)):  # type: ignore[call-overload]
            was = under_items[index] if index < len(under_items) else ABSENT
            yield from _added(value, here, was, (*path, str(index)))


def _declared(desired: Document, path: Path) -> bool:
    """Whether the path, or a parent of it that is no mapping, is declared."""
    here: Any = desired
    for key in path:
        if not isinstance(here, Mapping):
            return True
        if key not in here:
            return False
        here = here[key]
    return True


def _shaped(live: object, like: object | Absent) -> object:
    """The live value without the keys that the declared one does not have: those are the service's own."""
    if isinstance(live, Mapping) and isinstance(like, Mapping):
        return {key: _shaped(live[key], value) for key, value in like.items() if key in live}
    if isinstance(live, (list, tuple)) and isinstance(like, (list, tuple)):
        shaped = [_shaped(here, value) for here, value in zip(live, like, strict=False)]
        return [*shaped, *live[len(shaped) :]]
    return live
