"""Deployments that a world has from its first day, for programs that expect some and make none."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import deployments, resource_rows
from provisioner.emulator.control.resource_rows import DEPLOYMENT
from provisioner.emulator.control.resources import DEFAULT_ACCOUNT, DEFAULT_GROUP, SUBSCRIPTION_ID
from provisioner.emulator.wire.call import Call
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world.catalogue import default_of
from provisioner.emulator.world.options import OptionError
from provisioner.emulator.world.state import dump

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world.catalogue import Catalogue
    from provisioner.emulator.world.world import World


# What programs are told to use where nothing was asked for: the names that most examples have.
CHAT_MODEL: Final = "gpt-5.4-mini"
EMBEDDING_MODEL: Final = "text-embedding-3-large"
_PREFERRED_SKU: Final = "GlobalStandard"
_PROVIDER_DATA: Final = {"industry": "technology", "organizationName": "Local", "countryCode": "US"}


def deploy(world: World, names: Sequence[str]) -> None:
    """A deployment of each model, under the model's own name, where there is none of that name. Inside a write
    transaction. Raises OptionError for a model that the catalogue does not have.
    """
    models = [_newest(world.catalogue, name) for name in names]
    before = world.switches
    world.switches = replace(before, write_seconds=0, write_style="sync")
    try:
        for model in models:
            if resource_rows.named(world.state, DEPLOYMENT, model["name"], DEFAULT_ACCOUNT) is None:
                deployments.write_deployment(_call(world, model))
    except Refusal as refusal:
        raise OptionError(f"A deployment of {', '.join(names)} cannot be made: {refusal.message}") from refusal
    finally:
        world.switches = before


def model_variables(catalogue: Catalogue, names: Sequence[str]) -> dict[str, str]:
    """Under the names that the SDK's samples and common tutorials read."""
    models = [_newest(catalogue, name) for name in names]
    chat = _first(models, "chatCompletion") or CHAT_MODEL
    embedding = _first(models, "embeddings") or EMBEDDING_MODEL
    return {
        "FOUNDRY_MODEL_NAME": chat,
        "MEMORY_STORE_CHAT_MODEL_DEPLOYMENT_NAME": chat,
        "MEMORY_STORE_EMBEDDING_MODEL_DEPLOYMENT_NAME": embedding,
    }


def _first(models: Sequence[Json], capability: str) -> str | None:
    return next((model["name"] for model in models if model["capabilities"].get(capability) == "true"), None)


def _newest(catalogue: Catalogue, name: str) -> Json:
    models = list(catalogue.in_region(None))
    found = default_of(model for model in models if model["name"].lower() == name.lower())
    if found is None:
        near = get_close_matches(name, {model["name"] for model in models}, 3, cutoff=0.5)
        hint = f"; near it are: {', '.join(near)}" if near else ""
        raise OptionError(f"There is no model '{name}' in the catalogue{hint}.")
    return found


def _call(world: World, model: Json) -> Call:
    offers = [sku["name"] for sku in model["skus"]]
    sku = _PREFERRED_SKU if _PREFERRED_SKU in offers else offers[0]
    wanted = {key: model[key] for key in ("format", "name", "version")}
    more = {"modelProviderData": _PROVIDER_DATA} if model["format"] == "Anthropic" else {}
    return Call(
        world=world,
        method="PUT",
        path="",
        base="",
        query={},
        headers={},
        content=dump({"sku": {"name": sku}, "properties": {"model": wanted, **more}}).encode(),
        request_id="",
        params={
            "subscription": SUBSCRIPTION_ID,
            "group": DEFAULT_GROUP,
            "account": DEFAULT_ACCOUNT,
            "deployment": model["name"],
        },
    )
