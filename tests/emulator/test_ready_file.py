"""The file that says where the local Foundry is, and the options it is started with."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest

from provisioner import emulator as room
from provisioner.cli import ready_file
from provisioner.cli.emulator_options import check_options, server_options, told_plainly
from provisioner.model.errors import ProvisionerError

if TYPE_CHECKING:
    from pathlib import Path

NONE = {"model_endpoint": "", "model": "", "embedding_model": ""}


def test_the_default_file_stays_with_the_one_that_answers(
    emulator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with ready_file.announced(emulator.describe(), None):
        with ready_file.announced({"management": "another"}, None):
            assert json.loads(ready_file.DEFAULT.read_text(encoding="utf-8")) == emulator.describe()
        assert ready_file.DEFAULT.exists()
        assert "Another local Foundry" in capsys.readouterr().err
        assert sys.platform == "win32" or ready_file.DEFAULT.stat().st_mode & 0o777 == 0o600
    assert not ready_file.DEFAULT.exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"model": "a", "embedding_model": "b", "model_endpoint": "notaurl"}, "notaurl"),
        ({"model": "a", "embedding_model": "b"}, "--model-endpoint is missing"),
        ({"model": "a"}, "are missing"),
    ],
)
def test_a_model_is_named_whole(given: dict[str, str], words: str) -> None:
    with pytest.raises(click.UsageError, match=words):
        check_options({**NONE, **given})


@pytest.mark.parametrize("amount", ["inf", "nan", "1e999", "-1"])
@pytest.mark.parametrize("flag", ["--latency", "--write-seconds", "--update-seconds"])
def test_durations_are_finite(flag: str, amount: str) -> None:
    command = click.command()(server_options(lambda **_: None))

    with pytest.raises(click.BadParameter):
        command.main([f"{flag}={amount}"], standalone_mode=False)


@pytest.mark.parametrize(
    ("error", "is_the_port"), [(room.PortError(98, "in use"), True), (OSError(28, "No space left"), False)]
)
def test_only_what_the_port_did_is_blamed_on_it(error: OSError, is_the_port: bool) -> None:
    with pytest.raises(ProvisionerError) as raised, told_plainly(room, {"port": 8443}):
        raise error

    assert ("port 8443" in str(raised.value)) is is_the_port
