"""What a deployment may ask for, and what the service adds to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world.catalogue import default_of, offer

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.emulator.control.resource_rows import Resource
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world.catalogue import Catalogue


# azure-rest-api-specs, Deployment.tsp: what a client may write under properties, besides model
WRITABLE: Final = frozenset(
    {
        "versionUpgradeOption",
        "raiPolicyName",
        "capacitySettings",
        "parentDeploymentName",
        "spilloverDeploymentName",
        "serviceTier",
        "routing",
        "modelProviderData",
    }
)
READ_ONLY: Final = frozenset(
    {
        "provisioningState",
        "capabilities",
        "callRateLimit",
        "rateLimits",
        "currentCapacity",
        "dynamicThrottlingEnabled",
        "deploymentState",
        "scaleSettings",
    }
)
UPGRADE_OPTIONS: Final = ("OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade")
PROVIDER_DATA: Final = ("industry", "organizationName", "countryCode")
POLICIES: Final = ("Microsoft.Default", "Microsoft.DefaultV2")
DEPRECATED: Final = "Deprecated"
DEPRECATING: Final = "Deprecating"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """A deployment as a client asks for it."""

    model: Json
    sku: str
    capacity: int | None
    tags: Json | None
    extra: Json = field(default_factory=dict)  # the writable properties besides model


def wish_of(document: Json, *, strict: bool) -> Wish:
    properties = _object(document, "properties")
    _refuse_scale_settings(properties)
    if strict:
        _refuse_unknown(document, frozenset({"sku", "tags", "properties", "id", "name", "type", "etag", "systemData"}))
        _refuse_unknown(properties, WRITABLE | READ_ONLY | {"model"})
    upgrade = properties.get("versionUpgradeOption") or UPGRADE_OPTIONS[0]
    if upgrade not in UPGRADE_OPTIONS:
        raise _invalid(f"The version upgrade option '{upgrade}' of account deployment is not supported.")
    extra = {key: properties[key] for key in WRITABLE if properties.get(key) is not None}
    # a sku under properties is ignored and Standard applied (Azure/bicep#16642)
    sku = _object(document, "sku") or {"name": "Standard"}
    return Wish(
        model=_model_of(properties),
        sku=_sku_name(sku),
        capacity=_capacity(sku),
        tags=_tags(document),
        extra={**extra, "versionUpgradeOption": upgrade},
    )


def patched(existing: Resource, document: Json, *, strict: bool) -> Wish:
    """The deployment as it is, with the patch's tags and sku."""
    if strict:
        _refuse_unknown(document, frozenset({"tags", "sku"}))
    body = existing.body
    sku = {**body["sku"], **_object(document, "sku")}
    tags = _tags(document) if "tags" in document else body.get("tags")  # assumed: tags are replaced as a whole
    extra = {key: existing.properties[key] for key in WRITABLE if key in existing.properties}
    return Wish(model=existing.properties["model"], sku=_sku_name(sku), capacity=_capacity(sku), tags=tags, extra=extra)


def check_model_unchanged(existing: Resource, wish: Wish) -> None:
    """Source: azure-search-openai-demo#1429, code and words. assumed: for the format as for the name."""
    before = existing.properties["model"]
    if any(str(before.get(key)).lower() != str(wish.model[key]).lower() for key in ("format", "name")):
        raise Refusal(400, "CannotChangeDeploymentModel", "The model of deployment cannot be changed.")


def check_against_catalogue(
    catalogue: Catalogue, region: str | None, wish: Wish, *, holds: Callable[[Json], bool]
) -> tuple[Json, Json]:
    """The catalogue's model and sku that the wish names, or a refusal in the service's words.

    `holds` tells whether the subscription may go on with a model that is about to retire.
    """
    model = _chosen(catalogue, region, wish)
    _check_lifecycle(model, holds=holds)
    _check_provider(model, wish)
    sku = offer(model, wish.sku)
    if sku is None:
        # Azure/bicep#16642, bicep-registry-modules#7052
        if wish.sku.upper() == "S0":
            raise _invalid("The deployment sku name 'S0' is invalid.")
        raise _invalid(
            f"The specified SKU '{wish.sku}' of account deployment is not supported by the model "
            f"'{model['name']}' version: '{model['version']}'."
        )
    if "lifecycleStatus" in sku:  # a sku may retire before its model does
        _check_lifecycle({**model, "lifecycleStatus": sku["lifecycleStatus"]}, holds=holds)
    _check_capacity(sku, wish)
    _check_spillover(wish)
    return model, sku


