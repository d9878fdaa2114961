"""Whoever writes a manifest writes into the log of the pipeline that plans it, and logs are read for commands."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.cli.run_log import RunLog
from provisioner.cli.shell_exports import exports
from provisioner.manifest.write import dump
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.errors import Failure, ManifestInvalid, ProvisionerError
from provisioner.model.pipelines import inert
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, Event
from provisioner.model.resource import Desired
from provisioner.reconcile.comparison import Comparison
from provisioner.render.abandoned import abandoned, abandoned_text
from provisioner.render.comparison import (
    comparison_document,
    comparison_json,
    comparison_markdown,
    comparison_text,
)
from provisioner.render.diagnostics import diagnostics_github, diagnostics_json, diagnostics_text
from provisioner.render.events_json import event_document, failed_document, planned_document
from provisioner.render.failures import failure_text
from provisioner.render.graph import dot, mermaid
from provisioner.render.json_text import json_text
from provisioner.render.outcomes import outcomes_text
from provisioner.render.plan_html import plan_html
from provisioner.render.plan_json import plan_document
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from provisioner.render.progress import PlainProgress, Results
from provisioner.render.sarif import Checkout, diagnostics_sarif
from provisioner.render.styles import COLOURFUL, PLAIN, Styles
from tests.foundry import Command, Foundry
from tests.render import strategies as our
from tests.whole import tries

pytestmark = pytest.mark.untraced  # commands as everywhere, of names that are not


def sarif(items: list[Diagnostic]) -> str:
    return diagnostics_sarif(items, codes={}, version="1", checkout=Checkout(root="/r", folder="/r"))


few = settings(max_examples=tries(60), deadline=None)

# As the two runners read: .NET's lines and blanks, and colours taken away.
_LINES = re.compile("[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_COMMANDS = ["::error::gotcha", "::stop-commands::x", "##[error]gotcha", "##vso[task.setvariable variable=PATH]/evil"]
SPLIT = "padding that is long enough to be wrapped somewhere near this place, whatever the width of it may be"


def assert_inert(text: str) -> None:
    for line in _LINES.split(text):
        assert not _COLOUR.sub("", line).lstrip().startswith("::"), line
        assert "##[" not in line, line
        assert "##vso[" not in line.lower(), line


@few
@given(our.plans, st.integers(20, 200), st.sampled_from([PLAIN, COLOURFUL]))
def test_no_plan_commands_a_pipeline(plan: Plan, width: int, styles: object) -> None:
    assert_inert(plan_text(plan, width=width, styles=styles))  # type: ignore[arg-type]
    assert_inert(plan_markdown(plan))
    assert_inert(plan_html(plan))
    for indent in (None, 2):
        document = plan_document(plan)
        text = json_text(document, indent=indent)
        assert_inert(text)
        assert "::" not in text
        assert json.loads(text) == document
    assert json.loads(json_text(planned_document(plan)))["plan"] == plan_document(plan)


@few
@given(our.comparisons, st.integers(20, 200), st.sampled_from([PLAIN, COLOURFUL]))
def test_no_comparison_commands_a_pipeline(comparison: Comparison, width: int, styles: Styles) -> None:
    assert_inert(comparison_text(comparison, width=width, styles=styles))
    assert_inert(comparison_markdown(comparison))
    assert_inert(comparison_json(comparison))
    assert json.loads(comparison_json(comparison)) == comparison_document(comparison)


@few
@given(st.lists(our.diagnostics, max_size=3), st.integers(20, 200))
def test_no_diagnostic_commands_a_pipeline_but_for_our_own_annotations(items: list[Diagnostic], width: int) -> None:
    assert_inert(diagnostics_text(items, width=width))
    assert_inert(diagnostics_json(items))
    assert_inert(sarif(items))
    assert_inert(json_text(failed_document(ManifestInvalid(tuple(items)))))
    for line in diagnostics_github(items).splitlines():
        assert re.match(r"::(error|warning|notice) ", line)
        assert_inert(line[1:])


@few
@given(our.finishes, st.integers(20, 200))
def test_no_outcome_commands_a_pipeline(finished: ApplyFinished, width: int) -> None:
    assert_inert(outcomes_text(finished, width=width))
    changes = tuple(outcome.change for outcome in finished.outcomes)
    assert_inert(abandoned_text(abandoned(Plan(owner="o", changes=changes), ()), width=width))


@few
@given(st.lists(our.events, max_size=2))
def test_no_progress_commands_a_pipeline(events: list[Event]) -> None:
    signs, told = list[str](), list[str]()
    for renderer in (PlainProgress(signs.append), Results(told.append)):
        for event in events:
            renderer(event)

    assert_inert("\n".join(signs))
    assert_inert("\n".join(json_text(event_document(event)) for event in events))
    assert_inert("\n".join(told))


@given(our.wild, our.wild, st.none() | our.failures, st.integers(20, 200))
def test_no_failure_commands_a_pipeline(message: str, hint: str, failure: Failure | None, width: int) -> None:
    assert_inert(failure_text(message, hint, failure, width=width))


@given(st.dictionaries(our.addresses, st.frozensets(our.addresses, max_size=3), max_size=3))
def test_no_graph_commands_a_pipeline(needs: dict[Address, frozenset[Address]]) -> None:
    resources = {address: Desired(address=address, needs=needed) for address, needed in needs.items()}

    assert_inert(mermaid(resources))
    assert_inert(dot(resources))


@few
@given(st.dictionaries(our.texts, our.texts | st.lists(our.texts, max_size=2), max_size=3))
def test_no_export_commands_a_pipeline_and_it_is_read_as_it_was(metadata: dict[str, object]) -> None:
    text = dump(name="o", project={}, entries={Address("agents", "a"): {"metadata": metadata}})

    assert_inert(text)
    read = yaml.safe_load(text)["agents"]["a"]["metadata"]
    assert read == json.loads(re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(metadata, ensure_ascii=False)))


@given(our.wild)
def test_what_is_inert_is_left_alone(text: str) -> None:
    assert inert(inert(text)) == inert(text)


@pytest.mark.parametrize("text", ["std::vector<int>", "at fe80::1, or ::1", "C# ## heading", "- ::1", "a [##] b"])
def test_what_commands_nothing_is_shown_as_it_is(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("command", _COMMANDS)
def test_no_log_commands_a_pipeline(command: str, style: str, capsys: pytest.CaptureFixture[str]) -> None:
    log = RunLog("warning", style)
    try:
        facts = {"path": f"/a\n{command}", "request_id": command}
        logging.getLogger("provisioner.attack").warning(
            "a\n%s\r%s\u2028%s", command, command, command, extra={"facts": facts}
        )
        error = ValueError(f"x\n{command}")
        logging.getLogger("azure.attack").error("%s", command, exc_info=error)
    finally:
        log.end(0)
    told = capsys.readouterr().err

    assert told
    assert_inert(told)
    if style == "json":
        assert command in json.loads(told.splitlines()[0])["message"]


def _manifest(command: str) -> str:
    value = json.dumps(f"{command}\n  {command}\r{command} {SPLIT} {command}")
    return f"""\
