"""Environments: what is laid over the manifest, and where everything in it is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provisioner.manifest.draft import Options
from provisioner.manifest.every import Validated, validate
from provisioner.manifest.load import Loaded
from provisioner.model.address import Address
from tests.manifest.manifests import HEAD, HEAD_LINES, MODELS, brief, full, load_files, load_text, manifest_of

AGENT = """\
agents:
  buddy: {model: gpt, instructions: hello, description: base, metadata: {team: a, tier: low}}
"""
BUDDY = Address("agents", "buddy")
AT = HEAD_LINES + MODELS.count("\n") + AGENT.count("\n")  # the line of `environments:`


def laid(folder: Path, environments: str, environment: str | None = "prod", **options: Any) -> Loaded:
    return load_text(folder, f"{HEAD}{MODELS}{AGENT}{environments}", environment=environment, **options)


def fields(loaded: Loaded) -> Any:
    return manifest_of(loaded).resources[BUDDY].fields


def place(loaded: Loaded, address: Address, *path: str) -> tuple[str, int, str]:
    places = manifest_of(loaded).resources[address].places
    where = places(path) if places is not None else None
    assert where is not None
    return Path(where.file).name, where.line, where.path


def test_a_mapping_merges_a_list_or_single_value_replaces_and_null_takes_out(tmp_path: Path) -> None:
    text = """\
environments:
  prod:
    agents:
      buddy: {description: null, instructions: bye, metadata: {tier: high}, tools: [{type: code_interpreter}]}
