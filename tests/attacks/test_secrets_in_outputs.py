"""Recovering a secret by trying candidates against anything that is printed or stored counts as a leak."""

from __future__ import annotations

import base64
import json
import random
import string
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from provisioner.kinds import TRAITS
from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Location
from provisioner.model.document import ABSENT
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.forms import secret_spans
from provisioner.model.hidden_places import path_print
from provisioner.model.plan import Change, FieldChange, Plan
from provisioner.model.redact import harmless, redacted
from provisioner.model.redacted_diff import secrets_in, told_apart
from provisioner.model.resource import Desired, Live, Marker
from provisioner.model.traits import Traits
from provisioner.reconcile import marker as markers
from provisioner.reconcile.compare import compare
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.meaning import record_of
from provisioner.reconcile.planner import make_plan
from provisioner.reconcile.write_only import hushed
from provisioner.render.diagnostics import diagnostic_document
from provisioner.render.json_text import json_text
from provisioner.render.plan_html import plan_html
from provisioner.render.plan_json import plan_document
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from tests.foundry import Command, Foundry
from tests.render import strategies as our
from tests.whole import tries

_dice = random.Random(7)


def _made(alphabet: str, length: int) -> str:
    return "".join(_dice.choices(alphabet, k=length))


_ALNUM = string.ascii_letters + string.digits
_BASE64 = f"{_ALNUM}+/"
_HEX = "0123456789abcdef"


def _jwt() -> str:
    parts = (json.dumps(it).encode() for it in ({"alg": "RS256", "typ": "JWT"}, {"sub": "1234567890", "exp": 1}))
    head, body = (base64.urlsafe_b64encode(it).decode().rstrip("=") for it in parts)
    return f"{head}.{body}.{_made(_ALNUM, 43)}"


# Put together here, so that whoever scans the repository for secrets finds none.
SECRETS = {
    "cognitive-services-key": f"a1{_made(_HEX, 30)}",
    "cognitive-services-key-in-capitals": f"A1{_made(_HEX.upper(), 30)}",
    "openai-key-of-azure": f"{_made(_ALNUM, 52)}{'JQQJ'}99{_made(_ALNUM, 14)}{'AAAA'}{'ACOG'}{_made(_ALNUM, 4)}",
    "search-key": f"{_made(_ALNUM, 42)}{'AzSe'}{_made(_ALNUM, 6)}",
    "function-key": f"{_made(_ALNUM, 44)}{'AzFu'}{_made(_ALNUM, 6)}==",
    "storage-key": f"{_made(_BASE64, 86)}==",
    "storage-key-with-its-mark": f"{_made(_ALNUM, 76)}{'+ASt'}{_made(_ALNUM, 6)}==",
    "jwt": _jwt(),
    "github-token": f"{'ghp'}_{_made(_ALNUM, 36)}",
    "github-oauth": f"{'gho'}_{_made(_ALNUM, 36)}",
    "github-app": f"{'ghs'}_{_made(_ALNUM, 36)}",
    "github-fine-grained": f"{'github'}_pat_{_made(_ALNUM, 22)}_{_made(_ALNUM, 59)}",
    "gitlab-token": f"{'glpat'}-{_made(_ALNUM, 20)}",
    "openai-key": f"{'sk'}-{_made(_ALNUM, 20)}1{_made(_ALNUM, 27)}",
    "openai-project-key": f"{'sk'}-proj-{_made(_ALNUM, 40)}1_{_made(_ALNUM, 40)}",
    "anthropic-key": f"{'sk'}-ant-api03-{_made(_ALNUM, 40)}1-{_made(_ALNUM, 40)}",
    "slack-token": f"{'xoxb'}-{_made(string.digits, 12)}-{_made(string.digits, 12)}-{_made(_ALNUM, 24)}",
    "aws-key": f"{'AKIA'}{_made(string.ascii_uppercase + '234567', 16)}",
    "npm-token": f"{'npm'}_{_made(_ALNUM, 36)}",
    "entra-client-secret": f"abc8{'Q'}~{_made(_ALNUM, 34)}",
    "devops-token": f"a2{_made(string.ascii_lowercase + '234567', 50)}",
    "newer-devops-token": f"{_made(_ALNUM, 76)}{'AZ'}DO{_made(_ALNUM, 4)}",
    "hugging-face-token": f"{'hf'}_{_made(_ALNUM, 34)}",
    "google-key": f"{'AI'}za{_made(_ALNUM, 35)}",
}
_AROUND = ["{}", "Use {} for it.", "first\n  - key: {}\nlast", '{{"x": "{}"}}', "a=`{}`, b", "say '{}'\tor", "({})"]


