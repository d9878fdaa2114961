"""The embedded model: a few rules, and a ranking by word vectors. See the room above for what it is not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model import interface as model
from provisioner.emulator.model.embedded.answers import answer, known_to, proposed, question_of, tool_outputs
from provisioner.emulator.model.embedded.consolidate import consolidate, procedures, summarise
from provisioner.emulator.model.embedded.facts import read
from provisioner.emulator.model.embedded.ranking import rank
from provisioner.emulator.model.embedded.schema_documents import Hints, document
from provisioner.emulator.model.embedded.stems import content_stems
from provisioner.emulator.model.items import token_estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EmbeddedModel"]

AVOID: Final = re.compile(r"(?i)\b(?:avoid|exclud\w+|omit|except|without|never|not|don't|no)\b([^.;!\n]*)")
# Facts tell these topics without naming them
TOPICS: Final = {
    "age": r"\d+ years old|born", "locat": "lives|based|from", "financ": "salary|income|debt|mortgage|money",
    "health": "allergic|diabetic|pregnant|deaf|blind", "employ": "works (?:at|for)", "diet": "vegan|vegetarian",
}  # fmt: skip


class EmbeddedModel:
    """Deterministic: the same input gives the same output, in every process."""

    def extract(
        self, conversation: Sequence[model.Entry], known: Sequence[model.Memory], wishes: model.Wishes
    ) -> model.Extraction:
        """Only what the user says becomes a memory."""
        texts = [entry.text for entry in conversation if isinstance(entry, model.Turn) and entry.role == "user"]
        unwanted = _unwanted(wishes.user_profile_details)
        said = [one for text in texts for one in read(text) if not unwanted.search(one.content)]
        operations = (
            *(consolidate(said, known) if wishes.user_profile else ()),
            *(summarise(texts, known) if wishes.chat_summary else ()),
            *(procedures(texts, known) if wishes.procedural else ()),
        )
        heard = token_estimate(*texts, *(memory.content for memory in known))
        written = token_estimate(*(one.content for one in operations if not isinstance(one, model.Delete)))
        usage = model.Usage(input_tokens=heard, output_tokens=written, embedding_tokens=written)
        return model.Extraction(operations=operations, usage=usage)

    def rank(self, query: str, memories: Sequence[model.Memory]) -> model.Ranking:
        return rank(query, memories)

    def answer(self, prompt: model.Prompt) -> model.Answer:
        memories = known_to(prompt)
        text = answer(prompt, memories)
        hints = Hints(question=question_of(prompt.conversation)[:4_000], memories=memories, reply=text)
        # A tool is given what was asked, never what would be answered.
        calls = () if tool_outputs(prompt.conversation) else proposed(prompt, replace(hints, reply=hints.question))
        said = "" if calls else text
        if prompt.response_format is not None and not calls:
            schema = prompt.response_format.schema
            said = json.dumps({"answer": text} if schema is True else document(schema, hints), ensure_ascii=False)
        return model.Answer(text=said, calls=calls, usage=_usage(prompt, said, *(call.arguments for call in calls)))


def _unwanted(details: str) -> re.Pattern[str]:
    """What a store's details say to avoid: by its words, and by what facts of that topic look like."""
    words = [stem for part in AVOID.findall(details[:4_000]) for stem in content_stems(part)]
    topics = [look for topic, look in TOPICS.items() if any(word.startswith(topic) for word in words)]
    return re.compile("|".join([rf"\b{re.escape(word)}" for word in words] + topics) or r"(?!)", re.IGNORECASE)


def _usage(prompt: model.Prompt, *said: str) -> model.Usage:
    turns = [entry for entry in prompt.conversation if isinstance(entry, model.Turn)]
    calls = [entry.arguments for entry in prompt.conversation if isinstance(entry, model.ToolCall)]
    outputs = [entry.output for entry in prompt.conversation if isinstance(entry, model.ToolOutput)]
    heard = (
        prompt.instructions,
        *(turn.text for turn in turns),
        *calls,
        *outputs,
        *(one.content for one in prompt.memories),
    )
    read_tokens = token_estimate(*heard) + sum(turn.image_tokens for turn in turns)
    return model.Usage(input_tokens=read_tokens, output_tokens=token_estimate(*said))
