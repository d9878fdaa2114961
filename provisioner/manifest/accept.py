"""What is live, written into the place that declares it: which edits that takes, and what has to be left alone.

Kinds say how a normal form is written. What differs between the entry as it would be written before and after is
looked for in the entry as it is written, and only there something changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Final, TypeAlias

from provisioner.kinds import KINDS
from provisioner.manifest.edit import Edit
from provisioner.manifest.files import can_hold
from provisioner.manifest.references import has_variable
from provisioner.manifest.write import literal
from provisioner.model.address import Address
from provisioner.model.document import ABSENT, Document, Path, canonical, lookup, with_value
from provisioner.model.redact import redacted
from provisioner.model.traits import Rule, Traits

_VARIABLE: Final = "comes from a variable"
_SECRET: Final = "may be a secret: write it as ${env:…}"  # noqa: S105
_UNSAYABLE: Final = "has a value that no manifest can say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The paths of `edits` and `texts` begin at the file's root; `left` says of paths in the entry why they stay as
    they are.
    """

    edits: tuple[Edit, ...] = ()
    texts: tuple[NewText, ...] = ()
    left: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewText:
    """What is to be in the file that stands for the value."""

    path: Path
    file: str
    text: str


_Step: TypeAlias = tuple[Path, "Edit | NewText | str"]  # a text says why it is left


def _as_it_is(value: Any) -> Any:
    return value


def acceptance(
    address: Address, root: object, declared: Document, live: Document, hides: Callable[[Any], Any] = _as_it_is
) -> Acceptance:
    """`root` is the file as it is written; `declared` and `live` are the entry's normal form, as it is and as it is to
    be. `hides` takes what is sensitive in it out of sight.
    """
    kind = KINDS[address.kind]
    live = _in_declared_order(kind.traits, declared, live)
    before, after = kind.entry(declared), kind.entry(live)
    written = lookup(root if isinstance(root, dict) else {}, (address.kind, address.name))
    steps = [*_steps(written, before, after, redacted(hides(after)), (address.kind, address.name))]
    left = {path[2:]: step for path, step in steps if isinstance(step, str)}
    again = kind.desired(after)
    left |= {path: _UNSAYABLE for path in _differing(live, again, ()) if path not in left}
    return Acceptance(
        edits=tuple(step for _, step in steps if isinstance(step, Edit)),
        texts=tuple(step for _, step in steps if isinstance(step, NewText)),
        left=left,
    )


def _in_declared_order(traits: Traits, declared: Document, live: Document) -> Document:
    """Lists that mean a set keep the order of the manifest, whatever order the service gives."""
    result = live
    for path, rule in traits.rules.items():
        old, new = lookup(declared, path), lookup(live, path)
        if isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)) and _is_set(rule, new):
            result = with_value(result, path, _sorted_like(old, new))
    return result


def _is_set(rule: Rule, items: Sequence[Any]) -> bool:
    return rule.meaning is not None and _same(rule.meaning(items), rule.meaning(items[::-1]))


def _sorted_like(old: Sequence[Any], new: Sequence[Any]) -> list[Any]:
    """Each where the one stands that it has most in common with; those that are like none come last."""
    places: dict[int, int] = {}  # of the new ones
    alike = ((_likeness(one, other), at, nr) for at, one in enumerate(old) for nr, other in enumerate(new))
    for _, at, nr in sorted((it for it in alike if it[0]), reverse=True):
        if at not in places.values() and nr not in places:
            places[nr] = at
    return [new[nr] for nr in sorted(range(len(new)), key=lambda nr: (places.get(nr, len(old)), nr))]


def _likeness(one: Any, other: Any) -> int:
    if _same(one, other):
        return 1_000
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return sum(_same(value, other.get(key, ABSENT)) for key, value in one.items())
    return 0


def _differing(one: Any, other: Any, at: Path) -> Iterator[Path]:
    """The paths where what is live would not come back. Nothing is as good as an empty list or mapping."""
    if _same(one, other) or (_is_nothing(one) and _is_nothing(other)):
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in {**one, **other}:
            yield from _differing(one.get(key, ABSENT), other.get(key, ABSENT), (*at, key))
    else:
        yield at


def _is_nothing(value: object) -> bool:
    return value is ABSENT or (isinstance(value, (Mapping, list, tuple)) and not value)


def _steps(written: Any, before: Any, after: Any, shown: Any, at: Path) -> Iterator[_Step]:
    """`shown` is `after` without its secrets."""
    if _same(before, after):
        return
    if isinstance(written, dict) and written.keys() == {"file"} and isinstance(written["file"], str):
        yield at, _into_file(written["file"], after, shown, at)
    elif all(isinstance(it, Mapping) for it in (written, before, after)):
        for key in {**before, **after}:
            old, new = before.get(key, ABSENT), after.get(key, ABSENT)
            yield from _steps(written.get(key, ABSENT), old, new, shown.get(key, ABSENT), (*at, key))
    elif all(isinstance(it, list) and it for it in (written, before, after)) and len(written) == len(before):
        yield from _steps_in_list(written, before, after, shown, at)
    elif has_variable(written):
        yield at, _VARIABLE
    elif not _same(after, shown):
        yield at, _SECRET
    else:
        yield at, Edit(path=at, value=literal(after))


def _into_file(file: str, after: object, shown: object, at: Path) -> NewText | str:
    if has_variable(file):
        return _VARIABLE
    if not _same(after, shown):
        return _SECRET
    if not isinstance(after, str):
        return f"stands in {file}; change it there"
    return NewText(path=at, file=file, text=after) if can_hold(after) else f"has characters that {file} cannot hold"


def _steps_in_list(
    written: list[Any], before: list[Any], after: list[Any], shown: list[Any], at: Path
) -> Iterator[_Step]:
    """Item by item, so that what stands around them stays; from the end, so that the places before hold."""
    items = [list(map(canonical, each)) for each in (before, after)]
    for _, start, end, first, last in reversed(_changes(*items)):
        paired = min(end - start, last - first)
        if new := after[first + paired : last]:
            here = (*at, str(start + paired))
            is_harmless = _same(new, shown[first + paired : last])
            yield here, Edit(path=here, value=literal(new), is_before=True) if is_harmless else _SECRET
        for index in reversed(range(start + paired, end)):
            here = (*at, str(index))
            yield here, _VARIABLE if has_variable(written[index]) else Edit(path=here, value=ABSENT)
        for nr in reversed(range(paired)):
            index, live = start + nr, first + nr
            inner = (written[index], before[index], after[live], shown[live])
            yield from _steps(*inner, (*at, str(index)))


def _changes(before: list[str], after: list[str]) -> list[tuple[str, int, int, int, int]]:
    found = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [each for each in found if each[0] != "equal"]


def _same(one: object, other: object) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    return canonical(one) == canonical(other)
