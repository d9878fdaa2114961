"""The end of a match that must know every case."""

from __future__ import annotations

from typing import NoReturn


def assert_never(value: NoReturn) -> NoReturn:
    """As `typing.assert_never`, which Python 3.10 does not have: a forgotten case fails type checking."""
    raise AssertionError(f"unhandled: {value!r}")
