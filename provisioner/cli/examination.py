"""What `doctor` asks of both planes: each check bounded in time, side by side, and none hides another."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.apply.workers import Ended, Workers
from provisioner.cli import surroundings as here
from provisioner.cli.options import Checks
from provisioner.cli.planning import unchecked
from provisioner.cli.session import Request, located, looked_at
from provisioner.doctor.planned import checks_found, checks_unknown, plan_found
from provisioner.doctor.probes import name_of, probe, proxy_settings, proxy_to
from provisioner.doctor.reach import Answer, Fault, Silence, clocked, proxied, reached
from provisioner.doctor.sign_in import NoToken, Token, held, signed_in
from provisioner.doctor.verdict import CHECKS, State, Verdict, failed, unknown
from provisioner.manifest.load import Loaded, Manifest
from provisioner.manifest.project import OVERRIDDEN
from provisioner.model.errors import PlaneError, ProvisionerError, Unreadable
from provisioner.planes.answering import Answers, heard
from provisioner.planes.clouds import Cloud
from provisioner.planes.credentials import SignIn, claims_in
from provisioner.planes.service import Coordinates, Planes, connect, require_trusted_planes
from provisioner.planes.trust import BUNDLES, FOLDERS, trusted_authorities
from provisioner.preflight.checks import by_check
from provisioner.preflight.settings import IDS
from provisioner.reconcile.allowances import Allowances
from provisioner.render.words import plan_summary

if TYPE_CHECKING:
    from provisioner.manifest.project import ProjectSettings

Findings = dict[str, Verdict]
_PLANES: Final = ("project", "management")
_NO_MANAGEMENT: Final = "Not used: it is not said which subscription, resource group and account."


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds that each step may take: one answer; a token, and a name to be resolved; a first read; a plan."""

    answer_s: float = 5
    token_s: float = 15
    access_s: float = 10
    plan_s: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a test passes in instead: who is signed in, what time it is, which versions run."""

    patience: Patience = field(default_factory=Patience)
    sign_in: Callable[[], SignIn] = SignIn
    now: Callable[[], float] = time.time
    versions: Callable[[], Mapping[str, str]] = here.versions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What the command wants to know."""

    request: Request
    checks: Checks
    outside: Outside


def examined(request: Request, checks: Checks, *, is_named: bool, outside: Outside | None = None) -> list[Verdict]:
    """One verdict for each check, in their order. `is_named` is whether somebody said which manifest. Raises nothing
    that a user, a file or a service could cause.
    """
    outside = outside or Outside()
    loaded = looked_at(request)
    found = _here(request, loaded, outside, is_named=is_named)
    try:
        with located(request, _usable(request, loaded)) as where:
            found |= _project_found(where, request, loaded)
            if found["project"].state is State.OK:
                wish = _Wish(request=request, checks=checks, outside=outside)
                found |= _of_planes(where, loaded.manifest, wish)
    except ProvisionerError as error:
        found.setdefault("project", failed("project", error.message, error.hint))
    why = "Not looked at: it is not known which project is meant, or no token may be sent there."
    return [found.get(name, unknown(name, why)) for name in (*CHECKS, *IDS)]


def _here(request: Request, loaded: Loaded, outside: Outside, *, is_named: bool) -> Findings:
    tasks: dict[str, Callable[[], Verdict]] = {
        "versions": lambda: here.versions_found(outside.versions()),
        "manifest": lambda: here.manifest_found(loaded, request, is_named=is_named),
        "variables": lambda: here.variables_found(loaded),
        "dotenv": lambda: here.dotenv_found(request.folder, os.environ),
        "state": lambda: here.state_found(request),
        "cache": lambda: here.cache_found(os.environ, Path.home()),
    }
    return _verdicts(tasks, outside.patience.answer_s)


