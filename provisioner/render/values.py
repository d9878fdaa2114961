"""One value as text: on one line, or as lines that can be compared line by line.

The text is near to YAML, but strings are quoted as in JSON and keys are sorted (what names a thing first), so that
equal values give equal lines whoever wrote them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from provisioner.model.document import Absent, Path
from provisioner.model.redact import HIDDEN, Sensitive, harmless
from provisioner.render.safe import one_line

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_$-]+\Z")
_WIDEST: Final = 1_000  # characters: no line has room for more
_NAMES_FIRST: Final = {"type": 0, "kind": 1, "name": 2, "id": 3}


def path_text(path: Path) -> str:
    """Dotted; a part that is no plain word is quoted."""
    return ".".join(key_text(part) for part in path)


def key_text(key: object) -> str:
    text = str(key)
    if isinstance(key, Sensitive):
        return text
    if harmless(text) is not text:
        return HIDDEN
    return text if _PLAIN_KEY.match(text) else _quoted(text)


def inline(value: object) -> str | None:
    """The value on one line; None when it wants more than one."""
    if isinstance(value, Absent):
        return "(nothing)"
    if isinstance(value, Mapping):
        return None if value else "{}"
    if isinstance(value, (list, tuple)):
        return _inline_list(value)
    if isinstance(value, str) and not isinstance(value, Sensitive) and (len(value) > _WIDEST or "\n" in value):
        return None
    return _scalar(value)


def _inline_list(items: list[object] | tuple[object, ...]) -> str | None:
    if any(isinstance(item, (Mapping, list, tuple)) for item in items):
        return None
    return f"[{', '.join(_scalar(item) for item in items)}]"


def lines(value: object) -> list[str]:
    """The value as lines, not yet made visible."""
    if isinstance(value, Absent):
        return []
    if isinstance(value, str) and not isinstance(value, Sensitive) and "\n" in value:
        return value.split("\n")
    return list(_tree(value))


def _tree(value: object) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key in sorted(value, key=_key_order):
            yield from _entry(key_text(key), value[key])
    elif isinstance(value, (list, tuple)) and value:
        for item in value:
            first, *rest = _tree(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield "{}" if isinstance(value, Mapping) else "[]" if isinstance(value, (list, tuple)) else _scalar(value)


def _entry(key: str, value: object) -> Iterator[str]:
    if isinstance(value, (Mapping, list, tuple)) and value:
        yield f"{key}:"
        yield from (f"  {line}" for line in _tree(value))
    elif isinstance(value, str) and not isinstance(value, Sensitive) and "\n" in value:
        yield f"{key}: {'|' if value.endswith(chr(10)) else '|-'}"
        yield from (f"  {line}" for line in value.removesuffix("\n").split("\n"))
    else:
        yield f"{key}: {next(_tree(value))}"


def _key_order(key: object) -> tuple[int, str]:
    return _NAMES_FIRST.get(str(key), len(_NAMES_FIRST)), str(key)


def _scalar(value: object) -> str:
    if isinstance(value, Sensitive):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    return json.dumps(value) if value is None or isinstance(value, (bool, int, float)) else _quoted(str(value))


def _quoted(text: str) -> str:
    return one_line(json.dumps(text, ensure_ascii=False))
