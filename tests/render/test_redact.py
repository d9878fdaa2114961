from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given

from provisioner.model.document import ABSENT
from provisioner.model.redact import hidden, redacted
from provisioner.model.redacted_diff import told_apart
from provisioner.model.secrets import is_secret
from tests.render import strategies as our

_PRINT = "(sensitive)"


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
        "NEXT_PUBLIC_TOKEN",
        "next_page_access_token",
        "page_token_secret",
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
        "PASS",
        "DB_PASS",
        "dbPass",
        "SAS",
        "BLOB_SAS",
        "SIG",
        "SENTRY_DSN",
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
        "page_token",
        "nextToken",
        "continuation_token",
        "eos_token_id",
        "cost_per_token",
        "maxOutputTokens",
        "token_limit",
        "token_count",
        "tokens",
        "tokenizer",
        "secret_name",
        "credential_type",
        "authorization_url",
        "authorization_schemes",
        "authorization_scheme",
        "DATABASE_URL",
        "pass_rate",
        "passthrough",
        "signal",
        "sassy",
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
            {"headers": [{"name": "X-Api-Key", "value": _PRINT}, {"name": "X-Trace", "value": hidden("on")}]},
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


def test_whether_a_secret_is_another_one_is_told_of_two_sides() -> None:
    one, same, other = (redacted(value, ("token",)) for value in ("a", "a", "b"))

    assert one == other == told_apart(one, same) == "(sensitive)"
    assert told_apart(one, other) == "(sensitive, changed)"


def test_words_that_look_like_no_secret_are_shown() -> None:
    text = "api_key=required Bearer hunter2"

    assert text == redacted(text, ("instructions",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("postgres://app:hunter2@db:5432/x", "postgres://{app:hunter2}@db:5432/x", id="user-and-password"),
        pytest.param("postgres://app:p@ss@db/x", "postgres://{app:p@ss}@db/x", id="at-in-the-password"),
        pytest.param("https://ghp_1@github.com/o/r", "https://{ghp_1}@github.com/o/r", id="token-as-user"),
        pytest.param(
            "https://x.blob.core.windows.net/c?sv=2024&sig=a%2Fb%3D&se=1",
            "https://x.blob.core.windows.net/c?sv=2024&sig={a%2Fb%3D}&se=1",
            id="shared-access-signature",
        ),
        pytest.param("https://h/f?token=t&x=1#key=k", "https://h/f?token={t}&x=1#key={k}", id="token-and-key"),
        pytest.param("https://h/f?subscription-key=k==", "https://h/f?subscription-key={k==}", id="a-key-of-some-kind"),
        pytest.param("see https://a:b@c/d, or ask", "see https://{a:b}@c/d, or ask", id="inside-a-text"),
        pytest.param("https://h/a@b?max_tokens=1", "https://h/a@b?max_tokens=1", id="nothing-to-hide"),
        pytest.param("mail me@example.com?key=1", "mail me@example.com?key=1", id="no-url"),
    ],
)
@pytest.mark.parametrize("path", [("metadata", "DATABASE_URL"), ("server_url",)])
def test_of_a_url_only_the_secret_part_is_hidden(text: str, expected: str, path: tuple[str, ...]) -> None:
    shown = re.sub(r"\{([^}]*)\}", lambda found: str(hidden(found[1])), expected)

    assert shown == redacted(text, path)
    assert {"in": [shown]} == redacted({"in": [text]})


