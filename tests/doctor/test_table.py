"""How it looks: one golden table, wide and narrow, with what differs from machine to machine made up."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from provisioner.doctor.reach import Answer, Fault, Silence, clocked, proxied, reached
from provisioner.doctor.sign_in import NoToken, Token, held, signed_in
from provisioner.doctor.verdict import CHECKS, State, Verdict, failed, unknown
from provisioner.model.diagnostic import Diagnostic, Location
from provisioner.model.pipelines import is_inert
from provisioner.preflight.settings import IDS
from provisioner.render.doctor import doctor_json, doctor_text
from provisioner.render.json_schemas import doctor_schema
from provisioner.render.safe import visible
from provisioner.render.styles import COLOURFUL
from tests.whole import tries

NOW = 1_800_000_000.0
HOST = "my-account.services.ai.azure.com"
CLAIMS = {"aud": "https://ai.azure.com", "tid": "1111", "oid": "2222", "scp": "user_impersonation"}
WRONG = Diagnostic(
    code="unknown-key",
    message='There is no key "modle".',
    hint='Did you mean "model"?',
    where=Location(file="stores.yaml", line=3, column=7),
)
SAMPLE = [
    Verdict(check="versions", state=State.OK, message="provisioner 1.0.0, Python 3.12.1 (CPython), Linux-6.1"),
    Verdict(check="manifest", state=State.FAILED, message="stores.yaml: 1 error.", diagnostics=[WRONG]),
    Verdict(
        check="dotenv",
        state=State.WARNING,
        message=".env sets A and B. Others on this machine may read it (mode 644).",
        hint="Keep it to yourself: chmod 600 .env",
    ),
    proxied([(HOST, "http://proxy.example:8080 (with a user name)"), ("management.azure.com", "")], ["HTTPS_PROXY"]),
    reached("project-plane", HOST, Silence(fault=Fault.CERTIFICATE, told="self-signed certificate in chain")),
    reached("management-plane", "management.azure.com", Answer(status=401, ahead_s=400)),
    clocked({"management.azure.com": Answer(status=401, ahead_s=400)}),
    signed_in(
        [Token(claims=CLAIMS, expires_on=NOW, answered="AzureCliCredential"), NoToken(message="No.")],
        chain=("EnvironmentCredential", "AzureCliCredential"),
        settings=["AZURE_CLIENT_ID"],
    ),
    held("project-token", Token(claims=CLAIMS, expires_on=NOW + 240), scope="https://ai.azure.com/.default", now=NOW),
    failed("management-token", "No token could be had: AADSTS50076", "Sign in with `az login`."),
    unknown("project-access", "Not asked: see `project-plane`."),
    unknown("management-access", "Not asked: see `management-token`."),
    unknown("plan", "Not asked: see `manifest`."),
    unknown("quota", "Not asked: see `manifest`."),
]


@pytest.mark.parametrize("width", [60, 100])
def test_the_table_is_as_it_was(width: int, golden: Any) -> None:
    text = doctor_text(SAMPLE, width=width)

    golden(f"table_{width}.txt", text)
    assert max(map(len, text.splitlines())) <= width


def test_the_document_is_as_it_was(golden: Any) -> None:
    golden("doctor.json", doctor_json(SAMPLE))


_ODD = ["", "##vso[x]", "\n::error::x", "\x1b[2J", "Bearer abcd1234", "a" * 200]
_TEXTS = st.text(max_size=60) | st.sampled_from(_ODD)
_THREE = st.tuples(_TEXTS, _TEXTS, _TEXTS)


@given(st.sampled_from([*CHECKS, *IDS]), st.sampled_from(State), _THREE, st.integers(40, 140))
@settings(max_examples=tries(100))
def test_whatever_it_finds_it_is_told_and_steers_nothing(
    check: str, state: State, texts: tuple[str, str, str], width: int
) -> None:
    message, hint, detail = texts
    problem = Diagnostic(code="x", message=message, hint=hint, where=Location(file=detail or "a"))
    found = Verdict(check=check, state=state, message=message, hint=hint, details={"a": detail}, diagnostics=[problem])
    text, document = doctor_text([found, *SAMPLE], width=width), doctor_json([found, *SAMPLE])

    assert is_inert(text)
    assert visible(text) == text
    assert is_inert(document)
    Draft202012Validator(doctor_schema()).validate(json.loads(document))


def test_colours_stand_for_states_alone() -> None:
    text = doctor_text(SAMPLE, styles=COLOURFUL)

    assert f"{COLOURFUL.bad}failed " in text
    assert doctor_text(SAMPLE) == text.replace("\x1b[0m", "").replace(COLOURFUL.bad, "").replace(
        COLOURFUL.warning, ""
    ).replace(COLOURFUL.good, "").replace(COLOURFUL.quiet, "").replace(COLOURFUL.heading, "")
