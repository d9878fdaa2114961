"""Every refusal is raised as one exception and shaped here, per plane.

Shapes: azure-rest-api-specs, ai-foundry common/models.tsp (`ApiErrorResponse`) and
azure-sdk-for-python#44971 for the project plane; the ARM error contract for the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.emulator.model.interface import Json


class Refusal(Exception):  # noqa: N818  it is an answer, not a fault of ours
    """The service says no. `here` is what to do about it in a local Foundry alone; the service's answer has none."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: Mapping[str, str] | None = None,
        bare: Json | None = None,
        here: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.kind = kind
        self.headers = dict(headers or {})
        self.bare = bare  # the whole body, where the service answers without an envelope
        self.details = [{"code": "LocalFoundry", "message": here}] if here else []


def project_error(refusal: Refusal, request_id: str) -> Json:
    if refusal.bare is not None:
        return refusal.bare
    return {
        "error": {
            "code": refusal.code,
            "message": refusal.message,
            "param": refusal.param,
            "type": refusal.kind,
            "details": refusal.details,
            "additionalInfo": {"request_id": request_id},
        }
    }


def management_error(refusal: Refusal, request_id: str) -> Json:  # noqa: ARG001  same shape of call
    error: Json = {"code": refusal.code, "message": refusal.message}
    if refusal.param is not None:
        error["target"] = refusal.param
    if refusal.details:
        error["details"] = refusal.details
    return {"error": error}


def not_found(message: str) -> Refusal:
    """404 of the project plane. The code is assumed from the OpenAI style."""
    return Refusal(404, "not_found", message)


def bad_request(message: str, *, param: str | None = None, code: str = "invalid_request_error") -> Refusal:
    """400 of the project plane. assumed: which of several seen codes a rule answers with."""
    return Refusal(400, code, message, param=param)
