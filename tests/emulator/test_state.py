"""The state: kept between runs, shared between processes, never damaged by us."""

from __future__ import annotations

import sqlite3
import ssl
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from provisioner.emulator import Clock, Emulator, Options, StateError
from provisioner.emulator.handles import families
from provisioner.emulator.project.departed_rows import DEPARTED
from provisioner.emulator.world.state import State

if TYPE_CHECKING:
    from pathlib import Path

HEADERS = {"Foundry-Features": "MemoryStores=V1Preview"}
CHAT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry/deployments/chat"
)


def request(emulator: Emulator, method: str, path: str, body: Any = None, *, token: str = "") -> httpx.Response:
    trust = ssl.create_default_context(cafile=emulator.ca_file)
    with httpx.Client(base_url=emulator.management, verify=trust, trust_env=False, timeout=60) as client:
        audience = "https://ai.azure.com" if path.startswith("/api") else "https://management.azure.com"
        bearer = {"Authorization": f"Bearer {token or token_of(emulator, audience)}"}
        version = "v1" if path.startswith("/api") else "2025-09-01"
        query = {"api-version": version}
        return client.request(method, path, json=body, params=query, headers={**HEADERS, **bearer})


def token_of(emulator: Emulator, audience: str) -> str:
    headers = {"X-IDENTITY-HEADER": emulator.env["IDENTITY_HEADER"]}
    query = {"resource": audience}
    answer = httpx.get(emulator.env["IDENTITY_ENDPOINT"], params=query, headers=headers, trust_env=False)
    return str(answer.json()["access_token"])


def test_what_was_made_is_there_in_the_next_run_and_so_is_the_trust(tmp_path: Path, documents: Any) -> None:
    options = Options(state=str(tmp_path / "deep" / "local.db"))
    with Emulator(options) as first:
        token = token_of(first, "https://ai.azure.com")
        request(first, "POST", "/api/projects/local/memory_stores", documents.store())
        trust, header = (tmp_path / "deep" / "local.db.tls" / "ca.pem").read_bytes(), first.env["IDENTITY_HEADER"]

    with Emulator(options) as second:
        found = request(second, "GET", "/api/projects/local/memory_stores/memory", token=token)

        assert found.status_code == 200
        assert second.env["IDENTITY_HEADER"] == header
        assert (tmp_path / "deep" / "local.db.tls" / "ca.pem").read_bytes() == trust


def test_a_state_in_memory_is_forgotten(documents: Any) -> None:
    with Emulator(Options()) as first:
        request(first, "POST", "/api/projects/local/memory_stores", documents.store())
    with Emulator(Options()) as second:
        assert request(second, "GET", "/api/projects/local/memory_stores/memory").status_code == 404


def test_two_emulators_on_one_file_see_each_other_and_share_the_lock(tmp_path: Path, documents: Any) -> None:
    options = Options(state=str(tmp_path / "local.db"), write_seconds=30)
    clock = Clock()
    with Emulator(options, clock) as one, Emulator(options, clock) as two:
        made = request(one, "PUT", CHAT, documents.deployment())

        assert made.status_code == 201
        assert request(two, "PUT", CHAT.replace("chat", "other"), documents.deployment()).status_code == 409
        assert request(two, "GET", CHAT).json()["properties"]["provisioningState"] == "Creating"
        clock.advance(31)
        assert request(two, "PUT", CHAT.replace("chat", "other"), documents.deployment()).status_code == 201


def test_a_crash_leaves_no_lock_for_ever(tmp_path: Path, documents: Any) -> None:
    options = Options(state=str(tmp_path / "local.db"), write_seconds=30)
    with Emulator(options, Clock(at=1_000_000)) as before:
        request(before, "PUT", CHAT, documents.deployment())

    with Emulator(options, Clock(at=1_000_031)) as after:
        assert request(after, "PUT", CHAT, documents.deployment()).status_code == 200
    with Emulator(options, Clock(at=999_000)) as clock_set_back:
        assert request(clock_set_back, "PUT", CHAT, documents.deployment()).status_code == 200


HOLDER = """
import sys
from provisioner.emulator import Emulator, Options
with Emulator(Options(state=sys.argv[1])) as emulator:
    print(emulator.management, flush=True)
    sys.stdin.readline()
"""


def holding(path: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, path]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_second_emulator_on_a_file_is_told_of_the_first_and_shares_its_objects(
    tmp_path: Path, documents: Any
) -> None:
    path = str(tmp_path / "local.db")
    with holding(path) as first:
        assert first.stdout is not None
        address = first.stdout.readline().strip()
        with Emulator(Options(state=path)) as second:
            request(second, "POST", "/api/projects/local/memory_stores", documents.store())
            (note,) = second.notes
        first.communicate("stop\n", timeout=30)
    with Emulator(Options(state=path)) as alone:
        found = request(alone, "GET", "/api/projects/local/memory_stores/memory")

    assert note.startswith(f'Another local Foundry ({address}, process {first.pid}) uses the state file "{path}" too.')
    assert (alone.notes, found.status_code) == ((), 200)


