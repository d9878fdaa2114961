"""What a request does, in the words of roles, and where: an action and its scope.

Source: Microsoft Learn, Azure resource provider operations: provider, types, then read, write, delete or the action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.wire.routing import Found

EXTENSION: Final = "/providers/Microsoft.Authorization/"
VERBS: Final = {"GET": "read", "HEAD": "read", "DELETE": "delete", "PUT": "write", "PATCH": "write"}
FOUNDRY: Final = "Microsoft.CognitiveServices/accounts/AIServices"


def management_action(call: Call, found: Found) -> tuple[str, str]:
    """The scope is what the path names last, or what an extension is about."""
    template = found.route.path
    if EXTENSION in template:
        return _action(call.method, template), scope_of(call)
    parts = template.split("/")
    last = max(index for index, part in enumerate(parts) if part.startswith("{"))
    return _action(call.method, template), "/".join(unquote(call.path).split("/")[: last + 1])


def scope_of(call: Call) -> str:
    """What is before the extension."""
    path = unquote(call.path)
    return path[: path.lower().rindex(EXTENSION.lower())]


def data_action(call: Call, found: Found, project: str) -> tuple[str, str]:
    """assumed: reads and writes of an area are told apart, and nothing else but talking to an agent's endpoint."""
    area, *below = found.route.path.removeprefix("/api/projects/{project}/").partition(":")[0].split("/")
    scope = f"{project}/agents/{found.params['name']}" if area == "agents" and "name" in found.params else project
    if area == "agents" and "endpoint" in below:
        return f"{FOUNDRY}/endpoints/interact/action", scope
    named = "agents" if area == "openai" else area
    return f"{FOUNDRY}/{named}/{'read' if call.method == 'GET' else 'write'}", scope


def _action(method: str, template: str) -> str:
    provider = template.rpartition("/providers/")[2] if "/providers/" in template else ""
    named = provider or f"Microsoft.Resources{template.removesuffix('/')}"
    types = "/".join(part for part in named.split("/") if part and not part.startswith("{"))
    return f"{types}/{VERBS.get(method, 'action')}"
