"""An agent: it is asked as a throw-away user, and where it is to recall, told a made-up fact in a call before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from provisioner.checks.memory import holds
from provisioner.checks.models import Answer
from provisioner.checks.traces import Traces
from provisioner.checks.tries import Bench, Unmet, made_up, said, throw_away
from provisioner.kinds import KINDS
from provisioner.kinds.agent_schema import MEMORY_TOOLS
from provisioner.model.check import USER_ID, AgentCheck, tool_word
from provisioner.model.resource import Live
from provisioner.model.words import listed, quoted

_SHOWN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """Where the agent keeps what the throw-away user says."""

    store: str
    scope: str


def try_agent(check: AgentCheck, bench: Bench, traces: Traces) -> str:
    """What was seen. Raises Unmet, Stopped and PlaneError."""
    kind = KINDS[check.subject.kind]
    live: Live | None = kind.read(bench.planes, check.subject)
    if live is None:
        raise Unmet(f"There is no {kind.singular} {check.subject.name}.", "Apply the manifest.")
    seen = []
    if check.ask:
        answer = _asked(check.ask, live, throw_away(), bench, traces)
        _require_expected(answer, check)
        seen.append(f"Answered as expected in {answer.elapsed_s:.1f} s.")
    if check.recalls:
        took_s = _recalls(check, live, bench, traces)
        seen.append(f"Recalled in another call what it was told {took_s:.1f} s before.")
    return " ".join(seen)


def _asked(text: str, live: Live, user: str, bench: Bench, traces: Traces) -> Answer:
    for memory in _memories(live, user):
        traces.agent_updates(memory.store, memory.scope)
    answer = bench.models.ask(live.address.name, text, user=user, timeout_s=bench.pace.left_s)
    bench.spent.add(answer.usage)
    return answer


def _memories(live: Live, user: str) -> Iterator[_Memory]:
    """A scope that all users share is none of ours to delete."""
    tools: Any = live.fields.get("tools") or ()
    for tool in tools:
        if isinstance(tool, Mapping) and tool.get("type") in MEMORY_TOOLS and USER_ID in str(tool.get("scope")):
            scope = str(tool["scope"]).replace(USER_ID, user)
            yield _Memory(store=str(tool.get("memory_store_name")), scope=scope)


def _require_expected(answer: Answer, check: AgentCheck) -> None:
    wanted = check.expected
    if not (answer.text.strip() or answer.called):
        raise Unmet("It answered nothing.", "Look at its instructions and its content filter.")
    missing = [text for text in wanted.contains if text.casefold() not in answer.text.casefold()]
    if missing:
        raise Unmet(f"The answer does not contain {listed(missing)}: {_shown(answer)}", _WORDS)
    if wanted.matches and re.search(wanted.matches, answer.text) is None:
        raise Unmet(f"The answer does not match {wanted.matches}: {_shown(answer)}", _WORDS)
    if wanted.tool and tool_word(wanted.tool) not in map(tool_word, answer.called):
        called = f"It called {listed(answer.called)}" if answer.called else "It called none"
        raise Unmet(
            f"The tool {wanted.tool} was not called. {called}.", "Say in its instructions when to use the tool."
        )
    if wanted.latency_s is not None and answer.elapsed_s > wanted.latency_s:
        message = f"The answer took {answer.elapsed_s:.1f} s, and may take {wanted.latency_s:g} s."
        raise Unmet(message, "Raise the deployment's capacity, or `latency_s`.")


_WORDS: Final = "Models word things anew each time: expect what every good answer holds."


def _recalls(check: AgentCheck, live: Live, bench: Bench, traces: Traces) -> float:
    user, word = throw_away(), made_up()
    memories = [*_memories(live, user)]
    if not memories:
        message = f"The agent that is live has no memory tool whose scope holds {USER_ID}."
        raise Unmet(message, "Apply the manifest.")
    fact = said(check.fact, word)
    _asked(fact, live, user, bench, traces)
    told = bench.clock.now()
    _require_remembered(memories, fact, word, bench)
    answer = _asked(said(check.question, word), live, user, bench, traces)
    if word.casefold() not in answer.text.casefold():
        asked = quoted(check.question)
        message = f"Its store remembers {quoted(word)}, and the answer to {asked} does not hold it: {_shown(answer)}"
        raise Unmet(message, "Say in its instructions that it looks up what it remembers of the user.")
    return bench.clock.now() - told


def _require_remembered(memories: list[_Memory], fact: str, word: str, bench: Bench) -> None:
    """The service draws memories out after a while of quiet, which asking again would only put off."""
    while not any(holds([*bench.memories.items(it.store, it.scope)], word) for it in memories):
        if bench.pace.has_time():
            continue
        for it in memories:  # raises what keeps the store from its models, which an agent keeps to itself
            bench.spent.add(bench.memories.searched(it.store, it.scope, fact).usage)
        message = "What it was told is not in its memory, and the time is over."
        hint = "Add a check of the store itself (`memory: STORE`), which says why; or raise `timeout_s`."
        raise Unmet(message, hint, is_final=True)


def _shown(answer: Answer) -> str:
    text = " ".join(answer.text.split())
    return f"“{text}”" if len(text) <= _SHOWN else f"“{text[:_SHOWN]}…”"
