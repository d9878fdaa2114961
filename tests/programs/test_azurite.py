"""Locks on Azurite, Microsoft's own emulator of Azure Storage: what the storage of `tests/locks` answers is held
against it, and the whole command runs on it. Tokens are those of the local Foundry, by azure-identity.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from azure.storage.blob import BlobServiceClient

from provisioner.emulator import Options
from provisioner.model.errors import PlaneError
from provisioner.model.lock import LockSettings
from provisioner.planes.clock import SystemClock
from provisioner.planes.clouds import BLOB_SCOPE
from provisioner.planes.credentials import SignIn
from provisioner.planes.lease import BlobLock, open_lock
from provisioner.planes.trust import trusted_authorities
from tests.foundry import EXAMPLE, Foundry
from tests.locks.contract import ALICE, STORIES, Opened, taken
from tests.programs import shelf
from tests.programs.processes import Ran, run
from tests.tracing import running_untraced

pytestmark = pytest.mark.contract
LISTENS = re.compile(r"listens on (https://127\.0\.0\.1:\d+)")
PROVISIONER = (sys.executable, "-m", "provisioner")


@dataclass(frozen=True, kw_only=True)
class Azurite:
    account_url: str
    ca_file: str


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """On a free port, with its data in memory. OAuth needs HTTPS."""
    words, folder, authority = shelf.azurite(), tmp_path_factory.mktemp("azurite"), trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    listening = ("--blobHost", "127.0.0.1", "--blobPort", "0", "--cert", "cert.pem", "--key", "key.pem")
    told_little = (
        "--inMemoryPersistence",
        "--skipApiVersionCheck",
        "--oauth",
        "basic",
        "--silent",
        "--disableTelemetry",
    )
    process = subprocess.Popen(
        [*words, *listening, *told_little], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    told: list[str] = []
    for line in process.stdout:
        told.append(line)
        if found := LISTENS.search(line):
            break
    else:
        pytest.fail("".join(told))
    yield Azurite(account_url=f"{found[1]}/devstoreaccount1", ca_file=str(folder / "ca.pem"))
    process.terminate()
    process.communicate(timeout=30)


@pytest.fixture(scope="session")
def _empty() -> Iterator[Foundry]:
    with running_untraced(Options()) as emulator:
        foundry = Foundry(emulator)
        yield foundry
        foundry.close()


@pytest.fixture
def foundry(_empty: Foundry) -> Foundry:
    """As on its first day: nothing is deployed."""
    _empty.reset()
    return _empty


@pytest.fixture
def environment(azurite: Azurite, foundry: Foundry, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Of a program that knows the local Foundry and Azurite, and of this process."""
    env = {
        **foundry.env,
        "SSL_CERT_FILE": foundry.ca_file,
        "REQUESTS_CA_BUNDLE": foundry.ca_file,
        "CURL_CA_BUNDLE": azurite.ca_file,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return env


@pytest.fixture
def container(azurite: Azurite, environment: dict[str, str]) -> Iterator[str]:  # noqa: ARG001 - it says whom to trust
    name = f"locks-{uuid.uuid4().hex}"
    with (
        SignIn() as sign_in,
        BlobServiceClient(
            azurite.account_url, credential=sign_in.tokens(BLOB_SCOPE), connection_verify=azurite.ca_file
        ) as service,
    ):
        service.create_container(name)
        yield name


def opener(where: LockSettings) -> Opened:
    @contextmanager
    def opened() -> Iterator[BlobLock]:
        with SignIn() as sign_in:
            tokens, trust = sign_in.tokens(BLOB_SCOPE), trusted_authorities()
            with open_lock(where, "p/x", tokens, trust=trust, clock=SystemClock(), note=lambda _: None) as lock:
                yield lock

    return opened


@pytest.mark.parametrize("story", STORIES, ids=lambda it: it.__name__)
def test_it_holds_there_that(story: Callable[[Opened], None], azurite: Azurite, container: str) -> None:
    story(opener(LockSettings(account_url=azurite.account_url, container=container)))


def test_a_container_that_is_not_there_is_told(azurite: Azurite, container: str) -> None:
    with opener(LockSettings(account_url=azurite.account_url, container=f"{container}-x"))() as lock:
        for call in (lock.look, lock.end, lambda: lock.take(ALICE)):
            with pytest.raises(PlaneError) as caught:
                call()
            assert caught.value.failure.code == "lock-container-missing"


def test_a_blob_that_is_deleted_takes_the_lock_along(azurite: Azurite, container: str) -> None:
    with opener(LockSettings(account_url=azurite.account_url, container=container))() as lock:
        lease = taken(lock)
        with (
            SignIn() as sign_in,
            BlobServiceClient(
                azurite.account_url, credential=sign_in.tokens(BLOB_SCOPE), connection_verify=azurite.ca_file
            ) as service,
        ):
            service.delete_container(container)

        with pytest.raises(PlaneError) as caught:
            lease.require()
    assert caught.value.failure.code == "lock-lost"


@pytest.fixture
def provisioner(azurite: Azurite, container: str, environment: dict[str, str], tmp_path: Path) -> Callable[..., Ran]:
    lock = f"\nlock:\n  azure_blob: {{account_url: '{azurite.account_url}', container: {container}}}\n"
    (tmp_path / "stores.yaml").write_text(EXAMPLE + lock, encoding="utf-8")

    def call(*arguments: str) -> Ran:
        return run(*PROVISIONER, *arguments, "--allow-host", "127.0.0.1", env=environment, cwd=tmp_path)

    return call


def test_the_command_takes_it_shows_it_and_gives_it_back(provisioner: Callable[..., Ran], foundry: Foundry) -> None:
    assert "is free." in provisioner("lock", "show").out

    applied = provisioner("apply", "--yes")

    assert applied.code == 0, applied
    assert len(foundry.objects("agents")) == 1
    assert "is free." in provisioner("lock", "show").out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for one child")
def test_who_comes_second_is_told_and_a_release_stops_the_first(
    provisioner: Callable[..., Ran], foundry: Foundry, environment: dict[str, str], tmp_path: Path
) -> None:
    foundry.fault({"method": "PUT", "path": "*/deployments/*"}, {"delay_s": 8})
    first = subprocess.Popen(
        [*PROVISIONER, "apply", "--yes", "--parallelism", "1", "--allow-host", "127.0.0.1"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while not foundry.requests("PUT"):  # answered, so that the next one is under way
        assert time.monotonic() < until
        time.sleep(0.02)

    second = provisioner("apply", "--yes", "--lock-timeout", "0")
    released = provisioner("lock", "release", "--yes")
    out, err = first.communicate(timeout=60)

    assert second.code == 1
    assert "code lock-held" in second.err
    assert "that run stops before its next write" in released.out
    assert first.returncode == 1, err
    assert "lock was lost" in out
    assert len(foundry.requests("PUT")) == 2
    assert foundry.requests("POST") == []
    assert provisioner("apply", "--yes").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for one child")
def test_a_run_that_is_asked_to_end_gives_it_back(
    provisioner: Callable[..., Ran], foundry: Foundry, environment: dict[str, str], tmp_path: Path
) -> None:
    foundry.fault({"method": "PUT", "path": "*/deployments/*"}, {"delay_s": 1})
    first = subprocess.Popen(
        [*PROVISIONER, "apply", "--yes", "--allow-host", "127.0.0.1"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while not foundry.requests("PUT"):
        assert time.monotonic() < until
        time.sleep(0.02)
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=60)

    assert first.returncode == 130
    assert "is free." in provisioner("lock", "show").out
