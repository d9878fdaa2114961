"""What clients send about memories, read and judged before anything is done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from provisioner.emulator.project.memory.rows import KINDS
from provisioner.emulator.project.request_members import refuse_unknown
from provisioner.emulator.wire.errors import bad_request
from provisioner.emulator.wire.versions import PREVIEW

if TYPE_CHECKING:
    from collections.abc import Collection

    from provisioner.emulator.model import MemoryKind
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call

Items = str | list[Any] | None

SCOPE: Final = re.compile(r"[A-Za-z0-9_\-.%+@/]+")
SCOPE_MAX: Final = 512  # assumed
CONTENT_MAX: Final = 8192  # assumed
MAX_MEMORIES: Final = 5  # assumed default: the published samples ask for as many
MAX_MEMORIES_LIMIT: Final = 100  # assumed
DELAY_S: Final = 300  # azure-ai-projects 2.10, begin_update_memories
DELAY_MAX_S: Final = 86_400  # assumed


def body_of(call: Call, *known: str) -> Json:
    document = call.document()
    refuse_unknown(document, known, strict=call.switches.strict)
    return document


def is_courteous(call: Call) -> bool:
    """The preview takes and answers a tutorial's shapes beside the specified ones, unless we are strict."""
    return call.query.get("api-version") == PREVIEW and not call.switches.strict


def scope_of(given: object) -> str:
    """Source: Azure/kars, sanitize_scope: anything else, a colon foremost, is answered 400.

    `{{$userId}}` is a template of an agent's tool only; here its signs are as wrong as others (inferred).
    """
    if not isinstance(given, str) or not given:
        raise bad_request("'scope' is required.", param="scope")
    if len(given) > SCOPE_MAX or not SCOPE.fullmatch(given):
        message = f"'scope' may contain letters, digits and _ - . % + @ / only, at most {SCOPE_MAX} of them."
        raise bad_request(message, param="scope")
    return given


def items_of(given: object) -> Items:
    """A string, or a list of objects; what is no message among them is passed over later."""
    if given is None or isinstance(given, str):
        return given
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise bad_request("'items' must be a list of input items.", param="items")
    return given


def joined(earlier: Items, later: Items) -> Items:
    if not earlier or not later:
        return later or earlier
    return [*_listed(earlier), *_listed(later)]


def delay_of(given: object) -> int:
    if given is None:
        return DELAY_S
    if not _is_whole(given) or not 0 <= given <= DELAY_MAX_S:
        message = f"'update_delay' must be a whole number of seconds from 0 to {DELAY_MAX_S}."
        raise bad_request(message, param="update_delay")
    return given


def max_memories_of(given: object, name: str = "options.max_memories") -> int | None:
    if given is None:
        return None
    if not _is_whole(given) or not 1 <= given <= MAX_MEMORIES_LIMIT:
        raise bad_request(f"'{name}' must be an integer from 1 to {MAX_MEMORIES_LIMIT}.", param=name)
    return given


def id_of(given: object, name: str) -> str | None:
    if given is None or isinstance(given, str):
        return given or None
    raise bad_request(f"'{name}' must be a string.", param=name)


def content_of(given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise bad_request("'content' is required.", param="content")
    if len(given) > CONTENT_MAX:
        message = f"'content' has more than {CONTENT_MAX} characters."
        raise bad_request(message, param="content", code="content_size_exceeded")
    return given


def kind_of(given: object) -> MemoryKind:
    for kind in KINDS:
        if given == kind:
            return kind
    raise bad_request(f"'kind' must be one of {', '.join(KINDS)}.", param="kind")


def known_to(call: Call, specified: Collection[str], courtesy: Collection[str]) -> tuple[str, ...]:
    return (*specified, *courtesy) if is_courteous(call) else tuple(specified)


def _listed(items: str | list[Any]) -> list[Any]:
    return items if isinstance(items, list) else [{"type": "message", "role": "user", "content": items}]


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