@pytest.mark.parametrize("around", _AROUND)
@pytest.mark.parametrize("name", SECRETS)
def test_what_looks_like_a_secret_is_hidden_wherever_it_stands(name: str, around: str) -> None:
    secret = SECRETS[name]
    text = around.format(secret)

    assert harmless(text) == around.format("(sensitive)")
    assert redacted({"tools": [{"note": text}]}, ("x",)) == {"tools": [{"note": around.format("(sensitive)")}]}


_PEM = "\n".join(_made(_BASE64, 64) for _ in range(6))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param(
            f"x\n-----BEGIN {'RSA '}PRIVATE KEY-----\n{_PEM}\n-----END RSA PRIVATE KEY-----\ny", _PEM, id="pem"
        ),
        pytest.param(f"-----BEGIN {'OPENSSH '}PRIVATE KEY-----\n{_PEM}", _PEM, id="pem-without-an-end"),
        pytest.param("//registry.example/:_authToken=abc-123", "abc-123", id="npmrc-token"),
        pytest.param("a\n//registry.example/:_password=aHVudGVy\nb", "aHVudGVy", id="npmrc-password"),
        pytest.param("c?sv=2024-01-01&sp=r&sig=aB%2FcD1234567890%3D&x=1", "aB%2FcD1234567890%3D", id="sas"),
        pytest.param('{"a": {"password": "hunter2"}}', "hunter2", id="json"),
        pytest.param('Send this:\n{\n  "clientSecret" :\n  "hun\\"ter2", "a": 1}', 'hun\\"ter2', id="json-of-lines"),
        pytest.param(json.dumps({"x": json.dumps({"api_key": 'hun"ter2'})}), "hun", id="json-in-json"),
        pytest.param("{'password': 'hunter2'}", "hunter2", id="python"),
        pytest.param('{"password": "hunter2', "hunter2", id="json-without-an-end"),
        pytest.param("- name: x\n  password: hunter2\n", "hunter2", id="yaml"),
        pytest.param("A=1\nexport DB_PASSWORD='hunter2'\nB=2", "hunter2", id="shell"),
        pytest.param('{"password": 449219, "a": 1}', "449219", id="number"),
        pytest.param(json.dumps({"x": json.dumps({"pin_password": 449219})}), "449219", id="number-in-json-in-json"),
        pytest.param('{"passwords": ["hunter", "hunter"]}', "hunter", id="list"),
        pytest.param("x\n//registry.example/:_authToken = abc-def", "abc-def", id="npmrc-with-blanks"),
        pytest.param(f"[a]\naws_secret_access_key = x1{'y' * 30}\n", f"x1{'y' * 30}", id="aws-with-blanks"),
        pytest.param(f"client_secret: {'qwrt' * 5}", "qwrt" * 5, id="letters"),
        pytest.param("a:\n  token: >-\n    abc-def-123\nb: c", "abc-def-123", id="folded"),
        pytest.param("password=x-y", "x-y", id="alone"),
        pytest.param("use password=hunter2, please", "hunter2", id="in-a-sentence"),
        pytest.param("machine h.example login me password swordfish", "swordfish", id="netrc"),
        pytest.param("machine h.example\n  login me\n  password swordfish\n", "swordfish", id="netrc-of-lines"),
        pytest.param("login me password hunter2", "hunter2", id="netrc-without-a-machine"),
        pytest.param("use AccountKey=de)f() here", "de)f()", id="ends-like-code"),
        pytest.param("authorization: Bearer abcdefgh12345678", "abcdefgh12345678", id="bearer"),
    ],
)
def test_what_is_called_a_secret_in_a_text_is_hidden(text: str, secret: str) -> None:
    shown = harmless(text)

    assert secret not in shown
    assert "(sensitive)" in shown
    assert len(shown) >= len(text) - len(secret) - 40  # and not much else


