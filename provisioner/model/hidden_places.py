"""The places in a live object where sensitive variables made something, as its marker records them.

Whoever reads the object later hides what stands there, also without the manifest that says so: a change of the manifest
must not bring to light what an earlier one kept out of sight. Places are told in any member of the lists on their way.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from provisioner.model.document import Absent, Document, Path
from provisioner.model.resource import Live
from provisioner.model.sealed import Sealed
from provisioner.model.veiled import Veiled
from provisioner.model.written import Texts, in_any_list, secrets_of, veiled_where

PATH_CHARS: Final = 4
SECRETS: Final = "^"  # behind it, in a record, are the prints of the places
_WHOLE: Final[Path] = ()
_MOST: Final = 12  # places: 48 characters of 256 in a tag


def veiled_live(value: Any, live: Live | None, texts: Texts, at: Path = ()) -> Any:
    """What stands at the path of a live object, with all out of sight that is sensitive by its marker or the texts."""
    recorded = prints(live.marker.applied.partition(SECRETS)[2]) if live is not None and live.marker else frozenset()
    places = frozenset(map(in_any_list, secrets_of(texts)))
    if not (recorded or places):
        return value

    def is_secret(path: Path) -> bool:
        return path in places or (bool(recorded) and _hides(recorded, path))

    here = in_any_list(at)
    if any(is_secret(here[:end]) for end in range(1, len(here) + 1)):
        return value if isinstance(value, (Absent, Sealed, Veiled)) else Veiled(value)
    return veiled_where(value, is_secret, here)


def _hides(recorded: frozenset[str], path: Path) -> bool:
    return path_print(path) in recorded or path_print(_WHOLE) in recorded


def secret_prints(paths: Iterable[Path], declared: Document, before: frozenset[str]) -> frozenset[str]:
    """What a record holds of the places of sensitive values: of too many of them, of what they are in. What was
    sensitive `before` and is not `declared` any more may be live still.
    """
    places = {in_any_list(path) for path in paths}
    if not (places or before):
        return frozenset()
    former = before and before - {path_print(path) for path in _plain_places(declared)}
    for depth in range(max(map(len, places), default=1), 0, -1):
        found = former | {path_print(path[:depth]) for path in places}
        if len(found) <= _MOST:
            return found
    return frozenset((path_print(_WHOLE),))


def _plain_places(value: object, at: Path = ()) -> Iterator[Path]:
    """Of all that is there and no mapping, and of whatever stands in lists, as these are written whole."""
    if isinstance(value, (list, tuple)):
        yield at
        for inner in value:
            yield (*at, "*")
            yield from _plain_places(inner, (*at, "*"))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            here = (*at, *in_any_list((str(key),)))
            yield from (here,) if "*" in at else ()
            yield from _plain_places(inner, here)
    else:
        yield at


def prints(text: str) -> frozenset[str]:
    """Of which a text is made."""
    return frozenset(text[at : at + PATH_CHARS] for at in range(0, len(text) - PATH_CHARS + 1, PATH_CHARS))


@lru_cache(maxsize=4096)
def path_print(path: Path) -> str:
    return fingerprint("\0".join(path))[:PATH_CHARS]


def fingerprint(text: str) -> str:
    import hashlib  # noqa: PLC0415 - it loads OpenSSL, which nobody needs who stays offline

    raw = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:6]
    return base64.urlsafe_b64encode(raw).decode("ascii")
