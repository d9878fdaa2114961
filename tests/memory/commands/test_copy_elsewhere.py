"""From a store of one project into one of another, by endpoint and by environment."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.emulator import Options
from provisioner.memory.plane import Memories
from provisioner.model.memory import Item
from provisioner.planes.service import connect
from provisioner.planes.trust import BUNDLES
from tests.foundry import Command, Foundry
from tests.memory.commands.conftest import MANIFEST
from tests.tracing import running_untraced

Both = tuple[Foundry, Foundry]
ENVIRONMENTS = """
environments:
  dev: {project: {endpoint: DEV}}
  prod: {project: {endpoint: PROD}}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Two Foundries that take each other's tokens, as those of one tenant do."""
    folder = tmp_path_factory.mktemp("states")
    files = [folder / f"{name}.db" for name in ("dev", "prod")]
    with running_untraced(Options(state=str(files[0]))):
        pass
    shutil.copy(*files)
    with (
        running_untraced(Options(state=str(files[0]))) as dev,
        running_untraced(Options(state=str(files[1]))) as prod,
    ):
        both = (Foundry(dev), Foundry(prod))
        yield both
        for foundry in both:
            foundry.close()


@pytest.fixture
def both(running: Both, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch) -> Both:
    """With the same stores in each."""
    bundle = project / "both.pem"
    bundle.write_text("".join(Path(it.ca_file).read_text(encoding="utf-8") for it in running), encoding="utf-8")
    for name, value in running[0].env.items():
        monkeypatch.setenv(name, value)
    for name in BUNDLES:
        monkeypatch.setenv(name, str(bundle))
    for foundry in running:
        foundry.reset()
        for name in ("FOUNDRY_PROJECT_ENDPOINT", "PROVISIONER_MANAGEMENT_ENDPOINT"):
            monkeypatch.setenv(name, foundry.env[name])
        (project / "stores.yaml").write_text(MANIFEST, encoding="utf-8")
        done = provisioner("apply", "--yes", "--allow-host", "127.0.0.1")
        assert done.code == 0, done.err
    monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", running[0].env["FOUNDRY_PROJECT_ENDPOINT"])
    return running


@pytest.fixture
def sides(both: Both) -> Iterator[tuple[Memories, Memories]]:
    with connect(both[0].where) as dev, connect(both[1].where) as prod:
        yield Memories(dev.project), Memories(prod.project)


def contents(memories: Memories) -> list[str]:
    return [item.content for item in memories.items("prefs", "dana")]


@pytest.mark.parametrize("named", ["endpoint", "environment"])
def test_memories_are_copied_into_a_store_of_another_project(
    named: str, both: Both, sides: tuple[Memories, Memories], project: Path, provisioner: Command
) -> None:
    dev, prod = sides
    for content in ("Likes tea.", "Lives in Oslo."):
        dev.add("prefs", Item(scope="dana", kind="user_profile", content=content))
    endpoints = [foundry.env["FOUNDRY_PROJECT_ENDPOINT"] for foundry in both]
    flags = ["--to-project-endpoint", endpoints[1]]
    if named == "environment":
        text = MANIFEST.replace('project: {endpoint: "${env:FOUNDRY_PROJECT_ENDPOINT}"}\n', "")
        environments = ENVIRONMENTS.replace("DEV", endpoints[0]).replace("PROD", endpoints[1])
        (project / "stores.yaml").write_text(text + environments, encoding="utf-8")
        flags = ["--env", "dev", "--to-env", "prod"]
    words = ["memory", "copy", "prefs", "prefs", "--scope", "dana", "--allow-host", "127.0.0.1", *flags]

    copied = provisioner(*words, "--format", "json")
    again = provisioner(*words, "--format", "json")

    assert copied.code == again.code == 0, copied.err + again.err
    assert [copied.document["added"], again.document["added"]] == [2, 0]
    assert contents(prod) == contents(dev) == ["Likes tea.", "Lives in Oslo."]


def test_two_ways_to_say_where_are_refused(both: Both, provisioner: Command) -> None:
    endpoint = both[1].env["FOUNDRY_PROJECT_ENDPOINT"]
    words = ["memory", "copy", "prefs", "prefs", "--scope", "dana", "--to-project-endpoint", endpoint]

    assert "leave one away" in provisioner(*words, "--to-env", "prod").err
    assert "--local is one project" in provisioner(*words, "--local").err
