"""Each refusal that the local Foundry has for what a manifest can say is predicted, or it is said why it cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import provisioner.emulator
from provisioner.apply.execute import execute
from provisioner.cli.planning import planned
from provisioner.cli.preflight import Preflight
from provisioner.kinds import KINDS
from provisioner.planes.advice import ADVICE
from provisioner.planes.service import Planes
from provisioner.preflight.checks import CHECKS
from provisioner.preflight.settings import IDS
from tests.planes.world import Foundry
from tests.preflight.worlds import ALLOW, manifest

ROOMS = Path(provisioner.emulator.__file__).parent
FILES = {
    "control": "deployment_rules deployments usages rai_policies rai_blocklists rai_blocklist_items connections",
    "project": "agent_rules agents versions stores regions network",
    "project/memory": "models requests",
    "wire": "auth",
}
MANIFEST = "checked with the manifest"
PREDICTED = {
    "403": "told with its remedy where the lists are read, see `diagnosis`: an account's network",
    "AuthenticationFailed": "told with its remedy where the lists are read, see `diagnosis`: nobody is signed in",
    "AuthorizationFailed": "rights",
    "CannotChangeDeploymentModel": "never asked for: another model replaces the deployment, see `replace`",
    "DeploymentModelNotSupported": "catalogue",
    "InsufficientQuota": "quota",
    "InvalidCapacity": "catalogue",
    "InvalidModelProviderData": "catalogue",
    "InvalidRequestContent": MANIFEST,
    "InvalidResourceProperties": "catalogue",  # a sku; the rest is checked with the manifest
    "InvalidResourceType": "never asked for: our api-version is a later one",
    "InvalidTags": MANIFEST,
    "RaiPolicyInUse": "references",  # a warning: what the service does is not known
    "RaiPolicyNotAllowed": MANIFEST,
    "Resource has invalid content filter": MANIFEST,
    "ServiceModelDeprecated": "lifecycle",
    "ServiceModelDeprecating": "lifecycle",  # a warning: what a subscription has deployed before is not told
    "UserError": "references limits",  # a region without memory; versions of an agent, of which nobody tells how many
    "ValidationError": MANIFEST,
    "spilloverDeploymentNameInvalidSku": MANIFEST,
    "InvalidAuthenticationTokenAudience": "told with its remedy where the lists are read, see `diagnosis`",
    "PermissionDenied": "rights",
    "ResourceError": "rights",  # a warning, of the project's identity; that a store's models are there, the manifest
    "Unauthorized": "told with its remedy where the lists are read, see `diagnosis`: what is wrong with the token",
    "content_size_exceeded": "never asked for: memories are not provisioned",
    "PreconditionFailed": "cannot be known: somebody makes it between plan and apply, see `recheck`",
    "UnsupportedMediaType": "never asked for: we say what we send",
    "NotEmulated": "never asked for: agents are not imported",
    "conflict": "cannot be known: somebody makes it between plan and apply, see `recheck`",
    "invalid_parameters": MANIFEST,
    "tool_limit_exceeded": MANIFEST,
}


# What is refused before or after an apply, or to nobody who provisions, though the contract lists it (sections 2.6, 3.7
# and 4.10).
ELSEWHERE = {
    "CannotDeleteResource": "of an account; accounts are not provisioned",
    "FlagMustBeSetForRestore": "of an account; accounts are not provisioned",
    "SpecialFeatureOrQuotaIdRequired": "of an account; accounts are not provisioned",
    "RequestConflict": "waited out, see `planes.management`: who else is writing cannot be known",
    "DeploymentNotFound": "at run time, within minutes of a deployment",
    "715-123420": "opaque: what a subscription is entitled to is told nowhere",
    "not_found": "what is named is looked up before, see `references`; what goes meanwhile cannot be known",
    "server_error": "a fault of the service, tried again",
}


def codes() -> set[str]:
    files = [ROOMS / room / f"{name}.py" for room, names in FILES.items() for name in names.split()]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return {
        *re.findall(r'Refusal\(\s*(?:4\d\d|status),\s*"([^"]+)"', text),
        *re.findall(r'code="([^"]+)"', text),
        "NotEmulated",
    }


def test_every_refusal_is_predicted_or_it_is_said_why_it_cannot_be() -> None:
    assert codes() - PREDICTED.keys() == set()
    assert PREDICTED.keys() - codes() == set()


def test_what_the_contract_lists_beside_those_has_advice_for_whoever_meets_it() -> None:
    assert ELSEWHERE.keys() - ADVICE.keys() == set()
    assert ELSEWHERE.keys() & PREDICTED.keys() == set()


@dataclass(frozen=True, kw_only=True)
class Case:
    """What Azure refuses with `code` is told before as `told`, once `prepare` has happened."""

    code: str
    told: str
    text: str
    prepare: Callable[[Foundry], None] = lambda _: None


def _deployment(model: str = "gpt-5-mini", sku: str = "GlobalStandard", capacity: int = 1) -> str:
    said = f"model: {{format: OpenAI, name: {model}}}"
    return f"deployments:\n  it: {{{said}, sku: {{name: {sku}, capacity: {capacity}}}}}\n"


def _no_quota(near: Foundry) -> None:
    near.admin.post("quota", {"usage": "OpenAI.GlobalStandard.gpt-5-mini", "limit": 0})


def _no_owner(near: Foundry) -> None:
    near.admin.post("roles", {"take": {"role": "Owner"}})
    near.admin.post("roles", {"give": {"role": "Reader"}})


def _readers_of_agents(near: Foundry) -> None:
    """A role of somebody's own, which the local Foundry cannot hold: it answers as if it held it."""
    data = ["Microsoft.CognitiveServices/accounts/AIServices/*/read"]
    grant = {"actions": ["*/read"], "notActions": [], "dataActions": data, "notDataActions": []}
    near.admin.fault("GET", "*/permissions", times=None, status=200, body={"value": [grant]})
    near.admin.fault("GET", "*/roleAssignments", times=None, status=200, body={"value": []})
    denied = {"error": {"code": "PermissionDenied", "message": "The principal lacks the required data action."}}
    near.admin.fault("POST", "*/agents/*", times=None, status=401, body=denied)


