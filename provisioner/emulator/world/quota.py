"""What a subscription may take of each allowance in a region: what the catalogue says, until somebody changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.emulator.world.catalogue import Quota
    from provisioner.emulator.world.state import State


def limit_of(state: State, region: str, quota: Quota) -> int:
    changed = state.setting(_setting(region, quota.usage))
    return quota.limit if changed is None else int(changed)


def set_limit(state: State, region: str, usage: str, limit: int) -> None:
    state.set(_setting(region, usage), str(limit))


def plain(location: str) -> str:
    """ "East US 2" and eastus2 are one region."""
    return location.lower().replace(" ", "")


def _setting(region: str, usage: str) -> str:
    return f"quota:{region.lower()}:{usage}"
