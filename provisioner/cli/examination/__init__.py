"""What `doctor` looks at, from the manifest to the plan: no check hides another."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from provisioner.cli import surroundings
from provisioner.cli.examination.bounded import Outside, Patience, Verdicts, Wish, verdicts
from provisioner.cli.examination.locked import locked
from provisioner.cli.examination.reaching import reaching
from provisioner.cli.examination.reading import no_plan, reading
from provisioner.cli.options import Checks
from provisioner.cli.session import Request, located, looked_at
from provisioner.doctor.verdict import CHECKS, State, Verdict, failed, unknown
from provisioner.manifest.load import Loaded, Manifest
from provisioner.manifest.policies import read_policies
from provisioner.manifest.project import OTHER_HOST, OVERRIDDEN, VARIABLES, ProjectSettings
from provisioner.model.azure_hosts import account_of
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.errors import PlaneError, ProvisionerError
from provisioner.planes.clouds import PUBLIC, Cloud
from provisioner.planes.service import Coordinates, require_trusted_planes
from provisioner.preflight.settings import IDS

__all__ = ["Outside", "Patience", "examined"]

_PARTS: Final = ("plane", "token", "access")
_NO_MANAGEMENT: Final = "Not used: it is not said which subscription, resource group and account."


def examined(request: Request, checks: Checks, *, is_named: bool, outside: Outside | None = None) -> list[Verdict]:
    """One verdict for each check, in their order. `is_named` is whether somebody said which manifest. Raises nothing
    that a user, a file or a service could cause.
    """
    wish = Wish(request=request, checks=checks, outside=outside or Outside())
    loaded = looked_at(request)
    found = _here(loaded, wish, is_named=is_named)
    try:
        with located(request, _usable(request, loaded)) as where:
            found |= _project_found(where, request, loaded)
            if found["project"].state is State.OK:
                found |= _of_project(where, loaded.manifest, wish)
    except ProvisionerError as error:
        found.setdefault("project", failed("project", error.message, error.hint))
    if found["project"].state is not State.OK and not request.local:
        found |= _of_azure(wish)
    why = "Not asked: see `project`."
    return [found.get(name, unknown(name, why)) for name in (*CHECKS, *IDS)]


def _here(loaded: Loaded, wish: Wish, *, is_named: bool) -> Verdicts:
    request, outside = wish.request, wish.outside
    tasks: dict[str, Callable[[], Verdict]] = {
        "versions": lambda: surroundings.versions_found(outside.versions()),
        "manifest": lambda: surroundings.manifest_found(loaded, request, is_named=is_named),
        "variables": lambda: surroundings.variables_found(loaded),
        "dotenv": lambda: surroundings.dotenv_found(request.folder, os.environ),
        "state": lambda: surroundings.state_found(request),
        "cache": lambda: surroundings.cache_found(os.environ, Path.home()),
    }
    return verdicts(tasks, outside.patience.answer_s)


def _usable(request: Request, loaded: Loaded) -> ProjectSettings | None:
    """What a manifest says of the project, though it may have errors elsewhere; None leaves it to the environment.
    Raises ProvisionerError where what it, or a policy, says is wrong: nobody is asked then.
    """
    policy, problems = read_policies(request.policy_files)
    if problems:
        raise ProvisionerError("It is not known which hosts the policy allows.", "See `manifest` above.")
    if loaded.project is None and request.pin_environment:  # nor does a `.env` file say it then
        values: dict[str, Any] = {key: os.environ.get(name) or None for key, name in VARIABLES.items()}
        account = account_of(values["endpoint"] or "") or values["account"]
        return ProjectSettings(**{**values, "account": account, "only_hosts": policy.allowed_hosts})
    if loaded.project is None or request.local:
        return None
    wrong = [it for it in loaded.diagnostics if it.is_error and _is_about_project(it)]
    if wrong:
        raise ProvisionerError(
            "What the manifest says of the project, or of its policy, is wrong.", "See `manifest` above."
        )
    return loaded.project


def _is_about_project(problem: Diagnostic) -> bool:
    at = problem.where.path if problem.where else ""
    return (
        at.startswith(("project", "policy")) or problem.code in (OVERRIDDEN, OTHER_HOST)
    ) and not surroundings.is_unset(problem)


def _project_found(where: Coordinates, request: Request, loaded: Loaded) -> Verdicts:
    try:
        require_trusted_planes(where)
    except PlaneError as error:
        return {"project": failed("project", error.failure.message, error.failure.advice)}
    source = "the embedded Foundry" if request.local else "by the manifest" if loaded.project else "by the environment"
    parts = {
        "account": where.account,
        "resource group": where.resource_group,
        "subscription": where.subscription,
    }
    told = "".join(f", {name} {value}" for name, value in parts.items() if value)
    message = f"{where.endpoint}{told} ({source})."
    return {"project": Verdict(check="project", state=State.OK, message=message, details={"endpoint": where.endpoint})}


def _of_azure(wish: Wish) -> Verdicts:
    """What can be known though it is not known which project is meant."""
    with wish.outside.sign_in() as sign_in:
        return reaching({"management": _management_url(PUBLIC.management)}, _scopes(PUBLIC), sign_in, wish.outside)


def _of_project(where: Coordinates, manifest: Manifest | None, wish: Wish) -> Verdicts:
    """What is asked before a token is there, with one, and of a plan: each only where the step before went well."""
    cloud = require_trusted_planes(where)
    urls = {"project": f"{where.endpoint.rstrip('/')}/agents?api-version=v1&limit=1"}
    if where.is_managed:
        urls["management"] = _management_url(where.management_endpoint or cloud.management)
    scopes = {plane: scope for plane, scope in _scopes(cloud).items() if plane in urls}
    with wish.outside.sign_in() as sign_in:
        found = reaching(urls, scopes, sign_in, wish.outside)
        bad = {plane: cause for plane in urls if (cause := _cause(found, plane))}
        found |= {name: it for plane, cause in bad.items() for name, it in no_plan(cause, [f"{plane}-access"]).items()}
        ready = [plane for plane in urls if plane not in bad]
        first = next(iter(bad.values()), "")
        found |= reading(where, manifest, sign_in, wish, ready=ready, bad=first) if ready else no_plan(first)
        signed_out = "" if found["sign-in"].state is not State.FAILED else "sign-in"
        found |= locked(manifest, sign_in, wish, bad=signed_out)
    unused = {f"management-{part}": unknown(f"management-{part}", _NO_MANAGEMENT) for part in _PARTS}
    return found if where.is_managed else {**unused, **found}


def _cause(found: Verdicts, plane: str) -> str:
    """The check that keeps the plane from being asked; empty for none."""
    names = ("ca-bundle", f"{plane}-plane", f"{plane}-token")
    return next((it for it in names if found[it].state in (State.FAILED, State.UNKNOWN)), "")


def _management_url(endpoint: str) -> str:
    return f"{endpoint.rstrip('/')}/subscriptions?api-version=2022-12-01"


def _scopes(cloud: Cloud) -> dict[str, str]:
    return {"project": cloud.project_scope, "management": cloud.management_scope}