version: 1
name: attack
deployments:
  chat:
    model: {{format: OpenAI, name: gpt-4.1-mini, version: "2025-04-14"}}
    sku: {{name: GlobalStandard, capacity: 10}}
agents:
  helper:
    model: chat
    description: {json.dumps(command + " " + SPLIT)}
    instructions: {value}
    metadata: {{{json.dumps(command[:40])}: {json.dumps(command)}}}
    tools:
      - type: function
        name: f
        parameters: {{type: object, properties: {{{json.dumps(command)}: {{description: {value}}}}}}}
"""


@pytest.mark.usefixtures("foundry")
@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize("style", ["text", "json", "markdown", "html"])
def test_a_plan_of_commands_commands_nothing(style: str, command: str, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(_manifest(command), encoding="utf-8")

    planned = provisioner("plan", "--format", style, *(f"--out=p.{it}" for it in ("txt", "md", "json")))

    assert planned.code == 0, planned.err
    for text in (planned.out, planned.err, *((project / f"p.{it}").read_text("utf-8") for it in ("txt", "md", "json"))):
        assert_inert(text)
    if style == "json":
        fields = json.loads(planned.out)["changes"][1]["fields"]
        assert any(str(field["after"]).startswith(command) for field in fields)


@pytest.mark.usefixtures("foundry")
@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize("style", ["text", "json"])
def test_an_apply_and_an_export_of_commands_command_nothing(
    style: str, command: str, project: Path, provisioner: Command
) -> None:
    (project / "stores.yaml").write_text(_manifest(command), encoding="utf-8")
    applied = provisioner("apply", "--yes", "--format", style)
    exported = provisioner("export")
    (project / "stores.yaml").write_text(_manifest(command).replace("padding", f"other {command}"), encoding="utf-8")
    differing = provisioner("plan")

    assert applied.code == exported.code == differing.code == 0
    for result in (applied, exported, differing):
        assert_inert(result.out)
        assert_inert(result.err)
    described = yaml.safe_load(exported.out)["agents"]["helper"]
    assert described["description"] == f"{command} {SPLIT}"
    assert command in described["metadata"].values()


@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize("style", ["text", "json"])
def test_what_doctor_finds_commands_nothing(  # noqa: PLR0917 - fixtures
    style: str, command: str, foundry: Foundry, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".env").write_text(f"{command}\nA={command}\n", encoding="utf-8")
    (project / "stores.yaml").write_text(f"version: 1\nname: {json.dumps(command)}\n", encoding="utf-8")
    monkeypatch.setenv("HTTPS_PROXY", command)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", command)
    answer = {"error": {"message": f"x\n{command}\r{command} {SPLIT}"}}
    foundry.fault({"path": "*/agents*"}, {"status": 403, "body": answer})
    wrong = provisioner("doctor", "--format", style)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", foundry.env["AZURE_TOKEN_CREDENTIALS"])
    refused = provisioner("doctor", "--format", style)

    for told in (wrong, refused):
        assert told.code == 1
        assert_inert(told.out)
        assert_inert(told.err)
    assert "x" in refused.out


@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize("style", ["text", "json", "github"])
def test_errors_that_quote_commands_command_nothing(
    style: str, command: str, project: Path, provisioner: Command
) -> None:
    quoted, split = json.dumps(command), json.dumps(f"x {SPLIT[:20]} {command}")
    lines = [f"{quoted}: 1", f"version: {quoted}", f"name: {split}", "agents:", f"  {quoted}: {{model: {quoted}}}"]
    lines += [f'  b: {{model: "${{env:FOUNDRY_{command}}}", {split}: 1, instructions: {{file: {quoted}}}}}', "  c: [}"]
    for count in (len(lines) - 1, len(lines)):
        (project / "stores.yaml").write_text("\n".join(lines[:count]), encoding="utf-8")
        told = provisioner("validate", "--format", style)
        assert told.code == 1
        out = "".join(
            line[1:] if re.match("::(error|warning|notice) ", line) else line for line in told.out.splitlines(True)
        )
        assert_inert(out if style == "github" else told.out)
        assert_inert(told.err)


@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["{}"], id="no-command"),
        pytest.param(["plan", "--{}"], id="no-flag"),
        pytest.param(["plan", "--format", "{}"], id="no-choice"),
        pytest.param(["plan", "-f", "{}"], id="no-file"),
        pytest.param(["plan", "-f", "\n{}"], id="no-file-in-two-lines"),
        pytest.param(["plan", "--timeout", "{}"], id="no-number"),
        pytest.param(["plan", "--allow-data-loss", "{}"], id="no-address"),
        pytest.param(["plan", "--allow-data-loss", "stores/{}"], id="no-store"),
        pytest.param(["plan", "--project-endpoint", "{}"], id="no-endpoint"),
        pytest.param(["export", "--local", "--out", "no/{}"], id="no-folder"),
        pytest.param(["emulator", "env", "--ready-file", "{}"], id="no-ready-file"),
        pytest.param(["emulator", "run", "--catalogue", "{}", "--", "true"], id="no-catalogue"),
        pytest.param(["emulator", "run", "--", "no {}"], id="no-program"),
    ],
)
def test_wrong_usage_that_quotes_commands_commands_nothing(
    arguments: list[str], command: str, provisioner: Command
) -> None:
    told = provisioner(*(argument.format(command) for argument in arguments))

    assert told.code
    assert_inert(told.out)
    assert_inert(told.err)


@pytest.mark.parametrize("value", ["##vso[x]", "##[x]", "a\n::error::x", "a\rb", "a\u2028b"])
def test_no_variable_of_a_ready_file_commands_a_pipeline(value: str) -> None:
    with pytest.raises(ProvisionerError) as refused:
        exports({"AZURE_CLIENT_ID": value}, "bash")

    assert value not in str(refused.value)


def test_a_mistake_of_ours_that_quotes_commands_commands_nothing() -> None:
    """Whatever it is: here the flag of a command is missing."""
    program = (
        "import sys, provisioner.cli.main as m\n"
        "def run(): raise RuntimeError('x\\n::error::y\\r##vso[z]\\u2028##[x]')\n"
        "m.run = run\n"
        "m.main()\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)

    assert told.returncode == 1
    assert "RuntimeError" in told.stderr
    assert_inert(told.stderr.replace("m.run = run", ""))
