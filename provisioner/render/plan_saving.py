"""What a saved plan holds beyond what its reader is shown: all that `apply --plan` needs, and no secret.

Of a live object that is its fingerprint; of an entry, the entry, with the references that stand where variables made a
value. What would be a secret in the file keeps the plan from being applied: it is hidden, and said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

from provisioner.kinds import TRAITS
from provisioner.model.action import Action
from provisioner.model.allowances import Allowances
from provisioner.model.document import Document, Json, Path, dotted, leaves, only
from provisioner.model.hidden_places import veiled_live
from provisioner.model.plan import Change, Plan, Referred
from provisioner.model.redact import HiddenKeys, Masked, Sensitive, redacted
from provisioner.model.resource import Desired, Live, Marker
from provisioner.model.written import as_written, escape, hidden_in, private_places
from provisioner.reconcile.fingerprints import fingerprint, harmless_fields
from provisioner.render.migration import copies_scopes
from provisioner.render.safe import one_line

_LEAVE: tuple[Action, ...] = (Action.DELETE, Action.RELEASE)


def obstacles(plan: Plan, *, names_scopes: bool = False) -> Iterator[str]:
    """Why the plan, once saved, may not be applied: a sentence each."""
    for change in plan.changes:
        if not names_scopes and change.migration is not None and copies_scopes(change.migration):
            yield (
                f"{one_line(str(change.address))} is migrated, and whose memories it holds is said in a file of the "
                "plan alone: plan --out plan.json."
            )
    if plan.refusals:
        yield "It was refused."
    if plan.target is None:
        yield "It does not say which project it is for."
    for change in plan.changes:
        if change.action in _LEAVE:
            continue
        if change.wanted is None or change.wanted.entry is None:
            yield f"{one_line(str(change.address))} does not say what its entry is."
            continue
        for path in entry_document(change.wanted)[1]:
            yield (
                f"{one_line(str(change.address))} has a literal in a secret's place, and no secret is saved: write "
                f"{one_line(dotted(path))} as a sensitive ${{var.NAME}}, or as ${{env:NAME}}."
            )


def entry_document(wanted: Desired) -> tuple[Document | None, tuple[Path, ...]]:
    """The entry as it may be saved, and where it holds what may not be."""
    if wanted.entry is None:
        return None, ()
    entry = as_written(cast("Document", _escaped(_without_scopes(wanted))), wanted.written)
    keys = HiddenKeys()
    literals: list[Path] = []
    saved = _saved(entry, keys.value(redacted(entry)), (), keys, literals)
    return cast("Document", saved), tuple(literals)


def _without_scopes(wanted: Desired) -> Document:
    """They are people's names, and no field; a migration has those that it needs in a part of its own."""
    entry = wanted.entry or {}
    if not TRAITS[wanted.address.kind].holds_data:
        return entry
    return {key: value for key, value in entry.items() if key != "scopes"}


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return escape(value) if "${" in value else value
    if isinstance(value, Mapping):
        return {key: _escaped(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(inner) for inner in value]
    return value


def _saved(value: Any, shown: Any, path: Path, keys: HiddenKeys, literals: list[Path]) -> Any:
    """The value, with what is shown in the place of a literal that is hidden; these come to the `literals`."""
    if isinstance(value, Mapping):
        is_hidden, result = not isinstance(shown, Mapping), {}
        for key, inner in value.items():
            name = keys.key(str(key))
            if isinstance(name, Sensitive):
                literals.append((*path, name))
            below = shown if is_hidden else shown[name]
            result[name] = _saved(inner, below, (*path, name), keys, literals)
        return result
    if isinstance(value, (list, tuple)):
        sides = enumerate(zip(value, shown if isinstance(shown, list) else [shown] * len(value), strict=True))
        return [_saved(inner, below, (*path, str(at)), keys, literals) for at, (inner, below) in sides]
    if isinstance(value, Sensitive) or value is None or isinstance(value, bool) or value == "":
        return value
    if isinstance(shown, (Sensitive, Masked)):
        literals.append(path)
    return shown


def live_document(live: Live, outside: Collection[Path]) -> Json:
    """What is remembered of a live object."""
    found = fingerprint(live, outside)
    return {
        "marker": marker_document(live.marker),
        "identity": found.identity,
        "revision": live.revision,
        "marker_revision": live.marker_revision,
        "applied": found.marker,
        "fields": found.fields,
        "outside": [list(path) for path in found.outside],
    }


def referred_document(referred: Referred) -> Json:
    """With the values of what is declared, to tell later what they were."""
    live, wanted = referred.live, referred.wanted
    texts = wanted.written if wanted else {}
    outside = frozenset(texts) | frozenset(hidden_in(veiled_live(live.fields, live, texts)))
    declared = tuple(path for path, _ in leaves(wanted.fields)) if wanted else ()
    known = tuple(path for path in declared if path not in outside)
    scope = TRAITS[live.address.kind].scope
    return {
        "address": {"kind": live.address.kind, "name": live.address.name},
        "live": live_document(live, outside),
        "values": only(harmless_fields(live, outside), known),
        "scope": (only(wanted.fields, (scope,)) if scope else {}) if wanted else None,
    }


def marker_document(marker: Marker | None) -> Json | None:
    if marker is None:
        return None
    return {
        "owner": marker.owner,
        "prevent_destroy": marker.prevent_destroy,
        "on_remove": marker.on_remove.value,
        **({"key": marker.key} if marker.key else {}),
    }


def options_document(allow: Allowances) -> Json:
    return {
        "adopt": allow.adopt,
        "allow_data_loss": [str(address) for address in sorted(allow.data_loss)],
        "max_deletes": allow.max_deletes,
        "no_delete": allow.no_delete,
        "take_over": sorted(allow.take_over),
        "replace": [str(address) for address in sorted(allow.replace)],
    }


def change_parts(change: Change) -> Json:
    """What is saved of a change beside what is shown of it."""
    live = change.before
    needs = live.needs if live is not None and change.action in _LEAVE else change.needs
    return {
        "needs": [{"kind": it.kind, "name": it.name} for it in sorted(needs)],
        "marker": marker_document(change.marker),
        "live": live_document(live, _outside(change, live)) if live is not None else None,
        "entry": entry_document(change.wanted)[0] if change.wanted is not None else None,
    }


def _outside(change: Change, live: Live) -> frozenset[Path]:
    hidden = hidden_in(change.hides_before(live.fields))
    return private_places(change.written, live.fields) | frozenset(change.written) | frozenset(hidden)
