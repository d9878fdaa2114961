"""`provisioner emulator`: in the foreground, for the shells beside it, and around a program."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from dotenv import dotenv_values

from provisioner.cli.shell_exports import STYLES, exports
from provisioner.emulator import Emulator, Options
from tests.foundry import Command

ROOT = Path(__file__).parents[2]
PROVISIONER = [sys.executable, "-W", "error", "-m", "provisioner"]
WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="signals between programs are POSIX")
AWKWARD = {
    "PLAIN": "https://127.0.0.1:1/x",
    "SPACE": "a b",
    "QUOTE": "it's $HOME `x`",
    "PATHS": r"C:\new\table",
    "NONE": "",
}
SHOW = "import os, json; print(json.dumps(dict(os.environ)))"
PROGRAM = """
import json, os, ssl, sys, urllib.request
trust = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
url = os.environ["PROVISIONER_MANAGEMENT_ENDPOINT"] + "/_emulator/state?objects=false"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
print(json.loads(opener.open(url).read())["switches"]["strict"], *sys.argv[1:])
sys.exit(7)
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@contextmanager
def foreground(folder: Path, *flags: str) -> Iterator[dict[str, Any]]:
    """One that runs in this folder; what it printed when it was ready."""
    command = [*PROVISIONER, "emulator", *flags]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=folder, env=environment(), **pipes) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line, server.communicate()[1]
        try:
            yield json.loads(line)
        finally:
            server.terminate()
            server.communicate(timeout=30)


@WINDOWS
def test_a_second_one_on_a_state_file_is_told_and_a_local_plan_beside_them_is_not(
    project: Path, provisioner: Command
) -> None:
    with foreground(project, "--state", "shared.db") as described:
        again = provisioner("emulator", "run", "--state", "shared.db", "--", sys.executable, "-c", "pass")
        (project / "empty.yaml").write_text("version: 1\nname: nothing\n", encoding="utf-8")
        planned = provisioner("plan", "--local", "--state", "shared.db", "-f", "empty.yaml")
        alone = provisioner("emulator", "run", "--state", "other.db", "--", sys.executable, "-c", "pass")

    assert described["notes"] == []
    assert f"Another local Foundry ({described['management']}, process " in again.err
    assert 'uses the state file "shared.db" too.' in again.err
    assert (again.code, planned.code) == (0, 0)
    assert "Another" not in planned.err + alone.err


@WINDOWS
def test_the_environment_of_a_running_one_is_printed_for_each_shell(project: Path, provisioner: Command) -> None:
    with foreground(project) as described:
        bash = provisioner("emulator", "env")
        dotenv = provisioner("emulator", "env", "--format", "dotenv")
        powershell = provisioner("emulator", "env", "--format", "powershell")

    names = [line.split("=")[0].removeprefix("export ") for line in bash.out.splitlines()]
    assert (bash.code, dotenv.code, powershell.code) == (0, 0, 0)
    assert names == sorted(described["env"])
    assert f"$env:FOUNDRY_PROJECT_ENDPOINT = '{described['project']}'" in powershell.out.splitlines()
    assert f"FOUNDRY_PROJECT_ENDPOINT={described['project']}" in dotenv.out.splitlines()
    assert not (project / ".provisioner" / "emulator.json").exists()


@WINDOWS
def test_a_ready_file_of_ones_own_takes_the_place_of_the_usual_one(project: Path, provisioner: Command) -> None:
    with foreground(project, "--ready-file", "ready.json") as described:
        assert json.loads((project / "ready.json").read_text(encoding="utf-8")) == described
        assert not (project / ".provisioner").exists()
        assert provisioner("emulator", "env").code == 1
        assert provisioner("emulator", "env", "--ready-file", "ready.json").code == 0
    assert not (project / "ready.json").exists()


def test_without_a_running_one_there_is_no_environment(project: Path, provisioner: Command) -> None:
    missing = provisioner("emulator", "env")
    written(project / "ready.json", [])
    strange = provisioner("emulator", "env", "--ready-file", "ready.json")

    assert (missing.code, missing.out) == (1, "")
    assert 'No local Foundry is running here: there is no ".provisioner' in missing.err
    assert "provisioner emulator" in missing.err
    assert (strange.code, strange.out) == (1, "")
    assert '"ready.json" does not describe a local Foundry' in strange.err


def test_a_file_left_behind_is_told_as_such(project: Path, provisioner: Command) -> None:
    with Emulator(Options(state=str(project / "local.db"))) as stopped:
        left = stopped.describe()
    written(project / "ready.json", left)

    told = provisioner("emulator", "env", "--ready-file", "ready.json")

    assert (told.code, told.out) == (1, "")
    assert 'The local Foundry of "ready.json" is no longer running.' in told.err


@pytest.mark.parametrize("management", ["https://example.com", "http://127.0.0.1:9"])
def test_a_file_that_leads_elsewhere_is_told_as_such(project: Path, provisioner: Command, management: str) -> None:
    left = {"management": management, "ca_file": str(project / "gone.pem"), "env": {}}
    written(project / "ready.json", left)

    told = provisioner("emulator", "env", "--ready-file", "ready.json")

    assert (told.code, told.out) == (1, "")
    assert '"ready.json" does not describe a local Foundry.' in told.err