def _schema(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("value", "path"),
    [
        pytest.param(_schema(password={"type": "string", "minLength": 12}), ("tools", "parameters"), id="a-function"),
        pytest.param({"required": ["password", "token"]}, ("tools", "parameters"), id="required-names"),
        pytest.param(_schema(token={"enum": ["short", "long"]}), ("parameters",), id="alternatives"),
        pytest.param(12, ("text", "format", "schema", "properties", "password", "minLength"), id="deep-in-a-path"),
        pytest.param("The new one.", ("structured_inputs", "api_key", "description"), id="an-input"),
        pytest.param({"schema": _schema(token={"type": ["string", "null"]})}, ("text", "format"), id="an-answer"),
        pytest.param({"$defs": {"Token": {"anyOf": [{"type": "string"}]}}}, ("schema",), id="definitions"),
        pytest.param({"/password/{token}": {"get": {"tags": ["token"]}}}, ("spec", "paths"), id="paths"),
        pytest.param(
            {"api_key": {"type": "apiKey", "name": "X-Api-Key", "in": "header"}},
            ("spec", "components", "securitySchemes"),
            id="security-schemes",
        ),
        pytest.param([{"api_key": ["read", "write"]}], ("spec", "security"), id="security-requirements"),
        pytest.param(
            [{"name": "password", "in": "query", "schema": {"type": "string", "format": "password"}}],
            ("spec", "paths", "/x", "get", "parameters"),
            id="parameters",
        ),
        pytest.param(
            {"password": {"tokenUrl": "https://h.example/t", "scopes": {"read": "Read."}}},
            ("spec", "components", "securitySchemes", "oauth", "flows"),
            id="the-flow-called-password",
        ),
    ],
)
def test_names_that_describe_are_shown(value: object, path: tuple[str, ...]) -> None:
    assert redacted(value, path) == value


@pytest.mark.parametrize(
    ("value", "path"),
    [
        pytest.param(_schema(password={"default": "hunter2"}), ("parameters",), id="default"),
        pytest.param(_schema(password={"example": {"a": ["hunter2"]}}), ("parameters",), id="example"),
        pytest.param(_schema(password={"examples": ["hunter2"]}), ("parameters",), id="examples"),
        pytest.param(_schema(password={"const": "hunter2"}), ("parameters",), id="const"),
        pytest.param(_schema(password={"anyOf": [{"const": "hunter2"}]}), ("parameters",), id="below-any-of"),
        pytest.param(_schema(password={"x-sample": "hunter2"}), ("parameters",), id="an-unknown-keyword"),
        pytest.param(_schema(password={"description": {"a": "hunter2"}}), ("parameters",), id="no-description"),
        pytest.param(_schema(password="hunter2"), ("parameters",), id="no-schema-but-a-value"),
        pytest.param(_schema(password=["hunter2"]), ("parameters",), id="no-schema-but-a-list"),
        pytest.param(_schema(secrets=_schema(first={"default": "hunter2"})), ("parameters",), id="inside-a-secret"),
        pytest.param({"password": "hunter2"}, ("parameters",), id="beside-the-keywords"),
        pytest.param({"default": {"password": "hunter2"}}, ("parameters",), id="a-secret-in-a-default"),
        pytest.param({"examples": [{"password": "hunter2"}]}, ("schema",), id="a-secret-in-an-example"),
        pytest.param("hunter2", ("harness", "schema", "properties", "password"), id="a-value-at-the-end-of-a-path"),
        pytest.param("hunter2", ("structured_inputs", "api_key", "default_value"), id="default-of-an-input"),
        pytest.param("hunter2", ("structured_inputs", "api_key"), id="an-input-that-is-none"),
        pytest.param("hunter2", ("structured_inputs", "api_key", "schema", "default"), id="default-in-its-schema"),
        pytest.param([{"name": "api_key", "example": "hunter2"}], ("spec", "parameters"), id="example-of-a-parameter"),
        pytest.param(
            [{"name": "api_key", "schema": {"default": "hunter2"}}], ("spec", "parameters"), id="default-of-a-parameter"
        ),
        pytest.param({"password": "hunter2"}, ("spec", "paths"), id="no-path"),
        pytest.param({"api_key": "hunter2"}, ("spec", "security"), id="no-requirement"),
        pytest.param({"api_key": {"value": "hunter2"}}, ("spec", "securitySchemes"), id="no-scheme"),
        pytest.param({"token": "hunter2"}, ("spec", "headers"), id="a-header-of-a-specification"),
        pytest.param({"schema": {"password": "hunter2"}}, ("metadata",), id="labels-have-no-schema"),
        pytest.param("hunter2", ("environment_variables", "PASSWORD"), id="environment"),
        pytest.param({"X-Anything": "Bearer hunter2"}, ("tools", "headers"), id="credentials-in-any-header"),
        pytest.param([{"name": "X", "value": "Basic hunter2"}], ("headers",), id="credentials-in-a-pair"),
        pytest.param("AccountName=a;AccountKey=hunter2==", ("x",), id="connection-string"),
        pytest.param("Server=tcp:s;User ID=u;Password=hunter2;", ("environment_variables", "DB"), id="of-a-database"),
    ],
)
def test_values_stay_hidden_wherever_their_names_are(value: object, path: tuple[str, ...]) -> None:
    shown = redacted(value, path)

    assert "hunter2" not in str(shown)
    assert "(sensitive)" in str(shown)


