"""What a checkout, or another user of the machine, has put where we keep things for ourselves."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import trustme

from provisioner.emulator import Emulator, Options, StateError
from provisioner.emulator.serve.tls import certificates_in
from tests.foundry import EXAMPLE, Command, Foundry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there, and nobody owns files")

ROOM = Path(".provisioner")
OURS = ("local.db", "local.db-wal", "local.db-shm", "local.db-journal", "local.db.lock", "local.db.lock-journal")
UNTOUCHED = "not yours\n"


@pytest.fixture
def checkout(project: Path) -> Path:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    return project


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is none of the command's business, with a file in it."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "file").write_text(UNTOUCHED, encoding="utf-8")
    (folder / "file").chmod(0o644)
    return folder


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything in it: its mode, and the content of what is a file."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def is_told(err: str, name: str) -> bool:
    """In words: where, and what to do."""
    return name in err and ("Remove" in err or "move this one away" in err) and "Traceback" not in err


COMMANDS = {
    "plan": ("plan", "--local"),
    "apply": ("apply", "--local", "--yes"),
    "export": ("export", "--local"),
    "run": ("emulator", "run", "--state", ".provisioner/local.db", "--", sys.executable, "-c", ""),
    "serve": ("emulator", "--state", ".provisioner/local.db"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("target", ["file", "missing", "."], ids=["to-a-file", "to-nothing", "to-a-folder"])
def test_a_room_that_is_a_link_is_refused(
    checkout: Path, outside: Path, provisioner: Command, command: tuple[str, ...], target: str
) -> None:
    (checkout / ROOM).symlink_to(outside / target)
    before = snapshot(outside)

    told = provisioner(*command)

    assert told.code == 1
    assert is_told(told.err, '".provisioner" is a link')
    assert snapshot(outside) == before


def test_a_room_that_is_a_file_is_refused(checkout: Path, provisioner: Command) -> None:
    (checkout / ROOM).write_text("", encoding="utf-8")

    assert is_told(provisioner("plan", "--local").err, '".provisioner" is no folder')


@pytest.mark.parametrize("target", ["file", "missing", "."], ids=["to-a-file", "to-nothing", "to-a-folder"])
@pytest.mark.parametrize("name", [*OURS, "local.db.tls"])
def test_what_we_keep_is_never_a_link(
    checkout: Path, outside: Path, provisioner: Command, name: str, target: str
) -> None:
    (checkout / ROOM).mkdir()
    (checkout / ROOM / name).symlink_to(outside / target)
    before = snapshot(outside)

    told = provisioner("plan", "--local")

    assert told.code == 1
    assert is_told(told.err, f"{name}' is a link")
    assert snapshot(outside) == before


@pytest.mark.parametrize("name", [*OURS, "local.db.tls"])
def test_what_we_keep_is_no_pipe(checkout: Path, provisioner: Command, name: str) -> None:
    """To open one may take forever."""
    (checkout / ROOM).mkdir()
    os.mkfifo(checkout / ROOM / name)

    told = provisioner("plan", "--local")

    assert told.code == 1
    assert is_told(told.err, f"{name}' is no f")


@pytest.mark.parametrize("name", OURS)
def test_what_we_keep_is_no_folder(checkout: Path, provisioner: Command, name: str) -> None:
    (checkout / ROOM / name).mkdir(parents=True)

    told = provisioner("plan", "--local")

    assert told.code == 1
    assert is_told(told.err, f"{name}' is no file")


def test_a_state_that_is_named_is_no_link_either(checkout: Path, outside: Path, provisioner: Command) -> None:
    """The name is the user's, what lies there is the checkout's."""
    (checkout / "foundry.db").symlink_to(outside / "new.db")

    told = provisioner("plan", "--local", "--state", "foundry.db")

    assert told.code == 1
    assert is_told(told.err, "'foundry.db' is a link")
    assert not (outside / "new.db").exists()


def test_a_folder_that_the_user_names_may_be_reached_through_links(
    checkout: Path, outside: Path, provisioner: Command
) -> None:
    (checkout / "shared").symlink_to(outside)

    assert provisioner("plan", "--local", "--state", "shared/foundry.db").code == 0
    assert (outside / "foundry.db").is_file()


@pytest.mark.parametrize("target", ["file", "missing"])
def test_nothing_is_written_through_a_link_named_gitignore(
    checkout: Path, outside: Path, provisioner: Command, target: str
) -> None:
    (checkout / ROOM).mkdir()
    (checkout / ROOM / ".gitignore").symlink_to(outside / target)
    before = snapshot(outside)

    assert provisioner("plan", "--local").code == 0
    assert snapshot(outside) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("name", ["", "local.db", "local.db-wal", "local.db.lock", "local.db.tls"])
def test_what_belongs_to_another_user_is_refused(checkout: Path, provisioner: Command, name: str) -> None:
    """As somebody may leave it in a folder where everybody may write."""
    assert provisioner("plan", "--local").code == 0
    planted = checkout / ROOM / name
    planted.touch()
    os.chown(planted, 4242, 4242)

    told = provisioner("plan", "--local")

    assert told.code == 1
    assert is_told(told.err, "belongs to another user")


# --- a state that was made elsewhere -----------------------------------------------------------------------------


def planted_state(folder: Path, *statements: str) -> Path:
    """A state of ours, with these done to it, as a checkout would bring it."""
    file = folder / ROOM / "local.db"
    with Emulator(Options(state=str(file))):
        pass
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for path in (file.parent / "local.db.tls", file.parent / "local.db.lock"):
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)
    file.chmod(0o644)
    return file


def journal_that_deletes(victim: Path) -> bytes:
    """SQLite undoes an interrupted write by such a file, and then deletes the file that this one names at its end."""
    magic, name = bytes.fromhex("d9d505f920a163d7"), os.fsencode(victim)
    head = (magic + struct.pack(">IIIII", 0, 0, 1, 512, 4096)).ljust(512, b"\0")
    return head + struct.pack(">I", 262145) + name + struct.pack(">II", len(name), sum(name)) + magic


@pytest.mark.parametrize("name", ["local.db", "local.db.lock"])
def test_no_file_is_deleted_because_a_planted_journal_names_it(
    checkout: Path, outside: Path, provisioner: Command, name: str
) -> None:
    planted_state(checkout, "PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(checkout / ROOM / name)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS departed (family)")
    (checkout / ROOM / f"{name}-journal").write_bytes(journal_that_deletes(outside / "file"))
    before = snapshot(outside)

    told = provisioner("plan", "--local")

    assert snapshot(outside) == before
    assert told.code == 1
    assert is_told(told.err, f"{name}-journal' would have another file deleted")


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
FILLING = f"INSERT INTO departed SELECT 'a', i, 'b', 1 FROM ({ENDLESS})"
ACTING = {
    "a trigger": [f"CREATE TRIGGER t AFTER INSERT ON settings BEGIN {FILLING}; END"],
    "a view": ["DROP TABLE departed", f"CREATE VIEW departed AS {ENDLESS}"],
    "a computed column": ["ALTER TABLE settings ADD COLUMN more GENERATED ALWAYS AS (zeroblob(900000000))"],
    "a table of another program": ["CREATE TABLE more (a)"],
}


@pytest.mark.parametrize("statements", ACTING.values(), ids=ACTING)
def test_a_state_that_acts_by_itself_is_refused(checkout: Path, provisioner: Command, statements: list[str]) -> None:
    planted_state(checkout, *statements)

    told = provisioner("plan", "--local")

    assert told.code == 1
    assert "its tables are not those of a local Foundry" in told.err


def test_a_lock_that_acts_by_itself_is_not_used(checkout: Path, provisioner: Command) -> None:
    (checkout / ROOM).mkdir()
    with closing(sqlite3.connect(checkout / ROOM / "local.db.lock", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE holder (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL)")
        connection.execute(
            f"CREATE TRIGGER t AFTER INSERT ON holder BEGIN "
            f"UPDATE holder SET name = (SELECT max(i) FROM ({ENDLESS})); END"
        )

    assert provisioner("plan", "--local").code == 0


@pytest.mark.parametrize("value", ["", "a\nX-Injected: b", "a\x00b", "x' || rm"])
@pytest.mark.parametrize("name", ["identity_header", "token_secret"])
def test_a_secret_that_is_none_of_ours_is_made_anew(checkout: Path, name: str, value: str) -> None:
    file = planted_state(checkout)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE settings SET value = ? WHERE name = ?", (value, name))
        connection.commit()

    with Emulator(Options(state=str(file))) as emulator:
        header = emulator.env["IDENTITY_HEADER"]
    with closing(sqlite3.connect(file)) as connection:
        ((found,),) = connection.execute("SELECT value FROM settings WHERE name = ?", (name,))

    assert found != value
    assert header.replace("-", "").isalnum()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


BODIES = ["nonsense", "[]", "{}", "null", "[" * 5000]


def test_a_state_of_broken_objects_is_answered_without_a_traceback(tmp_path: Path) -> None:
    """Side by side: each is asked again and again before the command gives up."""
    planning: list[subprocess.Popen[str]] = []
    for number, body in enumerate(BODIES):
        place = tmp_path / str(number)
        place.mkdir()
        (place / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
        planted_state(place, *(f"UPDATE {table} SET body = '{body}'" for table in ("resources", "stores", "agents")))
        command = [sys.executable, "-m", "provisioner", "plan", "--local"]
        planning.append(
            subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
    told = [process.communicate(timeout=60)[0] for process in planning]

    assert [process.returncode for process in planning] == [1] * len(BODIES)
    assert "Traceback" not in "".join(told)


# --- certificates --------------------------------------------------------------------------------------------------


def plant_certificates(folder: Path, *, mode: int, days: int = 365, other_key: bool = False) -> bytes:
    """An authority of a stranger's, who has its key; gives what would be trusted."""
    folder.mkdir(parents=True, mode=0o700)
    authority = trustme.CA()
    until = datetime.now(timezone.utc) + timedelta(days=days)
    served = (trustme.CA() if other_key else authority).issue_cert("127.0.0.1", "localhost", not_after=until)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    served.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    (folder / "names.txt").write_text("login.microsoftonline.com", encoding="utf-8")
    (folder / "ca-bundle.pem").write_bytes(authority.cert_pem.bytes())
    for path in folder.iterdir():
        path.chmod(mode)
    return authority.cert_pem.bytes().strip()


