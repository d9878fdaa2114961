"""A shell evaluates what the file says that describes a local Foundry: none that a checkout brought is believed."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.cli import ready_file
from provisioner.cli.emulator_variables import NAMES
from provisioner.emulator import Emulator, Options
from tests.attacks.test_planted import outside, plant_certificates, snapshot
from tests.foundry import Command

__all__ = ["outside"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there, and nobody owns files")
READY = Path(".provisioner") / "emulator.json"
Json = dict[str, Any]


@pytest.fixture
def running(project: Path) -> Iterator[Emulator]:
    """It answers, so that nothing but the file can be what is refused."""
    with Emulator(Options(state=str(project / "local.db"))) as emulator:
        yield emulator


def plant(content: object, mode: int = 0o600) -> Path:
    READY.parent.mkdir(exist_ok=True)
    READY.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    READY.chmod(mode)
    return READY


def test_the_very_file_of_a_running_one_is_believed(provisioner: Command, running: Emulator) -> None:
    """The counterpart of what follows."""
    plant(running.describe())

    told = provisioner("emulator", "env")

    assert told.code == 0, told.err
    assert f"export IDENTITY_HEADER={running.env['IDENTITY_HEADER']}" in told.out


def test_all_that_is_written_is_documented_and_may_be_taken(running: Emulator) -> None:
    assert set(running.env) == NAMES


DANGEROUS = ("LD_PRELOAD", "PATH", "PYTHONPATH", "NODE_OPTIONS", "BASH_ENV", "PROMPT_COMMAND", "IFS", "GIT_SSH_COMMAND")


@pytest.mark.parametrize("name", [*DANGEROUS, "FOUNDRY_EXTRA", "AZURE_CLIENT_SECRET", "HTTPS_PROXY", "a b", ""])
def test_no_other_variable_is_exported(provisioner: Command, running: Emulator, name: str) -> None:
    described = running.describe()
    plant({**described, "env": {**described["env"], name: "/tmp/evil"}})

    told = provisioner("emulator", "env")

    assert (told.code, told.out) == (1, "")
    assert '".provisioner/emulator.json" does not describe a local Foundry' in told.err
    assert "evil" not in told.err


VALUES = {
    "another host": ("FOUNDRY_PROJECT_ENDPOINT", "https://evil.example/api/projects/local"),
    "another port": ("FOUNDRY_PROJECT_ENDPOINT", "https://127.0.0.1:1/api/projects/local"),
    "a longer port": ("PROVISIONER_MANAGEMENT_ENDPOINT", lambda it: f"{it['management']}1"),
    "another host in front": ("PROJECT_ENDPOINT", lambda it: f"{it['management']}@evil.example/api/projects/local"),
    "another identity": ("IDENTITY_ENDPOINT", "http://evil.example/msi/token"),
    "a header of two lines": ("IDENTITY_HEADER", "a\nb"),
    "another credential": ("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential"),
    "another subscription": ("AZURE_SUBSCRIPTION_ID", "$(id)"),
    "a control character": ("FOUNDRY_MODEL_NAME", "gpt\x1b[2J"),
    "no text": ("FOUNDRY_ACCOUNT", ["a"]),
    "nothing": ("FOUNDRY_ACCOUNT", None),
}


@pytest.mark.parametrize(("name", "value"), VALUES.values(), ids=VALUES)
def test_no_value_of_another_form_is_exported(
    provisioner: Command, running: Emulator, name: str, value: str | Callable[[Json], str]
) -> None:
    described = running.describe()
    plant({**described, "env": {**described["env"], name: value(described) if callable(value) else value}})

    assert provisioner("emulator", "env").out == ""


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "NO_PROXY"])
def test_whom_to_trust_is_not_the_files_to_say(provisioner: Command, running: Emulator, name: str) -> None:
    described = running.describe()
    plant({**described, "env": {**described["env"], name: "/tmp/evil.pem"}})

    told = provisioner("emulator", "env", "--format", "dotenv")

    assert told.code == 0
    assert "evil" not in told.out
    assert f"SSL_CERT_FILE={running.env['SSL_CERT_FILE']}" in told.out.splitlines()


@pytest.mark.parametrize("mode", [0o644, 0o664, 0o755, 0o666])
def test_a_file_that_others_may_read_is_not_believed(provisioner: Command, running: Emulator, mode: int) -> None:
    """As a checkout makes it."""
    plant(running.describe(), mode)

    told = provisioner("emulator", "env")

    assert (told.code, told.out) == (1, "")
    assert "may be read or written by others" in told.err


def test_an_authority_that_was_checked_out_is_not_believed(
    project: Path, provisioner: Command, running: Emulator
) -> None:
    """Even where the umask hides everything from others, and even where a Foundry answers."""
    plant_certificates(project / "planted", mode=0o600)
    for name in ("ca.pem", "ca-bundle.pem"):
        (project / "planted" / name).write_bytes(Path(running.ca_file).with_name(name).read_bytes())
    plant({**running.describe(), "ca_file": str(project / "planted" / "ca.pem")})

    assert provisioner("emulator", "env").out == ""


@pytest.mark.parametrize("ca_file", ["/etc/passwd", "/dev/zero", "/proc/self/environ", "ca.pem", "a\0b", "", 7, None])
def test_no_other_file_is_read_as_an_authority(provisioner: Command, running: Emulator, ca_file: object) -> None:
    plant({**running.describe(), "ca_file": ca_file})

    told = provisioner("emulator", "env")

    assert (told.code, told.out) == (1, "")
    assert "root:" not in told.err


@pytest.mark.parametrize(
    "content", ["", "[]", "null", "{}", "[" * 50_000, '{"env": 1}', "\ud83d", '{"env": {}, "x": NaN}']
)
def test_what_describes_nothing_is_told(provisioner: Command, project: Path, content: str) -> None:  # noqa: ARG001
    READY.parent.mkdir()
    READY.write_bytes(content.encode("utf-8", "surrogatepass"))
    READY.chmod(0o600)

    told = provisioner("emulator", "env")

    assert (told.code, told.out) == (1, "")
    assert "does not describe a local Foundry" in told.err


@pytest.mark.parametrize("kind", ["link", "link to nothing", "pipe", "folder"])
def test_what_is_no_file_is_not_read(provisioner: Command, outside: Path, running: Emulator, kind: str) -> None:
    (outside / "ready.json").write_text(json.dumps(running.describe()), encoding="utf-8")
    (outside / "ready.json").chmod(0o600)
    READY.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(READY)
    elif kind == "folder":
        READY.mkdir()
    else:
        READY.symlink_to(outside / ("ready.json" if kind == "link" else "missing"))

    told = provisioner("emulator", "env")

    assert (told.code, told.out) == (1, "")
    assert "emulator.json" in told.err
    assert "Traceback" not in told.err


def test_a_room_that_is_a_link_is_not_looked_into(provisioner: Command, outside: Path, running: Emulator) -> None:
    (outside / "emulator.json").write_text(json.dumps(running.describe()), encoding="utf-8")
    (outside / "emulator.json").chmod(0o600)
    READY.parent.symlink_to(outside)

    told = provisioner("emulator", "env")

    assert (told.code, told.out) == (1, "")
    assert '".provisioner" is a link' in told.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_not_believed(provisioner: Command, running: Emulator) -> None:
    os.chown(plant(running.describe()), 4242, 4242)

    told = provisioner("emulator", "env")

    assert (told.code, told.out) == (1, "")
    assert "belongs to another user" in told.err


@pytest.mark.parametrize("target", ["file", "missing"])
def test_it_is_never_written_through_a_link(outside: Path, running: Emulator, target: str) -> None:
    READY.parent.mkdir()
    READY.symlink_to(outside / target)
    before = snapshot(outside)

    with ready_file.announced(running.describe(), None):
        assert not READY.is_symlink()
        assert stat.S_IMODE(READY.lstat().st_mode) == 0o600

    assert snapshot(outside) == before


@pytest.mark.parametrize("target", ["file", "missing", "."])
def test_a_room_that_is_a_link_is_told_and_the_foundry_runs_all_the_same(
    outside: Path, running: Emulator, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    READY.parent.symlink_to(outside / target)
    before = snapshot(outside)

    with ready_file.announced(running.describe(), None):
        assert snapshot(outside) == before

    assert '".provisioner" is a link' in capsys.readouterr().err
