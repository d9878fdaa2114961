from __future__ import annotations

import hashlib
from datetime import date

import pytest
from hypothesis import given

from provisioner.model.document import ABSENT
from provisioner.render.redact import is_secret, redacted
from tests.render import strategies as our

_PRINT = f"(sensitive sha256:{hashlib.sha256(b'hunter2').hexdigest()[:8]})"


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "apiKey",
        "APIKey",
        "apikey",
        "X-Api-Key",
        "Ocp-Apim-Subscription-Key",
        "OPENAI_API_KEY",
        "account_keys",
        "primaryKey",
        "secret",
        "client_secret",
        "clientSecretValue",
        "password",
        "adminPassword",
        "passphrase",
        "token",
        "bearer_token",
        "refresh_tokens",
        "Authorization",
        "Proxy-Authorization",
        "Set-Cookie",
        "connection_string",
        "connectionString",
        "ConnectionStrings",
        "credential",
        "credentials",
        "sharedAccessSignature",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-",
        "key",
        "keys",
        "max_tokens",
        "maxOutputTokens",
        "token_limit",
        "token_count",
        "tokens",
        "tokenizer",
        "secret_name",
        "credential_type",
        "authorization_url",
        "token_endpoint",
        "partition_key",
        "prompt_cache_key",
        "public_key",
        "keyword",
        "monkey",
        "author",
        "secretary",
        "model",
        "instructions",
        "capacity",
    ],
)
def test_names_of_harmless_fields(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"headers": {"Authorization": "hunter2"}}, {"headers": {"Authorization": _PRINT}}, id="mapping"),
        pytest.param([{"a": [{"api_key": "hunter2"}]}], [{"a": [{"api_key": _PRINT}]}], id="in-lists"),
        pytest.param(
            {"headers": [{"name": "X-Api-Key", "value": "hunter2"}, {"name": "X-Trace", "value": "on"}]},
            {"headers": [{"name": "X-Api-Key", "value": _PRINT}, {"name": "X-Trace", "value": "on"}]},
            id="pairs-of-name-and-value",
        ),
        pytest.param(
            {"token": None, "secret": "", "password": True},
            {"token": None, "secret": "", "password": True},
            id="what-holds-no-secret-is-shown",
        ),
    ],
)
def test_secrets_are_hidden_at_any_depth(value: object, expected: object) -> None:
    assert expected == redacted(value)


def test_what_lies_below_the_name_of_a_secret_is_hidden() -> None:
    assert redacted("hunter2", ("credentials", "value")) == _PRINT
    assert "hunter2" not in str(redacted({"credentials": {"kind": "basic", "value": "hunter2"}}))


def test_equal_secrets_look_equal_and_others_do_not() -> None:
    assert redacted("a", ("token",)) == redacted("a", ("token",)) != redacted("b", ("token",))


def test_the_value_decides_nothing() -> None:
    text = "api_key=hunter2 Bearer hunter2"

    assert text == redacted(text, ("instructions",))


def test_what_json_does_not_know_becomes_text() -> None:
    assert redacted({1: (date(2025, 4, 14), float("nan"))}) == {"1": ["2025-04-14", "nan"]}


def test_absent_stays_absent() -> None:
    assert ABSENT is redacted(ABSENT, ("api_key",))


@given(our.values)
def test_redacting_twice_changes_nothing_more_than_fingerprints(value: object) -> None:
    once = redacted(value)

    assert _shape(once) == _shape(redacted(once))


def _shape(value: object) -> object:
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return type(value).__name__ if not isinstance(value, str) else "str"