@pytest.mark.parametrize(
    "text",
    [
        "8f14e45f-ceea-467f-a0e6-8e6f3a1b2c3d",
        "/subscriptions/8f14e45f-ceea-467f-a0e6-8e6f3a1b2c3d/resourceGroups/rg/providers/Microsoft.X/accounts/a1b2",
        f"registry.example/agent@sha256:{_made(_HEX, 64)}",
        f"commit a1{_made(_HEX, 38)}, or short a1b2c3d",
        f"https://example.com/files/a1{_made(_HEX, 30)}/x.png and a1{_made(_HEX, 30)}.png",
        f"gpt-4.1-mini-a1{_made(_HEX, 30)}",
        f"integrity sha512-{_made(_BASE64, 86)}==",
        f"md5:a1{_made(_HEX, 30)}",
        "vs_abc123DEF456ghi789JKL012 and asst_abc123DEF456ghi789JKL012 and file-abc123DEF456ghi789",
        "sk-learn-based-text-classification-model-2024, scikit-learn",
        "Internationalizationconsiderationsandotherlongwordswithoutanyblanksatall" * 3,
        '{"type": "object", "properties": {"password": {"type": "string", "format": "password"}}}',
        '{"password": "string", "token": "<your token>", "api_key": "${API_KEY}", "secret": "***", "pwd": ""}',
        "Password: ask the desk. Token: a unit of text. Key: value pairs.",
        "max_tokens: 4096\ntoken_count: 128\nversion: 2024-10-01",
        "-----BEGIN PRIVATE KEY----- and -----END PRIVATE KEY----- stand around a key",
        "-----BEGIN CERTIFICATE-----\nMIIBszCCARwCAQAwDQ\n-----END CERTIFICATE-----",
        "Paste the eyJ… token that you see; xox is for Slack, AKIA for AWS, ghp_ for GitHub",
        "SELECT * FROM t WHERE a = 1 AND token = ? -- C:\\temp\\x == y",
        "00000000000000000000000000000000 and 12345678901234567890123456789012",
        "see https://learn.microsoft.com/azure/foundry?view=foundry-classic&tabs=python#code",
        "std::vector<std::string> fe80::1 ## heading",
        "The login and password are required; a password is required. Use your login or password here.",
        "token = get_token()\nsecret = settings.secret\npassword = getpass\ntoken=${{ secrets.T }}",
        "client = Client(\n    token=my_token,\n    api_key=keys[0],\n    AccountKey=get_key(1),\n)",
        "secret: ${{ secrets.MY_SECRET1 }}\nsecret: ${{secrets.MY_SECRET1}}\ncredential: UserAssignedIdentity",
        '{"password": {"minLength": 12}, "token": ["string", "null"], "max_token": 4096, "secret": 1}',
        "secret = os.getenv('A1')\ntoken: >-",
        "hf_hub_download and Q~ and AIza… and azdo; the password: authentication",
        "it's a 'quoted': 'name' of no secret, isn't it",
        *(path.read_text(encoding="utf-8") for path in [Path(__file__).parents[2] / "stores.yaml"]),
    ],
)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert harmless(text) == text


_PLACES: list[Any] = [
    pytest.param(lambda it: {"environment_variables": {"PIN": it}}, id="environment"),
    pytest.param(lambda it: {"tools": [{"type": "mcp", "headers": {"X": it}}]}, id="header"),
    pytest.param(lambda it: {"tools": [{"auth": {"api_key": it}}, {"a": 1}]}, id="name"),
    pytest.param(lambda it: {"harness": {"auth": {"name": "X-Api-Key", "value": it}}}, id="pair"),
    pytest.param(lambda it: {"instructions": f"log in\nAccountKey={it}\nand go on"}, id="text"),
    pytest.param(lambda it: {"tools": [{"url": f"https://x.example/?sig={it}&a=1"}]}, id="url"),
    pytest.param(lambda it: {"workflow": json.dumps({"deep": {"password": it}})}, id="json-text"),
    pytest.param(lambda it: {"structured_inputs": {"pin": {"default_value": {"password": [it]}}}}, id="default"),
]
_ADDRESS = Address("agents", "a")


def _plan_of(before: dict[str, Any] | None, after: dict[str, Any]) -> Plan:
    """As the planner makes it, of something that was applied before."""
    base = {"kind": "prompt", "model": "c/m"}
    live = {}
    if before is not None:
        record = record_of({**base, **before}, TRAITS["agents"], whose=_ADDRESS)
        found = Live(address=_ADDRESS, fields={**base, **before}, marker=Marker(owner="o", applied=record))
        live = {_ADDRESS: found}
    desired = {_ADDRESS: Desired(address=_ADDRESS, fields={**base, **after})}
    return make_plan(desired, live, owner="o", traits=TRAITS)