def test_one_that_was_killed_is_nobody(tmp_path: Path) -> None:
    path = str(tmp_path / "local.db")
    with holding(path) as first:
        assert first.stdout is not None
        first.stdout.readline()
        first.kill()
        first.communicate(timeout=30)

    with Emulator(Options(state=path)) as second:
        assert second.notes == ()


def test_two_on_states_of_their_own_are_not_told_of_each_other(tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in ("one.db", "two.db")]
    with Emulator(Options(state=files[0])), Emulator(Options(state=files[1])) as two, Emulator(Options()) as three:
        assert (two.notes, three.notes) == ((), ())


def test_a_lock_that_cannot_be_used_keeps_nobody_from_starting(tmp_path: Path) -> None:
    (tmp_path / "local.db.lock").write_bytes(b"this is my thesis" * 1000)

    with Emulator(Options(state=str(tmp_path / "local.db"))) as emulator:
        assert emulator.notes == ()


RACE = """
import sys
from provisioner.emulator.handles import families
from provisioner.emulator.world.state import State
from provisioner.emulator.world.clock import Clock
from provisioner.emulator.world.options import Options
from provisioner.emulator.serve.tls import certificates_in
from provisioner.emulator.serve.first_day import make_world
from pathlib import Path
sys.stdin.readline()
state = State(sys.argv[1], families.tables())
make_world(Options(), state, Clock())
with state.transaction(writes=True):
    certificates_in(Path(sys.argv[1] + ".tls"))
for _ in range(50):
    with state.transaction(writes=True):
        state.set("count", str(int(state.setting("count") or 0) + 1))
state.close()
"""


def test_processes_that_start_at_once_on_a_new_file_do_not_clash(tmp_path: Path) -> None:
    path = str(tmp_path / "local.db")
    racers = [
        subprocess.Popen([sys.executable, "-c", RACE, path], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()

    errors = [racer.communicate(timeout=60)[1] for racer in racers]

    assert errors == ["", "", "", ""]
    with closing(State(path, families.tables())) as state:
        assert state.setting("count") == "200"
        assert state.number("SELECT count(*) FROM resources") == 3


def test_a_file_from_before_there_was_some_family_gets_its_tables_and_keeps_the_rest(tmp_path: Path) -> None:
    path = str(tmp_path / "local.db")
    earlier = [table for table in families.tables() if table.name != "responses"]
    with closing(State(path, earlier)) as state:
        state.set("count", "7")
    with closing(sqlite3.connect(path)) as connection:  # as it was written then, with comments
        connection.execute("DROP TABLE departed")
        connection.execute(DEPARTED.sql)
        connection.commit()

    with closing(State(path, families.tables())) as state:
        assert state.setting("count") == "7"
        assert state.number("SELECT count(*) FROM responses") == 0


def changed(path: Path) -> None:
    State(str(path), families.tables()).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP INDEX responses_in_order")


def garbage(path: Path) -> None:
    path.write_bytes(b"this is my thesis" * 1000)


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE thesis (chapter TEXT)")
        connection.commit()


def newer(path: Path) -> None:
    State(str(path), families.tables()).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def torn(path: Path) -> None:
    with closing(State(str(path), families.tables())) as state:
        for index in range(2000):
            state.set(f"filler-{index}", "x" * 100)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(path.read_bytes()[: 20 * 4096])


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("damage", [garbage, foreign, newer, changed, torn, folder])
def test_a_file_that_is_not_ours_or_is_damaged_is_named_and_left_alone(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "local.db"
    damage(path)
    before = path.read_bytes() if path.is_file() else b""

    with pytest.raises(StateError, match=r"local\.db"), Emulator(Options(state=str(path))):
        pass

    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_file_damaged_while_running_is_named_in_an_error_of_the_plane(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    with Emulator(Options(state=str(path))) as emulator:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DROP TABLE stores")
        answer = request(emulator, "GET", "/api/projects/local/memory_stores")

    assert answer.status_code == 507
    assert "local.db" in answer.json()["error"]["message"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")
def test_secrets_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    with Emulator(Options(state=str(path))):
        modes = {found.name: found.stat().st_mode & 0o077 for found in (path, tmp_path / "local.db.tls" / "server.pem")}

    assert modes == {"local.db": 0, "server.pem": 0}
