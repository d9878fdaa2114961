"""What a lock is called, and what its holder says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.model.lock import Holder, LockSettings, blob_name, holder_of

AZURES = "https://My-Acc.services.ai.azure.com/api/projects/Agents"


def test_a_name_is_one_that_people_can_find() -> None:
    name = blob_name("dev-buddy", AZURES)

    assert name.startswith("my-acc/agents/dev-buddy-")
    assert len(name) == len("my-acc/agents/dev-buddy-") + 16


@pytest.mark.parametrize(
    "same",
    [
        "https://my-acc.services.ai.azure.com/api/projects/agents",
        f"{AZURES}/",
        "https://MY-ACC.services.ai.azure.com:443/api/projects/agents",
        "https://my-acc.services.ai.azure.com/api/projects/%61gents",
    ],
)
def test_however_an_endpoint_is_written_it_is_one_project(same: str) -> None:
    assert blob_name("x", same) == blob_name("x", AZURES)


@pytest.mark.parametrize(
    ("owner", "endpoint"),
    [
        ("X", AZURES),
        ("x", AZURES.replace("My-", "other-")),
        ("x", f"{AZURES}2"),
        ("x", AZURES.replace("https://My-Acc", "https://My-Acc.a")),
        ("x", "https://127.0.0.1:1/api/projects/agents"),
        ("x", "https://127.0.0.1:2/api/projects/agents"),
        ("x", "https://gateway.example/a/agents"),
        ("x", "https://gateway.example/b/agents"),
    ],
)
def test_no_other_owner_or_project_has_the_same(owner: str, endpoint: str) -> None:
    others = [
        blob_name("x", AZURES),
        blob_name("x", "https://127.0.0.1:3/api/projects/agents"),
        blob_name("x", "https://gateway.example/c/agents"),
    ]

    assert blob_name(owner, endpoint) not in others


@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", fullmatch=True), st.text(max_size=300))
def test_any_name_can_be_a_blobs(owner: str, path: str) -> None:
    name = blob_name(owner, f"https://127.0.0.1:8443/{path.replace('[', '').replace(']', '')}")

    assert 1 <= len(name) <= 1024
    assert name.isascii()
    assert not {"", ".", ".."} & set(name.split("/"))


def test_a_pipeline_says_who_and_where() -> None:
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": "octocat",
        "GITHUB_SERVER_URL": "https://user:word@github.com",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_RUN_ID": "7",
        "GITHUB_RUN_ATTEMPT": "2",
        "GITHUB_TOKEN": "secret",
    }
    azure = {
        "TF_BUILD": "True",
        "BUILD_REQUESTEDFOR": "Ada L.",
        "SYSTEM_COLLECTIONURI": "https://dev.azure.com/org/",
        "SYSTEM_TEAMPROJECT": "My team",
        "BUILD_BUILDID": "12",
    }
    gitlab = {"GITLAB_CI": "true", "GITLAB_USER_LOGIN": "lab", "CI_JOB_URL": "https://gitlab.com/g/p/-/jobs/3"}

    said = [holder_of("apply", each, user="runner", host="h", since="now") for each in (github, azure, gitlab, {})]

    assert [(it.who, it.run) for it in said] == [
        ("octocat", "https://github.com/o/r/actions/runs/7/attempts/2"),
        ("Ada L.", "https://dev.azure.com/org/My%20team/_build/results?buildId=12"),
        ("lab", "https://gitlab.com/g/p/-/jobs/3"),
        ("runner", ""),
    ]


def test_what_a_pipeline_leaves_out_or_breaks_is_no_link() -> None:
    for run in ("", "javascript:1", "https://[", "//x"):
        assert holder_of("apply", {"GITLAB_CI": "1", "CI_JOB_URL": run}, user="u", host="h", since="n").run == ""


@given(st.recursive(st.none() | st.integers() | st.text(), lambda it: st.lists(it) | st.dictionaries(st.text(), it)))
def test_whatever_stands_there_a_holder_is_read(document: object) -> None:
    assert isinstance(Holder.read(document), Holder)


def test_a_holder_is_read_as_it_was_written() -> None:
    holder = Holder(command="apply", who="a", host="b", run="https://c", since="d")

    assert Holder.read(holder.document()) == holder
    assert Holder.read({"who": "x" * 9999}).who == "x" * 300


def test_the_account_is_known_by_its_host_or_path() -> None:
    assert LockSettings(account_url="https://acc.blob.core.windows.net", container="c").account == "acc"
    assert LockSettings(account_url="https://127.0.0.1:1/dev", container="c").account == "dev"
