"""What the embedded model says: what it recalls, was told and was asked; and which tool it calls."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.embedded.consolidate import consolidate
from provisioner.emulator.model.embedded.facts import read
from provisioner.emulator.model.embedded.ranking import EARLIER, FITS, fitting
from provisioner.emulator.model.embedded.schema_documents import Hints, document
from provisioner.emulator.model.embedded.stems import content_stems, parts_of
from provisioner.emulator.model.interface import Create, Memory, ModelError, ToolCall, ToolOutput, Turn, Update

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioner.emulator.model.interface import Entry, Prompt, Tool

LONGEST_QUESTION: Final = 2_000
LONGEST_QUOTE: Final = 300
MOST_RECALLED: Final = 5
MOST_TURNS: Final = 100
SELF: Final = "(The local Foundry's embedded model recalls and composes, no more; --model-endpoint brings a real one.)"
NOTHING: Final = "I know nothing about you yet."
GENERIC: Final = content_stems(  # every other tool is called get_ or search_ something
    "get set find list search data create info information tool call function fetch make read lookup look return"
    " current given show value result item name new update check provide provided query run retrieve"
)
THRESHOLD: Final = 2  # a word of the name, or two of the description
GREETING: Final = re.compile(r"(?:hi|hello|hey|thanks|thank you|good \w+)\b[\w ,!.]{0,30}$", re.IGNORECASE)


def question_of(conversation: Sequence[Entry]) -> str:
    return next((one.text for one in reversed(conversation) if isinstance(one, Turn) and one.role == "user"), "")


def tool_outputs(conversation: Sequence[Entry]) -> list[str]:
    """What the tools said that were called since somebody last spoke."""
    names = {entry.call_id: entry.name for entry in conversation if isinstance(entry, ToolCall)}
    last = max((place for place, entry in enumerate(conversation) if isinstance(entry, Turn)), default=-1)
    outputs = (entry for entry in conversation[last + 1 :] if isinstance(entry, ToolOutput))
    return [f"{names.get(one.call_id, 'the tool')} says {one.output.strip().rstrip('.')}" for one in outputs]


def known_to(prompt: Prompt) -> tuple[Memory, ...]:
    """The memories, and what the user said before in this conversation: newest first, and newer ones win."""
    turns = [entry.text for entry in prompt.conversation if isinstance(entry, Turn) and entry.role == "user"]
    operations = consolidate([said for text in turns[:-1][-MOST_TURNS:] for said in read(text)], prompt.memories)
    changed = {operation.memory_id for operation in operations if not isinstance(operation, Create)}
    told = [operation.content for operation in operations if isinstance(operation, Create | Update)][::-1]
    new = (Memory(memory_id=f"told-{place}", kind="user_profile", content=said) for place, said in enumerate(told))
    return (*new, *(memory for memory in prompt.memories if memory.memory_id not in changed))


def answer(prompt: Prompt, memories: Sequence[Memory]) -> str:
    question = " ".join(question_of(prompt.conversation)[:LONGEST_QUESTION].split())
    facts = [memory.content for memory in memories if memory.kind == "user_profile"]
    told = [] if "?" in question else [statement.content for statement in read(question)]
    recalled = _listed("I recall", _fitting(question, [fact for fact in facts if fact not in told]))
    if outputs := tool_outputs(prompt.conversation):
        said = f"{'; '.join(outputs)}. {recalled}"
    elif told:
        said = f"{_listed('Noted', list(filter(None, told))) or 'Noted.'} {recalled}"
    elif not question or GREETING.match(question):
        said = f"Hello. {recalled or NOTHING}"
    else:
        said = f"{_before(question, memories)}{recalled or NOTHING} You asked: “{question[:LONGEST_QUOTE]}”"
    return f"{said.strip()} {SELF}"


def _before(question: str, memories: Sequence[Memory]) -> str:
    """What was talked about, when that is asked for; how it is done, when that is known."""
    past = [memory.content for memory in memories if memory.kind == "chat_summary"] if EARLIER.search(question) else []
    steps = _fitting(question, [memory.content for memory in memories if memory.kind == "procedural"], FITS)
    return "".join(f"{text.rstrip('.')}. " for text in (*past, *steps[:1]))


def _fitting(question: str, contents: list[str], least: float = 0) -> list[str]:
    found = sorted(zip(fitting(question, contents), contents, strict=True), key=lambda pair: -pair[0])  # best first
    return [content for fit, content in found if fit >= least]


def _listed(opening: str, contents: Sequence[str]) -> str:
    parts = (content[:LONGEST_QUOTE].rstrip(".") for content in contents[:MOST_RECALLED])
    return f"{opening}: {'; '.join(parts)}." if contents else ""


def proposed(prompt: Prompt, hints: Hints) -> tuple[ToolCall, ...]:
    """At most one call; raises ModelError for a tool choice that no tool meets."""
    tool = _chosen(prompt, hints.question)
    if tool is None:
        return ()
    arguments = document({"type": "object", **tool.parameters}, hints, optional=bool(tool.strict))
    return (ToolCall(name=tool.name, arguments=json.dumps(arguments, ensure_ascii=False)),)


def _chosen(prompt: Prompt, question: str) -> Tool | None:
    named = next((tool for tool in prompt.tools if tool.name == prompt.only_tool), None)
    if prompt.only_tool and named is None:
        raise ModelError("unknown-tool", f"The tool choice names {prompt.only_tool!r}, which is not among the tools.")
    if named or prompt.tool_choice == "none" or not prompt.tools:
        return named
    asked = frozenset(content_stems(question[:LONGEST_QUESTION])).difference(GENERIC)
    best = max(prompt.tools, key=lambda tool: _overlap(tool, asked))  # the first of equals
    if _overlap(best, asked) < THRESHOLD or ("?" not in question and read(question)):
        return prompt.tools[0] if prompt.tool_choice == "required" else None
    return best


def _overlap(tool: Tool, asked: frozenset[str]) -> int:
    name = frozenset(content_stems(" ".join(parts_of(tool.name))))
    return THRESHOLD * len(name & asked) + len(
        (frozenset(content_stems(tool.description[:LONGEST_QUESTION])) - name) & asked
    )
