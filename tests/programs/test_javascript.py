"""`@azure/ai-projects` and `@azure/identity` from npm, under Node."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.programs import shelf
from tests.programs.processes import WRITTEN

if TYPE_CHECKING:
    from tests.foundry import Foundry
    from tests.programs.conftest import Program

pytestmark = pytest.mark.contract

# What the README's examples take as given.
GIVEN: Final = "let project;\nconst deploymentName = process.env.FOUNDRY_MODEL_NAME;\n"


@pytest.fixture(scope="session")
def packages() -> Path:
    return shelf.node_packages()


@pytest.fixture
def beside_packages(packages: Path) -> Iterator[Path]:
    """A folder from where programs find the packages: Node looks in those above."""
    with tempfile.TemporaryDirectory(prefix="run-", dir=packages) as folder:
        yield Path(folder)


@pytest.fixture
def _as_before_february_2026(foundry: Foundry) -> None:
    """The README is older than the refusal of the key `agent`."""
    foundry.switch(agent_key="accepted")


def example(packages: Path, name: str) -> str:
    """A snippet of the package's README, as published."""
    text = (packages / "node_modules/@azure/ai-projects/README.md").read_text(encoding="utf-8")
    found = re.search(rf"```ts snippet:{name}\n(.*?)```", text, re.DOTALL)
    assert found, f"the README has no snippet {name}"
    return found[1]


def test_a_javascript_program_sees_lists_memories_answers_and_streams(beside_packages: Path, program: Program) -> None:
    script = shutil.copy(WRITTEN / "agent.mjs", beside_packages)

    seen = program("node", script).document

    assert seen["deployments"] == ["gpt-5.4-mini", "text-embedding-3-large"]
    assert seen["stores"] == ["js-memory"]
    assert any(fact.startswith("create: ") and "green tea" in fact for fact in seen["extracted"])
    assert "green tea" in seen["recalled"][0]
    assert seen["version"] == "1"
    assert "green tea" in seen["answer"]
    assert seen["items"] == ["memory_search_call", "message"]
    assert (seen["events"][0], seen["events"][-1]) == ("response.created", "response.completed")
    assert "green tea" in seen["streamed"]
    assert seen["refusal"] == "RestError 404"
    assert seen["deleted"] == [True, True]


def test_a_javascript_management_client_needs_no_scope(beside_packages: Path, program: Program) -> None:
    script = shutil.copy(WRITTEN / "manage.mjs", beside_packages)

    seen = program("node", script).document

    assert seen["names"] == ["gpt-5.4-mini", "text-embedding-3-large"]
    assert len(seen["principal"]) == 36
    assert seen["keys"] == ["key1", "key2"]


@pytest.mark.usefixtures("_as_before_february_2026")
@pytest.mark.parametrize(
    ("name", "patterns"),
    [
        pytest.param("openAI", [r"response = +\{", r"detailed response = +\{"], id="responses"),
        pytest.param(
            "agents",
            [
                r"Agent created \(id: my-agent-basic:1, name: my-agent-basic, version: 1\)",
                r"Response output: .*France",
                r"Response output: .*capital",
                r"Conversation deleted\nAgent deleted\n",
            ],
            id="agents",
        ),
    ],
)
def test_an_example_of_the_packages_readme_runs(
    packages: Path, beside_packages: Path, program: Program, name: str, patterns: list[str]
) -> None:
    script = beside_packages / "example.mjs"
    script.write_text(GIVEN + example(packages, "setup") + example(packages, name), encoding="utf-8")

    ran = program("node", script)

    assert ran.code == 0, ran
    ran.says(*patterns)


def test_the_memory_example_of_the_packages_readme_makes_a_store_and_an_agent_that_uses_it(
    packages: Path, beside_packages: Path, program: Program, foundry: Foundry
) -> None:
    script = beside_packages / "example.mjs"
    script.write_text(GIVEN + example(packages, "setup") + example(packages, "agent-memory-search"), encoding="utf-8")

    ran = program("node", script)

    assert ran.code == 0, ran
    ran.says(r"Created memory store: AgentMemoryStore \(memstore_\w+\) using chat model 'gpt-5.4-mini'\n")
    (version,) = foundry.objects("versions")
    assert "memory_search_preview" in str(version)
    assert "AgentMemoryStore" in str(version)
