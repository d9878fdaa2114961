"""The file that says where a local Foundry is running: written when it is ready, removed when it stops."""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from provisioner.cli.emulator_variables import documented
from provisioner.cli.files import replace_own, write_out
from provisioner.cli.own import ROOM, is_sealed, make_room, read_private, require_own_room
from provisioner.cli.terminal import remark
from provisioner.model.errors import ProvisionerError

DEFAULT: Final = Path(ROOM) / "emulator.json"
START: Final = "Start one in another terminal: provisioner emulator"


@contextmanager
def announced(description: Mapping[str, Any], file: Path | None) -> Iterator[None]:
    """In this file, or else in the default place; where that cannot be written, the Foundry runs all the same."""
    text = json.dumps(description) + "\n"
    written = _written(file, text)
    try:
        yield
    finally:
        if written is not None:
            _remove_ours(written, text)


def running(file: Path) -> Mapping[str, str]:
    """The environment of the Foundry that wrote the file. Raises ProvisionerError when it is not running (any more),
    and for a file that is not ours: what it says goes into shells.
    """
    require_own_room(file)
    try:
        described = json.loads(read_private(file))
        env, management, ca_file = described["env"], str(described["management"]), Path(str(described["ca_file"]))
    except FileNotFoundError:
        raise ProvisionerError(f'No local Foundry is running here: there is no "{file}".', START) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _strange(file) from error
    found = documented(env, management, ca_file, os.environ) if _may_be_ours(ca_file) else None
    if found is None:
        raise _strange(file)
    if not _answers(management, str(ca_file)):
        raise ProvisionerError(f'The local Foundry of "{file}" is no longer running.', START)
    return found


def _strange(file: Path) -> ProvisionerError:
    return ProvisionerError(f'"{file}" does not describe a local Foundry.', f"Remove it. {START}")


def _may_be_ours(ca_file: Path) -> bool:
    """Whether a Foundry of ours made the certificates; those of one that was stopped may be gone."""
    if not ca_file.is_absolute() or ca_file.name != "ca.pem":
        return False
    return not os.path.lexists(ca_file) or (is_sealed(ca_file) and is_sealed(ca_file.with_name("ca-bundle.pem")))


def _answers(management: str, ca_file: str) -> bool:
    """Whether it is there, and is the one: nobody else has the key to its certificate."""
    try:
        parts = urlsplit(management)
        trust = ssl.create_default_context(cafile=ca_file)
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=5, context=trust)
        try:
            connection.request("GET", "/_emulator/state?objects=false")
            return connection.getresponse().status == 200
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):  # ValueError: a port beyond the last
        return False


def _written(file: Path | None, text: str) -> Path | None:
    """For the owner only, whatever was there before: the identity header in it is as good as a token."""
    if file is not None:
        write_out(file, text, mode=0o600)
        return file
    if _is_taken(DEFAULT):
        remark(f'Another local Foundry is running here: "{DEFAULT}" goes on describing that one, not this one.')
        return None
    try:
        make_room(DEFAULT)
        replace_own(DEFAULT, text, 0o600)
    except ProvisionerError as error:
        remark(f'It is not described in "{DEFAULT}". {error.message} {error.hint}'.rstrip())
        return None
    return DEFAULT.absolute()


def _is_taken(file: Path) -> bool:
    try:
        running(file)
    except ProvisionerError:
        return False
    return True


def _remove_ours(file: Path, text: str) -> None:
    """Another Foundry may have written over it meanwhile."""
    with suppress(OSError):
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            file.unlink()
