"""`fmt` as a user runs it: what it writes, what it only shows, and what it leaves alone."""

from __future__ import annotations

import io
import os
import shutil
import stat
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from provisioner.cli.starter import github_files, github_manifest, starter_manifest
from provisioner.manifest.fmt import formatted
from provisioner.model.lock import LockSettings
from tests.foundry import EXAMPLE, Command, Foundry, Result

ROOT = Path(__file__).parents[2]
MESSY = """\
# The team's agents.

agents:
    buddy:   # the kind one
        instructions: 'Be kind.'
        model: gpt
name: team  # the owner


version: 1
"""
NEAT = """\
# The team's agents.

version: 1
name: team  # the owner

agents:
  buddy:   # the kind one
    model: gpt
    instructions: "Be kind."
"""
needs_modes = pytest.mark.skipif(os.name == "nt", reason="files have no modes here")


@pytest.fixture
def manifest(project: Path) -> Path:
    file = project / "stores.yaml"
    file.write_text(MESSY, encoding="utf-8")
    return file


def fed(text: str, provisioner: Command, monkeypatch: pytest.MonkeyPatch, *flags: str) -> Result:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
    return provisioner("fmt", *flags, "-")


def test_the_manifest_here_is_formatted_and_named_and_then_left_as_it_is(manifest: Path, provisioner: Command) -> None:
    done = provisioner("fmt")

    assert manifest.read_text(encoding="utf-8") == NEAT
    assert (done.code, done.out, done.err) == (0, "stores.yaml\n", "1 file reformatted.\n")
    again = provisioner("fmt")
    assert (again.code, again.out, again.err) == (0, "", "1 file left as it is.\n")
    assert provisioner("fmt", "--check").code == 0


def test_check_lists_what_would_change_writes_nothing_and_fails(manifest: Path, provisioner: Command) -> None:
    (manifest.parent / "neat.yaml").write_text(NEAT, encoding="utf-8")

    done = provisioner("fmt", "--check", "stores.yaml", "neat.yaml")

    assert (done.code, done.out) == (1, "stores.yaml\n")
    assert done.err == "1 file would be reformatted, 1 file left as it is.\n"
    assert manifest.read_text(encoding="utf-8") == MESSY


def test_diff_shows_what_would_change_and_fails_only_with_check(manifest: Path, provisioner: Command) -> None:
    done = provisioner("fmt", "--diff")

    assert done.code == 0
    assert done.out.startswith("--- a/stores.yaml\n+++ b/stores.yaml\n@@ ")
    assert "-        instructions: 'Be kind.'\n" in done.out
    assert '+    instructions: "Be kind."\n' in done.out
    assert provisioner("fmt", "--diff", "--check").code == 1
    assert manifest.read_text(encoding="utf-8") == MESSY


def test_a_diff_shows_no_secret(manifest: Path, provisioner: Command) -> None:
    manifest.write_text(
        "name: team\nversion: 1\nconnections:\n  c:\n    credentials: {key: 'hunter-2'}\n    category: ApiKey\n",
        encoding="utf-8",
    )

    done = provisioner("fmt", "--diff")

    assert "hunter-2" not in done.out + done.err
    assert "credentials" in done.out


def test_a_folder_is_formatted_file_by_file_and_so_is_what_environments_keep_in_files(
    manifest: Path, provisioner: Command
) -> None:
    manifest.write_text(f"{MESSY}environments: {{prod: {{file: env/prod.yaml}}}}\n", encoding="utf-8")
    overlay = manifest.parent / "env" / "prod.yaml"
    overlay.parent.mkdir()
    overlay.write_text("# In prod.\npolicy: {protected: true}\nname: team-prod\n", encoding="utf-8")

    done = provisioner("fmt", "-f", ".", "-f", "env")

    assert (done.code, done.out.splitlines()) == (0, ["stores.yaml", str(Path("env/prod.yaml"))])
    assert overlay.read_text(encoding="utf-8") == "name: team-prod\n\n# In prod.\npolicy: {protected: true}\n"
    assert provisioner("fmt", "--check", ".", "env").code == 0


