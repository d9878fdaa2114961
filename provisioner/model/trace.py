"""The trace that a run is part of, as W3C Trace Context writes it: `traceparent` and `tracestate`.

Source: https://www.w3.org/TR/trace-context/ (Level 1, and the random flag of Level 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_PARENT: Final = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
_NEVER: Final = "ff"
_FIRST: Final = "00"
_KNOWN_FLAGS: Final = 0b11  # sampled, random; what others may mean is not passed on
# One member of `tracestate`: the key of a vendor, and what it makes of it.
_MEMBER: Final = re.compile(
    r"(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
    r"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
)
_MOST_MEMBERS: Final = 32
_LONGEST_STATE: Final = 2_048  # far more than the 512 that have to be passed on, and far less than breaks a header


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """`parent` is the span that the run is a part of; `state` what vendors add, passed on as it is."""

    id: str
    parent: str
    flags: str = "00"
    state: str = ""

    @classmethod
    def read(cls, traceparent: str, tracestate: str = "") -> Trace | None:
        """None for what is not valid; a `tracestate` that is not is left out."""
        found = _PARENT.fullmatch(traceparent.strip(" \t"))
        if found is None or found["version"] == _NEVER or (found["version"] == _FIRST and found["more"]):
            return None
        if not (found["trace"].strip("0") and found["span"].strip("0")):
            return None
        flags = f"{int(found['flags'], 16) & _KNOWN_FLAGS:02x}"
        return cls(id=found["trace"], parent=found["span"], flags=flags, state=_state(tracestate))

    def headers(self, span: str) -> dict[str, str]:
        """Of a request that is this span."""
        parent = {"traceparent": f"{_FIRST}-{self.id}-{span}-{self.flags}"}
        return {**parent, "tracestate": self.state} if self.state else parent


def _state(text: str) -> str:
    members = [member for each in text.split(",") if (member := each.strip(" \t"))]
    keys = {member.partition("=")[0] for member in members}
    if len(text) > _LONGEST_STATE or len(members) > _MOST_MEMBERS or len(keys) < len(members):
        return ""
    return ",".join(members) if all(map(_MEMBER.fullmatch, members)) else ""
