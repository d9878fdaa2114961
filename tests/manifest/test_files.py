from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from provisioner.manifest import files
from provisioner.model.address import Address
from tests.manifest.manifests import HEAD, MODELS, brief, full, load_files, load_text, manifest_of

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


def write(folder: Path, **texts: str) -> list[Path]:
    paths = []
    for name, text in texts.items():
        paths.append(folder / f"{name}.yaml")
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def test_several_files_are_one_manifest(tmp_path: Path) -> None:
    paths = write(tmp_path, models=HEAD + MODELS, agents="version: 1\nagents: {a: {model: gpt}}\n")
    manifest = manifest_of(load_files(paths))

    assert [str(address) for address in manifest.resources] == ["deployments/gpt", "deployments/emb", "agents/a"]


def test_a_folder_stands_for_the_yaml_files_in_it(tmp_path: Path) -> None:
    write(tmp_path, b=HEAD + MODELS)
    (tmp_path / "a.yml").write_text("version: 1\nagents: {a: {model: gpt}}\n", encoding="utf-8")
    (tmp_path / "inner").mkdir()
    write(tmp_path / "inner", c="- not read")
    (tmp_path / "notes.txt").write_text("nor this", encoding="utf-8")

    assert len(manifest_of(load_files([tmp_path])).resources) == 3


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    (path,) = write(tmp_path, m=HEAD + MODELS)

    assert brief(load_files([path, tmp_path, tmp_path / ".." / tmp_path.name / "m.yaml"])) == []


def test_a_resource_defined_twice_names_both_places(tmp_path: Path) -> None:
    paths = write(tmp_path, a=HEAD + MODELS, b="version: 1\ndeployments:\n  gpt: {external: true}\n")
    loaded = load_files(paths)

    assert brief(loaded) == ["b.yaml:3:3 duplicate-resource"]
    assert f"deployments/gpt is defined twice; the first is {paths[0].as_posix()}:5:3." in full(loaded)


def test_files_that_agree_on_name_and_project_are_fine(tmp_path: Path) -> None:
    assert brief(load_files(write(tmp_path, a=HEAD + MODELS, b=HEAD))) == []


def test_files_that_contradict_each_other_are_told_both_places(tmp_path: Path) -> None:
    other = "version: 1\nname: other\nproject: {resource_group: another, account: acc}\n"
    paths = write(tmp_path, a=HEAD + MODELS, b=other)
    loaded = load_files(paths)

    assert brief(loaded) == ["b.yaml:2:7 conflict", "b.yaml:3:27 conflict"]
    assert f'`name` is "other" here and "team" in {paths[0].as_posix()}:2:7.' in full(loaded)


def test_every_file_says_its_version(tmp_path: Path) -> None:
    paths = write(tmp_path, a=HEAD + MODELS, b="agents: {a: {model: gpt}}\n")

    assert brief(load_files(paths)) == ["b.yaml:1:1 missing-key"]


def test_problems_of_all_files_come_at_once_and_sorted(tmp_path: Path) -> None:
    paths = write(tmp_path, b=HEAD + "agents: {x_x: {}}\n", a="version: 1\nname: [\n", c="version: 1\nstors: {}\n")

    assert brief(load_files([*paths, tmp_path / "d.yaml"])) == [
        "a.yaml:3:1 yaml-syntax",
        "b.yaml:4:10 bad-name",
        "b.yaml:4:10 missing-key",
        "c.yaml:2:1 unknown-key",
        "d.yaml:1:1 file-missing",
    ]


@pytest.mark.parametrize(
    ("there", "hint"),
    [
        ([], "Check the path and the folder."),
        (["prod"], "Name the one that is there: -f {folder}/prod.yaml"),
        (["dev", "prod"], "Name a file with -f; in that folder there are: dev.yaml and prod.yaml."),
    ],
)
def test_a_manifest_that_is_missing_is_told_with_those_that_are_there(
    tmp_path: Path, there: list[str], hint: str
) -> None:
    write(tmp_path, **dict.fromkeys(there, HEAD + MODELS))
    (found,) = load_files([tmp_path / "stores.yaml"]).diagnostics

    assert found.hint.replace('"', "") == hint.format(folder=tmp_path.as_posix())