def _everything(plan: Plan) -> str:
    stored = [markers.write_marker(change.marker) for change in plan.changes if change.marker]
    texts = (
        plan_text(plan),
        plan_markdown(plan),
        plan_html(plan),
        json_text(plan_document(plan)),
        str(stored),
        plan.digest,
    )
    return "\n".join(texts)


@pytest.mark.parametrize("place", _PLACES)
def test_nothing_that_is_printed_or_stored_depends_on_a_secret(place: Any) -> None:
    one, other, third = (place(secret) for secret in ("123456", "654321", "111111"))

    assert _everything(_plan_of(None, one)) == _everything(_plan_of(None, other))
    assert _everything(_plan_of(one, other)) == _everything(_plan_of(other, third))
    assert "(sensitive, changed)" in plan_text(_plan_of(one, other))
    assert _plan_of(one, {**one, "temperature": 1}).digest != _plan_of(one, {**other, "temperature": 1}).digest


@pytest.mark.usefixtures("foundry")
@pytest.mark.parametrize("style", ["text", "json", "html"])
def test_the_command_prints_and_stores_the_same_whatever_the_secret_is(
    style: str, project: Path, provisioner: Command, foundry: Foundry
) -> None:
    told = []
    for secret in ("123456", "654321"):
        foundry.reset()
        tool = {"type": "mcp", "server_label": "x", "server_url": f"https://x.example/?sig={secret}&a=1"}
        agent = {"model": "c/m", "tools": [tool], "metadata": {"pin_code_password": secret}}
        text = json.dumps({"version": 1, "name": "o", "agents": {"a": agent}})
        (project / "stores.yaml").write_text(text, encoding="utf-8")
        planned = provisioner("plan", "--format", style)
        applied = provisioner("apply", "--yes")
        assert (planned.code, applied.code) == (0, 0), applied.err
        assert secret not in planned.out + planned.err + applied.out + applied.err
        lines = planned.out.splitlines()
        told.append(
            [line for line in lines if not line.startswith(('  "made_at"', '  "checksum"'))]
        )  # when, and of all

    assert told[0] == told[1]


def _texts_of(changed: tuple[object, object]) -> str:
    return json.dumps(changed)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        pytest.param(["a1"], ["a1", "b2"], ["S", "S"], id="one-more"),
        pytest.param(["a1", "b2"], ["b2"], ["S"], id="one-less"),
        pytest.param(["a1", "b2"], ["b2", "a1"], ["C", "C"], id="exchanged"),
        pytest.param(["a1", "b2"], ["a1", "c3"], ["S", "C"], id="one-of-two"),
        pytest.param(["a1"], ["b2", "c3"], ["C", "S"], id="another-one-and-one-more"),
    ],
)
def test_members_of_a_list_that_look_alike_are_told_apart(
    before: list[str], after: list[str], shown: list[str]
) -> None:
    words = {"S": "(sensitive)", "C": "(sensitive, changed)"}

    assert told_apart(redacted(before, ("headers",)), redacted(after, ("headers",))) == [words[it] for it in shown]


def _tool(name: str, secret: str, **more: str) -> dict[str, str]:
    return {"name": name, "api_key": secret, **more}


def test_a_member_that_only_moved_is_not_said_to_have_changed() -> None:
    before = [_tool("x", "a1"), _tool("y", "b2"), _tool("z", "c3")]
    after = [_tool("z", "c3"), _tool("y", "b2", url="u"), _tool("x", "a1")]

    assert "changed" not in str(told_apart(redacted(before), redacted(after)))


