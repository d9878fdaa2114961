"""What goes where: results once on stdout, signs of life on stderr, the question behind the plan; and files, pipes and
devices that are written to.
"""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.foundry import EXAMPLE, Command, Foundry

if sys.platform == "win32":
    pytest.skip("POSIX terminals, pipes and signals", allow_module_level=True)

import fcntl
import pty
import struct
import termios

ROOT = Path(__file__).parents[2]
PROVISIONER = (sys.executable, "-m", "provisioner")
QUESTION = 'Apply these 4 changes to project "local" of account "local-foundry"? [y/N] '


@pytest.fixture
def manifest(foundry: Foundry, project: Path) -> Path:  # noqa: ARG001 - its environment is used
    path = project / "stores.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


def environment(**more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "FORCE_COLOR")}
    return {**clean, "PYTHONPATH": str(ROOT), "TERM": "xterm", **more}


def read_all(terminal: int) -> bytes:
    read = b""
    while True:
        try:
            part = os.read(terminal, 65_536)
        except OSError:  # how Linux says that nobody holds the other end any more
            return read
        if not part:
            return read
        read += part


def at_a_terminal(
    *arguments: str, cwd: Path, answer: str = "", out: int | None = None, err: int | None = None
) -> tuple[int, str]:
    """The exit code, and what the terminal showed; stdout and stderr are the terminal unless they are given."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROVISIONER, *arguments],
        cwd=cwd,
        env=environment(COLUMNS="80"),
        stdin=theirs,
        stdout=theirs if out is None else out,
        stderr=theirs if err is None else err,
    )
    os.close(theirs)
    if answer:
        os.write(ours, answer.encode())
    shown = read_all(ours).decode().replace("\r\n", "\n")
    os.close(ours)
    return process.wait(timeout=60), shown


def results_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if "agents/dev-buddy" in line and "created  " in line]


def test_a_log_shows_each_result_once(manifest: Path) -> None:
    told = subprocess.run(
        [*PROVISIONER, "apply", "--yes"],
        cwd=manifest.parent,
        env=environment(CI="true"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout

    assert len(results_of(told)) == 1
    assert told.count("Done: 4 created") == 1
    assert told.index("agents/dev-buddy: creating…") < told.index("  done     agents/dev-buddy")


def test_results_are_on_stdout_and_signs_of_life_on_stderr(manifest: Path, provisioner: Command) -> None:  # noqa: ARG001
    done = provisioner("apply", "--yes")

    assert len(results_of(done.out)) == 1
    assert done.out.endswith("s.\n")
    assert "done" not in done.err.lower()
    assert 'Applying 4 changes of "dev-buddy" to project "local" of account "local-foundry".' in done.err


def test_a_terminal_shows_each_result_once(manifest: Path) -> None:
    code, shown = at_a_terminal("apply", "--yes", cwd=manifest.parent)

    assert code == 0
    assert len(results_of(shown)) == 1, shown
    assert shown.count("Done: 4 created") == 1


def test_the_question_follows_the_plan_into_a_pipe(manifest: Path) -> None:
    ours, theirs = os.pipe()
    piped: list[bytes] = []
    reader = threading.Thread(target=lambda: piped.append(read_all(ours)))
    reader.start()
    code, shown = at_a_terminal("apply", cwd=manifest.parent, answer="y\n", out=theirs)
    os.close(theirs)
    reader.join(timeout=30)
    os.close(ours)
    log = piped[0].decode()

    assert code == 0
    assert log.index("Plan: 4 to create.") < log.index(QUESTION) < log.index("Done: 4 created")
    assert QUESTION not in shown


def test_what_goes_into_a_file_is_asked_about_at_the_terminal(manifest: Path) -> None:
    with (manifest.parent / "log.txt").open("w") as log:
        code, shown = at_a_terminal("apply", cwd=manifest.parent, answer="n\n", out=log.fileno())

    assert code == 1
    assert shown.index("Plan: 4 to create.") < shown.index('Apply these 4 changes to project "local"')
    assert "Not confirmed; nothing was changed." in shown
    assert "Plan: 4 to create." in (manifest.parent / "log.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("where", ["a file", "a pipe"])
@pytest.mark.parametrize("style", ["text", "json"])
def test_where_nobody_can_be_asked_the_plan_is_told_once(manifest: Path, where: str, style: str) -> None:
    with (manifest.parent / "log.txt").open("w+", encoding="utf-8") as log:
        done = subprocess.run(
            [*PROVISIONER, "apply", "--format", style],
            cwd=manifest.parent,
            env=environment(CI="true"),
            stdin=subprocess.DEVNULL,
            stdout=log if where == "a file" else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        log.seek(0)
        told = done.stdout or log.read()

    assert done.returncode == 1
    assert told.count("Plan: 4 to create." if style == "text" else '"event": "planned"') == 1
    assert "Plan: 4 to create." not in told or style == "text"
    assert "Nobody can be asked here, so nothing was changed." in told


@pytest.mark.parametrize("arguments", [("plan", "--local", "-f", "n.yaml"), ("plan", "--nonsense=" + "word " * 30)])
def test_errors_fit_the_terminal_of_stderr_though_stdout_is_a_pipe(manifest: Path, arguments: tuple[str, ...]) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
    env = {name: value for name, value in environment().items() if name != "COLUMNS"}
    process = subprocess.Popen(
        [*PROVISIONER, *arguments],
        cwd=manifest.parent,
        env=env,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    told = read_all(ours).decode().replace("\r\n", "\n")
    os.close(ours)
    process.wait(timeout=60)

    assert "rror" in told
    assert max(len(line) for line in re.sub("\x1b\\[[0-9]*m", "", told).splitlines()) <= 50


def test_an_interrupt_at_the_question_leaves_its_line(manifest: Path) -> None:
    ours, theirs = os.pipe()
    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [*PROVISIONER, "apply", "--no-color"],
        cwd=manifest.parent,
        env=environment(COLUMNS="100"),
        stdin=terminal,
        stdout=theirs,
        stderr=terminal,
    )
    os.close(terminal)
    os.close(theirs)
    log = b""
    while QUESTION.encode() not in log and (part := os.read(ours, 65_536)):
        log += part
    process.send_signal(signal.SIGINT)
    log += read_all(ours)
    shown = read_all(screen).decode().replace("\r\n", "\n")
    for stream in (ours, screen):
        os.close(stream)

    assert process.wait(timeout=60) == 130
    assert log.decode().endswith(f"{QUESTION}\n")
    assert shown.endswith("\nError: Interrupted; nothing was changed.\n")


def test_the_question_and_the_plan_name_the_project(manifest: Path, foundry: Foundry) -> None:
    code, shown = at_a_terminal("destroy", "--no-color", cwd=manifest.parent)
    assert code == 0
    assert f"Project: {foundry.env['FOUNDRY_PROJECT_ENDPOINT']}" in shown

    code, shown = at_a_terminal("apply", "--no-color", cwd=manifest.parent, answer="n\n")
    assert code == 1
    assert "Account: local-foundry, resource group rg-local" in shown
    assert QUESTION in " ".join(shown.split()) + " "


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_reader_that_goes_away_stops_nothing(style: str, manifest: Path, foundry: Foundry) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [*PROVISIONER, "apply", "--yes", "--format", style],
        cwd=manifest.parent,
        env=environment(),
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(theirs)

    assert done.returncode == 0
    assert "rror" not in done.stderr
    assert len(foundry.objects("agents")) == 1


def test_a_plan_that_nobody_reads_is_not_asked_about(manifest: Path, foundry: Foundry) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    code, shown = at_a_terminal("apply", cwd=manifest.parent, answer="y\n", out=theirs)
    os.close(theirs)

    assert code == 1
    assert "Nobody reads the plan any more, so nothing was changed." in shown
    assert foundry.objects("agents") == []


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_termination_while_reading_ends_like_an_interrupt(style: str, manifest: Path, foundry: Foundry) -> None:
    foundry.fault({"method": "GET", "path": "*/agents*"}, {"status": 429, "headers": {"Retry-After": "30"}})
    apply = subprocess.Popen(
        [*PROVISIONER, "apply", "--yes", "--format", style],
        cwd=manifest.parent,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert apply.stderr is not None
    assert "Still reading" in apply.stderr.readline()
    apply.send_signal(signal.SIGTERM)
    out, err = apply.communicate(timeout=30)

    assert apply.returncode == 130
    assert err.lstrip() == "Error: Interrupted.\n"
    assert ('"event": "failed"' in out) is (style == "json")


def test_colours_can_be_switched_off_behind_the_command(
    manifest: Path,  # noqa: ARG001
    provisioner: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    assert "\x1b[" in provisioner("plan").out
    assert "\x1b[" not in provisioner("plan", "--no-color").out
    assert provisioner("plan", "--no-color", "--nonsense").err.startswith("Error:")
    assert "--no-color" in provisioner("emulator", "env", "--help").out


def test_a_manifest_comes_from_stdin(manifest: Path) -> None:
    (manifest.parent / "i.md").write_text("Be kind.", encoding="utf-8")
    text = "version: 1\nname: s\nagents:\n  a: {model: c/m, instructions: {file: i.md}}\n"

    def piped(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*PROVISIONER, *arguments]
        return subprocess.run(
            command, cwd=manifest.parent, env=environment(), input=text, capture_output=True, text=True, check=False
        )

    planned, asked = piped("plan", "-f", "-"), piped("apply", "-f", "-")

    assert planned.returncode == 0, planned.stderr
    assert '"Be kind."' in planned.stdout
    assert asked.returncode == 1
    assert asked.stderr.startswith("Error: Nobody can be asked here, so nothing was changed.")
    assert piped("apply", "--yes", "-f", "-").returncode == 0


def test_a_mistake_on_stdin_has_a_place(tmp_path: Path) -> None:
    told = subprocess.run(
        [*PROVISIONER, "validate", "--local", "-f", "-"],
        cwd=tmp_path,
        env=environment(),
        input="version: 1\nname: s\nagents:\n  a: {modle: c/m}\n",
        capture_output=True,
        text=True,
        check=False,
    )

    assert "<stdin>:4:7  error  unknown-key" in told.stdout


@pytest.mark.usefixtures("foundry")
def test_a_device_a_pipe_and_a_link_stay_what_they_are(project: Path, provisioner: Command) -> None:
    pipe, link, target = project / "pipe", project / "link.yaml", project / "target.yaml"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    link.symlink_to(target.name)

    assert provisioner("export", "--out", "pipe").code == 0
    assert provisioner("export", "--out", "link.yaml").code == 1
    assert provisioner("export", "--out", "link.yaml", "--force").code == 0
    assert provisioner("export", "--out", os.devnull, "--force").code == 0
    reader.join(timeout=30)

    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert read[0] == target.read_text(encoding="utf-8") != "old"
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.usefixtures("foundry")
@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("missing/x.md", 'there is no folder "missing"'),
        ("folder.md", "it is a folder"),
        ("loop.md", "its symbolic links lead in a circle"),
        ("stores.yaml/x.md", "a part of its path is a file, not a folder"),
    ],
)
def test_what_cannot_be_written_says_why_and_leaves_nothing_behind(
    out: str, words: str, manifest: Path, provisioner: Command
) -> None:
    (manifest.parent / "folder.md").mkdir()
    (manifest.parent / "loop.md").symlink_to("loop.md")
    before = sorted(manifest.parent.iterdir())

    failed = provisioner("plan", "--out", out)

    assert failed.code == 1
    assert failed.err == f'Error: "{out}" cannot be written: {words}.\n' or words in failed.err
    assert "Errno" not in failed.err
    assert sorted(manifest.parent.iterdir()) == before


def test_a_full_device_is_told_and_stays(project: Path, provisioner: Command, foundry: Foundry) -> None:  # noqa: ARG001
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    failed = provisioner("export", "--out", "/dev/full", "--force")

    assert failed.code == 1
    assert failed.err == 'Error: "/dev/full" cannot be written: no space left on device.\n'
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_forgotten_local_is_offered(project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FOUNDRY_PROJECT_ENDPOINT", "AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP"):
        monkeypatch.delenv(name, raising=False)
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    assert "To use the embedded Foundry instead of Azure, add --local." in provisioner("plan").err
    (project / "stores.yaml").write_text("version: 1\nname: demo\nagents:\n  a: {modle: x/y}\n", encoding="utf-8")
    assert "--local" not in provisioner("plan").err
