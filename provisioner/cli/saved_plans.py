"""Plans in files: reading one back, and what is left to do of it in the project that it was made for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.apply.observe import observe
from provisioner.cli import logs
from provisioner.cli.complaints import warn
from provisioner.cli.planning import MOST_PLAN_BYTES, looking
from provisioner.cli.session import Request, connected
from provisioner.kinds import KINDS, TRAITS
from provisioner.manifest.environments import VARIABLE as ENVIRONMENT_VARIABLE
from provisioner.manifest.files import Found, read_manifest, shown_path
from provisioner.manifest.limits import Budget
from provisioner.manifest.load import Manifest, ProjectSettings, load_entries
from provisioner.manifest.project import NAME_VARIABLE, VARIABLES, endpoint_fault
from provisioner.model.address import Address
from provisioner.model.azure_hosts import account_of
from provisioner.model.document import Document
from provisioner.model.errors import ManifestInvalid, ProvisionerError
from provisioner.model.plan import Plan, Target
from provisioner.model.resource import Desired
from provisioner.model.words import quoted, shown
from provisioner.planes.clouds import cloud_of
from provisioner.saved.reading import SavedPlan, read_plan
from provisioner.saved.resume import resume

if TYPE_CHECKING:
    from provisioner.planes.service import Planes


def read_saved(path: Path) -> tuple[str, SavedPlan]:
    """The text and what it says. Raises ProvisionerError for what is no file, too large, or no whole plan."""
    text, problem = read_manifest(Found(path), Budget(), limit=MOST_PLAN_BYTES)
    if text is None:
        hint = "Name a plan that `provisioner plan --out plan.json` wrote."
        raise ProvisionerError(problem.message if problem else f"{quoted(shown_path(path))} cannot be read.", hint)
    return text, read_plan(text, said(path))


def said(path: Path) -> str:
    """What messages call it."""
    return quoted(shown_path(path))


@contextmanager
def opened_plan(request: Request, saved: SavedPlan, name: str) -> Iterator[tuple[Plan, Planes]]:
    """What is left to do of the plan, and the planes to do it. Raises ProvisionerError where it may not be applied, or
    not here; nothing is asked of the service then.
    """
    _require_applicable(saved, name)
    target = _required_target(saved, request, name)
    manifest = _manifest(saved, target, request, name)
    with connected(request, manifest) as planes:
        yield _left(saved, manifest, planes, parallelism=request.parallelism), planes


def _require_applicable(saved: SavedPlan, name: str) -> None:
    if saved.obstacles:
        raise ProvisionerError(
            f"{name} cannot be applied: {' '.join(saved.obstacles[:10])}", "Correct that, and plan again."
        )
    if saved.unknown_options:
        raise ProvisionerError(
            f"{name} was made with an option that this version does not know: {shown(saved.unknown_options[0])}.",
            "Use the version that made it.",
        )


def _required_target(saved: SavedPlan, request: Request, name: str) -> Target:
    """The plan's. Raises ProvisionerError where the command or the environment says another project, or owner."""
    target, owner = saved.plan.target, os.environ.get(NAME_VARIABLE, "")
    if target is None:
        raise ProvisionerError(f"{name} does not say which project it is for.")
    if owner and owner != saved.plan.owner:
        raise ProvisionerError(
            f"{name} is a plan for another owner: it is for {quoted(saved.plan.owner)}, and {NAME_VARIABLE} expects "
            "another one."
        )
    _require_same_environment(target, request, name)
    if target.local != request.local:
        made, remedy = (
            ("the local Foundry", "Add --local.")
            if target.local
            else (f"the project {shown(target.endpoint)}", "Leave --local away.")
        )
        raise ProvisionerError(f"{name} is a plan for another project: it was made for {made}.", remedy)
    if not target.local:
        _require_same_project(target, request, name)
    return target


def _require_same_environment(target: Target, request: Request, name: str) -> None:
    """A variable is set for many plans, so one without an environment pays no heed to it."""
    said = request.environment or (os.environ.get(ENVIRONMENT_VARIABLE, "") if target.environment else "")
    if said and said != target.environment:
        made = f"it is for {quoted(target.environment)}" if target.environment else "it is for none"
        who = "--env" if request.environment else ENVIRONMENT_VARIABLE
        raise ProvisionerError(
            f"{name} is a plan for another environment: {made}, and {who} says {quoted(said)}.",
            "Apply the plan that was made for that environment.",
        )


def _require_same_project(target: Target, request: Request, name: str) -> None:
    if fault := endpoint_fault(target.endpoint):
        raise ProvisionerError(f"{name} is for a project whose endpoint {fault}.")
    for key, said in _settings(target).items():
        variable, is_given = VARIABLES[key], key == "endpoint" and request.project_endpoint is not None
        outside = request.project_endpoint if is_given else os.environ.get(variable, "")
        if not said or (key == "account" and account_of(target.endpoint)):
            continue
        if outside and outside.rstrip("/").casefold() != said.rstrip("/").casefold():
            who = "--project-endpoint" if is_given else variable
            raise ProvisionerError(
                f"{name} is a plan for another project: {_word(key)} is {shown(said)}, and {who} says another one.",
                "Plan again for that project, or set the variable to the plan's.",
            )
        is_of_the_cloud = key == "management_endpoint" and not target.management
        if not outside and request.pin_environment and not is_of_the_cloud:
            raise ProvisionerError(
                f"{name} is not held to anything: --pin-environment is given, and {variable} is not set.",
                f"Set {variable} in the pipeline.",
            )


def _word(key: str) -> str:
    return f"its {key.removesuffix('_id').replace('_', ' ')}"


def _settings(target: Target) -> dict[str, str]:
    management = target.management or cloud_of(target.endpoint).management
    return {
        "endpoint": target.endpoint,
        "account": target.account,
        "subscription_id": target.subscription,
        "resource_group": target.resource_group,
        "management_endpoint": management if target.subscription else "",
    }


def _manifest(saved: SavedPlan, target: Target, request: Request, name: str) -> Manifest:
    """Its entries, with the variables of now."""
    named = {needed for change in saved.plan.changes for needed in change.needs}
    loaded = load_entries(
        saved.plan.owner,
        saved.entries,
        named - saved.entries.keys(),
        file=name,
        environ=os.environ,
        allow_env=request.allow_env,
    )
    if loaded.manifest is None:
        raise ManifestInvalid(loaded.diagnostics, "These are the entries in the plan, with the variables set here.")
    warn(loaded.diagnostics)
    settings = {key: value or None for key, value in _settings(target).items()}
    project, environment = ProjectSettings(**settings), target.environment or None
    manifest = replace(loaded.manifest, project=project, environment=environment)
    logs.manifest_read(manifest)
    return manifest


def _left(saved: SavedPlan, manifest: Manifest, planes: Planes, *, parallelism: int) -> Plan:
    """With the requests of a plan: every list, and a closer look at what is touched or named."""
    looked_at: dict[Address, Desired] = {it.address: _as_planned(it.address, it.scope) for it in saved.neighbours}
    looked_at |= {address: manifest.resources[address] for address in saved.entries}
    with looking(planes) as service:
        live = observe(KINDS, service, looked_at, parallelism=parallelism, closely=saved.plan.destruction)
    plan = resume(saved, manifest.resources, live, traits=TRAITS)
    return replace(plan, target=planes.target)


def _as_planned(address: Address, scope: Document | None) -> Desired:
    """Of several of one name, that which the plan looked at."""
    return Desired(address=address, fields=scope or {}, external=scope is None)
