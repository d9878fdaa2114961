"""Conversations as files, as `memory remember` reads them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from provisioner.model.document import Document
from provisioner.model.errors import ProvisionerError
from provisioner.model.reasons import reason
from provisioner.model.words import listed

_ROLES: Final = ("user", "assistant", "system", "developer")
_PARTS: Final = {"assistant": "output_text"}  # of the others: input_text
_MOST_BYTES: Final = 16 << 20
_SHAPE: Final = 'Write a list of messages: [{"role": "user", "content": "I like tea."}].'


def read_conversation(name: str) -> list[Document]:
    """The messages as the service takes them. Raises ProvisionerError; nothing that was said is repeated in that."""
    where = "stdin" if name == "-" else f'"{name}"'
    try:
        document = json.loads(_content(name, where).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ProvisionerError(f"{where} is not JSON.", _SHAPE) from error
    messages = document.get("messages", document.get("items")) if isinstance(document, dict) else document
    if not isinstance(messages, list) or not messages:
        raise ProvisionerError(f"{where} holds no list of messages.", _SHAPE)
    return [_message(each, f"Message {number} of {where}") for number, each in enumerate(messages, 1)]


def _content(name: str, where: str) -> bytes:
    try:
        if name == "-":
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as stream:
                content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ProvisionerError(f"{where} cannot be read: {reason(error)}.") from error
    if len(content) > _MOST_BYTES:
        raise ProvisionerError(f"{where} has more than {_MOST_BYTES >> 20} MB.", "Part the conversation.")
    return content


def _message(message: Any, what: str) -> Document:
    role = message.get("role") if isinstance(message, dict) else None
    if role not in _ROLES:
        raise ProvisionerError(f"{what} has no `role` out of {listed(list(_ROLES))}.", _SHAPE)
    content = message.get("content")
    if isinstance(content, str):
        content = [{"type": _PARTS.get(role, "input_text"), "text": content}]
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise ProvisionerError(f"{what} has no `content`.", _SHAPE)
    return {"type": "message", "role": role, "content": content}