def test_stdin_is_printed_in_its_form(
    project: Path,  # noqa: ARG001 - an empty folder
    provisioner: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert fed(MESSY, provisioner, monkeypatch) == Result(code=0, out=NEAT, err="")
    assert fed(NEAT, provisioner, monkeypatch) == Result(code=0, out=NEAT, err="")

    checked = fed(MESSY, provisioner, monkeypatch, "--check")
    assert (checked.code, checked.out) == (1, "<stdin>\n")


def test_what_a_pipeline_would_take_for_a_command_is_not_printed(
    project: Path,  # noqa: ARG001 - an empty folder
    provisioner: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = fed("version: 1\nname: team\n#\n##vso[task.setvariable variable=a]b\n", provisioner, monkeypatch)

    assert (done.code, done.out) == (1, "")
    assert "a pipeline would take a line of it for a command" in done.err


def test_one_broken_file_keeps_all_from_being_written(manifest: Path, provisioner: Command) -> None:
    (manifest.parent / "two.yaml").write_text("version: 1\n---\nversion: 1\n", encoding="utf-8")
    (manifest.parent / "tab.yaml").write_text("version: 1\nagents:\n\tbuddy: {}\n", encoding="utf-8")
    (manifest.parent / "twice.yaml").write_text("version: 1\nname: a\nname: b\n", encoding="utf-8")

    done = provisioner("fmt", ".", "gone.yaml")

    assert done.code == 1
    assert "two.yaml:2:1  error  several-documents" in done.err
    assert "tab.yaml:3:1  error  yaml-syntax" in done.err
    assert "twice.yaml:3:1  error  duplicate-key" in done.err
    assert "gone.yaml:1:1  error  file-missing" in done.err
    assert manifest.read_text(encoding="utf-8") == MESSY


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("name: CI\njobs: {}\n", id="workflow"),
        pytest.param("variables:\n- name: a\ntrigger: none\n", id="azure pipeline"),
        pytest.param("services: {}\nversion: '3'\n", id="compose"),
        pytest.param("", id="empty"),
        pytest.param("- name: a\n", id="list"),
    ],
)
def test_a_file_that_is_no_manifest_is_left_as_it_is(text: str, project: Path, provisioner: Command) -> None:
    file = project / "other.yaml"
    file.write_text(text, encoding="utf-8")

    done = provisioner("fmt", "other.yaml")

    assert done.code == 1
    assert "other.yaml:1:1  error  no-manifest" in done.err
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "path",
    [ROOT / "action.yml", *sorted((ROOT / "examples" / "pipelines").rglob("*.yml"))],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_a_pipeline_is_no_manifest(path: Path) -> None:
    result, problems = formatted(path.read_text(encoding="utf-8"), file="f")

    assert result is None
    assert problems


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "byte order mark"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_the_ends_of_lines_and_the_byte_order_mark_stay(
    mark: bytes, end: bytes, manifest: Path, provisioner: Command
) -> None:
    manifest.write_bytes(mark + MESSY.encode().replace(b"\n", end))

    assert provisioner("fmt").code == 0

    assert manifest.read_bytes() == mark + NEAT.encode().replace(b"\n", end)
    assert provisioner("fmt", "--check").code == 0


def test_a_manifest_in_json_stays_json(project: Path, provisioner: Command) -> None:
    file = project / "stores.json"
    file.write_text('{"agents":{"b":{"model":"gpt"},"a":{}},"name":"team","version":1}', encoding="utf-8")

    assert provisioner("fmt", "stores.json").code == 0

    assert file.read_text(encoding="utf-8") == (
        '{\n  "version": 1,\n  "name": "team",\n'
        '  "agents": {\n    "b": {\n      "model": "gpt"\n    },\n    "a": {}\n  }\n}\n'
    )
    assert provisioner("fmt", "--check", "stores.json").code == 0


