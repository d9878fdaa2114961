"""What must hold of a command, whatever happened to its requests. Each complaint is a sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Any, Final

from tests.sweep.commands import Result
from tests.sweep.live import Live
from tests.sweep.scenarios import Scenario

Json = dict[str, Any]
OURS, THEIRS = "team", "others"
_SAYS_SO: Final = (
    "The old one was deleted",
    "The service accepted the deletion. The new one was not made yet.",
    "Whether it was deleted is not known. The new one was not made yet.",
)
_NOBODY_SAID: Final = ("Traceback", "[Errno", "object at 0x")


def complaints(
    result: Result, scenario: Scenario, before: Live, now: Live, meant: Live, *, believed: Collection[str] = ()
) -> Iterator[str]:
    """`meant` is what the same command led to when nothing happened; `believed` are the actions that go unchecked."""
    yield from _words(result)
    yield from _statuses(result, before, now, meant, believed)
    yield from _missing(result, before, now)
    yield from losses(scenario, before, now, meant)


def _words(result: Result) -> Iterator[str]:
    last = result.events[-1]
    if last["event"] not in ("apply_finished", "failed"):
        yield f"the last event is {last['event']}"
    if last["event"] == "failed":
        if not (last["message"] and "\nError: " in f"\n{result.err}"):
            yield "it failed without a word"
        if result.code != 1:
            yield f"it failed, and the exit code is {result.code}"
    for words in _NOBODY_SAID:
        if words in result.out or words in result.err:
            yield f"it says {words}"


def _statuses(result: Result, before: Live, now: Live, meant: Live, believed: Collection[str]) -> Iterator[str]:
    outcomes = result.outcomes
    undone = {address for address, it in outcomes.items() if it["status"] != "done"}
    if outcomes and result.code != (1 if undone else 0):
        yield f"the exit code is {result.code}, undone are {sorted(undone)}"
    for address, outcome in outcomes.items():
        is_checked = outcome["action"] not in believed
        if outcome["status"] == "done" and is_checked and now.of(address) != meant.of(address):
            yield f"{address} is told as done, and is {now.of(address)}, not {meant.of(address)}"
        if outcome["status"] == "skipped" and now.of(address) != before.of(address):
            yield f"{address} is told as skipped, and is {now.of(address)}, not {before.of(address)}"
        if outcome["status"] != "done" and not outcome["reason"]:
            yield f"{address} is {outcome['status']} for no reason"
        if outcome["status"] == "failed" and outcome["failure"]["code"] == "internal-error":
            yield f"{address} failed by a mistake: {outcome['reason']}"


def _missing(result: Result, before: Live, now: Live) -> Iterator[str]:
    """What was not to go is there, unless it is said in words that it is not."""
    for address in sorted(before.objects.keys() - now.objects.keys()):
        outcome = result.outcomes.get(address)
        if outcome is None:
            yield f"{address} is gone, and nothing was to be done to it"
        elif outcome["action"] != "delete" and outcome["status"] != "failed":
            yield f"{address} is gone, and its {outcome['action']} is {outcome['status']}"
        elif outcome["action"] != "delete" and not any(it in outcome["failure"]["message"] for it in _SAYS_SO):
            yield f"{address} is gone without a word: {outcome['failure']}"


def differences(now: Live, meant: Live) -> Iterator[tuple[str, object, object]]:
    for address in sorted({*now.objects, *meant.objects}):
        one, other = _ended(now.of(address)), _ended(meant.of(address))
        if one != other:
            yield address, one, other


def _ended(body: Json | None) -> Json | None:
    """What was released in a write that failed is nobody's to mend."""
    if body is None or "properties" not in body or body["tags"].get("provisioner-owner"):
        return body
    return {**body, "properties": {**body["properties"], "provisioningState": ""}}


def losses(scenario: Scenario, before: Live, now: Live, meant: Live) -> Iterator[str]:
    """Also of what was killed, and after the run that mends it."""
    for address, memories in before.memories.items():
        if address not in scenario.loses and now.memories.get(address) != memories:
            yield f"{address} lost memories: {memories} became {now.memories.get(address)}"
    for address in sorted(before.owned_by(THEIRS)):
        if (now.of(address), now.made.get(address)) != (before.of(address), before.made[address]):
            yield f"{address} of others was touched"
        if now.versions.get(address) != before.versions.get(address):
            yield f"{address} of others has other versions"
    for address, versions in now.versions.items():
        if address not in now.objects:
            continue
        if any(one == other for one, other in pairwise(versions)):
            yield f"{address} has two versions that are the same: {versions}"
        most = max(len(meant.versions.get(address, ())), len(before.versions.get(address, ())))
        if len(versions) > most + 1:
            yield f"{address} has {len(versions)} versions, and {most} were enough"
