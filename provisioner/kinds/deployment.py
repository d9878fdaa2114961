"""Model deployments: Azure Resource Manager, `Microsoft.CognitiveServices/accounts/deployments`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from provisioner.kinds import fragments as f
from provisioner.kinds.casing import camel, rekeyed, snake
from provisioner.kinds.equivalents import folded, unordered
from provisioner.kinds.managed import TAG_LIMIT, made, management_of, tagged
from provisioner.kinds.neighbours import NAME, Neighbours
from provisioner.kinds.policies_named import policy_named
from provisioner.kinds.protocol import ACCOUNT, Kind, ManagementPlane, Service
from provisioner.kinds.rights import Right, on_account
from provisioner.kinds.shapes import DEPLOYMENT, GLIMPSE, answered, shaped
from provisioner.model.address import Address
from provisioner.model.diagnostic import Finding, Severity
from provisioner.model.document import Document, lookup
from provisioner.model.errors import PlaneError
from provisioner.model.resource import Condition, Live, Marker, Reference
from provisioner.model.traits import Rule, Traits
from provisioner.reconcile.marker import read_marker, write_marker

if TYPE_CHECKING:
    from provisioner.model.plan import Change

SECTION: Final = "deployments"

# Filled in by the service, or refused by it when sent back (`scaleSettings`: terraform-provider-azurerm#22377).
_READ_ONLY: Final = frozenset(
    {
        "provisioningState",
        "capabilities",
        "callRateLimit",
        "rateLimits",
        "currentCapacity",
        "dynamicThrottlingEnabled",
        "scaleSettings",
    }
)
_CONDITIONS: Final = {
    "failed": Condition.FAILED,
    "canceled": Condition.FAILED,
    "accepted": Condition.PENDING,
    "creating": Condition.PENDING,
    "updating": Condition.PENDING,
    "moving": Condition.PENDING,
    "deleting": Condition.PENDING,
}
_STATE: Final = "deployment_state"
# Azure Resource Manager folds the case of names, and so does the catalogue of models.
_NAME: Final = Rule(meaning=folded)
# Extras of Bicep arrays. assumed: accepted for any model, and not given back where the model has no use for them.
_UNTOLD: Final = Rule(meaning=folded, given_back=False)
# Refusals whose code does not tell what is wrong.
_VAGUE: Final = frozenset({"", "BadRequest", "InvalidRequest", "InvalidRequestContent"})
_EMBEDDING_WORDS: Final = ("embed",)
_NEITHER_WORDS: Final = (
    "whisper",
    "dall-e",
    "tts",
    "image",
    "sora",
    "transcribe",
    "audio",
    "realtime",
    "moderation",
)

_NEIGHBOURS: Final[Neighbours] = {
    "name": NAME,
    "properties.model": "model",
    "properties.sku": "sku",
    "properties.versionUpgradeOption": "version_upgrade_option",
    "properties.raiPolicyName": "rai_policy_name",
    "properties.spilloverDeploymentName": "spillover_deployment_name",
    "properties": "Its keys stand one level up: `model`, `version_upgrade_option`, `rai_policy_name`, …",
    "scaleSettings": "sku",
    "scale_settings": "sku",
    "sku": "Write a mapping: `sku: {name: GlobalStandard, capacity: 10}`.",
    "skuName": "sku.name",
    "sku_name": "sku.name",
    "skuCapacity": "sku.capacity",
    "sku_capacity": "sku.capacity",
    "capacity": "sku.capacity",
    "model": 'Write a mapping: `model: {format: OpenAI, name: gpt-4o, version: "2024-11-20"}`.',
    "modelName": "model.name",
    "model_name": "model.name",
    "modelFormat": "model.format",
    "modelVersion": "model.version",
    "version": "model.version",
    "format": "model.format",
    "contentFilter": "rai_policy_name",
}
_CODES: Final = {
    "model-provider-data": "A deployment of an Anthropic model lacks what the service asks for.",
    "spillover-sku": "A deployment that is not provisioned names another to spill over to.",
}


def _quota(fields: Document) -> tuple[str, ...]:
    """Of an account's region: one for each hosting type and model, and of a provisioned type one for all models.
    Source: Microsoft Learn, Azure OpenAI quota; provisioned throughput.
    """
    names = [str(lookup(fields, path)).casefold() for path in (("sku", "name"), ("model", "format"), ("model", "name"))]
    return tuple(names[:1] if "provisioned" in names[0] else names)


class DeploymentKind(Kind):
    section = SECTION
    singular = "model deployment"
    lane = ACCOUNT  # 409 RequestConflict: one write at a time per account (terraform-provider-azurerm#22607)
    settings = ("subscription_id", "resource_group")
    traits = Traits(
        immutable=(
            ("model", "format"),
            ("model", "name"),
            ("model", "publisher"),
            ("model", "source"),
            ("model", "source_account"),
            ("sku", "tier"),
            ("sku", "size"),
            ("sku", "family"),
        ),
        replace_resets=(("model",),),
        rules={
            **{("model", key): _NAME for key in ("format", "name", "version")},
            **{("model", key): _UNTOLD for key in ("publisher", "source", "source_account")},
            ("sku", "name"): _NAME,
            **{("sku", key): _UNTOLD for key in ("tier", "size", "family")},
            **{(key,): _NAME for key in ("spillover_deployment_name", "parent_deployment_name")},
            ("rai_policy_name",): Rule(meaning=folded, is_silent=True),  # what guards must be seen to be there
            (_STATE,): Rule(default="Running", is_silent=True),
            ("service_tier",): Rule(default="Default"),
            ("routing", "models"): Rule(meaning=unordered),
            ("tags",): Rule(free=True, case_blind=True),
        },
        capacity=("sku", "capacity"),
        pool=_quota,
        case_blind=True,  # Azure Resource Manager: ids ignore case
        marker_size=256,
    )

    neighbours = _NEIGHBOURS
    section_neighbours = ("modelDeployments", "model_deployments", "models")
    codes = _CODES

    def names(self) -> Document:
        # assumed: the account's charset, as the service states none for deployments
        return {"pattern": "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", "minLength": 2, "maxLength": 64}

    def schema(self) -> Document:
        return f.mapping("A model deployment on the account.", _PROPERTIES, required=["model", "sku"])

    def desired(self, entry: Document) -> Document:
        """Keys inside what is passed through may be written either way: they end as the wire would bring them back."""
        return {
            key: value if key == "tags" else rekeyed(rekeyed(value, camel), snake)
            for key, value in f.meaning(entry, ("tags",)).items()
        }

    def entry(self, fields: Document) -> Document:
        shown = f.fitting(fields, self.schema())
        return {key: shown[key] for key in _PROPERTIES if shown.get(key, {}) != {}}

    def references(self, fields: Document) -> Iterator[Reference]:
        for key in ("spillover_deployment_name", "parent_deployment_name"):
            if isinstance(name := fields.get(key), str):
                yield Reference(path=(key,), target=Address(SECTION, name))
        yield from policy_named(fields.get("rai_policy_name"), ("rai_policy_name",))

    def provides(self, fields: Document) -> str | None:
        name = lookup(fields, ("model", "name"))
        if not isinstance(name, str):
            return None
        model = name.lower()
        if any(word in model for word in _EMBEDDING_WORDS):
            return "embedding"
        if lookup(fields, ("model", "format")) != "OpenAI" or any(word in model for word in _NEITHER_WORDS):
            return None
        return "chat"

    def rights(self, change: Change) -> Iterator[Right]:
        yield from on_account("deployments", change)

    def check(self, name: str, entry: Document) -> Iterator[Finding]:
        yield from f.check_pairs("tags", entry.get("tags"), limit=TAG_LIMIT)
        yield from _spillover(name, entry)
        if lookup(entry, ("model", "format")) == "Anthropic" and "model_provider_data" not in entry:
            yield Finding(
                path=("model", "format"),
                code="model-provider-data",
                message=f'Deployment "{name}" is of an Anthropic model and has no `model_provider_data`.',
                hint="The service refuses it with InvalidModelProviderData; state industry, organization_name and "
                "country_code.",
                severity=Severity.WARNING,
            )

    def list(self, service: Service) -> Iterator[Live]:
        if service.management is None:
            bodies = service.project.items("deployments")
            yield from (_glimpsed(body) for body in bodies)
        else:
            management = service.management
            yield from (_observed(body) for body in management.items(f"{management.account}/deployments"))

    def read(self, service: Service, address: Address) -> Live | None:
        if service.management is None:
            body = service.project.get(f"deployments/{quote(address.name, safe='')}", case_blind=True)
            return _glimpsed(body) if body is not None else None
        body = service.management.get(_path(service.management, address))
        return _observed(body) if body is not None else None

    def create(self, service: Service, change: Change) -> Live | None:
        path = _path(management_of(service, self), change.address)
        shown = made(self, service, change, path=path, body=_wire(change))
        return self._pause_or_resume(service, change, None, shown)

    def update(self, service: Service, change: Change) -> Live | None:
        body = _wire(change)
        changed = {field.path[0] for field in change.fields}
        # PATCH is the narrowest write: it can reset nothing else. assumed: it may keep tags that it does not name, and
        # it does not make good what failed.
        if changed <= {"sku", "tags", _STATE} and not (_takes_away(change, body) or _has_failed(change)):
            shown = _patched(management_of(service, self), change, body)
        else:
            shown = _put_in_steps(management_of(service, self), change, body)
        return self._pause_or_resume(service, change, change.before, shown)

    def delete(self, service: Service, change: Change) -> None:
        management = management_of(service, self)
        management.delete(_path(management, change.address))

    def _pause_or_resume(self, service: Service, change: Change, before: Live | None, shown: Document) -> Live | None:
        """The deployment as the last answer shows it; that to pausing shows nothing."""
        wanted = (change.after or {}).get(_STATE, "Running")
        if wanted == (before.fields.get(_STATE, "Running") if before else "Running"):
            return answered(_observed, shown, change.address)
        verb = "pause" if wanted == "Paused" else "resume"
        management = management_of(service, self)
        management.post(f"{_path(management, change.address)}/{verb}")
        return None


def _path(management: ManagementPlane, address: Address) -> str:
    return f"{management.account}/deployments/{quote(address.name, safe='')}"


def _patched(management: ManagementPlane, change: Change, body: Document) -> Document:
    """ARM changes nothing but these by PATCH."""
    return management.patch(_path(management, change.address), {key: body[key] for key in ("sku", "tags")})


def _put_in_steps(management: ManagementPlane, change: Change, body: Document) -> Document:
    """Where the service refuses a change of model and sku in one request (azure-search-openai-demo#1154), the model
    goes first and the sku after it.
    """
    path = _path(management, change.address)
    try:
        return management.put(path, body)
    except PlaneError as error:
        live_sku = change.before.fields.get("sku") if change.before else None
        moved = {field.path[0] for field in change.fields}
        if error.failure.status != 400 or error.failure.code not in _VAGUE or live_sku is None or "sku" not in moved:
            raise
        if moved <= {"sku", "tags", _STATE}:  # there is nothing to part
            raise
    management.put(path, {**body, "sku": live_sku})
    return _patched(management, change, body)


def _spillover(name: str, entry: Document) -> Iterator[Finding]:
    """Only provisioned capacity spills over: `spilloverDeploymentNameInvalidSku` (terraform-provider-azurerm#29085)."""
    sku = lookup(entry, ("sku", "name"))
    if "spillover_deployment_name" in entry and isinstance(sku, str) and _is_paid_by_use(sku):
        yield Finding(
            path=("spillover_deployment_name",),
            code="spillover-sku",
            message=f'Deployment "{name}" is of the sku {sku}, and only provisioned ones can spill over.',
            hint="Remove it, or use a provisioned sku: ProvisionedManaged, GlobalProvisionedManaged or "
            "DataZoneProvisionedManaged.",
            at_key=True,
        )


def _is_paid_by_use(sku: str) -> bool:
    return any(word in sku.lower() for word in ("standard", "batch", "developer"))


def _takes_away(change: Change, body: Document) -> bool:
    """Whether a live tag or part of the sku must go."""
    if change.before is None:
        return False
    fields, marker = change.before.fields, change.before.marker
    tags = {*fields.get("tags", {}), *(write_marker(marker) if marker else {})}
    return not (tags <= body["tags"].keys() and fields.get("sku", {}).keys() <= body["sku"].keys())


def _has_failed(change: Change) -> bool:
    return change.before is not None and change.before.condition is Condition.FAILED


@shaped(SECTION, DEPLOYMENT)
def _observed(body: Document) -> Live:
    tags, marker = read_marker(body.get("tags") or {}, Address(SECTION, str(body["name"])))
    fields = _writable(body)
    if tags:
        fields["tags"] = tags
    live = _live(str(body["name"]), fields, marker=marker, revision=str(body.get("etag") or ""))
    made = str((body.get("systemData") or {}).get("createdAt") or "")
    state = str((body.get("properties") or {}).get("provisioningState")).lower()
    return replace(live, condition=_CONDITIONS.get(state, Condition.READY), identity=made)


def _writable(body: Document) -> dict[str, Any]:
    properties = body.get("properties") or {}
    fields = {
        snake(key): rekeyed(value, snake)
        for key, value in properties.items()
        if key not in _READ_ONLY and value is not None
    }
    if isinstance(model := fields.get("model"), dict):
        fields["model"] = {key: value for key, value in model.items() if key != "call_rate_limit" and value is not None}
    if sku := {key: value for key, value in (body.get("sku") or {}).items() if value is not None}:
        fields["sku"] = sku
    return fields


@shaped(SECTION, GLIMPSE)
def _glimpsed(body: Document) -> Live:
    """What the project plane tells of a deployment: enough to refer to it, not to manage it."""
    model = {
        "format": body.get("modelPublisher"),
        "name": body.get("modelName"),
        "version": body.get("modelVersion"),
    }
    return _live(str(body["name"]), {"model": model}, marker=None, revision="")


def _live(name: str, fields: Document, *, marker: Marker | None, revision: str) -> Live:
    needs = frozenset(reference.target for reference in DeploymentKind().references(fields))
    return Live(address=Address(SECTION, name), fields=fields, marker=marker, needs=needs, revision=revision)


def _wire(change: Change) -> dict[str, Any]:
    """The whole body of a PUT: everything writable, as PUT resets what it does not find."""
    fields = dict(change.after or {})
    fields.pop("tags", None)
    sku = fields.pop("sku", {})
    fields.pop(_STATE, None)
    return {"sku": sku, "properties": rekeyed(fields, camel), "tags": tagged(change)}


_PROPERTIES: Final[dict[str, Any]] = {
    "model": f.mapping(
        "Which model. A change of anything but `version` replaces the deployment.",
        {
            "format": f.text(
                "Who speaks: `OpenAI`, `Microsoft`, `Meta`, `Mistral AI`, `xAI`, `Anthropic`, …",
                examples=["OpenAI"],
            ),
            "name": f.text("The model's name in the catalogue.", examples=["gpt-5.4-mini", "text-embedding-3-large"]),
            "version": f.text(
                "The model's version, quoted. Changed in place. Left out, the service picks one and may move it.",
                examples=["2025-04-14", "1"],
            ),
            "publisher": f.text("The publisher, where the catalogue has several."),
            "source": f.text("ARM id of the model's source, for custom and fine-tuned models."),
            "source_account": f.text("ARM id of the account that holds the source."),
            "speculative_decoding": f.anything("Passed through as it is."),
        },
        required=["format", "name"],
    ),
    "sku": f.mapping(
        "How it is hosted and how much of it.",
        {
            "name": f.text(
                "The hosting type.",
                examples=[
                    "Standard",
                    "GlobalStandard",
                    "DataZoneStandard",
                    "ProvisionedManaged",
                    "GlobalBatch",
                ],
            ),
            "capacity": f.whole(
                "Standard types: thousands of tokens per minute. Provisioned types: PTUs. Changed in place.",
                minimum=1,
            ),
            "tier": f.text("Not used by OpenAI models."),
            "size": f.text("Not used by OpenAI models."),
            "family": f.text("Not used by OpenAI models."),
        },
        required=["name"],
    ),
    "version_upgrade_option": {
        "enum": ["OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade"],
        "description": "When the service may move `model.version` by itself. `NoAutoUpgrade` keeps it where it is.",
    },
    "rai_policy_name": f.text("Short name of the content filter policy.", examples=["Microsoft.DefaultV2"]),
    "spillover_deployment_name": f.text("A standard deployment that takes what a provisioned one cannot."),
    "parent_deployment_name": f.text("The deployment that this one is an inference sub-deployment of."),
    "service_tier": {"enum": ["Default", "Priority"], "description": "Processing tier."},
    "deployment_state": {"enum": ["Running", "Paused"], "description": "A paused deployment answers 423."},
    "routing": f.mapping(
        "Model router settings.",
        {
            "mode": {"enum": ["cost", "balanced", "quality"], "description": "What the router optimises."},
            "models": {
                "type": "array",
                "items": f.anything("A model."),
                "description": "What it may choose from.",
            },
        },
    ),
    "capacity_settings": f.mapping(
        "Reserved capacity.",
        {"designated_capacity": f.whole("Units."), "priority": f.whole("Lower goes first.")},
    ),
    "model_provider_data": f.mapping(
        "Asked for by Anthropic models.",
        {
            "industry": f.text("Industry."),
            "organization_name": f.text("Organisation."),
            "country_code": f.text("ISO 3166 code.", examples=["DE"]),
        },
    ),
    "tags": f.pairs("Azure tags. Other tags on the live deployment are left alone.", key=512, value=256),
}
