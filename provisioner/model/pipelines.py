"""What a pipeline takes for a command in the output of a step, made inert.

Azure Pipelines reads `##vso[…]` and `##[…]` anywhere in a line, and so does GitHub with the second; GitHub reads
`::name …::` at the start of a line, behind blanks, too. Sources: ActionCommand.cs of github.com/actions/runner and
Command.cs of github.com/microsoft/azure-pipelines-agent.
"""

from __future__ import annotations

import re
from typing import Final

# A line begins wherever some reader of lines begins one, and colours are no part of it.
_BREAKS: Final = r"\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
_BEGUN: Final = re.compile(rf"(?P<blank>[{_BREAKS}](?:[^\S{_BREAKS}]|\x1b\[[\d;]*m)*):(?=:)")
_ANYWHERE: Final = re.compile(r"##(?=\[|[vV][sS][oO]\[)")


def inert(text: str) -> str:
    """The text with an escape in every command: `\\u003a:error::`, `#\\u0023vso[`. Doing it twice changes no more."""
    if "::" in text:
        text = _BEGUN.sub(r"\g<blank>\\u003a", f"\n{text}")[1:]
    return _ANYWHERE.sub(r"#\\u0023", text) if "##" in text else text


def is_inert(text: str) -> bool:
    return inert(text) == text


def inert_json(text: str) -> str:
    """The same JSON: `::` and `##` stand in its strings alone, where an escape says the same."""
    return text.replace("::", r"\u003a\u003a").replace("##", r"\u0023\u0023")
