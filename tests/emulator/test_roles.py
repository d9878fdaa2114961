"""Who may do what on which plane: role assignments, when they count, and what the caller is told of them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from provisioner.emulator import Emulator

SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-local"
ACCOUNT = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/local-foundry"
PROJECT = f"{ACCOUNT}/projects/local"
ROLES = "providers/Microsoft.Authorization"
CALLER = "22222222-2222-4222-8222-222222222222"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
FOUNDRY_USER = "53ca6127-db72-4b80-b1b0-d745d6d5456d"
PROJECT_MANAGER = "eadc314b-1a2d-4efa-be10-5d325db5065e"
ACCOUNT_OWNER = "e47c6f54-e4a2-4754-9501-8e0985b135e1"
FOUNDRY_OWNER = "c883944f-8b7b-4483-af10-35834be79c4a"
AGENT_CONSUMER = "eed3b665-ab3a-47b6-8f48-c9382fb1dad6"
CS_CONTRIBUTOR = "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68"
OPENAI_CONTRIBUTOR = "a001fd3d-188f-4b5d-821b-7da978bf7442"
SOMEBODY = "aaaaaaaa-0000-4000-8000-000000000001"


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def wish(role: str, principal: str, **more: Any) -> dict[str, Any]:
    definition = f"{SUBSCRIPTION}/{ROLES}/roleDefinitions/{role}"
    return {"properties": {"roleDefinitionId": definition, "principalId": principal, **more}}


def assign(arm: Any, scope: str, role: str, principal: str, *, name: str | None = None, **more: Any) -> Any:
    return arm(
        "PUT", f"{scope}/{ROLES}/roleAssignments/{name or uuid.uuid4()}", wish(role, principal, **more),
        **{"api-version": "2022-04-01"},
    )  # fmt: skip


def listed(arm: Any, scope: str, filter_: str | None = None) -> list[tuple[str, str]]:
    query = {"$filter": filter_} if filter_ else {}
    value = arm("GET", f"{scope}/{ROLES}/roleAssignments", **query).json()["value"]
    return [(it["properties"]["roleDefinitionId"][-36:], it["properties"]["principalId"]) for it in value]


def another(emulator: Emulator, caller: Any, audience: str) -> tuple[Any, str]:
    """A caller that is somebody else, and who that is."""
    client_id = str(uuid.uuid4())
    answer = httpx.get(
        emulator.env["IDENTITY_ENDPOINT"],
        params={"api-version": "2019-08-01", "resource": audience, "client_id": client_id},
        headers={"X-IDENTITY-HEADER": emulator.env["IDENTITY_HEADER"]},
        trust_env=False,
    ).json()
    return replace(caller, token=answer["access_token"]), str(uuid.uuid5(uuid.NAMESPACE_URL, f"client:{client_id}"))


@pytest.fixture
def stranger(emulator: Emulator, arm: Any, admin: Any) -> tuple[Any, str]:
    """On the management plane, where roles count."""
    admin.switch(roles="assigned")
    return another(emulator, arm, "https://management.azure.com")


@pytest.fixture
def guest(emulator: Emulator, project: Any, admin: Any) -> tuple[Any, str]:
    """On the project plane, where roles count."""
    admin.switch(roles="assigned")
    return another(emulator, project, "https://ai.azure.com")


@pytest.mark.rule(51)
def test_on_the_first_day_everybody_may_do_everything(emulator: Emulator, arm: Any, project: Any) -> None:
    manager, _ = another(emulator, arm, "https://management.azure.com")
    user, _ = another(emulator, project, "https://ai.azure.com")

    assert [manager("GET", ACCOUNT).status_code, user("GET", "/memory_stores").status_code] == [200, 200]


@pytest.mark.rule(51)
def test_when_roles_count_the_signed_in_identity_goes_on(arm: Any, project: Any, admin: Any, documents: Any) -> None:
    admin.switch(roles="assigned")

    assert arm("PUT", f"{ACCOUNT}/deployments/a", documents.deployment()).status_code == 201
    assert project("POST", "/memory_stores", documents.store()).status_code == 200


@pytest.mark.rule(51)
def test_who_has_no_role_is_refused_on_each_plane_in_its_words(stranger: Any, guest: Any, admin: Any) -> None:
    (manager, oid), (user, _) = stranger, guest

    refused = manager("PUT", f"{ACCOUNT}/deployments/a", {})
    assert error(refused) == (403, "AuthorizationFailed")
    assert (
        f"'{oid}' does not have authorization to perform action 'Microsoft.CognitiveServices/accounts/deployments/write"
    ) in refused.json()["error"]["message"]
    assert f"over scope '{ACCOUNT}/deployments/a'" in refused.json()["error"]["message"]
    assert error(user("GET", "/agents")) == (401, "PermissionDenied")
    admin.switch(missing_data_role="403")
    assert error(user("GET", "/agents")) == (403, "PermissionDenied")


MAY = [  # role, then: deployments, projects, assignments of Foundry User, of Owner; agents, an agent's endpoint
    pytest.param(OWNER, "yyyy--", id="Owner"),
    pytest.param(CONTRIBUTOR, "yy----", id="Contributor"),
    pytest.param(READER, "------", id="Reader"),
    pytest.param(FOUNDRY_USER, "----yy", id="Foundry User"),
    pytest.param(PROJECT_MANAGER, "-yy-yy", id="Foundry Project Manager"),
    pytest.param(ACCOUNT_OWNER, "yyy---", id="Foundry Account Owner"),
    pytest.param(FOUNDRY_OWNER, "yy--yy", id="Foundry Owner"),
    pytest.param(AGENT_CONSUMER, "-----y", id="Foundry Agent Consumer"),
    pytest.param(CS_CONTRIBUTOR, "yy----", id="Cognitive Services Contributor"),
    pytest.param(OPENAI_CONTRIBUTOR, "y-----", id="Cognitive Services OpenAI Contributor"),
]


@pytest.mark.rule(51)
@pytest.mark.parametrize(("role", "allowed"), MAY)
def test_each_role_does_what_it_may(  # noqa: PLR0917
    arm: Any, stranger: Any, guest: Any, documents: Any, role: str, allowed: str
) -> None:
    (manager, oid), (user, data_oid) = stranger, guest
    for principal in (oid, data_oid):
        assert assign(arm, ACCOUNT, role, principal).status_code == 201

    answers = [
        manager("PUT", f"{ACCOUNT}/deployments/a", documents.deployment()),
        manager("PUT", f"{ACCOUNT}/projects/two", {"location": "eastus2"}),
        assign(manager, PROJECT, FOUNDRY_USER, SOMEBODY),
        assign(manager, PROJECT, OWNER, SOMEBODY),
        user("GET", "/agents"),
        user("POST", "/agents/none/endpoint/protocols/openai/responses", {"input": "Hi"}),
    ]

    assert "".join("-" if it.status_code in {401, 403} else "y" for it in answers) == allowed


@pytest.mark.rule(51)
@pytest.mark.parametrize("scope", [SUBSCRIPTION, GROUP, ACCOUNT, PROJECT])
def test_a_role_counts_where_it_was_given_and_below(arm: Any, stranger: Any, scope: str) -> None:
    manager, oid = stranger

    assert assign(arm, scope, READER, oid).status_code == 201

    can = [manager("GET", path).status_code == 200 for path in (SUBSCRIPTION + "/providers/Microsoft.CognitiveServices/locations/eastus2/usages", GROUP, ACCOUNT, PROJECT)]  # fmt: skip  # noqa: E501
    assert can == [at >= (SUBSCRIPTION, GROUP, ACCOUNT, PROJECT).index(scope) for at in range(4)]


@pytest.mark.rule(51)
def test_lists_hold_what_the_caller_may_read(arm: Any, stranger: Any) -> None:
    manager, oid = stranger
    arm("PUT", f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/second", {"location": "westus"})
    accounts = f"{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/accounts"
    assert manager("GET", accounts).json()["value"] == []

    assign(arm, ACCOUNT, FOUNDRY_USER, oid)

    assert [it["name"] for it in manager("GET", accounts).json()["value"]] == ["local-foundry"]
    assert [it["name"] for it in manager("GET", f"{SUBSCRIPTION}/resourceGroups").json()["value"]] == []


@pytest.mark.rule(51)
def test_a_role_on_one_agent_is_about_no_other(arm: Any, guest: Any, documents: Any, project: Any) -> None:
    user, oid = guest
    for name in ("mine", "other"):
        project("POST", f"/agents/{name}/versions", documents.version())

    assert assign(arm, f"{PROJECT}/agents/mine", FOUNDRY_USER, oid).status_code == 201

    assert [user("GET", f"/agents/{name}").status_code for name in ("mine", "other")] == [200, 401]


@pytest.mark.rule(52)
def test_an_assignment_is_listed_at_once_and_counts_after_a_while(arm: Any, admin: Any, stranger: Any) -> None:
    manager, oid = stranger
    admin.switch(role_seconds=300)
    assign(arm, ACCOUNT, READER, oid)

    before = manager("GET", ACCOUNT).status_code, manager("GET", f"{ACCOUNT}/{ROLES}/permissions").json()["value"]
    seen = listed(arm, ACCOUNT, f"principalId eq '{oid}'")
    admin.advance(300)

    assert (before, seen) == ((403, []), [(READER, oid)])
    assert manager("GET", ACCOUNT).status_code == 200


@pytest.mark.rule(52)
def test_an_assignment_can_be_read_put_again_and_deleted(arm: Any, stranger: Any) -> None:
    manager, oid = stranger
    name = str(uuid.uuid4())
    path = f"{ACCOUNT}/{ROLES}/roleAssignments/{name}"
    made = assign(arm, ACCOUNT, READER, oid, name=name, description="For tests")

    assert made.status_code == 201
    assert made.json()["id"] == path
    assert (
        made.json()["properties"].items()
        >= {
            "roleDefinitionId": f"{SUBSCRIPTION}/{ROLES}/roleDefinitions/{READER}",
            "principalId": oid,
            "principalType": "User",
            "scope": ACCOUNT,
            "description": "For tests",
            "createdBy": CALLER,
        }.items()
    )
    assert arm("GET", path).json() == made.json()
    assert assign(arm, ACCOUNT, READER, oid, name=name).status_code == 200
    assert arm("DELETE", path).status_code == 200
    assert arm("DELETE", path).status_code == 204
    assert error(arm("GET", path)) == (404, "RoleAssignmentNotFound")
    assert manager("GET", ACCOUNT).status_code == 403


@pytest.mark.rule(52)
def test_a_second_assignment_of_the_kind_and_a_changed_one_are_refused(arm: Any) -> None:
    name = str(uuid.uuid4())
    assign(arm, ACCOUNT, READER, SOMEBODY, name=name)

    assert error(assign(arm, ACCOUNT, READER, SOMEBODY)) == (409, "RoleAssignmentExists")
    assert error(assign(arm, ACCOUNT, CONTRIBUTOR, SOMEBODY, name=name)) == (400, "RoleAssignmentUpdateNotPermitted")
    assert error(assign(arm, PROJECT, READER, SOMEBODY, name=name)) == (400, "RoleAssignmentUpdateNotPermitted")


@pytest.mark.rule(52)
@pytest.mark.parametrize(
    ("scope", "name", "role", "principal", "more", "refused"),
    [
        (ACCOUNT, "one", READER, SOMEBODY, {}, (400, "InvalidRoleAssignmentId")),
        (ACCOUNT, None, "x", SOMEBODY, {}, (400, "InvalidRoleDefinitionId")),
        (ACCOUNT, None, SOMEBODY, SOMEBODY, {}, (404, "RoleDefinitionDoesNotExist")),
        (ACCOUNT, None, READER, "me", {}, (400, "BadRequestFormat")),
        (ACCOUNT, None, READER, CALLER, {"principalType": "User"}, (400, "UnmatchedPrincipalType")),
        (f"{ACCOUNT}x", None, READER, SOMEBODY, {}, (404, "ResourceNotFound")),
        (f"{GROUP}x", None, READER, SOMEBODY, {}, (404, "ResourceGroupNotFound")),
        (f"{SUBSCRIPTION[:-1]}2", None, READER, SOMEBODY, {}, (404, "SubscriptionNotFound")),
    ],
)
def test_a_wrong_assignment_is_refused(  # noqa: PLR0917
    arm: Any, scope: str, name: Any, role: str, principal: str, more: Any, refused: tuple[int, str]
) -> None:
    assert error(assign(arm, scope, role, principal, name=name, **more)) == refused


@pytest.mark.rule(52)
@pytest.mark.parametrize("body", [{}, {"properties": 5}, {"properties": {"principalId": SOMEBODY}}])
def test_an_assignment_of_a_wrong_shape_is_refused(arm: Any, body: Any) -> None:
    answer = arm("PUT", f"{ACCOUNT}/{ROLES}/roleAssignments/{uuid.uuid4()}", body)

    assert error(answer) == (400, "BadRequestFormat")


@pytest.mark.rule(52)
def test_assignments_are_listed_at_above_and_below_a_scope(arm: Any, admin: Any) -> None:
    admin.switch(roles="assigned")
    for scope in (SUBSCRIPTION, ACCOUNT, PROJECT):
        assign(arm, scope, READER, SOMEBODY)

    def count(scope: str, filter_: str | None = None) -> int:
        return [principal for _, principal in listed(arm, scope, filter_)].count(SOMEBODY)

    assert [count(scope) for scope in (SUBSCRIPTION, ACCOUNT, PROJECT)] == [3, 3, 3]
    assert [count(scope, "atScope()") for scope in (SUBSCRIPTION, ACCOUNT, PROJECT)] == [1, 2, 3]
    assert listed(arm, ACCOUNT, f"atScope() and principalId eq '{SOMEBODY}'") == [(READER, SOMEBODY)] * 2
    assert listed(arm, ACCOUNT, f"assignedTo('{SOMEBODY.upper()}')") == [(READER, SOMEBODY)] * 3
    assert error(arm("GET", f"{ACCOUNT}/{ROLES}/roleAssignments", **{"$filter": "x eq 5"})) == (400, "InvalidFilter")


@pytest.mark.rule(52)
def test_a_group_shows_in_what_is_assigned_to_its_members_and_not_as_theirs(arm: Any, admin: Any) -> None:
    assert {role for role, _ in listed(arm, PROJECT, f"assignedTo('{SOMEBODY}')")} == {OWNER, FOUNDRY_USER}
    assert listed(arm, PROJECT, f"principalId eq '{SOMEBODY}'") == []

    admin.switch(roles="assigned")

    assert listed(arm, PROJECT, f"assignedTo('{SOMEBODY}')") == []


@pytest.mark.rule(52)
def test_the_projects_identity_is_foundry_user_of_the_account_from_the_first_day(arm: Any) -> None:
    principal = arm("GET", PROJECT).json()["identity"]["principalId"]

    assert listed(arm, ACCOUNT, f"atScope() and principalId eq '{principal}'") == [(FOUNDRY_USER, principal)]


@pytest.mark.rule(53)
def test_role_definitions_are_read_by_name_and_by_id(arm: Any) -> None:
    found = arm("GET", f"{ACCOUNT}/{ROLES}/roleDefinitions", **{"$filter": "roleName eq 'Foundry User'"}).json()

    (entry,) = found["value"]
    assert entry["name"] == FOUNDRY_USER
    assert entry["properties"]["permissions"][0]["dataActions"] == ["Microsoft.CognitiveServices/*"]
    for path in (f"/{ROLES}", f"{SUBSCRIPTION}/{ROLES}"):
        assert arm("GET", f"{path}/roleDefinitions/{FOUNDRY_USER}").json() == entry
    assert len(arm("GET", f"/{ROLES}/roleDefinitions").json()["value"]) > 10
    assert error(arm("GET", f"/{ROLES}/roleDefinitions/{SOMEBODY}")) == (404, "RoleDefinitionDoesNotExist")


@pytest.mark.rule(53)
def test_the_caller_reads_one_entry_of_permissions_for_each_grant(arm: Any, stranger: Any) -> None:
    manager, oid = stranger
    path = f"{ACCOUNT}/{ROLES}/permissions"
    assert manager("GET", path).json() == {"value": []}

    assign(arm, GROUP, CONTRIBUTOR, oid)
    assign(arm, ACCOUNT, ACCOUNT_OWNER, oid)

    contributor, owner, conditional = manager("GET", path).json()["value"]
    assert (contributor["actions"], contributor["dataActions"]) == (["*"], [])
    assert "Microsoft.Authorization/*/Write" in contributor["notActions"]
    assert "Microsoft.CognitiveServices/*" in owner["actions"]
    assert FOUNDRY_USER.replace("-", "") in conditional["condition"]
    assert [it["actions"] for it in manager("GET", f"{GROUP}/{ROLES}/permissions").json()["value"]] == [["*"]]


@pytest.mark.rule(53)
def test_the_switches_of_the_planes_show_in_permissions(arm: Any, admin: Any) -> None:
    path = f"{ACCOUNT}/{ROLES}/permissions"

    def held() -> tuple[bool, bool]:
        value = arm("GET", path).json()["value"]
        return any(it["actions"] for it in value), any(it["dataActions"] for it in value)

    assert held() == (True, True)
    admin.switch(data_role="denied-401")
    assert held() == (True, False)
    admin.switch(management_role="denied")
    assert held() == (False, False)


@pytest.mark.rule(54)
def test_memory_of_a_project_without_its_role_fails_late(arm: Any, project: Any, admin: Any, documents: Any) -> None:
    admin.post("roles", {"take": {"principal": "project"}}).raise_for_status()
    for model, version in (("gpt-4.1-mini", "2025-04-14"), ("text-embedding-3-large", "1")):
        arm("PUT", f"{ACCOUNT}/deployments/{model}", documents.deployment(model, version))
    assert project("POST", "/memory_stores", documents.store()).status_code == 200

    def outcome() -> tuple[str, str]:
        body = {
            "scope": "u",
            "update_delay": 0,
            "items": [{"type": "message", "role": "user", "content": "I like tea"}],
        }
        update = project("POST", "/memory_stores/memory:update_memories", body)
        assert update.status_code == 202
        admin.advance(1)
        read = project("GET", f"/memory_stores/memory/updates/{update.json()['update_id']}").json()
        return read["status"], (read.get("error") or {}).get("message", "")

    principal = arm("GET", PROJECT).json()["identity"]["principalId"]
    failed = ("failed", "Provided Azure resource encountered an error: Authentication failed.")
    assert outcome() == failed
    assign(arm, PROJECT, FOUNDRY_USER, principal)
    assert outcome() == failed
    assign(arm, ACCOUNT, FOUNDRY_USER, principal, principalType="ServicePrincipal")
    assert outcome()[0] == "completed"


@pytest.mark.rule(51)
def test_roles_are_taken_and_given_by_words(arm: Any, project: Any, admin: Any) -> None:
    admin.post("roles", {"take": {"role": "Azure AI User"}}).raise_for_status()
    assert (project("GET", "/agents").status_code, arm("GET", ACCOUNT).status_code) == (401, 200)

    admin.post("roles", {"give": {"role": FOUNDRY_USER, "scope": "project", "after_s": 60}}).raise_for_status()
    assert project("GET", "/agents").status_code == 401
    admin.advance(60)
    assert project("GET", "/agents").status_code == 200

    admin.post("roles", {"take": {"role": "Owner", "scope": "subscription"}}).raise_for_status()
    assert [arm("GET", path).status_code for path in (PROJECT, ACCOUNT)] == [200, 403]
    admin.post("roles", {"take": {"principal": "caller"}}).raise_for_status()
    assert (project("GET", "/agents").status_code, arm("GET", PROJECT).status_code) == (401, 403)


def test_the_handle_tells_who_has_which_role_where(admin: Any) -> None:
    admin.switch(roles="assigned")

    told = [(it["who"], it["role"], it["scope"], it["in_force"]) for it in admin.get("roles")["roles"]]

    assert told == [
        ("caller", "Owner", SUBSCRIPTION, True),
        ("caller", "Foundry User", SUBSCRIPTION, True),
        ("project local", "Foundry User", ACCOUNT.lower(), True),
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Send"),
        ({"give": 5}, "is a map of"),
        ({"give": {"role": "King"}}, "There is no role 'King'; there are: Owner"),
        ({"give": {"role": "Owner", "principal": "me"}}, "A principal is one of caller"),
        ({"give": {"role": "Owner", "scope": "here"}}, "A scope is one of subscription"),
        ({"give": {"role": "Owner", "after_s": -1}}, "is a number of seconds"),
        ({"take": {"principal": "project", "project": "none"}}, "There is no project 'none'"),
    ],
)
def test_a_wrong_wish_for_a_role_is_told(admin: Any, body: Any, said: str) -> None:
    answer = admin.post("roles", body)

    assert answer.status_code in {400, 404}
    assert said in answer.json()["error"]["message"]


def test_roles_are_part_of_a_state_and_of_the_first_day(arm: Any, admin: Any) -> None:
    assign(arm, ACCOUNT, READER, SOMEBODY)
    state, roles = admin.get("state"), admin.get("roles")

    admin.post("reset").raise_for_status()
    assert len(admin.get("roles")["roles"]) == len(roles["roles"]) - 1
    admin.post("state", state).raise_for_status()
    assert admin.get("roles") == roles


def test_a_state_that_names_an_unknown_role_gives_nothing(arm: Any, admin: Any) -> None:
    admin.switch(roles="assigned")
    state = admin.get("state")
    table = state["tables"]["role_assignments"]
    column = table["columns"].index("role")
    for row in table["rows"]:
        row[column] = SOMEBODY
    admin.post("state", state).raise_for_status()

    assert error(arm("GET", ACCOUNT)) == (403, "AuthorizationFailed")
    assert admin.get("roles")["roles"][0]["role"] == SOMEBODY


def test_a_state_from_before_there_were_roles_gets_those_of_the_first_day(arm: Any, admin: Any) -> None:
    state = admin.get("state")
    del state["tables"]["role_assignments"]
    settings = state["tables"]["settings"]
    settings["rows"] = [row for row in settings["rows"] if "roles_begun" not in row]
    admin.post("state", state).raise_for_status()

    admin.switch(roles="assigned")

    assert arm("GET", ACCOUNT).status_code == 200
