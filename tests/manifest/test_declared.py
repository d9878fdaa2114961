"""Variables of the manifest's own: what is declared, what sets them, and what the manifest says then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provisioner.kinds import TRAITS
from provisioner.manifest.draft import Options
from provisioner.manifest.load import Manifest, load
from provisioner.manifest.rendered_text import rendered_text
from provisioner.manifest.rendering import render
from provisioner.manifest.write import literal
from provisioner.model.address import Address
from provisioner.model.diagnostic import Severity
from provisioner.reconcile.planner import make_plan
from provisioner.render.json_text import json_text
from provisioner.render.plan_json import plan_document
from tests.manifest.manifests import HEAD, MODELS, brief, full, load_files, load_text, manifest_of
from tests.whole import tries

AGENT = Address("agents", "a")
GPT = Address("deployments", "gpt")


def agent(variables: str, fields: str) -> str:
    return f"{HEAD}{MODELS}variables: {variables}\nagents:\n  a: {{model: gpt, {fields}}}\n"


def fields_of(folder: Path, text: str, **options: Any) -> Any:
    return manifest_of(load_text(folder, text, **options)).resources[AGENT].fields


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("${var.s}", "alpha", id="alone"),
        pytest.param("x ${var.s} y ${var.s}", "x alpha y alpha", id="inside a text, twice"),
        pytest.param("${var.n}/${var.f}/${var.b}", "5/0.5/true", id="numbers and booleans as YAML writes them"),
        pytest.param("$${var.s}", "${var.s}", id="escaped"),
        pytest.param("$$${var.s}", "$${var.s}", id="escaped twice"),
        pytest.param("$${HOME} $${env:A} ${var.s}", "${HOME} ${env:A} alpha", id="escapes beside it"),
        pytest.param("{{ ${var.s} }} {{name}}", "{{ alpha }} {{name}}", id="templates are left alone"),
        pytest.param("${vars.s} ${varx} $ {var.s} ${var", "${vars.s} ${varx} $ {var.s} ${var", id="nothing of ours"),
        pytest.param("${var.env} ${env:FOUNDRY_A}", "one two", id="a default takes from the environment"),
        pytest.param("${var.fromoutside}", "${env:FOUNDRY_A} ${var.s} $${x", id="what comes from outside is a text"),
        pytest.param("<${var.fromoutside}>", "<${env:FOUNDRY_A} ${var.s} $${x>", id="inside another one, too"),
        pytest.param("${var.dollar}{env:FOUNDRY_A}", "${env:FOUNDRY_A}", id="pieces make no reference"),
        pytest.param("${var.dollar}$${x", "$${x", id="nor an escape"),
    ],
)
def test_a_variable_becomes_its_value(tmp_path: Path, written: str, expected: str) -> None:
    declared = (
        "{s: {default: alpha}, n: {type: number, default: 5}, f: {type: number, default: 0.5}, "
        "b: {type: boolean, default: true}, env: {default: '${env:FOUNDRY_B}'}, fromoutside: {}, dollar: {}}"
    )
    outside = [("fromoutside", "${env:FOUNDRY_A} ${var.s} $${x"), ("dollar", "$")]
    environ = {"FOUNDRY_A": "two", "FOUNDRY_B": "one"}
    fields = fields_of(tmp_path, agent(declared, f'instructions: "{written}"'), variables=outside, environ=environ)

    assert fields["instructions"] == expected


@pytest.mark.parametrize(
    ("kind", "default", "field"),
    [
        ("number", "0.5", "temperature"),
        ("mapping", "{effort: low}", "reasoning"),
        ("list", "[{type: web_search}]", "tools"),
        ("mapping", "{owner: me}", "metadata"),
    ],
)
def test_a_whole_value_keeps_its_type(tmp_path: Path, kind: str, default: str, field: str) -> None:
    expected = fields_of(tmp_path, agent("{}", f"{field}: {default}"))
    declared = f"{{v: {{type: {kind}, default: {default}}}}}"
    fields = fields_of(tmp_path, agent(declared, f'{field}: "${{var.v}}"'))
    assert fields == expected

    bare = agent(f"{{v: {{type: {kind}}}}}", f'{field}: "${{var.v}}"')
    assert fields_of(tmp_path, bare, variables=[("v", default)]) == expected
    assert fields_of(tmp_path, bare, environ={"PROVISIONER_VAR_v": default}) == expected
    (tmp_path / "values.yaml").write_text(f"v: {default}\n", encoding="utf-8")
    assert fields_of(tmp_path, bare, variable_files=[tmp_path / "values.yaml"]) == expected
    (tmp_path / "values.json").write_text(json.dumps({"v": expected[field]}), encoding="utf-8")
    assert fields_of(tmp_path, bare, variable_files=[tmp_path / "values.json"]) == expected


def test_it_stands_in_every_part_of_the_manifest(tmp_path: Path) -> None:
    text = """\