def describe(wish: Wish, model: Json, sku: Json, capacity: int) -> Json:
    """sku, tags and properties as they read afterwards, with what the service fills in.

    Source: azure-cli recording test_cognitiveservices_deployment.
    """
    properties: Json = {
        # in the catalogue's spelling, however it was asked for
        "model": {**wish.model, **{key: model[key] for key in ("format", "name", "version")}},
        **wish.extra,
        "currentCapacity": capacity,
        "capabilities": model["capabilities"],
        "rateLimits": [{**limit, "count": limit["count"] * capacity} for limit in sku.get("rateLimits", [])],
    }
    if "raiPolicyName" in wish.extra:
        properties["raiPolicyName"] = _policy(wish.extra["raiPolicyName"])
    elif model["capabilities"].get("chatCompletion") == "true":
        # terraform-provider-azurerm#32061: chat models read a policy that the service chose
        properties["raiPolicyName"] = "Microsoft.DefaultV2"
    described: Json = {"sku": {"name": sku["name"], "capacity": capacity}, "properties": properties}
    return described if wish.tags is None else {**described, "tags": wish.tags}


def capacity_of(wish: Wish, sku: Json) -> int:
    """assumed: without a capacity the catalogue's default is taken."""
    return default_capacity(sku) if wish.capacity is None else wish.capacity


def default_capacity(sku: Json) -> int:
    """Provisioned throughput has no default (azure-cli recording). assumed: then it is the least there is."""
    capacity = sku["capacity"]
    return int(capacity.get("default", capacity.get("minimum", 1)))


_ADD_IT: Final = (
    "A local Foundry has the models of its catalogue. Add one with --catalogue FILE, or POST /_emulator/models."
)
_AGE_IT: Final = "A local Foundry goes by its catalogue. POST /_emulator/models with another lifecycle changes it."


def _chosen(catalogue: Catalogue, region: str | None, wish: Wish) -> Json:
    versions = catalogue.versions(region, wish.model["format"], wish.model["name"])
    asked = wish.model.get("version")
    if asked:
        found = next((model for model in versions if model["version"].lower() == str(asked).lower()), None)
    else:  # the service picks its current default and echoes it
        found = default_of(versions)
    if found is None:
        # azure-search-openai-demo#408
        raise Refusal(
            400,
            "DeploymentModelNotSupported",
            f"The model 'Format:{wish.model['format']},Name:{wish.model['name']},Version:{asked or ''}' "
            "of account deployment is not supported.",
            here=_ADD_IT,
        )
    return found


def _check_lifecycle(model: Json, *, holds: Callable[[Json], bool]) -> None:
    """Goes by the status alone: dates are planned, moved and passed, and a test is as good tomorrow as today."""
    named = f"Format:{model['format']},Name:{model['name']},Version:{model['version']}"
    if model["lifecycleStatus"] == DEPRECATED:  # Azure-Functions-OpenAI-Demo#30
        message = f"The model '{named}' has been deprecated{_since(model)}."
        raise Refusal(400, "ServiceModelDeprecated", message, here=_AGE_IT)
    if model["lifecycleStatus"] == DEPRECATING and not holds(model):
        # foundry-for-vscode#557; OpenAI's models are named without their publisher
        publisher = "" if model["format"] == "OpenAI" else f"Publisher:{model.get('publisher', model['format'])},"
        raise Refusal(
            400,
            "ServiceModelDeprecating",
            f"The model '{publisher}{named}' is in deprecating state and cannot be used for new deployments.",
            here=_AGE_IT,
        )


def _since(model: Json) -> str:
    date = model.get("deprecation", {}).get("inference")
    if date is None:  # assumed: nothing is said of a date that is not known
        return ""
    year, month, day = date[:10].split("-")
    return f" since {month}/{day}/{year} 00:00:00"


