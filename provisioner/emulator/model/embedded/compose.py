"""The embedded model's words: it says what it recalls and what it is, and makes up nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.interface import Create, Memory, ToolCall, ToolOutput, Turn

from .concepts import concepts_of, wider_than
from .consolidate import consolidate
from .persons import spoken_to
from .ranking import EARLIER, PROFILE_FLOOR, rank
from .reading import reading
from .rules import read
from .statements import Stated
from .words import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioner.emulator.model.interface import Entry, Prompt

    from .statements import Statement

LONGEST_QUESTION: Final = 2_000
MOST_RECALLED: Final = 5
LONGEST_QUOTE: Final = 300
SELF: Final = "(The local Foundry's embedded model recalls and composes, no more; --model-endpoint brings a real one.)"
ASKS_ITSELF: Final = re.compile(
    r"(?:what|who|which|where|when|how|do|does|did|am|is|are|have|what's|who's|where's|tell me|remind "
    r"me|list|show me|give me)\b.*\b(?:my|mine|i|about me|am i)\b",
    re.IGNORECASE,
)
FOR_HELP: Final = re.compile(
    r"\b(?:should i|can i|could i|do i (?:parse|write|make|install|fix|use \w+ to|add|create|get|need)"
    r"|how (?:do|can|should|would) i|how i (?:should|can|could|would)|recommend|suggest|advise"
    r"|(?:show|give) me (?!(?:my|what|all|everything|a list of)\b))\b",
    re.IGNORECASE,
)
PREFERENCE_ONLY: Final = re.compile(
    r"(?:what|what things|which things) do i (?:really |usually )?(like|love|enjoy|prefer|dislike|hate)\W*$",
    re.IGNORECASE,
)
EVERYTHING: Final = re.compile(
    r"\b(?:know|remember|recall|stored?|learned|memory|memories)\b.*\b(?:me|my|i)\b|\bwho am i\b|\babout me\b",
    re.IGNORECASE,
)
GREETING: Final = re.compile(
    r"(?:hi|hello|hey|thanks|thank you|good (?:morning|evening|afternoon))\b[\w ,!.]{0,30}$", re.IGNORECASE
)


def question_of(conversation: Sequence[Entry]) -> str:
    return next(
        (entry.text for entry in reversed(conversation) if isinstance(entry, Turn) and entry.role == "user"), ""
    )


def tool_outputs(conversation: Sequence[Entry]) -> list[tuple[str, str]]:
    """Name of the tool and its output, for the calls answered since the user last spoke."""
    names = {entry.call_id: entry.name for entry in conversation if isinstance(entry, ToolCall)}
    found: list[tuple[str, str]] = []
    for entry in reversed(conversation):
        if isinstance(entry, Turn):
            break
        if isinstance(entry, ToolOutput):
            found.append((names.get(entry.call_id, "the tool"), entry.output))
    return found[::-1]


def text_answer(prompt: Prompt) -> str:
    question = " ".join(question_of(prompt.conversation)[:LONGEST_QUESTION].split())
    outputs = tool_outputs(prompt.conversation)
    if outputs:
        return _from_tools(outputs, prompt)
    if "?" not in question and (statements := read(question)):
        return f"{_noted(statements, prompt.memories)}{SELF}"
    if not question or GREETING.match(question):
        return f"Hello. {_also_recalled(prompt.memories) or 'I know nothing about you yet. '}{SELF}"
    direct = _direct(question, prompt.memories)
    return f"{direct} {SELF}" if direct else _to_task(question, prompt)


def _to_task(question: str, prompt: Prompt) -> str:
    recalled = _recalled(_fitting(question, prompt.memories))
    quoted = f"you asked: “{_cut(question)}”"
    steps = _steps(question, prompt.memories)
    if not recalled:
        return f"I know nothing about you yet. Y{quoted[1:]}{steps} {SELF}"
    return f"Since {_listed(recalled)}: {quoted}{steps} {SELF}"


def _steps(question: str, memories: Sequence[Memory]) -> str:
    asked = frozenset(content_stems(question))
    fitting = [
        memory.content
        for memory in memories
        if memory.kind == "procedural" and asked & frozenset(content_stems(memory.content))
    ]
    return f" I remember how: {fitting[0].rstrip('.')}." if fitting else ""


def _direct(question: str, memories: Sequence[Memory]) -> str:
    """An answer that is itself a memory, or that there is none; "" when the question is about something else."""
    if EARLIER.search(question):
        summaries = [memory.content for memory in memories if memory.kind == "chat_summary"]
        return f"Earlier, {_lower_first(_as_you(summaries[0]))}" if summaries else ""
    if not ASKS_ITSELF.search(question) or FOR_HELP.search(question):
        return ""
    profile = [memory for memory in memories if memory.kind == "user_profile"]
    if EVERYTHING.search(question):
        return (
            _upper_first(f"{_listed([spoken_to(memory.content) for memory in profile])}.")
            if profile
            else "I know nothing about you yet."
        )
    fitting = [memory for memory in profile if _answers(question, memory)]
    if fitting:
        best = [memory for memory in fitting if _slots_asked(question, memory)] or fitting
        return _upper_first(f"{_listed([spoken_to(memory.content) for memory in best[:MOST_RECALLED]])}.")
    return "I do not know that yet." if profile else "I know nothing about you yet."


def _answers(question: str, memory: Memory) -> bool:
    asked = concepts_of(question) - {"preference", "coding", "tool", "identity"}
    if verb := PREFERENCE_ONLY.search(question):
        says = reading(memory.content)
        return says.family == "like" and says.negative == (verb[1].casefold() in {"dislike", "hate"})
    held = concepts_of(memory.content) | _slots_asked(question, memory)
    return bool(asked & (held | wider_than(held))) or bool(
        frozenset(content_stems(question)) & frozenset(content_stems(memory.content))
    )


def _slots_asked(question: str, memory: Memory) -> frozenset[str]:
    slots = frozenset(part for slot in reading(memory.content).slots for part in re.split(r"[: ]", slot))
    return slots & (concepts_of(question) | frozenset(content_stems(question)))


def _noted(statements: Sequence[Statement], memories: Sequence[Memory]) -> str:
    """What was just said, and what is still true beside it."""
    operations = consolidate(statements, memories, "user_profile")
    changed = {operation.memory_id for operation in operations if not isinstance(operation, Create)}
    said = [spoken_to(statement.content) for statement in statements if isinstance(statement, Stated)]
    others = [
        memory for memory in memories if memory.memory_id not in changed and spoken_to(memory.content) not in said
    ]
    return f"{f'Noted: {_listed(said)}.' if said else 'Noted.'} {_also_recalled(others)}"


def _also_recalled(memories: Sequence[Memory]) -> str:
    recalled = _recalled(memories)
    return f"I recall that {_listed(recalled)}. " if recalled else ""


def _fitting(question: str, memories: Sequence[Memory]) -> Sequence[Memory]:
    """The facts that have to do with the question; all of them when none has. Summaries would crowd them out: one of
    an earlier conversation holds the very question when it is asked again.
    """
    facts = [memory for memory in memories if memory.kind == "user_profile"]
    scored = rank(question, facts).scored
    return [item.memory for item in scored if item.score > PROFILE_FLOOR] or facts


def _recalled(memories: Sequence[Memory]) -> list[str]:
    return [spoken_to(_cut(memory.content)) for memory in memories if memory.kind == "user_profile"][:MOST_RECALLED]


def _from_tools(outputs: list[tuple[str, str]], prompt: Prompt) -> str:
    said = "; ".join(f"{name} says {_readable(output)}" for name, output in outputs)
    recalled = _recalled(prompt.memories)
    return f"{f'Since {_listed(recalled)}: ' if recalled else ''}{said}. {SELF}"


def _readable(output: str) -> str:
    """A flat JSON object reads better as a list of its fields."""
    try:
        value = json.loads(output)
    except ValueError:
        return output.strip().rstrip(".")
    if isinstance(value, dict) and all(isinstance(part, str | int | float) for part in value.values()):
        return ", ".join(f"{key}: {part}" for key, part in value.items())
    return value if isinstance(value, str) else output.strip()


def _listed(parts: Sequence[str]) -> str:
    """you use Vim, prefer tabs and live in Oslo: one subject for those that share it"""
    shared = [
        part.removeprefix("you ") if place and part.startswith("you ") and parts[place - 1].startswith("you ") else part
        for place, part in enumerate(parts)
    ]
    return shared[0] if len(shared) == 1 else f"{', '.join(shared[:-1])} and {shared[-1]}" if shared else ""


def _as_you(text: str) -> str:
    return re.sub(r"\bthe user\b", "you", text, flags=re.IGNORECASE)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
