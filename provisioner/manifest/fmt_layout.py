"""A manifest's text as members of mappings and lists, each with the comments that are about it.

A comment belongs to what it stands behind in a line, and else to what comes below it: but to what stands above where it
is indented as deep as that, or touches it and an empty line follows. What begins a block and is parted from its first
member by an empty line is about the block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from provisioner.manifest.fmt_leaves import Leaf, block_scalar, flow, scalar
from provisioner.manifest.fmt_order import Mention
from provisioner.manifest.yaml_nodes import Node, Tree

# What else than line feeds ends a line in YAML 1.1.
_TOKEN: Final = re.compile(
    r"(?P<space>[ \t]+)|(?P<break>[\n\u2028\u2029])|(?P<comment>#[^\n\u2028\u2029]*)"
    r"|(?P<property>!<[^>\s]*>|[&!][^\s,\[\]{}]*)|(?P<mark>[-?:]|\.\.\.)"
)
_BREAK: Final = re.compile("[\n\u2028\u2029]")
_START: Final = re.compile(r"(?:(?:%[^\n]*|[ \t]*(?:#[^\n]*)?)\n)*---(?=[ \t\n])")
_FOR_TOOLS: Final = re.compile(r"#\s*(?:yaml-language-server:|yamllint |-\*-|vim?:|prettier-|\$schema)")
_COLON: Final = re.compile(r"[ \t]*:")
_BLOCKS: Final = ("|", ">")
_ITEM: Final = re.compile(r"#[ \t]*- ")


@dataclass(slots=True)
class Comment:
    """`content_end` is the column in which what it stands behind ended; 0 where it has a line of its own."""

    text: str
    column: int
    is_after_blank: bool = False
    content_end: int = 0


@dataclass(slots=True)
class Member:
    """A pair of a mapping or an item of a list. `above` are the comments before it, `below` those behind it that are
    about it, `beside` is the one in its line, which for a value in blocks is that of its key.
    """

    key: Leaf | None = None
    word: str = ""
    value: Leaf | Block = field(default_factory=Leaf)
    properties: str = ""  # anchor and tag of a value in blocks
    above: list[Comment] = field(default_factory=list)
    is_after_blank: bool = False
    beside: Comment | None = None
    below: list[Comment] = field(default_factory=list)
    mentions: Sequence[Mention] = ()

    @property
    def is_compact(self) -> bool:
        """Whether it is a mapping that begins behind its dash."""
        return self.key is None and isinstance(self.value, Block) and self.value.is_mapping and not self.properties


@dataclass(slots=True)
class Block:
    is_mapping: bool
    column: int
    members: list[Member] = field(default_factory=list)
    head: list[Comment] = field(default_factory=list)
    tail: list[Comment] = field(default_factory=list)


@dataclass(slots=True)
class _Gap:
    """What is between two values: the comments in lines of their own up to the `mark`, which is a dash or a `?`."""

    comments: list[Comment] = field(default_factory=list)
    mark: int | None = None
    is_blank_before: bool = False


@dataclass(slots=True)
class Layout:
    """`start` are the lines before the document's content, with its `---`. `comments` are all there are but in
    brackets, as they were found.
    """

    start: list[str]
    document: Member
    comments: list[str]

    @property
    def root(self) -> Block:
        if not isinstance(self.document.value, Block):
            raise TypeError("a document that is no mapping in blocks has no layout")
        return self.document.value


def layout(text: str, tree: Tree) -> Layout:
    """The text ends its lines with line feeds alone; its root is a mapping in blocks."""
    return _Reader(text, tree).layout()


class _Reader:
    """Goes through the text once; `_at` is how far it has come, `_last` what the line it is in is about."""

    def __init__(self, text: str, tree: Tree) -> None:
        self._text = text
        self._tree = tree
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]
        self._comments: list[str] = []
        self._mentions: list[Mention] = []
        self._document = Member()
        self._last = self._document
        self._at = 0

    def layout(self) -> Layout:
        start = self._start()
        root = self._block(self._tree.root, self._document)
        self._document.value = root
        rest = self._gap(len(self._text), self._document, self._document).comments
        self._share(rest, root, -1, is_followed_by_blank=True)
        return Layout(start, self._document, self._comments)

    def _start(self) -> list[str]:
        found = _START.match(self._text, 0, self._tree.root.start)
        if found is None:
            return []
        self._at = found.end()
        lines = [line.strip() for line in found[0].split("\n")]
        self._comments += [line for line in lines if line.startswith("#")]
        return [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]

    def _block(self, node: Node, holder: Member) -> Block:
        block = Block(is_mapping=node.pairs is not None, column=0)
        for first, value in node.pairs or [(each, each) for each in node.items or []]:
            before = len(self._mentions)
            member = self._member(block, holder, first)
            if block.is_mapping:
                self._key(member, first, block)
            self._mention(value)
            member.value = self._block(value, member) if value.style == "block" else self._value(value, member, block)
            member.mentions = self._mentions[before:] if self._tree.shared else ()
        _part_head(block)
        return block

    def _mention(self, node: Node) -> None:
        if node.anchor:
            self._mentions.append((node.anchor, not node.is_alias))
        if node.is_flow:
            for each in node.inner:
                self._mention(each)

    def _member(self, block: Block, holder: Member, first: Node) -> Member:
        """Up to where its key or value begins."""
        member = Member()
        is_first = not block.members
        gap = self._gap(first.start, member, holder if is_first else member)
        column = self._column(first.start if gap.mark is None else gap.mark)
        member.is_after_blank = gap.is_blank_before
        if is_first:
            block.column = column
            above = gap.comments
        else:
            above = self._share(gap.comments, block, column, is_followed_by_blank=gap.is_blank_before)
        member.above = [*above, *member.above]
        block.members.append(member)
        return member

    def _key(self, member: Member, node: Node, block: Block) -> None:
        self._mention(node)
        member.word = "" if node.is_alias or (node.word == "<<" and node.style) else node.word
        member.key = self._leaf(node, member, block)

    def _value(self, node: Node, member: Member, block: Block) -> Leaf:
        if node.start < node.end:
            return self._leaf(node, member, block)
        self._last = member
        found = _COLON.match(self._text, self._at) if member.key is not None else None
        self._at = found.end() if found else self._at
        return Leaf()

    def _leaf(self, node: Node, member: Member, block: Block) -> Leaf:
        self._last = member
        body = self._body(node)
        member.above += self._gap(body, member, member).comments
        properties, member.properties = member.properties, ""
        if node.style in _BLOCKS:
            leaf = self._block_scalar(body, block)
        else:
            self._at = node.end
            leaf = flow(self._text, node, body, self._column(body)) if node.is_flow else self._scalar(body)
        leaf.properties = properties
        return leaf

    def _scalar(self, start: int) -> Leaf:
        return scalar(self._text[start : self._at])

    def _block_scalar(self, start: int, block: Block) -> Leaf:
        leaf, self._at, comment = block_scalar(self._text, start, block.column)
        if comment is not None:
            self._put_beside(self._comment(*comment))
        return leaf

    def _body(self, node: Node) -> int:
        """Where it begins behind its anchor and tag, and the comments between these."""
        at = node.start
        while at < node.end and (found := _TOKEN.match(self._text, at, node.end)) and found.lastgroup != "mark":
            at = found.end()
        return at

    def _gap(self, end: int, member: Member, holder: Member) -> _Gap:
        """Up to there. Comments behind the member's mark, and those in a line with something else, go where they
        belong; anchors and tags are the holder's.
        """
        gap = _Gap()
        breaks = 0
        while self._at < end and (found := _TOKEN.match(self._text, self._at, end)):
            self._at = found.end()
            if found.lastgroup == "space":
                continue
            if found.lastgroup == "break":
                breaks += 1
                continue
            if found.lastgroup == "comment":
                self._put(self._comment(found[0], found.start(), is_after_blank=breaks > 1), gap, member)
            elif found.lastgroup == "property":
                holder.properties = f"{holder.properties} {found[0]}".strip()
            elif found[0] in ("-", "?"):
                gap.mark, gap.is_blank_before, self._last = found.start(), breaks > 1, member
            breaks = 0
        self._at = end
        if gap.mark is None:
            gap.is_blank_before = breaks > 1
        return gap

    def _put(self, comment: Comment, gap: _Gap, member: Member) -> None:
        if comment.content_end:
            self._put_beside(comment)
        elif gap.mark is None:
            gap.comments.append(comment)
        else:
            member.above.append(comment)

    def _put_beside(self, comment: Comment) -> None:
        last = self._last
        if last.beside is None:
            last.beside = comment
        else:  # two of them, since what stood in several lines comes into one
            comment.column = max(1, last.above[-1].column if last.above else 1)
            last.above.append(comment)

    def _comment(self, text: str, start: int, *, is_after_blank: bool = False) -> Comment:
        text = text.rstrip()
        self._comments.append(text)
        line = self._line(start)
        return Comment(text, start - line, is_after_blank, len(self._text[line:start].rstrip()))

    def _share(
        self, comments: list[Comment], block: Block, column: int, *, is_followed_by_blank: bool
    ) -> list[Comment]:
        """Give what stands above the next member, whose column that is, to what it is about; gives the rest."""
        if not comments:
            return comments
        blocks = [*_open_blocks(block)]
        depth = len(blocks) - 1
        for index, comment in enumerate(comments):
            depth = next((it for it in range(depth, -1, -1) if _fits(comment, blocks[it], column)), 0)
            if depth == 0 and column >= 0:
                rest = comments[index:]
                touching = _touching(rest, is_followed_by_blank=is_followed_by_blank)
                block.members[-1].below += rest[:touching]
                return rest[touching:]
            blocks[depth].tail.append(comment)
        return []

    def _line(self, at: int) -> int:
        return self._starts[bisect_right(self._starts, at) - 1]

    def _column(self, at: int) -> int:
        return at - self._line(at)


def _open_blocks(block: Block) -> Iterator[Block]:
    """The block, and those that end where it does, deeper and deeper."""
    yield block
    last = block.members[-1].value
    if isinstance(last, Block):
        yield from _open_blocks(last)


def _fits(comment: Comment, block: Block, column: int) -> bool:
    if block.column == column and not block.is_mapping:  # a list with its dashes below its key
        return comment.column == column and _ITEM.match(comment.text) is not None
    return column < block.column <= comment.column


def _touching(comments: Sequence[Comment], *, is_followed_by_blank: bool) -> int:
    """How many of them touch what stands above and nothing below."""
    if comments[0].is_after_blank:
        return 0
    number = 1 + len([*takewhile(lambda it: not it.is_after_blank, comments[1:])])
    return number if number < len(comments) or is_followed_by_blank else 0


def _part_head(block: Block) -> None:
    """Of the comments above the first member, those that are about the block, or for its tools."""
    first = block.members[0]
    above = first.above
    if not above or block.head:
        return
    parted = len(above) if first.is_after_blank else 0
    parted = parted or max((index for index, each in enumerate(above) if each.is_after_blank), default=0)
    run = 1 + len([*takewhile(lambda it: not it.is_after_blank, above[1:])])
    if any(_FOR_TOOLS.match(each.text) for each in above[:run]):
        parted = max(parted, run)
    block.head, first.above = above[:parted], above[parted:]