def test_secrets_that_were_exchanged_are_said_to_have_changed() -> None:
    before, after = [_tool("x", "a1"), _tool("y", "b2")], [_tool("y", "a1"), _tool("x", "b2")]

    assert str(told_apart(redacted(before), redacted(after))).count("(sensitive, changed)") == 2


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        pytest.param("api-key: aaaaaaaa1\nrest", "api-key: bbbbbbbb2\nrest", 1, id="another-one"),
        pytest.param("x\napi-key: aaaaaaaa1", "api-key: aaaaaaaa1\nx", 0, id="a-line-moved"),
        pytest.param("api-key: aaaaaaaa1", "now api-key: aaaaaaaa1", 0, id="the-text-around-it"),
        pytest.param(
            "x-api-key: aaaaaaaa1\ny-api-key: b2bbbbbb", "x-api-key: b2bbbbbb\ny-api-key: aaaaaaaa1", 2, id="swap"
        ),
        pytest.param("https://h/?sig=a&key=b", "https://h/?key=a&sig=b", 2, id="exchanged-in-a-url"),
        pytest.param("https://h/?sig=a&key=b", "https://h/?key=b&sig=a", 0, id="moved-in-a-url"),
        pytest.param("https://h/?sig=a&key=b", "https://h/?sig=a&key=c", 1, id="one-of-two-in-a-url"),
        pytest.param("it is (sensitive)", f"it is {SECRETS['jwt']}", 1, id="pretended-before"),
        pytest.param(f"it is {SECRETS['jwt']}", "it is (sensitive)", 1, id="pretended-after"),
        pytest.param("it is (sensitive)", "it is (sensitive, changed)", 1, id="pretended-to-change"),
        pytest.param("it is (sensitive, changed)", "it is (sensitive, changed)", 0, id="pretended-twice"),
    ],
)
def test_secrets_in_texts_are_told_apart(before: str, after: str, changed: int) -> None:
    assert str(told_apart(redacted(before), redacted(after))).count("(sensitive, changed)") == changed


@settings(max_examples=tries(150), deadline=None)
@given(our.behind_turns(our.with_secret("api_key", "hunter2")), our.behind_turns(our.with_secret("api_key", "other2")))
def test_a_diff_never_hides_a_change_and_never_claims_one(before: object, after: object) -> None:
    was, now = redacted(before), redacted(after)

    assert told_apart(was, redacted(before)) == was
    if list(secrets_in(was)) != list(secrets_in(now)):
        assert told_apart(was, now) != was


def _old_print(value: object) -> str:
    return markers._value_print(value)


def _old_record(fields: dict[str, Any]) -> str:
    """As earlier versions wrote it: with fingerprints of what is hidden now."""
    prints = "".join(path_print((name,)) + _old_print(value) for name, value in sorted(fields.items()))
    return f"1.{prints}"


@pytest.mark.parametrize("kept_back", [False, True])
def test_a_marker_of_an_earlier_version_is_understood(kept_back: bool) -> None:
    fields = {"kind": "prompt", "model": "c/m", "instructions": f"use {SECRETS['jwt']}"}
    shown = {**fields, "instructions": ""} if kept_back else fields
    record = _old_record(fields) + (f"~{path_print(('instructions',))}" if kept_back else "")
    live = Live(address=_ADDRESS, fields=shown, marker=Marker(owner="o", applied=record))
    desired = {_ADDRESS: Desired(address=_ADDRESS, fields=fields)}

    plan = make_plan(desired, {_ADDRESS: live}, owner="o", traits=TRAITS)
    edited = {_ADDRESS: Desired(address=_ADDRESS, fields={**fields, "instructions": "other"})}
    after_edit = make_plan(edited, {_ADDRESS: live}, owner="o", traits=TRAITS)

    assert (plan.changes, plan.refusals) == ((), ())
    assert [(change.action, change.fields[0].origin) for change in after_edit.changes] == [(Action.UPDATE, Origin.EDIT)]
    assert after_edit.changes[0].marker is not None
    assert _old_print(fields["instructions"]) not in after_edit.changes[0].marker.applied


def test_a_secret_that_the_service_keeps_to_itself_is_told_when_nothing_else_changes() -> None:
    tool = {"type": "mcp", "server_label": "x", "server_url": "https://x.example", "headers": {"X-Key": "hunter2"}}
    fields = {"kind": "prompt", "model": "c/m", "tools": [tool]}
    shown = {**fields, "tools": [{key: value for key, value in tool.items() if key != "headers"}]}
    record = record_of(fields, TRAITS["agents"], whose=_ADDRESS, kept_back=[("tools", "0", "headers", "X-Key")])
    live = Live(address=_ADDRESS, fields=shown, marker=Marker(owner="o", applied=record), baseline=shown)

    def planned(secret: str, **more: str) -> Plan:
        wanted = {**fields, "tools": [{**tool, "headers": {"X-Key": secret}}], **more}
        return make_plan(
            {_ADDRESS: Desired(address=_ADDRESS, fields=wanted)}, {_ADDRESS: live}, owner="o", traits=TRAITS
        )

    for plan in (planned("hunter2"), planned("rotated")):
        assert plan.is_empty
        assert [warning.code for warning in plan.warnings] == ["secret-not-compared"]
        assert plan.warnings[0].hint == "A new one is written as soon as anything else of it changes."
        assert "tools.0.headers" in plan.warnings[0].message
    assert planned("rotated", description="new").warnings == ()
    assert "rotated" in str(planned("rotated", description="new").changes[0].after)


