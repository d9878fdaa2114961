"""Who may do what on which plane, as a plan tells it: over HTTP, from what Azure says of roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken

from provisioner.cli.planning import planned
from provisioner.cli.preflight import Preflight
from provisioner.model.action import Action
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.errors import Failure, Unreadable
from provisioner.model.plan import Plan
from provisioner.planes.credentials import SignIn
from provisioner.planes.service import Planes, connect
from tests.planes.world import Foundry
from tests.preflight.worlds import ALLOW, applied, deployment, manifest

GROUP = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
ACCOUNT = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/local-foundry"
PROJECT = f"{ACCOUNT}/projects/local"
CALLER = "22222222-2222-4222-8222-222222222222"
FOUNDRY_USER = "53ca6127-db72-4b80-b1b0-d745d6d5456d"
CONTRIBUTOR = "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68"
PERMISSIONS = "*/permissions"
EMBED = deployment("embed", 1, model="text-embedding-3-large")
CHAT = deployment("chat", 1, model="gpt-5.4-mini", version="2026-03-17")
MODELS = f"deployments:\n{CHAT}{EMBED}"
STORE = "stores:\n  memory: {chat_model: chat, embedding_model: embed}\n"
TOOL = "{type: memory_search_preview, memory_store_name: memory, scope: me}"
AGENT = "agents:\n  buddy: {model: chat}\n"
CONNECTION = "connections:\n  web: {category: ApiKey, auth_type: None, target: https://a.example}\n"
CS = "Microsoft.CognitiveServices"
READS = [f"{CS}/*/read"]


@pytest.fixture(autouse=True)
def _no_faults(near: Foundry) -> Iterator[None]:
    yield
    near.admin.client.delete("/_emulator/faults").raise_for_status()


def plan_of(planes: Planes, text: str) -> Plan:
    return planned(manifest(text), planes, ALLOW, Preflight(), parallelism=10)


def take(near: Foundry, role: str, **more: Any) -> None:
    near.admin.post("roles", {"take": {"role": role, **more}})


def give(near: Foundry, role: str, **more: Any) -> None:
    near.admin.post("roles", {"give": {"role": role, **more}})


def command(role: str, scope: str, principal: str = CALLER) -> str:
    return (
        f"az role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal "
        f"--role {role} --scope {scope}"
    )


def permitted(near: Foundry, *grants: Any, **more: Any) -> None:
    """What Azure says of the caller's grants, wherever it is asked."""
    near.admin.fault("GET", PERMISSIONS, times=None, status=200, body={"value": list(grants), **more})


def unassigned(near: Foundry) -> None:
    """Nobody has been given anything."""
    near.admin.fault("GET", "*/roleAssignments", times=None, status=200, body={"value": []})


def grant(actions: Any = (), *, without: Any = (), data: Any = (f"{CS}/*",), data_without: Any = ()) -> Any:
    return {
        "actions": list(actions),
        "notActions": list(without),
        "dataActions": list(data),
        "notDataActions": list(data_without),
    }


