"""Of the live objects of one name in different scopes, that which a plan is about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from provisioner.model.document import dotted, lies_under, lookup
from provisioner.model.resource import Desired, Live
from provisioner.model.traits import Traits
from provisioner.reconcile.meaning import is_in_scope, is_nothing, rule_of


def meant(wanted: Desired, found: Live | None, owner: str, traits: Traits) -> Live | None:
    """What the entry manages: the object in its own scope, or that of the owner which moves there. What is somebody
    else's in another scope is another object.
    """
    if found is None or wanted.external or found.odd or is_owned(found, owner):
        return found
    is_everywhere = lies_under(traits.scope, wanted.lifecycle.ignore)
    return found if is_everywhere or is_in_scope(found.fields, wanted.fields, traits) else None


def going(found: Live, owner: str) -> Live:
    """What goes with the owner's entry: its own, though somebody's hides it."""
    return next((it for it in of_one_name(found) if is_owned(it, owner) and not it.odd), found)


def is_owned(found: Live, owner: str) -> bool:
    return found.marker is not None and found.marker.owner == owner


def of_one_name(found: Live) -> Iterator[Live]:
    """Each of them, with the other one as its namesake."""
    yield found
    if (other := found.namesake) is not None:
        yield replace(other, namesake=replace(found, namesake=None))


def beside(other: Live | None, traits: Traits) -> tuple[str, ...]:
    """A sentence for the reviewer about the one that is left alone."""
    if other is None or not traits.scope:
        return ()
    here = lookup(other.fields, traits.scope)
    value = json.dumps(rule_of(traits.scope, traits).default if is_nothing(here) else here)
    whose = f' and belongs to the manifest named "{other.marker.owner}"' if other.marker else ""
    return (f"Another one of its name, with `{dotted(traits.scope)}: {value}`, is left as it is{whose}.",)
