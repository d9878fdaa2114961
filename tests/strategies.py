"""Worlds to plan in: what a manifest may want, what a service may have, and what a plan makes of it.

The worlds are drawn as they come about in life: something was declared and applied once, then the manifest moved on,
the live object drifted, and the service filled in fields of its own. The fields are made up (a service does not care
what `left.deep` means), the traits are the real kinds'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from hypothesis import strategies as st

from provisioner.kinds import TRAITS
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.document import Document, Path, leaves, overlay, without
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Condition, Desired, Lifecycle, Live, Marker, OnRemove
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.planner import make_plan

OWNER: Final = "dev-buddy"
STRANGER: Final = "somebody-else"
Wanted = Mapping[Address, Desired]
State = Mapping[Address, Live]

ADDRESSES: Final = tuple(
    Address(kind, name) for kind, traits in TRAITS.items() for name in ("a" if traits.holds_data else "ab")
)
EVERYTHING_ALLOWED: Final = Allowances(adopt=True, data_loss=frozenset(ADDRESSES), max_deletes=None)
_UNDECLARED: Final = {"filled": "by the service", "left": {"filled": 1}, "options": {"filled": True}}

# Immutable in one kind or another (`model.name`, `kind`, `options`), mutable, nested, and with a dot in a key.
_KEYS: Final = ("description", "kind", "model", "left", "options", "tags.x")
_NO_MAPPINGS: Final = ("description", "kind")  # their defaults are texts: an empty mapping is not one left out
_INNER: Final = ("name", "version", "deep", "filled")

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, 0.5, 1.0]), st.text("ab\n€", max_size=2)
)
lists = st.lists(st.one_of(scalars, st.dictionaries(st.sampled_from(_INNER), scalars, max_size=2)), max_size=2)
_leaf: st.SearchStrategy[Any] = st.one_of(scalars, lists, st.just({}))
_inner = st.dictionaries(
    st.sampled_from(_INNER), st.one_of(_leaf, st.dictionaries(st.sampled_from(_INNER), _leaf, max_size=2)), max_size=3
)
documents: st.SearchStrategy[Document] = st.dictionaries(
    st.sampled_from(_KEYS), st.one_of(_leaf, _inner), max_size=5
).map(lambda drawn: {key: value for key, value in drawn.items() if key not in _NO_MAPPINGS or value != {}})
# Keys that are drawn freely, for the rules that hold for any document.
any_documents: st.SearchStrategy[Document] = st.recursive(
    st.dictionaries(st.text(max_size=3), _leaf, max_size=4),
    lambda inner: st.dictionaries(st.text(max_size=3), st.one_of(_leaf, inner), max_size=3),
    max_leaves=12,
)
paths: st.SearchStrategy[Path] = st.one_of(
    st.sampled_from(_KEYS).map(lambda key: (key,)), st.tuples(st.sampled_from(_KEYS), st.sampled_from(_INNER))
)


@st.composite
def edited(draw: st.DrawFn, document: Document, other: Document) -> Document:
    """The document after somebody has been at it: fields kept, dropped, changed, added, at the first two levels."""
    result: dict[str, Any] = {}
    for key in {**document, **other}:
        origin = draw(st.sampled_from(["mine", "mine", "theirs", "merged"]))
        if origin == "merged":
            result.update(overlay({key: document.get(key)}, {key: other.get(key)}))
        elif key in (source := document if origin == "mine" else other):
            result[key] = source[key]
    return result


lifecycles = st.builds(
    Lifecycle,
    prevent_destroy=st.sampled_from([None, True, False]),
    on_remove=st.sampled_from(OnRemove),
    ignore=st.lists(paths, max_size=2, unique=True).map(tuple),
)


@dataclass(frozen=True)
class World:
    desired: Wanted
    live: State

    def plan(self, allow: Allowances = EVERYTHING_ALLOWED) -> Plan:
        return planned(self.desired, self.live, allow)

    @property
    def after(self) -> World:
        return World(self.desired, predict(self.plan(), self.live))


def planned(desired: Wanted, live: State, allow: Allowances = EVERYTHING_ALLOWED) -> Plan:
    return make_plan(desired, live, owner=OWNER, traits=TRAITS, allow=allow)


def marker_of(fields: Document, lifecycle: Lifecycle, *, size: int = 512, owner: str = OWNER) -> Marker:
    """What an apply of these fields would have left on the live object."""
    return Marker(
        owner=owner,
        applied=AppliedRecord.of(without(fields, lifecycle.ignore), size),
        prevent_destroy=lifecycle.prevent_destroy is True,
        on_remove=lifecycle.on_remove,
    )


@st.composite
def _needs(draw: st.DrawFn, order: list[Address], targets: frozenset[Address], who: Address) -> frozenset[Address]:
    """Some of those that come before it in this order: no references in a circle."""
    earlier = [it for it in order[: order.index(who)] if it in targets]
    return frozenset(draw(st.lists(st.sampled_from(earlier), max_size=2)) if earlier else ())


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Anything may refer to anything, the manifest one way round and the live objects another."""
    wanted_order, live_order = (draw(st.permutations(ADDRESSES)) for _ in range(2))
    listed = frozenset(draw(st.sets(st.sampled_from(ADDRESSES))))
    pool = st.sampled_from(draw(st.lists(documents, min_size=3, max_size=3)))
    rules = st.sampled_from(draw(st.lists(lifecycles, min_size=2, max_size=2)))
    desired: dict[Address, Desired] = {}
    live: dict[Address, Live] = {}
    for address in ADDRESSES:
        once = draw(pool)
        if address in listed:
            needs = draw(_needs(wanted_order, listed, address))
            desired[address] = draw(_desired(address, draw(edited(once, draw(pool))), needs, draw(rules)))
        found = draw(_live(address, once, draw(pool), draw(rules)))
        if found is not None:
            live[address] = replace(found, needs=draw(_needs(live_order, frozenset(ADDRESSES), address)))
    return World(desired, live)


