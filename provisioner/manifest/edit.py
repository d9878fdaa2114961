"""Changing values in a manifest's text: these, and nothing beside them.

The text is not written anew: what stands between the values stays as it is, byte by byte, and so do comments, order,
quotes and anchors. Whatever was changed is read again, and counts only if it says what it should.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from provisioner.manifest.edit_values import CannotEdit, Edit, with_all
from provisioner.manifest.reader import read
from provisioner.manifest.write import block, flow, key
from provisioner.manifest.yaml_nodes import Node, Tree
from provisioner.model.document import ABSENT, Path

__all__ = ["CannotEdit", "Edit", "Edited", "edited"]

_PROPERTIES: Final = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]+)*")  # an anchor, a tag
_COLON: Final = re.compile(r"[ \t]*:")
_NOTHING: Final = ("", "~", "null", "Null", "NULL")
_BLOCKS: Final = ("|", ">")
_HEAD: Final = re.compile(r"[|>][-+0-9]*([ \t]+#[^\r\n]*)?")
_FIRST_LINE: Final = re.compile(r"\n([ ]*)[^ \r\n]")
_BEHIND_A_MARK: Final = "has its key written after a `?`"
_STEP: Final = 2  # spaces, where a file does not show what it indents by


@dataclass(frozen=True, slots=True)
class Edited:
    """The text with all edits that could be made, and why the others could not."""

    text: str
    refused: Mapping[Path, str]


def edited(text: str, edits: Sequence[Edit]) -> Edited:
    """All at once; in parts only where something stands in the way of one."""
    try:
        return Edited(_applied(text, edits), {})
    except CannotEdit as refusal:
        if len(edits) < 2:
            return Edited(text, {edit.path: refusal.why for edit in edits})
    if refused := _refused(text, edits):
        rest = edited(text, [edit for edit in edits if edit.path not in refused])
        return Edited(rest.text, {**rest.refused, **refused})
    middle = len(edits) // 2
    first = edited(text, edits[:middle])
    second = edited(first.text, edits[middle:])
    return Edited(second.text, {**first.refused, **second.refused})


def _refused(text: str, edits: Sequence[Edit]) -> dict[Path, str]:
    """Those that cannot be made, whatever becomes of the others."""
    try:
        writer = _Writer(text, _root(text), edits)
    except CannotEdit:  # one of them makes no sense: which, comes out where they are tried in parts
        return {}
    return {edit.path: why for edit in edits if (why := _why_not(writer, edit))}


def _why_not(writer: _Writer, edit: Edit) -> str:
    try:
        list(writer.splices(edit))
    except CannotEdit as refusal:
        return refusal.why
    return ""


def _applied(text: str, edits: Sequence[Edit]) -> str:
    """Raises CannotEdit."""
    before = _root(text)
    wanted = with_all(before, edits)
    if wanted == before:
        return text
    changed = _Writer(text, before, edits).text_with(edits)
    for each in (changed, f"{changed}\n"):  # a text at the end of the file may need the end of its line
        if _root(each) == wanted:
            return each
    raise CannotEdit("stands where changing it would change something else, too")


def _root(text: str) -> Any:
    source, problems = read(text, file="")
    if source is None or problems or not isinstance(source.root, dict):
        raise CannotEdit("stands in a file that is no manifest")
    return source.root


@dataclass(frozen=True, slots=True, order=True)
class _Splice:
    """`key` tells one insertion from another at the same place; of two of the same one is made."""

    start: int
    end: int
    key: Path = ()
    new: str = ""


class _Writer:
    def __init__(self, text: str, before: object, edits: Iterable[Edit]) -> None:
        self._text = text
        self._wanted = with_all(before, (edit for edit in edits if not edit.moves_items))
        self._added: set[Path] = set()
        self._tree = Tree(text)
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def text_with(self, edits: Iterable[Edit]) -> str:
        splices: dict[tuple[int, int, Path], _Splice] = {}
        for edit in edits:
            for each in self.splices(edit):
                splices.setdefault((each.start, each.end, each.key), each)
        at, parts = 0, []
        # where several things are inserted, what belongs to the deeper mapping comes first
        for each in sorted(splices.values(), key=lambda it: (it.start, it.end, -len(it.key) if it.key else -math.inf)):
            if each.start < at:
                raise CannotEdit("cannot be changed together with what is around it")
            parts += [self._text[at : each.start], each.new]
            at = each.end
        return "".join([*parts, self._text[at:]])

    def splices(self, edit: Edit) -> Iterator[_Splice]:
        """Raises CannotEdit."""
        node, key_node, holder, key_of_holder = self._tree.root, None, None, None
        in_flow = False
        for depth, step in enumerate(edit.path):
            self._require_own(node)
            if edit.is_before and depth + 1 == len(edit.path):
                yield self._items_before(key_node, node, edit, in_flow=in_flow or node.is_flow)
                return
            found = _child(node, step)
            if found is None:
                if edit.value is not ABSENT:
                    yield from self._addition(key_node, node, edit.path[: depth + 1], in_flow=in_flow)
                return
            in_flow = in_flow or node.is_flow
            holder, key_of_holder, (key_node, node) = node, key_node, found
        if holder is None:
            raise CannotEdit("is the whole file")
        if edit.value is ABSENT:
            yield self._removal(holder, node, key_node, key_of_holder)
        else:
            self._require_own(node)
            yield self._replacement(key_node, node, edit.value, in_flow=in_flow)

    def _require_own(self, node: Node) -> None:
        """Whether it stands here alone."""
        if node.is_alias:
            raise CannotEdit(f"comes from `*{node.anchor}`, which stands elsewhere, too")
        if node.anchor in self._tree.shared:
            raise CannotEdit(f"stands in `&{node.anchor}`, which is used elsewhere, too")

    def _replacement(self, key_node: Node | None, node: Node, value: object, *, in_flow: bool) -> _Splice:
        start, quote = self._start(node), node.style if node.style in ("'", '"') else ""
        if in_flow or (node.is_flow and node.values):
            text = block(value, quote=quote)[0] if quote and isinstance(value, str) else flow(value)
            return _Splice(start, node.end, new=self._spaced(start, text))
        indent = self._column(key_node.start if key_node is not None else self._dash(node))
        lines = block(value, quote=quote)
        if _is_filled(value):
            return self._members(key_node, node, lines, indent, deeper=isinstance(value, Mapping))
        if node.style == "block" and key_node is not None:  # on the line of its key
            start = self._after_colon(key_node)
        lines[0] += self._comment_of(node)
        end = node.end
        if len(lines) > 1:
            indent = self._text_column(node, indent, is_told=lines[0][1:2].isdigit())
            if node.style == "":  # a comment behind it has to stand behind the `|`
                end = self._line_end(node.end)
                lines[0] += self._text[node.end : end].rstrip()
        return _Splice(start, end, new=self._spaced(start, self._joined(lines, " " * indent, first="")))

    def _start(self, node: Node) -> int:
        """Behind its anchor and tag."""
        if node.style == "block":
            return self._dash(node.items[0]) if node.items else node.firsts[0].start
        properties = _PROPERTIES.match(self._text[node.start : node.end])
        return node.start + (properties.end() if properties else 0)

    def _members(
        self, key_node: Node | None, node: Node, lines: Sequence[str], indent: int, *, deeper: bool
    ) -> _Splice:
        """In blocks, below the key or behind the dash; a mapping `deeper` than the key, where a list need not be."""
        start = self._start(node)
        if node.style == "block" and not (deeper and self._column(start) <= indent):
            return _Splice(start, node.end, new=self._joined(lines, " " * self._column(start), first=""))
        if key_node is None:
            return _Splice(start, node.end, new=self._joined(lines, " " * (indent + _STEP), first=""))
        at = self._after_colon(key_node)
        return _Splice(at, node.end, new=self._newline + self._joined(lines, " " * (indent + self._step)))

    def _comment_of(self, node: Node) -> str:
        """What stands behind the `|` of a text."""
        found = _HEAD.match(self._text, self._start(node)) if node.style in _BLOCKS else None
        return found[1] or "" if found else ""

    def _text_column(self, node: Node, indent: int, *, is_told: bool) -> int:
        """Where the lines of a text begin: where they did, or as the head of the new one says."""
        found = _FIRST_LINE.search(self._text, self._start(node), node.end) if node.style in _BLOCKS else None
        return len(found[1]) if found and not is_told else indent + _STEP

    @property
    def _step(self) -> int:
        """How deep the file indents: what its first mapping in another does."""
        for _, value in self._tree.root.pairs or ():
            if value.style == "block" and value.pairs:
                return self._column(value.pairs[0][0].start) or _STEP
        return _STEP

    def _addition(self, key_node: Node | None, holder: Node, path: Path, *, in_flow: bool) -> Iterator[_Splice]:
        """Where there is nothing yet, all that is to be there; once, however many edits are to bring it."""
        is_empty = holder.word in _NOTHING if holder.style == "" else not holder.values
        place = path[:-1] if key_node is not None and is_empty else path
        if place in self._added:
            return
        if key_node is not None and is_empty:
            self._require_own(holder)
            yield self._replacement(key_node, holder, _at(self._wanted, place), in_flow=in_flow)
        else:
            yield self._insertion(holder, path, in_flow=in_flow or holder.is_flow)
        self._added.add(place)

    def _insertion(self, holder: Node, path: Path, *, in_flow: bool) -> _Splice:
        """A new key at the end of its mapping, or a new item at the end of its list."""
        wanted = _at(self._wanted, path)
        if holder.items is not None:
            return self._new_item(holder, path, wanted, in_flow=in_flow)
        if holder.pairs is None:
            raise CannotEdit("stands below a value that is no mapping")
        if in_flow:
            text = f"{key(path[-1])}: {flow(wanted)}"
            return self._into_flow(holder, holder.values, path, text)
        indent = " " * self._column(holder.pairs[0][0].start)
        lines = block({path[-1]: wanted})
        at = self._line_end(holder.pairs[-1][1].end)
        gap = self._newline if self._is_spaced(holder) else ""
        return _Splice(at, at, path, f"{self._newline}{gap}{self._joined(lines, indent)}")

    def _new_item(self, holder: Node, path: Path, wanted: object, *, in_flow: bool) -> _Splice:
        items = holder.items or []
        if in_flow or not items:
            return self._into_flow(holder, items, path, flow(wanted))
        indent = " " * self._column(self._dash(items[0]))
        at = self._line_end(items[-1].end)
        return _Splice(at, at, path, f"{self._newline}{self._joined(block([wanted]), indent)}")

    def _items_before(self, key_node: Node | None, holder: Node, edit: Edit, *, in_flow: bool) -> _Splice:
        """Right behind the item above, so that a comment stays with the one it stands over."""
        index, items, new = int(edit.path[-1]), holder.items or [], edit.value
        if not items or not isinstance(new, list):
            raise CannotEdit("is in no list")
        if in_flow and index < len(items):
            at = items[index].start
            return _Splice(at, at, edit.path, "".join(f"{flow(each)}, " for each in new))
        if in_flow:
            return self._into_flow(holder, items, edit.path, ", ".join(map(flow, new)))
        indent = " " * self._column(self._dash(items[0]))
        above = items[index - 1].end if index else key_node.end if key_node is not None else None
        if above is not None:
            at = self._line_end(above)
            return _Splice(at, at, edit.path, f"{self._newline}{self._joined(block(new), indent)}")
        at = self._dash(items[0])
        return _Splice(at, at, edit.path, f"{self._joined(block(new), indent, first='')}{self._newline}{indent}")

    def _into_flow(self, holder: Node, inner: Sequence[Node], path: Path, text: str) -> _Splice:
        at = inner[-1].end if inner else holder.end - 1
        return _Splice(at, at, path, f", {text}" if inner else text)

    def _is_spaced(self, holder: Node) -> bool:
        """Whether an empty line stands between its members, so that one belongs before a new one, too."""
        pairs = holder.pairs or []
        if len(pairs) < 2:
            return holder is self._tree.root
        between = self._text[pairs[-2][1].end : pairs[-1][0].start]
        return re.search(r"\n[ \t]*\r?\n", between) is not None

    def _removal(self, holder: Node, node: Node, key_node: Node | None, key_of_holder: Node | None) -> _Splice:
        members, ends = holder.firsts, holder.values
        index = next(at for at, each in enumerate(ends) if each is node)
        if len(members) == 1:
            start = holder.start if key_of_holder is None or holder.is_flow else self._after_colon(key_of_holder)
            return _Splice(start, holder.end, new=self._spaced(start, "{}" if holder.pairs else "[]"))
        if holder.is_flow:
            if index + 1 < len(members):
                return _Splice(members[index].start, members[index + 1].start)
            return _Splice(ends[index - 1].end, ends[index].end)
        first = key_node.start if key_node is not None else self._dash(node)
        line = self._line_start(first)
        if self._text[line:first].strip():  # a dash stands before it
            if index + 1 == len(members):
                raise CannotEdit(_BEHIND_A_MARK)
            return _Splice(first, members[index + 1].start)
        return _Splice(line, self._next_line(node.end))

    def _after_colon(self, key_node: Node) -> int:
        found = _COLON.match(self._text, key_node.end)
        if found is None:
            raise CannotEdit(_BEHIND_A_MARK)
        return found.end()

    def _dash(self, item: Node) -> int:
        at = len(self._text[: item.start].rstrip(" \t\r\n")) - 1
        if self._text[at : at + 1] != "-":
            raise CannotEdit("is parted from its dash by a comment")
        return at

    def _spaced(self, start: int, new: str) -> str:
        """With a space where none stands before it: behind a bare `key:`."""
        return new if start == 0 or self._text[start - 1] in " \t\n\r[{," else f" {new}"

    def _joined(self, lines: Sequence[str], indent: str, *, first: str | None = None) -> str:
        starts = [indent if first is None else first, *[indent] * (len(lines) - 1)]
        return self._newline.join(f"{start}{line}" if line else "" for start, line in zip(starts, lines, strict=True))

    def _column(self, at: int) -> int:
        return at - self._line_start(at)

    def _line_start(self, at: int) -> int:
        return max(self._text.rfind("\n", 0, at), self._text.rfind("\r", 0, at)) + 1

    def _line_end(self, at: int) -> int:
        """Before the line's end, and behind the comment in it."""
        found = re.compile(r"[^\r\n]*").match(self._text, at)
        return found.end() if found else at

    def _next_line(self, at: int) -> int:
        end = self._line_end(at)
        return end + len((re.compile(r"\r?\n|\r").match(self._text, end) or [""])[0])


def _child(node: Node, step: str) -> tuple[Node | None, Node] | None:
    if node.items is not None:
        return (None, node.items[int(step)]) if step.isdecimal() and int(step) < len(node.items) else None
    return next((pair for pair in node.pairs or () if pair[0].word == step), None)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _is_filled(value: object) -> bool:
    return isinstance(value, (Mapping, list, tuple)) and bool(value)
