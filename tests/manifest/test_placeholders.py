from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.manifest.reader import read
from tests.manifest.manifests import HEAD, MODELS, brief, full, load_text

AGENT = HEAD + MODELS + "agents:\n  a: {model: gpt, %s}\n"


@pytest.mark.parametrize(
    "text",
    [
        "${NAME}",
        "x-${NAME}-y",
        "${NAME:-default}",
        "${NAME=default}",
        "{{a}} ${NAME}",
        "${NAME} ${env:FOUNDRY_X:-y}",
        "${env:FOUNDRY_X:-${NAME}}",
    ],
)
def test_a_placeholder_of_other_tools_is_told_with_the_variable_to_write(tmp_path: Path, text: str) -> None:
    loaded = load_text(tmp_path, AGENT % f'metadata: {{k: "{text}"}}')

    assert brief(loaded) == ["m.yaml:8:33 placeholder"]
    assert loaded.manifest is not None
    assert "If a variable is meant, write `${env:NAME}`, and pass --allow-env NAME." in full(loaded)


def test_a_variable_that_may_be_read_needs_no_permission(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, AGENT % 'metadata: {k: "${FOUNDRY_X}"}')

    assert "write `${env:FOUNDRY_X}`." in full(loaded)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param('metadata: {k: "$${NAME}"}', id="behind a second dollar"),
        pytest.param('metadata: {k: "{{${NAME}}}"}', id="in a template"),
        pytest.param('metadata: {k: "${{connections.x}}"}', id="a template of the service"),
        pytest.param('metadata: {k: "${}", l: "$NAME", m: "${1}", n: "$(NAME)"}', id="no name in braces"),
        pytest.param('instructions: "Write\\n`${NAME}` in JavaScript."', id="a text of several lines"),
        pytest.param(
            'tools: [{type: function, name: f, parameters: {properties: {a: {default: "${NAME}"}}}}]',
            id="in a schema",
        ),
    ],
)
def test_what_is_not_meant_for_us_is_left_alone(tmp_path: Path, fields: str) -> None:
    assert "placeholder" not in [each.code for each in load_text(tmp_path, AGENT % fields).diagnostics]


def test_what_a_variable_brings_along_is_no_placeholder(tmp_path: Path) -> None:
    text = AGENT % 'metadata: {k: "${env:FOUNDRY_X}"}'

    assert brief(load_text(tmp_path, text, environ={"FOUNDRY_X": "${NAME}"})) == []


def test_a_placeholder_in_the_head_is_told_beside_what_it_breaks(tmp_path: Path) -> None:
    text = 'version: 1\nname: a\nproject: {endpoint: "${FOUNDRY_PROJECT_ENDPOINT}"}\n'

    assert brief(load_text(tmp_path, text)) == ["m.yaml:3:21 bad-endpoint", "m.yaml:3:21 placeholder"]


@pytest.mark.parametrize("fast", [True, False], ids=["libyaml", "PyYAML"])
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a: {b: ${env:X}}", "${env:X}"),
        ("a: [x, y-${env:X:-d}]", "${env:X:-d}"),
        ("a:\n  {b: ${X}, c: 1}", "${env:X}"),
    ],
)
def test_an_unquoted_variable_inside_brackets_is_to_be_quoted(text: str, written: str, *, fast: bool) -> None:
    _, (problem,) = read(text, file="m.yaml", fast=fast)

    assert (problem.code, problem.hint) == ("yaml-syntax", f'Quote it: "{written}".')
    assert problem.where is not None
    assert text.splitlines()[problem.where.line - 1][problem.where.column - 2 :].startswith("${")