def codes(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    return [it.code for it in diagnostics]


def unreadable(planes: Planes, text: str = AGENT + MODELS) -> list[Failure]:
    with pytest.raises(Unreadable) as caught:
        plan_of(planes, text)
    return [it.failure for it in caught.value.causes]


# -- what the caller may write


def test_a_missing_role_is_one_refusal_for_each_right_with_all_that_need_it(near: Foundry, planes: Planes) -> None:
    take(near, "Owner")
    give(near, "Reader")
    many = "".join(deployment(f"chat-{number}", 1, model="gpt-5.4-mini", version="") for number in range(16))
    text = f"rai_policies:\n  strict: {{base_policy_name: Microsoft.DefaultV2}}\ndeployments:\n{many}"

    plan = plan_of(planes, text)

    writes, policy = sorted(plan.refusals, key=lambda it: -len(it.resources))
    assert (policy.code, writes.code) == ("right-missing", "right-missing")
    assert f"{CS}/accounts/raiPolicies/write on the account" in policy.message
    assert writes.message.startswith("deployments/chat-0, deployments/chat-1, deployments/chat-10, ")
    assert "and 4 more would be refused." in writes.message
    assert writes.message.endswith("--format json names them all.")
    assert [it.name for it in writes.resources] == sorted(f"chat-{number}" for number in range(16))
    assert writes.where is not None
    assert writes.where.path == "deployments.chat-0"
    assert writes.hint.endswith(command(CONTRIBUTOR, ACCOUNT))
    assert [it.name for it in policy.resources] == ["strict"]

    give(near, "Cognitive Services Contributor", scope="account")
    assert plan_of(planes, text).refusals == ()


def test_a_role_that_is_not_yet_in_force_is_told_from_one_that_is_missing(near: Foundry, planes: Planes) -> None:
    take(near, "Owner")
    give(near, "Reader")
    give(near, "Cognitive Services Contributor", scope="account", after_s=300)

    (refusal,) = plan_of(planes, f"deployments:\n{EMBED}").refusals
    assert refusal.code == "right-not-in-force"
    assert "has been given Cognitive Services Contributor" in refusal.message

    near.admin.advance(300)
    plan = plan_of(planes, f"deployments:\n{EMBED}")
    assert plan.refusals == ()
    assert {it.value for it in applied(plan, planes, near).values()} == {"done"}


def test_connections_are_the_projects_or_the_accounts(near: Foundry, planes: Planes) -> None:
    take(near, "Owner")
    give(near, "Reader")
    give(near, "Foundry Project Manager", scope="project")
    shared = CONNECTION.replace("target", "shared: true, target")

    assert plan_of(planes, CONNECTION).refusals == ()
    (refusal,) = plan_of(planes, shared).refusals
    assert f"{CS}/accounts/connections/write on the account" in refusal.message


def test_what_goes_needs_the_right_to_delete_it(near: Foundry, planes: Planes) -> None:
    applied(plan_of(planes, f"deployments:\n{EMBED}{CHAT}"), planes, near)
    unassigned(near)
    permitted(near, grant([*READS, f"{CS}/accounts/deployments/write"]))

    plan = plan_of(planes, f"deployments:\n{EMBED}")

    assert [it.action for it in plan.changes] == [Action.DELETE]
    assert codes(plan.refusals) == ["right-missing"]
    assert f"{CS}/accounts/deployments/delete" in plan.refusals[0].message
    assert plan.refusals[0].where is None


@pytest.mark.parametrize(
    "grants",
    [
        [grant(["*"])],
        [grant([f"{CS}/*"], without=["Microsoft.Authorization/*/Write"])],
        [grant(READS), grant([f"{CS}/accounts/deployments/*"], data=[])],
        [grant(["*"], without=["*/write"]), grant(["Microsoft.CognitiveServices/accounts/*/WRITE"])],
        [grant(READS), {"actions": None}],
        [{"actions": ["*"], "notActions": None}],
        [grant(["*"]), {**grant(["*"]), "condition": "((!(ActionMatches{'x'})))", "conditionVersion": "2.0"}],
        [],
        [grant()],
        [grant(["*/read"], data=[])] * 3 + [grant(["*"], data=[])],
    ],
    ids=["owner", "cs", "two", "union", "null", "short", "condition", "none", "nothing", "same"],
)
def test_no_answer_of_whom_may_do_it_or_that_does_not_hold_together_refuses_it(
    near: Foundry, planes: Planes, grants: list[Any]
) -> None:
    permitted(near, *grants)

    assert plan_of(planes, MODELS + AGENT + STORE).refusals == ()


def test_a_role_of_ones_own_that_takes_away_what_is_needed_is_believed(near: Foundry, planes: Planes) -> None:
    unassigned(near)
    permitted(
        near,
        grant(
            ["*"],
            without=[f"{CS}/accounts/deployments/write"],
            data_without=[f"{CS}/accounts/AIServices/agents/write"],
        ),
    )

    plan = plan_of(planes, MODELS + AGENT)

    assert codes(plan.refusals) == ["right-missing"] * 2
    assert plan.refusals[0].hint.endswith(command(CONTRIBUTOR, ACCOUNT))
    assert plan.refusals[1].hint.endswith(command(FOUNDRY_USER, PROJECT))


def test_a_check_that_is_skipped_asks_for_nothing(near: Foundry, planes: Planes) -> None:
    permitted(near, grant(READS))
    near.admin.forget_requests()
    skipping = Preflight(settings=Preflight().settings.__class__(skip=frozenset({"rights", "references"})))

    assert planned(manifest(MODELS + STORE), planes, ALLOW, skipping, parallelism=10).refusals == ()
    assert [it for it in near.admin.requests("GET") if "Authorization" in it["path"]] == []


# -- what cannot be known


ODD: dict[str, Any] = {
    "forbidden": {"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "No role."}}},
    "html": {"status": 200, "body": "<html>Sign in</html>", "headers": {"content-type": "text/html"}},
    "refused in html": {"status": 403, "body": "<html>Sign in</html>", "headers": {"content-type": "text/html"}},
    "missing": {"status": 404},
    "null": {"status": 200, "body": {"value": None}},
    "no list": {"status": 200, "body": {"value": {"actions": ["*"]}}},
    "nulls": {"status": 200, "body": {"value": [{"actions": None, "dataActions": None}]}},
    "numbers": {"status": 200, "body": {"value": [{"actions": [1], "dataActions": [{}], "identity": 3}]}},
    "texts": {"status": 200, "body": {"value": [{"actions": "*", "properties": "x"}], "identity": "me"}},
    "large": {"status": 200, "body": {"value": [{"actions": ["x" * 9] * 60_000, "dataActions": []}]}},
    "long": {"status": 200, "body": {"value": [{"actions": ["*a" * 100_000], "dataActions": []}]}},
}


@pytest.mark.parametrize("do", ODD.values(), ids=ODD)
@pytest.mark.parametrize("path", [PERMISSIONS, "*/roleAssignments", "*/projects/local"])
def test_an_answer_that_cannot_be_used_refuses_nothing(
    near: Foundry, planes: Planes, path: str, do: dict[str, Any]
) -> None:
    near.admin.fault("GET", path, times=None, **do)

    plan = plan_of(planes, MODELS + STORE + AGENT)

    assert plan.refusals == ()
    told = {it.code for it in (*plan.notes, *plan.warnings)}
    assert told & {"not-read", "rights-unknown", "project-right-missing"}


# -- the project's own identity


@pytest.mark.parametrize(
    "text", [STORE, AGENT.replace("{model: chat}", f"{{model: chat, tools: [{TOOL}]}}") + STORE], ids=["store", "agent"]
)
def test_memory_without_the_projects_role_warns_with_the_command(near: Foundry, planes: Planes, text: str) -> None:
    take(near, "Foundry User", principal="project")
    principal = planes.management.get(planes.management.project)["identity"]["principalId"]  # type: ignore[index,union-attr]

    plan = plan_of(planes, MODELS + text)

    assert plan.refusals == ()
    (warning,) = plan.warnings
    assert warning.code == "project-right-missing"
    assert warning.where is not None
    assert warning.where.path == "stores.memory"
    assert warning.hint.endswith(command(FOUNDRY_USER, ACCOUNT, principal))

    give(near, "Foundry User", principal="project", scope="group")
    assert plan_of(planes, MODELS + text).warnings == ()


def test_an_agent_without_memory_needs_no_identity(near: Foundry, planes: Planes) -> None:
    take(near, "Foundry User", principal="project")

    assert plan_of(planes, MODELS + AGENT).warnings == ()


@pytest.mark.parametrize("identity", [None, {"type": "None"}])
def test_a_project_without_an_identity_is_told(near: Foundry, planes: Planes, identity: Any) -> None:
    body = {"name": "local-foundry/local", "location": "eastus2", "identity": identity}
    near.admin.fault("GET", "*/projects/local", times=None, status=200, body=body)

    (warning,) = plan_of(planes, MODELS + STORE).warnings

    assert warning.code == "project-right-missing"
    assert f"az resource update --ids {PROJECT} --set identity.type=SystemAssigned" in warning.hint


def test_an_identity_that_somebody_assigned_to_the_project_counts(near: Foundry, planes: Planes) -> None:
    mine = "aaaaaaaa-0000-4000-8000-000000000001"
    identity = {"type": "UserAssigned", "userAssignedIdentities": {"/x": {"principalId": mine}, "/y": None}}
    body = {"name": "local-foundry/local", "location": "eastus2", "identity": identity}
    near.admin.fault("GET", "*/projects/local", times=None, status=200, body=body)
    take(near, "Foundry User", principal="project")
    assert codes(plan_of(planes, MODELS + STORE).warnings) == ["project-right-missing"]

    give(near, "Cognitive Services User", principal=mine, scope="account")
    assert plan_of(planes, MODELS + STORE).warnings == ()


def test_a_role_of_the_projects_identity_that_nobody_knows_here_is_a_note(near: Foundry, planes: Planes) -> None:
    mine = {"roleDefinitionId": f"/x/{CALLER}", "scope": ACCOUNT}
    near.admin.fault("GET", "*/roleAssignments", times=None, status=200, body={"value": [{"properties": mine}]})

    plan = plan_of(planes, MODELS + STORE)

    assert (plan.warnings, codes(plan.notes)) == ((), ["rights-unknown"])


# -- where the lists may not be read


def test_a_data_role_that_is_missing_is_asked_for_with_the_command(near: Foundry, planes: Planes) -> None:
    take(near, "Foundry User")

    (failure,) = {it.code: it for it in unreadable(planes)}.values()

    assert failure.code == "PermissionDenied"
    assert failure.advice.endswith(command(FOUNDRY_USER, PROJECT))


@pytest.mark.parametrize("status", ["401", "403"])
def test_a_data_role_that_is_not_yet_in_force_is_waited_for(near: Foundry, planes: Planes, status: str) -> None:
    near.admin.switch(missing_data_role=status)
    take(near, "Foundry User")
    give(near, "Foundry User", scope="project", after_s=300)

    assert all("it is not yet in force" in it.advice for it in unreadable(planes))
    near.admin.advance(300)
    assert plan_of(planes, MODELS + AGENT).refusals == ()


def test_a_management_role_that_is_missing_is_asked_for_with_the_command(near: Foundry, planes: Planes) -> None:
    take(near, "Owner")
    take(near, "Foundry User")
    give(near, "Foundry Agent Consumer")

    told = {it.code: it.advice for it in unreadable(planes)}

    assert told["AuthorizationFailed"].endswith(command(CONTRIBUTOR, ACCOUNT))


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"publicNetworkAccess": "Disabled"}, f"az resource update --ids {ACCOUNT} --set "),
        (
            {"networkAcls": {"defaultAction": "Deny"}},
            f"network-rule add --subscription {GROUP.split('/')[2]} --resource-group rg-local --name local-foundry ",
        ),
    ],
)
def test_a_closed_network_is_told_from_a_missing_role(
    near: Foundry, planes: Planes, properties: dict[str, Any], says: str
) -> None:
    assert planes.management is not None
    planes.management.patch(planes.management.account, {"properties": properties})

    told = unreadable(planes)

    assert {it.status for it in told} == {403}
    assert all("lets nobody in from here" in it.advice and says in it.advice for it in told)
    assert not any("Foundry User" in it.advice for it in told)
    assert near.admin.requests("GET", "roleAssignments") == []


