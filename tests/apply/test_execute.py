"""Running a plan: order, limits, failures, stops. The kinds here are small fakes; the wire is in `test_apply.py`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from provisioner.apply.execute import execute
from provisioner.kinds import Kind
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.plan import Change, Plan
from provisioner.model.progress import (
    ApplyFinished,
    ApplyStarted,
    ChangeFinished,
    ChangeNoted,
    ChangeStarted,
    Event,
    Status,
)
from provisioner.model.resource import Desired, Live
from provisioner.model.traits import Traits

Work = Callable[[str, Change, Callable[[str], None]], None]


def idle(verb: str, change: Change, note: Callable[[str], None]) -> None: ...


@dataclass
class Told:
    """Stands for both planes: all that the fake kinds want of them is somebody to tell."""

    note: Callable[[str], None] = print

    def telling(self, note: Callable[[str], None]) -> Told:
        return Told(note)


@dataclass
class FakeKind:
    """Counts what runs at once, and remembers what was done in which order."""

    lane: str = ""
    traits: Traits = field(default_factory=Traits)
    work: Work = idle
    done: list[str] = field(default_factory=list)
    live: dict[Address, Live] = field(default_factory=dict)
    most: int = 0
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _do(self, verb: str, service: Told, change: Change) -> None:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        try:
            self.work(verb, change, service.note)
            self.done.append(f"{verb} {change.address}")
        finally:
            with self._lock:
                self._running -= 1

    def read(self, service: Told, address: Address) -> Live | None:  # noqa: ARG002
        return self.live.get(address)

    def is_unclear(self, wanted: Desired, found: Live | None) -> bool:  # noqa: ARG002
        return False

    def create(self, service: Told, change: Change) -> Live:
        self._do("create", service, change)
        return self._made(change)

    def update(self, service: Told, change: Change) -> Live:
        self._do("update", service, change)
        return self._made(change)

    def _made(self, change: Change) -> Live:
        self.live[change.address] = Live(address=change.address, fields=change.after or {}, marker=change.marker)
        return self.live[change.address]

    def delete(self, service: Told, change: Change) -> None:
        self._do("delete", service, change)
        self.live.pop(change.address, None)


def change(name: str, *needs: str, action: Action = Action.CREATE) -> Change:
    address = Address.parse(name)
    needed = frozenset(Address.parse(need) for need in needs)
    before = Live(address=address, fields={}, needs=needed) if action is not Action.CREATE else None
    after = None if action is Action.DELETE else {"made": True}
    return Change(action=action, address=address, needs=needed, before=before, after=after)


class Runner:
    def __init__(self, work: Work = idle, **kinds: FakeKind) -> None:
        self.events: list[Event] = []
        self.kind = FakeKind(work=work)
        self.kinds = {"a": self.kind, "b": self.kind, "c": self.kind, **kinds}

    def run(
        self,
        *changes: Change,
        parallelism: int = 10,
        emit: Any = None,
        stopping: Any = None,
        stop_on_failure: bool = False,
    ) -> ApplyFinished:
        for one in changes:
            if one.before is not None:
                self.kinds[one.address.kind].live[one.address] = one.before
        return execute(
            Plan(owner="me", changes=changes),
            cast("dict[str, Kind]", self.kinds),
            cast("Any", Told()),
            emit=emit or self.events.append,
            now=time.monotonic,
            parallelism=parallelism,
            stopping=stopping or (lambda: False),
            stop_on_failure=stop_on_failure,
        )

    def finished(self) -> list[tuple[str, Status, str]]:
        found = [event.outcome for event in self.events if isinstance(event, ChangeFinished)]
        return [(str(one.change.address), one.status, one.reason) for one in found]


def refusing(*names: str) -> Work:
    def work(verb: str, change: Change, note: Callable[[str], None]) -> None:  # noqa: ARG001
        if f"{verb} {change.address}" in names or str(change.address) in names:
            raise PlaneError(Failure(message="the service says no", code="no", advice="Ask again."))

    return work


def statuses(finished: ApplyFinished) -> dict[str, str]:
    return {str(outcome.change.address): outcome.status.value for outcome in finished.outcomes}


def test_an_empty_plan_is_told_too() -> None:
    runner = Runner()
    assert runner.run().outcomes == ()
    assert [type(event) for event in runner.events] == [ApplyStarted, ApplyFinished]


def test_what_is_needed_comes_first_and_deletes_run_the_other_way() -> None:
    runner = Runner()
    runner.run(change("c/x", "b/x"), change("b/x", "a/x"), change("a/x"))
    assert runner.kind.done == ["create a/x", "create b/x", "create c/x"]
    runner = Runner()
    leaving = [("a/x", ()), ("b/x", ("a/x",)), ("c/x", ("b/x",))]
    runner.run(*(change(name, *needs, action=Action.DELETE) for name, needs in leaving))
    assert runner.kind.done == ["delete c/x", "delete b/x", "delete a/x"]


@pytest.mark.parametrize(
    ("action", "verbs"),
    [
        (Action.CREATE, ["create"]),
        (Action.UPDATE, ["update"]),
        (Action.ADOPT, ["update"]),
        (Action.RELEASE, ["update"]),
        (Action.REPLACE, ["delete", "create"]),
        (Action.DELETE, ["delete"]),
    ],
)
def test_each_action_is_the_calls_that_it_says(action: Action, verbs: list[str]) -> None:
    runner = Runner()
    runner.run(change("a/x", action=action))
    assert runner.kind.done == [f"{verb} a/x" for verb in verbs]


def test_every_change_is_told_from_start_to_finish_and_outcomes_keep_the_plans_order() -> None:
    def noting(verb: str, change: Change, note: Callable[[str], None]) -> None:  # noqa: ARG001
        note("waiting")

    runner = Runner(noting)
    changes = tuple(change(f"a/{number}") for number in range(20))
    finished = runner.run(*reversed(changes))
    assert [outcome.change for outcome in finished.outcomes] == list(reversed(changes))
    assert isinstance(runner.events[0], ApplyStarted)
    assert runner.events[-1] == finished
    for one in changes:
        told = [event for event in runner.events if _about(event) == one]
        assert [type(event) for event in told] == [ChangeStarted, ChangeNoted, ChangeFinished]


def _about(event: Event) -> Change | None:
    if isinstance(event, ChangeStarted | ChangeNoted):
        return event.change
    return event.outcome.change if isinstance(event, ChangeFinished) else None


def test_the_limit_is_reached_and_never_passed() -> None:
    together = threading.Barrier(4)  # each waits for three others: fewer at once would never end

    def meeting(verb: str, change: Change, note: Callable[[str], None]) -> None:  # noqa: ARG001
        together.wait(timeout=20)

    runner = Runner(meeting)
    runner.run(*(change(f"a/{number}") for number in range(40)), parallelism=4)
    assert runner.kind.most == 4


@pytest.mark.parametrize("failing", [(), tuple(f"s/{number}" for number in range(0, 30, 3))], ids=["well", "ill"])
def test_a_serial_kind_is_written_one_at_a_time(failing: tuple[str, ...]) -> None:
    others_ended = threading.Event()
    refuse = refusing(*failing)

    def lingering(verb: str, change: Change, note: Callable[[str], None]) -> None:
        others_ended.wait(timeout=1)  # so that the driver has many occasions to start a second one
        refuse(verb, change, note)

    def emit(event: Event) -> None:
        runner.events.append(event)
        if len([name for name, _, _ in runner.finished() if name.startswith("a/")]) == 30:
            others_ended.set()

    serial = FakeKind(lane="account", work=lingering)
    runner = Runner(s=serial)
    changes = (*(change(f"s/{number}") for number in range(30)), *(change(f"a/{number}") for number in range(30)))
    finished = runner.run(*changes, parallelism=4, emit=emit)
    assert serial.most == 1
    assert _most_started(runner.events, "s") == 1
    assert len(finished.outcomes) == 60


def _most_started(events: list[Event], kind: str) -> int:
    """How many changes of the kind were begun and not yet ended: told apart even where they take no time."""
    under_way = most = 0
    for event in events:
        change = _about(event)
        if change is not None and change.address.kind == kind:
            under_way += isinstance(event, ChangeStarted) - isinstance(event, ChangeFinished)
            most = max(most, under_way)
    return most


def test_a_serial_kind_does_not_queue_behind_the_others() -> None:
    runner = Runner(z=FakeKind(lane="account"))
    runner.run(*(change(f"a/{number}") for number in range(50)), change("z/0"), parallelism=1)
    assert next(str(event.change.address) for event in runner.events if isinstance(event, ChangeStarted)) == "z/0"


def test_what_needs_a_failed_change_is_skipped_with_its_name_and_the_rest_goes_on() -> None:
    runner = Runner(refusing("a/bad"))
    finished = runner.run(
        change("a/bad"), change("a/good"), change("b/x", "a/bad"), change("b/y", "a/good"), change("c/x", "b/x")
    )
    assert statuses(finished) == {
        "a/bad": "failed",
        "a/good": "done",
        "b/x": "skipped",
        "b/y": "done",
        "c/x": "skipped",
    }
    by_name = {str(outcome.change.address): outcome for outcome in finished.outcomes}
    assert by_name["b/x"].reason == by_name["c/x"].reason == "a/bad failed"
    assert by_name["a/bad"].failure == Failure(message="the service says no", code="no", advice="Ask again.")
    assert not finished.interrupted


def test_a_replace_that_loses_the_old_one_says_so() -> None:
    runner = Runner(refusing("create a/x"))
    (outcome,) = runner.run(change("a/x", action=Action.REPLACE)).outcomes
    assert outcome.status is Status.FAILED
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.advice) == ("no", "Ask again.")
    assert outcome.failure.message == (
        "the service says no. The old one was deleted and could not be put back either: the service says no. Correct "
        "the entry and apply again."
    )


def test_a_refused_replacement_puts_the_old_one_back() -> None:
    creates: list[Change] = []

    def refusing_the_new(verb: str, change: Change, note: Callable[[str], None]) -> None:  # noqa: ARG001
        if verb == "create":
            creates.append(change)
            if len(creates) == 1:
                raise PlaneError(Failure(message="no such model", code="no"))

    runner = Runner(refusing_the_new)
    replacing = change("a/x", action=Action.REPLACE)
    assert replacing.before is not None
    (outcome,) = runner.run(replacing).outcomes
    assert outcome.failure == Failure(message="no such model. The old one was put back as it was.", code="no")
    assert [it.after for it in creates] == [{"made": True}, replacing.before.fields]


def test_a_replace_that_cannot_delete_leaves_the_old_one() -> None:
    runner = Runner(refusing("delete a/x"))
    (outcome,) = runner.run(change("a/x", action=Action.REPLACE)).outcomes
    assert runner.kind.done == []
    assert outcome.failure is not None
    assert "gone" not in outcome.failure.advice


def test_when_told_to_stop_what_runs_ends_and_the_rest_is_skipped() -> None:
    stop = threading.Event()

    def stopping(verb: str, change: Change, note: Callable[[str], None]) -> None:  # noqa: ARG001
        stop.set()

    runner = Runner(stopping)
    finished = runner.run(
        change("a/0"), change("a/1"), change("b/0", "a/1"), change("b/1", "a/0"), parallelism=1, stopping=stop.is_set
    )
    assert finished.interrupted
    assert statuses(finished) == {"a/0": "done", "a/1": "skipped", "b/0": "skipped", "b/1": "skipped"}
    assert {outcome.reason for outcome in finished.outcomes} == {"", "stopped before it began"}


def test_after_a_failure_nothing_more_is_started_where_that_is_wanted() -> None:
    runner = Runner(refusing("a/1"))
    changes = (change("a/0"), change("a/1"), change("a/2"), change("b/0", "a/0"), change("b/1", "a/1"))
    finished = runner.run(*changes, parallelism=1, stop_on_failure=True)
    assert statuses(finished) == {"a/0": "done", "a/1": "failed", "a/2": "skipped", "b/0": "skipped", "b/1": "skipped"}
    reasons = {str(outcome.change.address): outcome.reason for outcome in finished.outcomes}
    assert reasons["a/2"] == reasons["b/0"] == "a/1 failed, and nothing is started after a failure"
    assert reasons["b/1"] == "a/1 failed"
    assert not finished.interrupted


def test_without_a_failure_there_is_nothing_to_stop_for() -> None:
    finished = Runner().run(change("a/0"), change("b/0", "a/0"), stop_on_failure=True)
    assert set(statuses(finished).values()) == {"done"}


def test_what_runs_when_another_fails_is_brought_to_its_end() -> None:
    both, failed = threading.Barrier(2), threading.Event()

    def work(verb: str, change: Change, note: Callable[[str], None]) -> None:  # noqa: ARG001
        both.wait(timeout=20)
        if change.address.name == "fails":
            raise PlaneError(Failure(message="no"))
        assert failed.wait(timeout=20)

    def emit(event: Event) -> None:
        if isinstance(event, ChangeFinished) and event.outcome.status is Status.FAILED:
            failed.set()

    finished = Runner(work).run(
        change("a/fails"), change("a/runs"), change("b/x", "a/runs"), emit=emit, stop_on_failure=True
    )
    assert statuses(finished) == {"a/fails": "failed", "a/runs": "done", "b/x": "skipped"}


def test_a_serial_kind_is_written_in_the_order_of_the_plan_whatever_fails() -> None:
    serial = FakeKind(lane="account", work=refusing("s/4"))
    runner = Runner(s=serial)
    late = change("s/3", "a/x")  # the plan has it first, so the others wait for it
    order = (change("a/x"), late, change("s/4"), change("s/1"), change("s/2"))
    finished = runner.run(*order)
    assert serial.done == ["create s/3", "create s/1", "create s/2"]
    assert statuses(finished)["s/4"] == "failed"


def test_a_serial_kind_goes_on_where_one_of_them_cannot() -> None:
    serial = FakeKind(lane="account")
    finished = Runner(refusing("a/x"), s=serial).run(change("a/x"), change("s/3", "a/x"), change("s/1"))
    assert statuses(finished) == {"a/x": "failed", "s/3": "skipped", "s/1": "done"}


def test_a_mistake_of_ours_is_raised_when_everything_else_has_ended_and_been_told() -> None:
    def breaking(verb: str, change: Change, note: Callable[[str], None]) -> None:  # noqa: ARG001
        if str(change.address) == "a/bug":
            raise KeyError("a bug")

    runner = Runner(breaking, s=FakeKind(lane="account", work=breaking))
    with pytest.raises(KeyError, match="a bug"):
        runner.run(change("a/bug"), *(change(f"a/{n}") for n in range(20)), change("b/x", "a/bug"), parallelism=2)
    last = runner.events[-1]
    assert isinstance(last, ApplyFinished)
    assert len(last.outcomes) == 22
    failed = last.outcomes[0]
    assert (failed.status, failed.failure and failed.failure.code) == (Status.FAILED, "internal-error")
    assert statuses(last)["b/x"] == "skipped"
    assert sum(outcome.status is Status.DONE for outcome in last.outcomes) == 20


def test_a_listener_that_breaks_leaves_nothing_half_done() -> None:
    def broken(event: Event) -> None:
        raise BrokenPipeError(type(event).__name__)

    def noting(verb: str, change: Change, note: Callable[[str], None]) -> None:  # noqa: ARG001
        note("waiting")

    runner = Runner(noting)
    with pytest.raises(BrokenPipeError, match="ApplyStarted"):
        runner.run(change("a/x"), change("b/x", "a/x"), emit=broken)
    assert runner.kind.done == ["create a/x", "create b/x"]


def test_leaving_at_once_waits_for_nobody() -> None:
    begun, never = threading.Event(), threading.Event()

    def hanging(verb: str, change: Change, note: Callable[[str], None]) -> None:  # noqa: ARG001
        begun.set()
        never.wait(timeout=60)

    def interrupted() -> bool:
        if begun.is_set():
            raise KeyboardInterrupt
        return False

    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            Runner(hanging).run(change("a/x"), stopping=interrupted)
        assert time.monotonic() - started < 30
        assert all(thread.daemon for thread in threading.enumerate() if thread.name == "change")
    finally:
        never.set()


def test_no_parallelism_at_all_is_one_at_a_time() -> None:
    assert statuses(Runner().run(change("a/x"), parallelism=0)) == {"a/x": "done"}


def _cost(count: int) -> float:
    changes = [change(f"a/{n}") for n in range(count)] + [change(f"b/{n}", f"a/{n}") for n in range(count)]
    started = time.process_time()
    Runner().run(*changes)
    return time.process_time() - started


def test_ten_times_as_many_changes_cost_about_ten_times_as_much() -> None:
    few = min(_cost(100) for _ in range(3))
    assert _cost(1000) < 40 * few


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if thread.name == "change":
            thread.join(timeout=5)
            assert not thread.is_alive()
