"""Fault declarations: JSON documents, or a YAML file of them. Whatever is wrong is named, with its line in a file.

- match: {method: POST, path: "*/memory_stores", nth: 2}
  do: {drop: after}
- match: {path: "*/agents*"}
  throttle: {retry_after: 2, times: 3}
"""

from __future__ import annotations

import json
import re
from fnmatch import translate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.handles.world_changes import EFFECTS, effect_problem
from provisioner.emulator.wire.pointers import is_pointer
from provisioner.emulator.world.faults import Fault, Misfortune
from provisioner.emulator.world.options import OptionError
from provisioner.emulator.world.switches import Switches, changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from yaml.nodes import Node

    from provisioner.emulator.model.interface import Json

Place = tuple[str | int, ...]

MATCH_KEYS: Final = frozenset({"method", "path", "path_regex", "query", "nth", "times", "for_s"})
DO_KEYS: Final = frozenset(Misfortune.__dataclass_fields__)
KEYS: Final = frozenset({"match", "do", "throttle"})
AT_ODDS: Final = (
    ("without_effect", {"after_effect", "status", "drop", "operation_error", "stale_answer"}),
    ("stale_answer", {"status", "drop"}),
    ("set", {"status", "drop"}),
    ("remove", {"status", "drop"}),
)
SIZE_MAX: Final = 2**40  # a terabyte, of which nothing is kept
HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.1 and 5.5
HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
TOKENS: Final = re.compile("msi|token|metadata|oauth2", re.IGNORECASE)  # a pattern that means the way to a token
SHAPE: Final = 'A fault is {"match": {...}, "do": {...}}, or "throttle" instead of "do".'


