"""Only programs on this machine are answered: no page that rebinds its name to us, none of another site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.wire.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioner.emulator.wire.call import Call

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


def refusal_of(call: Call) -> Refusal | None:
    host = call.headers.get("host", "")
    if not is_loopback(host) and not is_named(host, call.world.options.cert_names):
        message = "This emulator answers on loopback names only, and on those given with --cert-name."
        return Refusal(421, "MisdirectedRequest", message)
    if call.method != "GET" and is_cross_site(call):
        return Refusal(403, "CrossSiteRequest", "Requests of other sites are refused.")
    return None


def is_loopback(host: str) -> bool:
    name = name_of(host)
    return name in LOOPBACK or name.endswith(".localhost")


def is_named(host: str, names: Sequence[str]) -> bool:
    """`*.example.com` stands for one label, as in certificates."""
    name = name_of(host)
    return any(wanted.lower() in {name, f"*.{name.partition('.')[2]}"} for wanted in names)


def name_of(host: str) -> str:
    """The name in a Host header, in lower case, without its port."""
    return (host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host).lower()


def is_cross_site(call: Call) -> bool:
    """A browser says where a request comes from; programs say nothing."""
    return call.headers.get("origin", call.base) != call.base or call.headers.get("sec-fetch-site") == "cross-site"
