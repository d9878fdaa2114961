"""Changes that carry fields which are only written (see `model.write_only`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from provisioner.model.document import ABSENT, Document, lookup
from provisioner.model.errors import PlaneError
from provisioner.model.plan import Change, FieldChange
from provisioner.model.redact import hidden_texts
from provisioner.model.sealed import Sealed, struck_out
from provisioner.model.traits import Traits


def with_writes(change: Change, traits: Traits) -> Change:
    """The change, telling which values go with it: all that are declared, whatever else is the reason for it."""
    found = {
        path: FieldChange(path=path, before=ABSENT, after=value)
        for path in traits.write_only
        if isinstance(value := lookup(change.declared, path), Sealed)
    }
    if not found:
        return change
    return replace(change, fields=tuple(sorted((*change.fields, *found.values()), key=lambda field: field.path)))


def hushed(error: PlaneError, change: Change) -> PlaneError:
    """The error without what the change was to write, or is not shown of it: a service may repeat what it refuses."""
    failure = error.failure
    before = change.hides_before(change.before.fields) if change.before else {}
    secrets = {text for document in (before, change.hides_after(change.after or {})) for text in hidden_texts(document)}
    failure = replace(failure, message=struck_out(failure.message, secrets), advice=struck_out(failure.advice, secrets))
    for seal in _seals(change.after or {}):
        failure = replace(failure, message=seal.hide_in(failure.message), advice=seal.hide_in(failure.advice))
    return error if failure == error.failure else PlaneError(failure, ambiguous=error.ambiguous, wait_s=error.wait_s)


def _seals(document: Document) -> Iterator[Sealed]:
    for value in document.values():
        if isinstance(value, Sealed):
            yield value
        elif isinstance(value, dict):
            yield from _seals(value)
