"""A model is asked; what goes wrong with it is told as the service tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provisioner.emulator.model import ModelError
from provisioner.emulator.wire.errors import Refusal, bad_request

if TYPE_CHECKING:
    from collections.abc import Generator

    from provisioner.emulator.model import Answer, Prompt, Usage
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call, Slow


def ask(call: Call, prompt: Prompt, *, model: str, agent: str | None = None) -> Generator[Slow, Any, Answer]:
    """`answer = yield from ask(...)`, by a script if one fits; raises Refusal.

    `model` is the name of a deployment. Source: azure-sdk-for-python#44971, its 500.
    """
    scripted = call.world.scripts.answer(prompt, model=model, agent=agent)
    if scripted is not None:
        return scripted
    try:
        answer: Answer = yield lambda model: model.answer(prompt)
    except ModelError as error:
        if error.code == "invalid-schema":
            raise bad_request(error.message, code="invalid_json_schema") from error
        raise Refusal(500, "server_error", f"{error.message} ({error.code})", kind="server_error") from error
    return answer


def usage_of(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