CLAUDE = (
    "deployments:\n  it: {model: {format: Anthropic, name: claude-opus-5}, sku: {name: GlobalStandard, capacity: 1}, "
    "model_provider_data: {industry: technology, country_code: DE}}\n"
)
POLICY = "rai_policies:\n  strict: {base_policy_name: Microsoft.DefaultV2}\n"
CASES = [
    Case(code="InsufficientQuota", told="insufficient-quota", text=_deployment(), prepare=_no_quota),
    Case(code="DeploymentModelNotSupported", told="model-not-offered", text=_deployment("gpt-none")),
    Case(
        code="DeploymentModelNotSupported",
        told="version-not-offered",
        text=_deployment('gpt-5-mini, version: "2001-01-01"'),
    ),
    Case(code="InvalidResourceProperties", told="sku-not-offered", text=_deployment(sku="Standard")),
    Case(
        code="InvalidCapacity",
        told="capacity-not-offered",
        text=_deployment(sku="GlobalProvisionedManaged", capacity=12),
    ),
    Case(code="InvalidModelProviderData", told="model-provider-data", text=CLAUDE),
    Case(code="ServiceModelDeprecated", told="model-retired", text=_deployment("o4-mini")),
    Case(code="AuthorizationFailed", told="right-missing", text=_deployment(), prepare=_no_owner),
    Case(code="AuthorizationFailed", told="right-missing", text=POLICY, prepare=_no_owner),
    Case(
        code="AuthorizationFailed",
        told="right-missing",
        text="connections:\n  site: {category: ApiKey, auth_type: None, target: 'https://a.example'}\n",
        prepare=_no_owner,
    ),
    Case(
        code="PermissionDenied",
        told="right-missing",
        text="agents:\n  it: {model: gateway/gpt}\n",
        prepare=_readers_of_agents,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{it.code}-{it.told}" for it in CASES])
def test_what_the_service_refuses_is_what_the_plan_refused(near: Foundry, planes: Planes, case: Case) -> None:
    case.prepare(near)
    try:
        plan = planned(manifest(case.text), planes, ALLOW, Preflight(), parallelism=10)
        assert [it.code for it in plan.refusals] == [case.told]
        assert plan.refusals[0].where is not None
        finished = execute(
            replace(plan, refusals=()), KINDS, planes, emit=lambda _: None, now=near.clock.now, parallelism=1
        )
    finally:
        near.admin.client.delete("/_emulator/faults").raise_for_status()

    assert [it.failure.code for it in finished.outcomes if it.failure is not None] == [case.code]


def test_each_refusal_that_a_check_is_sure_of_has_its_case() -> None:
    warned = {"RaiPolicyInUse", "ServiceModelDeprecating", "ResourceError", "UserError"}
    sure = {code for code, says in PREDICTED.items() if set(says.split()) & set(IDS)} - warned

    assert sure == {it.code for it in CASES}


def test_every_check_has_its_line_in_the_table_and_the_help() -> None:
    assert list(CHECKS) == list(IDS)
    named = {name for says in PREDICTED.values() for name in says.split() if name in IDS}
    assert named == set(IDS) - {"replace"}  # which is all of them for a replacement
