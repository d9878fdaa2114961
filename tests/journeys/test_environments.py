"""One manifest, and two Foundries that it is applied to: dev and prod."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provisioner.emulator import Options
from tests.foundry import Command, Foundry, Result
from tests.tracing import running_untraced

MANIFEST = """\
version: 1
name: buddy-dev
deployments:
  gpt: {model: {format: OpenAI, name: gpt-5.4-mini}, sku: {name: GlobalStandard, capacity: 5}}
agents:
  buddy:
    model: gpt
    instructions: Be kind.  # to everybody
    description: A buddy.

environments:
  dev:
  prod: {file: env/prod.yaml}
"""
PROD = """\
# What is otherwise for customers.
name: buddy-prod
deployments:
  gpt: {sku: {capacity: 50}}  # measured in May
agents:
  buddy:
    instructions: {file: prompts/prod.md}
    description: null
"""
At = Callable[..., Result]


@pytest.fixture(scope="module")
def _second() -> Iterator[Foundry]:
    with running_untraced(Options()) as emulator:
        foundry = Foundry(emulator)
        yield foundry
        foundry.close()


@pytest.fixture
def prod(_second: Foundry) -> Foundry:
    _second.reset()
    return _second


@pytest.fixture
def manifest(project: Path) -> Path:
    for name in ("env", "prompts"):
        (project / name).mkdir()
    (project / "env" / "prod.yaml").write_text(PROD, encoding="utf-8")
    (project / "prompts" / "prod.md").write_text("Be kind to customers.\n", encoding="utf-8")
    (project / "stores.yaml").write_text(MANIFEST, encoding="utf-8")
    return project / "stores.yaml"


@pytest.fixture
def at(
    manifest: Path,  # noqa: ARG001
    foundry: Foundry,
    prod: Foundry,
    provisioner: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> At:
    """The command as a job of the environment runs it, with that one's variables."""

    def call(environment: str, *arguments: str) -> Result:
        with monkeypatch.context() as patched:
            for name, value in prod.env.items() if environment == "prod" else ():
                patched.setenv(name, value)
            patched.setenv("SSL_CERT_FILE", prod.ca_file if environment == "prod" else foundry.ca_file)
            patched.setenv("REQUESTS_CA_BUNDLE", prod.ca_file if environment == "prod" else foundry.ca_file)
            patched.setenv("PROVISIONER_ENV", environment)
            return provisioner(*arguments)

    return call


def capacity(foundry: Foundry) -> object:
    (deployment,) = (it for it in foundry.objects("resources") if str(it["type"]).endswith("/deployments"))
    return deployment["sku"]["capacity"]


def writes(foundry: Foundry) -> list[str]:
    return [request for request in foundry.requests() if not request.startswith("GET")]


def changed(before: str, after: str) -> list[str]:
    told = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in told if line[:3] not in ("---", "+++") and not line.startswith("@@")]


def test_each_environment_is_what_its_overlay_says(at: At, foundry: Foundry, prod: Foundry) -> None:
    for environment, there in (("dev", foundry), ("prod", prod)):
        applied = at(environment, "apply", "--yes")
        assert applied.code == 0, applied.err
        assert f"Environment: {environment}" in applied.out
        assert at(environment, "plan", "--detailed-exitcode").code == 0
        assert capacity(there) == (5 if environment == "dev" else 50)
        assert ("Be kind to customers." in applied.out) == (environment == "prod")
        assert ("A buddy." in applied.out) == (environment == "dev")

    assert at("prod", "graph").code == at("prod", "doctor").code == 0
    assert at("prod", "destroy", "--yes").code == 0
    assert prod.objects("agents") == []
    assert len(foundry.objects("agents")) == 1


