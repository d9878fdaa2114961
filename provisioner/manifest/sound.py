"""What is sound in an entry: what can be looked at further when something in it is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provisioner.manifest.misfits import Misfit
from provisioner.model.document import UNKNOWN, Path


def sound_in(value: dict[str, Any], misfits: Iterable[Misfit], unknown: Iterable[Path] = ()) -> dict[str, Any]:
    """The entry without unknown keys, and with UNKNOWN in the place of what does not fit, of what is said under a wrong
    name, and of the paths that are `unknown`. Paths into it lead where they did.
    """
    blanks = [*unknown]
    wrong: list[Path] = []
    for misfit in misfits:
        if misfit.finding.code == "unknown-key":
            wrong.append(misfit.finding.path)
        elif misfit.finding.code in {"wrong-type", "bad-value"}:
            blanks.append(misfit.finding.path)
        if misfit.finding.code != "missing-key":
            blanks += misfit.keys
    if not (blanks or wrong):
        return value
    sound: dict[str, Any] = _copied(value)
    for path in wrong:
        holder = _holder(sound, path)
        if isinstance(holder, dict):
            holder.pop(path[-1], None)
    for path in blanks:
        _blank(sound, path)
    return sound


def _copied(value: Any) -> Any:
    """Each part for itself: what an alias has put in two places may be wrong in one."""
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _holder(value: Any, path: Path) -> Any:
    for step in path[:-1]:
        value = _member(value, step)
    return value


def _member(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    return value[int(step)] if isinstance(value, list) and step.isdecimal() and int(step) < len(value) else None


def _blank(value: Any, path: Path) -> None:
    """At the path, or where the way to it ends."""
    for depth, step in enumerate(path, 1):
        if isinstance(value, dict) and (depth == len(path) or step not in value):
            value[step] = UNKNOWN
            return
        if isinstance(value, list) and depth == len(path) and int(step) < len(value):
            value[int(step)] = UNKNOWN
            return
        value = _member(value, step)
