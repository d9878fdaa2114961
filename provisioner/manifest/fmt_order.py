"""The order of keys in a manifest: the schema's, which is the one that `export` writes in."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final, TypeVar

from provisioner.kinds import KINDS
from provisioner.manifest.check_schema import CHECK
from provisioner.manifest.check_schema import SECTION as CHECKS
from provisioner.manifest.schema import LIVE_NAME, lifecycle_of, manifest_schema, schemas_in, variants
from provisioner.model.document import Document

T = TypeVar("T")
HEAD: Final = (
    "version",
    "name",
    "project",
    "variables",
    "environments",
    "default_environment",
    "policy",
    "lock",
    "preflight",
)
Mention = tuple[str, bool]
"""An anchor's name, and whether it is defined here rather than used."""
_MERGE: Final = "<<"
_FIRST: Final = ("type", "name")
_ITEMS: Final = "[]"


class Order:
    """Of one mapping's keys, and of those in its values. What `schemas` do not name comes last, as it is written; of
    what the service publishes only `type` and `name` are named.
    """

    __slots__ = ("_inner", "_known", "_ranks", "_schemas")

    def __init__(self, schemas: Sequence[Document]) -> None:
        self._schemas = schemas
        self._inner: dict[str, Order] = {}
        self._known = dict.fromkeys(
            key for schema in schemas for each in variants(schema) for key in each.get("properties", ())
        )
        # What the service publishes has no order: it is one schema for all types of a thing.
        ordered = _FIRST if any("$comment" in schema for schema in schemas) else self._known
        self._ranks = {key: rank for rank, key in enumerate(ordered)}

    @classmethod
    def of(cls, inner: Mapping[str, Order], *, others: Order | None = None) -> Order:
        """These keys, and `others` for the values of those that are not named."""
        order = cls(())
        order._known = dict.fromkeys(inner)
        order._ranks = {key: rank for rank, key in enumerate(inner)}
        order._inner = {**inner, "": others or _AS_WRITTEN}
        return order

    def rank(self, key: str, *, is_quoted: bool = False) -> tuple[int, int]:
        """What is merged in comes first; in quotes, `<<` is a key as any other."""
        if key == _MERGE and not is_quoted:
            return (0, 0)
        return (1, self._ranks[key]) if key in self._ranks else (2, 0)

    def inside(self, key: str) -> Order:
        """Of the value of a key. All that are not named have one."""
        step = key if key in self._known else ""
        if step not in self._inner:
            self._inner[step] = Order(schemas_in(self._schemas, step))
        return self._inner[step]

    @property
    def of_items(self) -> Order:
        """Of the items of a list."""
        if _ITEMS not in self._inner:
            self._inner[_ITEMS] = Order(schemas_in(self._schemas, "0"))
        return self._inner[_ITEMS]


_AS_WRITTEN: Final = Order(())


def in_order(value: Any, order: Order) -> Any:
    """A copy of plain values with their keys in order."""
    if isinstance(value, (list, tuple)):
        return [in_order(each, order.of_items) for each in value]
    if not isinstance(value, Mapping):
        return value
    ranked = sorted(value, key=partial(order.rank, is_quoted=True))
    return {key: in_order(value[key], order.inside(key)) for key in ranked}


@lru_cache(maxsize=1)
def manifest_order() -> Order:
    """Of a manifest, and of an environment's part of one, in a file of its own or not."""
    known = manifest_schema()["properties"]
    sections = {section: Order.of({}, others=_of_entry(section)) for section in KINDS}
    inner = {key: Order([known[key]]) if key in known else _AS_WRITTEN for key in HEAD} | sections
    inner[CHECKS] = Order.of({}, others=Order([CHECK]))
    overlay = Order.of({"file": _AS_WRITTEN, **inner})
    return Order.of({**inner, "environments": Order.of({}, others=overlay)})


def _of_entry(section: str) -> Order:
    schema = KINDS[section].schema()
    names = {"live_name": LIVE_NAME, "external": {}, **schema["properties"], "lifecycle": lifecycle_of(section)}
    return Order([{**schema, "properties": names}])


def arranged(
    members: Sequence[T], ranks: Iterable[tuple[int, int]], mentions: Callable[[T], Sequence[Mention]]
) -> list[T]:
    """The members by their ranks, those of one rank as they are; but what an alias needs stays before it."""
    wanted = [index for _, index in sorted((rank, index) for index, rank in enumerate(ranks))]
    if wanted == list(range(len(members))):
        return list(members)
    needs = _needs([mentions(member) for member in members])
    if not needs:
        return [members[index] for index in wanted]
    placed: dict[int, None] = {}
    for index in wanted:
        placed.update(dict.fromkeys(sorted(_with_all_it_needs(index, needs, placed))))
    return [members[index] for index in placed]


def _needs(mentions: Sequence[Sequence[Mention]]) -> dict[int, set[int]]:
    """Which members have to stay before which: an anchor before its aliases, these before it is defined anew."""
    needs: dict[int, set[int]] = {}
    defined: dict[str, int] = {}
    used: dict[str, list[int]] = {}
    for index, named in enumerate(mentions):
        for name, is_anchor in named:
            before = [*([defined[name]] if name in defined else []), *(used.pop(name, ()) if is_anchor else ())]
            needs.setdefault(index, set()).update(before)
            if is_anchor:
                defined[name] = index
            else:
                used.setdefault(name, []).append(index)
    return {index: others - {index} for index, others in needs.items() if others - {index}}


def _with_all_it_needs(index: int, needs: Mapping[int, set[int]], placed: Container[int]) -> set[int]:
    found = set() if index in placed else {index}
    open_ones = [*found]
    while open_ones:
        new = [each for each in needs.get(open_ones.pop(), ()) if each not in found and each not in placed]
        found.update(new)
        open_ones += new
    return found