def test_what_may_be_in_a_broken_file_is_not_missed(tmp_path: Path) -> None:
    paths = write(tmp_path, a=HEAD + "agents: {a: {model: gpt}}\n", b="version: 1\ndeployments: {gpt: [}\n")

    assert brief(load_files(paths)) == ["b.yaml:2:21 yaml-syntax"]


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    assert brief(load_text(tmp_path, HEAD + "#" * files.MAX_BYTES)) == ["m.yaml:1:1 file-too-big"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="everything can be read")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    (path,) = write(tmp_path, m=HEAD)
    path.chmod(0)

    assert brief(load_files([path])) == ["m.yaml:1:1 file-unreadable"]


@needs_links
def test_links_in_circles_are_told(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").symlink_to("m.yaml")

    assert brief(load_files([tmp_path / "m.yaml"])) == ["m.yaml:1:1 file-unreadable"]


AGENT = Address("agents", "a")


def agent(file: str) -> str:
    return f"{HEAD}{MODELS}agents:\n  a: {{model: gpt, instructions: {{file: {file}}}}}\n"


def test_instructions_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "a.md").write_bytes("\ufeffBe kind.\r\nUse ${env:HOME} → literally.\n".encode())
    loaded = load_text(tmp_path, agent("./prompts/a.md"))

    instructions = manifest_of(loaded).resources[AGENT].fields["instructions"]
    assert instructions == "Be kind.\nUse ${env:HOME} → literally.\n"


def test_instructions_are_looked_for_beside_the_file_that_names_them(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "p.md").write_text("inner", encoding="utf-8")
    (inner / "m.yaml").write_text(agent("p.md"), encoding="utf-8")
    manifest = manifest_of(load_files([*write(tmp_path, a="version: 1\n"), inner]))

    assert manifest.resources[AGENT].fields["instructions"] == "inner"


@pytest.mark.parametrize(
    "path",
    [
        "../out.md",
        "a/../../out.md",
        "/etc/passwd",
        "'C:/x'",
        "C:x",
        '"..\\\\x"',
        "'\\\\host\\share'",
        '""',
        '"a\\0"',
        "a/..",
    ],
)
def test_paths_that_lead_out_are_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "out.md").write_text("secret", encoding="utf-8")

    assert brief(load_text(tmp_path / "m", agent(path))) == ["m.yaml:8:40 bad-path"]


@needs_links
def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "x.md").write_text("secret", encoding="utf-8")
    (inside / "x.md").symlink_to(outside / "x.md")
    (inside / "folder").symlink_to(outside, target_is_directory=True)

    assert brief(load_text(inside, agent("x.md"))) == ["m.yaml:8:40 bad-path"]
    assert brief(load_text(inside, agent("folder/x.md"))) == ["m.yaml:8:40 bad-path"]


@needs_links
def test_links_that_stay_inside_are_followed(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("text", encoding="utf-8")
    (tmp_path / "y.md").symlink_to("x.md")

    assert brief(load_text(tmp_path, agent("y.md"))) == []


def test_bad_text_files_are_told_at_the_path_and_inside(tmp_path: Path) -> None:
    (tmp_path / "latin.md").write_bytes(b"one\ntwo \xe9\n")
    (tmp_path / "bell.md").write_bytes(b"\x07")
    (tmp_path / "big.md").write_bytes(b"x" * 1_000_001)
    (tmp_path / "folder").mkdir()

    latin = load_text(tmp_path, agent("latin.md"))
    assert brief(latin) == ["m.yaml:8:40 not-utf8"]
    assert 'line 2, column 5 of "latin.md"' in full(latin)
    assert brief(load_text(tmp_path, agent("bell.md"))) == ["m.yaml:8:40 control-character"]
    assert brief(load_text(tmp_path, agent("big.md"))) == ["m.yaml:8:40 file-too-big"]
    assert brief(load_text(tmp_path, agent("folder"))) == ["m.yaml:8:40 bad-path"]
