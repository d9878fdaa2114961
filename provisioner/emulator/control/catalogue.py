"""Which models there are, in which version and sku: facts from a data file, and the routes that show them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.routing import Route

from .resources import PROVIDER, SUBSCRIPTION_ID, check_subscription, the_account

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provisioner.emulator.wire.call import Call

Json = dict[str, Any]
REMOVED: Final = "Removed"  # no status of the service: the catalogue lists it no more
LIFECYCLES: Final = frozenset(
    {"GenerallyAvailable", "Deprecating", "Deprecated", "Legacy", "Preview", "Stable", REMOVED}
)
FILE: Final = Path(__file__).parent.parent / "catalogue.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    usage: str  # joins a sku's usageName with the ledger
    label: str
    limit: int


class Catalogue:
    """Every model is offered in every region, unless it says `regions`."""

    def __init__(self, models: list[Json], quotas: Mapping[str, Quota]) -> None:
        self._bundled = self._models = models
        self.quotas = quotas

    @classmethod
    def bundled(cls) -> Catalogue:
        facts = json.loads(FILE.read_text(encoding="utf-8"))
        quotas = {
            entry["usageName"]: Quota(usage=entry["usageName"], label=entry["label"], limit=entry["limit"])
            for entry in facts["quotas"]
        }
        return cls(facts["models"], quotas)

    def change(self, name: str, version: str | None, lifecycle: str, since: str) -> int:
        """Moves a model on in its life, in one version or in all; returns how many versions were found."""
        found = [m for m in self._models if m["name"].lower() == name.lower() and version in {None, m["version"]}]
        changed = [_aged(model, lifecycle, since) for model in found] if lifecycle != REMOVED else []
        self._models = [model for model in self._models if model not in found] + changed
        return len(found)

    def restore(self) -> None:
        self._models = self._bundled

    def in_region(self, region: str) -> Iterator[Json]:
        for model in self._models:
            if "regions" not in model or region.lower().replace(" ", "") in model["regions"]:
                yield model

    def versions(self, region: str, model_format: str, name: str) -> list[Json]:
        wanted = model_format.lower(), name.lower()
        return [m for m in self.in_region(region) if (m["format"].lower(), m["name"].lower()) == wanted]

    def publisher(self, model_format: str, name: str) -> str:
        return next(
            (m["publisher"] for m in self._models if (m["format"], m["name"]) == (model_format, name)), model_format
        )


def _aged(model: Json, lifecycle: str, since: str) -> Json:
    deprecation = {**model.get("deprecation", {}), "inference": since} if lifecycle == "Deprecated" else None
    return {**model, "lifecycleStatus": lifecycle, **({"deprecation": deprecation} if deprecation else {})}


def offer(model: Json, sku: str) -> Json | None:
    """The catalogue's entry of one sku. Names compare without case."""
    return next((entry for entry in model["skus"] if entry["name"].lower() == sku.lower()), None)


def list_in_location(call: Call) -> Reply:
    """Source: azure-cli recording test_cognitiveservices_list_models."""
    check_subscription(call)
    location = call.params["location"]
    base = f"/subscriptions/{SUBSCRIPTION_ID}/providers/{PROVIDER}/locations/{location}/models"
    value = [
        {
            "id": f"{base}/{kind}.{model['name']}.{model['version']}",
            "type": f"{PROVIDER}/locations/models",
            "name": f"{kind}.{model['name']}.{model['version']}",
            "location": location,
            "kind": kind,
            "skuName": "S0",
            "model": _shown(model),
        }
        for model in call.world.catalogue.in_region(location)
        for kind in ("OpenAI", "AIServices")
        if kind == "AIServices" or model["format"] == "OpenAI"
    ]
    return Reply(body={"value": value})


def list_of_account(call: Call) -> Reply:
    account = the_account(call)
    return Reply(body={"value": [_shown(m) for m in call.world.catalogue.in_region(account.location)]})


def _shown(model: Json) -> Json:
    return {key: value for key, value in model.items() if key not in {"regions", "publisher"}}


ROUTES: Final = (
    Route(
        method="GET",
        path=f"/subscriptions/{{subscription}}/providers/{PROVIDER}/locations/{{location}}/models",
        handler=list_in_location,
    ),
    Route(
        method="GET",
        path=f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{PROVIDER}/accounts/{{account}}/models",
        handler=list_of_account,
    ),
)