@pytest.mark.parametrize("mode", [0o644, 0o664, 0o755, 0o600], ids=["022", "002", "executable", "umask-077"])
def test_an_authority_that_was_checked_out_is_not_trusted(checkout: Path, mode: int) -> None:
    folder = checkout / ROOM / "local.db.tls"
    stranger = plant_certificates(folder, mode=mode)

    with Emulator(Options(state=str(checkout / ROOM / "local.db"))) as emulator:
        trusted = [Path(emulator.env[name]).read_bytes() for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")]

    assert not any(stranger in each for each in trusted)
    assert (folder / "names.txt").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("name", ["ca.pem", "server.pem", "names.txt", "ca-bundle.pem"])
def test_a_certificate_that_is_a_link_is_replaced_and_what_it_leads_to_stays(
    checkout: Path, outside: Path, name: str
) -> None:
    folder = checkout / "tls"
    before = snapshot(outside)
    certificates_in(folder)
    (folder / name).unlink()
    (folder / name).symlink_to(outside / "file")

    found = certificates_in(folder)

    assert not any(path.is_symlink() for path in folder.iterdir())
    assert UNTOUCHED.encode() not in found.bundle.read_bytes()
    assert snapshot(outside) == before


def test_certificates_that_others_could_change_are_made_anew(checkout: Path) -> None:
    first = certificates_in(checkout / "tls").ca.read_bytes()
    (checkout / "tls").chmod(0o755)

    assert certificates_in(checkout / "tls").ca.read_bytes() != first


@pytest.mark.parametrize(
    ("days", "other_key"), [(-1, False), (365, True)], ids=["expired", "signed by another authority"]
)
def test_certificates_that_no_client_would_accept_are_made_anew(checkout: Path, days: int, other_key: bool) -> None:
    folder = checkout / "tls"
    stale = plant_certificates(folder, mode=0o400, days=days, other_key=other_key)

    assert certificates_in(folder).ca.read_bytes().strip() != stale


def test_a_folder_of_certificates_that_cannot_be_emptied_is_told(checkout: Path) -> None:
    """A mount, or what belongs to others in it: here, the folder that it is in cannot be written."""
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    folder = checkout / "closed" / "tls"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o500)
    try:
        with pytest.raises(StateError, match="cannot be made"):
            certificates_in(folder)
    finally:
        folder.parent.chmod(0o700)


