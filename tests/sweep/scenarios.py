"""What is done, and to what: each a world to begin with, and one command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_HEAD: Final = "version: 1\nname: team\n"
_MODEL: Final = "model: {format: OpenAI, name: %s, version: '%s'}, sku: {name: %s, capacity: %d}"
CHAT: Final = "  chat: {%s}\n" % (_MODEL % ("gpt-4.1-mini", "2025-04-14", "GlobalStandard", 10))
EMBEDDING: Final = "  embedding: {%s}\n" % (_MODEL % ("text-embedding-3-large", "1", "Standard", 10))
EXTRA: Final = "  extra: {%s, tags: {team: core}}\n" % (_MODEL % ("gpt-4o", "2024-08-06", "GlobalStandard", 5))
STORE: Final = (
    "  memory: {chat_model: chat, embedding_model: embedding, description: What we know., metadata: {team: core}}\n"
)
BUDDY: Final = (
    "  buddy:\n    model: chat\n    instructions: Be brief.\n    metadata: {team: core}\n"
    "    tools: [{type: memory_search_preview, memory_store_name: memory, scope: '{{$userId}}'}]\n"
)
HELPER: Final = "  helper: {model: extra, instructions: Help.}\n"
_ON_THE_AGENT: Final = (
    "    state: disabled\n    agent_card: {description: A buddy., version: '1.0', skills: [{id: a, name: A}]}\n"
    "    agent_endpoint:\n      protocol_configuration: {responses: {}, a2a: {}}\n"
)


def manifest(*, deployments: str = "", stores: str = "", agents: str = "") -> str:
    sections = {"deployments": deployments, "stores": stores, "agents": agents}
    return _HEAD + "".join(f"{name}:\n{text}" for name, text in sections.items() if text)


BASE: Final = manifest(deployments=CHAT + EMBEDDING + EXTRA, stores=STORE, agents=BUDDY + HELPER)
# Somebody else's, in the same project: nothing of it may move.
STRANGERS: Final = (
    "version: 1\nname: others\ndeployments:\n"
    + CHAT.replace("chat:", "their-chat:").replace("capacity: 10", "capacity: 3")
    + EMBEDDING.replace("embedding:", "their-embedding:").replace("capacity: 10", "capacity: 3")
    + "stores:\n  their-memory: {chat_model: their-chat, embedding_model: their-embedding}\n"
    + "agents:\n  their-agent: {model: their-chat}\n"
)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is in `before` was applied, one after the other; `after` is applied now, or destroyed. `loses` are the
    stores that may lose their memories, `switches` those of the emulator.
    """

    before: tuple[str, ...] = ()
    after: str
    destroys: bool = False
    adopts: bool = False
    loses: tuple[str, ...] = ()
    switches: Mapping[str, Any] = field(default_factory=dict)


def _with(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


_DESCRIBED: Final = ("What we know.", "All we know.")
_SLOW: Final = {"write_seconds": 30}
_HOSTED: Final = (
    "  helper: {kind: hosted, cpu: '1', memory: 2Gi, container_configuration: {image: 'example.azurecr.io/a:1'}, "
    "protocol_versions: [{protocol: responses, version: v0.1.1}]}\n"
)
_KEEPING: Final = "lifecycle: {on_remove: keep}"
_UNHELD: Final = manifest(deployments=CHAT + EMBEDDING + EXTRA, stores=STORE, agents=HELPER)
_KEPT: Final = _with(
    _UNHELD,
    ("capacity: 5}, tags: {team: core}", f"capacity: 5}}, tags: {{team: core}}, {_KEEPING}"),
    ("metadata: {team: core}}", f"metadata: {{team: core}}, {_KEEPING}}}"),
    ("instructions: Help.}", f"instructions: Help., {_KEEPING}}}"),
)
_RELEASED: Final = manifest(deployments=CHAT + EMBEDDING)

SCENARIOS: Final[Mapping[str, Scenario]] = {
    "create": Scenario(after=BASE),
    "create slowly": Scenario(after=manifest(deployments=CHAT + EXTRA), switches=_SLOW),
    "create an agent with all that is on it": Scenario(
        before=(manifest(deployments=CHAT + EMBEDDING, stores=STORE),),
        after=manifest(deployments=CHAT + EMBEDDING, stores=STORE, agents=BUDDY + _ON_THE_AGENT),
    ),
    "update a deployment's capacity and tags": Scenario(
        before=(BASE,), after=_with(BASE, ("capacity: 5}, tags: {team: core}", "capacity: 7}, tags: {team: edge}"))
    ),
    "update a deployment's version": Scenario(before=(BASE,), after=_with(BASE, ("2024-08-06", "2024-11-20"))),
    "update deployments slowly": Scenario(
        before=(BASE,),
        after=_with(
            BASE, ("2024-08-06", "2024-11-20"), ("capacity: 5}", "capacity: 7}"), ("capacity: 10", "capacity: 9")
        ),
        switches=_SLOW,
    ),
    "pause a deployment": Scenario(
        before=(BASE,), after=_with(BASE, ("capacity: 5}, ", "capacity: 5}, deployment_state: Paused, "))
    ),
    "update a store": Scenario(
        before=(BASE,), after=_with(BASE, _DESCRIBED, ("metadata: {team: core}}", "metadata: {team: edge}}"))
    ),
    "update an agent": Scenario(before=(BASE,), after=_with(BASE, ("Be brief.", "Be kind."))),
    "update all that is on an agent": Scenario(
        before=(manifest(deployments=CHAT + EMBEDDING, stores=STORE, agents=BUDDY),),
        after=manifest(
            deployments=CHAT + EMBEDDING, stores=STORE, agents=_with(BUDDY, ("Be brief.", "Be kind.")) + _ON_THE_AGENT
        ),
    ),
    "update a draft": Scenario(
        before=(manifest(deployments=CHAT, agents="  helper: {model: chat, instructions: A., draft: true}\n"),),
        after=manifest(deployments=CHAT, agents="  helper: {model: chat, instructions: B., draft: true}\n"),
    ),
    "prune": Scenario(
        before=(BASE,),
        after=manifest(deployments=CHAT + EMBEDDING, agents="  other: {model: chat}\n"),
        loses=("stores/memory",),
    ),
    "prune slowly": Scenario(
        before=(BASE,),
        after=manifest(deployments=CHAT + EMBEDDING, stores=STORE, agents=BUDDY),
        switches=_SLOW,
    ),
    "replace a deployment": Scenario(
        before=(BASE,), after=_with(BASE, ("gpt-4o, version: '2024-08-06'", "gpt-4.1, version: '2025-04-14'"))
    ),
    "replace a deployment slowly": Scenario(
        before=(BASE,),
        after=_with(BASE, ("gpt-4o, version: '2024-08-06'", "gpt-4.1, version: '2025-04-14'")),
        switches=_SLOW,
    ),
    "replace a store": Scenario(
        before=(BASE,),
        after=_with(BASE, (", metadata: {team: core}}", ", options: {chat_summary_enabled: false}}")),
        loses=("stores/memory",),
    ),
    "replace an agent": Scenario(before=(BASE,), after=_with(BASE, (HELPER, _HOSTED))),
    "destroy": Scenario(before=(BASE,), after=BASE, destroys=True, loses=("stores/memory",)),
    "adopt": Scenario(before=(_KEPT, _RELEASED), after=_UNHELD, adopts=True),
    "release": Scenario(before=(_KEPT,), after=_RELEASED),
}
