"""Processes that are killed while they run a command.

Run as a program, it reads a job a line and forks for each: such a victim has everything imported, and dies alone. It
says the victim's process id, and how that ended.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

import httpx

from provisioner.planes.service import Coordinates, connect
from tests.planes.world import Admin, FakeClock, Foundry
from tests.sweep.commands import Command, manifest, told

Json = dict[str, Any]
_PATIENCE_S: Final = 30


@dataclass(frozen=True, kw_only=True)
class Victims:
    """The program that forks them."""

    jobs: IO[str]
    news: IO[str]

    def killed_at(self, method: str, path: str, nth: int, command: Command, foundry: Foundry) -> int:
        """Run the command until the request has come, which a fault must hold there; how it ended, as Popen tells."""
        foundry.admin.forget_requests()
        job: Json = {"command": {**asdict(command), "file": str(command.file)}, "where": asdict(foundry.where)}
        job |= {"management": foundry.emulator.management, "ca_file": foundry.emulator.ca_file}
        self.jobs.write(f"{json.dumps(job)}\n")
        self.jobs.flush()
        pid = int(self.news.readline())
        try:
            _wait_for(foundry, method, path, nth)
        finally:
            os.kill(pid, signal.SIGKILL)
            code = int(self.news.readline())
        return code


@contextmanager
def victims(env: Mapping[str, str]) -> Iterator[Victims]:
    program = [sys.executable, "-m", "tests.sweep.victims"]
    folder = Path(__file__).parents[2]
    with subprocess.Popen(
        program, cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        yield Victims(jobs=running.stdin, news=running.stdout)


def _wait_for(foundry: Foundry, method: str, path: str, nth: int) -> None:
    """Until the emulator has done what it does before it answers."""
    until = time.monotonic() + _PATIENCE_S
    while len([it for it in foundry.admin.requests(method) if it["path"] == path]) < nth:
        assert time.monotonic() < until, f"{method} {path} #{nth} never came"
        time.sleep(0.002)


def _play(job: Json) -> int:
    command = Command(**{**job["command"], "file": Path(job["command"]["file"])})
    trust = ssl.create_default_context(cafile=job["ca_file"])
    with httpx.Client(base_url=job["management"], verify=trust, trust_env=False) as client:
        clock = FakeClock()
        clock.followers.append(Admin(client=client).advance)
        return told(command, Coordinates(**job["where"]), clock=clock).code


def _main() -> None:
    for line in sys.stdin:
        job = json.loads(line)
        with connect(Coordinates(**job["where"])):  # asks nobody anything, and imports what its victims need
            manifest(Path(job["command"]["file"]))
        pid = os.fork()
        if pid == 0:
            os._exit(_play(job))
        print(pid, flush=True)  # noqa: T201
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    _main()
