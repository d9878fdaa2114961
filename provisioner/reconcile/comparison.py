"""Two sets of named documents, field by field: what two environments say, or what is live in two projects.

Neither side comes of the other, so a field that is in one of them alone is no default that the other goes back to. What
a kind's rules take for the same is no difference: a spelling, or what the service fills in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from provisioner.model.address import Address
from provisioner.model.document import ABSENT, Absent, Document, Path, canonical
from provisioner.model.plan import FieldChange, Target
from provisioner.model.traits import Rule, Traits
from provisioner.reconcile.compare import may_be_paired
from provisioner.reconcile.meaning import is_chosen, is_nothing, respelt, rule_of, same

Hiding: TypeAlias = Callable[[Any, Path], Any]  # a value at its path, with what is sensitive in it out of sight

_PLAIN: Final = Traits()


def _as_it_is(value: Any, _: Path) -> Any:
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """`head` is what a manifest says beside its resources. These go by their keys. `target` is the project, where they
    are what is live there; `hides` is for those of them in which something may be sensitive.
    """

    name: str
    owner: str = ""
    target: Target | None = None
    head: Document = field(default_factory=dict)
    resources: Mapping[Address, Document] = field(default_factory=dict)
    hides: Mapping[Address, Hiding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two documents, and the fields in which they differ: `before` is what the first side says. Without an address it
    is about the heads.
    """

    address: Address | None
    first: Document
    second: Document
    fields: tuple[FieldChange, ...]
    hides_first: Hiding = _as_it_is
    hides_second: Hiding = _as_it_is


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`differing` begins with the heads, where these differ. `notes` tell what is not compared, a sentence each."""

    first: Side
    second: Side
    differing: tuple[Difference, ...]
    only_first: tuple[Address, ...]
    only_second: tuple[Address, ...]
    same: int
    notes: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        return self.first.target is not None

    @property
    def is_empty(self) -> bool:
        return not (self.differing or self.only_first or self.only_second)

    @property
    def fields(self) -> int:
        return sum(len(each.fields) for each in self.differing)


def compared(
    first: Side, second: Side, traits: Mapping[str, Traits] | None = None, *, notes: Sequence[str] = ()
) -> Comparison:
    """`traits` are those of the kinds, where the documents are in normal form; left out, they are taken as written."""
    both = sorted(first.resources.keys() & second.resources.keys())
    heads = _difference(None, first.head, second.head, None)
    pairs = [_of_both(it, first, second, traits) for it in both]
    return Comparison(
        first=first,
        second=second,
        differing=tuple(each for each in (heads, *pairs) if each.fields),
        only_first=tuple(sorted(first.resources.keys() - second.resources.keys())),
        only_second=tuple(sorted(second.resources.keys() - first.resources.keys())),
        same=sum(not each.fields for each in pairs),
        notes=tuple(notes),
    )


def _of_both(address: Address, first: Side, second: Side, traits: Mapping[str, Traits] | None) -> Difference:
    found = _difference(address, first.resources[address], second.resources[address], traits)
    hides = (first.hides.get(address, _as_it_is), second.hides.get(address, _as_it_is))
    return replace(found, hides_first=hides[0], hides_second=hides[1])


def _difference(
    address: Address | None, first: Document, second: Document, traits: Mapping[str, Traits] | None
) -> Difference:
    mine = traits[address.kind] if traits is not None and address is not None else None
    second = respelt(second, first, mine) if mine is not None else second
    fields = tuple(sorted(_Comparing(mine).mappings(first, second, (), Rule()), key=lambda each: each.path))
    return Difference(address=address, first=first, second=second, fields=fields)


class _Comparing:
    """By the rules of a kind, or to the letter."""

    def __init__(self, traits: Traits | None) -> None:
        self._traits = traits or _PLAIN
        self._is_literal = traits is None

    def mappings(self, first: Document, second: Document, at: Path, parent: Rule) -> Iterator[FieldChange]:
        for key in {**first, **second}:
            yield from self._values(first.get(key, ABSENT), second.get(key, ABSENT), (*at, str(key)), parent)

    def _values(self, first: Any, second: Any, path: Path, parent: Rule) -> Iterator[FieldChange]:
        rule = rule_of(path, self._traits)
        scope = rule if rule.whole or rule.free else parent
        is_whole = rule.meaning is not None or (rule.default is not ABSENT and ABSENT in (first, second))
        if not is_whole and _are_filled(first, second):
            yield from self.mappings(_or_empty(first), _or_empty(second), path, scope)
        elif rule.meaning is None and isinstance(first, (list, tuple)) and may_be_paired(first, second):
            for index, (one, other) in enumerate(zip(first, second, strict=True)):
                yield from self._values(one, other, (*path, str(index)), scope)
        elif not self._are_same(first, second, path, rule, free=scope.free):
            yield FieldChange(path=path, before=first, after=second)

    def _are_same(self, first: object | Absent, second: object | Absent, path: Path, rule: Rule, *, free: bool) -> bool:
        if self._is_literal:
            is_one_absent = (first is ABSENT) != (second is ABSENT)
            return not is_one_absent and (first is ABSENT or canonical(first) == canonical(second))
        if is_chosen(path, first, self._traits) or is_chosen(path, second, self._traits):
            return (first is ABSENT) == (second is ABSENT) or rule.default is not ABSENT
        nothings = is_nothing(first, free=free), is_nothing(second, free=free)
        if nothings[0] != nothings[1]:
            return rule.default is not ABSENT and same(second if nothings[0] else first, rule.default)
        if rule.meaning is not None and not nothings[0]:
            return same(rule.meaning(first), rule.meaning(second))
        return all(nothings) or canonical(first) == canonical(second)


def _are_filled(first: object, second: object) -> bool:
    """Whether there is a mapping on one side, and one or nothing on the other."""
    sides = (first, second)
    return any(isinstance(it, Mapping) and it for it in sides) and all(
        isinstance(it, (Mapping, Absent)) for it in sides
    )


def _or_empty(value: object) -> Document:
    return value if isinstance(value, Mapping) else {}
