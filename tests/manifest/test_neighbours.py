"""Other tools' words get the manifest's as the hint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.kinds import KINDS
from provisioner.manifest.schema import entry_shape
from provisioner.manifest.walk import schemas_at
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
