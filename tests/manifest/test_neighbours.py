"""Other tools' words get the manifest's as the hint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.kinds import KINDS
from provisioner.manifest.schema import entry_shape, schemas_at
from provisioner.model.document import UNKNOWN
from tests.manifest.manifests import HEAD, MODELS, full, load_text


def hints(folder: Path, text: str) -> list[tuple[str, str]]:
    loaded = load_text(folder, text)
    return [(each.where.path, each.hint) for each in loaded.diagnostics if each.where and each.is_error]


def rows() -> Iterator[tuple[str, str, str]]:
    for section, kind in KINDS.items():
        for theirs, ours in kind.neighbours.items():
            if " " not in ours:
                yield section, theirs, ours


@pytest.mark.parametrize(("section", "theirs", "ours"), [*rows()])
def test_every_word_leads_to_a_key_that_there_is(section: str, theirs: str, ours: str) -> None:
    schema = entry_shape(section).schema

    assert schemas_at(schema, tuple(ours.split(".")))
    assert theirs != ours


def flow(path: str) -> str:
    first, *rest = path.split(".")
    return f"{first}: {{{flow('.'.join(rest))}}}" if rest else f"{first}: [1]"


@pytest.mark.parametrize(("section", "theirs", "ours"), [*rows()])
def test_every_word_is_answered_where_it_stands(tmp_path: Path, section: str, theirs: str, ours: str) -> None:
    told = hints(tmp_path, f"{HEAD}{section}:\n  entry:\n    {flow(theirs)}\n")
    first = theirs.split(".", maxsplit=1)[0]

    assert [hint for path, hint in told if path == f"{section}.entry.{first}" and f"Write `{ours}`" in hint]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("versionUpgradeOption", "version_upgrade_option"),
        ("raiPolicyName", "rai_policy_name"),
        ("spilloverDeploymentName", "spillover_deployment_name"),
    ],
)
def test_arms_own_case_is_turned_into_ours(tmp_path: Path, theirs: str, ours: str) -> None:
    (told,) = hints(tmp_path, f"{HEAD}{MODELS}  x1: {{model: {{format: x, name: m}}, sku: {{name: z}}, {theirs}: y}}\n")

    assert told[1].startswith(f"Write `{ours}`. ")


def test_what_a_mapping_of_another_tool_holds_is_told_piece_by_piece(tmp_path: Path) -> None:
    entry = "{model: {id: gpt, options: {temperature: 0.5, maxOutputTokens: 9}}}"

    ((path, hint),) = hints(tmp_path, f"{HEAD}{MODELS}agents:\n  a: {entry}\n")

    assert path == "agents.a.model"
    assert hint == (
        "Write `model` for `model.id` and `temperature` for `model.options.temperature`. "
        "`model.options.maxOutputTokens`: no setting of a prompt agent; remove it, and say it in each call."
    )


def test_a_list_of_deployments_is_to_be_written_by_name(tmp_path: Path) -> None:
    text = f"{HEAD}deployments:\n  - {{name: gpt, model: {{format: OpenAI, name: gpt-4o}}}}\n"

    assert hints(tmp_path, text) == [
        ("deployments", "Write each by its name instead of as a list: `deployments: {NAME: {…}}`.")
    ]


def test_a_section_of_another_name_is_told(tmp_path: Path) -> None:
    assert "Write `stores`." in full(load_text(tmp_path, f"{HEAD}memoryStores: []\n"))


def test_a_word_that_nobody_uses_gets_the_nearest_one(tmp_path: Path) -> None:
    (told,) = hints(tmp_path, f"{HEAD}{MODELS}agents: {{a: {{model: gpt, instruktions: x}}}}\n")

    assert told[1].startswith('Did you mean "instructions"? ')


def codes(folder: Path, text: str) -> list[tuple[str, str]]:
    loaded = load_text(folder, text)
    return [(each.where.path.removeprefix("agents.a."), each.code) for each in loaded.diagnostics if each.where]


TOOLS = 'tools: [{type: memory_search_preview, memory_store_name: mm, scope: "user:123"}, {type: fancy}]'
IN_THE_TOOLS = [
    ("tools.0.memory_store_name", "unknown-reference"),
    ("tools.0.scope", "bad-scope"),
    ("tools.1.type", "unknown-type"),
]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("model: gpt, displayName: X", ("displayName", "unknown-key")),
        ("model: {id: gpt}", ("model", "wrong-type")),
        ("model: gpt, instructions: [x]", ("instructions", "wrong-type")),
        ("model: gpt, text: 5", ("text", "wrong-type")),
        ("model: gpt, metadata: [x]", ("metadata", "wrong-type")),
        ('model: gpt, top_p: "${env:FOUNDRY_NOT_SET}"', ("top_p", "env-unset")),
    ],
)
def test_one_wrong_key_hides_nothing_else_of_its_entry(tmp_path: Path, wrong: str, told: tuple[str, str]) -> None:
    assert codes(tmp_path, f"{HEAD}{MODELS}agents:\n  a: {{{wrong}, {TOOLS}}}\n") == [told, *IN_THE_TOOLS]


def test_one_wrong_tool_hides_no_other(tmp_path: Path) -> None:
    tools = TOOLS.replace("{type: fancy}", "5, {type: [x]}, {type: fancy}")

    assert codes(tmp_path, f"{HEAD}{MODELS}agents:\n  a: {{model: gpt, {tools}}}\n") == [
        *IN_THE_TOOLS[:2],
        ("tools.1", "wrong-type"),
        ("tools.2.type", "wrong-type"),
        ("tools.3.type", "unknown-type"),
    ]


@pytest.mark.parametrize(
    ("section", "entry", "path"),
    [
        ("agents", "definition: {model: gpt}", "definition"),
        ("agents", "kind: hosted, container: {resources: {cpu: '1', memory: 1Gi}}", "container"),
        ("agents", "model: gpt, voice: x", "voice"),
        ("agents", "kind: voice, Model: gpt, modelType: managed", "Model modelType"),
        ("stores", "model: gpt, embedding: emb", "model embedding"),
        ("deployments", "properties: {model: {name: x}}, scaleSettings: {}", "properties scaleSettings"),
    ],
)
def test_what_is_said_under_another_tools_name_is_not_missing(
    tmp_path: Path, section: str, entry: str, path: str
) -> None:
    models = MODELS if section == "deployments" else f"{MODELS}{section}:\n"
    loaded = load_text(tmp_path, f"{HEAD}{models}  one: {{{entry}}}\n")

    assert [(each.where.path, each.code) for each in loaded.diagnostics if each.where] == [
        (f"{section}.one.{key}", "unknown-key") for key in path.split()
    ]


def test_a_deployment_with_a_wrong_part_still_tells_what_its_model_is_for(tmp_path: Path) -> None:
    models = MODELS.replace("emb: {", "emb: {displayName: x, tags: [y], ")
    loaded = load_text(tmp_path, f"{HEAD}{models}agents: {{a: {{model: emb}}}}\n")

    assert [each.code for each in loaded.diagnostics] == ["unknown-key", "wrong-type", "wrong-model-kind"]


@pytest.mark.parametrize("section", KINDS)
def test_a_kind_can_be_asked_whatever_is_unknown_in_an_entry(section: str) -> None:
    kind = KINDS[section]
    blank = dict.fromkeys(kind.schema()["properties"], UNKNOWN)
    fields = kind.desired(blank)

    assert [*kind.references(fields)] == []
    assert kind.provides(fields) is None
    assert [finding for finding in kind.check("one", blank) if finding.code == "missing-key"] == []
