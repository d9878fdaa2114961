"""Commands that advice gives to be copied into a shell."""

from __future__ import annotations

import shlex
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from provisioner.kinds.rights import OF_ACCOUNT, Right, Where
from provisioner.model.caller import Caller
from provisioner.model.errors import Failure
from provisioner.preflight.diagnosis import Door, of_failure, of_right

EVIL = [
    "`id`",
    "$(id)",
    "'; id #",
    '" && id',
    "| id",
    "a b",
    "\n id",
    "{x,y}",
    "33333333-3333-4333-8333-333333333333; id",
]
CODES = [
    ("PermissionDenied", "The principal `{}` lacks the required data action `{}`."),
    ("AuthorizationFailed", "The client '{}' with object id '{}' does not have authorization over scope '{}'."),
    ("InvalidAuthenticationTokenTenant", "It must match the tenant 'https://sts.windows.net/{}/' of it."),
    ("InvalidAuthenticationTokenAudience", "For {}."),
    ("403", "Public access is disabled {}."),
]


@given(st.sampled_from(EVIL), st.sampled_from(CODES))
def test_no_command_to_be_copied_holds_what_an_answer_says(evil: str, refusal: tuple[str, str]) -> None:
    code, message = refusal
    token = Caller(audience=evil)

    found = of_failure(
        Failure(message=message.replace("{}", evil), code=code, status=403), Door(endpoint="", caller=token), now=0
    )

    assert found is not None
    words = shlex.split(found.command.replace("&&", "and"))
    assert words[0] == "az"
    assert not set("`$;|#{") & set(found.command)
    assert " id" not in found.command.replace("<object id>", "").replace("<id of", "")


@given(st.text(min_size=1, max_size=20))
def test_names_of_the_manifest_are_one_word_each(name: str) -> None:
    account = f"/subscriptions/s/resourceGroups/{quote(name, safe='')}/providers/Microsoft.CognitiveServices/accounts/a"

    found = of_right(Right(f"{OF_ACCOUNT}/deployments/write", Where.ACCOUNT), Door(endpoint="", account=account))

    assert (
        shlex.split(found.command)[-1]
        == f"/subscriptions/s/resourceGroups/{name}/providers/Microsoft.CognitiveServices/accounts/a"
    )
