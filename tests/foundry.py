"""A running local Foundry, with handles for what a test wants to happen to it, and what a command answers."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from provisioner.emulator import Emulator
from provisioner.planes.service import Coordinates

EXAMPLE = (Path(__file__).parents[1] / "stores.yaml").read_text(encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Command: TypeAlias = Callable[..., Result]


class Foundry:
    """The local Foundry, with handles for what a test wants to happen to it."""

    def __init__(self, emulator: Emulator) -> None:
        self.env: Mapping[str, str] = emulator.env
        self.ca_file = emulator.ca_file
        self._http = httpx.Client(
            base_url=emulator.management, verify=ssl.create_default_context(cafile=emulator.ca_file), timeout=30
        )

    @property
    def where(self) -> Coordinates:
        """For tests that need no command."""
        return Coordinates(
            endpoint=self.env["FOUNDRY_PROJECT_ENDPOINT"],
            account=self.env["FOUNDRY_ACCOUNT"],
            subscription=self.env["AZURE_SUBSCRIPTION_ID"],
            resource_group=self.env["AZURE_RESOURCE_GROUP"],
            management_endpoint=self.env["PROVISIONER_MANAGEMENT_ENDPOINT"],
            allowed_hosts=("127.0.0.1",),
        )

    def close(self) -> None:
        self._http.close()

    def reset(self) -> None:
        self._ask("POST", "reset")
        self._ask("DELETE", "faults")
        self.forget_requests()

    def forget_requests(self) -> None:
        self._ask("DELETE", "requests")

    def requests(self, method: str = "") -> list[str]:
        """`METHOD path` of what was asked of the two planes since the last look."""
        seen = self._ask("GET", "requests")["requests"]
        planes = [it for it in seen if not it["path"].startswith(("/_emulator", "/msi", "/metadata"))]
        return [f"{it['method']} {it['path']}" for it in planes if not method or it["method"] == method]

    def objects(self, family: str) -> list[dict[str, Any]]:
        """Of a family, as the emulator keeps them, or all `resources` of the management plane."""
        objects: dict[str, list[dict[str, Any]]] = self._ask("GET", "state")["objects"]
        if family == "resources":
            return [it for found in objects.values() for it in found if str(it.get("type")).startswith("Microsoft.")]
        return objects[family]

    def versions(self, agent: str) -> list[dict[str, Any]]:
        """Of an agent, oldest first."""
        versions = [it for it in self.objects("versions") if it["name"] == agent]
        return sorted(versions, key=lambda it: int(it["version"]))

    def switch(self, **switches: object) -> None:
        self._ask("POST", "switches", switches)

    def fault(self, match: Mapping[str, object], do: Mapping[str, object]) -> None:
        self._ask("POST", "faults", {"faults": [{"match": match, "do": do}]})

    def advance(self, seconds: float) -> None:
        self._ask("POST", "clock", {"advance_s": seconds})

    def quota(self, usage: str, limit: int) -> None:
        self._ask("POST", "quota", {"usage": usage, "limit": limit})

    def add_model(self, model: Mapping[str, object]) -> None:
        self._ask("POST", "models", model)

    def give(self, role: str, scope: str = "subscription", **more: object) -> None:
        self._ask("POST", "roles", {"give": {"role": role, "scope": scope, **more}})

    def take(self, role: str, **more: object) -> None:
        """From then on, roles count."""
        self._ask("POST", "roles", {"take": {"role": role, **more}})

    def drift(self, kind: str, name: str, **changes: object) -> None:
        """Edit a live object as somebody in the portal would."""
        self._ask("POST", "drift", {"kind": kind, "name": name, "changes": changes})

    def remove(self, kind: str, name: str) -> None:
        """Delete a live object as somebody in the portal would."""
        self._ask("POST", "drift", {"kind": kind, "name": name, "changes": None})

    def rename(self, table: str, old: str, new: str) -> None:
        """Whatever names the service would allow."""
        state = self._ask("GET", "state")
        content = state["tables"][table]
        at, body = (content["columns"].index(column) for column in ("name", "body"))
        for row in content["rows"]:
            if row[at] == old:
                row[at] = new
                document = json.loads(row[body])
                row[body] = json.dumps({**document, "name": new} if document.get("name") == old else document)
        self._ask("POST", "state", state)

    def page(self, path: str) -> str:
        return self._http.get(path).raise_for_status().text

    def _ask(self, method: str, what: str, body: object = None) -> Any:
        response = self._http.request(method, f"/_emulator/{what}", json=body)
        assert response.is_success, response.text
        return response.json() if response.content else None