def written(file: Path, content: object) -> None:
    """As the command writes it: for its owner alone."""
    file.write_text(json.dumps(content), encoding="utf-8")
    file.chmod(0o600)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash is installed")
def test_bash_reads_back_what_was_printed_for_it() -> None:
    script = f"{exports(AWKWARD, 'bash')}\nexec {shlex.quote(sys.executable)} -c {shlex.quote(SHOW)}"

    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env={"HOME": "/"})

    assert AWKWARD.items() <= json.loads(done.stdout).items()


def test_dotenv_reads_back_what_was_printed_for_it(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(exports(AWKWARD, "dotenv") + "\n", encoding="utf-8")

    assert dotenv_values(file, interpolate=False) == AWKWARD


def test_powershell_has_its_own_quotes() -> None:
    assert exports({"QUOTE": "it's"}, "powershell") == "$env:QUOTE = 'it''s'"
    assert STYLES.keys() == {"bash", "powershell", "dotenv"}


def test_a_program_runs_beside_one_of_its_own_and_its_code_is_ours(project: Path) -> None:
    (project / "agent.py").write_text(PROGRAM, encoding="utf-8")
    command = [*PROVISIONER, "emulator", "run", "--strict", "--", sys.executable, "agent.py", "--strict", "two words"]

    done = subprocess.run(
        command, cwd=project, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.stdout, done.stderr, done.returncode) == ("True --strict two words\n", "", 7)


def test_everything_may_be_logged_and_go_wrong(project: Path) -> None:
    (project / "faults.yaml").write_text("- do: {status: 503}\n  match: {path: '/subscriptions'}\n", encoding="utf-8")
    ask = (
        "import os, ssl, httpx; trust = ssl.create_default_context(cafile=os.environ['SSL_CERT_FILE']);"
        "url = os.environ['PROVISIONER_MANAGEMENT_ENDPOINT'] + '/subscriptions';"
        "print(httpx.get(url, verify=trust, trust_env=False).status_code)"
    )
    flags = ["--faults", "faults.yaml", "--log", "log.jsonl", "--dedupe-versions", "--update-seconds", "0"]
    command = [*PROVISIONER, "emulator", "run", *flags, "--", sys.executable, "-c", ask]

    done = subprocess.run(
        command, cwd=project, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.stdout, done.stderr, done.returncode) == ("503\n", "", 0)
    (line,) = (project / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["path"], json.loads(line)["status"]) == ("/subscriptions", 503)


def test_a_program_that_is_not_there_is_127(provisioner: Command) -> None:
    told = provisioner("emulator", "run", "--", "no-such-program")

    assert (told.code, told.out) == (127, "")
    assert 'There is no program "no-such-program".' in told.err


@WINDOWS
def test_a_program_that_cannot_run_is_126(project: Path, provisioner: Command) -> None:
    broken = project / "broken"
    broken.write_text("#!/no/such/interpreter\n", encoding="utf-8")
    broken.chmod(0o755)

    assert provisioner("emulator", "run", "--", "./broken").code == 126


SLEEPER = """
import signal, sys, threading
asked = threading.Event()
def stop(number, frame):
    print("told", number, flush=True)
    asked.set()
signal.signal(int(sys.argv[1]), stop)
print("ready", flush=True)
while not asked.wait(0.05):
    pass
sys.exit(9)
"""


@WINDOWS
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_the_programs_to_answer(project: Path, number: signal.Signals) -> None:
    command = [*PROVISIONER, "emulator", "run", "--", sys.executable, "-c", SLEEPER, str(int(number))]
    pipes: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=project, env=environment(), **pipes) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        running.send_signal(number)
        out, err = running.communicate(timeout=30)

    assert (out, err, running.returncode) == (f"told {int(number)}\n", "", 9)


@WINDOWS
def test_a_program_that_a_signal_ends_is_128_and_the_number(project: Path) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    command = [*PROVISIONER, "emulator", "run", "--", sys.executable, "-c", code]

    assert subprocess.run(command, cwd=project, env=environment(), check=False, timeout=60).returncode == 137


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--strict", "run", "--", "true"], '--strict belongs behind "run"'),
        (["run"], "Missing argument"),
        (["run", "--model", "m", "--", "true"], "--model-endpoint and --embedding-model are missing"),
        (["--model-endpoint", "http://127.0.0.1:1"], "--model and --embedding-model are missing"),
        (["run", "--faults", "nowhere.yaml", "--", "true"], "'nowhere.yaml' cannot be read"),
        (["--log", "."], "The log '.' cannot be written"),
        (["env", "--format", "fish"], "'fish' is not one of"),
    ],
)
def test_a_wrong_wish_is_told(provisioner: Command, arguments: list[str], words: str) -> None:
    told = provisioner("emulator", *arguments)

    assert (told.code, told.out) == (1, "")
    assert words in told.err


@WINDOWS
def test_the_page_is_where_the_description_says(project: Path) -> None:
    with foreground(project) as described:
        trust = ssl.create_default_context(cafile=described["ca_file"])
        page = httpx.get(described["management"], verify=trust, trust_env=False)

    assert "Foundry emulator" in page.text
