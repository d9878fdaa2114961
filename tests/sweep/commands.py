"""A command as its user runs it, but for the clock: from the manifest to the exit code, words and all."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from provisioner.cli.complaints import explain
from provisioner.cli.formats import RUNS
from provisioner.cli.locking import RunLock
from provisioner.cli.planning import planned, planned_destruction
from provisioner.cli.preflight import Preflight
from provisioner.cli.running import carry_out, told_by
from provisioner.cli.terminal import Terminal
from provisioner.manifest.load import Manifest, load
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.errors import ProvisionerError
from provisioner.planes.clock import Clock
from provisioner.planes.service import Coordinates, connect

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Command:
    """`apply` or `destroy`, with the flags that a test allows it."""

    file: Path
    destroys: bool = False
    adopts: bool = False
    loses: tuple[str, ...] = ()

    @property
    def allowances(self) -> Allowances:
        loses = frozenset(Address(*address.split("/")) for address in self.loses)
        return Allowances(adopt=self.adopts, data_loss=loses, max_deletes=None)


@dataclass(frozen=True, kw_only=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def events(self) -> list[Json]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def outcomes(self) -> Mapping[str, Json]:
        """By address; none where nothing was applied."""
        last = self.events[-1]
        return {f"{it['address']['kind']}/{it['address']['name']}": it for it in last.get("outcomes", ())}

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing to do."""
        return self.code == 0 and [event["event"] for event in self.events] == ["planned", "apply_finished"]


def manifest(file: Path) -> Manifest:
    loaded = load((file,), environ={}, project_needed=False)
    assert loaded.manifest is not None, loaded.diagnostics
    return loaded.manifest


def run(command: Command, where: Coordinates, *, clock: Clock, timeout_s: float) -> int:
    """As `provisioner apply --yes --format json --parallelism 1` does it: on stdout and stderr, one request at a time
    once it writes.
    """
    terminal = Terminal.here(no_color=True, environ={})
    make = planned_destruction if command.destroys else partial(planned, preflight=Preflight())
    try:
        reporter = RUNS["json"](terminal)
        with told_by(reporter), connect(where, clock=clock, timeout_s=timeout_s) as planes:
            plan = make(manifest(command.file), planes, command.allowances, parallelism=1)
            lock = RunLock("apply")
            return carry_out(plan, planes, reporter, terminal, lock=lock, yes=True, parallelism=1, on_error="continue")
    except ProvisionerError as error:
        return explain(error, terminal)


def told(command: Command, where: Coordinates, *, clock: Clock, timeout_s: float = 120) -> Result:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(command, where, clock=clock, timeout_s=timeout_s)
    return Result(code=code, out=out.getvalue(), err=err.getvalue())
