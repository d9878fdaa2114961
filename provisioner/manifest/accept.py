"""What is live, written into the place that declares it: which edits that takes, and what has to be left alone.

Kinds say how a normal form is written. What differs between the entry as it would be written before and after is
looked for in the entry as it is written, and only there something changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from provisioner.kinds import KINDS
from provisioner.manifest.edit import Edit
from provisioner.manifest.env import has_variable
from provisioner.manifest.write import literal
from provisioner.model.address import Address
from provisioner.model.document import ABSENT, Document, Path, canonical, lookup
from provisioner.model.redact import redacted

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


def acceptance(address: Address, root: object, declared: Document, live: Document) -> Acceptance:
    """`root` is the file as it is written; `declared` and `live` are the entry's normal form, as it is and as it is to
    be.
    """
    kind = KINDS[address.kind]
    before, after = kind.entry(declared), kind.entry(live)
    written = lookup(root if isinstance(root, dict) else {}, (address.kind, address.name))
    steps = [*_steps(written, before, after, (address.kind, address.name))]
    left = {path[2:]: step for path, step in steps if isinstance(step, str)}
    again = kind.desired(after)
    left |= {path: _UNSAYABLE for path in _differing(live, again, ()) if path not in left}
    return Acceptance(
        edits=tuple(step for _, step in steps if isinstance(step, Edit)),
        texts=tuple(step for _, step in steps if isinstance(step, NewText)),
        left=left,
    )


def _differing(one: Any, other: Any, at: Path) -> Iterator[Path]:
    """The paths where what is live would not come back."""
    if _same(one, other):
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in {**one, **other}:
            yield from _differing(one.get(key, ABSENT), other.get(key, ABSENT), (*at, key))
    else:
        yield at


def _steps(written: Any, before: Any, after: Any, at: Path) -> Iterator[_Step]:
    if _same(before, after):
        return
    if isinstance(written, dict) and written.keys() == {"file"} and isinstance(written["file"], str):
        yield at, _into_file(written["file"], after, at)
    elif all(isinstance(it, Mapping) for it in (written, before, after)):
        for key in {**before, **after}:
            inner = (written.get(key, ABSENT), before.get(key, ABSENT), after.get(key, ABSENT))
            yield from _steps(*inner, (*at, key))
    elif has_variable(written):
        yield at, _VARIABLE
    elif isinstance(written, list) and isinstance(before, list) and isinstance(after, list):
        yield from _steps_in_list(written, before, after, at)
    elif not _is_harmless(after, at):
        yield at, _SECRET
    else:
        yield at, Edit(path=at, value=literal(after))


def _into_file(file: str, after: object, at: Path) -> NewText | str:
    if has_variable(file):
        return _VARIABLE
    if not _is_harmless(after, at):
        return _SECRET
    return NewText(path=at, file=file, text=after) if isinstance(after, str) else f"stands in {file}; change it there"


def _steps_in_list(written: list[Any], before: list[Any], after: list[Any], at: Path) -> Iterator[_Step]:
    """Item by item where that is possible: what stands around them stays."""
    if len(written) != len(before) or not _is_harmless(after, at):
        yield at, _SECRET if not _is_harmless(after, at) else Edit(path=at, value=literal(after))
    elif len(before) == len(after):
        for index, inner in enumerate(zip(written, before, after, strict=True)):
            yield from _steps(*inner, (*at, str(index)))
    elif _is_start(before, after):
        for index in range(len(before), len(after)):
            yield (*at, str(index)), Edit(path=(*at, str(index)), value=literal(after[index]))
    elif (gone := _gone(before, after)) is not None and after:
        for index in reversed(gone):
            yield (*at, str(index)), Edit(path=(*at, str(index)), value=ABSENT)
    else:
        yield at, Edit(path=at, value=literal(after))


def _is_start(before: list[Any], after: list[Any]) -> bool:
    return len(before) < len(after) and all(_same(one, other) for one, other in zip(before, after, strict=False))


def _gone(before: list[Any], after: list[Any]) -> list[int] | None:
    """The places of those that went, where all others are as they were; or else None."""
    gone, left = [], list(after)
    for index, value in enumerate(before):
        if left and _same(value, left[0]):
            left.pop(0)
        else:
            gone.append(index)
    return None if left else gone


def _is_harmless(value: Any, at: Path) -> bool:
    """Whether nothing in it is a secret. Above an entry's fields stand its section and its name."""
    return value is ABSENT or _same(redacted(value, at[2:]), value)


def _same(one: object, other: object) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    return canonical(one) == canonical(other)
