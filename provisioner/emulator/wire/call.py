"""What a handler is given and what it gives back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provisioner.emulator.state import State
    from provisioner.emulator.switches import Switches
    from provisioner.emulator.world import World

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who the token says is calling."""

    tenant_id: str = ""
    object_id: str = ""
    audience: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    world: World
    method: str
    path: str
    base: str  # as the client addressed us: https://127.0.0.1:8443
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    content: bytes
    request_id: str
    params: Mapping[str, str] = field(default_factory=dict)  # from the path, decoded
    caller: Caller = Caller()
    project: int = 0  # its row, on the project plane

    @property
    def state(self) -> State:
        return self.world.state

    @property
    def switches(self) -> Switches:
        return self.world.switches

    @property
    def now(self) -> float:
        return self.world.clock.now()

    def document(self) -> Json:
        """The request's JSON object; an empty one when there is no body. Refuses anything else."""
        if not self.content.strip():
            return {}
        try:
            body = json.loads(self.content)
        except (ValueError, RecursionError):
            raise Refusal(400, "invalid_payload", "The request body is not valid JSON.") from None
        if not isinstance(body, dict):
            raise Refusal(400, "invalid_payload", "The request body must be a JSON object.")
        return body


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    body: object = None  # None: an answer without content
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hold_until: float | None = None  # answer no sooner than the clock says so


if TYPE_CHECKING:
    Handler = Callable[[Call], Reply]
