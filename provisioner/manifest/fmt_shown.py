"""A manifest's text as it may be shown: without values that may be secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from provisioner.kinds import KINDS
from provisioner.manifest.reader import read
from provisioner.manifest.yaml_nodes import Node, Tree
from provisioner.model.redact import HIDDEN, harmless, redacted

_REFERENCE: Final = re.compile(r"[\"']?\$\{[^}\n]*\}[\"']?")


def shown_text(text: str) -> str:
    """The text, which has been read before, with a word in the place of what is hidden in plans; the lines stay as many
    as they are where each value stands in one.
    """
    source, _ = read(text, file="")
    if source is None or not isinstance(source.root, dict):
        return harmless(text)
    at, parts = 0, []
    for start, end in sorted(set(_Hidden(text).spans(source.root))):
        if start >= at:
            parts += [text[at:start], HIDDEN]
            at = end
    return "\n".join(map(harmless, "".join([*parts, text[at:]]).split("\n")))


class _Hidden:
    """Where what is hidden stands. An alias stands for what its anchor is at."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tree = Tree(text)
        self._anchors: dict[str, Node] = {}

    def spans(self, root: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
        for key, node in self._tree.root.pairs or ():
            value = root.get(key.word)
            if key.word in KINDS and isinstance(value, dict):
                for name, entry in node.pairs or ():
                    written = value.get(name.word)
                    yield from self._inside(entry, written, redacted(written))
            else:
                yield from self._inside(node, value, redacted({key.word: value}).get(key.word))  # type: ignore[attr-defined]

    def _inside(self, node: Node, value: Any, shown: Any) -> Iterator[tuple[int, int]]:
        if node.is_alias:
            node = self._anchors.get(node.anchor, node)
        elif node.anchor:
            self._anchors[node.anchor] = node
        if node.pairs is not None and isinstance(value, dict) and isinstance(shown, Mapping):
            for key, inner in node.pairs:
                if key.word in value:
                    yield from self._inside(inner, value[key.word], shown.get(key.word))
        elif node.items is not None and isinstance(value, list) and isinstance(shown, list):
            for item, inner, seen in zip(node.items, value, shown, strict=False):
                yield from self._inside(item, inner, seen)
        elif shown != value and not node.is_alias and not _REFERENCE.fullmatch(self._text, node.start, node.end):
            yield node.start, node.end
