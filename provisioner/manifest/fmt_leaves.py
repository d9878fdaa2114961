"""Values that are not in blocks: texts, aliases, and what stands between brackets, as they are to be written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from provisioner.manifest.fmt_order import Order
from provisioner.manifest.yaml_nodes import Node

_HEADER: Final = re.compile(r"([|>])([-+0-9]*)[ \t]*(#[^\n\u2028\u2029]*)?")
_LINE: Final = re.compile(r"([^\n\u2028\u2029]*)([\n\u2028\u2029]|\Z)")
_SEPARATOR: Final = re.compile("([\u2028\u2029])")
# What means the same in both sorts of quotes.
_ALIKE: Final = re.compile("'([^'\"\\\\\n\u2028\u2029]*)'")
_ODD: Final = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")
_BETWEEN: Final = re.compile(r"[ \t,:]*")
_ENDS_LINE: Final = re.compile("[\n\u2028\u2029]")
_PROPERTIES: Final = re.compile(r"(?:(?:!<[^>\s]*>|[&!][^\s,\[\]{}]*)[ \t]*)*")


class _Line(NamedTuple):
    text: str
    separator: str
    end: int


@dataclass(slots=True)
class Leaf:
    """`head` goes behind the key or the dash, `more` below it. Between brackets `more` has its indentation, as seen
    from the column of the `head`; the lines of a `|` text have to stay as they are.
    """

    head: str = ""
    more: list[str] = field(default_factory=list)
    properties: str = ""  # anchor and tag
    is_block: bool = False
    is_flow: bool = False
    node: Node | None = None
    column: int = 0
    start: int = 0  # of what is in one line between brackets, and is that `node`
    keeps_blanks: bool = False


def scalar(text: str) -> Leaf:
    """Not one of the `|` sort."""
    head, *more = text.split("\n")
    if more:
        return Leaf(_unspaced(head), [_unspaced(line.lstrip(" \t")) for line in more])
    return Leaf(one_line(head))


def one_line(text: str) -> str:
    found = _ALIKE.fullmatch(text)
    return f'"{found[1]}"' if found else text


def _unspaced(line: str) -> str:
    """Without the space at its end, which means nothing but where a `\\` stands before it."""
    bare = line.rstrip(" \t")
    return line[: len(bare) + 1] if _ODD.search(bare) else bare


def block_scalar(text: str, start: int, parent: int) -> tuple[Leaf, int, tuple[str, int] | None]:
    """What begins there with `|` or `>` in a block of that column; where it ends, and the comment behind its head."""
    found = _HEADER.match(text, start)
    if found is None:
        raise ValueError("no block scalar begins here")
    digits = re.sub("[-+]", "", found[2])
    chomping = re.sub("[0-9]", "", found[2])
    lines = [*_lines(text, found.end() + 1, parent + int(digits) if digits else None, parent)]
    while lines and not lines[-1].text and (chomping != "+" or not lines[-1].separator):
        lines.pop()
    if lines and not lines[-1].separator:  # the file ends here, and is given the end of its line
        chomping = "-"
    width = "2" if digits and (not lines or lines[0].text[:1] in ("", " ", "\t")) else ""
    more = "".join(f"{line.text}{line.separator}" for line in lines).removesuffix("\n").split("\n")
    leaf = Leaf(f"{found[1]}{width}{chomping}", more if lines else [], is_block=True, keeps_blanks=chomping == "+")
    return leaf, lines[-1].end if lines else found.end(), (found[3], found.start(3)) if found[3] else None


def _lines(text: str, at: int, indent: int | None, parent: int) -> Iterator[_Line]:
    """Its lines without their indentation."""
    while at < len(text) and (found := _LINE.match(text, at)):
        line = found[1]
        spaces = len(line) - len(line.lstrip(" "))
        if spaces < len(line):
            if spaces < (indent or parent + 1):
                return
            indent = spaces if indent is None else indent
        yield _Line(line[indent:] if indent is not None else "", found[2], found.end(1))
        at = found.end()


def indented(leaf: Leaf, indent: str) -> list[str]:
    """The lines of a text below its head."""
    if not leaf.is_block:
        return [f"{indent}{line}" if line else "" for line in leaf.more]
    behind = rf"\g<1>{indent}"
    return [f"{indent}{_SEPARATOR.sub(behind, line)}" if line else "" for line in leaf.more]


def flow(text: str, node: Node, start: int, column: int) -> Leaf:
    raw = text[start : node.end]
    if _ENDS_LINE.search(raw):
        head, *more = raw.split("\n")
        return Leaf(_unspaced(head), [_unspaced(line) for line in more], is_flow=True, column=column)
    return Leaf(raw, is_flow=True, node=node, column=column, start=start)


def flow_text(text: str, node: Node, start: int, order: Order) -> str:
    """What is between the brackets that begin there, in one line, keys in order; as it is where something in it is only
    implied.
    """
    if text[start] not in "{[" or not _is_written_out(text, start + 1, node):
        return text[start : node.end]
    if node.pairs is None:
        return f"[{', '.join(_inner(text, each, order.of_items) for each in node.inner)}]"
    pairs = node.pairs if _has_anchors(node) else sorted(node.pairs, key=lambda pair: _rank(pair[0], order))
    return f"{{{', '.join(_pair(text, *pair, order) for pair in pairs)}}}"


def _rank(key: Node, order: Order) -> tuple[int, int]:
    return order.rank(key.word, is_quoted=bool(key.style))


def _inner(text: str, node: Node, order: Order) -> str:
    found = _PROPERTIES.match(text, node.start, node.end)
    start = found.end() if found else node.start
    written = flow_text(text, node, start, order) if node.is_flow else one_line(text[start : node.end])
    return text[node.start : start] + written


def _pair(text: str, key: Node, value: Node, order: Order) -> str:
    written = _inner(text, key, order)
    return f"{written}{' ' if key.is_alias else ''}: {_inner(text, value, order.inside(key.word))}"


def _is_written_out(text: str, at: int, node: Node) -> bool:
    for each in node.inner:
        if each.end <= each.start or not _BETWEEN.fullmatch(text, at, each.start):
            return False
        at = each.end
    return True


def _has_anchors(node: Node) -> bool:
    return bool(node.anchor) or any(map(_has_anchors, node.inner))
