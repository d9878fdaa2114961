"""Scripts: when asked this, answer that. For tests that need exact words, which no embedded model has.

{"match": {"text": "What is the weather in Rome?"}, "say": {"call": {"name": "weather", "arguments": {"city": "Rome"}}}}
{"match": {"regex": "tea", "agent": "buddy"}, "say": {"text": "With milk.", "memories": ["Takes milk in tea"]}}
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model import Answer, Create, Extraction, ToolCall, ToolOutput, Turn, Usage
from provisioner.emulator.model.items import token_estimate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provisioner.emulator.model import Entry, Memory, Prompt, Wishes
    from provisioner.emulator.model.interface import Json


MATCH: Final = {"text": str, "regex": str, "agent": str, "model": str}
SAY: Final = {"text": str, "call": dict, "json": object, "memories": list}
SHAPE: Final = 'A script is {"match": {...}, "say": {...}}, and "times" if it ends.'
KINDS: Final = ("user_profile", "chat_summary", "procedural")


@dataclass(kw_only=True, slots=True)
class Script:
    """Answers and extractions are counted by themselves: one message of the user causes one of each."""

    match: Json
    regex: re.Pattern[str]
    say: Json
    memories: tuple[Create, ...]
    times: int | None
    answered: int = 0
    extracted: int = 0

    def fits(self, conversation: Sequence[Entry], *, model: str, agent: str | None) -> bool:
        said = (one.text for one in reversed(conversation) if isinstance(one, Turn) and one.role == "user")
        text = next(said, "").strip()
        return (
            self.match.get("text", text).strip() == text
            and self.regex.search(text) is not None
            and self.match.get("model", model) == model
            and self.match.get("agent", agent) == agent
        )

    def answer(self, *, called: bool) -> Answer | None:
        """`called`: a tool was called, and its output is there. Words beside a call are what is said then."""
        words = {"text", "json"} & set(self.say)
        if called and "call" in self.say:
            return self._words() if words and self.answered else None
        if not (words or "call" in self.say) or (self.times is not None and self.answered >= self.times):
            return None
        self.answered += 1
        if "call" not in self.say:
            return self._words()
        arguments = json.dumps(self.say["call"].get("arguments", {}), ensure_ascii=False)
        return _answer("", ToolCall(name=self.say["call"]["name"], arguments=arguments))

    def _words(self) -> Answer:
        return _answer(json.dumps(self.say["json"], ensure_ascii=False) if "json" in self.say else self.say["text"])

    def extract(self) -> tuple[Create, ...] | None:
        if "memories" not in self.say or (self.times is not None and self.extracted >= self.times):
            return None
        self.extracted += 1
        return self.memories

    def describe(self) -> Json:
        ends = {} if self.times is None else {"times": self.times}
        return {"match": self.match, "say": self.say, **ends, "answered": self.answered, "extracted": self.extracted}


class Scripts:
    """The first one that fits has its say; where none does, the model answers."""

    def __init__(self) -> None:
        self._declared: list[Script] = []

    def add(self, scripts: Iterable[Script]) -> None:
        self._declared += scripts

    def clear(self) -> None:
        self._declared.clear()

    def describe(self) -> list[Json]:
        return [script.describe() for script in self._declared]

    def answer(self, prompt: Prompt, *, model: str, agent: str | None) -> Answer | None:
        called = bool(prompt.conversation) and isinstance(prompt.conversation[-1], ToolOutput)
        fitting = (one for one in self._declared if one.fits(prompt.conversation, model=model, agent=agent))
        return next((answer for one in fitting if (answer := one.answer(called=called)) is not None), None)

    def extraction(
        self, conversation: Sequence[Entry], known: Sequence[Memory], wishes: Wishes, *, model: str
    ) -> Extraction | None:
        """An update does not know by whose answer it was caused: a script for an agent extracts nothing."""
        fitting = (one for one in self._declared if one.fits(conversation, model=model, agent=None))
        found = next((memories for one in fitting if (memories := one.extract()) is not None), None)
        if found is None:
            return None
        on = {"user_profile": wishes.user_profile, "chat_summary": wishes.chat_summary, "procedural": wishes.procedural}
        held = {(memory.kind, memory.content) for memory in known}
        new = tuple(one for one in found if on[one.kind] and (one.kind, one.content) not in held)
        return Extraction(operations=new, usage=_usage(*(one.content for one in new)))


def scripts_of(documents: object) -> list[Script]:
    """One script, a list of them, or {"scripts": [...]}; all or none. Raises ValueError, naming what is wrong."""
    if isinstance(documents, dict) and "scripts" in documents:
        _check_keys(documents, {"scripts": list}, "the document")
        documents = documents["scripts"]
    return [_script(document) for document in (documents if isinstance(documents, list) else [documents])]


def _script(document: object) -> Script:
    if not isinstance(document, dict) or not isinstance(document.get("say"), dict) or not document["say"]:
        raise ValueError(SHAPE)
    _check_keys(document, {"match": dict, "say": dict, "times": int}, "a script")
    match, say, times = document.get("match", {}), document["say"], document.get("times")
    _check_keys(match, MATCH, "match")
    _check_keys(say, SAY, "say")
    if isinstance(times, bool) or (times is not None and times < 0):
        raise ValueError('"times" is a whole number from 0.')
    if {"text", "json"} <= set(say):
        raise ValueError('A script says "text" or "json", not both.')
    if "call" in say:
        _check_keys(say["call"], {"name": str, "arguments": dict}, "call")
        if not say["call"].get("name"):
            raise ValueError('"call" needs the "name" of a function.')
    try:
        regex = re.compile(match.get("regex", ""))
    except re.error as error:
        raise ValueError(f"{match['regex']!r} is no regular expression: {error}.") from None
    memories = tuple(map(_memory, say.get("memories", ())))
    return Script(match=match, regex=regex, say=say, memories=memories, times=times)


def _memory(wanted: object) -> Create:
    if isinstance(wanted, str) and wanted:
        return Create(kind="user_profile", content=wanted)
    if isinstance(wanted, dict) and wanted.keys() <= {"kind", "content"} and wanted.get("content"):
        kind, content = wanted.get("kind", "user_profile"), wanted["content"]
        if kind in KINDS and isinstance(content, str):
            return Create(kind=kind, content=content)
    raise ValueError(f'Each of "memories" is a text, or {{"kind": one of {", ".join(KINDS)}, "content": text}}.')


def _check_keys(document: Json, known: Json, where: str) -> None:
    for key, value in document.items():
        if key not in known:
            raise ValueError(f"There is no {key!r} in {where}; there are: {', '.join(known)}.")
        if not isinstance(value, known[key]):
            sort = {str: "a text", dict: "a map", list: "a list", int: "a whole number"}[known[key]]
            raise ValueError(f'"{key}" in {where} is {sort}, not {json.dumps(value)}.')  # noqa: TRY004  as all of them


def _answer(text: str, *calls: ToolCall) -> Answer:
    return Answer(text=text, calls=calls, usage=_usage(text, *(call.arguments for call in calls)))


def _usage(*written: str) -> Usage:
    """Nothing is read: a script knows its words by heart."""
    return Usage(output_tokens=token_estimate(*written))