# --- outputs, modules and settings ---------------------------------------------------------------------------------


OUTPUTS = {
    "plan": ("plan", "--out", "plan.md"),
    "export": ("export", "--force", "--out", "plan.md"),
    "log": ("emulator", "run", "--log", "plan.md", "--", sys.executable, "-c", ""),
}


@pytest.mark.parametrize("command", OUTPUTS.values(), ids=OUTPUTS)
@pytest.mark.parametrize("target", ["file", "missing"])
@pytest.mark.usefixtures("foundry")
def test_no_output_goes_through_a_link_that_leads_out_of_the_checkout(
    checkout: Path, outside: Path, provisioner: Command, command: tuple[str, ...], target: str
) -> None:
    (checkout / "plan.md").symlink_to(outside / target)
    before = snapshot(outside)

    told = provisioner(*command)

    assert told.code == 1
    assert is_told(told.err, '"plan.md" cannot be written: through a link it leads out of this folder')
    assert snapshot(outside) == before


@pytest.mark.usefixtures("foundry")
def test_no_output_goes_through_a_folder_that_is_a_link(checkout: Path, outside: Path, provisioner: Command) -> None:
    (checkout / "build").symlink_to(outside)
    before = snapshot(outside)

    assert provisioner("plan", "--out", "build/plan.md").code == 1
    assert snapshot(outside) == before


