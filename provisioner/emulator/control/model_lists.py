"""The models that can be deployed, as the service lists them: those of a location, those of an account.

Source: azure-cli recording test_cognitiveservices_list_models; for api-versions since 2026-09-01 a public plan of a
change feed of models, which measured that these page, and that each sku has a `lifecycleStatus` and a `scope` there.
assumed: the size of a page, and that both lists page.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.family import Family
from provisioner.emulator.control.resources import PROVIDER, SUBSCRIPTION_ID, check_subscription, the_account
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call

OURS: Final = frozenset({"publisher", "regions", "sources", "sure"})  # of a record, and not shown as the service's
PAGED_SINCE: Final = "2026-09-01"
PAGE_SIZE: Final = 200


def place_of(call: Call, location: str) -> str | None:
    """Where models are looked for: anywhere, unless the switch has them offered as the pages say, region by region."""
    return location if call.switches.model_regions else None


def list_in_location(call: Call) -> Reply:
    check_subscription(call)
    location = call.params["location"]
    where = place_of(call, location)
    return _page(call, where, lambda: _in_location(call, location, where))


def _in_location(call: Call, location: str, where: str | None) -> list[Json]:
    base = f"/subscriptions/{SUBSCRIPTION_ID}/providers/{PROVIDER}/locations/{location}/models"
    return [
        {
            "id": f"{base}/{model['format']}.{model['name']}.{model['version']}",
            "type": f"{PROVIDER}/locations/models",
            "name": f"{model['format']}.{model['name']}.{model['version']}",
            "location": location,
            "kind": kind,
            "skuName": "S0",
            "model": _shown(call, model),
        }
        for model in call.world.catalogue.in_region(where)
        for kind in ("OpenAI", "AIServices")
        if kind == "AIServices" or model["format"] == "OpenAI"
    ]


def list_of_account(call: Call) -> Reply:
    account = the_account(call)
    where = place_of(call, account.location)
    return _page(call, where, lambda: [_shown(call, model) for model in call.world.catalogue.in_region(where)])


def _is_new(call: Call) -> bool:
    return call.query["api-version"] >= PAGED_SINCE


def _page(call: Call, where: str | None, listed: Callable[[], list[Json]]) -> Reply:
    """All at once for the older api-versions."""
    token = call.query.get("$skipToken", "0") if _is_new(call) else "0"
    if not token.isdecimal():
        raise Refusal(400, "InvalidSkipToken", "The $skipToken query parameter is not valid.")
    what = (call.base, call.path, call.query["api-version"], token, where)
    return Reply(body=call.world.catalogue.made_once(what, lambda: _written(call, listed(), int(token))))


def _written(call: Call, value: list[Json], first: int) -> bytes:
    body: Json = {"value": value}
    if _is_new(call):
        version, last = call.query["api-version"], first + PAGE_SIZE
        body["value"] = value[first:last]
        if last < len(value):
            body["nextLink"] = f"{call.base}{call.path}?api-version={version}&$skipToken={last}"
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _shown(call: Call, model: Json) -> Json:
    skus = [_sku(model, sku, is_new=_is_new(call)) for sku in model["skus"]]
    return {**{key: value for key, value in model.items() if key not in OURS}, "skus": skus}


def _sku(model: Json, sku: Json, *, is_new: bool) -> Json:
    if is_new:
        return {"lifecycleStatus": model["lifecycleStatus"], "scope": "Base", **sku}
    return {key: value for key, value in sku.items() if key not in {"lifecycleStatus", "scope"}}


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