class OfOnePlane:
    """Gives tokens of one audience, whatever is asked for."""

    def __init__(self, near: Foundry, audience: str) -> None:
        self._near = near
        self._audience = audience

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        env = self._near.emulator.env
        answer = httpx.get(
            env["IDENTITY_ENDPOINT"],
            params={"api-version": "2019-08-01", "resource": self._audience},
            headers={"X-IDENTITY-HEADER": env["IDENTITY_HEADER"]},
            trust_env=False,
        ).json()
        return AccessToken(answer["access_token"], int(answer["expires_on"]))


@pytest.mark.parametrize(
    ("audience", "says"),
    [
        ("https://management.azure.com", "The token is not for https://ai.azure.com, but for https://management."),
        ("https://ai.azure.com", "The token is not for Azure Resource Manager, but for https://ai.azure.com."),
    ],
)
def test_tokens_for_another_audience_are_told_as_such(near: Foundry, audience: str, says: str) -> None:
    with connect(near.where, SignIn(lambda: OfOnePlane(near, audience)), clock=near.clock) as planes:
        told = unreadable(planes)

    assert {it.status for it in told} == {401}
    assert all(says in it.advice and it.advice.endswith("&& az login") for it in told)


def test_a_proxy_that_refuses_in_html_is_told_as_such(near: Foundry, planes: Planes) -> None:
    html: dict[str, Any] = {"status": 403, "body": "<html>Sign in</html>", "headers": {"content-type": "text/html"}}
    near.admin.fault("GET", "*/agents", times=None, **html)
    near.admin.fault("GET", "*/deployments", times=None, **html)

    assert all("a proxy or a sign-in page may answer" in it.advice for it in unreadable(planes))
