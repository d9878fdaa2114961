"""Streams and signals as they come: colours, full disks, closed streams, Ctrl-C."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.cli.interruption import Relay
from provisioner.cli.planning import Waits
from provisioner.cli.terminal import Terminal, complain, remark, say
from provisioner.model.progress import ChangeNoted, ChangeStarted
from provisioner.render.styles import PLAIN
from tests.foundry import EXAMPLE, Command, Foundry
from tests.render import sample

ROOT = Path(__file__).parents[2]
PROVISIONER = (sys.executable, "-m", "provisioner")
AGENT = "version: 1\nname: demo\nagents:\n  a: {model: x/y, instructions: Hi.}\n"
MISTAKEN = "version: 1\nname: demo\nagents:\n  a: {modle: x/y}\n"
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX streams and signals")


@pytest.fixture
def manifest(project: Path) -> Path:
    path = project / "stores.yaml"
    path.write_text(AGENT, encoding="utf-8")
    return path


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    words = f"{sys.executable} -m provisioner "
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    return subprocess.run(
        line.replace("provisioner ", words), shell=True, cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.usefixtures("foundry", "manifest")
def test_colours_are_forced_into_pipes(provisioner: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" not in provisioner("plan").out
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert "\x1b[32m" in provisioner("plan").out
    assert "\x1b[" not in provisioner("--no-color", "plan").out
    assert provisioner("plan", "--nonsense").err.startswith("\x1b[31mError:\x1b[0m")
    assert provisioner("--no-color", "plan", "--nonsense").err.startswith("Error:")


def test_errors_of_the_manifest_are_coloured(
    manifest: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    manifest.write_text(MISTAKEN, encoding="utf-8")

    assert "\x1b[31merror\x1b[0m" in provisioner("plan", "--local").err


def test_a_complaint_fits_the_terminal_and_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    narrow = Terminal(out=PLAIN, err=PLAIN, width=60, err_width=60, is_live=False)

    complain("word " * 30 + "\x1b[2J", terminal=narrow)

    told = capsys.readouterr().err
    assert max(map(len, told.splitlines())) <= 60
    assert "\x1b" not in told


def test_without_a_command_there_is_help(provisioner: Command) -> None:
    shown = provisioner()

    assert shown.code == 1
    assert shown.out.startswith("Usage: provisioner")
    assert shown.err == ""


@posix
@pytest.mark.usefixtures("foundry", "manifest")
@pytest.mark.parametrize("command", ["schema", "plan", "--help", "plan --help", "--version", "apply --yes"])
def test_a_full_disk_is_told(project: Path, command: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    told = shell(f"provisioner {command} >/dev/full", project)

    assert told.returncode == 1
    assert told.stderr == "Error: The output cannot be written: no space left on device.\n"


@posix
@pytest.mark.usefixtures("foundry", "manifest")
def test_what_a_full_disk_keeps_of_a_json_stream_is_told_elsewhere(project: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    told = shell("provisioner apply --yes --format json >/dev/full", project)

    assert told.returncode == 1
    assert "Done: 1 created" in told.stderr
    assert told.stderr.endswith("Error: The output cannot be written: no space left on device.\n")


@posix
@pytest.mark.usefixtures("foundry", "manifest")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("provisioner plan >&-", 0),
        ("provisioner plan 2>&-", 0),
        ("provisioner plan --nonsense 2>&-", 1),
        ("provisioner plan >&- 2>&- <&-", 0),
        ("provisioner apply <&-", 1),
        ("provisioner apply --yes >&- 2>&-", 0),
        ("provisioner apply --yes --format json >&-", 0),
        ("provisioner schema >&-", 0),
        ("provisioner apply --yes 2>/dev/full", 0),
    ],
)
def test_streams_may_be_missing(project: Path, line: str, code: int) -> None:
    told = shell(line, project)

    assert told.returncode == code, told
    assert "Traceback" not in told.stderr


@pytest.mark.usefixtures("manifest")
def test_waiting_for_the_service_is_told(foundry: Foundry, provisioner: Command) -> None:
    refusal = {"status": 429, "headers": {"Retry-After": "1"}}
    foundry.fault({"method": "GET", "path": "*/agents", "times": 1}, refusal)

    planned = provisioner("plan", "--format", "json")

    assert planned.code == 0
    assert planned.document["has_changes"] is True
    assert "Still reading: " in planned.err
    assert "trying again in 1.0 s" in planned.err


def test_the_same_wait_is_told_once_in_a_while() -> None:
    told: list[str] = []
    times = iter([0.0, 1.0, 1.0, 6.0])
    waits = Waits(told.append, now=lambda: next(times))

    for note in ("busy", "busy", "broken", "busy"):
        waits(note)

    assert told == ["Still reading: busy", "Still reading: broken", "Still reading: busy"]


def test_nothing_is_told_of_a_reading_that_was_broken_off() -> None:
    told: list[str] = []
    waits = Waits(told.append)

    waits("busy")
    waits.end()
    waits("no answer came")  # what the threads meet when the connections are closed under them

    assert told == ["Still reading: busy"]


@pytest.mark.usefixtures("foundry", "manifest")
def test_json_tells_the_plan_before_asking_and_why_nothing_was_done(
    provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned, failed = provisioner("apply", "--format", "json").events

    assert planned["event"] == "planned"
    assert planned["plan"]["summary"]["create"] == 1
    assert failed["event"] == "failed"
    assert failed["message"] == "Nobody can be asked here, so nothing was changed."
    assert failed["hint"]

    class Answers(io.StringIO):
        def isatty(self) -> bool:
            return True

    for answer, message, code in (("n\n", "Not confirmed", 1), ("", "Interrupted", 130)):
        monkeypatch.setattr(sys, "stdin", Answers(answer))
        refused = provisioner("apply", "--format", "json")
        assert refused.code == code
        assert [event["event"] for event in refused.events] == ["planned", "failed"]
        assert refused.events[-1]["message"].startswith(message)

    monkeypatch.setattr(sys, "stdin", Answers("y\n"))
    agreed = provisioner("apply", "--format", "json")
    assert [event["event"] for event in agreed.events][:2] == ["planned", "apply_started"]


def test_json_tells_of_a_mistaken_manifest(manifest: Path, provisioner: Command) -> None:
    manifest.write_text(MISTAKEN, encoding="utf-8")

    for command in ("apply", "destroy"):
        (failed,) = provisioner(command, "--local", "--format", "json", "--yes").events
        assert failed["event"] == "failed"
        assert "unknown-key" in {item["code"] for item in failed["diagnostics"]}


@pytest.mark.usefixtures("manifest")
def test_json_tells_of_a_service_that_cannot_be_read(foundry: Foundry, provisioner: Command) -> None:
    foundry.switch(data_role="denied-401", management_role="denied")

    (failed,) = provisioner("apply", "--format", "json", "--yes").events

    assert failed["event"] == "failed"
    assert {failure["status"] for failure in failed["failures"]} == {401, 403}


def test_destroy_leaves_alone_what_is_declared_external(foundry: Foundry, manifest: Path, provisioner: Command) -> None:
    assert provisioner("apply", "--yes").code == 0
    manifest.write_text("version: 1\nname: demo\nagents:\n  a: {external: true}\n", encoding="utf-8")

    destroyed = provisioner("destroy", "--yes")

    assert destroyed.code == 0
    assert 'Nothing else of the owner "demo" is live.' in destroyed.out
    assert "agents/a carries the mark" in destroyed.out
    assert len(foundry.objects("agents")) == 1


@pytest.mark.usefixtures("foundry", "manifest")
def test_an_allowance_that_nothing_needs_is_told(provisioner: Command) -> None:
    planned = provisioner("plan", "--allow-data-loss", "agents/a", "--take-over", "nobody")

    assert planned.code == 0
    assert "Warning: --allow-data-loss agents/a is not needed" in planned.err
    assert 'Warning: --take-over nobody is not needed: nothing live belongs to "nobody".' in planned.err


@posix
def test_a_stream_that_breaks_does_not_hide_why_nothing_was_done(manifest: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    manifest.write_text(MISTAKEN, encoding="utf-8")

    told = shell("provisioner apply --local --format json >/dev/full", manifest.parent)

    assert told.returncode == 1
    assert "unknown-key" in told.stderr
    assert "Traceback" not in told.stderr
    assert "Exception ignored" not in told.stderr


@posix
@pytest.mark.parametrize("style", ["text", "json"])
def test_a_second_interrupt_tells_what_is_known(foundry: Foundry, project: Path, style: str) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    foundry.fault({"method": "PUT", "path": "*/deployments/*"}, {"delay_s": 5})
    apply = subprocess.Popen(
        [*PROVISIONER, "apply", "--yes", "--format", style],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert apply.stdout is not None
    assert apply.stderr is not None
    begun = apply.stderr if style == "text" else apply.stdout
    assert any("creating" in line or "change_started" in line for line in begun)
    apply.send_signal(signal.SIGINT)
    assert any("Again to leave at once" in line for line in apply.stderr)
    apply.send_signal(signal.SIGINT)
    out, err = apply.communicate(timeout=30)

    assert apply.returncode == 130
    assert err.endswith("Error: Interrupted.\n")
    if style == "text":
        assert "unknown  deployments/" in out
        assert "skipped  agents/dev-buddy" in out
        assert "Look with `provisioner plan`" in " ".join(out.split())
    else:
        left = json.loads(out.splitlines()[-1])
        assert left["event"] == "apply_abandoned"
        assert {it["address"]["kind"] for it in left["under_way"]} == {"deployments"}
        assert {it["address"]["name"] for it in left["not_begun"]} >= {"dev-buddy", "dev-prefs-memory"}


@posix
@pytest.mark.usefixtures("foundry", "manifest")
def test_an_ignored_signal_stays_ignored(project: Path) -> None:
    line = f"trap '' INT; {sys.executable} -c \"{IGNORED}\""
    told = shell(line, project)

    assert told.stdout == "True\n", told.stderr


IGNORED = (
    "import signal; from provisioner.cli.interruption import stop_on_signals as stop; "
    "_ = stop().__enter__(); print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
)


class Broken(io.StringIO):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, text: str) -> int:  # noqa: ARG002
        raise self._error


@pytest.mark.parametrize("error", [OSError("full"), RuntimeError("reentrant call"), ValueError("closed")])
def test_a_remark_that_cannot_be_written_stops_nothing(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Broken(error))

    remark("Stopping.")


class OldConsole(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_an_old_console_gets_escapes_for_what_it_cannot_show(monkeypatch: pytest.MonkeyPatch) -> None:
    console = OldConsole(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", console)
    monkeypatch.setattr(sys, "stderr", console)
    Terminal.here(no_color=True, environ={})

    say("✓ naïve")
    remark("⠋")

    console.flush()
    assert console.buffer.getvalue().split() == [b"\\u2713", b"na\xefve", b"\\u280b"]  # type: ignore[attr-defined]


def test_what_was_told_is_kept_but_for_notes() -> None:
    started = ChangeStarted(change=sample.create_deployment())
    relay = Relay(lambda _: None)

    relay(started)
    relay(ChangeNoted(change=started.change, note="waiting"))

    assert relay.stop() == (started,)
