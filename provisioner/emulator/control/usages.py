"""The quota ledger: what all accounts of a region take from each allowance, and what is left.

Source: Microsoft Learn, Azure OpenAI quota: usage counts per subscription, region and usage name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import resource_rows
from provisioner.emulator.control.family import Family
from provisioner.emulator.control.resource_rows import ACCOUNT
from provisioner.emulator.control.resources import PROVIDER, check_subscription, the_account
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.world.quota import limit_of, plain

if TYPE_CHECKING:
    from provisioner.emulator.control.resource_rows import Charge, Resource
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call

# azure-cli recording test_cognitiveservices_list_usages, the names. assumed: the limits
ACCOUNT_COUNTERS: Final = (
    ("OpenAI.S0.AccountCount", "Azure OpenAI resource count", 30),
    ("AccountCount", "Account Count", 200),
)


def check(call: Call, charge: Charge, before: Charge | None) -> None:
    """A change is charged its difference only. Text: PubSec-Info-Assistant#880."""
    same = before is not None and (before.region, before.usage) == (charge.region, charge.usage)
    wanted = charge.capacity - (before.capacity if before is not None and same else 0)
    quota = call.world.catalogue.quotas[charge.usage]
    usage, limit = (
        resource_rows.used(call.state, charge.region, charge.usage),
        limit_of(call.state, charge.region, quota),
    )
    if wanted <= 0 or wanted <= limit - usage:
        return
    raise Refusal(
        400,
        "InsufficientQuota",
        f"This operation require {wanted} new capacity in quota {quota.label}, which is bigger than the current "
        f"available capacity {max(0, limit - usage)}. The current quota usage is {usage} and the quota limit is "
        f"{limit} for quota {quota.label}.",
    )


def usages_of_location(call: Call) -> Reply:
    check_subscription(call)
    return _usages(call, call.params["location"])


def usages_of_account(call: Call) -> Reply:
    return _usages(call, the_account(call).location)


def _usages(call: Call, location: str) -> Reply:
    region = plain(location)
    sums = resource_rows.used_by_usage(call.state, region)
    entries = [
        _entry(quota.usage, quota.label, sums.get(quota.usage, 0), limit_of(call.state, region, quota))
        for quota in call.world.catalogue.quotas.values()
    ]
    accounts = [it for it in resource_rows.of_kind(call.state, ACCOUNT) if region_of(it) == region]
    counters = [_entry(name, label, len(accounts), limit) for name, label, limit in ACCOUNT_COUNTERS]
    return Reply(body={"value": [*entries, *counters]})


def region_of(account: Resource) -> str:
    return plain(account.location)


def _entry(name: str, label: str, current: int, limit: int) -> Json:
    return {
        "name": {"value": name, "localizedValue": label},
        "currentValue": current,
        "limit": limit,
        "unit": "Count",
    }


FAMILY: Final = Family(
    routes=(
        Route(
            method="GET",
            path=f"/subscriptions/{{subscription}}/providers/{PROVIDER}/locations/{{location}}/usages",
            handler=usages_of_location,
        ),
        Route(
            method="GET",
            path=f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{PROVIDER}/accounts/{{account}}/usages",
            handler=usages_of_account,
        ),
    )
)
