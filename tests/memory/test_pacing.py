"""How many requests a minute are sent where nobody says."""

from __future__ import annotations

import pytest

from provisioner.memory.pacing import usual_rate
from provisioner.model.migration import RATE

AZURE = "https://acme.services.ai.azure.com/api/projects/shop"
HERE = "https://127.0.0.1:8443/api/projects/local"


@pytest.mark.parametrize(
    ("endpoints", "rate"),
    [
        pytest.param([AZURE], RATE, id="what-is-published-of-the-service"),
        pytest.param([HERE], 0, id="as-many-as-a-local-foundry-answers"),
        pytest.param([HERE, AZURE], RATE, id="the-lower-one-of-two-projects"),
    ],
)
def test_the_usual_rate_is_what_the_projects_bear(endpoints: list[str], rate: int) -> None:
    assert usual_rate(*endpoints) == rate
