"""What a reviewer sees of names that sound like secrets, and of secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.cli.formats import RUNS
from tests.foundry import Command

NAMES = """\
version: 1
name: names
deployments:
  chat: {model: {format: OpenAI, name: gpt-4.1-mini, version: "2025-04-14"}, sku: {name: GlobalStandard, capacity: 10}}
agents:
  helper:
    model: chat
    tools:
      - type: function
        name: reset_password
        parameters:
          type: object
          properties:
            password: {type: string, description: The new one., minLength: 12}
            api_key: {type: string, description: Key of the tenant.}
          required: [password]
"""
SECRETS = """\
version: 1
name: names
agents:
  helper:
    model: c/m
    structured_inputs:
      api_key: {description: Of the caller., default_value: hunter2}
    tools:
      - {type: mcp, server_label: x, server_url: "https://u:hunter2@x.example", headers: {X-Who: Bearer hunter2}}
      - type: function
        name: reset
        parameters: {type: object, properties: {password: {type: string, default: hunter2}}}
"""


@pytest.mark.usefixtures("foundry")
@pytest.mark.parametrize("style", ["text", "json", "markdown", "html"])
def test_parameters_of_a_function_can_be_reviewed(style: str, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(NAMES, encoding="utf-8")

    shown = provisioner("plan", "--format", style).out

    assert "sensitive" not in shown
    assert "The new one." in shown
    assert "minLength" in shown
    assert "Key of the tenant." in shown


@pytest.mark.usefixtures("foundry")
@pytest.mark.parametrize("style", ["text", "json", "markdown", "html"])
def test_values_are_shown_nowhere(style: str, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(SECRETS, encoding="utf-8")

    planned = provisioner("plan", "--format", style)

    assert planned.code == 0, planned.err
    assert "hunter2" not in planned.out + planned.err
    assert planned.out.count("(sensitive)") == (8 if style == "json" else 4)  # once more in the entry
    if style in RUNS:
        applied = provisioner("apply", "--yes", "--format", style)
        assert applied.code == 0
        assert "hunter2" not in applied.out + applied.err


@pytest.mark.usefixtures("foundry")
def test_an_export_warns_of_real_secrets_alone(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(SECRETS, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0

    told = provisioner("export").err

    assert "Warning: 4 values may be secret" in told
    assert "agents/helper: tools.0.server_url" in told
    assert "agents/helper: structured_inputs.api_key.default_value" in told
    assert "agents/helper: tools.0.headers.X-Who" in told
    assert "agents/helper: tools.1.parameters.properties.password.default" in told
    assert "hunter2" not in told