@pytest.mark.parametrize(
    ("baseline", "origin"),
    [(None, None), ("Bearer live-live-live-live-1", Origin.EDIT), ("Bearer want-want-want-want-2", Origin.DRIFT)],
)
def test_who_changed_a_secret_is_said_only_where_it_is_known(baseline: str | None, origin: Origin | None) -> None:
    desired, live = {"note": "Bearer want-want-want-want-2"}, {"note": "Bearer live-live-live-live-1"}
    record = AppliedRecord(AppliedRecord.of({"note": "Bearer was-was-was-was-was-3"}, 512))

    found = compare(
        desired,
        live,
        record=record,
        ignore=(),
        traits=Traits(),
        baseline=None if baseline is None else {"note": baseline},
    )

    assert [field.origin for field in found] == [origin]


def test_a_rotated_secret_that_the_service_shows_is_noticed_in_a_spelling_of_its_own() -> None:
    was, now, shown = (
        {"note": f"Bearer {it}-live-live-live-1{end}"} for it, end in (("a", ""), ("b", ""), ("a", "\n"))
    )
    record = AppliedRecord(AppliedRecord.of(was, 512))

    def found(desired: dict[str, str]) -> tuple[FieldChange, ...]:
        return compare(desired, shown, record=record, ignore=(), traits=Traits(), baseline=shown)

    assert found(was) == ()
    assert [field.path for field in found(now)] == [("note",)]


def test_a_service_that_quotes_a_secret_in_its_refusal_does_not_print_it() -> None:
    from provisioner.render.events_json import failed_document  # noqa: PLC0415
    from provisioner.render.failures import failure_text  # noqa: PLC0415

    failure = Failure(message=f'Bad header "{SECRETS["github-token"]}".', code="x", status=400)

    assert SECRETS["github-token"] not in failure_text(failure.message, "", failure)
    assert SECRETS["github-token"] not in json_text(failed_document(PlaneError(failure)))


def test_a_key_that_is_a_secret_is_not_shown_and_stays_apart_from_others() -> None:
    one, other, third = (SECRETS[name] for name in ("github-token", "github-oauth", "npm-token"))
    before = {"metadata": {one: "x", "plain": "y"}, "tools": [{"a": {one: 1, other: 2}}]}
    after = {"metadata": {other: "x", "plain": "z"}, "tools": [{"a": {one: 1, third: 2}}]}

    for plan in (_plan_of(None, after), _plan_of(before, after)):
        shown = "\n".join((plan_text(plan), plan_markdown(plan), plan_html(plan), json_text(plan_document(plan))))
        assert not [it for it in (one, other, third) if it in shown]
        assert "(sensitive)" in shown
        assert "(sensitive) 2" in shown
        paths = [field["path"] for change in plan_document(plan)["changes"] for field in change["fields"]]
        assert len({tuple(path) for path in paths}) == len(paths)
    renamed = _plan_of({"metadata": {one: "x"}}, {"metadata": {other: "x"}})
    assert "metadata.(sensitive) 2" in plan_text(renamed)


def test_a_headers_name_that_is_a_secret_is_not_shown() -> None:
    secret = SECRETS["github-token"]

    assert secret not in _everything(_plan_of(None, {"headers": [{"name": secret, "value": "x"}]}))


def test_the_place_of_a_diagnostic_does_not_show_a_secret() -> None:
    where = Location(file="f", line=1, column=1, path=f"agents.a.metadata.{SECRETS['github-token']}")
    item = Diagnostic(code="x", message="m", hint="h", where=where)

    assert SECRETS["github-token"] not in json_text(diagnostic_document(item))


