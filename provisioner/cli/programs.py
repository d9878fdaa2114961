"""Running somebody's program as if we were not there: its streams, its signals, its exit code."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

from provisioner.cli.terminal import complain
from provisioner.model.reasons import reason

NOT_FOUND: Final = 127  # as shells say it
CANNOT_RUN: Final = 126
KILLED: Final = 128  # and the number of the signal
FORWARDED: Final = ("SIGINT", "SIGTERM", "SIGHUP")  # those of them that the system has


def run_program(words: Sequence[str], env: Mapping[str, str]) -> int:
    """Its exit code; 127 when there is no such program, 126 when it cannot be run, 128 + n when signal n ended it."""
    program = shutil.which(words[0], path=env.get("PATH"))  # Windows: npm is npm.cmd
    if program is None:
        complain(f'There is no program "{words[0]}".', "Give its name or path behind --, then its arguments.")
        return NOT_FOUND
    try:
        process = subprocess.Popen([program, *words[1:]], env=dict(env))  # noqa: S603  what the user asked for
    except OSError as error:
        complain(f'"{words[0]}" cannot be run: {reason(error)}.')
        return CANNOT_RUN
    with process, _forwarding(process):
        code = process.wait()
    return code if code >= 0 else KILLED - code


@contextmanager
def _forwarding(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Signals are the program's to answer; we outlive it to clean up."""

    def forward(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if number == signal.SIGINT and _is_at_a_terminal():
            return  # Ctrl-C reaches every program at the terminal by itself
        process.send_signal(number)

    numbers = [getattr(signal, name) for name in FORWARDED if hasattr(signal, name)]
    before = {number: signal.signal(number, forward) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_at_a_terminal() -> bool:
    return sys.platform == "win32" or (sys.stdin is not None and sys.stdin.isatty())
