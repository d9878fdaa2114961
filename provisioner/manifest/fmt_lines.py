"""A layout as lines: two spaces a level, keys in order, one empty line where there were some."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from provisioner.manifest.fmt_layout import Block, Comment, Layout, Member
from provisioner.manifest.fmt_leaves import Leaf, flow_text, indented
from provisioner.manifest.fmt_order import Order, arranged
from provisioner.manifest.write import LONGEST_KEY

_STEP: Final = "  "
_GAP: Final = 2  # spaces before a comment that stands behind something
_TAKEN_OUT: Final = re.compile(r"#[ \t]{2,}\S")  # by an editor that puts the `#` before all of the line


@dataclass(slots=True)
class _Line:
    text: str
    comment: Comment | None = None

    @property
    def width(self) -> int:
        """From where YAML sees the line begin."""
        return len(re.split("[\u2028\u2029]", self.text)[-1])


def lines(text: str, layout: Layout, order: Order) -> list[str]:
    printer = _Printer(text)
    printer.document(layout, order)
    return _with_comments(printer.lines)


def _with_comments(lines: Sequence[_Line]) -> list[str]:
    """Comments that stood in one column stay in one, as far from what they stand behind as they were, or farther."""
    columns: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for line in lines:
        if line.comment is not None:
            columns[line.comment.column].append((line.width, line.comment.content_end))
    now = {
        column: max(column + max(new - old for new, old in ends), _GAP + max(new for new, _ in ends))
        for column, ends in columns.items()
    }
    return [
        f"{it.text}{' ' * (now[it.comment.column] - it.width)}{it.comment.text}" if it.comment else it.text
        for it in lines
    ]


class _Printer:
    def __init__(self, text: str) -> None:
        self.lines: list[_Line] = []
        self._text = text
        self._keeps_blanks = False  # an empty line would become part of the text above

    def document(self, layout: Layout, order: Order) -> None:
        self.lines += map(_Line, layout.start)
        document = layout.document
        if document.properties or document.beside is not None:
            start = self.lines.pop().text if layout.start else ""
            self._line(f"{start} {document.properties}".strip(), document.beside)
        self._block(layout.root, 0, order, is_whole=True)

    def _block(self, block: Block, depth: int, order: Order, *, is_whole: bool = False) -> None:
        members = self._arranged(block, order)
        self._comments(block.head, depth, is_first=True)
        before: Member | None = None
        for member in members:
            parted = is_whole and (_is_section(before, member) if before is not None else bool(block.head))
            self._above(member, depth, is_first=before is None and not block.head, is_parted=parted)
            self._member(member, depth, order)
            before = member
        self._comments(block.tail, depth)

    @staticmethod
    def _arranged(block: Block, order: Order) -> list[Member]:
        if not block.is_mapping:
            return block.members
        return arranged(block.members, (order.rank(each.word) for each in block.members), lambda it: it.mentions)

    def _above(self, member: Member, depth: int, *, is_first: bool, is_parted: bool) -> None:
        """The comments above it, and the empty lines."""
        above = member.above
        if not is_first and (is_parted or (above[0].is_after_blank if above else member.is_after_blank)):
            self._blank()
        self._comments(above, depth, is_first=True)
        if above and member.is_after_blank:
            self._blank()

    def _member(self, member: Member, depth: int, order: Order) -> None:
        if member.key is not None:
            self._pair(member, member.key, depth, order.inside(member.word))
        elif isinstance(member.value, Block) and member.is_compact:
            self._mapping_in_list(member, member.value, depth, order.of_items)
        else:
            self._value(f"{_STEP * depth}-", member, depth, order.of_items)
        self._comments(member.below, depth)

    def _mapping_in_list(self, member: Member, block: Block, depth: int, order: Order) -> None:
        """Behind its dash. What stands there, or above its first key, comes above the dash."""
        block.members = self._arranged(block, order)
        first = block.members[0]
        if member.beside is not None:
            self._comments([Comment(member.beside.text, 1)], depth)
        self._comments(first.above, depth, is_first=True)
        first.above, first.is_after_blank = [], False
        start = len(self.lines)
        self._block(block, depth + 1, order)
        line = self.lines[start]
        line.text = f"{_STEP * depth}- {line.text[len(_STEP) * (depth + 1) :]}"

    def _pair(self, member: Member, key: Leaf, depth: int, order: Order) -> None:
        indent = _STEP * depth
        if key.more or key.is_block or len(key.head) > LONGEST_KEY:
            self._leaf(f"{indent}?", key, depth, None)
            self._value(f"{indent}:", member, depth, order)
        else:
            written = f"{key.properties} {key.head}".lstrip()
            self._value(f"{indent}{written}{' ' if written.startswith('*') else ''}:", member, depth, order)

    def _value(self, start: str, member: Member, depth: int, order: Order) -> None:
        if isinstance(member.value, Leaf):
            self._leaf(start, self._ordered(member.value, order), depth, member.beside)
        else:
            self._line(f"{start} {member.properties}".rstrip(), member.beside)
            self._block(member.value, depth + 1, order)

    def _ordered(self, leaf: Leaf, order: Order) -> Leaf:
        if leaf.node is not None:
            leaf.head = flow_text(self._text, leaf.node, leaf.start, order)
        return leaf

    def _leaf(self, start: str, leaf: Leaf, depth: int, beside: Comment | None) -> None:
        start = f"{start} {leaf.properties}".rstrip()
        head = f"{start} {leaf.head}".rstrip()
        more = _shifted(leaf, len(start) + 1, depth) if leaf.is_flow else indented(leaf, _STEP * (depth + 1))
        is_behind_all = bool(more) and not leaf.is_block
        self._line(head, None if is_behind_all else beside)
        for line in more:
            self._line(line)
        if is_behind_all:
            self.lines[-1].comment = beside
        self._keeps_blanks = leaf.keeps_blanks

    def _comments(self, comments: Sequence[Comment], depth: int, *, is_first: bool = False) -> None:
        """`is_first`: no empty line comes before the first."""
        at = 0
        while at < len(comments):
            if comments[at].is_after_blank and not (is_first and at == 0):
                self._blank()
            run = [comments[at], *takewhile(lambda it: not it.is_after_blank, comments[at + 1 :])]
            self._run(run, len(_STEP) * depth)
            at += len(run)

    def _run(self, run: Sequence[Comment], indent: int) -> None:
        """Each as deep as it is, seen from the first; what an editor took out stays where it put the `#`."""
        first = run[0].column
        if first == 0 and any(it.column == 0 and _TAKEN_OUT.match(it.text) for it in run):
            indent = 0
        for comment in run:
            self._line(" " * (indent + max(0, comment.column - first)) + comment.text)

    def _line(self, text: str, comment: Comment | None = None) -> None:
        self.lines.append(_Line(text, comment))
        self._keeps_blanks = False

    def _blank(self) -> None:
        if self.lines and not self._keeps_blanks:
            self._line("")


def _is_section(before: Member, member: Member) -> bool:
    """Whether an empty line belongs between these two of a manifest's own keys."""
    return any(isinstance(it.value, Block) or it.value.is_flow or bool(it.value.more) for it in (before, member))


def _shifted(leaf: Leaf, column: int, depth: int) -> list[str]:
    """As far as the bracket is, but not before the line in which that stands."""
    shifted = []
    for line in leaf.more:
        bare = line.lstrip(" \t")
        indent = len(line[: len(line) - len(bare)].expandtabs(len(_STEP)))
        shifted.append(" " * max(len(_STEP) * depth, indent + column - leaf.column) + bare if bare else "")
    return shifted
