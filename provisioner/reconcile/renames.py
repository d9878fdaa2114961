"""A key that was renamed: names are identity on the service, so without a `live_name` the plan deletes and creates.

Taken for one is a live object that goes and shows all that a new entry of its kind declares, where no other goes that
does, and no other new entry that it shows. Of what holds data, it is enough that it shows what can never be changed:
more may have been edited together with the key.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import only
from provisioner.model.plan import Change
from provisioner.model.resource import Desired
from provisioner.model.traits import Traits
from provisioner.reconcile.compare import unshown

_GOING: Final = (Action.DELETE, Action.RELEASE)
_MOST_PAIRS: Final = 10_000  # each is compared field by field; a manifest in which so much moved was not renamed


def renamed(
    changes: Sequence[Change],
    desired: Mapping[Address, Desired],
    traits: Mapping[str, Traits],
    *,
    among: Collection[Address],
) -> Iterator[Diagnostic]:
    """Told are the new ones `among` these."""
    for kind in dict.fromkeys(change.address.kind for change in changes):
        gone = [it for it in changes if _goes(it) and it.address.kind == kind]
        new = [it for it in changes if it.action is Action.CREATE and it.address.kind == kind and it.declared]
        if len(gone) * len(new) > _MOST_PAIRS:
            continue
        pairs = [(it, old) for it in new for old in gone if _is_shown(it, old, traits[kind])]
        met = Counter(change.address for pair in pairs for change in pair)
        for change, old in pairs:
            if met[change.address] == met[old.address] == 1 and change.address in among:
                yield _diagnostic(old, desired[change.address], traits[kind])


def _goes(change: Change) -> bool:
    return change.action in _GOING and change.migration is None


def _is_shown(new: Change, old: Change, traits: Traits) -> bool:
    telling = only(new.declared, traits.immutable) if traits.holds_data else new.declared
    return old.before is not None and bool(telling) and not unshown(telling, old.before.fields, traits)


def _diagnostic(old: Change, wanted: Desired, traits: Traits) -> Diagnostic:
    becomes = "would be deleted" if old.action is Action.DELETE else "would be left behind"
    lost = ", with every memory in it" if traits.holds_data and old.action is Action.DELETE else ""
    where = " in what can never be changed" if traits.holds_data else ""
    how = "correct a line of the entry" if wanted.key else "add one line to the entry"
    return Diagnostic(
        code="renamed",
        message=f"{wanted.key_address} would be created, and {old.address}, which is as that is declared{where} and "
        f"has no entry any more, {becomes}{lost}. Its key may have been renamed.",
        hint=f"If it is the same one, {how}: `live_name: {_written(old.address.name)}`",
        severity=Severity.WARNING,
        where=wanted.where,
    )


def _written(name: str) -> str:
    """As it may be written in YAML without further thought."""
    is_plain = name.isascii() and name[:1].isalpha() and all(char.isalnum() or char in "-_." for char in name)
    return name if is_plain and name.casefold() not in _WORDS else json.dumps(name, ensure_ascii=False)


_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
