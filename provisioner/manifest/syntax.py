"""What YAML's parsers complain about, in a sentence and with a remedy."""

from __future__ import annotations

import re
from typing import Final

# Both parsers' wording: PyYAML's own and libyaml's.
_SENTENCES: Final = (
    (
        r"found character '\\t'|tab character|found a tab",
        "A tab stands where only spaces may.",
        "Indent with spaces; most editors can convert tabs.",
    ),
    (
        r"mapping values are not allowed",
        "A `:` stands where no key can be.",
        'Quote a text that holds ": ", and check that the line is indented as the ones around it.',
    ),
    (
        r"could not find expected ':'",
        "A key is not followed by `:`.",
        "Write `key: value`; quote a text of several lines, or use `|`.",
    ),
    (
        r"unexpected end of stream|document separator",
        "A quote or bracket is opened and never closed.",
        "Close it.",
    ),
    (
        r"expected ',' or|unexpected ':'|did not find expected node content|expected the node content",
        "A bracket is not closed, or a comma is missing between two items.",
        'Check the brackets; a text that starts with "{" or "[" must be quoted: "{{$userId}}".',
    ),
    (
        r"<block end>|expected key|expected '-' indicator|not allowed here|this context|indentation",
        "The indentation does not fit the lines above.",
        "Give keys of one mapping, and dashes of one list, the same indentation.",
    ),
    (
        r"unknown escape character|hexadecimal|escape code|escape sequence",
        "A quoted text holds an escape that YAML does not know.",
        r"Write `\\` for a backslash, or use single quotes.",
    ),
    (
        r"cannot start any token|alphabetic or numeric|did not find expected alphabetic",
        "A text starts with a character that means something else in YAML.",
        "Quote the text.",
    ),
    (
        r"directive|undefined tag handle|<document start>",
        "A line is neither a key nor part of the text above it.",
        "Check the indentation; quote a text that starts with `%`.",
    ),
)


def explain(problem: str) -> tuple[str, str]:
    """Message and hint for a parser's problem."""
    for pattern, message, hint in _SENTENCES:
        if re.search(pattern, problem):
            return message, hint
    return f"This is not YAML: {problem}.", "Check the quotes and the indentation here and in the line above."


def unquoted_variable(name: str) -> tuple[str, str]:
    """For what stands between `${` and `}`, inside brackets."""
    written = name if name.startswith("env:") else f"env:{name}"
    return "A variable stands unquoted inside brackets.", f'Quote it: "${{{written}}}".'