@pytest.mark.usefixtures("foundry")
def test_no_output_goes_through_a_link_to_what_a_checkout_hides(checkout: Path, provisioner: Command) -> None:
    (checkout / ".git").mkdir()
    (checkout / ".git" / "config").write_text("[core]\n", encoding="utf-8")
    (checkout / "plan.md").symlink_to(".git/config")

    told = provisioner("plan", "--out", "plan.md")

    assert told.code == 1
    assert is_told(told.err, "hidden in it")
    assert (checkout / ".git" / "config").read_text(encoding="utf-8") == "[core]\n"


@pytest.mark.usefixtures("foundry")
def test_what_the_user_names_outside_is_written(checkout: Path, outside: Path, provisioner: Command) -> None:
    (outside / "link.md").symlink_to(outside / "file")

    assert provisioner("plan", "--out", str(outside / "link.md")).code == 0
    assert (outside / "link.md").is_symlink()
    assert (outside / "file").read_text(encoding="utf-8") != UNTOUCHED
    assert provisioner("plan", "--out", os.path.relpath(outside / "new.md", checkout)).code == 0
    assert (outside / "new.md").is_file()


MODULES = ("sitecustomize", "usercustomize", "provisioner", "yaml", "azure", "click", "httpx", "ssl", "dotenv")


