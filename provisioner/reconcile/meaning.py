"""When two values are the same to the service: the one reading of a kind's rules, for comparing and remembering."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from provisioner.model.address import Address
from provisioner.model.document import (
    ABSENT,
    Absent,
    Document,
    Json,
    Path,
    canonical,
    leaves,
    lies_under,
    lookup,
    place,
)
from provisioner.model.hidden_places import secret_prints
from provisioner.model.redact import redacted
from provisioner.model.redacted_diff import secrets_in
from provisioner.model.resource import Marker
from provisioner.model.traits import Rule, Traits
from provisioner.model.write_only import readable
from provisioner.model.written import Texts, as_written, secrets_of
from provisioner.reconcile.marker import AppliedRecord

_PLAIN: Final = Rule()


def is_nothing(value: object, *, free: bool = False) -> bool:
    """What is absent, null or empty: the service does not tell these apart. Among labels (`free`) an empty text is a
    value.
    """
    if isinstance(value, str):
        return not value and not free
    return value is ABSENT or value is None or (isinstance(value, (list, tuple, Mapping)) and not value)


def covers(live: object, declared: object, *, free: bool = False) -> bool:
    """Whether the live value shows all that was declared; extra keys of live mappings do not matter."""
    if is_nothing(declared, free=free):
        return is_nothing(live, free=free) or (isinstance(declared, Mapping) and isinstance(live, Mapping))
    if isinstance(declared, Mapping):
        return isinstance(live, Mapping) and all(covers(live.get(key), value) for key, value in declared.items())
    if isinstance(declared, (list, tuple)):
        return (
            isinstance(live, (list, tuple))
            and len(live) == len(declared)
            and all(covers(here, value) for here, value in zip(live, declared, strict=True))
        )
    if isinstance(declared, bool) or isinstance(live, bool):
        return declared is live
    return declared == live


def shows(live: object | Absent, declared: object, rule: Rule, *, free: bool = False) -> bool:
    """Whether the live value is the declared one, as the rule compares."""
    if rule.default is not ABSENT and is_nothing(live) != is_nothing(declared):
        return same(declared if is_nothing(live) else live, rule.default)
    if rule.meaning is not None and not is_nothing(live) and not is_nothing(declared):
        return same(rule.meaning(live), rule.meaning(declared))
    return covers(live, declared, free=free)


def is_in_scope(live: Document, declared: Document, traits: Traits) -> bool:
    """Whether the live object is in the scope that the fields say, and not one of the same name elsewhere."""
    path = traits.scope
    return not path or shows(lookup(live, path), lookup(declared, path), rule_of(path, traits))


def same(one: object, other: object) -> bool:
    if is_nothing(one) or is_nothing(other):
        return is_nothing(one) and is_nothing(other)
    return canonical(one) == canonical(other)


def is_default(value: object, path: Path, traits: Traits) -> bool:
    """Whether the value says no more than leaving it away does."""
    rule = rule_of(path, traits)
    if is_chosen(path, value, traits):
        return rule.default is not ABSENT
    free = any(rule_of(path[:length], traits).free for length in range(1, len(path)))
    return is_nothing(value, free=free) or (rule.default is not ABSENT and same(value, rule.default))


def is_chosen(path: Path, value: object, traits: Traits) -> bool:
    """Whether the value is nothing but the choice of its key."""
    return isinstance(value, Mapping) and not value and rule_of(path[:-1], traits).chosen


def rule_of(path: Path, traits: Traits) -> Rule:
    return traits.rules.get(path, _PLAIN)


def record_of(
    declared: Document,
    traits: Traits,
    *,
    whose: Address,
    over: str = "",
    before: Marker | None = None,
    kept_back: Iterable[Path] = (),
    written: Texts | None = None,
) -> str:
    """What the marker keeps of the fields; of what is `written`, by that text alone. What the service did not give back
    `before` it will not now, where the value is the same.
    """
    values = plain(readable(declared, traits), traits)
    fields = as_written(values, written) if written else values
    record = AppliedRecord(before.applied if before else "")
    paths = dict(leaves(values))
    kept = (path for path in paths if record.lacks(path) and remembers(record, path, values, fields))
    lacking = {*kept_back, *kept}
    return AppliedRecord.of(
        fields,
        traits.marker_size,
        whose=whose,
        over=over if traits.versioned else "",
        apart={path for path in paths if path in lacking or _decides_alone(path, traits)},
        kept_back=lacking,
        secrets=secret_prints(secrets_of(written or {}), fields, record.secrets),
    )


def remembers(record: AppliedRecord, path: Path, values: Document, fields: Document) -> bool:
    """Whether this was applied last at the path: as the values, or as what is written in their place."""
    return any(record.holds(path, lookup(side, path)) for side in (values, fields))


def _decides_alone(path: Path, traits: Traits) -> bool:
    """Whether mistaking a change of a neighbour for one of this field would do harm: a replacement, say."""
    return lies_under(path, traits.immutable) or not rule_of(path, traits).given_back


def shows_no_other_secret(live: object, declared: object, path: Path) -> bool:
    """Whether every secret in the live value is one that is declared. The service may keep them to itself."""
    return set(secrets_in(redacted(live, path))) <= set(secrets_in(redacted(declared, path)))


def respelt(live: Document, desired: Document, traits: Traits) -> Document:
    """The live document with the keys that ignore case spelt as the manifest spells them."""
    for path, rule in traits.rules.items():
        found, wanted = lookup(live, path), lookup(desired, path)
        if not (rule.case_blind and isinstance(found, Mapping) and isinstance(wanted, Mapping)):
            continue
        spelling = {str(key).casefold(): key for key in wanted}
        live = _unshared(live, (path,))
        place(live, path, {spelling.get(str(key).casefold(), key): value for key, value in found.items()})
    return live


def plain(document: Document, traits: Traits) -> Document:
    """The document with every value that has a `meaning` in that form: what is remembered of it."""
    result: Json | None = None
    for path, rule in traits.rules.items():
        if rule.meaning is None or is_nothing(value := lookup(document, path)):
            continue
        result = result if result is not None else _unshared(document, traits.rules)
        place(result, path, rule.meaning(value))
    return document if result is None else result


def spelt_as_live(fields: Document, live: Document, traits: Traits) -> Document:
    """The fields, wherever the live object says the same in a spelling of its own, in that: a write then changes no
    more than was meant, also where the service takes the other spelling for another value.
    """
    result: Json | None = None
    for path, rule in traits.rules.items():
        value, found = lookup(fields, path), lookup(live, path)
        if rule.meaning is None or is_nothing(value) or is_nothing(found):
            continue
        if same(rule.meaning(value), rule.meaning(found)):
            result = result if result is not None else _unshared(fields, traits.rules)
            place(result, path, found)
    return fields if result is None else result


def _unshared(document: Document, paths: Iterable[Path]) -> Json:
    """A copy whose mappings on the way to the paths are its own."""
    result = dict(document)
    for path in paths:
        here: Any = result
        for key in path[:-1]:
            if not isinstance(here.get(key), Mapping):
                break
            here[key] = dict(here[key])
            here = here[key]
    return result