def test_a_service_that_quotes_what_is_hidden_for_its_place_does_not_print_it() -> None:
    after = {
        "environment_variables": {"PIN": "swordfish", "SHORT": "abc", "OPEN": "${NAME}"},
        "tools": [{"headers": {"Authorization": "Bearer open sesame", "N": 449219}, "url": "u"}],
        "model": "gpt-5",
    }
    live = Live(address=_ADDRESS, fields={"environment_variables": {"PIN": "former"}})
    change = Change(action=Action.UPDATE, address=_ADDRESS, before=live, after=after)
    said = "swordfish, former, Bearer open sesame, open sesame, 449219, abc, ${NAME}, gpt-5"
    error = PlaneError(Failure(message=said, advice="not swordfish", code="x", status=400))

    failure = hushed(error, change).failure

    hidden = ", ".join(["(sensitive)"] * 5)
    assert failure.message == f"{hidden}, abc, ${{NAME}}, gpt-5"
    assert failure.advice == "not (sensitive)"


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        ("tools: [{type: mcp, headers: {Authorization: 'Bearer ${TOKEN:-hunter2secret}'}}]", "hunter2secret"),
        ("environment_variables: {PIN: 123456}", "123456"),
        ("environment_variables: {PIN: 0123456}", "0123456"),
        ("environment_variables: {PIN: 12:34:56}", "12:34:56"),
        ("tools: [{type: mcp, headers: {X: 0123456}}]", "0123456"),
    ],
)
def test_a_diagnostic_does_not_show_what_a_plan_hides(
    written: str, secret: str, project: Path, provisioner: Command
) -> None:
    agent = f"kind: hosted, image: r.example/a:1, {written}" if "environment" in written else f"model: c/m, {written}"
    (project / "stores.yaml").write_text(f"version: 1\nname: o\nagents: {{a: {{{agent}}}}}\n", encoding="utf-8")

    for style in ("text", "json"):
        told = provisioner("validate", "--format", style)
        assert any(code in told.out + told.err for code in ("placeholder", "wrong-type", "yaml-ambiguous"))
        assert secret not in told.out + told.err


_HOSTILE = [
    *(
        "a",
        "aB",
        "a=",
        "a=b;",
        "; a",
        "a://",
        "@b",
        "?a&",
        "my-",
        "api-key: ",
        "Bearer ",
        "AccountKey=x;",
        "eyJaaaaaaaa.",
    ),
    *("ghp_", "glpat-", "sk-a1", "xoxb-1", '"', "\\", '"a":"', '\\"a\\":\\"', '"password":"x\\x"', "'token':'", "sig="),
    *(
        "-----BEGIN PRIVATE KEY-----",
        "a1" * 15 + "g",
        "A" * 86 + "==",
        "JQQJ9",
        "(sensitive)",
        "\n",
        "PASSWORD=a1\n",
        "a: b\n",
        "a: >\n b\n",
        "token = a1\n",
        "login a password ",
        "login ",
        '"passwords":["',
        '"passwords":["a",',
        "'passwords':[\\\"",
        "a8Q~",
        "a2" * 26,
        "\n" + " " * 8,
    ),
]
_PROGRAM = """
import resource, sys
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (2**28 + 48 * size, 2**28 + 48 * size))
from provisioner.model.forms import secret_spans
piece = sys.argv[2].encode("ascii").decode("unicode_escape")
print(len(secret_spans(piece * (size // len(piece)))))
"""


@pytest.mark.parametrize("piece", _HOSTILE, ids=range(len(_HOSTILE)))
def test_megabytes_that_begin_like_a_secret_everywhere_are_searched(piece: str) -> None:
    """A pattern that is worse than linear takes many minutes of them."""
    size, argument = tries(8_000_000), piece.encode("unicode_escape").decode("ascii")
    command = [sys.executable, "-c", _PROGRAM, str(size), argument]
    searched = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)

    assert searched.returncode == 0, searched.stderr


def test_a_create_and_a_delete_show_no_secret_either() -> None:
    fields = {"headers": [{"name": "X", "value": "123456"}]}
    for action, before, after in ((Action.CREATE, None, fields), (Action.DELETE, fields, None)):
        live = None if before is None else Live(address=_ADDRESS, fields=before)
        plan = Plan(owner="o", changes=(Change(action=action, address=_ADDRESS, before=live, after=after),))
        assert "123456" not in _everything(plan)


def test_spans_are_in_order_and_apart() -> None:
    text = " ".join(SECRETS.values())
    spans = secret_spans(text)

    assert [text[start:end] for start, end in spans] == list(SECRETS.values())
    assert ABSENT is told_apart(ABSENT, ABSENT)
    assert replace(_plan_of(None, {}), owner="p").digest


def test_a_text_that_is_full_of_secrets_is_hidden_whole() -> None:
    text = "AccountKey=" + "x" * 8 + "; "

    assert redacted(f"before {text * 20_000}", ("instructions",)) == "(sensitive)"
