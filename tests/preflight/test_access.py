"""What grants allow, and why somebody is not let in: pure."""

from __future__ import annotations

import re
import shlex
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.emulator.world.facts import roles
from provisioner.kinds.rights import OF_ACCOUNT, Right, Where, on_data
from provisioner.model.caller import Caller
from provisioner.model.errors import Failure
from provisioner.preflight.access import ROLES, Assignment, Grant, Role, allowed, gives
from provisioner.preflight.diagnosis import Diagnosis, Door, Trouble, of_failure, of_right

SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"
ACCOUNT = f"{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"
PROJECT = f"{ACCOUNT}/projects/p"
ME = "22222222-2222-4222-8222-222222222222"
DEPLOY = Right(f"{OF_ACCOUNT}/deployments/write", Where.ACCOUNT)
FOUNDRY_USER = "53ca6127-db72-4b80-b1b0-d745d6d5456d"
CONTRIBUTOR = "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68"
ANOTHER = "ffffffff-0000-4000-8000-000000000001"  # a role of somebody's own
DOOR = Door(
    endpoint="https://a.services.ai.azure.com/api/projects/p",
    account=ACCOUNT,
    project=PROJECT,
    caller=Caller(object_id=ME, sort="ServicePrincipal", audience="https://management.azure.com"),
    project_token=Caller(object_id=ME, audience="https://ai.azure.com", expires=2e9),
)
NOW = 1.8e9


# -- grants


@pytest.mark.parametrize(
    ("actions", "without", "verdict"),
    [
        (("*",), (), True),
        (("Microsoft.CognitiveServices/*",), (), True),
        (("microsoft.cognitiveservices/ACCOUNTS/deployments/write",), (), True),
        (("*/write",), (), True),
        (("Microsoft.*/deployments/w*e",), (), True),
        (("*/read",), (), False),
        (("Microsoft.CognitiveServices/accounts/deployments/write/more",), (), False),
        (("Microsoft.CognitiveServices/accounts/deployments/writ",), (), False),
        ((), (), False),
        (("*",), ("Microsoft.Authorization/*/Write",), True),
        (("*",), ("Microsoft.CognitiveServices/accounts/deployments/*",), False),
        (("*",), ("*/WRITE",), False),
        (None, (), None),
    ],
)
def test_a_grant_allows_its_actions_without_those_that_it_takes_away(
    actions: tuple[str, ...] | None, without: tuple[str, ...], verdict: bool | None
) -> None:
    assert allowed([Grant(actions=actions, not_actions=without)], DEPLOY) is verdict


def test_what_one_grant_takes_away_another_may_give() -> None:
    without = Grant(actions=("*",), not_actions=("*/write",))

    assert allowed([without], DEPLOY) is False
    assert allowed([without, Grant(actions=("*/deployments/*",))], DEPLOY) is True
    assert allowed([without, Grant(actions=None)], DEPLOY) is None
    assert allowed([Grant(actions=None), Grant(actions=("*",))], DEPLOY) is True


def test_actions_of_the_two_planes_are_told_apart() -> None:
    owner = Grant(actions=("*",))

    assert allowed([owner], on_data("agents/write")) is False
    assert allowed([Grant(data_actions=("Microsoft.CognitiveServices/*",))], on_data("agents/write")) is True
    assert allowed([Grant(data_actions=("*",))], DEPLOY) is False


@pytest.mark.parametrize(
    ("data", "without", "verdict"),
    [
        (("Microsoft.CognitiveServices/*",), (), True),
        (("Microsoft.CognitiveServices/accounts/AIServices/memory_stores/write",), (), True),
        (("*/write",), (), True),
        (("Microsoft.CognitiveServices/accounts/OpenAI/*",), (), False),
        (("Microsoft.CognitiveServices/accounts/AIServices",), (), False),
        (("*",), ("Microsoft.CognitiveServices/accounts/AIServices/agents/*",), True),
        (("*",), ("Microsoft.CognitiveServices/accounts/AIServices/*",), False),
        (("*",), ("Microsoft.CognitiveServices/*",), False),
        (("*",), ("*/write",), True),
    ],
)
def test_of_an_action_whose_name_is_not_known_any_that_begins_so_will_do(
    data: tuple[str, ...], without: tuple[str, ...], verdict: bool
) -> None:
    assert allowed([Grant(data_actions=data, not_data_actions=without)], on_data("*")) is verdict