version: 1
name: "${var.team}-${var.stage}"
project:
  endpoint: "https://${var.account}.services.ai.azure.com/api/projects/p"
  subscription_id: "${var.sub}"
  resource_group: g
preflight: {skip: ["${var.check}"], fail_if_retiring_within: "${var.days}d"}
variables:
  team: {default: blue}
  stage: {default: dev}
  account: {default: acc}
  sub: {default: s1}
  check: {default: quota}
  days: {type: number, default: 30}
  keep: {default: keep}
  safe: {type: boolean, default: true}
  sku: {type: mapping, default: {name: Standard, capacity: 3}}
  prompts: {default: prompts}
deployments:
  gpt:
    model: {format: OpenAI, name: gpt-4.1-mini}
    sku: "${var.sku}"
    lifecycle: {on_remove: "${var.keep}", prevent_destroy: "${var.safe}", ignore: ["sku.${var.what}"]}
    live_name: "gpt-${var.stage}"
agents:
  a: {model: gpt, instructions: {file: "${var.prompts}/a.md"}}
"""
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "a.md").write_text("Be ${var.team}.", encoding="utf-8")
    text = text.replace("  keep:", "  what: {default: capacity}\n  keep:")
    manifest = manifest_of(load_text(tmp_path, text))

    assert (manifest.name, manifest.project.account, manifest.project.subscription_id) == ("blue-dev", "acc", "s1")
    assert (manifest.preflight.skip, manifest.preflight.fail_within) == (frozenset({"quota"}), 30)
    deployment = manifest.resources[Address("deployments", "gpt-dev")]
    assert deployment.fields["sku"] == {"name": "Standard", "capacity": 3}
    assert (deployment.lifecycle.prevent_destroy, deployment.lifecycle.ignore) == (True, (("sku", "capacity"),))
    assert manifest.resources[AGENT].fields["instructions"] == "Be ${var.team}."  # a file is nobody's but its own


def test_not_in_keys_and_not_in_extensions(tmp_path: Path) -> None:
    text = agent("{s: {default: x}}", 'metadata: {"${var.s}": "${var.s}"}') + 'x-a: "${var.undeclared}"\n'

    assert fields_of(tmp_path, text)["metadata"] == {"${var.s}": "x"}


def test_the_later_one_wins(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("v: one\n", encoding="utf-8")
    (tmp_path / "two.yaml").write_text("v: two\n", encoding="utf-8")
    files = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    text = agent("{v: {default: default}}", 'description: "${var.v}"')

    def described(**options: Any) -> Any:
        return fields_of(tmp_path, text, **options)["description"]

    assert described() == "default"
    (tmp_path / ".env").write_text("PROVISIONER_VAR_v=dotenv\n", encoding="utf-8")
    assert described() == "dotenv"
    assert described(variable_files=files[:1]) == "one"
    assert described(variable_files=files) == "two"
    assert described(variable_files=files, environ={"PROVISIONER_VAR_v": ""}) == "two"
    assert described(variable_files=files, environ={"PROVISIONER_VAR_v": "variable"}) == "variable"
    assert described(variable_files=files, environ={"PROVISIONER_VAR_V": "other"}) == "two"
    both = {"PROVISIONER_VAR_v": "variable"}
    assert described(variables=[("v", "a"), ("v", "b")], variable_files=files, environ=both) == "b"
    named = {"variables": [("v", "")], "environ": both}
    assert "description" not in fields_of(tmp_path, text, **named)  # what the command says may be empty


DECLARED = "{s: {default: x}, region: {}, n: {type: number, default: 5}, l: {type: list, default: []}}"


@pytest.mark.parametrize(
    ("variables", "fields", "expected"),
    [
        pytest.param(
            "{s: {default: x}}",
            'description: "${var.t}"',
            ["m.yaml:7:13 variable-unused", "m.yaml:9:32 variable-undeclared"],
            id="undeclared",
        ),
        pytest.param("{s: {}}", 'description: "${var.s}"', ["m.yaml:9:32 variable-unset"], id="unset"),
        pytest.param(
            "{s: {}}", 'description: "${var.s"', ["m.yaml:7:13 variable-unused", "m.yaml:9:32 variable-malformed"]
        ),
        pytest.param("{s: {typ: list}}", 'description: "${var.s}"', ["m.yaml:7:17 unknown-key"], id="misspelt"),
        pytest.param("{s: {type: lst}}", 'description: "${var.s}"', ["m.yaml:7:23 bad-value"], id="no such type"),
        pytest.param("{s: 5}", 'description: "${var.s}"', ["m.yaml:7:16 wrong-type"], id="a value for a declaration"),
        pytest.param("[s]", "description: x", ["m.yaml:7:12 wrong-type"], id="a list of them"),
        pytest.param("{a-b: {}}", "description: x", ["m.yaml:7:13 bad-name"], id="a name that no variable can have"),
        pytest.param("{s: {default: 5}}", 'description: "${var.s}"', ["m.yaml:7:26 variable-type"], id="default"),
        pytest.param("{s: {enum: [1]}}", 'description: "${var.s}"', ["m.yaml:7:24 variable-type"], id="enum"),
        pytest.param(
            "{s: {enum: [a], default: b}}", 'description: "${var.s}"', ["m.yaml:7:37 variable-enum"], id="none of them"
        ),
        pytest.param(
            "{s: {enum: [a], sensitive: true}}",
            'description: "${var.s}"',
            ["m.yaml:7:17 variable-enum"],
            id="an oracle",
        ),
        pytest.param(
            "{s: {default: '${var.t}'}, t: {default: x}}",
            'description: "${var.s} ${var.t}"',
            ["m.yaml:7:26 variable-in-variable"],
            id="a variable in a variable",
        ),
        pytest.param("{l: {type: list, default: []}}", 'description: "a ${var.l}"', ["m.yaml:9:32 variable-in-text"]),
        pytest.param("{s: {default: x}}", "description: x", ["m.yaml:7:13 variable-unused"], id="unused"),
        pytest.param("{s: {default: a}}", 'temperature: "${var.s}"', ["m.yaml:9:32 wrong-type"], id="another type"),
        pytest.param(
            "{s: {type: number, default: 7}}", 'temperature: "${var.s}"', ["m.yaml:9:32 out-of-range"], id="too much"
        ),
        pytest.param(
            "{m: {type: mapping, default: {effrt: low}}}",
            'reasoning: "${var.m}"',
            ["m.yaml:9:30 unknown-key"],
            id="in it",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, variables: str, fields: str, expected: list[str]) -> None:
    assert brief(load_text(tmp_path, agent(variables, fields))) == expected


def test_two_files_that_declare_one_variable_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(agent("{s: {default: x}}", 'description: "${var.s}"'), encoding="utf-8")
    (tmp_path / "b.yaml").write_text("version: 1\nvariables: {s: {default: y}}\n", encoding="utf-8")

    assert brief(load_files([tmp_path / "a.yaml", tmp_path / "b.yaml"])) == ["b.yaml:2:13 variable-twice"]


def test_one_file_uses_what_another_declares(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("version: 1\nvariables: {s: {default: x}}\n", encoding="utf-8")
    text = f"{HEAD}{MODELS}agents: {{a: {{model: gpt, description: '${{var.s}}'}}}}\n"
    (tmp_path / "b.yaml").write_text(text, encoding="utf-8")
    loaded = load_files([tmp_path / "a.yaml", tmp_path / "b.yaml"])

    assert brief(loaded) == []
    assert manifest_of(loaded).resources[AGENT].fields["description"] == "x"


def test_what_sets_no_variable_is_an_error_but_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text("s: y\nsx: z\n", encoding="utf-8")
    loaded = load_text(
        tmp_path,
        agent("{s: {default: x}}", 'description: "${var.s}"'),
        variables=[("t", "x")],
        variable_files=[tmp_path / "v.yaml"],
        environ={"PROVISIONER_VAR_other": "x"},
    )

    assert brief(loaded) == ["v.yaml:2:5 variable-undeclared", "- variable-undeclared"]
    assert 'Did you mean "s"?' in full(loaded)


ENVIRONMENTS = """\
version: 1
name: "${var.team}-${var.stage}"
variables:
  team: {default: blue}
  stage: {enum: [dev, prod]}
  capacity: {type: number, default: 5}
  only_in_prod: {default: x}
