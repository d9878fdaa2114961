"""What is rendered of a manifest is a manifest that plans the same, and tells where its values came from."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.kinds import TRAITS
from provisioner.manifest.draft import Options
from provisioner.manifest.load import Manifest
from provisioner.manifest.rendered_text import rendered_text
from provisioner.manifest.rendering import Rendering, render
from provisioner.model.rendered import Rendered
from provisioner.reconcile.planner import make_plan
from provisioner.render.rendered import rendered_json
from tests.manifest.manifests import HEAD, MODELS, load_files, manifest_of
from tests.strategies import EVERYTHING_ALLOWED

ENVIRON: Final = {"FOUNDRY_X": "of the environment", "FOUNDRY_T": "0.25", "PROVISIONER_FILE": "p.md"}
FILES: Final = {
    "p.md": "From a file.\n\nOf several lines, and ${env:FOUNDRY_X} is none.\n",
    "s.json": '{"type": "object", "properties": {"a": {"type": "string", "description": "${env:FOUNDRY_X}"}}}',
}
EXTERNAL: Final = {"external": True}
texts = st.one_of(
    st.sampled_from(
        [
            "${env:FOUNDRY_X}",
            "a ${env:FOUNDRY_X} and $${env:FOUNDRY_X}, $$${env:FOUNDRY_X}",
            "${env:FOUNDRY_Y:-yes}",
            "{{$userId}}",
            "yes",
            "0o17",
            "1.0",
            " # no comment",
            "a: b\n - c\n\n",
            "\n  indented\n",
            "##vso[task.setvariable]",
        ]
    ),
    st.text(
        st.characters(codec="utf-8", exclude_characters="\ufeff\ufffe\uffff", exclude_categories=["Cc", "Cs"]),
        max_size=8,
    ),
)
instructions = st.one_of(texts, st.sampled_from([{"file": "p.md"}, {"file": "${env:PROVISIONER_FILE}"}]))
agents = st.fixed_dictionaries(
    {"model": st.sampled_from(["gpt", "mini"])},
    optional={
        "instructions": instructions,
        "description": texts,
        "metadata": st.dictionaries(st.sampled_from(["team", "tier", "long key, and odd"]), texts, max_size=2),
        "temperature": st.sampled_from([0, 1, 0.5, "${env:FOUNDRY_T}"]),
        "text": st.sampled_from(
            [
                {"format": {"type": "json_schema", "name": "n", "schema": {"file": "s.json"}}},
                {"format": {"type": "text"}},
            ]
        ),
        "lifecycle": st.fixed_dictionaries({}, optional={"prevent_destroy": st.booleans()}),
    },
)
entries = st.one_of(agents, st.just(EXTERNAL))


@st.composite
def overlays(draw: st.DrawFn, base: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What makes something between the two of the base."""
    result: dict[str, Any] = {}
    for key in {**base, **other}:
        choice = draw(st.sampled_from(["leave", "leave", "take out", "replace", "inside"]))
        if other.get(key) == EXTERNAL or base.get(key) == EXTERNAL:
            result |= {key: None} if choice == "take out" and key in base else {}
        elif choice == "take out" and key in base and key != "model":
            result[key] = None
        elif choice == "replace" and key in other:
            result[key] = other[key]
        elif choice == "inside" and isinstance(base.get(key), dict) and isinstance(other.get(key), dict):
            result[key] = draw(overlays(base[key], other[key]))
    return result


