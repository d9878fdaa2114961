"""The manifest's `lock:`."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.model.lock import LockSettings
from tests.manifest.manifests import HEAD, brief, full, load_files, load_text, manifest_of

AZURES = "https://acc1.blob.core.windows.net"


def locked(url: str = AZURES, container: str = "locks") -> str:
    return f'{HEAD}lock:\n  azure_blob:\n    account_url: "{url}"\n    container: {container}\n'


def test_without_one_there_is_none(tmp_path: Path) -> None:
    assert manifest_of(load_text(tmp_path, HEAD)).lock is None


@pytest.mark.parametrize(
    "url",
    [
        AZURES,
        f"{AZURES}/",
        "https://acc1.blob.core.usgovcloudapi.net",
        "https://acc1.blob.core.chinacloudapi.cn",
        "https://acc1.z07.blob.storage.azure.net",
    ],
)
def test_the_hosts_of_azures_clouds_are_taken(tmp_path: Path, url: str) -> None:
    lock = manifest_of(load_text(tmp_path, locked(url))).lock

    assert lock == LockSettings(account_url=url.rstrip("/"), container="locks")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "https://acc1.blob.core.windows.net.evil.example",
        "https://evilblob.core.windows.net",
        "https://a.b.blob.core.windows.net",
        "https://acc1.file.core.windows.net",
        "https://acc.services.ai.azure.com",
        "https://management.azure.com",
        "https://127.0.0.1:10000/devstoreaccount1",
    ],
)
def test_no_token_goes_to_any_other_host(tmp_path: Path, url: str) -> None:
    loaded = load_text(tmp_path, locked(url))

    assert brief(loaded) == ["m.yaml:6:18 untrusted-host"]
    assert "no token is sent there" in full(loaded)


def test_a_host_that_the_user_names_is_taken(tmp_path: Path) -> None:
    url = "https://127.0.0.1:10000/devstoreaccount1"

    assert manifest_of(load_text(tmp_path, locked(url), allow_hosts=["127.0.0.1:10000"])).lock is not None
    assert brief(load_text(tmp_path, locked(url), allow_hosts=["127.0.0.1:10001"])) == ["m.yaml:6:18 untrusted-host"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acc1",
        "http://acc1.blob.core.windows.net",
        "http://127.0.0.1:10000/devstoreaccount1",
        "https://u:p@acc1.blob.core.windows.net",
        "https://acc1.blob.core.windows.net?sig=x",
        "https://acc1.blob.core.windows.net/locks",
    ],
)
def test_what_is_no_account_is_told(tmp_path: Path, url: str) -> None:
    assert brief(load_text(tmp_path, locked(url), allow_hosts=["127.0.0.1"])) == ["m.yaml:6:18 bad-endpoint"]


@pytest.mark.parametrize("container", ["a", "Locks", "a--b", "-ab", "ab-", "a/b", "a" * 64])
def test_what_is_no_container_is_told(tmp_path: Path, container: str) -> None:
    assert brief(load_text(tmp_path, locked(container=container))) == ["m.yaml:7:16 bad-value"]


@pytest.mark.parametrize(
    "lock",
    [
        "lock:",
        "lock: {}",
        "lock: none",
        "lock: {azure_blob: }",
        "lock: {azure_blob: {container: abc}}",
        "lock: {s3: {}}",
    ],
)
def test_one_that_is_not_whole_is_never_taken_for_none(tmp_path: Path, lock: str) -> None:
    assert load_text(tmp_path, f"{HEAD}{lock}\n").manifest is None


def test_a_misspelt_key_is_told_with_the_right_one(tmp_path: Path) -> None:
    assert '"account_url"' in full(load_text(tmp_path, locked().replace("account_url", "acount_url")))


def test_several_files_say_one(tmp_path: Path) -> None:
    one, other = tmp_path / "a.yaml", tmp_path / "b.yaml"
    one.write_text(locked(), encoding="utf-8")
    other.write_text(locked(container="others"), encoding="utf-8")

    assert brief(load_files([one, other])) == ["b.yaml:7:16 conflict"]
    other.write_text(locked(), encoding="utf-8")
    assert manifest_of(load_files([one, other])).lock is not None


def test_variables_say_it_and_are_not_shown(tmp_path: Path) -> None:
    text = locked("${env:FOUNDRY_LOCK}")

    assert manifest_of(load_text(tmp_path, text, environ={"FOUNDRY_LOCK": AZURES})).lock is not None
    refused = load_text(tmp_path, text, environ={"FOUNDRY_LOCK": "https://evil.example"})
    assert "evil" not in full(refused)
    assert brief(load_text(tmp_path, text)) == ["m.yaml:6:18 env-unset"]


def test_where_no_project_is_needed_no_lock_is(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, locked("${env:FOUNDRY_LOCK}"), project_needed=False)

    assert manifest_of(loaded).lock is None
    assert loaded.diagnostics == ()
