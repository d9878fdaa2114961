"""What an environment says of the manifest comes from the pull request, too."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from provisioner.manifest.load import Loaded, load
from tests.attacks.test_aim import AZURE, ELSEWHERE, codes
from tests.foundry import Command

SECRET = "hunter2-of-the-pipeline"
BASE = "version: 1\nname: ours\nagents: {one: {kind: external}}\n"
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


def loaded(folder: Path, prod: str, environ: dict[str, str], *, pinned: bool = False) -> Loaded:
    (folder / "stores.yaml").write_text(f"{BASE}environments: {{prod: {prod}}}\n", encoding="utf-8")
    return load([folder / "stores.yaml"], environ=environ, environment="prod", pinned=pinned)


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "file"])
@pytest.mark.parametrize(
    "said", [f"endpoint: '{ELSEWHERE}'", "resource_group: theirs", "endpoint: '${env:FOUNDRY_OTHER}'"]
)
def test_an_overlay_is_no_way_around_a_pinned_environment(tmp_path: Path, said: str, *, inline: bool) -> None:
    prod = f"{{project: {{{said}}}}}"
    (tmp_path / "prod.yaml").write_text(f"{prod}\n", encoding="utf-8")
    environ = AZURE | {"FOUNDRY_OTHER": ELSEWHERE}

    found = loaded(tmp_path, prod if inline else "{file: prod.yaml}", environ, pinned=True)

    assert codes(found, errors=True) == ["environment-overridden"]


def test_nor_around_the_name_that_the_environment_expects(tmp_path: Path) -> None:
    found = loaded(tmp_path, "{name: theirs}", AZURE | {"PROVISIONER_NAME": "ours"})

    assert codes(found, errors=True) == ["environment-overridden"]


@pytest.mark.parametrize("file", ["../outside.yaml", ".env.yaml", "env/.git/config", "/etc/passwd", "C:/x.yaml"])
def test_the_file_of_an_environment_lies_in_the_folder_and_is_not_hidden(
    project: Path, provisioner: Command, file: str
) -> None:
    for path in ("outside.yaml", "in/.env.yaml", "in/env/.git/config"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(f"{SECRET}: {SECRET}\n", encoding="utf-8")
    (project / "in" / "stores.yaml").write_text(f"{BASE}environments: {{prod: {{file: '{file}'}}}}\n", encoding="utf-8")
    for command in (["validate"], ["validate", "--env", "prod"], ["render", "--env", "prod"]):
        result = provisioner(*command, "-f", "in")

        assert (result.code, "bad-path" in result.out + result.err) == (1, True)
        assert SECRET not in result.out + result.err


@needs_links
@pytest.mark.parametrize("target", ["../outside.yaml", ".git/config", "/proc/self/environ", "prod.yaml"])
def test_nor_does_it_lead_there_by_a_link(project: Path, provisioner: Command, target: str) -> None:
    for path in ("outside.yaml", "in/.git/config"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(f"{SECRET}: {SECRET}\n", encoding="utf-8")
    (project / "in" / "prod.yaml").symlink_to(target)
    (project / "in" / "stores.yaml").write_text(
        f"{BASE}environments: {{prod: {{file: prod.yaml}}}}\n", encoding="utf-8"
    )
    result = provisioner("validate", "-f", "in")

    assert result.code == 1
    assert SECRET not in result.out + result.err


def test_an_overlay_takes_nothing_back_that_a_pinned_policy_forbids(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(
        f"{BASE}policy: {{require_plan: true}}\nenvironments: {{prod: {{policy: null}}}}\n", encoding="utf-8"
    )
    (project / "pinned.yaml").write_text("require_plan: true\n", encoding="utf-8")

    result = provisioner("apply", "--yes", "--local", "--env", "prod", "--policy", "pinned.yaml")

    assert (result.code, "policy-require-plan" in result.out + result.err) == (1, True)


def test_an_environment_cannot_unmark_what_the_pipeline_keeps_secret(
    project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVISIONER_SECRET_word", SECRET)
    (project / "stores.yaml").write_text(
        "version: 1\nname: ours\nvariables: {word: {}}\n"
        "agents: {one: {model: c/m, instructions: 'Say ${var.word}.'}}\n"
        "environments: {prod: {variables: {word: mine}}}\n",
        encoding="utf-8",
    )
    for style in ("text", "json", "markdown"):
        arguments = ("plan", "--local", "--state", ":memory:", "--env", "prod", "--format", style)
        result = provisioner(*arguments)

        assert "one" in result.out
        assert SECRET not in result.out + result.err


@pytest.mark.untraced
@pytest.mark.parametrize(
    "overlay",
    [
        "x-a: &a ["
        + "x," * 500
        + "]\nagents: {one: {metadata: {"
        + ",".join(f"k{n}: *a" for n in range(5_000))
        + "}}}",
        "agents:\n" + "".join(f"  a{n}: {{kind: external}}\n" for n in range(30_000)),
        "agents: " + "{a: " * 2_000 + "1" + "}" * 2_000,
    ],
    ids=["aliases", "entries", "depth"],
)
def test_an_overlay_that_is_too_much_is_refused_within_seconds(tmp_path: Path, overlay: str) -> None:
    (tmp_path / "prod.yaml").write_text(f"{overlay}\n", encoding="utf-8")
    began = time.process_time()

    found = loaded(tmp_path, "{file: prod.yaml}", AZURE)

    assert found.manifest is None
    assert time.process_time() - began < 20