def test_no_module_of_the_checkout_is_imported_and_no_settings_file_is_read(
    checkout: Path, outside: Path, foundry: Foundry
) -> None:
    for name in MODULES:
        (checkout / f"{name}.py").write_text(f"open({str(outside / name)!r}, 'w')\n", encoding="utf-8")
    for name in ("azure.json", "pip.conf", "pyproject.toml", ".netrc", ".env.local"):
        (checkout / name).write_text("\0nonsense", encoding="utf-8")
    script = Path(sys.executable).with_name("provisioner")
    before = snapshot(outside)

    done = run_plan(checkout, foundry, script)

    assert done.returncode == 0, done.stderr
    assert snapshot(outside) == before


READ_BY_LIBRARIES = {
    "AZURE_CLIENT_ID": "evil",
    "AZURE_CLIENT_SECRET": "evil",
    "AZURE_TENANT_ID": "evil",
    "AZURE_AUTHORITY_HOST": "https://evil.example",
    "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
    "IDENTITY_ENDPOINT": "http://127.0.0.1:1/msi/token",
    "IDENTITY_HEADER": "evil",
    "MSI_ENDPOINT": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "ALL_PROXY": "http://127.0.0.1:1",
    "SSL_CERT_FILE": "evil.pem",
    "REQUESTS_CA_BUNDLE": "evil.pem",
    "PYTHONPATH": "evil",
    "NETRC": ".netrc",
    "PATH": "evil",
}


def test_no_variable_of_a_dotenv_file_reaches_a_library(checkout: Path, foundry: Foundry) -> None:
    lines = [f"{name}={value}\n" for name, value in READ_BY_LIBRARIES.items()]
    (checkout / ".env").write_text("".join(lines), encoding="utf-8")
    before = dict(os.environ)

    done = run_plan(checkout, foundry, Path(sys.executable).with_name("provisioner"))

    assert done.returncode == 0, done.stderr
    assert dict(os.environ) == before


def test_a_dotenv_file_sets_nothing_in_this_process(
    checkout: Path, provisioner: Command, foundry: Foundry, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = [name for name in READ_BY_LIBRARIES if name not in foundry.env and name not in {"PATH", "PYTHONPATH"}]
    for name in absent:
        monkeypatch.delenv(name, raising=False)
    (checkout / ".env").write_text("".join(f"{name}=evil\n" for name in absent), encoding="utf-8")
    before = dict(os.environ)

    assert provisioner("plan").code == 0
    assert dict(os.environ) == before


def test_no_password_of_a_netrc_file_replaces_the_token(checkout: Path, foundry: Foundry, outside: Path) -> None:
    """`requests` would send it instead, to every host where the file says `default`."""
    (outside / ".netrc").write_text("default login evil password evil\n", encoding="utf-8")
    (outside / ".netrc").chmod(0o600)

    done = run_plan(checkout, foundry, Path(sys.executable).with_name("provisioner"), {"HOME": str(outside)})

    assert done.returncode == 0, done.stderr


def run_plan(
    folder: Path, foundry: Foundry, script: Path, more: Iterable[tuple[str, str]] | dict[str, str] = ()
) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **foundry.env, **dict(more)}
    return subprocess.run(
        [script, "plan"], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_name_from_the_service_is_no_path(checkout: Path, provisioner: Command, foundry: Foundry) -> None:
    """An export writes the file that was named, whatever things are called."""
    assert provisioner("apply", "--yes").code == 0
    for name in ("../../evil", "/etc/evil", "C:\\evil", "a\nb", "${env:HOME}"):
        foundry.rename("agents", "dev-buddy", name)
        before = set(snapshot(checkout.parent))
        done = provisioner("export", "--force", "--out", "live.yaml")
        foundry.rename("agents", name, "dev-buddy")

        assert "Traceback" not in done.err
        assert set(snapshot(checkout.parent)) <= before | {f"{checkout.name}/live.yaml"}