def _usable(request: Request, loaded: Loaded) -> ProjectSettings | None:
    """What a manifest says of the project, though it may have errors elsewhere; None leaves it to the environment.
    Raises ProvisionerError where what it says is wrong: nobody is asked then.
    """
    if loaded.project is None or request.local:
        return None
    wrong = [it for it in loaded.diagnostics if it.is_error and _is_about_project(it)]
    if wrong:
        raise ProvisionerError("What the manifest says of the project is wrong.", "See `manifest` above.")
    return loaded.project


def _is_about_project(problem: Any) -> bool:
    at = problem.where.path if problem.where else ""
    return (at.startswith("project") or problem.code == OVERRIDDEN) and not here.is_unset(problem)


def _project_found(where: Coordinates, request: Request, loaded: Loaded) -> Findings:
    try:
        require_trusted_planes(where)
    except PlaneError as error:
        return {"project": failed("project", error.failure.message, error.failure.advice)}
    source = "the embedded Foundry" if request.local else "by the manifest" if loaded.project else "by the environment"
    parts = {"account": where.account, "resource group": where.resource_group, "subscription": where.subscription}
    told = "".join(f", {name} {value}" for name, value in parts.items() if value)
    message = f"{where.endpoint}{told} ({source})."
    return {"project": Verdict(check="project", state=State.OK, message=message, details={"endpoint": where.endpoint})}


def _of_planes(where: Coordinates, manifest: Manifest | None, wish: _Wish) -> Findings:
    """What is asked before a token is there, with one, and of a plan: each only where the step before went well."""
    cloud = require_trusted_planes(where)
    urls = {"project": f"{where.endpoint.rstrip('/')}/agents?api-version=v1&limit=1"}
    if where.is_managed:
        management = (where.management_endpoint or cloud.management).rstrip("/")
        urls["management"] = f"{management}/subscriptions?api-version=2022-12-01"
    trust, found = _authorities()
    found["proxy"] = proxied([(name_of(url), proxy_to(url)) for url in urls.values()], proxy_settings(os.environ))
    with wish.outside.sign_in() as sign_in:
        found |= _reached(urls, cloud, sign_in, trust, wish.outside)
        bad = [name for name in (f"{it}-{part}" for it in urls for part in ("plane", "token")) if _fails(found, name)]
        if bad or trust is None:
            return found | _not_asked(f"Not asked: see `{bad[0] if bad else 'ca-bundle'}`.", urls)
        return found | _asked(where, manifest, sign_in, wish)


def _fails(found: Findings, name: str) -> bool:
    return found[name].state in (State.FAILED, State.UNKNOWN)


def _not_asked(why: str, urls: Iterable[str]) -> Findings:
    access = {f"{plane}-access": unknown(f"{plane}-access", why) for plane in urls}
    rest = {"plan": unknown("plan", why), **{it.check: it for it in checks_unknown(why)}}
    return {"management-access": unknown("management-access", _NO_MANAGEMENT), **access, **rest}


def _authorities() -> tuple[ssl.SSLContext | None, Findings]:
    places = {name: os.environ[name] for name in (*BUNDLES, FOLDERS) if os.environ.get(name)}
    try:
        trust = trusted_authorities()
    except PlaneError as error:
        return None, {"ca-bundle": failed("ca-bundle", error.failure.message, error.failure.advice)}
    return trust, {"ca-bundle": here.authorities_found(trust, [*places], places)}


