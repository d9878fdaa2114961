"""How-tos: steps and standing rules of work, kept nearly as they were given.

The user's count at once; the assistant's only when the user's next turn says that they worked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.interface import Create, Memory, Operation, Turn, Update

from .persons import capitalised
from .statements import expanded
from .text import QUESTION_START, QUOTED, SUPPOSITION, sentences, unfenced
from .words import content_stems, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST: Final = 300
DOING: Final = (
    r"(?:run|use|call|open|press|click|type|execute|set|add|create|build|push|pull|merge|commit|deploy"
    r"|restart|stop|start|check|update"
    r"|install|make|tag|bump|write|review|ask|send|copy|move|delete|remove|go|log|select|choose|edit"
    r"|turn|put|mix|stir|bake|boil"
    r"|preheat|wait|first|always|never|do not|source|export|test|back up|clean|clear|rebase|squash"
    r"|format|lint|verify|enable|disable)"
)
TO_DO: Final = re.compile(
    rf"(?:(?:in order )?to (?P<goal>[\w `'./-]{{3,80}}?)(?:,|:| you (?:need to|have to|should|must)| we"
    rf"| -)\s+(?:you |we |just |then |must |should |need to |have to |simply )*(?P<steps>{DOING}\b.+)$)",
    re.IGNORECASE,
)
FIGURE_OF_SPEECH: Final = re.compile(
    r"(?:be (?:honest|clear|fair|sure|precise)|sum up|recap|me|some extent)\b", re.IGNORECASE
)
RULE: Final = re.compile(
    r"(?:please |remember to |make sure to |be sure to )?(?P<force>always|never) "
    rf"(?P<steps>{DOING}\b.+? (?:before|after|when|whenever|first|until|unless)\b.*)$",
    re.IGNORECASE,
)
TIMED: Final = re.compile(
    rf"(?P<when>(?:before|after|when(?:ever)?|each time|every time) [\w `'./-]{{3,80}}), (?:you |we "
    rf"|please |then |must |should |need to |have to )*(?P<steps>{DOING}\b.+)$",
    re.IGNORECASE,
)
STEPPED: Final = re.compile(
    rf"first,? (?:you |we )?(?P<steps>{DOING}\b.+\b(?:then|finally|after that)\b.+)$", re.IGNORECASE
)
CONFIRMED: Final = re.compile(
    r"(?:\W|^)(?:that worked|it worked|works now|that works|worked (?:perfectly|like a charm|fine"
    r"|great)|that fixed it|that did it|fixed it|problem solved)\b(?! only| not)",
    re.IGNORECASE,
)
NUMBERED: Final = re.compile(r"[ \t]{0,8}\d{1,2}[.)][ \t]+(?P<step>.+)$")
HEADING: Final = re.compile(
    r"(?:here(?:'s| is) )?(?:how (?:to|we|I|you)|steps (?:to|for)|to) (?P<goal>[\w `'./-]{3,80}?):?$", re.IGNORECASE
)


def how_tos(turns: Sequence[Turn]) -> Iterator[str]:
    for place, turn in enumerate(turns):
        following = turns[place + 1] if place + 1 < len(turns) else None
        confirmed = (
            turn.role == "assistant"
            and following is not None
            and following.role == "user"
            and bool(CONFIRMED.search(following.text[:500]))
        )
        if turn.role == "user" or confirmed:
            yield from _of_text(turn.text)


def _of_text(text: str) -> Iterator[str]:
    own = QUOTED.sub(" ", unfenced(text))
    yield from _numbered(own)
    for sentence, mark in sentences(own):
        found = (
            ""
            if "?" in mark
            else _of_sentence(
                re.sub(r"^(?:and|so|also|ok|note|remember),?:? (?:that )?", "", sentence, flags=re.IGNORECASE)
            )
        )
        if found:
            yield found


def _numbered(text: str) -> Iterator[str]:
    """A line like "How to release:" and the numbered lines below it."""
    goal, steps = "", list[str]()
    for line in [*text.splitlines(), ""]:
        step = NUMBERED.match(line)
        if step:
            steps.append(step["step"].strip().rstrip(".;"))
            continue
        if goal and len(steps) > 1:
            yield _tidy(f"To {goal}: {', then '.join(steps)}")
        heading = HEADING.match(line.strip().rstrip(":")) if line.strip() or steps else None
        goal, steps = heading["goal"].strip() if heading else ("" if line.strip() or steps else goal), []


def _of_sentence(sentence: str) -> str:
    if QUESTION_START.match(sentence) or SUPPOSITION.search(sentence):
        return ""
    if (match := TO_DO.match(sentence)) and not FIGURE_OF_SPEECH.match(match["goal"]):
        return _tidy(f"To {match['goal'].strip()}: {match['steps']}")
    if match := RULE.match(sentence):
        return _tidy(f"{match['force']} {match['steps']}")
    if match := TIMED.match(sentence):
        return _tidy(f"{match['when']}: {match['steps']}")
    match = STEPPED.match(sentence)
    return _tidy(f"First {match['steps']}") if match else ""


def _tidy(text: str) -> str:
    tidy = capitalised(" ".join(expanded(text).split()).rstrip(" .!,;"))
    return tidy if len(tidy) <= LONGEST else ""


def procedures(turns: Sequence[Turn], known: Sequence[Memory]) -> tuple[Operation, ...]:
    """A how-to for the same goal replaces the earlier one."""
    notes = {memory.memory_id: memory.content for memory in known if memory.kind == "procedural"}
    new: list[str] = []
    for text in dict.fromkeys(how_tos(turns)):
        places = [memory_id for memory_id, content in notes.items() if _same_goal(content, text)]
        for memory_id in places[:1]:
            notes[memory_id] = text
        if not places:
            new = [other for other in new if not _same_goal(other, text)] + [text]
    was = {memory.memory_id: memory.content for memory in known}
    changed = [
        Update(memory_id=memory_id, content=content)
        for memory_id, content in notes.items()
        if content != was[memory_id]
    ]
    return (*changed, *(Create(kind="procedural", content=text) for text in new))


def _same_goal(one: str, other: str) -> bool:
    if content_stems(one) == content_stems(other):
        return True
    goals = [text.partition(":")[0] if ":" in text else "" for text in (one, other)]
    return bool(goals[0]) and content_stems(goals[0]) == content_stems(goals[1]) and bool(words(goals[0]))
