"""Where the journals of migrations are kept: in `.provisioner/`, for the eyes of their owner alone."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from provisioner.cli.files import write_out
from provisioner.cli.own import ROOM, make_room, read_private, require_own_room
from provisioner.memory.journal import Journal
from provisioner.model.document import digest
from provisioner.model.errors import ProvisionerError
from provisioner.model.plan import Change, Target

LOG = logging.getLogger(__name__)
_MODE: Final = 0o600
_NAME_CHARS: Final = 16


def journals(target: Target | None) -> Callable[[Change], Journal]:
    """Of the project's migrations. What cannot be read or written costs time and nothing else, so the log says so."""

    def journal_of(change: Change) -> Journal:
        file = _file(target, change)
        return Journal(_read(file), save=lambda entries: _write(file, entries), end=lambda: _remove(file))

    return journal_of


def _file(target: Target | None, change: Change) -> Path:
    way = change.migration
    what = ["" if target is None or target.local else target.endpoint, str(change.address)]  # the local port changes
    what += [str(way.source), str(way.target)] if way is not None else []
    return Path(ROOM) / f"migration-{digest(what)[:_NAME_CHARS]}.json"


def _read(file: Path) -> list[str]:
    try:
        require_own_room(file)
        found = json.loads(read_private(file))
    except FileNotFoundError:
        return []
    except (ProvisionerError, ValueError, RecursionError) as error:
        LOG.info("The journal %s is not used: %s", file, error)
        return []
    return [it for it in found if isinstance(it, str)] if isinstance(found, list) else []


def _write(file: Path, entries: Collection[str]) -> None:
    try:
        make_room(file)
        write_out(file, json.dumps(list(entries)), mode=_MODE)
    except ProvisionerError as error:
        LOG.warning("The journal %s is not kept, which does no harm: %s", file, error)


def _remove(file: Path) -> None:
    with suppress(OSError):  # it is believed by the next run as far as it is true
        file.unlink(missing_ok=True)
