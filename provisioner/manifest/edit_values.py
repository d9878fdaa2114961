"""What an edit is, and what a document says after it: the measure of what is done to its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.model.document import ABSENT, Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """`value` is what is to stand at the path, as it is written (see `env.escape`); ABSENT takes the key away. With
    `is_before` it is a list of new items that come before the one at the path, or at the end of its list.

    Of several edits in one list, later items come first: all places are those of the text as it is.
    """

    path: Path
    value: object
    is_before: bool = False

    @property
    def moves_items(self) -> bool:
        return self.is_before or self.value is ABSENT


class CannotEdit(Exception):  # noqa: N818 - an answer, not a failure
    """`why` ends a sentence that begins with what was to be changed."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def with_all(root: Any, edits: Iterable[Edit]) -> Any:
    """A copy of the document after the edits, one after another. Raises CannotEdit."""
    result = _copied(root)
    for edit in edits:
        _make(result, edit)
    return result


def _copied(value: Any) -> Any:
    """With nothing in it that stands in two places."""
    if isinstance(value, Mapping):
        return {name: _copied(inner) for name, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _make(value: Any, edit: Edit, depth: int = 0) -> Any:
    """What the value, at that depth of the path, is after the edit: itself where it can be; the mappings on the way
    are made.
    """
    if depth == len(edit.path):
        return _copied(edit.value)
    step = edit.path[depth]
    if isinstance(value, list):
        if not (step.isdecimal() and int(step) <= len(value)):
            raise CannotEdit("is not in the list any more")
        _make_in_list(value, int(step), edit, depth)
        return value
    holder = value if isinstance(value, dict) else {}
    changed = _make(holder.get(step, {}), edit, depth + 1)
    if changed is ABSENT:
        holder.pop(step, None)
    else:
        holder[step] = changed
    return holder


def _make_in_list(items: list[Any], index: int, edit: Edit, depth: int) -> None:
    if edit.is_before and depth + 1 == len(edit.path):
        items[index:index] = _copied(edit.value)
        return
    changed = _make(items[index] if index < len(items) else {}, edit, depth + 1)
    items[index : index + 1] = [] if changed is ABSENT else [changed]
