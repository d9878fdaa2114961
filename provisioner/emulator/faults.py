"""Declared misfortune: which requests, and what happens to them. Nothing here is random."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
MATCH_KEYS: Final = frozenset({"method", "path", "path_regex", "nth", "times"})
DO_KEYS: Final = frozenset({"status", "body", "headers", "after_effect", "delay_s", "drop"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Misfortune:
    """What to do to one request. Without a status and a drop it is only delayed."""

    status: int | None = None
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    after_effect: bool = False  # the request takes effect, then `status` is answered
    delay_s: float = 0
    drop: str | None = None  # "before" the effect or "after" it: the connection is closed without an answer


@dataclass(kw_only=True, slots=True)
class Fault:
    method: str | None
    path: re.Pattern[str]
    nth: int
    times: int | None
    do: Misfortune
    seen: int = 0
    done: int = 0

    def matches(self, method: str, path: str) -> bool:
        return self.method in {None, method} and self.path.search(path) is not None

    @property
    def is_ready(self) -> bool:
        return self.seen >= self.nth and (self.times is None or self.done < self.times)


class Faults:
    def __init__(self) -> None:
        self._declared: list[Fault] = []

    def declare(self, documents: list[Json]) -> None:
        """All or none. Raises ValueError, naming what is wrong."""
        self._declared += [_fault(document) for document in documents]

    def clear(self) -> None:
        self._declared.clear()

    def strike(self, method: str, path: str) -> Misfortune:
        """The first fault that applies; every matching one counts the request."""
        matching = [fault for fault in self._declared if fault.matches(method, path)]
        for fault in matching:
            fault.seen += 1
        ready = next((fault for fault in matching if fault.is_ready), None)
        if ready is None:
            return Misfortune()
        ready.done += 1
        return ready.do

    def describe(self) -> list[Json]:
        return [{"path": fault.path.pattern, "seen": fault.seen, "done": fault.done} for fault in self._declared]


def _fault(document: Json) -> Fault:
    match, do = document.get("match", {}), document.get("do")
    if not isinstance(match, dict) or not isinstance(do, dict) or not do:
        raise ValueError('A fault is {"match": {...}, "do": {...}}.')
    _refuse_unknown(match, MATCH_KEYS, "match")
    _refuse_unknown(do, DO_KEYS, "do")
    if do.get("drop") not in {None, "before", "after"}:
        raise ValueError('"drop" is "before" or "after" the effect.')
    _check_numbers(match, do)
    nth = match.get("nth")
    return Fault(
        method=match["method"].upper() if "method" in match else None,
        path=_path_pattern(match),
        nth=nth or 1,
        times=match.get("times", None if nth is None else 1),  # "the nth" alone means that one only
        do=Misfortune(**do),
    )


def _check_numbers(match: Json, do: Json) -> None:
    for where, key, sorts in ((match, "nth", int), (match, "times", int), (do, "status", int), (do, "delay_s", float)):
        if not isinstance(where.get(key, 0), (int, sorts)):
            raise TypeError(f'"{key}" is a number.')


def _path_pattern(match: Json) -> re.Pattern[str]:
    """`path` is a glob over the whole path, without the query; `path_regex` is searched for."""
    try:
        return re.compile(match.get("path_regex") or translate(match.get("path", "*")), re.IGNORECASE)
    except (re.error, TypeError) as error:
        raise ValueError(f"The path pattern is not valid: {error}.") from None


def _refuse_unknown(given: Json, known: frozenset[str], where: str) -> None:
    unknown = sorted(given.keys() - known)
    if unknown:
        raise ValueError(f'Unknown in "{where}": {", ".join(unknown)}; known: {", ".join(sorted(known))}.')
