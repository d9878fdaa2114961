"""What whoever applies a change must be allowed, in the words of Azure's roles.

Source: Microsoft Learn, Azure resource provider operations (a provider, types, then read, write or delete); Azure's
built-in roles and rbac-foundry.md for the names below. Names that no source tells are left out: the action behind a
pause, or behind items that are added to a blocklist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from provisioner.model.action import Action

if TYPE_CHECKING:
    from provisioner.model.plan import Change

OF_ACCOUNT: Final = "Microsoft.CognitiveServices/accounts"
OF_PROJECT: Final = f"{OF_ACCOUNT}/projects"
OF_DATA: Final = f"{OF_ACCOUNT}/AIServices"


class Where(str, Enum):
    """At what a right must be had."""

    ACCOUNT = "account"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class Right:
    """`action` may end with `*`: one of those that begin like this, of which no source says which. Of the project
    plane's, it is a data action.
    """

    action: str
    where: Where
    is_data: bool = False


def verbs(change: Change) -> Iterator[str]:
    """What a change does, in the words of Azure Resource Manager's actions."""
    if change.action in (Action.DELETE, Action.REPLACE, Action.MIGRATE):
        yield "delete"
    if change.action is not Action.DELETE:
        yield "write"


def on_account(collection: str, change: Change) -> Iterator[Right]:
    """What makes, changes or deletes one of a collection of the account: `deployments`."""
    yield from (Right(f"{OF_ACCOUNT}/{collection}/{verb}", Where.ACCOUNT) for verb in verbs(change))


def on_data(action: str) -> Right:
    """Of the project plane."""
    return Right(f"{OF_DATA}/{action}", Where.PROJECT, is_data=True)