@given(st.text(alphabet="ab/*", max_size=8), st.text(alphabet="ab/", min_size=1, max_size=8))
def test_patterns_match_as_a_regular_expression_would(pattern: str, action: str) -> None:
    expected = re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), action) is not None

    assert allowed([Grant(actions=(pattern,))], Right(action, Where.ACCOUNT)) is expected


def test_a_pattern_that_is_made_to_take_long_does_not() -> None:
    started = time.process_time()
    evil = tuple("*a" * 240 + str(number) for number in range(5000))

    assert allowed([Grant(actions=evil)], Right("a" * 200, Where.ACCOUNT)) is False
    assert time.process_time() - started < 5


# -- assignments


@pytest.mark.parametrize(
    ("scope", "counts"),
    [
        ("/", True),
        ("/providers/Microsoft.Management/managementGroups/mine", True),
        (SUBSCRIPTION, True),
        (ACCOUNT.upper(), True),
        (f"{ACCOUNT}2", False),
        (PROJECT, False),
        (f"{SUBSCRIPTION}/resourceGroups/other", False),
    ],
)
def test_an_assignment_counts_where_it_was_made_and_below(scope: str, counts: bool) -> None:
    assert gives([Assignment(role=CONTRIBUTOR.upper(), scope=scope)], DEPLOY, ACCOUNT) is counts


def test_a_role_that_is_not_known_here_may_give_anything() -> None:
    mine = Assignment(role=ANOTHER, scope=ACCOUNT)

    assert gives([mine], DEPLOY, ACCOUNT) is None
    assert gives([mine, Assignment(role=CONTRIBUTOR, scope=ACCOUNT)], DEPLOY, ACCOUNT) is True
    assert gives([], DEPLOY, ACCOUNT) is False


RIGHTS = [
    *(
        Right(f"{OF_ACCOUNT}/{what}/{verb}", Where.ACCOUNT)
        for what in ("deployments", "raiPolicies", "connections")
        for verb in ("read", "write", "delete")
    ),
    Right(f"{OF_ACCOUNT}/projects/connections/write", Where.PROJECT),
    Right(f"{OF_ACCOUNT}/OpenAI/deployments/chat/completions/action", Where.ACCOUNT, is_data=True),
    on_data("agents/write"),
]


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda it: it.name)
def test_a_role_gives_here_what_it_gives_on_the_local_foundry(role: Role) -> None:
    """Two tables, as the emulator stands alone."""
    there = roles.BY_ID[role.id]

    assert role.name == there.name
    for right in RIGHTS:
        gives_there = any(it.allows(right.action, is_data=right.is_data, about_role="") for it in there.permissions)
        assert role.grant.allows(right) is gives_there, right


def test_each_role_is_known_by_its_id() -> None:
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", id_) for id_ in ROLES)


# -- why


def diagnosis(status: int, code: str, message: str, door: Door = DOOR) -> Diagnosis | None:
    return of_failure(Failure(message=message, code=code, status=status), door, now=NOW)


PERMISSION_DENIED = (
    "The principal `33333333-3333-4333-8333-333333333333` lacks the required data action "
    "`Microsoft.CognitiveServices/accounts/AIServices/agents/write` to perform `POST /api/projects/p/agents` operation."
)
BARE = "Unauthorized. Access token is missing, invalid, audience is incorrect (https://ai.azure.com/), or expired."
OTHER = "11111111-0000-4000-8000-000000000002"
CREATE = f"az role assignment create --assignee-object-id {ME} --assignee-principal-type ServicePrincipal"
LET_IN = (
    f"az cognitiveservices account network-rule add --subscription {SUBSCRIPTION.rpartition('/')[2]} "
    "--resource-group g --name a --ip-address <address>"
)
TENANT = (
    "The access token is from the wrong issuer 'https://sts.windows.net/11111111-0000-4000-8000-000000000001/'. It "
    f"must match the tenant 'https://sts.windows.net/{OTHER}/' associated with this subscription."
)


