"""Two sides of a diff without their secrets: which of the hidden values are others than before.

A change is never hidden: where two sides would look alike and are not, what differs says `(sensitive, changed)`. Nor is
one claimed where only the place changed: members of lists and lines of texts that look like no other are known again
wherever they went.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from provisioner.model.document import canonical
from provisioner.model.redact import CHANGED, Masked, Sensitive, Standing

_LABELS: Final = ("name", "id", "key", "header", "server_label", "type")
_LONGEST_NAME: Final = 40
_NAME_BEFORE: Final = re.compile(r"[\w.-]*\W{0,3}\Z")


def told_apart(before: object, after: object) -> object:
    """The redacted value `after`, saying where it hides another value than the redacted one `before` does."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return {key: told_apart(before[key], it) if key in before else it for key, it in after.items()}
    if isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        return _lists(before, after)
    if isinstance(before, Masked) and isinstance(after, Masked):
        changed = frozenset(_changed_in_text(before, after))
        return after.telling(changed) if changed else after
    if isinstance(before, (Masked, Sensitive)) and isinstance(after, (Masked, Sensitive)) and str(before) == str(after):
        same = list(secrets_in(before)) == list(secrets_in(after))
        return after if same else Sensitive.of("", shown=CHANGED)
    if isinstance(before, Sensitive) and isinstance(after, Sensitive) and before.secret != after.secret:
        return Sensitive.of(after.secret, shown=f"{after} {CHANGED}" if isinstance(after, Standing) else CHANGED)
    return after


def secrets_in(redacted: object) -> Iterator[str]:
    """What is hidden in a redacted value, in order."""
    if isinstance(redacted, Sensitive):
        yield redacted.secret
    elif isinstance(redacted, Masked):
        yield from redacted.secrets
    elif isinstance(redacted, Mapping):
        for inner in redacted.values():
            yield from secrets_in(inner)
    elif isinstance(redacted, (list, tuple)):
        for item in redacted:
            yield from secrets_in(item)


def _lists(before: Sequence[object], after: Sequence[object]) -> list[object]:
    result = list(after)
    olds, news = ([_Part(at, tuple(secrets_in(item))) for at, item in enumerate(side)] for side in (before, after))
    olds, news = ([part for part in side if part.secrets] for side in (olds, news))
    alike, olds, news = _paired(olds, news, lambda part, side: canonical(side[part.at]), before, after)
    named, olds, news = _paired(olds, news, lambda part, side: _label(side[part.at]), before, after)
    for old, new in (*alike, *named, *zip(olds, news, strict=False)):
        result[new.at] = told_apart(before[old.at], after[new.at])
    return result


def _label(item: object) -> Hashable:
    if not isinstance(item, Mapping):
        return ""
    return tuple(str(item.get(name)) for name in _LABELS)


def _changed_in_text(before: Masked, after: Masked) -> Iterator[int]:
    """The numbers of the secrets in `after` that are others."""
    olds, news = (
        [_Part(line, tuple(side.secrets[it] for it in inside), inside) for line, inside in side.by_line()]
        for side in (before, after)
    )
    lines, olds, news = _paired(olds, news, lambda part, _: part.at, before, after)
    alone_before, alone_after = (
        [_Part(number, (side.secrets[number],), (number,)) for part in rest for number in part.numbers]
        for side, rest in ((before, olds), (after, news))
    )
    named, alone_before, alone_after = _paired(alone_before, alone_after, _name_before, before, after)
    for old, new in (*lines, *named, *zip(alone_before, alone_after, strict=False)):
        pairs = zip(new.numbers, old.secrets, new.secrets, strict=True)
        yield from (number for number, was, now in pairs if was != now)


def _name_before(part: _Part, side: Masked) -> str:
    """`sig=` in a URL, `AccountKey=` in a connection string."""
    found = _NAME_BEFORE.search(side.pieces[part.numbers[0]][-_LONGEST_NAME:])
    return found.group() if found else ""


@dataclass(frozen=True, slots=True)
class _Part:
    """A member of a list, or a line of a text, or a secret in it: where or what it is, and what it hides."""

    at: Any
    secrets: tuple[str, ...]
    numbers: tuple[int, ...] = ()


def _paired(
    olds: Sequence[_Part], news: Sequence[_Part], look: Callable[[_Part, Any], Hashable], before: Any, after: Any
) -> tuple[list[tuple[_Part, _Part]], list[_Part], list[_Part]]:
    """What looks alike on both sides, in pairs; and what is left on either.

    Where as many look so here as there, they are paired in their order, so that two that were exchanged are told.
    Where some came or went, those that hide the same are the same ones, and of the others the first are paired.
    """
    groups: dict[Hashable, tuple[list[_Part], list[_Part]]] = {}
    for number, (parts, side) in enumerate(((olds, before), (news, after))):
        for part in parts:
            groups.setdefault(look(part, side), ([], []))[number].append(part)
    pairs: list[tuple[_Part, _Part]] = []
    olds_left: list[_Part] = []
    news_left: list[_Part] = []
    for was, now in groups.values():
        if was and now and len(was) != len(now):
            both = Counter(part.secrets for part in was) & Counter(part.secrets for part in now)
            was, now = _less(was, both), _less(now, both)  # noqa: PLW2901
        pairs.extend(zip(was, now, strict=False))
        olds_left.extend(was[len(now) :])
        news_left.extend(now[len(was) :])
    return pairs, olds_left, news_left


def _less(parts: Sequence[_Part], both: Counter[tuple[str, ...]]) -> list[_Part]:
    left = Counter(both)
    rest: list[_Part] = []
    for part in parts:
        if left[part.secrets]:
            left[part.secrets] -= 1
        else:
            rest.append(part)
    return rest
