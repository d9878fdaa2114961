"""Fault files: read at the start, in force again after a reset, and wrong ones named with their line."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from provisioner.emulator import Emulator, OptionError, Options
from provisioner.emulator.handles import families
from provisioner.emulator.world.state import State

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
faults:
  - match: {path: "/subscriptions", nth: 2}   # the second look
    do: {status: 503, headers: {Retry-After: 3}, body: busy}
  - match: {path: "*/nowhere"}
    throttle: {retry_after: 1, times: 2}
"""


def test_a_file_of_faults_is_in_force_from_the_start_and_after_a_reset(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(GOOD, encoding="utf-8")
    with Emulator(Options(faults=str(file))) as emulator:
        trust = ssl.create_default_context(cafile=emulator.ca_file)
        with httpx.Client(base_url=emulator.management, verify=trust, trust_env=False, timeout=60) as client:
            before = [client.get("/subscriptions").status_code for _ in range(3)]
            client.post("/_emulator/reset").raise_for_status()
            after = [client.get("/subscriptions").status_code for _ in range(3)]
            client.delete("/_emulator/faults").raise_for_status()
            cleared = client.get("/_emulator/faults").json()

    assert before == after == [401, 503, 401]
    assert cleared == {"faults": []}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("- match: {}\n  do: {status: 500}\n- match: {}\n  do:\n    boom: 1\n", 5, '"boom"', id="what"),
        pytest.param("faults:\n- match:\n    nth: first\n  do: {status: 500}\n", 3, '"nth"', id="number"),
        pytest.param("match:\n  colour: red\ndo: {status: 500}\n", 2, '"colour"', id="a-single-fault"),
        pytest.param("- do: {status: 500}\n  colour: red\n", 2, '"colour"', id="beside"),
        pytest.param("- match: {}\n  throttle:\n    times: x\n", 3, '"times"', id="throttle"),
        pytest.param("- match: {}\n", 1, '"do"', id="nothing-to-do"),
        pytest.param("faults: []\n", 1, "No faults", id="an-empty-list"),
        pytest.param("# nothing\n", 1, "No faults", id="an-empty-file"),
        pytest.param("- just words\n", 1, "A fault is", id="words"),
        pytest.param("- match: {path_regex: '('}\n  do: {status: 500}\n", 1, "pattern", id="regex"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(OptionError) as raised:
        Emulator(Options(faults=str(file))).start()

    assert str(raised.value).startswith(f"{file}:{line}: ")
    assert words in str(raised.value)


@pytest.mark.parametrize("content", [b"- {", b"\xff\xfe\x00", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "faults.yaml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(OptionError, match=r"faults\.yaml"):
        Emulator(Options(faults=str(file))).start()


def test_a_state_in_a_file_has_a_past_too(tmp_path: Path) -> None:
    state = State(str(tmp_path / "local.db"), families.tables())
    with state.transaction(writes=True):
        state.set("colour", "red")

    before = state.copy()
    with state.transaction(writes=True):
        state.set("colour", "blue")

    assert (before.setting("colour"), state.setting("colour")) == ("red", "blue")
    before.close()
    state.close()
