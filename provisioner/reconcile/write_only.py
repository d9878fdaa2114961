"""Changes that carry fields which are only written (see `model.write_only`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from provisioner.model.document import ABSENT, Document, lookup
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.plan import Change, FieldChange
from provisioner.model.redact import hidden_texts, scalars_in
from provisioner.model.sealed import UNSEEN, Sealed, struck_out
from provisioner.model.traits import Traits
from provisioner.model.veiled import Veiled
from provisioner.model.written import veils_in

_SHORTEST: Final = 4  # characters: what is shorter is in many a word
_PIECE: Final = 6
_WITHHELD: Final = "What the service says of it is not shown, as it may repeat what a sensitive variable holds."


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
    after = change.hides_after(change.after or {})
    secrets = {text for document in (before, after) for text in hidden_texts(document)}
    failure = _without_variables(failure, [*veils_in(before), *veils_in(after)])
    failure = replace(failure, message=struck_out(failure.message, secrets), advice=struck_out(failure.advice, secrets))
    for seal in _seals(change.after or {}):
        failure = replace(failure, message=seal.hide_in(failure.message), advice=seal.hide_in(failure.advice))
    return error if failure == error.failure else PlaneError(failure, ambiguous=error.ambiguous, wait_s=error.wait_s)


def _without_variables(failure: Failure, veils: Sequence[Veiled]) -> Failure:
    """A service may repeat a part of what a sensitive variable made, or in other letters; of what is no longer text it
    cannot be told where it does, and then nothing is shown of what it says.
    """
    if not veils:
        return failure
    values = [value for veil in veils for value in scalars_in(veil.value) if value != ""]
    if any(not isinstance(value, str) or len(value) < _SHORTEST for value in values):
        return replace(failure, message=_WITHHELD, advice="")
    pieces = [str(value).casefold() for value in values]
    message, advice = (_without_pieces(it, pieces) for it in (failure.message, failure.advice))
    return replace(failure, message=message, advice=advice)


def _without_pieces(text: str, secrets: Sequence[str]) -> str:
    """The text without any run of characters that one of them has, too."""
    pieces = {secret[at : at + _PIECE] for secret in secrets for at in range(max(len(secret) - _PIECE, 0) + 1)}
    folded, hidden = text.casefold(), [False] * len(text)
    if len(folded) != len(text):  # letters that fold to several
        folded = text.lower() if len(text.lower()) == len(text) else text
    lengths = {len(piece) for piece in pieces}
    for length in lengths:
        for at in range(len(folded) - length + 1):
            if folded[at : at + length] in pieces:
                hidden[at : at + length] = [True] * length
    runs = groupby(zip(text, hidden, strict=True), key=lambda it: it[1])
    return "".join(UNSEEN if is_hidden else "".join(char for char, _ in run) for is_hidden, run in runs)


def _seals(document: Document) -> Iterator[Sealed]:
    for value in document.values():
        if isinstance(value, Sealed):
            yield value
        elif isinstance(value, dict):
            yield from _seals(value)