def _reached(
    urls: Mapping[str, str], cloud: Cloud, sign_in: SignIn, trust: ssl.SSLContext | None, outside: Outside
) -> Findings:
    """Both planes and both tokens at once."""
    scopes = {"project": cloud.project_scope, "management": cloud.management_scope}
    timeout_s = outside.patience.answer_s
    with heard() as answers:
        tasks: dict[str, Callable[[], Any]] = {"chain": sign_in.chain}
        for plane, url in urls.items():
            tasks[f"{plane}-token"] = _Asking(sign_in, scopes[plane], answers)
            if trust is not None:
                tasks[f"{plane}-plane"] = _Probing(url, trust, timeout_s, outside.now)
        ended = _within(tasks, outside.patience.token_s)
    replies = {plane: _reply(ended, plane, has_trust=trust is not None) for plane in urls}
    tokens = {plane: _token(ended, plane, outside.patience.token_s) for plane in urls}
    chain = ended["chain"].result if "chain" in ended and ended["chain"].error is None else ()
    found = [
        clocked({name_of(urls[plane]): it for plane, it in replies.items()}),
        signed_in(tokens.values(), chain=chain, settings=here.bearing_on_sign_in(os.environ)),
    ]
    for plane in _PLANES:
        if plane not in urls:
            found += [unknown(f"{plane}-{part}", _NO_MANAGEMENT) for part in ("plane", "token")]
            continue
        found.append(_plane_found(plane, urls[plane], replies[plane]))
        found.append(_token_found(plane, tokens, scopes[plane], outside.now()))
    return {it.check: it for it in found}


@dataclass(frozen=True, slots=True)
class _Probing:
    url: str
    trust: ssl.SSLContext
    timeout_s: float
    now: Callable[[], float]

    def __call__(self) -> Answer | Silence:
        return probe(self.url, self.trust, timeout_s=self.timeout_s, now=self.now)


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
    """What azure-identity says of each credential that it tried: a line of its own behind a tab."""
    for line in told.splitlines():
        if line.startswith("\t"):
            yield line.strip()


def _reply(ended: Mapping[str, Ended[str, Any]], plane: str, *, has_trust: bool) -> Answer | Silence | None:
    if not has_trust:
        return None
    one = ended.get(f"{plane}-plane")
    if one is None:
        return Silence(fault=Fault.TIMEOUT)
    found: Answer | Silence = one.result if one.error is None else Silence(fault=Fault.OTHER, told=_broken(one.error))
    return found


def _token(ended: Mapping[str, Ended[str, Any]], plane: str, seconds: float) -> Token | NoToken:
    one = ended.get(f"{plane}-token")
    if one is None:
        return NoToken(
            message=f"No token was given within {seconds:.0f} s.",
            advice="Look at what gives tokens here: `az account get-access-token` shows how long it takes.",
        )
    found: Token | NoToken = one.result if one.error is None else NoToken(message=_broken(one.error))
    return found


def _broken(error: BaseException) -> str:
    return f"this check broke off with {type(error).__name__}, a mistake of ours"


def _plane_found(plane: str, url: str, reply: Answer | Silence | None) -> Verdict:
    check = f"{plane}-plane"
    if reply is None:
        return unknown(check, "Not asked: see `ca-bundle`.")
    return reached(check, name_of(url), reply, proxy=proxy_to(url))


def _token_found(plane: str, tokens: Mapping[str, Token | NoToken], scope: str, now: float) -> Verdict:
    check = f"{plane}-token"
    if not any(isinstance(it, Token) for it in tokens.values()):
        return unknown(check, "There is none: see `sign-in`.")
    return held(check, tokens[plane], scope=scope, now=now)


def _asked(where: Coordinates, manifest: Manifest | None, sign_in: SignIn, wish: _Wish) -> Findings:
    """With a token: a first read of each plane, and where both may be read, the plan and its checks."""
    request, patience = wish.request, wish.outside.patience
    waits: list[str] = []
    try:
        with connect(where, sign_in, connections=request.parallelism, timeout_s=request.timeout_s) as both:
            planes = replace(both.telling(waits.append), target=replace(both.target, local=request.local))
            found = _access(planes, waits, patience.access_s)
            bad = next((name for name, it in found.items() if _is_bad(it, planes)), "")
            if bad or manifest is None:
                why = f"Not asked: see `{bad or 'manifest'}`."
                rest = [unknown("plan", why), *checks_unknown(why)]
            else:
                rest = _planned(manifest, planes, waits, wish)
    except PlaneError as error:
        return _not_asked(f"Not asked: {error.failure.message}", _PLANES)
    return found | {it.check: it for it in rest}