def test_a_saved_plan_is_for_its_own_environment(at: At, foundry: Foundry, prod: Foundry) -> None:
    for environment in ("dev", "prod"):
        assert at(environment, "plan", "--out", f"{environment}.json", "--out", f"{environment}.md").code == 0
    documents = {name: json.loads(Path(f"{name}.json").read_text("utf-8")) for name in ("dev", "prod")}
    assert [document["target"]["environment"] for document in documents.values()] == ["dev", "prod"]
    markers = [Path(f"{name}.md").read_text("utf-8").partition("\n")[0] for name in ("dev", "prod")]
    assert [marker.endswith(f" for {name} -->") for marker, name in zip(markers, documents, strict=True)] == [True] * 2

    for there in (foundry, prod):
        there.forget_requests()
    mixed = at("prod", "apply", "--plan", "dev.json")
    assert mixed.code == 1
    assert 'is a plan for another environment: it is for "dev", and PROVISIONER_ENV says "prod"' in mixed.err
    assert 'and --env says "dev"' in at("prod", "apply", "--plan", "prod.json", "--env", "dev").err
    digests = [document["digest"] for document in documents.values()]
    assert at("prod", "apply", "--expect-digest", digests[0]).code == 1
    assert writes(foundry) == writes(prod) == []

    assert "Environment: prod" in at("dev", "show", "prod.json").out
    assert at("prod", "apply", "--plan", "prod.json", "--env", "prod").code == 0
    assert at("dev", "apply", "--expect-digest", digests[0]).code == 0
    assert at("prod", "plan", "--detailed-exitcode").code == 0


def test_plans_that_differ_by_their_environment_alone_have_two_digests(at: At, manifest: Path) -> None:
    manifest.write_text(MANIFEST.replace("{file: env/prod.yaml}", "{}"), encoding="utf-8")

    digests = {at("dev", "plan", "--env", name, "--format", "json").document["digest"] for name in ("dev", "prod")}
    assert len(digests) == 2


def test_accepted_drift_goes_where_its_value_is_said(at: At, prod: Foundry, manifest: Path) -> None:
    assert at("prod", "apply", "--yes").code == 0
    prod.drift("deployment", "gpt", sku={"name": "GlobalStandard", "capacity": 7})
    prod.drift("agent", "buddy", instructions="Be brief.\n")

    accepted = at("prod", "drift", "--accept")

    assert accepted.code == 0, accepted.out + accepted.err
    overlay = manifest.with_name("env") / "prod.yaml"
    assert changed(PROD, overlay.read_text("utf-8")) == [
        "-  gpt: {sku: {capacity: 50}}  # measured in May",
        "+  gpt: {sku: {capacity: 7}}  # measured in May",
    ]
    assert (manifest.with_name("prompts") / "prod.md").read_text("utf-8") == "Be brief.\n"
    assert manifest.read_text("utf-8") == MANIFEST
    assert "counts in all" not in accepted.err
    assert at("prod", "plan", "--detailed-exitcode").code == 0


def test_drift_of_what_all_environments_share_is_accepted_for_all_and_that_is_said(
    at: At, prod: Foundry, manifest: Path
) -> None:
    assert at("prod", "apply", "--yes").code == 0
    prod.drift("deployment", "gpt", sku={"name": "DataZoneStandard", "capacity": 50})

    accepted = at("prod", "drift", "--accept")

    assert accepted.code == 0, accepted.out + accepted.err
    assert changed(MANIFEST, manifest.read_text("utf-8"))[1].endswith("{name: DataZoneStandard, capacity: 5}}")
    assert (manifest.with_name("env") / "prod.yaml").read_text("utf-8") == PROD
    assert "What was written beside the environment counts in all of them." in accepted.err


INLINE = """\
environments:
  dev: {}
  prod:
    agents:
      buddy: {metadata: {tier: gold}}   # sales asked for it
"""


def test_what_goes_from_an_environment_does_not_bring_back_what_lies_beneath(
    at: At, prod: Foundry, manifest: Path
) -> None:
    start = MANIFEST.partition("environments:")[0].replace("    model:", "    metadata: {tier: low}\n    model:")
    manifest.write_text(f"{start}{INLINE}", encoding="utf-8")
    assert at("prod", "apply", "--yes").code == 0
    prod.drift("agent", "buddy", instructions="Be kind.")  # a new version, without metadata

    accepted = at("prod", "drift", "--accept")

    assert accepted.code == 0, accepted.out + accepted.err
    assert changed(f"{start}{INLINE}", manifest.read_text("utf-8")) == [
        "-      buddy: {metadata: {tier: gold}}   # sales asked for it",
        "+      buddy: {metadata: null}   # sales asked for it",
    ]
    assert at("prod", "plan", "--detailed-exitcode").code == 0
