"""The catalogue on disk, for minutes: it is long, and changes seldom.

Nothing depends on it. What cannot be read, is of another place or of another time is passed over.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from provisioner.model.reasons import reason
from provisioner.preflight.facts import Bounds, Catalogue, Model, Sku

_FORMAT: Final = 1
_FRESH_S: Final = 600
_MOST_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a catalogue is of. Models that were fine-tuned are an account's own."""

    host: str
    tenant: str
    subscription: str
    region: str
    account: str

    @property
    def key(self) -> str:
        return "\n".join(it.casefold() for it in asdict(self).values())


class Cache:
    """Catalogues in a folder, one file for each place. `tell` hears why one was passed over or not kept."""

    def __init__(self, folder: Path, tell: Callable[[str], None], *, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._tell = tell
        self._now = now

    def file(self, place: Place) -> Path:
        return self._folder / f"catalogue-{sha256(place.key.encode()).hexdigest()[:24]}.json"

    def get(self, place: Place) -> Catalogue | None:
        """The one that was kept a few minutes ago."""
        file = self.file(place)
        try:
            kept = json.loads(_content(file))
            if not (kept["format"] == _FORMAT and kept["place"] == place.key):
                raise ValueError("it is of something else")  # noqa: TRY301 - one sentence for all that may be wrong
            age = self._now() - float(kept["at"])
            models = tuple(_model(each) for each in kept["models"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
            why = reason(error) if isinstance(error, OSError) else "it does not hold what it should"
            self._tell(f"The kept catalogue {file} is passed over: {why}.")
            return None
        return Catalogue(models) if 0 <= age < _FRESH_S and models else None

    def keep(self, place: Place, catalogue: Catalogue) -> None:
        file = self.file(place)
        models = [asdict(model) for model in catalogue.models]
        content = {"format": _FORMAT, "place": place.key, "at": self._now(), "models": models}
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(file, json.dumps(content, default=_plain).encode())
        except OSError as error:
            self._tell(f"The catalogue is not kept in {self._folder}: {reason(error)}. --no-cache does not try to.")


def user_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Where programs of this user keep what they can do without."""
    if sys.platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return (Path(local) if local else home / "AppData" / "Local") / "provisioner" / "cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "provisioner"
    kept = Path(environ.get("XDG_CACHE_HOME") or "")
    return (kept if kept.is_absolute() else home / ".cache") / "provisioner"


def _content(file: Path) -> bytes:
    """Of a file of this user alone: what others may write could make a plan say anything."""
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(stream.fileno())
        is_ours = not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)
        if not (stat.S_ISREG(found.st_mode) and is_ours and found.st_size <= _MOST_BYTES):
            raise ValueError("it is not a file of this user alone")
        return stream.read(_MOST_BYTES)


def _replace(file: Path, content: bytes) -> None:
    """Whoever reads it sees the old one or the new one. It is made for this user alone."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        Path(name).replace(file)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else sorted(value)  # type: ignore[call-overload]


def _model(kept: Mapping[str, Any]) -> Model:
    texts = {key: _text(kept[key]) for key in ("format", "name", "version", "lifecycle", "certainty", "successor")}
    retires = kept["retires"]
    return Model(
        **texts,
        is_default=kept["is_default"] is True,
        retires=date.fromisoformat(retires) if retires is not None else None,
        capabilities=frozenset(map(_text, kept["capabilities"])),
        skus=tuple(_sku(each) for each in kept["skus"]),
    )


def _sku(kept: Mapping[str, Any]) -> Sku:
    bounds = kept["capacity"]
    capacity = Bounds(
        **{key: _number(bounds[key]) for key in ("minimum", "maximum", "step", "default")},
        allowed=tuple(int(_number(each) or 0) for each in bounds["allowed"]),
    )
    return Sku(**{key: _text(kept[key]) for key in ("name", "usage", "lifecycle")}, capacity=capacity)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _number(value: object) -> int | None:
    if value is not None and not isinstance(value, int):
        raise TypeError("not a number")
    return value
