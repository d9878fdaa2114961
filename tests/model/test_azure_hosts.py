from __future__ import annotations

import pytest

from provisioner.model.azure_hosts import PROJECT_SUFFIXES, account_of
from provisioner.planes.clouds import CLOUDS


@pytest.mark.parametrize("suffix", PROJECT_SUFFIXES)
def test_an_azure_host_names_the_account(suffix: str) -> None:
    assert account_of(f"https://Acc{suffix}/api/projects/p") == "acc"
    assert account_of(f"https://acc{suffix}:443") == "acc"


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1:1/p",
        "https://acc.services.ai.azure.com.evil.example/p",
        "https://acc.services.ai.azure.com@evil.example/p",
        "https://evil.example\\@acc.services.ai.azure.com/p",
        "https://.services.ai.azure.com/p",
        "acc.services.ai.azure.com",
        "",
    ],
)
def test_any_other_host_names_none(endpoint: str) -> None:
    assert account_of(endpoint) is None


def test_the_planes_know_the_same_clouds() -> None:
    assert tuple(cloud.project_suffix for cloud in CLOUDS) == PROJECT_SUFFIXES