def _is_bad(access: Verdict, planes: Planes) -> bool:
    is_used = access.check != "management-access" or planes.management is not None
    return is_used and access.state is not State.OK


def _access(planes: Planes, waits: list[str], seconds: float) -> Findings:
    management = planes.management
    tasks: dict[str, Callable[[], Verdict]] = {"project-access": lambda: _project_read(planes)}
    if management is not None:
        tasks["management-access"] = lambda: _account_read(planes)
    found = _verdicts(tasks, seconds, waits)
    if management is None:
        found["management-access"] = unknown("management-access", _NO_MANAGEMENT)
    return found


def _project_read(planes: Planes) -> Verdict:
    next(iter(planes.project.items("agents")), None)
    return Verdict(check="project-access", state=State.OK, message="The project's agents can be read.")


def _account_read(planes: Planes) -> Verdict:
    assert planes.management is not None  # noqa: S101 - asked for only then
    account = planes.management.account
    if planes.management.get(account) is None:
        hint = "Check `subscription_id`, `resource_group` and the account in the endpoint."
        return failed("management-access", f"There is no {account}.", hint)
    return Verdict(check="management-access", state=State.OK, message="The account can be read.")


def _planned(manifest: Manifest, planes: Planes, waits: list[str], wish: _Wish) -> list[Verdict]:
    preflight = wish.checks.preflight(manifest, planes)
    at_once, seconds = wish.request.parallelism, wish.outside.patience.plan_s

    def task() -> list[Verdict]:
        plan, live, region = unchecked(manifest, planes, Allowances(), preflight, parallelism=at_once)
        facts = preflight.facts(plan, manifest.resources, live, planes, region)
        skipped = preflight.settings.skip
        found = by_check(plan, manifest.resources, facts, skip=skipped)
        return [plan_found(plan, plan_summary(plan)), *checks_found(found, facts, skipped)]

    ended = _within({"plan": task}, seconds).get("plan")
    if ended is None or ended.error is not None:
        verdict = _why("plan", ended.error if ended is not None else None, seconds, waits)
        return [verdict, *checks_unknown("Not asked: see `plan`.")]
    verdicts: list[Verdict] = ended.result
    return verdicts


def _verdicts(tasks: Mapping[str, Callable[[], Verdict]], seconds: float, waits: list[str] | None = None) -> Findings:
    """What becomes of each, whatever becomes of the others."""
    ended = _within(tasks, seconds)
    return {
        name: one.result
        if (one := ended.get(name)) is not None and one.error is None
        else _why(name, one.error if one is not None else None, seconds, waits or [])
        for name in tasks
    }


def _why(name: str, error: BaseException | None, seconds: float, waits: list[str]) -> Verdict:
    """Of a check that came to no verdict of its own."""
    if error is None:
        last = f" The last that was heard: {waits[-1]}." if waits else ""
        return unknown(name, f"It took longer than {seconds:.0f} s.{last}", "`provisioner plan` waits longer.")
    if isinstance(error, Unreadable):
        causes = [cause.failure for cause in error.causes]
        return failed(name, "\n".join(it.message for it in causes), causes[0].advice if causes else "")
    if isinstance(error, PlaneError):
        request_id = f" (request {error.failure.request_id})" if error.failure.request_id else ""
        return failed(name, f"{error.failure.message}{request_id}", error.failure.advice)
    if isinstance(error, ProvisionerError):
        return failed(name, error.message, error.hint)
    return unknown(name, f"Not known: {_broken(error)}.", "Please report it, with this table.")


def _within(tasks: Mapping[str, Callable[[], Any]], seconds: float) -> dict[str, Ended[str, Any]]:
    """Those that ended in time, side by side. The others go on, and nobody waits for them."""
    workers: Workers[str, Any] = Workers("doctor")
    for name, task in tasks.items():
        workers.start(name, task)
    until = time.monotonic() + seconds
    ended: dict[str, Ended[str, Any]] = {}
    while workers.running and time.monotonic() < until:
        ended |= {it.key: it for it in workers.collect()}
    return ended