"""
    found = fields(laid(tmp_path, text))

    assert "description" not in found
    assert found["instructions"] == "bye"
    assert found["metadata"] == {"team": "a", "tier": "high"}
    assert [tool["type"] for tool in found["tools"]] == ["code_interpreter"]


def test_name_and_project_may_differ_by_environment(tmp_path: Path) -> None:
    other = "https://prod.services.ai.azure.com/api/projects/p"
    text = f"environments: {{dev: {{}}, prod: {{name: team-prod, project: {{endpoint: '{other}'}}}}}}\n"

    prod, dev = manifest_of(laid(tmp_path, text)), manifest_of(laid(tmp_path, text, "dev"))

    assert (prod.name, prod.project.endpoint, prod.environment) == ("team-prod", other, "prod")
    assert (dev.name, dev.project.account, dev.environment) == ("team", "acc", "dev")


def test_an_environment_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "prod.yaml").write_text("agents:\n  buddy:\n    instructions: {file: prompts/prod.md}\n")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "prod.md").write_text("from the manifest's folder")

    loaded = laid(tmp_path, "environments: {prod: {file: env/prod.yaml}}\n")

    assert fields(loaded)["instructions"] == "from the manifest's folder"
    assert place(loaded, BUDDY, "instructions") == ("prod.yaml", 3, "agents.buddy.instructions")


def test_each_place_is_where_its_value_is_said(tmp_path: Path) -> None:
    text = "environments:\n  prod:\n    agents:\n      buddy:\n        model: gtp\n        temperature: 9\n"

    assert brief(laid(tmp_path, text)) == [
        f"m.yaml:{AT + 5}:16 unknown-reference",
        f"m.yaml:{AT + 6}:22 out-of-range",
    ]


def test_what_an_environment_adds_is_declared_where_it_stands(tmp_path: Path) -> None:
    text = "environments:\n  prod:\n    agents:\n      helper: {model: gpt}\n"

    where = manifest_of(laid(tmp_path, text)).resources[Address("agents", "helper")].where

    assert where is not None
    assert (where.line, where.column, where.path) == (AT + 4, 7, "agents.helper")


def test_with_environments_one_has_to_be_chosen(tmp_path: Path) -> None:
    text = "environments: {dev: {}, prod: {}}\n"

    assert full(laid(tmp_path, text, None)) == (
        f"m.yaml:{AT + 1}:1 error no-environment\n"
        "  The manifest has environments, and it is not said which one to use.\n"
        "  Choose one with --env, PROVISIONER_ENV, or `default_environment:` in the manifest. There are: dev and prod."
    )


@pytest.mark.parametrize(
    ("environment", "environ", "default", "chosen"),
    [
        pytest.param("prod", {"PROVISIONER_ENV": "test"}, "dev", "prod", id="the-flag-wins"),
        pytest.param(None, {"PROVISIONER_ENV": "test"}, "dev", "test", id="then-the-variable"),
        pytest.param(None, {"PROVISIONER_ENV": ""}, "dev", "dev", id="then-the-default"),
    ],
)
def test_which_environment_is_chosen(
    tmp_path: Path, environment: str | None, environ: dict[str, str], default: str, chosen: str
) -> None:
    text = f"environments: {{dev: , test: , prod: }}\ndefault_environment: {default}\n"

    assert manifest_of(laid(tmp_path, text, environment, environ=environ)).environment == chosen


@pytest.mark.parametrize(
    ("environment", "environ", "default", "message"),
    [
        pytest.param("prd", {}, "", "--env names", id="by-the-flag"),
        pytest.param(None, {"PROVISIONER_ENV": "prd"}, "", "PROVISIONER_ENV names", id="by-the-variable"),
        pytest.param(None, {}, "default_environment: prd\n", "`default_environment` names", id="by-the-manifest"),
    ],
)
def test_an_unknown_environment_is_refused(
    tmp_path: Path, environment: str | None, environ: dict[str, str], default: str, message: str
) -> None:
    loaded = laid(tmp_path, f"environments: {{dev: {{}}, prod: {{}}}}\n{default}", environment, environ=environ)

    (problem,) = loaded.diagnostics
    assert problem.code == "unknown-environment"
    assert problem.message.startswith(message)
    assert problem.hint == 'Did you mean "prod"? There are: dev and prod.'


def test_without_environments_the_flag_is_refused_and_the_variable_is_not_heeded(tmp_path: Path) -> None:
    assert brief(laid(tmp_path, "", "prod")) == ["m.yaml:1:1 unknown-environment"]
    assert manifest_of(laid(tmp_path, "", None, environ={"PROVISIONER_ENV": "prod"})).environment is None


def test_a_misspelt_key_is_told_where_it_is_misspelt(tmp_path: Path) -> None:
    text = "environments:\n  prod:\n    agnets: {}\n    agents: {buddy: {descripton: x}}\n"
    loaded = laid(tmp_path, text)

    assert brief(loaded) == [f"m.yaml:{AT + 3}:5 unknown-key", f"m.yaml:{AT + 4}:22 unknown-key"]
    assert [problem.hint.partition("?")[0] for problem in loaded.diagnostics] == [
        'Did you mean "agents"',
        'Did you mean "description"',
    ]


def test_what_is_taken_out_has_to_be_there(tmp_path: Path) -> None:
    text = "environments:\n  prod:\n    agents: {buddy: {descriptio: null, metadata: {teem: null}}, bddy: null}\n"
    loaded = laid(tmp_path, text)

    assert {problem.code for problem in loaded.diagnostics} == {"removes-nothing"}
    assert [problem.hint for problem in loaded.diagnostics] == [
        'Did you mean "description"?',
        'Did you mean "team"?',
        'Did you mean "buddy"?',
    ]


@pytest.mark.parametrize(
    ("entry", "lacks"),
    [
        pytest.param("agents: {budy: {description: x}}", "agents/budy", id="agent"),
        pytest.param("deployments: {gtp: {sku: {capacity: 5}}}", "deployments/gtp", id="deployment"),
    ],
)
def test_what_is_declared_nowhere_has_to_be_whole(tmp_path: Path, entry: str, lacks: str) -> None:
    loaded = laid(tmp_path, f"environments: {{prod: {{{entry}}}}}\n")

    (problem,) = (it for it in loaded.diagnostics if it.code == "overlays-nothing")
    assert problem.message.startswith(f'{lacks} is in no file, and the environment "prod" says too little: ')
    assert problem.hint.startswith("Did you mean ")
    assert "missing-key" not in {it.code for it in loaded.diagnostics if it.where == problem.where}


def test_files_are_laid_over_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{HEAD}{MODELS}environments: {{prod: {{name: team-prod}}}}\n")
    (tmp_path / "b.yaml").write_text(
        f"version: 1\nname: team\n{AGENT}environments: {{prod: {{deployments: {{gpt: {{sku: {{capacity: 7}}}}}}}}}}\n"
    )
    loaded = load_files([tmp_path / "a.yaml", tmp_path / "b.yaml"], environment="prod")
    manifest = manifest_of(loaded)

    assert manifest.name == "team-prod"
    gpt = Address("deployments", "gpt")
    assert manifest.resources[gpt].fields["sku"]["capacity"] == 7
    assert [place(loaded, gpt, "sku", key)[0] for key in ("capacity", "name")] == ["b.yaml", "a.yaml"]


def test_files_that_say_different_things_of_an_environment_are_a_conflict(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{HEAD}{MODELS}{AGENT}environments: {{prod: {{name: one}}}}\n")
    (tmp_path / "b.yaml").write_text("version: 1\nenvironments: {prod: {name: two, agents: {buddy: {model: emb}}}}\n")
    loaded = load_files([tmp_path / "a.yaml", tmp_path / "b.yaml"], environment="prod")

    (problem,) = (it for it in loaded.diagnostics if it.code == "conflict")
    assert problem.where is not None
    assert (Path(problem.where.file).name, problem.where.line, problem.where.path) == ("b.yaml", 2, "name")
    assert problem.message.endswith(f"a.yaml:{AT + 1}:29.")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("environments: [prod]\n", "wrong-type", id="a-list"),
        pytest.param("environments: {prod: 5}\n", "wrong-type", id="a-number"),
        pytest.param("environments: {prod: {file: 5}}\n", "wrong-type", id="no-path"),
        pytest.param("environments: {prod: {file: e.yaml, name: x}}\n", "bad-value", id="a-file-and-more"),
        pytest.param("environments: {prod: {}, 'a b': {}}\n", "bad-name", id="a-name"),
        pytest.param("environments: {prod: {}}\ndefault_environment: 5\n", "wrong-type", id="the-default"),
        pytest.param("environments: {prod: {variables: []}}\n", "wrong-type", id="variables"),
        pytest.param("environments: {prod: {environments: {}}}\n", "unknown-key", id="environments-in-one"),
        pytest.param("environments: {prod: {file: none.yaml}}\n", "file-missing", id="no-file"),
        pytest.param("environments: {prod: {file: ../prod.yaml}}\n", "bad-path", id="outside"),
        pytest.param("environments: {prod: {file: .env.yaml}}\n", "bad-path", id="hidden"),
        pytest.param("environments: {prod: {file: /etc/passwd}}\n", "bad-path", id="absolute"),
        pytest.param("environments: {prod: {file: link.yaml}}\n", "bad-path", id="a-link-out"),
        pytest.param("environments: {prod: {file: list.yaml}}\n", "wrong-type", id="a-file-of-a-list"),
        pytest.param("environments: {prod: {file: twice.yaml}}\n", "duplicate-key", id="a-key-twice"),
        pytest.param("environments: {prod: {file: bad.yaml}}\n", "yaml-syntax", id="no-yaml"),
    ],
)
def test_what_is_no_environment_is_told(tmp_path: Path, text: str, code: str) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    (tmp_path / "outside.yaml").write_text("name: stolen\n")
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "list.yaml").write_text("- a\n")
    (folder / "twice.yaml").write_text("name: a\nname: b\n")
    (folder / "bad.yaml").write_text("name: {\n")

    loaded = laid(folder, text)

    assert [problem.code for problem in loaded.diagnostics] == [code]
    assert all(problem.where is not None for problem in loaded.diagnostics)
    assert "stolen" not in full(loaded)


def test_what_an_alias_has_put_in_two_places_is_changed_in_one(tmp_path: Path) -> None:
    text = f"""{HEAD}{MODELS}
