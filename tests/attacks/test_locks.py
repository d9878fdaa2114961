"""A manifest or a saved plan names where the lock is, and whoever may take it writes who they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.model.errors import PlaneError
from provisioner.model.lock import Holder, holder_of
from provisioner.model.pipelines import is_inert
from provisioner.planes.clouds import is_trusted, require_trusted_storage
from provisioner.render.locks import lock_json, lock_text
from tests.manifest.manifests import HEAD, load_text

ELSEWHERE = [
    "https://evil.example",
    "https://acc1.blob.core.windows.net.evil.example",
    "https://acc1.blob.core.windows.net@evil.example",
    "https://evil.example\\@acc1.blob.core.windows.net",
    "https://evil.example/acc1.blob.core.windows.net",
    "https://evil.example#.blob.core.windows.net",
    "https://evil.blob.core.windows.net.",
    "http://acc1.blob.core.windows.net",
    "https://127.0.0.1:10000/devstoreaccount1",
    "https://acc.services.ai.azure.com",
]
HOSTILE = "x\n::add-mask::y\n##vso[task.setvariable]z\x1b[31m\u202e"


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_manifest_cannot_send_the_token_of_locks_elsewhere(tmp_path: Path, url: str) -> None:
    quoted = url.replace("\\", "\\\\")
    text = f'{HEAD}lock: {{azure_blob: {{account_url: "{quoted}", container: locks}}}}\n'

    assert load_text(tmp_path, text).manifest is None


@pytest.mark.parametrize("url", ELSEWHERE)
def test_nor_can_a_saved_plan(url: str) -> None:
    with pytest.raises(PlaneError) as caught:
        require_trusted_storage(url)
    assert caught.value.failure.code == "untrusted-host"


def test_a_storage_account_is_given_no_token_of_the_planes() -> None:
    assert not is_trusted("https://acc1.blob.core.windows.net")


def test_what_a_holder_says_of_itself_commands_nothing() -> None:
    holder = Holder(command=HOSTILE, who=HOSTILE, host=HOSTILE, run=HOSTILE, since=HOSTILE)

    for told in (lock_text("team", "held", holder, HOSTILE), lock_json("team", "held", holder, HOSTILE)):
        assert is_inert(told)
        assert not {"\x1b", "\u202e"} & set(told)


def test_what_a_run_says_of_itself_holds_no_secret_of_its_environment() -> None:
    environ = {
        "GITLAB_CI": "true",
        "GITLAB_USER_LOGIN": "lab",
        "CI_JOB_URL": "https://gitlab-ci-token:hush@gitlab.com/g/-/jobs/3",
        "CI_JOB_TOKEN": "hush",
        "AZURE_CLIENT_SECRET": "hush",
    }

    assert "hush" not in str(holder_of("apply", environ, user="u", host="h", since="now").document())
