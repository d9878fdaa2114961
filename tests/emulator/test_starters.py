"""Deployments that a world has from its first day."""

from __future__ import annotations

import ssl

import httpx
import pytest

from provisioner.emulator import Emulator, OptionError, Options


def names(emulator: Emulator) -> list[str]:
    context = ssl.create_default_context(cafile=emulator.ca_file)
    state = httpx.get(f"{emulator.management}/_emulator/state", verify=context).json()
    return [it["name"] for it in state["objects"]["deployments"]]


def test_models_are_deployed_from_the_first_day_and_again_after_a_reset() -> None:
    with Emulator(Options(deploy=("gpt-4o-mini", "Text-Embedding-3-Small"), write_seconds=60)) as emulator:
        assert names(emulator) == ["gpt-4o-mini", "text-embedding-3-small"]

        context = ssl.create_default_context(cafile=emulator.ca_file)
        httpx.post(f"{emulator.management}/_emulator/reset", verify=context).raise_for_status()

        assert names(emulator) == ["gpt-4o-mini", "text-embedding-3-small"]
        assert emulator.env["FOUNDRY_MODEL_NAME"] == "gpt-4o-mini"
        assert emulator.env["MEMORY_STORE_EMBEDDING_MODEL_DEPLOYMENT_NAME"] == "text-embedding-3-small"


def test_what_is_deployed_already_is_left_as_it_is(tmp_path_factory: pytest.TempPathFactory) -> None:
    state = str(tmp_path_factory.mktemp("state") / "foundry.db")
    options = Options(state=state, deploy=("gpt-4.1-mini",))
    for _ in range(2):
        with Emulator(options) as emulator:
            assert names(emulator) == ["gpt-4.1-mini"]


@pytest.mark.parametrize("model", ["gpt-9", "gpt-35-turbo"])
def test_a_model_that_cannot_be_deployed_is_refused_by_name(model: str) -> None:
    with pytest.raises(OptionError, match=model):
        Emulator(Options(deploy=(model,))).start()
