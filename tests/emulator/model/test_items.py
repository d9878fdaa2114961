"""Items as clients send them, and what is read of them."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.emulator.model import Entry, ToolCall, ToolOutput, Turn, conversation_of

PART = {"type": "input_text", "text": "Hello"}


@pytest.mark.parametrize(
    ("items", "entries"),
    [
        pytest.param("Hello", (Turn("user", "Hello"),), id="plain-string"),
        pytest.param(None, (), id="none"),
        pytest.param([], (), id="empty"),
        pytest.param(
            [{"type": "message", "role": "user", "content": "Hello"}], (Turn("user", "Hello"),), id="string-content"
        ),
        pytest.param([{"role": "user", "content": "Hello"}], (Turn("user", "Hello"),), id="without-type"),
        pytest.param([{"type": "message", "role": "user", "content": [PART]}], (Turn("user", "Hello"),), id="parts"),
        pytest.param(
            [{"role": "assistant", "content": [{"type": "output_text", "text": "Hi"}, {"type": "refusal"}]}],
            (Turn("assistant", "Hi"),),
            id="other-parts-passed-over",
        ),
        pytest.param([{"role": "user", "content": [PART, PART]}], (Turn("user", "Hello\nHello"),), id="parts-joined"),
        pytest.param([{"role": "user"}], (Turn("user", ""),), id="no-content"),
        pytest.param([{"type": "reasoning", "role": "user"}, 7, {"type": "message"}], (), id="no-messages"),
        pytest.param(
            [
                {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"},
                {"type": "function_call_output", "call_id": "c", "output": "7"},
            ],
            (ToolCall(name="f", arguments="{}", call_id="c"), ToolOutput(call_id="c", output="7")),
            id="function-call",
        ),
        pytest.param(
            [{"type": "function_call_output", "call_id": "c", "output": {"a": 1}}],
            (ToolOutput(call_id="c", output='{"a": 1}'),),
            id="output-as-an-object",
        ),
    ],
)
def test_items_become_entries(items: Any, entries: tuple[Entry, ...]) -> None:
    assert conversation_of(items) == entries