agents:
  buddy: &buddy {{model: gpt, metadata: {{tier: low}}}}
  other: *buddy
environments:
  prod: {{agents: {{other: {{metadata: {{tier: high}}}}}}}}
"""
    manifest = manifest_of(load_text(tmp_path, text, environment="prod"))

    tiers = [manifest.resources[Address("agents", name)].fields["metadata"]["tier"] for name in ("buddy", "other")]
    assert tiers == ["low", "high"]


def test_a_file_in_the_place_of_a_value_replaces_it_and_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "dev.json").write_text('{"type": "object", "properties": {"a": {"type": "string"}}}')
    base = "tools: [], text: {format: {type: json_schema, name: n, schema: {file: dev.json}}}"
    text = f"""{HEAD}{MODELS}
agents: {{buddy: {{model: gpt, {base}}}}}
environments:
  prod: {{agents: {{buddy: {{text: {{format: {{schema: {{type: object, properties: {{}}}}}}}}}}}}}}
"""
    loaded = load_text(tmp_path, text, environment="prod")

    assert fields(loaded)["text"]["format"]["schema"] == {"type": "object", "properties": {}}


def test_variables_in_an_environment_are_replaced_and_told_where_they_stand(tmp_path: Path) -> None:
    text = "environments:\n  prod: {deployments: {gpt: {sku: {capacity: '${env:FOUNDRY_CAPACITY}'}}}}\n"

    loaded = laid(tmp_path, text, environ={"FOUNDRY_CAPACITY": "33"})
    assert manifest_of(loaded).resources[Address("deployments", "gpt")].fields["sku"]["capacity"] == 33
    assert brief(laid(tmp_path, text)) == [f"m.yaml:{AT + 2}:46 env-unset"]


def test_a_value_that_a_variable_makes_is_shown_by_its_text_in_an_environment_of_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "prod.yaml").write_text("deployments: {gpt: {sku: {name: '${env:PROVISIONER_SKU}'}}}\n")
    environ = {"PROVISIONER_SKU": "not-to-be-told!"}
    loaded = laid(tmp_path, "environments: {prod: {file: prod.yaml}}\n", environ=environ)

    assert "not-to-be-told" not in full(loaded)


def validated(folder: Path, environments: str, **options: Any) -> Validated:
    (folder / "m.yaml").write_text(f"{HEAD}{MODELS}{AGENT}{environments}")
    return validate([folder / "m.yaml"], Options(**{"environ": {}, **options}))


def found_in(checked: Validated) -> list[tuple[str, tuple[str, ...]]]:
    return [(problem.code, problem.environments) for problem in checked.diagnostics]


def test_all_environments_are_validated_and_each_finding_is_told_once(tmp_path: Path) -> None:
    text = """\
  other: {model: nothing}
