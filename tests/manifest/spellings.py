"""Manifests in spellings that nobody would think of: every style of YAML, keys in any order, comments anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hypothesis import strategies as st

from provisioner.manifest.scalars import Ambiguous, resolve

_PLAIN: Final = re.compile(r"[A-Za-z$][\w ./$()-]*[\w)]|[A-Za-z0-9.]+")
_texts = st.one_of(
    st.sampled_from(
        ["gpt", "a b", "on", "1", "{{$userId}}", "a: b", "it's", 'say "hi"', "- x", "# no", "", " x ", "~"]
    ),
    st.sampled_from(
        ["one\ntwo\n", "one\n\n  two", "\n\nthree\n\n", "  deep\nx\n", "end \n \n", "a\\\nb # c\n", "tab\t\n"]
    ),
    st.text("ab :#-'\"\\\n\té€\u2028", max_size=8),
)
_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 300), st.sampled_from([0.5, 1.0]), _texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["type", "name", "b", "a", "x y", "<<", "on", "k\nl", "#", "?"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


_entries: Final[Mapping[str, st.SearchStrategy[dict[str, Any]]]] = {
    "deployments": _some(
        model=_some(name=_texts, format=_texts, version=_texts),
        sku=_some(capacity=st.integers(1, 9), name=_texts),
        tags=_values,
        lifecycle=_some(on_remove=st.just("keep"), prevent_destroy=st.booleans()),
    ),
    "stores": _some(options=_values, chat_model=_texts, description=_texts, live_name=_texts),
    "agents": _some(
        instructions=_texts,
        model=_texts,
        tools=st.lists(_some(name=_texts, server_url=_texts, type=_texts, list=_values), max_size=3),
        metadata=_values,
        unknown=_values,
        temperature=st.sampled_from([0.5, 1]),
    ),
}
documents: Final[st.SearchStrategy[dict[str, Any]]] = st.fixed_dictionaries(
    {"name": st.just("team"), "version": st.just(1)},
    optional={
        "project": _some(resource_group=_texts, endpoint=_texts),
        "x-more": _values,
        "unknown": _values,
        "environments": st.dictionaries(st.sampled_from("ab"), _some(name=_texts, project=_values, agents=_values)),
        **{
            section: st.dictionaries(st.sampled_from(["b", "a", "c d"]), entries, max_size=3)
            for section, entries in _entries.items()
        },
    },
)


@st.composite
def spelt(draw: st.DrawFn, document: st.SearchStrategy[dict[str, Any]] = documents) -> str:
    """A text that says it. Not all are YAML: who draws one has to read it."""
    speller = _Speller(draw)
    start = draw(
        st.sampled_from(["", "", "# head\n\n", "\n# head\n", "---\n", "# head\n--- # start\n\n", "%YAML 1.1\n---\n"])
    )
    start += draw(st.sampled_from(["", "", "# yaml-language-server: $schema=x\n", "# vim: set\n\n"]))
    text = start + "\n".join(speller.block(draw(document), draw(st.sampled_from([0, 0, 0, 2]))))
    text += draw(st.sampled_from(["\n", "", "\n\n\n", "\n# end", "\n\n  # end\n", "\n...\n", "\n...\n# end\n"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\n", "\n", "\r\n"])))


class _Speller:
    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._step = draw(st.integers(1, 5))
        self._wild = draw(st.sampled_from([0, 1, 3]))
        self._count = 0
        self._anchors: dict[str, str] = {}

    def block(self, value: Any, indent: int) -> Iterator[str]:
        """A mapping or list with members in lines of its own."""
        if isinstance(value, list):
            for each in value:
                yield from self._between(indent)
                yield from self._item(each, indent)
        else:
            for key, inner in self._draw(st.permutations(list(value.items()))):
                yield from self._between(indent)
                yield from self._pair(key, inner, indent)

    def _chance(self, of: int = 4) -> bool:
        return bool(self._wild) and self._draw(st.integers(0, of * 3 // self._wild)) == 0

    def _between(self, indent: int) -> Iterator[str]:
        while self._chance():
            if self._chance(2):
                yield self._draw(st.sampled_from(["", "   "]))
            else:
                at = self._draw(
                    st.sampled_from([indent, indent, 0, indent + self._step, max(0, indent - self._step), 3])
                )
                yield f"{' ' * at}{self._comment()}"

    def _comment(self) -> str:
        self._count += 1
        return f"#{self._draw(st.sampled_from([' ', '', '  - ', '   key: ']))}c{self._count}"

    def _beside(self) -> str:
        return f"{' ' * self._draw(st.integers(1, 4))}{self._comment()}" if self._chance() else ""

    def _item(self, value: Any, indent: int) -> Iterator[str]:
        if isinstance(value, (dict, list)) and value and not self._chance():
            dash = f"{' ' * indent}-{self._anchor(value)}"
            if dash.endswith("-") and not self._chance():
                first, *rest = self.block(value, indent + 2)
                if first[: indent + 2].strip() == "" and not first.lstrip().startswith("#") and first.strip():
                    yield f"{' ' * indent}- {first[indent + 2 :]}"
                else:
                    yield dash
                    yield first
                yield from rest
            else:
                yield f"{dash}{self._beside()}"
                yield from self.block(value, indent + self._step)
        else:
            yield from self._behind(f"{' ' * indent}-", value, indent)

    def _pair(self, key: str, value: Any, indent: int) -> Iterator[str]:
        start = f"{' ' * indent}{self._key(key)}{self._draw(st.sampled_from(['', '', ' ']))}:"
        if "\n" not in key and self._chance(8):
            yield f"{' ' * indent}? {self._key(key)}{self._beside()}"
            start = f"{' ' * indent}:"
        if isinstance(value, (dict, list)) and value and not self._chance():
            yield f"{start}{self._anchor(value)}{self._beside()}"
            deeper = indent + (0 if isinstance(value, list) and self._chance(1) else self._step)
            yield from self.block(value, deeper)
        else:
            yield from self._behind(start, value, indent)

    def _key(self, key: str) -> str:
        return json.dumps(key) if not _PLAIN.fullmatch(key) or self._chance() or not _stays(key) else key

    def _anchor(self, value: Any) -> str:
        if not self._chance():
            return ""
        name = f"n{len(self._anchors)}"
        self._anchors[name] = repr(value)
        return f" &{name}"

    def _behind(self, start: str, value: Any, indent: int) -> Iterator[str]:
        same = [name for name, said in self._anchors.items() if said == repr(value)]
        if same and self._chance(1):
            yield f"{start} *{same[-1]}{self._beside()}"
            return
        anchor = self._anchor(value)
        if isinstance(value, str) and self._chance(1):
            yield from self._literal(f"{start}{anchor}", value, indent)
        elif isinstance(value, str) and self._chance(2):
            yield from self._folded(f"{start}{anchor}", value, indent)
        elif self._chance(8):
            yield f"{start}{anchor}{self._beside()}"
            yield f"{' ' * (indent + 1)}{self._flow(value, indent)}{self._beside()}"
        else:
            yield f"{start}{anchor} {self._flow(value, indent)}{self._beside()}"

    def _literal(self, start: str, text: str, indent: int) -> Iterator[str]:
        digits = str(self._step) if text[:1] in (" ", "\n", "\t", "") or self._chance() else ""
        chomping = "" if text.endswith("\n") and not text.endswith("\n\n") else "+" if text.endswith("\n") else "-"
        yield f"{start} |{digits}{chomping}{self._beside()}"
        body = text.removesuffix("\n") if text.endswith("\n") else text
        for line in body.split("\n"):
            yield f"{' ' * (indent + self._step)}{line}" if line else ""

    def _folded(self, start: str, text: str, indent: int) -> Iterator[str]:
        """In double quotes, over two lines."""
        written = json.dumps(text, ensure_ascii=False)[1:-1].replace("\u2028", "\\u2028")
        half = len(written) // 2
        half -= written[:half].endswith("\\")
        yield f'{start} "{written[:half]}\\'
        yield (
            f'{" " * (indent + 1 + self._draw(st.integers(0, 3)))}\\{written[half:]}"'
            if written[half:][:1] == " "
            else (f'{" " * (indent + 1)}{written[half:]}"')
        )

    def _flow(self, value: Any, indent: int) -> str:
        if isinstance(value, (dict, list)):
            space = (
                f"\n{' ' * (indent + self._step)}" if self._chance() else self._draw(st.sampled_from(["", " ", "  "]))
            )
            inner = (
                [f"{json.dumps(key)}: {self._flow(each, indent)}" for key, each in value.items()]
                if isinstance(value, dict)
                else [self._flow(each, indent) for each in value]
            )
            comma = f",{self._beside()}\n{' ' * (indent + 1)}" if self._chance() else f",{space or ' '}"
            brackets = "{}" if isinstance(value, dict) else "[]"
            return f"{brackets[0]}{space}{comma.join(inner)}{space}{brackets[1]}"
        if isinstance(value, str):
            if "'" not in value and "\n" not in value and self._chance(1):
                return f"'{value}'"
            if _PLAIN.fullmatch(value) and _stays(value):
                return value
        return json.dumps(value, ensure_ascii=False)


def _stays(text: str) -> bool:
    try:
        return resolve(text) == text
    except Ambiguous:
        return False
