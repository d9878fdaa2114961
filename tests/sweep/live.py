"""What is live, read from the emulator's own state: past our client, and past every fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]
APPLIED: Final = "provisioner-applied"  # which version was written over: its number may be another one
_OF_THE_SERVICE: Final = frozenset(
    {
        *("id", "etag", "systemData", "created_at", "updated_at", "version", "agent_guid", "status"),
        *("instance_identity", "blueprint", "currentCapacity", "rateLimits", "capabilities"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Live:
    """Each by its address. Of an object, what a manifest can say and the marker; `made` tells one object from another
    under its name; `versions` are those of an agent, the oldest first.
    """

    objects: Mapping[str, Json]
    made: Mapping[str, object]
    versions: Mapping[str, list[Json]]
    memories: Mapping[str, list[str]]

    def of(self, address: str) -> Json | None:
        return self.objects.get(address)

    def owned_by(self, owner: str) -> set[str]:
        return {address for address, it in self.objects.items() if f'"provisioner-owner": "{owner}"' in json.dumps(it)}


def live(state: Json) -> Live:
    """From what `GET /_emulator/state` gives."""
    kept = state["objects"]
    versions: dict[str, list[Json]] = {}
    for version in kept["versions"]:
        versions.setdefault(f"agents/{version['name']}", []).append(_written(version))
    agents = [{**it, "versions": _newest(versions.get(f"agents/{it['name']}", []))} for it in kept["agents"]]
    named = {"deployments": kept["deployments"], "stores": kept["stores"], "agents": agents}
    bodies = {f"{kind}/{it['name']}": it for kind, every in named.items() for it in every}
    return Live(
        objects={address: _written(it) for address, it in bodies.items()},
        made={address: _made(it) for address, it in bodies.items()},
        versions=versions,
        memories=_memories(state["tables"]),
    )


def _newest(versions: list[Json]) -> Json:
    return {"draft" if it["draft"] else "latest": it for it in versions}


def _written(body: Any) -> Any:
    """Without what the service fills in by itself."""
    if isinstance(body, list):
        return [_written(it) for it in body]
    if not isinstance(body, dict):
        return body
    kept = {key: _written(it) for key, it in body.items() if key not in (*_OF_THE_SERVICE, APPLIED)}
    return {key: it for key, it in kept.items() if key not in ("agent_endpoint", "agent_card") or it}


def _made(body: Json) -> object:
    return body.get("systemData", {}).get("createdAt") or body.get("instance_identity") or body.get("id")


def _memories(tables: Json) -> dict[str, list[str]]:
    names = {row["id"]: row["name"] for row in _rows(tables["stores"])}
    found: dict[str, list[str]] = {f"stores/{name}": [] for name in names.values()}
    for row in _rows(tables["memories"]):
        found[f"stores/{names[row['store']]}"].append(row["content"])
    return found


def _rows(table: Json) -> list[Json]:
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
