"""The manifest's snake_case and ARM's camelCase."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")  # at every capital, so that `modelURL` finds its way back


@lru_cache(maxsize=1024)
def snake(name: str) -> str:
    return _HUMP.sub("_", name).lower()


@lru_cache(maxsize=1024)
def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def rekeyed(value: Any, rename: Callable[[str], str]) -> Any:
    """The value with every key of every mapping inside it renamed."""
    if isinstance(value, dict):
        return {rename(key): rekeyed(inner, rename) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [rekeyed(inner, rename) for inner in value]
    return value