@pytest.mark.parametrize(
    ("status", "code", "message", "trouble", "command"),
    [
        (0, "not-signed-in", "No token", Trouble.NOT_SIGNED_IN, "az login"),
        (401, "AuthenticationFailed", "No header", Trouble.NOT_SIGNED_IN, "az login"),
        (401, "ExpiredAuthenticationToken", "Expired", Trouble.NOT_SIGNED_IN, "az login"),
        (401, "InvalidAuthenticationTokenTenant", TENANT, Trouble.NOT_SIGNED_IN, f"az login --tenant {OTHER}"),
        (401, "InvalidAuthenticationTokenTenant", "Elsewhere", Trouble.NOT_SIGNED_IN, "az login"),
        (
            401,
            "InvalidAuthenticationTokenAudience",
            "Wrong",
            Trouble.WRONG_AUDIENCE,
            "az cloud set --name AzureCloud && az login",
        ),
        (
            401,
            "PermissionDenied",
            PERMISSION_DENIED,
            Trouble.ROLE_MISSING,
            f"{CREATE} --role {FOUNDRY_USER} --scope {PROJECT}",
        ),
        (
            403,
            "AuthorizationFailed",
            "No.",
            Trouble.ROLE_MISSING,
            f"{CREATE} --role {CONTRIBUTOR} --scope {ACCOUNT}",
        ),
        (
            403,
            "403",
            "Public access is disabled. Please configure private endpoint.",
            Trouble.NETWORK_CLOSED,
            f"az resource update --ids {ACCOUNT} --set properties.publicNetworkAccess=Enabled",
        ),
        (
            403,
            "403",
            "Access denied due to Virtual Network/Firewall rules.",
            Trouble.NETWORK_CLOSED,
            LET_IN,
        ),
    ],
)
def test_each_trouble_is_told_apart_with_the_command_that_mends_it(
    status: int, code: str, message: str, trouble: Trouble, command: str
) -> None:
    found = diagnosis(status, code, message)

    assert found is not None
    assert (found.trouble, found.command) == (trouble, command)
    assert found.remedy.endswith(command)


def test_the_project_planes_one_answer_is_told_apart_by_what_the_token_says() -> None:
    def found(**token: object) -> Trouble | None:
        caller = Caller(**{"audience": "https://ai.azure.com/", "expires": 2e9, **token})  # type: ignore[arg-type]
        made = diagnosis(401, "", BARE, Door(endpoint=DOOR.endpoint, project_token=caller))
        return made.trouble if made else None

    assert found(audience="https://cognitiveservices.azure.com") is Trouble.WRONG_AUDIENCE
    assert found(expires=NOW - 1) is Trouble.NOT_SIGNED_IN
    assert found() is None  # whatever it is, neither the answer nor the token says it
    assert diagnosis(401, "", "<html>Sign in to the proxy</html>") is None
    assert diagnosis(500, "server_error", "Oops") is None
    assert diagnosis(403, "RequestDisallowedByPolicy", "No") is None


def test_who_asked_is_taken_from_the_answer_where_no_token_tells() -> None:
    found = diagnosis(403, "PermissionDenied", PERMISSION_DENIED, Door(endpoint=DOOR.endpoint))

    assert found is not None
    assert "--assignee-object-id 33333333-3333-4333-8333-333333333333 --role" in found.command
    assert found.command.endswith("--scope <id of the account or project>")


def test_a_role_that_has_been_assigned_is_waited_for() -> None:
    given_already = Assignment(role=FOUNDRY_USER, scope=SUBSCRIPTION)
    door = Door(endpoint=DOOR.endpoint, account=ACCOUNT, project=PROJECT, assigned=(given_already,), caller=DOOR.caller)

    found = diagnosis(401, "PermissionDenied", PERMISSION_DENIED, door)

    assert found is not None
    assert found.trouble is Trouble.ROLE_NOT_IN_FORCE
    assert found.command == (
        f"az role assignment list --assignee {ME} --include-groups --scope {PROJECT} --include-inherited"
    )
    assert of_right(on_data("agents/write"), door).trouble is Trouble.ROLE_NOT_IN_FORCE
    assert of_right(DEPLOY, door).trouble is Trouble.ROLE_MISSING


def test_a_command_holds_names_as_words_whatever_they_are() -> None:
    account = "/subscriptions/s/resourceGroups/my%20group/providers/Microsoft.CognitiveServices/accounts/a'%24(x)"
    made = of_right(DEPLOY, Door(endpoint="", account=account))

    assert shlex.split(made.command)[-1] == account.replace("%20", " ").replace("%24", "$")
