"""Expressions of GitHub's workflows, as far as ours use them, and no further: what is unknown fails.

Source: https://docs.github.com/actions/reference/evaluate-expressions-in-workflows-and-actions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

Value: TypeAlias = str | bool
# What a workflow may look at. `vars` and `matrix` are the settings and the environments; of `github` a token for `gh`
# and a name that tells pull requests apart. Titles, branches, bodies and whatever else others write are not among them.
ALLOWED: Final = re.compile(
    r"inputs\.[\w-]+|env\.\w+|vars\.\w+|secrets\.\w+|matrix\.\w+|steps\.\w+\.outputs\.[\w-]+"
    r"|needs\.[\w-]+\.(?:outputs\.[\w-]+|result)|github\.(?:token|ref)"
)
_TOKEN: Final = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w.-]*)|(?P<sign>==|!=|&&|\|\||[!()]))")
_PLACE: Final = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATUS: Final = frozenset({"always", "failure", "success", "cancelled"})


def expressions_in(text: str) -> list[str]:
    return [found.strip() for found in _PLACE.findall(text)]


@dataclass
class Context:
    """`values` by their whole names; what is not there is empty, as on GitHub. `status` answers the functions."""

    values: Mapping[str, str]
    status: Mapping[str, bool] = field(default_factory=dict)

    def filled(self, text: object) -> str:
        """A text with its expressions put in. YAML's booleans and numbers are texts by then."""
        if isinstance(text, bool):
            return "true" if text else "false"
        return _PLACE.sub(lambda found: _said(_Reader(found.group(1), self).whole()), str(text))

    def holds(self, condition: object) -> bool:
        """Of an `if:`; without a word about the status, everything before must have gone well."""
        text = "" if condition is None else str(condition).strip()
        text = text.removeprefix("${{").removesuffix("}}").strip() or "success()"
        is_told = any(f"{name}()" in text for name in STATUS)
        return _truth(_Reader(text, self).whole()) and (is_told or self.status["success"])


class _Reader:
    def __init__(self, text: str, context: Context) -> None:
        self._context = context
        self._tokens = [found.group().strip() for found in _TOKEN.finditer(text)]
        assert "".join(self._tokens).replace(" ", "") == "".join(text.split()).replace(" ", ""), f"unknown: {text}"
        self._at = 0

    def whole(self) -> Value:
        value = self._either()
        assert self._at == len(self._tokens), self._tokens
        return value

    def _either(self) -> Value:
        return self._joined("||", self._both, lambda left, right: left if _truth(left) else right)

    def _both(self) -> Value:
        return self._joined("&&", self._compared, lambda left, right: right if _truth(left) else left)

    def _joined(self, sign: str, part: Callable[[], Value], join: Callable[[Value, Value], Value]) -> Value:
        value = part()
        while self._next() == sign:
            self._at += 1
            value = join(value, part())
        return value

    def _compared(self) -> Value:
        left = self._single()
        if self._next() not in ("==", "!="):
            return left
        sign = self._taken()
        return (_said(left).lower() == _said(self._single()).lower()) is (sign == "==")

    def _single(self) -> Value:
        token = self._taken()
        if token == "!":
            return not _truth(self._single())
        if token == "(":
            value = self._either()
            assert self._taken() == ")"
            return value
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if self._next() == "(":
            assert token in STATUS, f"no such function here: {token}"
            self._at += 1
            assert self._taken() == ")"
            return token == "always" or self._context.status[token]
        assert ALLOWED.fullmatch(token), f"no workflow of ours looks at {token}"
        return self._context.values.get(token, "")

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _taken(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]


def _truth(value: Value) -> bool:
    return value if isinstance(value, bool) else value != ""


def _said(value: Value) -> str:
    return value if isinstance(value, str) else "true" if value else "false"


def every_text(document: Any) -> list[str]:
    if isinstance(document, dict):
        return [text for value in document.values() for text in every_text(value)]
    if isinstance(document, list):
        return [text for value in document for text in every_text(value)]
    return [document] if isinstance(document, str) else []
