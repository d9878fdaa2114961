"""What `export` asks before it writes: which of the resources cannot stand in a manifest."""

from __future__ import annotations

import pytest

from provisioner.manifest.load import refused
from provisioner.model.address import Address
from tests.manifest.manifests import HEAD, MODELS


def told(text: str) -> dict[str, str]:
    return {str(address): problem.code for address, problem in refused(HEAD + text).items()}


def test_of_what_is_right_nothing_is_refused() -> None:
    assert told(MODELS + 'agents:\n  a: {model: gpt, description: "$${env:HOME}"}\n') == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(MODELS + "agents: {a: {model: gone}, b: {model: gpt}}\n", {"agents/a": "unknown-reference"}),
        pytest.param(MODELS + "agents: {a_b: {model: gpt}}\n", {"agents/a_b": "bad-name"}),
        pytest.param("stores: {..: {external: true}}\n", {"stores/..": "bad-name"}),
        pytest.param(
            MODELS + "  v1.5: {model: {format: x, name: m}, sku: {name: z}, spillover_deployment_name: gone}\n",
            {"deployments/v1.5": "unknown-reference"},
        ),
        pytest.param(MODELS + "agents: {a: {model: gpt, temperature: 9}}\n", {"agents/a": "out-of-range"}),
    ],
)
def test_what_is_wrong_is_told_by_its_address(text: str, expected: dict[str, str]) -> None:
    assert told(text) == expected


def test_a_warning_refuses_nothing() -> None:
    assert refused(f"{HEAD}deployments: {{d1: {{model: {{format: Anthropic, name: c}}, sku: {{name: z}}}}}}\n") == {}


def test_the_innermost_name_is_meant() -> None:
    text = f"{HEAD}deployments: {{gpt: {{external: true}}, gpt.5: {{model: 1, sku: {{name: z}}}}}}\n"

    assert list(refused(text)) == [Address("deployments", "gpt.5")]
