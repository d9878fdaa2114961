"""The file that says where a local Foundry is running: written when it is ready, removed when it stops."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from provisioner.cli.files import write_out
from provisioner.cli.local import make_room
from provisioner.cli.terminal import remark
from provisioner.model.errors import ProvisionerError

DEFAULT: Final = Path(".provisioner") / "emulator.json"
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
    """The environment of the Foundry that wrote the file. Raises ProvisionerError when it is not running (any more)."""
    try:
        described = json.loads(file.read_text(encoding="utf-8"))
        env: Mapping[str, str] = described["env"]
        management, ca_file = str(described["management"]), str(described["ca_file"])
    except FileNotFoundError:
        raise ProvisionerError(f'No local Foundry is running here: there is no "{file}".', START) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProvisionerError(f'"{file}" does not describe a local Foundry.', START) from error
    if not _answers(management, ca_file):
        raise ProvisionerError(f'The local Foundry of "{file}" is no longer running.', START)
    return env


def _answers(management: str, ca_file: str) -> bool:
    """Whether it is there, and is the one: nobody else has the key to its certificate."""
    parts = urlsplit(management)
    if parts.scheme != "https" or parts.hostname != "127.0.0.1":
        return False
    try:
        trust = ssl.create_default_context(cafile=ca_file)
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=5, context=trust)
        try:
            connection.request("GET", "/_emulator/state?objects=false")
            return connection.getresponse().status == 200
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return False


def _written(file: Path | None, text: str) -> Path | None:
    if file is not None:
        _write_privately(file, text)
        return file
    if _is_taken(DEFAULT):
        remark(f'Another local Foundry is running here: "{DEFAULT}" goes on describing that one, not this one.')
        return None
    try:
        make_room(DEFAULT)
        _write_privately(DEFAULT, text)
    except ProvisionerError:
        return None
    return DEFAULT.absolute()


def _is_taken(file: Path) -> bool:
    try:
        running(file)
    except ProvisionerError:
        return False
    return True


def _write_privately(file: Path, text: str) -> None:
    """For the owner only, whatever was there before: the identity header in it is as good as a token."""
    write_out(file, text, mode=0o600)


def _remove_ours(file: Path, text: str) -> None:
    """Another Foundry may have written over it meanwhile."""
    with suppress(OSError):
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            file.unlink()
