"""Running checks: side by side, each tried again where that may help, and cleaned up after whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from provisioner.apply.workers import side_by_side
from provisioner.checks.advice import Advice
from provisioner.checks.agent import try_agent
from provisioner.checks.deployment import try_deployment
from provisioner.checks.memory import try_memory
from provisioner.checks.models import Models, NoModels, opened_models
from provisioner.checks.traces import Traces
from provisioner.checks.tries import Bench, Pace, Spent, Stopped, Unmet
from provisioner.memory.plane import Memories
from provisioner.model.check import (
    KINDS,
    AgentCheck,
    Check,
    CheckReport,
    CheckResult,
    CheckState,
    DeploymentCheck,
    MemoryCheck,
)
from provisioner.model.errors import PlaneError
from provisioner.planes.clock import Clock
from provisioner.planes.service import Planes

_FIRST_PAUSE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 60.0
# The same would happen again.
_LASTING: Final = frozenset({
    "not-signed-in", "untrusted-host", "untrusted-certificate", "wrong-connection-settings", "invalid-url",
})  # fmt: skip
_STOPPED: Final = "It was stopped, and what it wrote is deleted."


def needs_models(checks: Sequence[Check]) -> bool:
    return any(not isinstance(it, MemoryCheck) for it in checks)


@contextmanager
def models_for(checks: Sequence[Check], planes: Planes, clock: Clock, note: Callable[[str], None]) -> Iterator[Models]:
    """Raises ProvisionerError where what they need is not installed."""
    if not needs_models(checks):
        yield NoModels()
        return
    with opened_models(planes, clock, note) as models:
        yield models


class Runner:
    """`told` hears of each check that has ended, from whichever thread. When `stopping` says so, what runs cleans up
    and ends, and the rest is skipped.
    """

    def __init__(
        self,
        planes: Planes,
        models: Models,
        *,
        clock: Clock,
        stopping: Callable[[], bool] = lambda: False,
        told: Callable[[CheckResult], None] = lambda _: None,
    ) -> None:
        self._planes = planes
        self._models = models
        self._memories = Memories(planes.project)
        self._clock = clock
        self._stopping = stopping
        self._told = told
        self._advice = Advice(planes)

    def run(self, checks: Sequence[Check], *, parallelism: int) -> CheckReport:
        started = self._clock.now()
        ended = side_by_side([partial(self._run, it) for it in checks], name="check", at_once=parallelism)
        results = tuple(it.result for it in ended)
        return CheckReport(results=results, elapsed_s=self._clock.now() - started)

    def _run(self, check: Check) -> CheckResult:
        started, spent = self._clock.now(), Spent()
        result = self._tried(check, spent)
        result = replace(result, elapsed_s=self._clock.now() - started, tokens=spent.tokens)
        self._told(result)
        return result

    def _tried(self, check: Check, spent: Spent) -> CheckResult:
        if self._stopping():
            return self._result(check, CheckState.SKIPPED, "It was not begun.")
        for number in range(1, check.retries + 2):
            result, is_final = self._once(check, spent)
            result = replace(result, tries=number)
            if result.state is not CheckState.FAILED or is_final or number > check.retries:
                return result
            try:
                pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (number - 1))
                Pace(self._clock, pause_s, self._stopping).pause(pause_s)
            except Stopped:
                return result
        raise AssertionError("there is at least one try")

    def _once(self, check: Check, spent: Spent) -> tuple[CheckResult, bool]:
        """What came of a try, and whether another one cannot help."""
        traces = Traces(self._memories, self._clock)
        pace = Pace(self._clock, check.timeout_s, self._stopping)
        bench = Bench(
            planes=self._planes,
            memories=self._memories,
            models=self._models,
            clock=self._clock,
            pace=pace,
            spent=spent,
        )
        try:
            result, is_final = self._result(check, CheckState.OK, _try(check, bench, traces)), True
        except Unmet as unmet:
            result, is_final = self._result(check, CheckState.FAILED, unmet.message, unmet.hint), unmet.is_final
        except PlaneError as error:
            result, is_final = self._refused(check, error), error.failure.code in _LASTING
        except Stopped:
            result, is_final = self._result(check, CheckState.SKIPPED, _STOPPED), True
        except BaseException:
            traces.wipe()
            raise
        return _with_left(result, traces.wipe()), is_final

    def _refused(self, check: Check, error: PlaneError) -> CheckResult:
        result = self._result(check, CheckState.FAILED, error.failure.message, self._advice.of(error.failure))
        return replace(result, failure=error.failure)

    def _result(self, check: Check, state: CheckState, message: str, hint: str = "") -> CheckResult:
        kind = KINDS[type(check)]
        return CheckResult(name=check.name, kind=kind, subject=check.subject, state=state, message=message, hint=hint)


def _try(check: Check, bench: Bench, traces: Traces) -> str:
    match check:
        case MemoryCheck():
            return try_memory(check, bench, traces)
        case AgentCheck():
            return try_agent(check, bench, traces)
        case DeploymentCheck():
            return try_deployment(check, bench)


def _with_left(result: CheckResult, left: str) -> CheckResult:
    """A check that leaves something behind has not passed."""
    if not left:
        return result
    message, _, hint = left.partition("\n")
    state = CheckState.FAILED if result.state is CheckState.OK else result.state
    said = "It passed, but not without a trace." if result.state is CheckState.OK else result.message
    return replace(result, state=state, message=f"{said}\n{message}", hint="\n".join(filter(None, (result.hint, hint))))
