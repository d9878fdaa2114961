"""What may happen to one request: every fault of the local Foundry (docs/local-foundry.md), alone or from there on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]
HUNG_TIMEOUT_S: Final = 0.4  # real seconds
_ERROR: Final = {"error": {"code": "Sad", "message": "It is not your day."}}
_ELSEWHERE: Final = {"Location": "https://elsewhere.example/"}


@dataclass(frozen=True, kw_only=True)
class Misfortune:
    """`do` as the emulator reads it. `lasting`: to this request and all like it (method and path) that follow;
    `on_all`: to whatever follows.
    """

    do: Json = field(default_factory=dict)
    throttle: Json = field(default_factory=dict)
    lasting: bool = False
    on_all: bool = False
    for_s: float | None = None
    timeout_s: float = 120

    def fault(self, method: str, path: str, nth: int, place: int) -> Json:
        """For the nth request like this one, which is the one at `place` among all."""
        match: Json = {"nth": place, "path": "*"} if self.on_all else {"nth": nth, "method": method, "path": path}
        if self.lasting or self.on_all:
            match["times"] = 1_000_000
        if self.for_s is not None:
            match["for_s"] = self.for_s
        return {"match": match, "throttle": self.throttle} if self.throttle else {"match": match, "do": self.do}


def _answers() -> Iterator[tuple[str, Json]]:
    for status in (400, 401, 403, 404, 408, 409, 412, 500, 501, 503):
        yield str(status), {"status": status}
    yield "refused and nobody says why", {"status": 400, "body": ""}
    yield "a page of HTML", {"status": 200, "body": "<html></html>", "headers": {"Content-Type": "text/html"}}
    for text in ("", "null", "[]", "{}", '{"value": []}'):
        yield f"200 {text}".strip(), {"status": 200, "body": text}
    yield "200 and an error", {"status": 200, "body": _ERROR}
    yield "202", {"status": 202, "body": ""}
    yield "204", {"status": 204}
    yield "307", {"status": 307, "headers": _ELSEWHERE}


ON_ANY: Final[Mapping[str, Misfortune]] = {
    **{name: Misfortune(do=do) for name, do in _answers()},
    "429": Misfortune(throttle={"retry_after": 2, "times": 3}),
    "dropped before": Misfortune(do={"drop": "before"}),
    "cut off": Misfortune(do={"truncate": True}),
    "cut off at once": Misfortune(do={"truncate": 0}),
    "about another": Misfortune(do={"set": {"/name": "another"}}),
    "without a name": Misfortune(do={"remove": ["/name"]}),
    "huge": Misfortune(do={"size_bytes": 34 * 2**20}),
    "hanging": Misfortune(do={"stall_s": 60}, timeout_s=HUNG_TIMEOUT_S),
    "400 from here on": Misfortune(do={"status": 400}, lasting=True),
    "409 from here on": Misfortune(do={"status": 409}, lasting=True),
    "500 from here on": Misfortune(do={"status": 500}, lasting=True),
    "dropped from here on": Misfortune(do={"drop": "before"}, lasting=True),
    "all down from here on": Misfortune(do={"status": 503}, on_all=True),
    "all unreachable from here on": Misfortune(do={"drop": "before"}, on_all=True),
    "all forbidden from here on": Misfortune(do={"status": 403}, on_all=True),
    "all lagging by 20 s": Misfortune(do={"stale_s": 20}, on_all=True),
}
ON_READS: Final[Mapping[str, Misfortune]] = {
    "stale": Misfortune(do={"stale_s": 3600}),
    "stale for 40 s": Misfortune(do={"stale_s": 3600}, lasting=True, for_s=40),
}
ON_WRITES: Final[Mapping[str, Misfortune]] = {
    **{f"{name}, but done": Misfortune(do={**do, "after_effect": True}) for name, do in _answers()},
    "dropped after": Misfortune(do={"drop": "after"}),
    "dropped after, from here on": Misfortune(do={"drop": "after"}, lasting=True),
    "500, but done, from here on": Misfortune(do={"status": 500, "after_effect": True}, lasting=True),
    "without effect": Misfortune(do={"without_effect": True}),
    "without effect from here on": Misfortune(do={"without_effect": True}, lasting=True),
    "an answer of before": Misfortune(do={"stale_answer": True}),
}
# Only deployments are made by operations.
ON_OPERATIONS: Final[Mapping[str, Misfortune]] = {
    "ending failed": Misfortune(do={"operation_error": {"code": "Sad", "message": "It did not work out."}}),
    "ending failed from here on": Misfortune(
        do={"operation_error": {"code": "Sad", "message": "It did not work out."}}, lasting=True
    ),
}


def believed(method: str, misfortune: Misfortune) -> frozenset[str]:
    """Which actions are told as done though they are not, because the service said so where nobody asks again: it shows
    the change in its answer, or knows nothing of the object when asked for it by name. The next plan tells. Where one
    object is to replace another, no answer is enough.
    """
    if misfortune.do.get("without_effect"):
        return frozenset({"create", "update", "adopt", "release"})
    return frozenset({"delete"} if (method, misfortune.do.get("status")) == ("GET", 404) else ())


def misfortunes_of(method: str, path: str) -> Mapping[str, Misfortune]:
    if method == "GET":
        return {**ON_ANY, **ON_READS}
    by_operation = ON_OPERATIONS if "/deployments/" in path and method != "POST" else {}
    return {**ON_ANY, **ON_WRITES, **by_operation}
