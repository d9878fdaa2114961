"""What a plan touches and what that needs, laid out in layers: what is needed stands left of what needs it.

A picture of hundreds of boxes shows nothing, so of what is alike (one kind, one action, the same neighbours) many make
one box. Where even that is too much, boxes stand for all of a kind with which the same is done.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.plan import Plan
from provisioner.render.safe import one_line

WIDTH, HEIGHT = 204, 42  # of a box
_ACROSS, _DOWN = 26, 10  # between boxes of a layer
_BETWEEN: Final = 84  # layers
_MARGIN, _HEADING = 12, 30
_ROWS: Final = 26  # more boxes of a layer stand in several columns
_FEW: Final = 60  # boxes, each for one object; of more, those that are alike are put together
_ALIKE: Final = 4
_MANY: Final = 320
_SWEEPS: Final = 4
_GAPS: Final = 8  # of a layer
_LETTERS: Final = 20
_NAMED: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """`action` is None for what is only referred to. `number` is that of the first of its changes in the plan, None
    where there is none.
    """

    x: int
    y: int
    kind: str
    action: Action | None
    label: str
    title: str
    count: int
    number: int | None


@dataclass(frozen=True, slots=True)
class Arrow:
    """From what is needed to what needs it: the boxes by their place in `boxes`, and a path of SVG."""

    start: int
    end: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    width: int
    height: int
    headings: tuple[tuple[int, str], ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    members: tuple[Address, ...]
    kind: str
    action: Action | None


def picture(plan: Plan) -> Picture | None:
    """None where there is nothing to draw."""
    actions = {change.address: change.action for change in plan.changes}
    pairs = _needs(plan)
    addresses = sorted({*actions, *(address for pair in pairs for address in pair)})
    if not addresses:
        return None
    nodes, arrows = _gathered(addresses, pairs, actions)
    layers = _layers(nodes, arrows)
    ways = _ways(len(nodes), layers, sorted(arrows))
    _order(layers, ways)
    return _drawn(nodes, layers, ways, {change.address: number for number, change in enumerate(plan.changes)})


def _needs(plan: Plan) -> set[tuple[Address, Address]]:
    """Pairs of what is needed and what needs it; what goes needed what it had live."""
    found: set[tuple[Address, Address]] = set()
    for change in plan.changes:
        leaves = change.before is not None and change.action in (Action.DELETE, Action.RELEASE)
        needs = change.before.needs if leaves and change.before else change.needs
        found.update((needed, change.address) for needed in needs)
        found.update((change.address, user) for user in change.referrers)
    return {(one, other) for one, other in found if one != other}


def _gathered(
    addresses: Sequence[Address], pairs: Iterable[tuple[Address, Address]], actions: Mapping[Address, Action]
) -> tuple[list[_Node], set[tuple[int, int]]]:
    around: dict[Address, set[tuple[bool, Address]]] = defaultdict(set)
    for needed, user in pairs:
        around[needed].add((True, user))
        around[user].add((False, needed))
    looks: list[tuple[Callable[[Address], Hashable], int, int]] = [
        (lambda it: it, 1, _FEW),
        (lambda it: (it.kind, actions.get(it), frozenset(around[it])), _ALIKE, _MANY),
        (lambda it: (it.kind, actions.get(it)), 1, len(addresses)),
    ]
    several = (_parts(addresses, look, least) for look, least, _ in looks)
    parts = next(found for found, (_, _, most) in zip(several, looks, strict=True) if len(found) <= most)
    nodes = [_Node(tuple(part), part[0].kind, actions.get(part[0])) for part in parts]
    at = {address: number for number, node in enumerate(nodes) for address in node.members}
    return nodes, {(at[one], at[other]) for one, other in pairs if at[one] != at[other]}


def _parts(addresses: Sequence[Address], look: Callable[[Address], Hashable], least: int) -> list[list[Address]]:
    """Those that look alike together, if they are at least so many."""
    groups: dict[Hashable, list[Address]] = defaultdict(list)
    for address in addresses:
        groups[look(address)].append(address)
    return [part for group in groups.values() for part in ([group] if len(group) >= least else [[it] for it in group])]


def _layers(nodes: Sequence[_Node], arrows: Iterable[tuple[int, int]]) -> list[list[int]]:
    """By the longest way from what needs nothing, and no further left than most of its kind."""
    users: dict[int, list[int]] = defaultdict(list)
    needs: dict[int, list[int]] = defaultdict(list)
    for start, end in sorted(arrows):
        users[start].append(end)
        needs[end].append(start)
    depth = _depths(len(nodes), users, needs, [0] * len(nodes))
    usual: dict[str, Counter[int]] = defaultdict(Counter)
    for number, node in enumerate(nodes):
        if number in users or number in needs:
            usual[node.kind][depth[number]] += 1
    homes = {kind: max(found, key=lambda level: (found[level], level)) for kind, found in usual.items()}
    depth = _depths(len(nodes), users, needs, [homes.get(node.kind, 0) for node in nodes])
    layers: dict[int, list[int]] = defaultdict(list)
    for number, level in enumerate(depth):
        layers[level].append(number)
    return [layers[level] for level in sorted(layers)]


def _depths(
    count: int, users: Mapping[int, Sequence[int]], needs: Mapping[int, Sequence[int]], least: Sequence[int]
) -> list[int]:
    depth = list(least)
    waits = [len(needs.get(number, ())) for number in range(count)]
    ready = [number for number, left in enumerate(waits) if not left]
    for number in ready:  # grows; a circle, which no plan has, stays where it is
        for user in users.get(number, ()):
            depth[user] = max(depth[user], depth[number] + 1)
            waits[user] -= 1
            if not waits[user]:
                ready.append(user)
    return depth


def _ways(boxes: int, layers: list[list[int]], arrows: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
    """What each arrow leads through: of one that skips layers, a gap in each that has room, shared by all from the same
    box. Gaps are numbered behind the boxes and are added to the layers.
    """
    level = {number: at for at, layer in enumerate(layers) for number in layer}
    wanted = {(start, at): None for start, end in arrows for at in range(level[start] + 1, level[end])}
    crowded = Counter(at for _, at in wanted)
    gaps: dict[tuple[int, int], int] = {}
    for start, at in wanted:
        if crowded[at] <= _GAPS and len(layers[at]) + crowded[at] <= _ROWS:
            gaps[start, at] = boxes + len(gaps)
    for (_, at), number in gaps.items():
        layers[at].append(number)
    return [
        (start, *(gaps[start, at] for at in range(level[start] + 1, level[end]) if (start, at) in gaps), end)
        for start, end in arrows
    ]


def _order(layers: list[list[int]], ways: Iterable[tuple[int, ...]]) -> None:
    """So that arrows cross little: every box near the middle of its neighbours."""
    around: dict[int, list[int]] = defaultdict(list)
    for start, end in sorted({pair for way in ways for pair in pairwise(way)}):
        around[start].append(end)
        around[end].append(start)
    for _ in range(_SWEEPS):
        for one, other in (*pairwise(layers), *((b, a) for a, b in reversed(list(pairwise(layers))))):
            place = {number: at / len(one) for at, number in enumerate(one)}
            old = {number: at / len(other) for at, number in enumerate(other)}

            def middle(number: int, place: dict[int, float] = place, old: dict[int, float] = old) -> float:
                near = [place[it] for it in around[number] if it in place]
                return sum(near) / len(near) if near else old[number]

            other.sort(key=middle)


def _drawn(
    nodes: Sequence[_Node],
    layers: Sequence[Sequence[int]],
    ways: Iterable[tuple[int, ...]],
    numbers: Mapping[Address, int],
) -> Picture:
    places: dict[int, tuple[int, int]] = {}
    headings: list[tuple[int, str]] = []
    columns = [-(-len(layer) // _ROWS) for layer in layers]
    rows = [-(-len(layer) // count) for layer, count in zip(layers, columns, strict=True)]
    left, tallest = _MARGIN, max(rows)
    for layer, across, down in zip(layers, columns, rows, strict=True):
        top = _HEADING + (tallest - down) * (HEIGHT + _DOWN) // 2
        for at, number in enumerate(layer):
            column, row = divmod(at, down)
            places[number] = left + column * (WIDTH + _ACROSS), top + row * (HEIGHT + _DOWN)
        kinds = dict.fromkeys(one_line(nodes[number].kind) for number in layer if number < len(nodes))
        headings.append((left, ", ".join(kinds)))
        left += across * (WIDTH + _ACROSS) - _ACROSS + _BETWEEN
    return Picture(
        width=left - _BETWEEN + _MARGIN,
        height=_HEADING + tallest * (HEIGHT + _DOWN) + _MARGIN,
        headings=tuple(headings),
        boxes=tuple(_box(node, *places[number], numbers) for number, node in enumerate(nodes)),
        arrows=tuple(Arrow(way[0], way[-1], _path([places[number] for number in way])) for way in ways),
    )


def _box(node: _Node, x: int, y: int, numbers: Mapping[Address, int]) -> Box:
    names = [one_line(address.name) for address in node.members]
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return Box(
        x=x,
        y=y,
        kind=one_line(node.kind),
        action=node.action,
        label=short(names[0]) if len(names) == 1 else f"{len(names)} {one_line(node.kind)}",
        title=f"{', '.join(names[:_NAMED])}{rest}",
        count=len(names),
        number=min((numbers[it] for it in node.members if it in numbers), default=None),
    )


def short(name: str) -> str:
    """So much of a name as a box has room for, and its end too: what is alike is often told apart there."""
    if _letters(name) <= _LETTERS:
        return name
    head, tail = name[: _LETTERS * 2 // 3], name[-_LETTERS // 3 + 1 :]
    while _letters(f"{head}…{tail}") > _LETTERS:
        head, tail = (head[:-1], tail) if len(head) > len(tail) else (head, tail[1:])
    return f"{head}…{tail}"


def _letters(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _path(places: Sequence[tuple[int, int]]) -> str:
    """From the right side of the first, across what is between, to the left side of the last."""
    path = f"M{places[0][0] + WIDTH} {places[0][1] + HEIGHT // 2}"
    for (x, y), (right, down) in pairwise(places):
        x1, y1, x2, y2 = x + WIDTH, y + HEIGHT // 2, right, down + HEIGHT // 2
        across = "" if (right, down) == places[-1] else f"H{x2 + WIDTH}"
        x2 -= 0 if across else 3  # there is the tip
        bend = max(_BETWEEN // 2, (x2 - x1) // 2)
        path += f"C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}{across}"
    return path
