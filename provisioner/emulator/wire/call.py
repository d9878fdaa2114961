"""What a handler is given and what it gives back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from provisioner.emulator.wire.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from provisioner.emulator.model import Model
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world.state import State
    from provisioner.emulator.world.switches import Switches
    from provisioner.emulator.world.world import World


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
    operation_error: Json | None = None  # a fault: the management write that this starts ends so
    is_forgotten: bool = False  # a fault: answered like any other, and nothing of it stays

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
        body = self._json()
        if not isinstance(body, dict):
            raise Refusal(400, "invalid_payload", "The request body must be a JSON object.")
        return body

    def batch(self) -> list[Any]:
        """The request's JSON list. Refuses anything else."""
        body = self._json()
        if not isinstance(body, list):
            raise Refusal(400, "invalid_payload", "The request body must be a JSON list.")
        return body

    def _json(self) -> Any:
        try:
            body = json.loads(self.content, parse_constant=_refuse_constant, parse_float=_finite)
            if b"\\u" in self.content:  # half a character can be written in JSON, and nowhere else
                json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise Refusal(400, "invalid_payload", "The request body is not valid JSON.") from None
        return body


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _finite(digits: str) -> float:
    """1e999 is JSON, but no number that could be answered again."""
    number = float(digits)
    if not isfinite(number):
        raise ValueError(digits)
    return number


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    body: object = None  # None: an answer without content; bytes: JSON that is written already
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hold_until: float | None = None  # answer no sooner than the clock says so
    events: tuple[str, ...] = ()  # instead of a body: sent one by one, as text/event-stream


if TYPE_CHECKING:
    # A handler with work for a model yields it as a callable. It runs outside of the transaction; what it
    # returns or raises comes back at the yield, in a new transaction.
    Slow = Callable[[Model], Any]
    Steps = Generator[Slow, Any, Reply]
    Handler = Callable[[Call], Reply | Steps]