environments:
  dev: {variables: {stage: dev}}
  prod:
    variables: {stage: prod, capacity: 50, team: "${env:FOUNDRY_TEAM:-green}"}
    agents: {a: {description: "${var.only_in_prod} of ${var.stage}"}}
deployments:
  gpt: {model: {format: OpenAI, name: gpt-4.1-mini}, sku: {name: Standard, capacity: "${var.capacity}"}}
agents:
  a: {model: gpt}
"""


def test_an_environment_gives_values_between_default_and_files(tmp_path: Path) -> None:
    options: dict[str, Any] = {"project_needed": False}
    dev = manifest_of(load_text(tmp_path, ENVIRONMENTS, environment="dev", **options))
    prod = manifest_of(load_text(tmp_path, ENVIRONMENTS, environment="prod", **options))

    assert (dev.name, dev.resources[GPT].fields["sku"]["capacity"]) == ("blue-dev", 5)
    assert (prod.name, prod.resources[GPT].fields["sku"]["capacity"]) == ("green-prod", 50)
    assert prod.resources[AGENT].fields["description"] == "x of prod"
    (tmp_path / "v.yaml").write_text("capacity: 7\n", encoding="utf-8")
    options["variable_files"] = [tmp_path / "v.yaml"]
    prod = manifest_of(load_text(tmp_path, ENVIRONMENTS, environment="prod", **options))
    assert prod.resources[GPT].fields["sku"]["capacity"] == 7


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("capacity: 50", "capcity: 50", ["m.yaml:11:39 variable-undeclared"]),
        ("capacity: 50", "capacity: much", ["m.yaml:11:40 variable-value"]),
        ("stage: prod", "stage: test", ["m.yaml:11:24 variable-value"]),
        ("stage: prod", "stage: '${var.team}'", ["m.yaml:11:24 variable-value"]),
    ],
)
def test_what_is_wrong_in_an_environments_values_is_told_there(
    tmp_path: Path, before: str, after: str, expected: list[str]
) -> None:
    text = ENVIRONMENTS.replace(before, after)

    assert brief(load_text(tmp_path, text, environment="prod", project_needed=False)) == expected


VALUE = "q7-zx_1"


@pytest.mark.parametrize("declared", ["type: number", "type: boolean", "type: list", "type: mapping", "enum: [a]"])
def test_a_value_that_does_not_fit_is_told_with_declaration_and_use_and_never_shown(
    tmp_path: Path, declared: str
) -> None:
    text = agent(f"{{s: {{{declared}}}}}", 'description: "${var.s}"')
    (tmp_path / "v.yaml").write_text(f"s: {VALUE}\n", encoding="utf-8")
    for options in (
        {"variables": [("s", VALUE)]},
        {"variable_files": [tmp_path / "v.yaml"]},
        {"environ": {"PROVISIONER_VAR_s": VALUE}},
    ):
        loaded = load_text(tmp_path, text, **options)

        place = "v.yaml:1:4" if "variable_files" in options else "m.yaml:7:13"
        assert brief(loaded) == [f"{place} variable-value"]
        assert "m.yaml:7:13 and used in" in full(loaded)
        assert "m.yaml:9:32" in full(loaded)
        assert VALUE not in full(loaded)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("list", "&a [*a]"),
        ("list", "[" * 200),
        ("list", "&a [x, x]\n"),
        ("mapping", "{a: &a [x,x,x,x,x,x,x,x,x,x], b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]"),
        ("list", "- a\n- \x07"),
        ("list", "!!python/object:os.system [x]"),
        ("mapping", "{2025-01-01: x}"),
        ("number", "1_000"),
        ("number", "true"),
        ("number", "9" * 5000),
        ("boolean", "yes"),
        ("string", "a\udcff"),
    ],
)
def test_a_text_that_spells_nothing_of_the_type_is_refused(tmp_path: Path, kind: str, text: str) -> None:
    text = text.removesuffix("\n") + "\n[" if text.endswith("\n") else text
    loaded = load_text(tmp_path, agent(f"{{s: {{type: {kind}}}}}", 'metadata: "${var.s}"'), variables=[("s", text)])

    assert [each.code for each in loaded.diagnostics] == ["variable-value"]


def test_aliases_that_expand_to_too_much_are_refused_in_time(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    text = agent("{s: {type: mapping}}", 'metadata: "${var.s}"')
    assert brief(load_text(tmp_path, text, variables=[("s", bomb)])) == ["m.yaml:7:13 variable-value"]

    (tmp_path / "v.yaml").write_text(
        f"s:\n{''.join(f'  {line}' + chr(10) for line in bomb.splitlines())}", encoding="utf-8"
    )
    loaded = load_text(tmp_path, text, variable_files=[tmp_path / "v.yaml"])
    assert "alias-bomb" in [each.code for each in loaded.diagnostics]


def test_a_variable_that_is_put_in_too_often_is_refused_in_time(tmp_path: Path) -> None:
    large = "[" + ", ".join(["x"] * 1000) + "]"
    text = agent("{s: {type: list}}", "tools: [" + ", ".join(['"${var.s}"'] * 2000) + "]")

    assert "manifest-too-big" in [it.code for it in load_text(tmp_path, text, variables=[("s", large)]).diagnostics]


def test_what_is_put_in_counts_for_the_depth(tmp_path: Path) -> None:
    deep = "[" * 60 + "]" * 60
    text = agent("{s: {type: list}}", "reasoning: " + "{a: " * 50 + '"${var.s}"' + "}" * 50)

    assert "too-deep" in [it.code for it in load_text(tmp_path, text, variables=[("s", deep)]).diagnostics]


def test_what_a_file_of_values_holds_is_not_shown(tmp_path: Path) -> None:
    for content in (f"s: 2025-01-01{VALUE}\nt: [", f"s: {{{VALUE}: 1, {VALUE}: 2}}", f"- {VALUE}", f"s: !{VALUE} x"):
        (tmp_path / "v.yaml").write_text(content, encoding="utf-8")
        loaded = load_text(tmp_path, agent("{s: {}}", 'description: "${var.s}"'), variable_files=[tmp_path / "v.yaml"])
        assert loaded.manifest is None
        assert VALUE not in full(loaded)
    (tmp_path / "v.json").write_text(f'{{"s": "{VALUE}",}}', encoding="utf-8")
    loaded = load_text(tmp_path, agent("{s: {}}", 'description: "${var.s}"'), variable_files=[tmp_path / "v.json"])
    assert VALUE not in full(loaded)


def test_an_unset_one_is_as_bad_as_the_command_says(tmp_path: Path) -> None:
    text = agent("{s: {}, n: {type: number}}", 'description: "${var.s}", temperature: "${var.n}"')
    loaded = load_text(tmp_path, text, unset=Severity.WARNING)

    assert brief(loaded) == ["m.yaml:9:32 variable-unset", "m.yaml:9:57 variable-unset"]
    assert loaded.manifest is not None
    assert "Set PROVISIONER_VAR_s, or give --var s=… or a --var-file." in full(loaded)


def test_what_sets_variables_is_not_read_as_the_environment(tmp_path: Path) -> None:
    for name in ("PROVISIONER_VAR_s", "PROVISIONER_SECRET_NAME", "provisioner_secret_name"):
        loaded = load_text(
            tmp_path, agent("{}", f'description: "${{env:{name}:-x}}"'), environ={name: VALUE}, allow_env=[name]
        )
        assert brief(loaded) == ["m.yaml:9:32 env-not-allowed"]
        assert VALUE not in full(loaded)


SCALARS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
    st.sampled_from(["${env:FOUNDRY_A}", "$", "${var.v}", "$${", "{env:FOUNDRY_A}", "true", "5", "${HOME}", "{{x}}"]),
    st.integers(-(10**6), 10**6),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
AROUND = st.text(st.sampled_from("a ${}:.$env var"), max_size=12)


def written_in(value: object, before: str, after: str) -> Any:
    """The entry as somebody would write it who puts the value in by hand."""
    text = value if isinstance(value, str) else json.dumps(value) if isinstance(value, bool) else str(value)
    return literal(f"{before}{text}{after}") if before or after else literal(value)


def kind_of(value: object) -> str:
    kinds: dict[type, str] = {str: "string", bool: "boolean", list: "list", dict: "mapping"}
    return kinds.get(type(value), "number")


def manifest_with(entry: Any, variables: Any) -> str:
    tool = {"type": "function", "name": "f", "parameters": {"type": "object", "default": entry}}
    agents = {"a": {"model": "gpt", "description": "d", "tools": [tool], "metadata": {"k": entry}}}
    models = {"gpt": {"external": True}}
    root = {"version": 1, "name": "o", "deployments": models, "agents": agents}
    return json.dumps({**root, "variables": variables} if variables else root, ensure_ascii=False)


def outcome(file: Path, text: str, **options: Any) -> str:
    file.write_text(text, encoding="utf-8")
    loaded = load([file], environ={"FOUNDRY_A": "alpha"}, project_needed=False, **options)
    if loaded.manifest is None:
        return "\n".join(sorted(each.code for each in loaded.diagnostics if each.is_error))
    plan = make_plan(loaded.manifest.resources, {}, owner=loaded.manifest.name, traits=TRAITS)
    changes = json.loads(json_text(plan_document(plan)["changes"]))
    for change in changes:  # a creation shows its fields as they were written; their order means nothing
        change["fields"].sort(key=lambda field: str(field["path"]))
    return json.dumps({"changes": changes, "digest": plan.digest}, sort_keys=True)


@settings(max_examples=tries(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES, AROUND, AROUND)
@example("$", "", "{env:FOUNDRY_A}")
@example("a$", "", "$${b")
@example("{env:FOUNDRY_A}", "a$ $", "")
def test_a_manifest_with_variables_plans_as_one_with_the_values_written_in_it(
    tmp_path: Path, value: object, before: str, after: str
) -> None:
    """What stands around it is text: a `$` right before a reference would make an escape of it."""
    is_single = not isinstance(value, (list, dict))
    before, after = (before.rstrip("$"), after) if is_single else ("", "")
    around = literal(before), literal(after)
    entry = f"{around[0]}${{var.v}}{around[1]}"
    by_hand = outcome(tmp_path / "m.yaml", manifest_with(written_in(value, before, after), None))
    declaration = {"type": kind_of(value)}
    (tmp_path / "v.json").write_text(json.dumps({"v": value}, ensure_ascii=False), encoding="utf-8")

    given_from_outside = outcome(
        tmp_path / "m.yaml", manifest_with(entry, {"v": declaration}), variable_files=[tmp_path / "v.json"]
    )
    by_default = outcome(tmp_path / "m.yaml", manifest_with(entry, {"v": {**declaration, "default": literal(value)}}))

    assert given_from_outside == by_hand
    assert by_default == by_hand


def rendered(file: Path, **options: Any) -> str:
    found = render([file], Options(environ={}, **options)).rendered
    assert found is not None
    return rendered_text(found)


@settings(max_examples=tries(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES, AROUND, AROUND)
def test_what_render_prints_plans_the_same(tmp_path: Path, value: object, before: str, after: str) -> None:
    before, after = (before.rstrip("$"), after) if not isinstance(value, (list, dict)) else ("", "")
    text = manifest_with(f"{literal(before)}${{var.v}}{literal(after)}", {"v": {"type": kind_of(value)}})
    (tmp_path / "v.json").write_text(json.dumps({"v": value}, ensure_ascii=False), encoding="utf-8")
    files = [tmp_path / "v.json"]
    planned = outcome(tmp_path / "m.yaml", text, variable_files=files)
    if not planned.startswith("{"):  # it has errors
        return

    assert outcome(tmp_path / "n.yaml", rendered(tmp_path / "m.yaml", variable_files=files)) == planned


def test_render_leaves_sensitive_variables_and_what_declares_them(tmp_path: Path) -> None:
    text = agent(
        "{s: {sensitive: true, default: hunter2}, t: {enum: [a, b], description: x}, u: {default: y}}",
        'description: "${var.u} ${var.s} $${var.u}", instructions: "${var.t}"',
    )
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    printed = rendered(tmp_path / "m.yaml")

    assert "hunter2" not in printed
    assert 'description: "y ${var.s} $${var.u}"' in printed
    assert "variables:\n  s:\n    type: string\n    sensitive: true\n  t:\n" in printed
    assert "\n  u:" not in printed


@pytest.mark.untraced
def test_thousands_of_references_are_fast(tmp_path: Path) -> None:
    import time  # noqa: PLC0415

    agents = "".join(f'  a{nr}: {{model: "${{var.m}}", description: "x ${{var.s}}"}}\n' for nr in range(1_500))
    text = f"{HEAD}{MODELS}variables: {{m: {{default: gpt}}, s: {{default: y}}}}\nagents:\n{agents}"
    plain = text.replace("${var.m}", "gpt").replace("${var.s}", "y")
    took: list[float] = []
    manifests: list[Manifest] = []
    for each in (plain, text):
        start = time.process_time()
        manifests.append(manifest_of(load_text(tmp_path, each)))
        took.append(time.process_time() - start)

    assert manifests[0].resources == manifests[1].resources
    assert took[1] < 4 * took[0] + 1
