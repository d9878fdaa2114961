"""The models that can be deployed, as the service lists them: those of a location, those of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.family import Family
from provisioner.emulator.control.resources import PROVIDER, SUBSCRIPTION_ID, check_subscription, the_account
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call

OURS: Final = frozenset({"publisher", "regions", "sources", "sure"})  # of a record, and not shown as the service's


def place_of(call: Call, location: str) -> str | None:
    """Where models are looked for: anywhere, unless the switch has them offered as the pages say, region by region."""
    return location if call.switches.model_regions else None


def list_in_location(call: Call) -> Reply:
    """Source: azure-cli recording test_cognitiveservices_list_models."""
    check_subscription(call)
    location = call.params["location"]
    base = f"/subscriptions/{SUBSCRIPTION_ID}/providers/{PROVIDER}/locations/{location}/models"
    value = [
        {
            "id": f"{base}/{model['format']}.{model['name']}.{model['version']}",
            "type": f"{PROVIDER}/locations/models",
            "name": f"{model['format']}.{model['name']}.{model['version']}",
            "location": location,
            "kind": kind,
            "skuName": "S0",
            "model": _shown(model),
        }
        for model in call.world.catalogue.in_region(place_of(call, location))
        for kind in ("OpenAI", "AIServices")
        if kind == "AIServices" or model["format"] == "OpenAI"
    ]
    return Reply(body={"value": value})


def list_of_account(call: Call) -> Reply:
    account = the_account(call)
    return Reply(body={"value": [_shown(m) for m in call.world.catalogue.in_region(place_of(call, account.location))]})


def _shown(model: Json) -> Json:
    return {key: value for key, value in model.items() if key not in OURS}


FAMILY: Final = Family(
    routes=(
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
)