@st.composite
def _desired(
    draw: st.DrawFn, address: Address, fields: Document, needs: frozenset[Address], lifecycle: Lifecycle
) -> Desired:
    if draw(st.integers(0, 5)) == 0:
        return Desired(address=address, external=True)
    return Desired(address=address, fields=fields, needs=needs, lifecycle=lifecycle)


@st.composite
def _live(draw: st.DrawFn, address: Address, once: Document, other: Document, lifecycle: Lifecycle) -> Live | None:
    owner = draw(st.sampled_from([OWNER, OWNER, OWNER, STRANGER, None, "missing"]))
    if owner == "missing":
        return None
    size = draw(st.sampled_from([33, TRAITS[address.kind].marker_size]))  # 33 holds three fields: the rest is folded
    marker = marker_of(once, lifecycle, size=size, owner=owner) if owner else None
    served = filled(once) if draw(st.booleans()) else once
    fields = draw(edited(served, other)) if draw(st.booleans()) else served
    condition = draw(st.sampled_from([Condition.READY, Condition.READY, *Condition]))
    return Live(address=address, fields=fields, marker=marker, revision="1", condition=condition)


def filled(fields: Document) -> Document:
    """The fields as a service shows them that fills in what was left open."""
    return overlay(_UNDECLARED, fields)


def predict(plan: Plan, live: State, *, fills_in: bool = False) -> State:
    """The live state after the plan, as the service and the kinds would make it."""
    state = dict(live)
    for change in plan.changes:
        after = _after(change, fills_in=fills_in)
        if after is None:
            del state[change.address]
        else:
            state[change.address] = after
    return state


def _after(change: Change, *, fills_in: bool) -> Live | None:
    if change.action is Action.DELETE:
        return None
    fields = change.after if change.after is not None else {}
    needs = change.before.needs if change.before and change.action is Action.RELEASE else change.needs
    return Live(
        address=change.address,
        fields=filled(fields) if fills_in else fields,
        marker=change.marker,
        needs=needs,
        revision=change.before.revision + "+" if change.before else "1",
        condition=change.before.condition if change.before and change.action is Action.RELEASE else Condition.READY,
    )


def names(changes: Iterable[Change]) -> list[str]:
    return [f"{change.action.value} {change.address}" for change in changes]


def flat(document: Document) -> dict[Path, object]:
    return dict(leaves(document))
