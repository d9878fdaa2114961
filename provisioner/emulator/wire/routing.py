"""Routes as data: a method, a path with {names}, a handler.

Matching is on the undecoded path, so an encoded slash or colon in a name cannot reach another route.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from provisioner.emulator.wire.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.emulator.wire.call import Handler


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    method: str
    path: str
    handler: Handler
    feature: str | None = None  # opt-in token this route needs on v1
    token: bool = True  # needs a bearer token
    exclusive: bool = False  # two at once on one path collide
    versioned: bool = True  # takes an api-version; the others refuse one
    by_role: bool = True  # of the management plane: roles are looked at first; otherwise its handler does
    waits: bool = True  # of the project plane: until a slow model is done with the memory updates that are due


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    route: Route
    params: Mapping[str, str]


class Router:
    def __init__(self, routes: Iterable[Route], *, ignore_case: bool = False, is_whole: bool = False) -> None:
        """`is_whole`: the paths that it lacks are nowhere, rather than not emulated."""
        by_path: dict[str, dict[str, Route]] = {}
        for route in routes:
            by_path.setdefault(route.path, {})[route.method] = route
        flags = re.IGNORECASE if ignore_case else 0
        self._is_whole = is_whole
        self._table = [(_pattern(path, flags), methods) for path, methods in by_path.items()]

    def find(self, method: str, path: str) -> Found:
        for pattern, methods in self._table:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            if method not in methods:
                raise _wrong_method(method, path, methods)
            params = {name: unquote(value) for name, value in match.groupdict().items()}
            return Found(route=methods[method], params=params)
        if self._is_whole:
            raise Refusal(404, "NotFound", f"There is no {path}. What there is: docs/local-foundry.md.")
        raise Refusal(
            501,
            "NotEmulated",
            f"{method} {path} is not emulated. What is missing is listed in docs/local-foundry.md.",
        )


def _pattern(path: str, flags: int) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/:]+)", re.escape(path)) + "/?", flags)


def _wrong_method(method: str, path: str, methods: Mapping[str, Route]) -> Refusal:
    allowed = ", ".join(sorted(methods))
    return Refusal(
        405,
        "MethodNotAllowed",
        f"The method {method} is not allowed on {path}; allowed: {allowed}.",
        headers={"Allow": allowed},
    )
