"""From nothing, from a deployment's outputs and from a live project to a folder that validates and plans at once."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.cli.files import NewFile, write_together
from provisioner.cli.starter import starter_manifest
from provisioner.manifest.outputs import MAX_BYTES
from provisioner.model.errors import ProvisionerError
from tests.foundry import EXAMPLE, Command, Foundry

VARIABLES = (
    "FOUNDRY_PROJECT_ENDPOINT",
    "FOUNDRY_ACCOUNT",
    "AZURE_SUBSCRIPTION_ID",
    "AZURE_RESOURCE_GROUP",
    "AZURE_LOCATION",
)
WRITTEN = [".env.example", ".gitignore", "prompts/dev-buddy.md", "schemas/manifest.v1.schema.json", "stores.yaml"]
PLAIN: Mapping[str, object] = {
    "projectEndpoint": "https://my-account.services.ai.azure.com/api/projects/agents",
    "accountName": "my-account",
    "subscriptionId": "11111111-2222-3333-4444-555555555555",
    "resourceGroupName": "my-group",
    "location": "swedencentral",
    "pipelineClientId": "",
    "projectEndpoints": ["https://my-account.services.ai.azure.com/api/projects/agents"],
    "projectPrincipalIds": ["66666666-7777-8888-9999-000000000000"],
}
DOTENV = """\
FOUNDRY_PROJECT_ENDPOINT=https://my-account.services.ai.azure.com/api/projects/agents
AZURE_SUBSCRIPTION_ID=11111111-2222-3333-4444-555555555555
AZURE_RESOURCE_GROUP=my-group
AZURE_LOCATION=swedencentral
"""
needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
needs_modes = pytest.mark.skipif(os.name == "nt", reason="files have no modes here")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "PROVISIONER_MANAGEMENT_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def start(project: Path, provisioner: Command) -> Any:
    """`init` with these outputs, as a file."""

    def call(outputs: object, *flags: str) -> Any:
        text = outputs if isinstance(outputs, str) else json.dumps(outputs)
        (project / "outputs.json").write_text(text, encoding="utf-8")
        return provisioner("init", "--from-outputs", "outputs.json", *flags)

    return call


def wrapped(plain: Mapping[str, object]) -> dict[str, object]:
    """As Azure Resource Manager writes outputs; of the declared types none is right."""
    return {name: {"type": "Int", "value": value} for name, value in plain.items()}


def files_in(folder: Path) -> list[str]:
    return sorted(it.relative_to(folder).as_posix() for it in folder.rglob("*") if it.is_file())


def test_from_nothing_it_validates_and_plans_locally_at_once(project: Path, provisioner: Command) -> None:
    started = provisioner("init")
    made = files_in(project)
    validated = provisioner("validate")
    planned = provisioner("plan", "--local", "--state", ":memory:")

    assert (started.code, validated.code, planned.code) == (0, 0, 0)
    assert made == WRITTEN
    assert [line.split()[1] for line in started.out.splitlines() if line.startswith("created")] != []
    assert "4 resources, no errors." in validated.err
    assert validated.out.endswith("\n3 warnings.\n")
    assert "Plan: 4 to create." in planned.out


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        pytest.param("team-a", "team-a", id="as it is"),
        pytest.param("My first agents!", "My-first-agents", id="with blanks"),
        pytest.param("123", "123", id="a number, which has to be quoted"),
        pytest.param("true", "true", id="a boolean, which has to be quoted"),
        pytest.param("…", "my-agents", id="with nothing that can be kept"),
        pytest.param("a" * 100, "a" * 63, id="too long"),
    ],
)
def test_the_manifest_is_called_as_its_folder(
    folder: str, name: str, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / folder).mkdir()
    monkeypatch.chdir(project / folder)

    assert provisioner("init").code == 0
    assert yaml.safe_load((project / folder / "stores.yaml").read_text("utf-8"))["name"] == name
    assert provisioner("validate").code == 0


def test_a_name_can_be_chosen(project: Path, provisioner: Command) -> None:
    assert provisioner("init", "--name", "chosen").code == 0
    assert yaml.safe_load((project / "stores.yaml").read_text("utf-8"))["name"] == "chosen"
    assert provisioner("init", "--name", "a b", "--force").code == 1


def test_the_starter_is_the_example_with_its_prompt_in_a_file() -> None:
    starter, example = yaml.safe_load(starter_manifest("dev-buddy")), yaml.safe_load(EXAMPLE)
    agent, prompt = starter["agents"]["dev-buddy"], example["agents"]["dev-buddy"].pop("instructions")

    assert agent.pop("instructions") == {"file": "prompts/dev-buddy.md"}
    assert starter == example
    root = Path(__file__).parents[2] / "provisioner" / "cli" / "starter"
    assert (root / "prompts" / "dev-buddy.md").read_text("utf-8") == prompt
    shown = [line.split("=")[0] for line in (root / "variables.env").read_text("utf-8").splitlines() if "=" in line]
    assert [f"${{env:{name}}}" for name in shown] == list(starter["project"].values())


def test_the_schema_that_the_first_line_names_is_there_and_is_ours(project: Path, provisioner: Command) -> None:
    provisioner("init")
    first = (project / "stores.yaml").read_text("utf-8").splitlines()[0]
    schema = project / first.removeprefix("# yaml-language-server: $schema=")

    assert first.startswith("# yaml-language-server: $schema=")
    assert schema.read_text("utf-8") == provisioner("schema").out


@pytest.mark.parametrize("shape", [wrapped, dict], ids=["as ARM writes them", "plain"])
@pytest.mark.parametrize("case", [str, str.upper, str.lower], ids=["as declared", "upper case", "lower case"])
def test_outputs_become_a_dotenv(shape: Any, case: Any, start: Any, project: Path, provisioner: Command) -> None:
    started = start(shape({case(name): value for name, value in PLAIN.items()}))

    assert started.code == 0
    assert "created   .env\n" in started.out
    assert (project / ".env").read_text("utf-8").endswith(DOTENV)
    assert files_in(project) == sorted([".env", "outputs.json", *WRITTEN])
    validated = provisioner("validate")
    assert (validated.code, validated.out) == (0, "")
    assert provisioner("plan", "--local", "--state", ":memory:").code == 0


def test_outputs_come_through_a_pipe(project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(wrapped(PLAIN)).encode())))

    assert provisioner("init", "--from-outputs", "-").code == 0
    assert (project / ".env").read_text("utf-8").endswith(DOTENV)


@needs_modes
def test_the_dotenv_is_for_its_owner_alone(start: Any, project: Path) -> None:
    start(PLAIN)

    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((project / "stores.yaml").stat().st_mode) != 0o600


def test_other_outputs_are_written_nowhere(start: Any, project: Path) -> None:
    started = start({**wrapped(PLAIN), "adminPassword": {"type": "String", "value": "hush-hush"}})

    everything = "".join(
        it.read_text("utf-8") for it in project.rglob("*") if it.is_file() and "outputs" not in it.name
    )
    assert "hush-hush" not in started.out + started.err + everything


def test_what_a_pipeline_signs_in_as_and_further_projects_are_told(start: Any) -> None:
    client = "99999999-2222-3333-4444-555555555555"
    more = [*PLAIN["projectEndpoints"], "https://my-account.services.ai.azure.com/api/projects/b"]  # type: ignore[misc]
    told = start({**PLAIN, "pipelineClientId": client, "projectEndpoints": more}).err

    assert f"AZURE_CLIENT_ID={client}" in told
    assert "1 more project" in told


LOCK: Mapping[str, object] = {"lockAccountUrl": "https://acc1.blob.core.windows.net/", "lockContainer": "locks"}


def test_outputs_with_a_lock_declare_it(start: Any, project: Path, provisioner: Command) -> None:
    started = start({**PLAIN, **LOCK})

    lock = yaml.safe_load((project / "stores.yaml").read_text("utf-8"))["lock"]
    assert lock == {"azure_blob": {"account_url": "https://acc1.blob.core.windows.net", "container": "locks"}}
    assert 'pip install "foundry-provisioner[lock]"' in started.err
    assert provisioner("validate").code == 0


def test_outputs_without_a_lock_declare_none(start: Any, project: Path) -> None:
    start({**PLAIN, "lockAccountUrl": "", "lockContainer": ""})

    assert "lock:" not in (project / "stores.yaml").read_text("utf-8")


@pytest.mark.parametrize("url", ["https://evil.example", "acc1", "http://acc1.blob.core.windows.net"])
def test_a_lock_that_no_token_may_go_to_is_refused(start: Any, project: Path, url: str) -> None:
    started = start({**PLAIN, **LOCK, "lockAccountUrl": url})

    assert started.code == 1
    assert "lockAccountUrl" in started.err
    assert not (project / "stores.yaml").exists()


def test_half_a_lock_is_told(start: Any) -> None:
    assert "only one is said" in start({**PLAIN, "lockContainer": "locks"}).err


def test_a_variable_that_would_win_over_the_dotenv_is_told(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_RESOURCE_GROUP", "another")

    assert "AZURE_RESOURCE_GROUP is set in the environment to something else" in start(PLAIN).err


@pytest.mark.parametrize(
    ("outputs", "code", "word"),
    [
        pytest.param("", "file-empty", "nothing came|it is empty", id="nothing"),
        pytest.param("null", "wrong-type", "", id="null, as az shows a deployment without outputs"),
        pytest.param("[]", "wrong-type", "", id="a list"),
        pytest.param('"text"', "wrong-type", "", id="a text"),
        pytest.param("{}", "missing-key", "There are none", id="no outputs"),
        pytest.param(json.dumps(wrapped(PLAIN))[:150], "json-syntax", "", id="halved"),
        pytest.param("ERROR: (DeploymentNotFound) Deployment 'x'", "json-syntax", "", id="what az says of an error"),
        pytest.param("<html><body>Sign in</body></html>", "json-syntax", "", id="what a proxy says"),
        pytest.param("[" * 100_000, "too-deep", "", id="brackets"),
        pytest.param('{"a": ' * 500 + "1" + "}" * 500, "too-deep", "", id="nested"),
        pytest.param('{"a": 1, "a": 2}', "duplicate-key", "", id="twice"),
        pytest.param("\ufeff{}", "missing-key", "", id="a byte order mark"),
        pytest.param('{"projectEndpoint": "a\u0007"}', "control-character", "", id="a bell"),
        pytest.param({"storageAccountName": {"value": "x"}}, "missing-key", "storageAccountName", id="another's"),
        pytest.param({"projectEndpont": {"value": "x"}}, "missing-key", "Did you mean", id="misspelt"),
        pytest.param({"id": "/x", "properties": {"outputs": wrapped(PLAIN)}}, "missing-key", "--query", id="all of it"),
        pytest.param({**PLAIN, "projectEndpoint": None}, "missing-key", "null", id="null endpoint"),
        pytest.param({**PLAIN, "projectEndpoint": {"type": "SecureString"}}, "missing-key", "", id="withheld"),
        pytest.param({**PLAIN, "projectEndpoint": 5}, "wrong-type", "the number 5", id="a number"),
        pytest.param({**PLAIN, "projectEndpoint": ["x"]}, "wrong-type", "a list", id="a list for an endpoint"),
        pytest.param({**PLAIN, "projectEndpoint": {"value": {"a": 1}}}, "wrong-type", "a mapping", id="a mapping"),
        pytest.param({**PLAIN, "projectEndpoint": "x"}, "bad-endpoint", "not an https URL", id="no URL"),
        pytest.param({**PLAIN, "projectEndpoint": "https://u:p@a.example/"}, "bad-endpoint", "password", id="password"),
        pytest.param(
            {**PLAIN, "projectEndpoint": "https://a.example/x"}, "untrusted-host", "a.example", id="untrusted"
        ),
        pytest.param({**PLAIN, "projectEndpoint": "https://127.0.0.1:1/x"}, "untrusted-host", "", id="this machine"),
        pytest.param({**PLAIN, "subscriptionId": "mine"}, "bad-value", "subscription", id="no id"),
        pytest.param({**PLAIN, "resourceGroupName": "a\nEVIL=1"}, "bad-value", "resource group", id="two lines"),
        pytest.param({**PLAIN, "resourceGroupName": True}, "wrong-type", "true", id="a boolean"),
        pytest.param({**PLAIN, "PROJECTENDPOINT": "https://b"}, "duplicate-key", "twice", id="twice in two cases"),
    ],
)
def test_what_are_no_outputs_is_told_with_a_code_and_nothing_is_written(
    outputs: object, code: str, word: str, start: Any, project: Path
) -> None:
    failed = start(outputs)

    assert failed.code == 1
    assert f"error  {code}\n" in failed.err
    assert any(each in failed.err for each in word.split("|"))
    assert failed.err.startswith("outputs.json:")
    assert "nothing was written" in failed.err
    assert "Traceback" not in failed.err
    assert files_in(project) == ["outputs.json"]


def test_a_bad_output_is_told_where_it_stands(start: Any) -> None:
    text = json.dumps(wrapped({**PLAIN, "subscriptionId": 7}), indent=2)
    line = next(number for number, each in enumerate(text.splitlines(), 1) if '"value": 7' in each)

    assert start(text).err.startswith(f"outputs.json:{line}:14  error  wrong-type")
    assert start(text.replace("  ", "\t")).err.startswith("outputs.json:")


def test_what_would_be_left_to_be_filled_in_is_told_only_where_something_is_written(start: Any) -> None:
    assert "warning" not in start({"storageAccountName": "x"}).err


def test_outputs_that_lack_the_group_leave_it_to_be_filled_in(start: Any, project: Path) -> None:
    started = start({name: PLAIN[name] for name in ("projectEndpoint", "subscriptionId")})

    assert started.code == 0
    assert "warning  missing-key" in started.err
    assert "AZURE_RESOURCE_GROUP=\n" in (project / ".env").read_text("utf-8")


@pytest.mark.parametrize("value", [7, "a\nb", ["x"], {"value": False}])
@pytest.mark.parametrize("name", ["location", "accountName", "pipelineClientId", "projectEndpoints"])
def test_what_is_wrong_and_not_needed_is_left_out(name: str, value: object, start: Any, project: Path) -> None:
    started = start({**PLAIN, name: value})

    assert started.code == 0
    assert name == "projectEndpoints" or f"The output {name} is" in started.err
    assert set((project / ".env").read_text("utf-8").splitlines()[1:]) <= set(DOTENV.splitlines())


def test_an_account_that_is_not_the_endpoints_is_warned_of(start: Any) -> None:
    started = start({**PLAIN, "accountName": "other"})

    assert started.code == 0
    assert "warning  conflict" in started.err


def test_an_allowed_host_is_taken_with_its_account(start: Any, project: Path) -> None:
    outputs = {**PLAIN, "projectEndpoint": "https://foundry.example/api/projects/o'neil"}

    assert start(outputs, "--allow-host", "foundry.example").code == 0
    text = (project / ".env").read_text("utf-8")
    assert "FOUNDRY_ACCOUNT=my-account\n" in text
    assert r"FOUNDRY_PROJECT_ENDPOINT='https://foundry.example/api/projects/o\'neil'" in text


def test_outputs_as_large_as_none_are_refused(start: Any, project: Path) -> None:
    failed = start(json.dumps({**PLAIN, "x": "y" * (MAX_BYTES + 1)}))

    assert (failed.code, files_in(project)) == (1, ["outputs.json"])
    assert "error  file-too-big" in failed.err


def test_large_outputs_are_read(start: Any) -> None:
    assert start({**{f"output{n}": {"value": "x" * 90} for n in range(20_000)}, **wrapped(PLAIN)}).code == 0


@needs_pipes
def test_what_is_no_file_is_no_outputs(project: Path, provisioner: Command) -> None:
    os.mkfifo(project / "pipe")
    (project / "folder").mkdir()

    for name, code in (("pipe", "bad-path"), ("folder", "bad-path"), ("missing", "file-missing")):
        failed = provisioner("init", "--from-outputs", name)
        assert (failed.code, f"error  {code}" in failed.err) == (1, True), name
    assert not (project / "stores.yaml").exists()


def test_outputs_in_another_encoding_are_told(project: Path, provisioner: Command) -> None:
    (project / "outputs.json").write_bytes(json.dumps(PLAIN).encode("utf-16"))

    assert "error  not-utf8" in provisioner("init", "--from-outputs", "outputs.json").err


def test_nothing_is_overwritten_and_every_file_in_the_way_is_named(start: Any, project: Path) -> None:
    for name in ("stores.yaml", ".env", ".env.example"):
        (project / name).write_text("# mine\n", encoding="utf-8")

    failed = start(PLAIN)

    assert failed.code == 1
    assert ".env, .env.example and stores.yaml exist already; nothing was written." in failed.err
    assert files_in(project) == [".env", ".env.example", "outputs.json", "stores.yaml"]
    assert {(project / name).read_text("utf-8") for name in ("stores.yaml", ".env", ".env.example")} == {"# mine\n"}


def test_a_link_to_nothing_is_in_the_way_too(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").symlink_to("nowhere.yaml")

    assert provisioner("init").code == 1
    assert provisioner("init", "--force").code == 0
    assert (project / "nowhere.yaml").is_file()


def test_force_replaces_but_keeps_the_other_lines_of_a_dotenv(start: Any, project: Path) -> None:
    former = 'MINE="two\nlines"\nexport AZURE_RESOURCE_GROUP=old\n# note\nFOUNDRY_PROJECT_ENDPOINT=old\nLAST=1'
    (project / ".env").write_text(former, encoding="utf-8")
    (project / "stores.yaml").write_text("# mine\n", encoding="utf-8")

    started = start(PLAIN, "--force")

    assert started.code == 0
    assert "replaced  stores.yaml" in started.out
    endpoint, subscription, group, location = DOTENV.splitlines()
    assert (project / ".env").read_text("utf-8") == (
        f'MINE="two\nlines"\n{group}\n# note\n{endpoint}\nLAST=1\n{subscription}\n{location}\n'
    )


@pytest.mark.parametrize(
    ("former", "after"),
    [
        pytest.param(None, b".env\n.provisioner/\n", id="none"),
        pytest.param(b"build/", b"build/\n.env\n.provisioner/\n", id="without a last newline"),
        pytest.param(b"/.env\n.provisioner\n", b"/.env\n.provisioner\n", id="both, written otherwise"),
        pytest.param(b"a\r\n", b"a\r\n.env\r\n.provisioner/\r\n", id="of Windows"),
        pytest.param(b"caf\xe9\n.env\n", b"caf\xe9\n.env\n.provisioner/\n", id="no UTF-8"),
    ],
)
def test_gitignore_is_only_added_to_and_once(
    former: bytes | None, after: bytes, project: Path, provisioner: Command
) -> None:
    if former is not None:
        (project / ".gitignore").write_bytes(former)

    assert provisioner("init").code == 0
    assert (project / ".gitignore").read_bytes() == after
    assert provisioner("init", "--force").code == 0
    assert (project / ".gitignore").read_bytes() == after


@pytest.mark.parametrize("name", ["prompts", ".gitignore", "schemas", ".env"])
@pytest.mark.parametrize("kind", ["file", "folder", "link out", "pipe"])
def test_what_cannot_be_written_leaves_nothing_behind(name: str, kind: str, start: Any, project: Path) -> None:
    if kind == "pipe" and not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes here")
    place = project / name
    outside = project.parent / f"{project.name}-outside"
    outside.mkdir()
    make: dict[str, Callable[[], object]] = {
        "file": lambda: place.write_text("# mine\n", encoding="utf-8"),
        "folder": place.mkdir,
        "link out": lambda: place.symlink_to(outside),
        "pipe": lambda: os.mkfifo(place),
    }
    make[kind]()
    is_fine = (kind == "file") == name.startswith(".") and kind in ("file", "folder")

    done = start(PLAIN, "--force")

    assert done.code == (0 if is_fine else 1), done.err
    assert "Traceback" not in done.err
    assert list(outside.iterdir()) == []
    if not is_fine:
        assert sorted(it.name for it in project.iterdir()) == sorted([name, "outputs.json"])


@needs_modes
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_told(project: Path, provisioner: Command) -> None:
    project.chmod(0o500)
    failed = provisioner("init")
    project.chmod(0o700)

    assert failed.code == 1
    assert "permission denied" in failed.err


def test_what_was_replaced_is_put_back_where_a_later_file_fails(project: Path) -> None:
    (project / "one").write_text("before", encoding="utf-8")
    late = [NewFile(path=project / "one", content=b"after"), NewFile(path=project / "new" / "two", content=b"x")]
    blocked = NewFile(path=project / ("n" * 300), content=b"x")

    with pytest.raises(ProvisionerError, match="cannot be written"):
        write_together([*late, blocked])
    assert files_in(project) == ["one"]
    assert (project / "one").read_text("utf-8") == "before"
    assert [it.name for it in project.iterdir()] == ["one"]

    write_together(late)
    assert files_in(project) == ["new/two", "one"]
    assert (project / "one").read_text("utf-8") == "after"


def test_two_ways_at_once_are_wrong_usage(provisioner: Command) -> None:
    for flags, word in (
        (("--from-project", "--from-outputs", "x"), "two ways to start"),
        (("--from-project", "--name", "x"), "--owner"),
        (("--local",), "--local is about a live project; add --from-project"),
        (("--adopt",), "--adopt is about a live project"),
        (("--timeout", "5"), "--timeout is about a live project"),
    ):
        failed = provisioner("init", *flags)
        assert failed.code == 1
        assert word in failed.err


def test_from_the_outputs_of_a_running_foundry_to_an_agent(
    foundry: Foundry, start: Any, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FOUNDRY_PROJECT_ENDPOINT", "PROVISIONER_MANAGEMENT_ENDPOINT"):
        monkeypatch.setenv(name, foundry.env[name])  # a .env cannot say that what listens here is given a token
    outputs = {
        "projectEndpoint": foundry.env["FOUNDRY_PROJECT_ENDPOINT"],
        "accountName": foundry.env["FOUNDRY_ACCOUNT"],
        "subscriptionId": foundry.env["AZURE_SUBSCRIPTION_ID"],
        "resourceGroupName": foundry.env["AZURE_RESOURCE_GROUP"],
        "location": "swedencentral",
    }

    assert start(wrapped(outputs)).code == 0
    assert foundry.requests() == [], "nothing is asked"
    assert "Plan: 4 to create." in provisioner("plan").out
    assert provisioner("apply", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0
    assert [it["name"] for it in foundry.objects("agents")] == ["dev-buddy"]


@pytest.fixture
def live(foundry: Foundry, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch) -> Foundry:
    """A project with what stores.yaml declares, seen from an empty folder."""
    for name, value in foundry.env.items():
        monkeypatch.setenv(name, value)
    (project / "first").mkdir()
    (project / "first" / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    assert provisioner("apply", "--yes", "-f", "first").code == 0
    (project / "second").mkdir()
    monkeypatch.chdir(project / "second")
    return foundry


def test_from_a_project_planning_shows_no_changes(live: Foundry, provisioner: Command) -> None:
    started = provisioner("init", "--from-project")
    text = Path("stores.yaml").read_text("utf-8")

    assert started.code == 0, started.err
    assert files_in(Path()) == WRITTEN
    assert text.startswith("# yaml-language-server: $schema=schemas/manifest.v1.schema.json\n")
    assert "# What is live in project" in text
    assert yaml.safe_load(text)["name"] == "dev-buddy"
    assert yaml.safe_load(text)["agents"]["dev-buddy"]["instructions"] == {"file": "prompts/dev-buddy.md"}
    assert provisioner("plan", "--detailed-exitcode").code == 0
    live.forget_requests()
    assert provisioner("init", "--from-project").code == 1
    assert live.requests() == [], "nobody is asked where nothing may be written"


@pytest.mark.usefixtures("project")
def test_what_is_next_after_a_project_of_a_state_file_is_planned_with_that(
    provisioner: Command, tmp_path: Path
) -> None:
    state = str(tmp_path / "my state.db")

    started = provisioner("init", "--from-project", "--local", "--state", state)

    assert f"  provisioner plan --local --state '{state}'  " in started.out
    words = ["plan", "--local", "--state", state, "--detailed-exitcode"]
    assert provisioner(*words).code == 0


def test_from_a_project_the_region_is_told(live: Foundry, provisioner: Command) -> None:
    (region,) = {it["location"] for it in live.objects("resources") if it["type"].endswith("/accounts")}
    provisioner("init", "--from-project")

    assert f", in {region}." in Path("stores.yaml").read_text("utf-8")


def test_a_region_that_may_not_be_read_stops_nothing(live: Foundry, provisioner: Command) -> None:
    live.fault({"method": "GET", "path": f"*/accounts/{live.env['FOUNDRY_ACCOUNT']}"}, {"status": 403})

    assert provisioner("init", "--from-project").code == 0


@pytest.mark.usefixtures("live")
def test_from_a_project_comments_say_whose_things_are(
    foundry: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("other").mkdir()
    other = "version: 1\nname: other\nagents: {helper: {model: gpt-5.4-mini, instructions: Help.}}\n"
    other += "deployments: {gpt-5.4-mini: {external: true}}\n"
    Path("other/stores.yaml").write_text(other, encoding="utf-8")
    assert provisioner("apply", "--yes", "-f", "other").code == 0

    assert provisioner("init", "--from-project").code == 0
    text = Path("stores.yaml").read_text("utf-8")
    assert "  # Belongs to the manifest other.\n  helper:\n    external: true\n" in text
    assert provisioner("plan", "--detailed-exitcode").code == 0

    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID")
    assert provisioner("init", "--from-project", "--force", "--owner", "dev-buddy").code == 0
    text = Path("stores.yaml").read_text("utf-8")
    assert "  # Not known to belong to a manifest" in text
    assert foundry.objects("agents")


@pytest.mark.usefixtures("live")
def test_from_a_project_what_nobody_owns_is_adopted_as_its_comment_says(foundry: Foundry, provisioner: Command) -> None:
    foundry.drift("store", "dev-prefs-memory", metadata={})

    assert provisioner("init", "--from-project", "--adopt").code == 0
    text = Path("stores.yaml").read_text("utf-8")
    assert "  # Belongs to no manifest yet: apply --adopt takes it over.\n  dev-prefs-memory:\n    description:" in text
    assert provisioner("plan").code == 1
    assert provisioner("apply", "--adopt", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0


@pytest.mark.usefixtures("live")
def test_a_prompt_is_put_in_a_file_only_where_that_says_the_same(foundry: Foundry, provisioner: Command) -> None:
    foundry.drift("agent", "dev-buddy", instructions="Pay\n\u202enow.")
    provisioner("init", "--from-project")
    hidden = yaml.safe_load(Path("stores.yaml").read_text("utf-8"))["agents"]["dev-buddy"]["instructions"]
    foundry.drift("agent", "dev-buddy", instructions="Read ${env:HOME}\nand {{this}}.")
    provisioner("init", "--from-project", "--force")

    assert hidden == "Pay\n\u202enow."
    assert Path("prompts/dev-buddy.md").read_text("utf-8") == "Read ${env:HOME}\nand {{this}}."
    assert provisioner("plan", "--detailed-exitcode").code == 0


@pytest.mark.usefixtures("live")
def test_export_finds_the_schema_that_init_wrote(provisioner: Command) -> None:
    provisioner("init", "--from-project")
    Path("env/prod").mkdir(parents=True)

    provisioner("export", "--out", "env/prod/live.yaml")

    first = Path("env/prod/live.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../schemas/manifest.v1.schema.json"
    assert Path("env/prod", first.partition("=")[2]).is_file()


def test_an_interruption_leaves_all_as_it_was(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it comes: here, before the second of three files takes its place."""
    rename = Path.replace

    def interrupted(path: Path, target: Path) -> Path:
        if target.name == "two":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    (project / "one").write_text("before", encoding="utf-8")

    with pytest.raises(KeyboardInterrupt):
        write_together([NewFile(path=project / name, content=b"after") for name in ("one", "two", "three/four")])
    assert {it.name: it.read_text("utf-8") for it in project.iterdir()} == {"one": "before"}
