"""The embedded Foundry behind `--local`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from provisioner.cli.own import make_room
from provisioner.model.errors import ProvisionerError


@contextmanager
def embedded_foundry(state: str, catalogue: str = "") -> Iterator[Mapping[str, str]]:
    """Start it on a free port, with its state in that file, and stop it in the end; gives its environment."""
    room = emulator_room()
    if state != ":memory:":
        make_room(Path(state))
    try:
        emulator = room.Emulator(room.Options(state=state, catalogue=catalogue))
        emulator.start()
    except room.StateError as error:
        raise ProvisionerError(str(error), "Name another file with --state, or move this one away.") from error
    except room.OptionError as error:
        raise ProvisionerError(
            str(error), 'A model is written as the service lists it, or in short: {"name": ..., "version": ...}.'
        ) from error
    trusted = emulator.ca_file  # alone: nothing else is talked to, and reading every public CA twice takes a while
    try:
        yield {**emulator.env, "SSL_CERT_FILE": trusted, "REQUESTS_CA_BUNDLE": trusted, "CURL_CA_BUNDLE": trusted}
    finally:
        emulator.stop()


def emulator_room() -> ModuleType:
    """The emulator, whole; a sentence about the extra that brings it where it is not installed."""
    try:
        importlib.import_module("provisioner.emulator.serve.server")
    except ModuleNotFoundError as error:
        raise ProvisionerError(
            f"The embedded Foundry is not installed ({error.name} is missing).",
            'Install it: pip install "foundry-provisioner[local]"',
        ) from error
    return importlib.import_module("provisioner.emulator")
