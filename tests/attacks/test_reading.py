"""What a repository may have read: its own files, and nothing that a checkout, a tool or the machine keeps."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from provisioner.manifest.load import Loaded, load
from tests.foundry import Command
from tests.manifest.manifests import HEAD, MODELS

SECRET = "hunter2-of-the-pipeline"
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")


def agent(file: str) -> str:
    return f"{HEAD}{MODELS}agents:\n  a: {{model: gpt, instructions: {{file: '{file}'}}}}\n"


def put(folder: Path, file: str, text: str = f"token = {SECRET}\n") -> Path:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


HIDDEN = [
    ".git/config",
    "./.git/config",
    "prompts/.git/config",
    ".GIT/config",
    ".env",
    ".npmrc",
    ".provisioner/emulator.json",
    ".provisioner/local.db",
    "prompts/.secret.md",
    "prompts/.../x.md",
    "./././.env",
]


@pytest.mark.parametrize("file", HIDDEN)
def test_a_file_in_a_hidden_place_is_refused(project: Path, provisioner: Command, file: str) -> None:
    put(project, "stores.yaml", agent(file))
    if file != ".env":
        put(project, file)
    else:
        put(project, file, f"FOUNDRY_X={SECRET}\n")
    for command in (["validate"], ["validate", "--format", "json"], ["graph"]):
        result = provisioner(*command)

        assert result.code == 1
        assert "bad-path" in result.out + result.err
        assert SECRET not in result.out + result.err


OUTSIDE = [
    "../outside.md",
    "prompts/../../outside.md",
    "prompts/../inside.md",
    "/etc/passwd",
    "//server/share/x.md",
    "\\\\server\\share\\x.md",
    "..\\outside.md",
    "C:/outside.md",
    "C:outside.md",
    "c:\\outside.md",
    "prompts\\x.md",
    "prompts",
    ".",
    " ",
    "\u200b.git/config",
    "\u2066x.md",
]


@pytest.mark.parametrize("file", OUTSIDE)
def test_a_path_that_is_not_of_the_folder_is_refused(project: Path, provisioner: Command, file: str) -> None:
    put(project, "in/prompts/x.md")
    put(project, "outside.md")
    put(project, "in/stores.yaml", agent(file))
    result = provisioner("validate", "-f", "in")

    assert (result.code, "bad-path" in result.out, SECRET in result.out) == (1, True, False)


@needs_links
@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("prompt.md", ".git/config"),
        ("prompt.md", "inner/.env"),
        ("prompt.md", "../outside.md"),
        ("prompt.md", "second.md"),
        ("folder/prompt.md", "../.git/config"),
        ("prompt.md", "/dev/stdin"),
        ("prompt.md", "/dev/zero"),
        ("prompt.md", "/proc/self/environ"),
        ("prompt.md", "prompt.md"),
    ],
)
def test_a_link_to_what_may_not_be_read_is_refused(project: Path, provisioner: Command, link: str, target: str) -> None:
    put(project, "outside.md")
    for hidden in (".git/config", "inner/.env"):
        put(project, f"in/{hidden}")
    put(project, "in/stores.yaml", agent(link))
    (project / "in" / "second.md").symlink_to(".git/config")
    (project / "in" / link).parent.mkdir(exist_ok=True)
    (project / "in" / link).symlink_to(target)
    result = provisioner("validate", "-f", "in")

    assert result.code == 1
    assert "bad-path" in result.out or "file-unreadable" in result.out
    assert SECRET not in result.out


@needs_links
def test_a_folder_that_is_a_link_to_a_hidden_one_is_refused(project: Path, provisioner: Command) -> None:
    put(project, ".git/config")
    put(project, "stores.yaml", agent("git/config"))
    (project / "git").symlink_to(".git", target_is_directory=True)
    result = provisioner("validate")

    assert (result.code, "bad-path" in result.out, SECRET in result.out) == (1, True, False)


@needs_pipes
def test_a_pipe_or_socket_for_a_text_is_refused_and_not_waited_for(project: Path, provisioner: Command) -> None:
    put(project, "stores.yaml", agent("prompt.md"))
    os.mkfifo(project / "prompt.md")
    piped = provisioner("validate")
    (project / "prompt.md").unlink()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("prompt.md")
        listened = provisioner("validate")

    assert [(each.code, "is not a file" in each.out) for each in (piped, listened)] == [(1, True), (1, True)]


@needs_links
@pytest.mark.parametrize("hidden_behind", ["outside.yaml", ".git/config"])
def test_a_file_that_is_swapped_for_a_link_is_never_shown(project: Path, hidden_behind: str) -> None:
    put(project, "in/stores.yaml", agent("prompt.md"))
    put(project, "outside.yaml")
    put(project, "in/.git/config")
    target = project / hidden_behind if hidden_behind == "outside.yaml" else Path(hidden_behind)
    done = threading.Event()

    def swap() -> None:
        place = project / "in" / "prompt.md"
        while not done.is_set():
            put(project, "in/new", "Be kind.")
            (project / "in" / "new").replace(place)
            (project / "in" / "new").symlink_to(target)
            (project / "in" / "new").replace(place)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        loaded: list[Loaded] = []
        while len(loaded) < 300 or (len(loaded) < 6_000 and not any(each.manifest for each in loaded)):
            loaded.append(load([project / "in" / "stores.yaml"], environ={}))
    finally:
        done.set()
        thread.join()

    assert [each for each in loaded if each.manifest is not None]
    assert not [each for each in loaded if SECRET in repr(each)]


PLANTED = f"version: 1\nname: {SECRET} of somebody\nstate: {SECRET}\n"


@needs_links
@pytest.mark.parametrize("named", ["stores.yaml", "."])
@pytest.mark.parametrize(
    "target", ["../secret.yaml", "/dev/stdin", "/dev/fd/0", "/proc/self/environ", "/dev/zero", "../gone"]
)
def test_a_manifest_that_is_a_link_out_of_its_folder_is_refused_unopened(
    tmp_path: Path, named: str, target: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    put(tmp_path, "secret.yaml", PLANTED)
    (folder / "stores.yaml").symlink_to(target)
    reading, writing = os.pipe()  # nothing comes, and it does not end
    try:
        done = subprocess.run(
            [sys.executable, "-m", "provisioner", "validate", "-f", named],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "FOUNDRY_X": SECRET},
            stdin=reading,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        os.close(reading)
        os.close(writing)

    assert done.returncode == 1
    assert "bad-path" in done.stdout
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@needs_links
def test_a_folder_that_is_a_link_out_of_the_checkout_is_refused(
    project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(project, "home/.config/gh/hosts.yml", f"github.com:\n  oauth_token: {SECRET}\n  on: {SECRET}\n")
    put(project, "home/.config/gh/stores.yaml", PLANTED)
    (project / "checkout").mkdir()
    (project / "checkout" / "env").symlink_to(project / "home" / ".config" / "gh", target_is_directory=True)
    monkeypatch.chdir(project / "checkout")
    for named in ("env", "env/stores.yaml", "./env/hosts.yml"):
        result = provisioner("validate", "-f", named)

        assert (result.code, "bad-path" in result.out, SECRET in result.out) == (1, True, False)


@needs_links
@pytest.mark.parametrize(
    "target", ["../secret.env", "../../secret.env", "/dev/stdin", "/proc/self/environ", "/dev/zero"]
)
def test_a_dotenv_file_that_is_a_link_out_of_its_folder_is_refused_unread(
    project: Path, provisioner: Command, target: str
) -> None:
    put(project, "in/stores.yaml", HEAD + MODELS)
    for place in ("secret.env", "in/../../secret.env"):
        put(project, place, f"{SECRET}\n\xe9{SECRET}=\n")
    (project / "in" / ".env").symlink_to(target)
    result = provisioner("validate", "-f", "in")

    assert (result.code, "bad-path" in result.out, SECRET in result.out) == (1, True, False)


@needs_pipes
@pytest.mark.parametrize("name", [".env", "more.yaml"])
def test_a_pipe_in_the_place_of_a_file_of_the_folder_is_refused_and_not_waited_for(
    project: Path, provisioner: Command, name: str
) -> None:
    put(project, "stores.yaml", HEAD + MODELS)
    os.mkfifo(project / name)
    result = provisioner("validate", "-f", ".")

    assert (result.code, "is not a file" in result.out) == (1, True)


@needs_links
def test_a_mounted_config_map_is_read(project: Path, provisioner: Command) -> None:
    put(project, "etc/..2026_01_01/stores.yaml", HEAD + MODELS)
    put(project, "etc/..2026_01_01/.env", "FOUNDRY_X=x\n")
    (project / "etc" / "..data").symlink_to("..2026_01_01", target_is_directory=True)
    for name in ("stores.yaml", ".env"):
        (project / "etc" / name).symlink_to(f"..data/{name}")
    for named in ("etc", "etc/stores.yaml", str(project / "etc"), str(project / "etc" / "stores.yaml")):
        assert provisioner("validate", "-f", named).code == 0


@needs_links
def test_a_lock_of_an_editor_is_no_manifest(project: Path, provisioner: Command) -> None:
    put(project, "stores.yaml", HEAD + MODELS)
    (project / ".#stores.yaml").symlink_to("somebody@host.1234:5678")

    assert provisioner("validate", "-f", ".").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_what_the_user_names_as_a_stream_is_read(tmp_path: Path) -> None:
    text = HEAD + MODELS
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    command = f"exec {sys.executable} -m provisioner validate -f "
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for named in ("- < m.yaml", "/dev/stdin < m.yaml", "/dev/fd/5 5< m.yaml", "<(cat m.yaml)", "m.yaml"):
        done = subprocess.run(
            ["bash", "-c", command + named],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

        assert (done.returncode, done.stdout) == (0, ""), named


@needs_links
@pytest.mark.parametrize("hidden", [".env", ".netrc", ".git/config"])
def test_a_manifest_that_is_a_link_to_what_is_hidden_is_not_read(
    project: Path, provisioner: Command, hidden: str
) -> None:
    put(project, hidden, "DB_PASSWORD=hunter2\n")
    (project / "stores.yaml").symlink_to(hidden)

    for named in ("stores.yaml", "."):
        result = provisioner("validate", "-f", named)
        assert result.code == 1
        assert "bad-path" in result.out
        assert "hunter2" not in result.out + result.err


@needs_links
def test_nor_is_a_dotenv_file_that_is_a_link_to_what_is_hidden(project: Path, provisioner: Command) -> None:
    put(project, ".git/c", "FOUNDRY_T=hunter2\n")
    put(project, "stores.yaml", HEAD + MODELS.replace("gpt-5.4-mini", "${env:FOUNDRY_T}"))
    (project / ".env").symlink_to(".git/c")

    result = provisioner("validate", "--local")

    assert result.code == 1
    assert "hunter2" not in result.out + result.err


@needs_links
def test_a_folder_that_is_a_link_out_is_not_read_when_it_is_named_from_the_root(
    project: Path, provisioner: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "m.yaml").write_text("password: hunter2\n", encoding="utf-8")
    (project / "envs").symlink_to(outside, target_is_directory=True)

    for named in (project / "envs", project / "envs" / "m.yaml"):
        result = provisioner("validate", "-f", str(named))
        assert result.code == 1
        assert "bad-path" in result.out
        assert "hunter2" not in result.out