def test_an_anchor_stays_before_what_uses_it(manifest: Path, provisioner: Command) -> None:
    manifest.write_text(
        "agents:\n  a: &same {model: gpt}\n  b: *same\nstores:\n  s: {metadata: &m {a: b}}\nversion: 1\n"
        "deployments:\n  gpt: {tags: *m}\n",
        encoding="utf-8",
    )

    assert provisioner("fmt").code == 0

    text = manifest.read_text(encoding="utf-8")
    assert text.startswith("version: 1\n")
    assert text.index("&m") < text.index("*m")
    assert text.index("&same") < text.index("*same")


@needs_modes
def test_a_file_keeps_its_mode_and_leaves_nothing_beside_it(manifest: Path, provisioner: Command) -> None:
    manifest.chmod(0o640)

    assert provisioner("fmt").code == 0

    assert stat.S_IMODE(manifest.stat().st_mode) == 0o640
    assert [each.name for each in manifest.parent.iterdir()] == ["stores.yaml"]


@needs_modes
def test_a_file_that_is_in_its_form_is_not_written(manifest: Path, provisioner: Command) -> None:
    manifest.write_text(NEAT, encoding="utf-8")
    before = manifest.stat()

    assert provisioner("fmt").code == 0

    assert (manifest.stat().st_ino, manifest.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_all_files_are_written_or_none(manifest: Path, provisioner: Command) -> None:
    outside = manifest.parent.parent / "outside.yaml"
    outside.write_text(MESSY, encoding="utf-8")
    try:
        (manifest.parent / "link.yaml").symlink_to(outside)
    except OSError:
        pytest.skip("links cannot be made here")

    done = provisioner("fmt", "stores.yaml", "link.yaml")

    assert done.code == 1
    assert "link.yaml" in done.err
    assert (manifest.read_text(encoding="utf-8"), outside.read_text(encoding="utf-8")) == (MESSY, MESSY)


MANIFESTS = [
    ROOT / "stores.yaml",
    *sorted((ROOT / "examples").glob("*.yaml")),
    *sorted((ROOT / "examples" / "pipelines").rglob("*.yaml")),
]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_manifest_of_this_repository_is_in_its_form(path: Path) -> None:
    assert_in_its_form(path.read_text(encoding="utf-8"))


def test_what_init_starts_with_is_in_its_form() -> None:
    lock = LockSettings(account_url="https://a.blob.core.windows.net", container="locks")
    overlays = [text for path, text in github_files().items() if path.startswith("env/")]

    assert len(overlays) == 2
    for text in (starter_manifest("team"), starter_manifest("team", lock), github_manifest("team"), *overlays):
        assert_in_its_form(text)


def assert_in_its_form(text: str) -> None:
    result, problems = formatted(text, file="f")

    assert not problems
    assert result == text


def test_what_export_and_render_write_is_in_its_form(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0

    assert_in_its_form(provisioner("export").out)
    shutil.copy(ROOT / "stores.yaml", project)
    with (project / "stores.yaml").open("a", encoding="utf-8") as manifest:
        manifest.write("environments: {prod: {policy: {protected: true}, project: {account: a}}}\n")
    assert provisioner("render", "--env", "prod").code == 0
    assert_in_its_form(provisioner("render", "--env", "prod").out)
    assert_in_its_form(provisioner("render", "--env", "prod", "--origins").out)
    assert foundry.requests()


def test_time_grows_no_faster_than_the_manifest() -> None:
    small, large = (min(seconds_for(entries) for _ in range(2)) for entries in (200, 2_000))

    assert large < 10 * small * 2.5


def seconds_for(entries: int) -> float:
    body = "".join(
        f"  # about {number}\n  a{number}:\n    instructions: Be {number}.  # so\n    model: gpt\n"
        for number in range(entries)
    )
    text = f"agents:\n{body}version: 1\nname: team\n"
    began = time.process_time()
    result, problems = formatted(text, file="f")
    assert result is not None, problems
    return time.process_time() - began
