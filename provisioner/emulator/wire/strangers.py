"""Only programs on this machine are answered: no page that rebinds its name to us, none of another site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .errors import Refusal

if TYPE_CHECKING:
    from .call import Call

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


def refusal_of(call: Call) -> Refusal | None:
    if not is_loopback(call.headers.get("host", "")):
        return Refusal(421, "MisdirectedRequest", "This emulator answers on loopback names only.")
    if call.method != "GET" and is_cross_site(call):
        return Refusal(403, "CrossSiteRequest", "Requests of other sites are refused.")
    return None


def is_loopback(host: str) -> bool:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name.lower() in LOOPBACK or name.lower().endswith(".localhost")


def is_cross_site(call: Call) -> bool:
    """A browser says where a request comes from; programs say nothing."""
    return call.headers.get("origin", call.base) != call.base or call.headers.get("sec-fetch-site") == "cross-site"
