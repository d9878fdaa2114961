"""Which scopes of a store are known. The service lists none, so they are gathered from whoever names them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from provisioner.kinds.agent import SECTION as AGENTS
from provisioner.kinds.agent_schema import MEMORY_TOOLS
from provisioner.model.memory import Scopes
from provisioner.model.resource import Live
from provisioner.model.scopes import scope_fault

MANIFEST: Final = "manifest"
AGENT: Final = "agents"
FILE: Final = "file"
EXPORT: Final = "export"
DEFAULT_DELAY_S: Final = 300  # of a memory tool that says no `update_delay`
_TEMPLATE: Final = "{{"  # `{{$userId}}` stands for whoever calls


def known_scopes(
    stores: Collection[str],
    *,
    declared: Collection[str] = (),
    live: Iterable[Live] = (),
    given: Mapping[str, Collection[str]] | None = None,
    shown: bool = False,
) -> Scopes:
    """Of what goes by these names; `given` are scopes by their origin. What the service would refuse is left out:
    nothing can be held there.
    """
    named = {MANIFEST: declared, AGENT: tuple(literal_scopes(stores, live)), **(given or {})}
    sound = {origin: {it for it in names if not scope_fault(it)} for origin, names in named.items()}
    return Scopes(
        names=tuple(sorted(set().union(*sound.values()))),
        origins={origin: len(names) for origin, names in sound.items() if names},
        shown=shown,
    )


def literal_scopes(stores: Collection[str], live: Iterable[Live]) -> Iterator[str]:
    """Those that memory tools of live agents name, whoever the agents belong to."""
    for tool in memory_tools(stores, live):
        scope = tool.get("scope")
        if isinstance(scope, str) and _TEMPLATE not in scope:
            yield scope


def longest_delay_s(stores: Collection[str], live: Iterable[Live]) -> float:
    """For how long an agent may keep back what it is told; 0 where none uses the stores."""
    delays = (tool.get("update_delay") for tool in memory_tools(stores, live))
    return max((it if isinstance(it, (int, float)) else DEFAULT_DELAY_S for it in delays), default=0)


def memory_tools(stores: Collection[str], live: Iterable[Live]) -> Iterator[Mapping[str, Any]]:
    for agent in live:
        tools = agent.fields.get("tools") if agent.address.kind == AGENTS else None
        for tool in tools if isinstance(tools, (list, tuple)) else ():
            is_of_memory = isinstance(tool, Mapping) and tool.get("type") in MEMORY_TOOLS
            if is_of_memory and tool.get("memory_store_name") in stores:
                yield tool
