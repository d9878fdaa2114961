"""Whether a plane can be reached: name, connection, certificate, and that Azure itself answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from provisioner.doctor.verdict import State, Verdict, unknown

# A date tells whole seconds, and an answer takes its time.
_NOTICED_S: Final = 30
# What Microsoft Entra ID allows between two clocks.
_ALLOWED_S: Final = 300


class Fault(Enum):
    """Why there was no answer."""

    NAME = "name-not-found"
    REFUSED = "refused"
    TIMEOUT = "timed-out"
    CERTIFICATE = "untrusted-certificate"
    TLS = "no-tls"
    PROXY = "proxy-refused"
    SETTINGS = "wrong-settings"
    OTHER = "no-answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """`told` are the library's words."""

    fault: Fault
    told: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """To a request without a token. `ahead_s` is how far the host's clock is ahead of ours; None where it tells none.
    `moved_to` is the host that a redirect leads to.
    """

    status: int
    is_page: bool = False
    moved_to: str = ""
    ahead_s: float | None = None


_SAID: Final[Mapping[Fault, tuple[str, str]]] = {
    Fault.NAME: (
        "{whose} name is not found",
        "Check its spelling, and the DNS of this network; a private endpoint needs the private DNS zone.",
    ),
    Fault.REFUSED: ("{at} refuses connections", "Check host and port, and whether a firewall is in between."),
    Fault.TIMEOUT: (
        "{at} does not answer in time",
        "Check the network, VPN and firewall; where there is a proxy, name it in HTTPS_PROXY.",
    ),
    Fault.CERTIFICATE: (
        "its certificate is not trusted here ({told})",
        "Where a proxy of your organisation looks into TLS, name the CA that it signs with in SSL_CERT_FILE.",
    ),
    Fault.TLS: (
        "{at} speaks no TLS that can be understood ({told})",
        "Check host and port, and whether something else answers there.",
    ),
    Fault.PROXY: (
        "the proxy refuses to connect ({told})",
        "Check the user name and password in HTTPS_PROXY, and whether the proxy lets this host pass.",
    ),
    Fault.SETTINGS: ("no connection can be set up: {told}", "Check the endpoint and the proxy variables."),
    Fault.OTHER: ("there is no answer ({told})", "Check the endpoint, the network and the proxy settings."),
}


def reached(check: str, host: str, found: Answer | Silence, *, proxy: str = "") -> Verdict:
    """`proxy` is what leads there, without its password."""
    through = f" through {proxy}" if proxy else ""
    if isinstance(found, Silence):
        words, hint = _SAID[found.fault]
        at, whose = ("the proxy", "the proxy's") if proxy else ("it", "its")
        said = words.format(at=at, whose=whose, told=found.told)
        return Verdict(
            check=check,
            state=State.FAILED,
            message=f"{host}{through}: {said}.",
            hint=hint,
            details={"host": host, "fault": found.fault.value},
        )
    details = {"host": host, "status": str(found.status)}
    state, message, hint = _judged(f"{host}{through}", found)
    return Verdict(check=check, state=state, message=message, hint=hint, details=details)


def _judged(where: str, found: Answer) -> tuple[State, str, str]:
    if found.is_page:
        return (
            State.FAILED,
            f"{where} answers {found.status} with a web page: a proxy or a sign-in page stands in its place.",
            "Sign in to the network or the proxy, let this host pass there, or correct the endpoint.",
        )
    if 300 <= found.status < 400:
        to = f" to {found.moved_to}" if found.moved_to else ""
        return (
            State.FAILED,
            f"{where} sends us elsewhere{to}; that is not followed.",
            "Check the endpoint: a sign-in page or a proxy may answer in its place.",
        )
    if found.status >= 500:
        return State.WARNING, f"{where} answers {found.status}.", "It may be a fault of the service: try again later."
    return State.OK, f"{where} is found and trusted, and answers.", ""


def clocked(answers: Mapping[str, Answer | Silence | None]) -> Verdict:
    """From the dates in what hosts answered; a page is no witness."""
    told = {host: it.ahead_s for host, it in answers.items() if isinstance(it, Answer) and not it.is_page}
    skews = {host: ahead for host, ahead in told.items() if ahead is not None}
    if not skews:
        return unknown("clock", "No answer tells the time.")
    host, ahead = max(skews.items(), key=lambda it: abs(it[1]))
    details = {f"ahead_s of {name}": f"{value:.0f}" for name, value in skews.items()}
    if abs(ahead) < _NOTICED_S:
        return Verdict(check="clock", state=State.OK, message="It goes as theirs do.", details=details)
    way = "behind" if ahead > 0 else "ahead of"
    much = " Tokens and certificates may be taken for too old or too young." if abs(ahead) >= _ALLOWED_S else ""
    return Verdict(
        check="clock",
        state=State.WARNING,
        message=f"This machine's clock is {_spoken(abs(ahead))} {way} that of {host}.{much}",
        hint="Let the system set its clock over the network (NTP); in a virtual machine, after it was suspended, anew.",
        details=details,
    )


def _spoken(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"


def proxied(proxies: Iterable[tuple[str, str]], settings: Iterable[str]) -> Verdict:
    """`proxies` are what leads to each host, and `settings` the variables of that purpose that are set."""
    ways = [f"{host} through {proxy}" for host, proxy in proxies if proxy]
    named = f" {', '.join(settings)} set." if settings else ""
    message = f"To {' and to '.join(ways)}.{named}" if ways else f"None is used.{named}"
    return Verdict(check="proxy", state=State.OK, message=message)