def test_of_a_connection_string_only_the_secret_part_is_hidden() -> None:
    text = "AccountName=a;AccountKey=hunter2;EndpointSuffix=core.windows.net"

    assert redacted(text) == f"AccountName=a;AccountKey={_PRINT};EndpointSuffix=core.windows.net"
    assert redacted("a=1; then b=2 and password=3") == "a=1; then b=2 and password=3"


def test_the_schemes_of_an_endpoint_are_shown() -> None:
    schemes = [{"type": "Entra", "isolation_key_source": {"kind": "Entra"}}]

    assert schemes == redacted(schemes, ("agent_endpoint", "authorization_schemes"))


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


@pytest.mark.parametrize("field", ["headers", "environment_variables"])
@pytest.mark.parametrize("value", ["on", "dev", 7, "${X:-hunter2}", "Bearer ${X:-hunter2}", "{{x}} hunter2", ["a"]])
def test_every_value_of_a_header_and_of_an_environment_is_hidden(field: str, value: object) -> None:
    below = redacted({field: {"MODE": value, "name": value}}, ("tools",))

    assert below == {field: {"MODE": below_value(value), "name": below_value(value)}}
    assert redacted(value, ("tools", field, "MODE")) == below_value(value)
    assert redacted([{"name": "MODE", "value": value}], (field,)) == [{"name": "MODE", "value": below_value(value)}]


def below_value(value: object) -> object:
    return [hidden(item) for item in value] if isinstance(value, list) else hidden(value)


@pytest.mark.parametrize("value", ["${TOKEN}", "Bearer ${env:TOKEN}", "{{token}}", "Bearer {{ token }}"])
@pytest.mark.parametrize("name", ["X", "Authorization"])
def test_a_reference_is_no_secret(name: str, value: str) -> None:
    assert redacted({"headers": {name: value}}) == {"headers": {name: value}}
    assert redacted([{"name": name, "value": value}], ("headers",)) == [{"name": name, "value": value}]


_KEY = "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA=="


@pytest.mark.parametrize(
    "text",
    [
        "Use this: DefaultEndpointsProtocol=https;AccountName=x;AccountKey={};EndpointSuffix=core.windows.net to log",
        "Log to: Endpoint=sb://h.example/;SharedAccessKeyName=n;SharedAccessKey={} and go on",
        "the AccountKey={} of it",
        "ask Server=tcp:s;Initial Catalog=c;User ID=u;Password={};Encrypt=True for rows",
        "Send Authorization: Bearer {} with it",
        "Send the header `api-key: {}` with it",
        'headers = {{"Ocp-Apim-Subscription-Key": "{}"}}',
        "x-functions-key={}",
        "curl -H 'authorization: Basic {}'",
        "its bearer {} is good for a day",
    ],
)
def test_a_secret_inside_a_sentence_is_known_by_its_form(text: str) -> None:
    assert redacted(text.format(_KEY), ("instructions",)) == text.format(hidden(_KEY))


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer <your token>, as in every request",
        "Send `api-key: {{key}}` or Authorization: Bearer ${TOKEN}; never both",
        "The API key: see https://learn.example/keys/2024 for how to get one",
        "Bearer authentication is what the service asks for; bearer tokens end after 1 hour",
        "Authorization: nobody may read what others wrote",
        'Run `const token=getToken();let key=keys[0];password=os.environ["P1"];` first',
        "a=1;b=2 is no connection string, and key=x; neither",
        "if x == 1: return; else: api_key = None",
    ],
)
def test_ordinary_prose_and_code_are_left_alone(text: str) -> None:
    assert text == redacted(text, ("instructions",))
