"""Every refusal that the two planes are known to give: code, message and request id kept, and what to do."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from provisioner.planes.advice import ADVICE, MANAGEMENT, PROJECT
from provisioner.planes.failures import failure_from, is_caused_by, unreachable

NESTED = (
    "The resource already exists or was modified concurrently. Please retry.\r\n\r\n"
    '{"error":{"code":"conflict","message":"inner","type":"error","details":[]}}'
)

NESTED_PLAINLY = NESTED.replace("\r\n", "\n")


@dataclass(frozen=True, kw_only=True)
class Case:
    status: int
    code: str
    message: str
    advice: str = ""
    extra: tuple[tuple[str, Any], ...] = ()


ROWS = {
    "arm-wrong-audience": Case(
        status=401,
        code="InvalidAuthenticationTokenAudience",
        message="The access token has been obtained for wrong audience or resource 'https://ai.azure.com'.",
        advice="az login",
    ),
    "arm-no-token": Case(status=401, code="AuthenticationFailed", message="Authentication failed.", advice="az login"),
    "arm-expired": Case(status=401, code="ExpiredAuthenticationToken", message="expired", advice="az login"),
    "arm-tenant": Case(status=401, code="InvalidAuthenticationTokenTenant", message="tenant", advice="--tenant"),
    "arm-invalid": Case(status=401, code="InvalidAuthenticationToken", message="invalid", advice="az login"),
    "no-data-role-401": Case(
        status=401,
        code="PermissionDenied",
        message="The principal `<oid>` lacks the data action",
        advice="Foundry User",
    ),
    "no-data-role-403": Case(status=403, code="PermissionDenied", message="lacks", advice="Foundry User"),
    "arm-no-role": Case(status=403, code="AuthorizationFailed", message="no authorization", advice="Account Owner"),
    "preview": Case(
        status=403,
        code="preview_feature_required",
        message="Workflow agents is in preview.",
        advice="opt-in",
        extra=(("param", "Foundry-Features"), ("type", "invalid_request_error")),
    ),
    "conflict": Case(status=409, code="conflict", message=NESTED_PLAINLY, advice="Apply again", extra=(("param", ""),)),
    "rate-limit": Case(status=429, code="rate_limit_exceeded", message="slow down", advice="--parallelism"),
    "server-error": Case(status=500, code="server_error", message="oops", advice="request id"),
    "user-error": Case(status=400, code="UserError", message="1000 versions", advice="1,000 versions"),
    "quota": Case(
        status=400,
        code="InsufficientQuota",
        message="This operation require 240 new capacity in quota Tokens Per Minute (thousands)",
        advice="sku.capacity",
    ),
    "sku": Case(status=400, code="InvalidResourceProperties", message="The specified SKU", advice="sku.name"),
    "model": Case(
        status=400, code="DeploymentModelNotSupported", message="not supported", advice="`version`. Choose a newer"
    ),
    "deprecating": Case(status=400, code="ServiceModelDeprecating", message="deprecating state", advice="newer"),
    "deprecated": Case(status=400, code="ServiceModelDeprecated", message="deprecated since", advice="newer"),
    "quota-id": Case(status=400, code="SpecialFeatureOrQuotaIdRequired", message="QuotaId", advice="subscription"),
    "provider-data": Case(status=400, code="InvalidModelProviderData", message="x", advice="model_provider_data"),
    "opaque": Case(status=400, code="715-123420", message="contact support", advice="entitlement"),
    "busy": Case(status=409, code="RequestConflict", message="Another operation", advice="Wait"),
    "account-busy": Case(status=409, code="AccountProvisioningStateInvalid", message="Accepted", advice="Wait"),
    "soft-deleted": Case(status=409, code="FlagMustBeSetForRestore", message="soft-deleted", advice="purge"),
    "nested": Case(status=409, code="CannotDeleteResource", message="nested resources", advice="first"),
    "lock": Case(status=409, code="ScopeLocked", message="locked", advice="az lock"),
    "parent": Case(status=404, code="ParentResourceNotFound", message="missing", advice="subscription_id"),
    "group": Case(status=404, code="ResourceGroupNotFound", message="missing", advice="resource_group"),
    "not-deployed": Case(status=404, code="DeploymentNotFound", message="within the last 5 minutes", advice="minutes"),
    "api-version": Case(status=400, code="MissingApiVersionParameter", message="x", advice="API version"),
    "policy": Case(status=403, code="RequestDisallowedByPolicy", message="denied", advice="Policy"),
}


def enveloped(case: Case, **more: Any) -> bytes:
    return json.dumps({"error": {"code": case.code, "message": case.message, **dict(case.extra), **more}}).encode()


@pytest.mark.parametrize("case", ROWS.values(), ids=ROWS.keys())
def test_code_message_and_request_id_are_kept_and_advice_is_given(case: Case) -> None:
    failure = failure_from(case.status, enveloped(case), {"x-request-id": "7f"}, by_status=PROJECT)
    assert (failure.code, failure.message) == (case.code, case.message)
    assert (failure.status, failure.request_id) == (case.status, "7f")
    assert case.advice in failure.advice


@pytest.mark.parametrize("code", ADVICE)
def test_each_known_code_has_advice_that_is_a_sentence(code: str) -> None:
    assert ADVICE[code][0].isupper() or ADVICE[code][0] == "`"
    assert ADVICE[code].endswith((".", "`"))
    assert failure_from(400, enveloped(Case(status=400, code=code, message="m")), {}, by_status={}).advice


def test_a_401_without_an_envelope_is_read_all_the_same() -> None:
    message = (
        "Unauthorized. Access token is missing, invalid, audience is incorrect (https://ai.azure.com/), or expired."
    )
    body = json.dumps({"statusCode": 401, "message": message}).encode()
    failure = failure_from(401, body, {}, by_status=PROJECT)
    assert (failure.message, failure.code) == (message, "")
    assert "az login" in failure.advice


@pytest.mark.parametrize("status", [401, 403, 429])
def test_an_unknown_code_is_advised_by_status_and_plane(status: int) -> None:
    body = enveloped(Case(status=status, code="SomethingNew", message="m"))
    assert failure_from(status, body, {}, by_status=PROJECT).advice == PROJECT[status]
    assert failure_from(status, body, {}, by_status=MANAGEMENT).advice == MANAGEMENT[status]
    assert failure_from(400, body, {}, by_status=PROJECT).advice == ""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"", "HTTP 502 without a body", id="empty"),
        pytest.param(b"  \n", "HTTP 502 without a body", id="blank"),
        pytest.param(b"<html>Bad Gateway</html>", "<html>Bad Gateway</html>", id="html"),
        pytest.param(b"\xff\xfe", "\ufffd\ufffd", id="not-utf-8"),
        pytest.param(b"[1, 2]", "[1, 2]", id="a-list"),
        pytest.param(b'{"error": "plain"}', '{"error": "plain"}', id="error-is-text"),
        pytest.param(b'{"error": null, "message": "m"}', "m", id="error-is-null"),
        pytest.param(b'{"error": {"message": ["a"]}}', "['a']", id="message-is-a-list"),
        pytest.param(b"x" * 5000, "x" * 600 + "…", id="huge"),
        pytest.param(b"[" * 100_000, "[" * 600 + "…", id="nested-too-deeply"),
    ],
)
def test_any_other_body_is_shown_as_it_is_within_limits(body: bytes, message: str) -> None:
    assert failure_from(502, body, {}, by_status=PROJECT).message == message


def test_details_are_told_however_deep_and_advise_where_the_wrapper_does_not() -> None:
    body = enveloped(
        Case(status=400, code="DeploymentFailed", message="At least one operation failed."),
        details=[
            "not a detail",
            {"code": "Wrapper", "message": "see inside", "details": [{"code": "InsufficientQuota", "message": "none"}]},
            {"message": "and this"},
            {"code": "Silent"},
        ],
    )
    failure = failure_from(400, body, {}, by_status=MANAGEMENT)
    assert failure.code == "DeploymentFailed"
    assert failure.message.splitlines() == [
        "At least one operation failed.",
        "Wrapper: see inside",
        "InsufficientQuota: none",
        "detail: and this",
    ]
    assert failure.advice == ADVICE["InsufficientQuota"]


@pytest.mark.parametrize(
    ("headers", "extra", "found"),
    [
        ({"x-request-id": "a", "x-ms-request-id": "b"}, {"request_id": "c"}, "a"),
        ({"X-Ms-Request-Id": "b"}, {"request_id": "c"}, "b"),
        ({}, {"request_id": "c"}, "c"),
        ({}, [{"type": "Policy"}], ""),
        ({}, None, ""),
    ],
)
def test_the_request_id_is_found_wherever_it_is(headers: dict[str, str], extra: Any, found: str) -> None:
    body = enveloped(Case(status=400, code="x", message="m"), additionalInfo=extra)
    assert failure_from(400, body, httpx.Headers(headers), by_status={}).request_id == found


class _ReasonedError(OSError):
    """As urllib3's MaxRetryError."""

    reason: Exception


def test_an_untrusted_certificate_is_found_however_it_is_wrapped() -> None:
    inner = ssl.SSLCertVerificationError("self-signed")
    reasoned = _ReasonedError("retries exceeded")
    reasoned.reason = inner
    circular = OSError("a")
    circular.__context__ = circular
    assert is_caused_by(OSError(OSError(inner)), ssl.SSLCertVerificationError)
    assert is_caused_by(reasoned, ssl.SSLCertVerificationError)
    assert not is_caused_by(circular, ssl.SSLCertVerificationError)
    failure = unreachable("host", reasoned)
    assert failure.code == "untrusted-certificate"
    assert "SSL_CERT_FILE" in failure.advice


def test_silence_without_words_is_named_by_its_class() -> None:
    assert unreachable("host", TimeoutError()).message == "host did not answer: TimeoutError"
