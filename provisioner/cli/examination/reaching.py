"""What is asked of both planes before a token is used, and of whoever gives tokens."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from provisioner.apply.workers import Ended
from provisioner.cli import surroundings
from provisioner.cli.examination.bounded import Outside, Verdicts, broken, within
from provisioner.doctor.probes import name_of, probe, proxy_settings, proxy_to
from provisioner.doctor.reach import Answer, Fault, Silence, clocked, proxied, reached
from provisioner.doctor.sign_in import NoToken, Token, held, signed_in
from provisioner.doctor.verdict import Verdict, failed, unknown
from provisioner.model.errors import PlaneError
from provisioner.planes.answering import Answers, heard
from provisioner.planes.attempts import Attempt
from provisioner.planes.clock import SystemClock
from provisioner.planes.clouds import is_loopback
from provisioner.planes.credentials import SignIn, claims_in
from provisioner.planes.failures import nothing_listens
from provisioner.planes.loopback import is_deserted
from provisioner.planes.trust import BUNDLES, FOLDERS, trusted_authorities


def reaching(urls: Mapping[str, str], scopes: Mapping[str, str], sign_in: SignIn, outside: Outside) -> Verdicts:
    """`urls` are what is asked of each plane, and `scopes` what tokens are asked for."""
    trust, found = _authorities()
    found["proxy"] = proxied([(name_of(url), proxy_to(url)) for url in urls.values()], proxy_settings(os.environ))
    return found | _reached(urls, scopes, sign_in, trust, outside)


def _authorities() -> tuple[ssl.SSLContext | None, Verdicts]:
    places = {name: os.environ[name] for name in (*BUNDLES, FOLDERS) if os.environ.get(name)}
    try:
        trust = trusted_authorities()
    except PlaneError as error:
        return None, {"ca-bundle": failed("ca-bundle", error.failure.message, error.failure.advice)}
    return trust, {"ca-bundle": surroundings.authorities_found(trust, places)}


def _reached(
    urls: Mapping[str, str],
    scopes: Mapping[str, str],
    sign_in: SignIn,
    trust: ssl.SSLContext | None,
    outside: Outside,
) -> Verdicts:
    """Hosts and tokens, all at once."""
    seconds = outside.patience.token_s
    with heard() as answers:
        tasks: dict[str, Callable[[], Any]] = {"chain": sign_in.chain}
        tasks |= {f"{plane}-token": _Asking(sign_in, scope, answers) for plane, scope in scopes.items()}
        if trust is not None:
            limit = outside.patience.answer_s
            tasks |= {f"{plane}-plane": _Probing(plane, url, trust, limit, outside.now) for plane, url in urls.items()}
        ended = within(tasks, seconds)
    replies = {plane: _reply(ended, plane, has_trust=trust is not None) for plane in urls}
    tokens = {plane: _token(ended, plane, seconds) for plane in scopes}
    chain = ended["chain"].result if "chain" in ended and ended["chain"].error is None else ()
    found = [
        clocked({name_of(urls[plane]): it for plane, it in replies.items()}),
        signed_in(tokens.values(), chain=chain, settings=surroundings.bearing_on_sign_in(os.environ)),
        *(_plane_found(plane, urls[plane], reply) for plane, reply in replies.items()),
        *(_token_found(plane, tokens, scope, outside.now()) for plane, scope in scopes.items()),
    ]
    return {it.check: it for it in found}


@dataclass(frozen=True, slots=True)
class _Probing:
    plane: str
    url: str
    trust: ssl.SSLContext
    timeout_s: float
    now: Callable[[], float]

    def __call__(self) -> Answer | Silence:
        url = urlsplit(self.url)
        with Attempt(self.plane, "GET", number=1, clock=SystemClock()).to(url.netloc, url.path) as sent:
            found = probe(self.url, self.trust, timeout_s=self.timeout_s, now=self.now)
            if isinstance(found, Answer):
                sent.answered(found.status, {})
            else:
                sent.unanswered(found.fault.value)
            return found


@dataclass(frozen=True, slots=True)
class _Asking:
    sign_in: SignIn
    scope: str
    answers: Answers

    def __call__(self) -> Token | NoToken:
        try:
            token = self.sign_in.tokens(self.scope).get_token()
        except PlaneError as error:
            attempts = tuple(_attempts(str(error.__cause__ or "")))
            return NoToken(message=error.failure.message, advice=error.failure.advice, attempts=attempts)
        return Token(claims=claims_in(token.token), expires_on=token.expires_on, answered=self.answers.here)


def _attempts(told: str) -> Iterator[str]:
    """What azure-identity says of each credential that it tried, a line of its own behind a tab; each named once."""
    for line in told.splitlines():
        if line.startswith("\t"):
            name, _, _ = line.strip().partition(":")
            yield line.strip().replace(f"{name}: {name} ", f"{name}: ", 1)


def _reply(ended: Mapping[str, Ended[str, Any]], plane: str, *, has_trust: bool) -> Answer | Silence | None:
    if not has_trust:
        return None
    one = ended.get(f"{plane}-plane")
    if one is None:
        return Silence(fault=Fault.TIMEOUT)
    found: Answer | Silence = one.result if one.error is None else Silence(fault=Fault.OTHER, told=broken(one.error))
    return found


def _token(ended: Mapping[str, Ended[str, Any]], plane: str, seconds: float) -> Token | NoToken:
    one = ended.get(f"{plane}-token")
    if one is None and is_deserted(identity := os.environ.get("IDENTITY_ENDPOINT", "")):
        stopped = nothing_listens(identity)
        return NoToken(message=stopped.message, advice=stopped.advice)
    if one is None:
        return NoToken(
            message=f"No token was given within {seconds:.0f} s.",
            advice="Look at what gives tokens here: `az account get-access-token` shows how long it takes.",
        )
    found: Token | NoToken = one.result if one.error is None else NoToken(message=broken(one.error))
    return found


def _plane_found(plane: str, url: str, reply: Answer | Silence | None) -> Verdict:
    check = f"{plane}-plane"
    if reply is None:
        return unknown(check, "Not asked: see `ca-bundle`.")
    if isinstance(reply, Silence) and reply.fault is Fault.REFUSED and is_loopback(url):
        stopped = nothing_listens(url)
        return failed(check, stopped.message, stopped.advice)
    return reached(check, name_of(url), reply, proxy=proxy_to(url))


def _token_found(plane: str, tokens: Mapping[str, Token | NoToken], scope: str, now: float) -> Verdict:
    check = f"{plane}-token"
    if not any(isinstance(it, Token) for it in tokens.values()):
        return unknown(check, "There is none: see `sign-in`.")
    return held(check, tokens[plane], scope=scope, now=now)
