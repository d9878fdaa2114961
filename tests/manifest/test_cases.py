"""Small manifests that once passed, or were told the wrong thing: all that is told of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.manifest.manifests import full, load_files

CASES = Path(__file__).parents[1] / "cases"
TOLD = {
    "12-neighbours": """\
12-neighbours.yaml:7:5 error unknown-key
  agents/hosted-agent: the key "protocols" is not known.
  Write `protocol_versions`.
12-neighbours.yaml:8:5 error unknown-key
  agents/hosted-agent: the key "env" is not known.
  Write `environment_variables`.
12-neighbours.yaml:9:5 error unknown-key
  agents/hosted-agent: the key "container" is not known.
  Write `cpu` for `container.resources.cpu` and `memory` for `container.resources.memory`.""",
    "13-voice": """\
13-voice.yaml:8:17 warning unpublished
  "gpt-realtime" is not published as a value of `model_type`; it is sent as it is.
  Known: managed or self_deployed.
13-voice.yaml:11:22 warning unpublished
  "text" is not published as a value of `greeting.type`; it is sent as it is.
  Known: llm_generated or template.""",
    "22-placeholder": """\
22-placeholder.yaml:7:10 warning placeholder
  `${AGENT_CPU}` is a placeholder of other tools; here it is text, and sent as it is.
  If a variable is meant, write `${env:AGENT_CPU}`, and pass --allow-env AGENT_CPU.""",
    "50-wrong-tools": """\
50-wrong-tools.yaml:7:35 error unknown-type
  "fancy_tool" is not a type of tool.
  Known: a2a, a2a_preview, apply_patch, azure_ai_search, azure_function, bing_custom_search_preview, bing_grounding, \
browser_automation, browser_automation_preview, capture_structured_outputs, code_interpreter, computer, … (36 in all).
50-wrong-tools.yaml:8:28 error missing-key
  `tools.0` does not say where its server is.
  Add `server_url:`, or `project_connection_id:` for a connection of the project.
50-wrong-tools.yaml:9:51 error bad-name
  "bad name!" is not a name for a function.
  Use letters, digits, `_` and `-`; at most 64 characters.
50-wrong-tools.yaml:10:42 error unknown-type
  "json_schemaa" is not a type of answer format.
  Did you mean "json_schema"? Known: json_object, json_schema or text.""",
}


@pytest.mark.parametrize(("name", "told"), TOLD.items(), ids=TOLD)
def test_what_is_told_of_a_case(name: str, told: str) -> None:
    assert full(load_files([CASES / f"{name}.yaml"], project_needed=False)) == told
