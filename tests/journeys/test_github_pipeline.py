"""Both branches of the ready pipeline of GitHub, played against two local Foundries, dev and prod, under Azure's names.

Whoever plans may only read there, and whoever applies is signed in from an environment alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pipelines.azure import SUBSCRIPTION, TENANT, Azure, in_azure
from tests.pipelines.runner import Event, GitHub, Run
from tests.pipelines.tokens import giving_tokens

READY = Path(__file__).parents[2] / "examples" / "pipelines" / "github"
PLANS, APPLIES = "44444444-0000-4000-8000-000000000001", "55555555-0000-4000-8000-000000000001"
PULL_REQUEST = Event(name="pull_request", number=7, branch="change", title="Tell more")
PUSH, NIGHT = Event(name="push"), Event(name="schedule")
ENVIRONMENTS = ("dev", "prod")


@dataclass(frozen=True, kw_only=True)
class World:
    github: GitHub
    dev: Azure
    prod: Azure

    def pull_request(self, checkout: Path | None = None) -> Run:
        return self.github.run("pull-request.yml", PULL_REQUEST, checkout=checkout)

    def deploy(self) -> Run:
        return self.github.run("deploy.yml", PUSH)

    def drift(self) -> Run:
        return self.github.run("drift.yml", NIGHT)

    def writes(self) -> list[str]:
        """To Azure and to GitHub, since the last look."""
        told = [f"{method} {path}" for method, path in self.github.state["writes"]]
        self.github.change(writes=[])
        return [*self.dev.writes(), *self.prod.writes(), *told]

    def comments(self) -> dict[str, str]:
        bodies = [it["body"] for it in self.github.state["comments"]]
        return {
            name: body for body in bodies for name in ENVIRONMENTS if body.startswith(f"<!-- provisioner plan: {name}")
        }


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """The folder, copied as it is, with what its files ask for: where the two projects are."""
    folder = tmp_path / "main"
    shutil.copytree(READY, folder)
    for name in ENVIRONMENTS:
        file = folder / "env" / f"{name}.yaml"
        text = file.read_text("utf-8")
        text = text.replace(f"https://my-account-{name}.services.ai.azure.com/api/projects/my-project", endpoint(name))
        text = text.replace("00000000-0000-0000-0000-000000000000", SUBSCRIPTION)
        file.write_text(text.replace(f"my-group-{name}", f"rg-{name}"), "utf-8")
    return folder


def endpoint(name: str) -> str:
    return f"https://{name}-foundry.services.ai.azure.com/api/projects/app"


@pytest.fixture
def world(tmp_path: Path, main: Path) -> Iterator[World]:
    with ExitStack() as stack:
        dev, prod = (stack.enter_context(in_azure(name, str(tmp_path / f"cache-{name}"))) for name in ENVIRONMENTS)
        tokens = stack.enter_context(giving_tokens())
        for each in (dev, prod):
            each.deployed(plans=PLANS, applies=APPLIES)
            each.writes()

        def machine(job: str, matrix: Mapping[str, str]) -> Mapping[str, str]:
            where = matrix.get("environment") or job.rpartition("-")[2]
            return {"dev": dev, "prod": prod}[where].env if where in ENVIRONMENTS else {}

        yield World(github=GitHub(tmp_path, main, tokens=tokens.url, machine=machine), dev=dev, prod=prod)


def with_variables(world: World) -> None:
    """The three that the folder's README names."""
    world.github.variables |= {"AZURE_TENANT_ID": TENANT, "AZURE_PLAN_CLIENT_ID": PLANS}
    for name in ENVIRONMENTS:
        world.github.of_environments[name] = {"AZURE_APPLY_CLIENT_ID": APPLIES}
    world.github.protected.add("prod")


def test_from_a_pull_request_to_prod_and_to_the_drift_of_the_night(world: World, main: Path, tmp_path: Path) -> None:
    with_variables(world)
    change = tmp_path / "change"
    shutil.copytree(main, change)
    prompt = change / "prompts" / "dev-buddy.md"
    prompt.write_text(f"{prompt.read_text('utf-8')}\nBe kind.\n", "utf-8")

    # a pull request: every environment is validated, and planned in a comment of its own; nothing is written to Azure
    proposed = world.pull_request(change)
    assert proposed.results == {"validate": "success", "plan": "success", "plan-locally": "skipped"}, proposed.log
    assert "dev: 4 resources, no errors." in proposed.jobs["validate"].log
    assert "prod: 4 resources, no errors." in proposed.jobs["validate"].log
    assert world.writes() == ["POST repos/me/app/issues/7/comments"] * 2
    assert set(world.comments()) == {"dev", "prod"}
    for name, body in world.comments().items():
        assert f"## Plan for my-agents in {name}\n" in body
        assert f"Project: <code>{endpoint(name)}</code>\n" in body
        assert "**Plan: 4 to create.**" in body
        assert "+     Be kind." in body
        assert body.endswith(f"Commit: {PULL_REQUEST.commit}\n")

    # merged: applied by digest in dev; then, as somebody agreed to it, its own plan is applied in prod
    shutil.copytree(change, main, dirs_exist_ok=True)
    merged = world.deploy()
    assert set(merged.results.values()) == {"success"}, merged.log
    assert merged.asked == ["prod"]
    assert "Done: 4 created" in merged.jobs["dev"].summary
    assert "Done: 4 created" in merged.jobs["prod"].summary
    assert (world.dev.capacity(), world.prod.capacity()) == (10, 50)
    assert dict(merged.subjects) == {
        "plan-dev": "repo:me/app:ref:refs/heads/main",
        "dev": "repo:me/app:environment:dev",
        "plan-prod": "repo:me/app:ref:refs/heads/main",
        "prod": "repo:me/app:environment:prod",
    }

    # the night finds nothing
    assert world.drift().results == {"drift": "success"}
    assert world.github.state["issues"] == []
    world.writes()

    # all of it once more: the comments say that there is nothing to do, nobody is asked, and nothing is written
    again = [world.pull_request(), world.deploy(), world.drift()]
    assert [it for it in world.writes() if "comments/" not in it] == []
    assert all("**No changes. Everything is as the manifest says" in body for body in world.comments().values())
    assert again[1].results == {"plan-dev": "success", "dev": "skipped", "plan-prod": "success", "prod": "skipped"}
    assert again[1].asked == []
    assert len(world.github.state["comments"]) == 2

    # somebody edits prod: one issue, closed when it is as it was
    world.prod.edit(capacity=7)
    world.writes()
    world.drift()
    assert world.writes() == ["POST repos/me/app/issues"]
    (issue,) = world.github.state["issues"]
    assert issue["title"] == "Drift in prod"
    assert "deployments/gpt-5.4-mini was changed outside the manifest" in issue["body"]
    assert "! sku.capacity: 50 -> 7" in issue["body"]
    repaired = world.deploy()
    assert repaired.results == {"plan-dev": "success", "dev": "skipped", "plan-prod": "success", "prod": "success"}
    assert world.prod.capacity() == 50
    world.drift()
    assert world.github.state["issues"][0]["state"] == "closed"


def test_before_any_variable_is_set_pull_requests_are_planned_locally_and_nothing_is_applied(world: World) -> None:
    proposed = world.pull_request()

    assert proposed.results == {"validate": "success", "plan": "skipped", "plan-locally": "success"}, proposed.log
    assert world.deploy().results == dict.fromkeys(("plan-dev", "dev", "plan-prod", "prod"), "skipped")
    assert world.drift().results == {"drift": "skipped"}
    assert world.writes() == []
    assert proposed.subjects == []
