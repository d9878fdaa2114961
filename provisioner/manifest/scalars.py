"""What a text spells: an unquoted YAML scalar, and the value of a variable where no text is wanted.

Numbers, booleans and null are taken as YAML 1.1 and 1.2 both take them. What the two read differently is refused
with the fix, instead of guessed: YAML 1.1 makes a date of 2025-04-14 and `true` of `on`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Final, TypeAlias

from provisioner.model.words import shown

Scalar: TypeAlias = str | int | float | bool | None

_CONSTANTS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_YES: Final = frozenset(form for word in ("yes", "on") for form in (word, word.title(), word.upper()))
_NO: Final = frozenset(form for word in ("no", "off") for form in (word, word.title(), word.upper()))
_NUMBERLIKE: Final = frozenset("0123456789+-.=")
MAX_DIGITS: Final = 4000  # Python refuses to read more than 4300

_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
# What is longer is no number, but may look like one; the patterns below would need much memory for it.
_LONG: Final = 10_000
_LIKE_A_NUMBER: Final = re.compile(r"[-+0-9_.:a-fA-FxXoO]*")
_SURPRISES: Final = (
    (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9][\s\S]*)?", "a date"),
    (r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", "a number in base 60"),
    (r"[-+]?0[0-9_]+", "an octal number"),
    (r"[-+]?0o[0-7]+", "an octal number"),
    (r"[-+]?0x[0-9a-fA-F_]+", "a hexadecimal number"),
    (r"[-+]?0b[01_]+", "a binary number"),
    (r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?", "a number"),
    (r"[-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?", "a number"),
    (r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "infinity, or not a number"),
    (r"=", "a default value"),
)
# What YAML 1.2 takes for text, as against YAML 1.1.
_TEXT_IN_YAML_12: Final = frozenset(
    {"`true`", "`false`", "a date", "a number in base 60", "a binary number", "a default value"}
)


class Ambiguous(Exception):  # noqa: N818 - an answer, not a failure
    """`meaning` is what some readers take the text for; `fix` what to write instead."""

    def __init__(self, meaning: str, fix: str) -> None:
        super().__init__(meaning)
        self.meaning = meaning
        self.fix = fix

    @property
    def is_text_today(self) -> bool:
        """Whether YAML 1.2 has no doubt that it is text."""
        return self.meaning in _TEXT_IN_YAML_12


def resolve(text: str) -> Scalar:
    """The value of an unquoted scalar; raises Ambiguous."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in _NUMBERLIKE:
        return _number(text)
    if text in _YES or text in _NO:
        word = "true" if text in _YES else "false"
        raise Ambiguous(f"`{word}`", f'Write `{word}`, or quote it when text is meant: "{text}".')
    return text


def _number(text: str) -> Scalar:
    if len(text) <= MAX_DIGITS and _INTEGER.fullmatch(text):
        return int(text)
    if len(text) <= MAX_DIGITS and _FLOAT.fullmatch(text) and math.isfinite(value := float(text)):
        return value
    if len(text) > _LONG:
        if _LIKE_A_NUMBER.fullmatch(text):
            raise Ambiguous("a number", f'Quote it: "{shown(text)}".')
        return text
    for pattern, meaning in _SURPRISES:
        if re.fullmatch(pattern, text):
            raise Ambiguous(meaning, f'Quote it: "{shown(text)}".')
    return text


_SPELT_WHOLE: Final = re.compile(r"[-+]?[0-9]{1,400}")
_SPELT_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,300}\.[0-9]{1,300}")


def convert(text: str, wanted: Collection[str]) -> int | float | bool | None:
    """`wanted` are JSON Schema's type names; None when the text spells none of those."""
    spelled = text.strip()
    if "boolean" in wanted and spelled.lower() in {"true", "false"}:
        return spelled.lower() == "true"
    if ("integer" in wanted or "number" in wanted) and _SPELT_WHOLE.fullmatch(spelled):
        return int(spelled)
    if "number" in wanted and _SPELT_DECIMAL.fullmatch(spelled):
        return float(spelled)
    return None
