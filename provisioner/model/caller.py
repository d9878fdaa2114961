"""Who asks, as a token says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who a token says to be, for whom it is and until when; empty, or None, where it does not say it in a way that can
    be read. `sort` is as role assignments call it. It is not verified: nothing may be allowed for it.
    """

    object_id: str = ""
    tenant: str = ""
    sort: str = ""
    audience: str = ""
    expires: float | None = None