class WrongFault(ValueError):  # noqa: N818  it is the caller's
    """`place` leads to what is wrong: keys and indexes from the list of faults on."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place: Place = place


def faults_of(documents: object, now: float) -> list[Fault]:
    """All or none. Raises WrongFault."""
    return [_fault(document, index, now) for index, document in enumerate(_list_of(documents))]


def documents_in(file: str) -> list[Json]:
    """What a YAML file declares. Raises OptionError, naming the line."""
    import yaml  # noqa: PLC0415  most emulators read no file

    try:
        text = Path(file).expanduser().read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        declared = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise OptionError(f"The fault file '{file}' cannot be read: {why}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise OptionError(f"The fault file '{file}' is not valid YAML: {' '.join(str(error).split())}.") from error
    try:
        documents = _list_of(declared)
        _check_all(documents)
    except WrongFault as error:
        raise OptionError(f"{file}:{_line(node, error.place)}: {error}") from error
    return documents


def _check_all(documents: list[Any]) -> None:
    if not documents:
        raise WrongFault("No faults are declared here.")
    faults_of(documents, 0)


def _list_of(documents: object) -> list[Any]:
    """One fault, a list of them, or {"faults": [...]}."""
    if isinstance(documents, dict) and "faults" in documents:
        _refuse_unknown(documents, frozenset({"faults"}), "the file")
        documents = documents["faults"]
    return documents if isinstance(documents, list) else [] if documents is None else [documents]


def _fault(document: object, index: int, now: float) -> Fault:
    try:
        return _read(document, now)
    except WrongFault as error:
        raise WrongFault(str(error), index, *error.place) from None


def _read(document: object, now: float) -> Fault:
    if not isinstance(document, dict):
        raise WrongFault(SHAPE)
    _refuse_unknown(document, KEYS, "a fault")
    match, do = _match_and_do(document)
    _check(match, MATCH_KEYS, "match")
    _check(do, DO_KEYS, "do")
    _check_together(do)
    _check_is_json(document)
    misfortune = Misfortune(**{**do, "headers": {name: str(value) for name, value in do.get("headers", {}).items()}})
    nth = match.get("nth")
    # "the nth" alone means that one only; and the world is changed once, unless asked for more
    times = 1 if nth is not None or misfortune.changes_the_world else None
    return Fault(
        method=match["method"].upper() if "method" in match else None,
        path=_path_pattern(match),
        strikes_tokens=TOKENS.search(str(match.get("path", "")) + str(match.get("path_regex", ""))) is not None,
        query=match.get("query", {}),
        nth=nth or 1,
        times=match.get("times", times),
        until=now + match["for_s"] if "for_s" in match else None,
        do=misfortune,
        declared=document,
    )


def _check_together(do: Json) -> None:
    """What would be without effect is more likely a slip than a wish."""
    answered = {"status", "drop", "truncate"}
    for key, others in (("body", answered), ("headers", answered), ("after_effect", answered | EFFECTS.keys())):
        if key in do and not others & do.keys():
            raise WrongFault(f'"{key}" needs {" or ".join(sorted(others))} beside it.', "do", key)
    for key, others in AT_ODDS:
        if key in do and others & do.keys():
            raise WrongFault(f'"{key}" cannot stand beside "{min(others & do.keys())}".', "do", key)


def _check_is_json(document: Json) -> None:
    """Declarations are shown again as JSON; YAML has dates and infinities, too."""
    try:
        json.dumps(document, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise WrongFault("A fault holds what JSON can say: no dates, no infinite numbers.") from None


def _match_and_do(document: Json) -> tuple[Json, Json]:
    match, do = document.get("match", {}), document.get("do")
    if not isinstance(match, dict):
        raise WrongFault(SHAPE, "match")
    if "throttle" in document:
        if do is not None:
            raise WrongFault('"throttle" takes the place of "do".', "throttle")
        return _throttled(match, document["throttle"])
    if not isinstance(do, dict) or not do:
        raise WrongFault(SHAPE, *(["do"] if "do" in document else []))
    return match, do


def _throttled(match: Json, throttle: object) -> tuple[Json, Json]:
    """What a caller that is told to slow down sees. Source: Microsoft Learn, Azure OpenAI quota (429)."""
    if not isinstance(throttle, dict):
        raise WrongFault('"throttle" is {"retry_after": seconds, "times": n}.', "throttle")
    _refuse_unknown(throttle, frozenset({"retry_after", "times"}), "throttle")
    for key, value in throttle.items():
        CHECKS["times" if key == "times" else "delay_s"](value, "throttle", key)
    times = {"times": throttle["times"]} if "times" in throttle else {}
    return {**match, **times}, {"status": 429, "headers": {"Retry-After": throttle.get("retry_after", 1)}}


def _check(given: Json, known: frozenset[str], where: str) -> None:
    _refuse_unknown(given, known, where)
    for key, value in given.items():
        CHECKS.get(key, _anything)(value, where, key)


def _refuse_unknown(given: Json, known: frozenset[str], where: str) -> None:
    for key in given:
        if key not in known:
            names = ", ".join(sorted(known))
            place = (where, key) if where in KEYS else (key,)
            raise WrongFault(f'"{key}" is not known in {where}; known: {names}.', *place)


def _anything(value: object, *place: str) -> None: ...


def _number(low: float, high: float, *, whole: bool) -> Callable[..., None]:
    sorts = (int,) if whole else (int, float)
    words = f"a {'whole ' if whole else ''}number from {low} {f'to {high}' if high < 2**31 else 'up'}"

    def check(value: object, *place: str) -> None:
        if isinstance(value, bool) or not isinstance(value, sorts) or not low <= value <= high:
            raise WrongFault(f'"{place[-1]}" is {words}, not {value!r}.', *place)

    return check


def _sort(sorts: tuple[type, ...], words: str) -> Callable[..., None]:
    def check(value: object, *place: str) -> None:
        if not isinstance(value, sorts):
            raise WrongFault(f'"{place[-1]}" is {words}, not {value!r}.', *place)

    return check


def _drop(value: object, *place: str) -> None:
    if value not in ("before", "after"):
        raise WrongFault('"drop" is "before" or "after" the effect.', *place)


def _truncate(value: object, *place: str) -> None:
    if value is not True and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise WrongFault('"truncate" is true (half of the answer) or a number of bytes.', *place)


def _strings(value: object, *place: str) -> None:
    """Numbers may stand for themselves: `Retry-After: 2`."""
    fits = isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(entry, str | int | float) and not isinstance(entry, bool)
        for name, entry in value.items()
    )
    if not fits:
        raise WrongFault(f'"{place[-1]}" is a map of names to strings.', *place)
    for name, entry in value.items():  # type: ignore[attr-defined]  # looked at above
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(str(entry)):
            raise WrongFault(f'"{name}" cannot be sent as a header: {name!r}: {entry!r}.', *place)


def _flag(value: object, *place: str) -> None:
    if value is not True:
        raise WrongFault(f'"{place[-1]}" is true, or is left out.', *place)


def _pointers(value: object, *place: str) -> None:
    """A map of them to values, or a list of them."""
    wanted = dict if place[-1] == "set" else list
    if not isinstance(value, wanted) or not value or not all(map(is_pointer, value)):
        shape = '{"/value/0/name": ...}' if wanted is dict else '["/value/0/name"]'
        raise WrongFault(f'"{place[-1]}" has JSON pointers into the answer, as in {shape}.', *place)
    if "" in value and wanted is list:
        raise WrongFault('"remove" cannot take the whole answer away; "status" and "body" can.', *place)


def _globs(value: object, *place: str) -> None:
    if not isinstance(value, dict) or not all(isinstance(entry, str) for entry in value.values()):
        raise WrongFault('"query" is a map of parameters to patterns.', *place)


def _switches(value: object, *place: str) -> None:
    _sort((dict,), "a map of switches")(value, *place)
    try:
        changed(Switches(), value)  # type: ignore[arg-type]  # the line above
    except ValueError as error:
        raise WrongFault(str(error), *place) from None


def _effect(name: str) -> Callable[..., None]:
    def check(value: object, *place: str) -> None:
        problem = effect_problem(name, value)
        if problem:
            raise WrongFault(problem, *place)

    return check


def _operation_error(value: object, *place: str) -> None:
    if not isinstance(value, dict) or not {"code", "message"} <= value.keys():
        raise WrongFault('"operation_error" is {"code": ..., "message": ...}.', *place)


def _path_pattern(match: Json) -> re.Pattern[str]:
    """`path` is a glob over the whole path, without the query; `path_regex` is searched for."""
    try:
        return re.compile(match.get("path_regex") or translate(match.get("path", "*")), re.IGNORECASE)
    except re.error as error:
        raise WrongFault(f"The path pattern is not valid: {error}.", "match", "path_regex") from None


_TEXT: Final = _sort((str,), "a string")
CHECKS: Final[dict[str, Callable[..., None]]] = {
    "method": _TEXT,
    "path": _TEXT,
    "path_regex": _TEXT,
    "query": _globs,
    "nth": _number(1, 2**53, whole=True),
    "times": _number(0, 2**53, whole=True),
    "for_s": _number(0, 2**53, whole=False),
    "status": _number(200, 599, whole=True),
    "headers": _strings,
    "after_effect": _sort((bool,), "true or false"),
    "delay_s": _number(0, 2**53, whole=False),
    "drop": _drop,
    "truncate": _truncate,
    "stale_s": _number(0, 2**53, whole=False),
    "stale_answer": _flag,
    "without_effect": _flag,
    "set": _pointers,
    "remove": _pointers,
    "size_bytes": _number(1, SIZE_MAX, whole=True),
    "stall_s": _number(0, 600, whole=False),
    "switches": _switches,
    "operation_error": _operation_error,
    **{name: _effect(name) for name in EFFECTS},
}


def _line(node: Node | None, place: Place) -> int:
    """Where in the file the deepest part of the place stands that can be found; the first line is 1."""
    line = 1
    for found in _along(node, place):
        line = found.start_mark.line + 1
    return line


def _along(node: Node | None, place: Place) -> Iterator[Node]:
    entries = _entries(node)
    if place and place[0] not in entries:
        if "faults" in entries:
            yield entries["faults"][0]
            yield from _along(entries["faults"][1], place)
        elif place[0] == 0:  # a single fault needs no list
            yield from _along(node, place[1:])
        return
    if place:
        key, value = entries[place[0]]
        yield key
        yield from _along(value, place[1:])


def _entries(node: Node | None) -> dict[str | int, tuple[Node, Node]]:
    """Key or index to the node that names it and the node of its value."""
    if node is None or isinstance(node.value, str):
        return {}
    if node.tag == "tag:yaml.org,2002:seq":
        return {index: (entry, entry) for index, entry in enumerate(node.value)}
    return {key.value: (key, value) for key, value in node.value}
