"""What a planner must know of a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provisioner.model.document import ABSENT, Absent, Document, Path

if TYPE_CHECKING:
    from provisioner.model.plan import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one field is compared, exported and remembered.

    `meaning` maps what the service takes for the same (another case, unit or order) to one value; it must bear values
    of any type. `default` is what a missing value means; where the service `is_silent` of the default and of nothing
    else, a missing value surely means it (nothing, where there is no default), also of what lies below. Where not
    `given_back`, the service may keep the value to itself, so that its absence tells nothing. A `whole` field is
    written by its author in full: what somebody else adds inside is drift; in a `closed` one, the service adds nothing.
    The keys of a `free` mapping are the user's own, and even an empty text is a value there; they may be `case_blind`.
    The keys of a `chosen` mapping are a choice, so that one with nothing in it is a value, too.
    """

    meaning: Callable[[Any], object] | None = None
    default: object | Absent = ABSENT
    is_silent: bool = False
    given_back: bool = True
    whole: bool = False
    closed: bool = False
    free: bool = False
    case_blind: bool = False
    chosen: bool = False


def _nothing_to_say(_change: Change, _made: str) -> Iterator[str]:
    yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """`immutable` fields change only by replacing; `replace_resets` are the subtrees whose unmanaged fields do not
    survive a replace (another model's version means nothing). `replace_loses` is a sentence about what else goes with
    the old one. What `holds_data` may be one that `migrates`: all of it can be copied into another one. `capacity` is
    the field that takes from a quota, `pool` tells which: resources for which it says the same share one. `case_blind`
    kinds have names that ignore case. `marker_size` is how many characters one value of the live object's metadata or
    tags can hold.

    The fields `write_only` are written and never shown: see `model.write_only`. `scope` is the field that says in which
    of several scopes an object lives, where each may have one of the same name.

    `versioned` kinds keep every state that was written, but for the subtrees `beside_versions`. `remarks` are
    sentences that a reviewer must know of a change beside its fields; `made` names the revision that it made, and is
    empty while that is only planned.
    """

    immutable: tuple[Path, ...] = ()
    replace_resets: tuple[Path, ...] = ()
    replace_loses: str = ""
    holds_data: bool = False
    migrates: bool = False
    case_blind: bool = False
    rules: Mapping[Path, Rule] = field(default_factory=dict)
    capacity: Path = ()
    pool: Callable[[Document], tuple[str, ...]] = lambda _: ()
    marker_size: int = 512
    write_only: tuple[Path, ...] = ()
    scope: Path = ()
    versioned: bool = False
    beside_versions: tuple[Path, ...] = ()
    remarks: Callable[[Change, str], Iterator[str]] = _nothing_to_say