@st.composite
def manifests(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    names = st.sampled_from(["buddy", "helper", "a-b"])
    base, other = (draw(st.dictionaries(names, entries, max_size=3)) for _ in range(2))
    overlay: dict[str, Any] = {"agents": draw(overlays(base, other))}
    if draw(st.booleans()):
        overlay |= {
            "name": "team-prod",
            "preflight": {"skip": ["quota"]},
            "deployments": {"gpt": {"sku": {"capacity": 9}}},
        }
    document: dict[str, Any] = {
        **yaml.safe_load(f"{HEAD}{MODELS}"),
        "agents": base,
        "preflight": {"skip": ["references"]},
    }
    document["deployments"]["mini"] = document["deployments"]["gpt"]
    return document, overlay


def rendered(rendering: Rendering) -> Rendered:
    assert rendering.rendered is not None, rendering.diagnostics
    return rendering.rendered


def planned(manifest: Manifest) -> object:
    plan = make_plan(manifest.resources, {}, owner=manifest.name, traits=TRAITS, allow=EVERYTHING_ALLOWED)
    resources = {at: (it.fields, it.needs, it.lifecycle, it.external, it.key) for at, it in manifest.resources.items()}
    return plan.digest, manifest.project, manifest.preflight, resources


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(manifests(), st.booleans())
def test_what_is_rendered_plans_the_same(drawn: tuple[dict[str, Any], dict[str, Any]], in_a_file: bool) -> None:
    base, overlay = drawn
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in FILES.items():
            (folder / file).write_text(text, encoding="utf-8")
        (folder / "prod.yaml").write_text(json.dumps(overlay, ensure_ascii=False), encoding="utf-8")
        whole = {**base, "environments": {"prod": {"file": "prod.yaml"} if in_a_file else overlay, "dev": {}}}
        (folder / "m.yaml").write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")

        original = load_files([folder / "m.yaml"], environ=ENVIRON, environment="prod")
        rendering = render([folder / "m.yaml"], Options(environ={}, environment="prod"))
        assert (rendering.rendered is None) == (original.manifest is None)
        if rendering.rendered is None:
            return
        for origins in (False, True):
            (folder / "r.yaml").write_text(rendered_text(rendering.rendered, origins=origins), encoding="utf-8")
            again = load_files([folder / "r.yaml"], environ=ENVIRON)

            assert planned(manifest_of(again)) == planned(manifest_of(original))


def test_several_files_and_an_environment_become_one_manifest(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "a.md").write_text("Hello ${env:FOUNDRY_X}")
    (tmp_path / "a.yaml").write_text(f"{HEAD}preflight: {{skip: [quota]}}\nx-any: &sku {{name: Standard}}\n")
    (tmp_path / "b.yaml").write_text(
        "version: 1\npreflight: {skip: [references, quota]}\n"
        "x-sku: &sku {name: Standard}\n"
        "deployments: {gpt: {model: {format: OpenAI, name: gpt-4.1}, sku: *sku}}\n"
        "agents: {buddy: {model: gpt, instructions: {file: prompts/a.md}, description: '${env:FOUNDRY_X}'}}\n"
        "environments:\n  prod: {name: team-prod, agents: {buddy: {description: '$$${env:FOUNDRY_X}'}}}\n"
    )
    found = rendered(render([tmp_path / "a.yaml", tmp_path / "b.yaml"], Options(environ={}, environment="prod")))

    assert (
        rendered_text(found)
        == """\
version: 1
name: team-prod

project:
  endpoint: "https://acc.services.ai.azure.com/api/projects/p"
  subscription_id: sub
  resource_group: group

preflight:
  skip:
    - quota
    - references

deployments:
  gpt:
    model:
      format: OpenAI
      name: gpt-4.1
    sku:
      name: Standard

agents:
  buddy:
    description: "$$${env:FOUNDRY_X}"
    model: gpt
    instructions: "Hello $${env:FOUNDRY_X}"
"""
    )


def test_origins_are_told_in_comments_and_as_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prompt.md").write_text("Be kind.\n")
    Path("m.yaml").write_text(
        f"{HEAD}agents:\n  buddy:\n    kind: prompt\n    model: gpt\n    instructions: {{file: prompt.md}}\n"
        f"{MODELS}environments: {{prod: {{file: prod.yaml}}}}\n"
    )
    Path("prod.yaml").write_text("agents:\n  buddy:\n    tools:\n      - type: code_interpreter\n")
    found = rendered(render([Path("m.yaml")], Options(environ={}, environment="prod")))

    agents = rendered_text(found, origins=True).partition("agents:\n")[2]
    assert (
        agents
        == """\
  buddy:
    kind: prompt  # m.yaml:6
    model: gpt  # m.yaml:7
    instructions: |  # prompt.md:1
      Be kind.
    tools:  # prod.yaml:4
      - type: code_interpreter  # prod.yaml:4
"""
    )
    document = json.loads(rendered_json(found))
    assert (document["environment"], document["manifest"]["agents"]["buddy"]["model"]) == ("prod", "gpt")
    assert [it for it in document["origins"] if it["path"][-1] == "tools"] == [
        {"path": ["agents", "buddy", "tools"], "file": "prod.yaml", "line": 4, "column": 7}
    ]


def test_origins_tell_what_set_the_variables_in_a_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("by_default", "by_env", "by_dotenv", "by_file", "by_environ", "by_flag")
    Path("vars.yaml").write_text("# values\nby_file: f\n")
    Path(".env").write_text("PROVISIONER_VAR_by_dotenv=d\n")
    Path("prod.yaml").write_text("\nvariables: {by_env: e}\n")
    Path("m.yaml").write_text(
        f"{HEAD}{MODELS}agents:\n  buddy:\n    model: gpt\n    description: '${{var.by_default}} ${{var.by_flag}}'\n"
        "    metadata:\n"
        + "".join(f"      {name}: '${{var.{name}}}'\n" for name in names[1:])
        + "    tools: '${var.tools}'\nvariables:\n  tools: {type: list, default: [{type: code_interpreter}]}\n"
        + "".join(f"  {name}: {{default: x}}\n" for name in names)
        + "environments: {prod: {file: prod.yaml}}\n"
    )
    environ, files = {"PROVISIONER_VAR_by_environ": "v"}, (Path("vars.yaml"),)
    options = Options(environ=environ, variable_files=files, variables=(("by_flag", "f"),), environment="prod")
    found = rendered(render([Path("m.yaml")], options))

    lines = Path("m.yaml").read_text().splitlines()
    at = {name: f"m.yaml:{number}" for number, line in enumerate(lines, 1) for name in [line.split(":")[0].strip()]}
    used = {name: f"m.yaml:{number}" for number, line in enumerate(lines, 1) for name in names if f"{name}: '$" in line}
    agents = rendered_text(found, origins=True).partition("agents:\n")[2]
    assert (
        agents
        == f"""\
  buddy:
    description: x f  # {at["description"]}, by_default from {at["by_default"]}, by_flag from --var
    metadata:
      by_env: e  # {used["by_env"]}, by_env from prod.yaml:2
      by_dotenv: d  # {used["by_dotenv"]}, by_dotenv from PROVISIONER_VAR_by_dotenv
      by_file: f  # {used["by_file"]}, by_file from vars.yaml:2
      by_environ: v  # {used["by_environ"]}, by_environ from PROVISIONER_VAR_by_environ
      by_flag: f  # {used["by_flag"]}, by_flag from --var
    model: gpt  # {at["model"]}
    tools:  # {used_tools(lines)}, tools from {at["tools"]}
      - type: code_interpreter  # {used_tools(lines)}, tools from {at["tools"]}
"""
    )
    told = {tuple(it["path"][2:]): it.get("variables") for it in json.loads(rendered_json(found))["origins"]}
    assert told["metadata", "by_flag"] == [{"name": "by_flag", "set_by": "--var"}]
    assert told["metadata", "by_file"] == [{"name": "by_file", "file": "vars.yaml", "line": 2, "column": 10}]
    assert told["model",] is None
    assert [it["name"] for it in told["description",]] == ["by_default", "by_flag"]


def used_tools(lines: list[str]) -> str:
    return f"m.yaml:{next(number for number, line in enumerate(lines, 1) if '${var.tools}' in line)}"


def test_origins_of_what_is_in_lists_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.json").write_text('{"type": "object", "properties": {}, "required": ["a"]}')
    Path("a.yaml").write_text(
        f"{HEAD}preflight: {{skip: [quota]}}\n{MODELS}"
        "agents:\n  buddy:\n    model: gpt\n    tools:\n"
        "      - type: function\n        name: f\n        parameters: {file: s.json}\n"
    )
    Path("b.yaml").write_text("version: 1\npreflight:\n  skip:\n    - references\n    - quota\n")
    found = rendered(render([Path("a.yaml"), Path("b.yaml")], Options(environ={})))

    text = rendered_text(found, origins=True)
    assert "    - quota  # a.yaml:" in text
    assert "    - references  # b.yaml:4\n" in text
    assert (
        text.partition("    tools:")[2].partition("\n")[2]
        == """\
      - type: function  # a.yaml:12
        name: f  # a.yaml:13
        parameters:
          type: object  # s.json:1
          properties: {}  # s.json:1
          required:  # s.json:1
            - a  # s.json:1
"""
    )
    assert yaml.safe_load(text) == yaml.safe_load(rendered_text(found))


def test_what_is_no_valid_manifest_is_not_rendered(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(f"{HEAD}agents: {{buddy: {{model: nothing}}}}\n")
    rendering = render([tmp_path / "m.yaml"], Options(environ={}))

    assert rendering.rendered is None
    assert [problem.code for problem in rendering.diagnostics] == ["unknown-reference"]


def test_variables_that_are_not_set_yet_are_nothing_to_warn_of(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "version: 1\nname: '${env:FOUNDRY_NAME}'\nproject: {endpoint: '${env:FOUNDRY_PROJECT_ENDPOINT}'}\n"
        "deployments: {gpt: {model: {format: OpenAI, name: gpt-4.1}, sku: {name: S, capacity: '${env:FOUNDRY_C}'}}}\n"
    )
    rendering = render([tmp_path / "m.yaml"], Options(environ={}))

    assert rendering.diagnostics == ()
    assert rendered(rendering).document["deployments"]["gpt"]["sku"]["capacity"] == "${env:FOUNDRY_C}"


@pytest.mark.untraced
def test_thousands_of_entries_are_rendered_in_seconds(tmp_path: Path) -> None:
    agents = "".join(
        f"  a{number}: {{model: gpt, instructions: hello, metadata: {{n: x}}}}\n" for number in range(2_000)
    )
    prod = "".join(f"      a{number}: {{instructions: bye}}\n" for number in range(0, 2_000, 2))
    (tmp_path / "m.yaml").write_text(f"{HEAD}{MODELS}agents:\n{agents}environments:\n  prod:\n    agents:\n{prod}")

    start = time.process_time()
    text = rendered_text(rendered(render([tmp_path / "m.yaml"], Options(environ={}, environment="prod"))), origins=True)

    assert text.count("instructions: bye") == 1_000
    assert time.process_time() - start < 12
