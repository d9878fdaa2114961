"""JSON Schema of what `check --format json` writes, and `apply --check` in its last line."""

from __future__ import annotations

from typing import Final

from provisioner.model.check import KINDS, CheckState
from provisioner.model.document import Json
from provisioner.render.schema_parts import ADDRESS, DIALECT, count, flag, many, obj, ref, seconds, text

_TOKENS: Final = obj(
    "What models charge for, as far as the service tells it.",
    input=count("Tokens that models read."),
    output=count("Tokens that models wrote."),
    embedding=count("Tokens that were embedded."),
    total=count("All of them."),
)
_CHECK: Final = obj(
    "What one check found.",
    name=text("Its name in the manifest."),
    kind={"enum": [*KINDS.values()], "description": "What sort of check it is."},
    address=ref("address"),
    state={
        "enum": [state.value for state in CheckState],
        "description": "`skipped` is what somebody stopped.",
    },
    message=text("What was seen."),
    hint=text("What to do; may be empty."),
    code=text("The code of the service's refusal, where that is why; else empty."),
    status={"type": "integer", "minimum": 0, "description": "Its HTTP status; 0 where there is none."},
    request_id=text("By which the service's support finds it; may be empty."),
    elapsed_s=seconds("How long it took, in seconds, with all tries."),
    tries=count("How often it was tried."),
    tokens=_TOKENS,
)
CHECKS: Final[Json] = {
    "format_version": text("Of this document: major.minor.", pattern=r"^1\.\d+$"),
    "passed": flag("Whether all are `ok`; else the exit code is 1, or 130 where it was interrupted."),
    "elapsed_s": seconds("How long it took, in seconds."),
    "summary": obj("How many of each.", **{it.value: count(f"Checks that are {it.value}.") for it in CheckState}),
    "tokens": {**_TOKENS, "description": "What all of them cost."},
    "checks": many("In the order of the manifest.", _CHECK),
}


def check_schema() -> Json:
    found = obj("What `check --format json` writes.", **CHECKS)
    return {"$schema": DIALECT, "title": "Checks", **found, "$defs": {"address": ADDRESS}}
