"""The JSON Schema of one of a manifest's `checks`."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from provisioner.kinds.fragments import flag, mapping, text, whole
from provisioner.manifest.misfits import Shape
from provisioner.model.check import FACT, QUESTION, RETRIES, TIMEOUT_S
from provisioner.model.document import Document

SECTION: Final = "checks"
OF_ANSWERS: Final = ("contains", "matches", "calls_tool", "latency_s")
NAME: Final[Document] = {"pattern": "^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$", "maxLength": 63}

CHECK: Final[Document] = mapping(
    "One check. Its kind is the key that names what it is about: `memory`, `agent` or `deployment`.",
    {
        "memory": text(
            "A memory store: a made-up fact is remembered in a throw-away scope, found again, not seen from another "
            "scope, and deleted.",
            examples=["dev-prefs-memory"],
        ),
        "agent": text("An agent: it is asked, as a throw-away user.", examples=["dev-buddy"]),
        "deployment": text(
            "A model deployment: one completion, or one embedding, by what the model is.", examples=["gpt-5.4-mini"]
        ),
        "ask": text("What the agent is asked.", examples=["Which languages do you know?"]),
        "expect": mapping(
            "What of the answer. Without it, any answer will do.",
            {
                "contains": {
                    "type": ["string", "array"],
                    "items": {"type": "string", "minLength": 1, "description": "Write the text."},
                    "description": "Texts that are all in it, in whichever letters, upper or lower.",
                    "examples": [["Rust"]],
                },
                "matches": text("A regular expression, of Python's, that is found in it.", examples=["(?i)rust|go"]),
                "calls_tool": text(
                    "A tool that is called: the name of a function, or a tool's type.",
                    examples=["memory_search_preview"],
                ),
                "recalls": flag(
                    "Tell it a made-up fact in one call, and ask for it in another that shares no history. It takes a "
                    "memory tool whose scope holds `{{$userId}}`.",
                    default=False,
                ),
                "latency_s": {
                    "type": "number",
                    "minimum": 0.001,
                    "description": "How many seconds the answer to `ask` may take.",
                    "examples": [20],
                },
            },
        ),
        "fact": text(
            "What is to be remembered, for stores that keep only certain things; the made-up word stands at `{word}`.",
            pattern=r"\{word\}",
            default=FACT,
        ),
        "question": text("What it is asked for with.", default=QUESTION),
        "timeout_s": whole(
            "How many seconds a try may take.", minimum=1, maximum=3600, default=TIMEOUT_S, examples=[TIMEOUT_S]
        ),
        "retries": whole(
            "How often a check that failed is tried again.", minimum=0, maximum=10, default=RETRIES, examples=[RETRIES]
        ),
    },
)
_NEIGHBOURS: Final = {
    "store": "memory",
    "kind": "A check's kind is the key that names what it is about: `memory: STORE`, `agent: AGENT`.",
    "timeout": "timeout_s",
    "expect.latency": "expect.latency_s",
    **{key: f"expect.{key}" for key in (*OF_ANSWERS, "recalls")},
}


@lru_cache(maxsize=1)
def check_shape() -> Shape:
    return Shape(CHECK, neighbours=_NEIGHBOURS)
