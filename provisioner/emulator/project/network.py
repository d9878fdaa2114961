"""Who is outside of an account's network is refused by its projects; the management plane has no such rules.

Source: Azure-Samples/azure-sql-db-chatbot#3 (the body), microsoft-foundry/new-foundry-portal#140 (no public access).
assumed: the same body for both, and that a token is looked at first.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.resource_rows import account_of, by_row
from provisioner.emulator.wire.errors import Refusal

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call

HERE: Final = ip_address("127.0.0.1")  # where everybody comes from
NO_PUBLIC_ACCESS: Final = "Public access is disabled. Please configure private endpoint."
NOT_LET_IN: Final = "Access denied due to Virtual Network/Firewall rules."


def check(call: Call) -> None:
    if not call.switches.network_gate:
        return
    account = by_row(call.state, account_of(call.state, call.project))
    message = "" if account is None else _problem(account.properties)
    if message:
        raise Refusal(403, "403", message, bare={"error": {"code": "403", "message": message}})


def _problem(properties: Json) -> str:
    """Somebody's edit may have left anything."""
    if str(properties.get("publicNetworkAccess")).lower() == "disabled":
        return NO_PUBLIC_ACCESS
    rules = properties.get("networkAcls")
    if not isinstance(rules, dict) or str(rules.get("defaultAction")).lower() != "deny":
        return ""
    let_in = rules.get("ipRules")
    return "" if any(map(_is_ours, let_in if isinstance(let_in, list) else [])) else NOT_LET_IN


def _is_ours(rule: object) -> bool:
    try:
        return isinstance(rule, dict) and HERE in ip_network(str(rule.get("value")), strict=False)
    except ValueError:
        return False
