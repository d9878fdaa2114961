"""Programs as processes of their own, with an environment of nothing but what they are given."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

WRITTEN: Final = Path(__file__).with_name("written")  # the programs of our own
MODELS: Final = ("gpt-5.4-mini", "text-embedding-3-large")  # what they expect to be deployed
# What a machine needs to run any program at all.
OF_THE_MACHINE: Final = (
    "APPDATA",
    "COMSPEC",
    "HOME",
    "LANG",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "USERPROFILE",
)


@dataclass(frozen=True, kw_only=True)
class Ran:
    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"

    @property
    def document(self) -> Any:
        assert self.code == 0, self
        return json.loads(self.out)

    @property
    def steps(self) -> dict[str, dict[str, Any]]:
        """The objects it printed, one a line, by their `step`."""
        assert self.code == 0, self
        lines = [json.loads(line) for line in self.out.splitlines()]
        return {line["step"]: line for line in lines}

    def says(self, *patterns: str) -> None:
        """Each pattern is found in what it printed, behind the one before."""
        rest = self.out
        for pattern in patterns:
            found = re.search(pattern, rest)
            assert found, f"It does not say {pattern!r} where it should: {self}"
            rest = rest[found.end() :]

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def run(*command: str | Path, env: Mapping[str, str], cwd: Path, timeout_s: float = 100) -> Ran:
    machine = {name: os.environ[name] for name in OF_THE_MACHINE if name in os.environ}
    done = subprocess.run(
        [str(word) for word in command],
        env={**machine, "PYTHONIOENCODING": "utf-8", **env},
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Ran(code=done.returncode, out=done.stdout, err=done.stderr)
