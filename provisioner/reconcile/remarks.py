"""What a reviewer must know of a change beside its fields, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from provisioner.model.action import Action
from provisioner.model.document import ABSENT, Document, Path, dotted, leaves, lies_under, lookup, only, without
from provisioner.model.plan import Change
from provisioner.model.redact import redacted
from provisioner.model.redacted_diff import secrets_in
from provisioner.model.resource import Desired
from provisioner.model.traits import Traits
from provisioner.model.write_only import told_by_version
from provisioner.reconcile.compare import unshown
from provisioner.reconcile.meaning import is_default, is_nothing, respelt, same


def remarks_on(change: Change, wanted: Desired, traits: Traits) -> Iterator[str]:
    was = change.before.marker if change.before else None
    if was is not None and change.is_takeover:
        yield f'It belongs to the manifest named "{was.owner}"; this manifest takes it over.'
    if change.action in (Action.REPLACE, Action.MIGRATE):
        yield from _losses(change, traits)
    if ignored := ignored_differences(wanted, change.after or {}, traits):
        yield f"Differs from the manifest and is left as it is, as `lifecycle.ignore` says: {_listed(ignored)}."
    if carried := _carried_along(change, traits):
        yield f"Set outside the manifest and carried along: {_listed(carried)}."
    yield from traits.remarks(change, "")


def _losses(change: Change, traits: Traits) -> Iterator[str]:
    """What does not come back with the new object. What the service fills in anyway is no loss."""
    if traits.replace_loses:
        yield traits.replace_loses
    before = change.before.fields if change.before else {}
    shown = tuple(field.path for field in change.fields)
    lost = tuple(
        path
        for path, value in leaves(before)
        if not (lies_under(path, shown) or is_default(value, path, traits))
        and lookup(change.after or {}, path) is ABSENT
    )
    if lost:
        yield f"Not in the manifest, so not carried over: {_listed(lost)}."


def ignored_differences(wanted: Desired, live: Document, traits: Traits) -> tuple[Path, ...]:
    """The ignored fields that are not as the manifest declares them."""
    declared = only(wanted.fields, wanted.lifecycle.ignore)
    return tuple(path for path, _, _ in unshown(declared, live, traits))


def untold_secrets(wanted: Desired, live: Document, traits: Traits) -> tuple[Path, ...]:
    """The declared secrets that the service keeps to itself: that it has another one cannot be seen, and no version
    tells.
    """
    declared = without(wanted.fields, (*wanted.lifecycle.ignore, *told_by_version(wanted.fields, traits)))
    return tuple(_untold(redacted(declared), respelt(live, declared, traits), ()))


def _untold(declared: object, live: object, path: Path) -> Iterator[Path]:
    if is_nothing(live):
        if any(True for _ in secrets_in(declared)):
            yield path
    elif isinstance(declared, Mapping) and isinstance(live, Mapping):
        for key, value in declared.items():
            yield from _untold(value, live.get(key), (*path, str(key)))
    elif isinstance(declared, list) and isinstance(live, (list, tuple)):
        for index, (value, here) in enumerate(zip(declared, live, strict=False)):
            yield from _untold(value, here, (*path, str(index)))


def _carried_along(change: Change, traits: Traits) -> tuple[Path, ...]:
    """What others set beside the manifest, as far as our own last write tells it from what the service filled in."""
    before, after = change.before, change.after
    if before is None or after is None or before.baseline is None or change.action in (Action.REPLACE, Action.MIGRATE):
        return ()
    return tuple(
        path
        for path, value in leaves(before.fields)
        if not lies_under(path, traits.beside_versions)
        and is_nothing(lookup(change.declared, path))
        and same(lookup(after, path), value)
        and not same(lookup(before.baseline, path), value)
    )


def _listed(paths: tuple[Path, ...]) -> str:
    return ", ".join(dotted(path) for path in paths)