environments:
  dev: {agents: {other: {model: gpt}}}
  test: {agents: {buddy: {descripton: x}}}
  prod: {file: prod.yaml}
"""
    (tmp_path / "prod.yaml").write_text("agents:\n  buddy: {instructions: null, descriptio: null}\n")

    assert found_in(validated(tmp_path, text)) == [
        ("unknown-reference", ("test", "prod")),
        ("unknown-key", ("test",)),
        ("removes-nothing", ("prod",)),
    ]


def test_what_is_wrong_in_every_environment_is_told_of_none(tmp_path: Path) -> None:
    text = "  other: {model: nothing}\nenvironments: {dev: {}, prod: {name: team-prod}}\n"

    assert found_in(validated(tmp_path, text)) == [("unknown-reference", ())]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        pytest.param("name: null\n", 1, id="of the head"),
        pytest.param("agents:\n  buddy:\n    model: null\n", 3, id="of an entry"),
        pytest.param("deployments:\n  gpt:\n    sku:\n      name: null\n", 4, id="inside an entry"),
    ],
)
def test_what_is_missing_as_the_environment_takes_it_out_is_told_there(tmp_path: Path, said: str, line: int) -> None:
    (tmp_path / "prod.yaml").write_text(said)

    (problem,) = validated(tmp_path, "environments: {dev: {}, prod: {file: prod.yaml}}\n").diagnostics
    assert problem.where is not None
    place = (problem.code, problem.environments, Path(problem.where.file).name, problem.where.line)
    assert place == ("missing-key", ("prod",), "prod.yaml", line)
    assert problem.hint == 'The environment "prod" takes it out here: remove the line.'


@pytest.mark.parametrize("used", ["", "agents: {buddy: {description: '${var.stage}'}}\n"], ids=["nowhere", "in one"])
@pytest.mark.parametrize("files", [["prod"], ["test"], ["prod", "test"], []], ids=" and ".join)
def test_a_variable_that_no_environment_uses_is_told_once_wherever_they_stand(
    tmp_path: Path, files: list[str], used: str
) -> None:
    lines = ["variables: {stage: {default: x}}", "environments:", "  dev: {}"]
    for name in ("prod", "test"):
        said = used if name == "prod" else ""
        (tmp_path / f"{name}.yaml").write_text(said)
        lines.append(f"  {name}: {{file: {name}.yaml}}" if name in files else f"  {name}: {{{said.strip()}}}")

    unused = [] if used else [("variable-unused", ())]
    assert found_in(validated(tmp_path, "\n".join([*lines, ""]))) == unused


@pytest.mark.parametrize(
    "options", [{"environment": "prod"}, {"environ": {"PROVISIONER_ENV": "prod"}}], ids=["flag", "variable"]
)
def test_the_environment_that_is_chosen_is_the_only_one_validated(tmp_path: Path, options: dict[str, Any]) -> None:
    text = "environments: {dev: {agents: {buddy: {model: nothing}}}, prod: {}}\ndefault_environment: dev\n"

    assert [it.environment for it in validated(tmp_path, text, **options).manifests] == ["prod"]


def test_a_file_that_cannot_be_read_keeps_the_other_environments_from_nothing(tmp_path: Path) -> None:
    text = "environments: {dev: {agents: {buddy: {model: nothing}}}, prod: {file: none.yaml}}\n"

    assert found_in(validated(tmp_path, text)) == [("unknown-reference", ("dev",)), ("file-missing", ("prod",))]


@pytest.mark.untraced
def test_environments_that_are_too_much_together_are_checked_one_by_one(tmp_path: Path) -> None:
    """Whoever sends a pull request chooses how many there are."""
    values = f"x-values: [{'0, ' * 200_000}0]\n"
    text = f"{values}environments: {{{', '.join(f'e{number}: ' for number in range(40))}}}\n"

    checked = validated(tmp_path, text)
    assert [problem.code for problem in checked.diagnostics] == ["manifest-too-big"]
    assert not checked.is_valid
    assert validated(tmp_path, text, environment="e39").is_valid


@pytest.mark.parametrize("environment", ["prod", None], ids=["one", "none"])
def test_where_a_file_cannot_be_read_nothing_is_said_of_environments(tmp_path: Path, environment: str | None) -> None:
    (tmp_path / "a.yaml").write_text(f"{HEAD}environments: {{dev: {{}}}}\n")
    (tmp_path / "b.yaml").write_text("environments: {prod: {}\ndefault_environment: prod\n")

    loaded = load_files([tmp_path / "a.yaml", tmp_path / "b.yaml"], environment=environment)

    assert brief(loaded) == ["b.yaml:2:1 yaml-syntax"]
