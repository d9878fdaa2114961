"""Who is signed in, by what tokens say of themselves. They are not verified: that is the service's business."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final

from provisioner.doctor.verdict import State, Verdict, failed
from provisioner.model.words import listed

_SOON_S: Final = 300
_ID: Final = re.compile(r"[0-9a-fA-F-]{36}")
# Beside the address that a token is asked for, Azure Resource Manager takes its older name.
_OLD_NAMES: Final = {
    "https://management.azure.com": "https://management.core.windows.net",
    "https://management.usgovcloudapi.net": "https://management.core.usgovcloudapi.net",
    "https://management.chinacloudapi.cn": "https://management.core.chinacloudapi.cn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is known of one, without itself. `claims` are empty where it is not readable; `answered` is the class of
    azure-identity that gave it, empty where that did not tell.
    """

    claims: Mapping[str, Any]
    expires_on: float
    answered: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoToken:
    """`attempts` are what each credential of the chain said."""

    message: str
    advice: str = ""
    attempts: Sequence[str] = ()


def signed_in(found: Collection[Token | NoToken], *, chain: Sequence[str], settings: Sequence[str]) -> Verdict:
    """`chain` are the credentials that are tried, in their order; `settings` the variables that bear on it."""
    asked = f"{listed([*chain], 'and')}" if chain else ""
    bearing = f" Set in the environment: {', '.join(settings)}." if settings else ""
    tokens = [it for it in found if isinstance(it, Token)]
    if not tokens:
        return _nobody([it for it in found if isinstance(it, NoToken)], asked, bearing)
    names = list(dict.fromkeys(it.answered for it in tokens if it.answered))
    who = f"{listed(names, 'and')} answered" if names else "A token was given"
    which = f", the only one that is asked.{bearing}" if len(chain) == 1 else f"; tried in order: {asked}.{bearing}"
    return Verdict(
        check="sign-in",
        state=State.OK,
        message=f"{who}{which if chain else '.'}",
        details={"credential": ", ".join(names), "chain": ", ".join(chain)},
    )


def _nobody(faults: Sequence[NoToken], asked: str, bearing: str) -> Verdict:
    first = faults[0]
    tried = "\n".join(first.attempts) or (f"Tried in order: {asked}." if asked else "")
    lines = [part for part in (first.message, tried, bearing.strip()) if part]
    return failed("sign-in", "\n".join(lines), first.advice)


def held(check: str, found: Token | NoToken, *, scope: str, now: float) -> Verdict:
    """`scope` is what it was asked for, and `now` counts from the epoch."""
    if isinstance(found, NoToken):
        return failed(check, found.message, found.advice)
    left = found.expires_on - now
    details = _details(found)
    until = f"{_when(found.expires_on)} ({_left(left)})"
    if not found.claims:
        message = f"It is opaque: nothing can be read in it. It ends at {until}."
        return Verdict(check=check, state=_state(left), message=message, hint=_hint(left), details=details)
    audience = str(details.get("audience", ""))
    message = f"For {audience or 'nobody'} until {until}, {_principal(found.claims, details)}."
    if not _is_for(audience, scope):
        return Verdict(
            check=check,
            state=State.WARNING,
            message=f"{message} It was asked for {scope.removesuffix('/.default')}.",
            hint="The plane will not take it. Sign in anew, and look at what gives tokens here.",
            details=details,
        )
    return Verdict(check=check, state=_state(left), message=message, hint=_hint(left), details=details)


def _is_for(audience: str, scope: str) -> bool:
    """An id is another way to name what a token is for, and nobody here knows all of them."""
    wanted = scope.removesuffix("/.default").rstrip("/").lower()
    found = audience.rstrip("/").lower()
    return found in (wanted, _OLD_NAMES.get(wanted)) or bool(_ID.fullmatch(found))


def _details(found: Token) -> dict[str, str]:
    claims = found.claims
    read = {
        "audience": _text(claims.get("aud")),
        "tenant": _text(claims.get("tid")),
        "object_id": _text(claims.get("oid")),
        "client_id": _text(claims.get("appid") or claims.get("azp")),
        "principal": _sort(claims),
        "expires": _when(found.expires_on),
        "credential": found.answered,
    }
    return {key: value for key, value in read.items() if value}


def _sort(claims: Mapping[str, Any]) -> str:
    """Source: Microsoft Learn, access token claims reference; `xms_mirid` is a managed identity's resource id."""
    if claims.get("xms_mirid"):
        return "managed identity"
    if claims.get("idtyp") == "app":
        return "application"
    return "user" if claims.get("scp") or claims.get("idtyp") == "user" else ""


def _principal(claims: Mapping[str, Any], details: Mapping[str, str]) -> str:
    sort = {"managed identity": "of a managed identity", "application": "of an application", "user": "of a user"}
    parts = [sort.get(_sort(claims), "of somebody")]
    if "object_id" in details:
        parts.append(f"with the object id {details['object_id']}")
    if "tenant" in details:
        parts.append(f"of the tenant {details['tenant']}")
    return " ".join(parts)


def _state(left_s: float) -> State:
    if left_s <= 0:
        return State.FAILED
    return State.WARNING if left_s < _SOON_S else State.OK


def _hint(left_s: float) -> str:
    return "" if left_s >= _SOON_S else "Sign in again (`az login`), and check this machine's clock."


def _when(moment: float) -> str:
    try:
        return datetime.fromtimestamp(moment, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return "some day"


def _left(seconds: float) -> str:
    if seconds <= 0:
        return "over"
    return f"{seconds / 60:.0f} min left" if seconds < 7200 else f"{seconds / 3600:.0f} h left"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