def _check_provider(model: Json, wish: Wish) -> None:
    """Source: foundry-for-vscode#461, aspire#16127. assumed: the same words when only a part is missing."""
    data = wish.extra.get("modelProviderData")
    given = data if isinstance(data, dict) else {}
    if model["format"] == "Anthropic" and not all(given.get(key) for key in PROVIDER_DATA):
        raise Refusal(
            400,
            "InvalidModelProviderData",
            "ModelProviderData is required for Anthropic model deployments but was not provided. Please provide all "
            "required fields: industry, organizationName, and countryCode.",
        )


def _policy(name: object) -> object:
    """assumed: the service's own policies are found without case, as other names are, and told as it writes them."""
    return next((known for known in POLICIES if known.lower() == str(name).lower()), name)


def _check_capacity(sku: Json, wish: Wish) -> None:
    """The bounds are the catalogue's. Code and words: microsoft-foundry-for-vscode#301, #331. assumed for the step."""
    if wish.capacity is None:
        return
    limits = sku["capacity"]
    low, high, step = limits.get("minimum", 1), limits["maximum"], limits.get("step", 1)
    said = f"The specified capacity '{wish.capacity}' of account deployment should be"
    allowed = limits.get("allowedValues")
    if allowed:  # assumed: they stand in the place of bounds and step
        if wish.capacity not in allowed:
            raise Refusal(400, "InvalidCapacity", f"{said} one of {', '.join(map(str, allowed))}.")
        return
    if not low <= wish.capacity <= high:
        raise Refusal(400, "InvalidCapacity", f"{said} at least {low} and no more than {high}.")
    first = limits.get("minimum", step)
    if (wish.capacity - first) % step:
        raise Refusal(400, "InvalidCapacity", f"{said} from {first} to {high} in steps of {step}.")


def _check_spillover(wish: Wish) -> None:
    """Source: terraform-provider-azurerm#29085, the code. assumed: its words."""
    if "spilloverDeploymentName" in wish.extra and "provisioned" not in wish.sku.lower():
        raise Refusal(
            400,
            "spilloverDeploymentNameInvalidSku",
            f"The spillover deployment name cannot be set on a deployment of SKU '{wish.sku}': only provisioned "
            "deployments spill over.",
        )


def _model_of(properties: Json) -> Json:
    model = _object(properties, "model")
    for key in ("format", "name"):
        if not isinstance(model.get(key), str) or not model[key]:
            raise _invalid(f"The model {key} of account deployment is required.")
    return {key: value for key, value in model.items() if value is not None and key != "callRateLimit"}


def _sku_name(sku: Json) -> str:
    name = sku.get("name")
    if not isinstance(name, str) or not name:
        raise _invalid("The sku name of account deployment is required.")
    return name


def _capacity(sku: Json) -> int | None:
    """az sends the number as a string."""
    given = sku.get("capacity")
    if given is None:
        return None
    text = str(given)
    if isinstance(given, bool) or not text.removeprefix("-").isdecimal():
        raise _invalid(f"The specified capacity '{given}' of account deployment is not a whole number.")
    return int(text)


def _tags(document: Json) -> Json | None:
    tags = document.get("tags")
    if tags is None:
        return None
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise Refusal(400, "InvalidTags", "Tags must be a map of strings.")
    return tags


def _object(document: Json, key: str) -> Json:
    value = document.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refusal(400, "InvalidRequestContent", f"The property '{key}' must be an object.")
    return value


def _refuse_scale_settings(properties: Json) -> None:
    """Source: terraform-provider-azurerm#22377, bicep-types-az#2142."""
    if properties.get("scaleSettings") is not None:
        raise _invalid(
            "The scale settings of account deployment is deprecated since API version '2023-05-01', "
            "please use 'sku' instead."
        )


def _refuse_unknown(document: Json, known: frozenset[str]) -> None:
    unknown = sorted(document.keys() - known)
    if unknown:
        raise Refusal(400, "InvalidRequestContent", f"The request content is invalid: unknown '{unknown[0]}'.")


def _invalid(message: str) -> Refusal:
    return Refusal(400, "InvalidResourceProperties", message)
