"""What is the same for every model of a sort: names of quotas, limits, capacities and rates of its skus.

The service's own entries follow these patterns where they were recorded (azure-cli, test_cognitiveservices_list_models
and list_usages); for the rest they are inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json


STANDARD: Final = frozenset({"Standard", "GlobalStandard", "DataZoneStandard"})
# What a sku of the kind holds at most, where the table leaves it open. Recorded for the OpenAI models of 2025.
MAXIMA: Final = {
    "Standard": 1_000_000,
    "GlobalStandard": 1_000_000,
    "DataZoneStandard": 1_000_000,
    "GlobalBatch": 10_000_000,
    "DataZoneBatch": 75_000_000,
    "GlobalProvisionedManaged": 30_000,
    "DataZoneProvisionedManaged": 100_000,
    "ProvisionedManaged": 30_000,
}
POOLS: Final = {  # provisioned throughput: one allowance for all models of a sku
    "GlobalProvisionedManaged": "Global Provisioned Managed Throughput Unit",
    "DataZoneProvisionedManaged": "Data Zone Provisioned Managed Throughput Unit",
    "ProvisionedManaged": "Provisioned Managed Throughput Unit",
}
POOL_LIMITS: Final = {"OpenAI": 500, "AIServices": 2000}  # assumed; the least of a partner's model is up to 1200
MARKETPLACE: Final = "AIServices.GlobalStandard.MaaS"  # recorded: one allowance for all of them
MARKETPLACE_LIMIT: Final = 100  # assumed
BATCH_LIMIT: Final = 5_000_000  # assumed
# Names in a quota that are not the model's. Source: public notes of quota lists, 2025 and 2026
QUOTA_NAMES: Final = {
    "gpt-4.1": "gpt4.1",
    "gpt-4.1-mini": "gpt4.1-mini",
    "gpt-4.1-nano": "gpt4.1-nano",
    "model-router": "ModelRouter",
    "o3-deep-research": "o3-DeepResearch",
    "o1-preview": "o1",
    "embed-v-4-0": "Embed-V-4-0",
    "Cohere-rerank-v4.0-pro": "Cohere-Rerank-V4-Pro",
    "Cohere-rerank-v4.0-fast": "Cohere-Rerank-V4-Fast",  # by likeness to its sibling
}
# Thousands of tokens a minute, or requests: GlobalStandard, DataZoneStandard, Standard.
# Source: Microsoft Learn, quota tiers (tier 1). assumed: what the page leaves out
LIMITS: Final[dict[str, tuple[int, int, int]]] = {
    **dict.fromkeys(("gpt-4.1", "gpt-5", "gpt-5.1", "gpt-5.2", "gpt-5.4", "gpt-5-mini"), (1000, 300, 1000)),
    **dict.fromkeys(("o3", "o4-mini", "model-router"), (1000, 300, 1000)),
    **dict.fromkeys(("gpt-5.5", "gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna"), (1000, 333, 1000)),
    **dict.fromkeys(("gpt-6-astra", "gpt-6-sol", "gpt-6-luna", "gpt-6.1-sol"), (1000, 333, 1000)),
    **dict.fromkeys(("gpt-5-nano", "gpt-5.4-nano", "gpt-4.1-nano"), (5000, 2000, 1000)),
    "gpt-4.1-mini": (5000, 2000, 6000),
    "gpt-4o-mini": (2000, 1000, 1000),
    "gpt-5-pro": (160, 160, 160),
    "gpt-5.4-pro": (160, 160, 160),
    **dict.fromkeys(
        ("text-embedding-3-large", "text-embedding-3-small", "text-embedding-ada-002"),
        (1000, 1000, 350),
    ),
    "gpt-image-2": (6, 2, 6),
    "gpt-image-1.5": (9, 3, 9),
    "gpt-image-2.5-sunburst": (5, 5, 5),
    "gpt-image-2.5-flare": (5, 5, 5),
}
OTHER_LIMITS: Final = (1000, 300, 1000)  # assumed
# assumed: what answers none of these is counted by requests alone, as images and speech are
COUNTED_BY_TOKENS: Final = frozenset({"chatCompletion", "completion", "responses", "embeddings", "realtime", "rerank"})


def usage_name(model: Json, sku: str, *, marketplace: bool = False) -> str:
    """The allowance that a deployment of the sku takes from."""
    if marketplace:
        return MARKETPLACE
    prefix = "OpenAI" if model["format"] == "OpenAI" else "AIServices"
    if sku in POOLS:
        # recorded in 2025: those of DeepSeek and MAI-DS-R1 drew on the pool of OpenAI's
        shares = model["format"] == "DeepSeek" or model["name"] == "MAI-DS-R1"
        return f"{'OpenAI' if shares else prefix}.{sku}"
    name = QUOTA_NAMES.get(model["name"], model["name"]) if sku in STANDARD else model["name"]
    hosted = ".Azure" if model["format"] == "Anthropic" and model["version"] == "2" else ""
    return f"{prefix}.{sku}.{name}{hosted}"


def allowance(model: Json, sku: str, usage: str) -> Json:
    """The entry of the quota ledger: usageName, label and limit."""
    return {"usageName": usage, "label": _label(model, sku, usage), "limit": _limit(model, sku, usage)}


def rate_limits(model: Json, sku: str) -> list[Json]:
    """What one unit of capacity gives; recorded for OpenAI's models. Batches and provisioned throughput have none."""
    if sku not in STANDARD:
        return []
    name = model["name"]
    is_old = name == "gpt-4o" or name.startswith(("gpt-35", "text-embedding"))
    request = {"key": "request", "renewalPeriod": 10 if is_old else 60, "count": 1}
    if not _counts_tokens(model):
        return [request]
    tokens = {"o1": 6000, "o1-mini": 10_000, "o3-mini": 10_000}.get(name, 1000)
    return [request, {"key": "token", "renewalPeriod": 60, "count": tokens}]


def _counts_tokens(model: Json) -> bool:
    return any(model["capabilities"].get(key) == "true" for key in COUNTED_BY_TOKENS)


def _label(model: Json, sku: str, usage: str) -> str:
    if sku in POOLS:
        return POOLS[sku] if usage.startswith("OpenAI.") else f"AI Services - {POOLS[sku]}"
    if usage == MARKETPLACE:
        return "Marketplace models - GlobalStandard"  # assumed
    if sku.endswith("Batch"):
        return f"Enqueued Tokens (thousands) - {model['name']} - {sku}"
    unit = "Tokens Per Minute (thousands)" if _counts_tokens(model) else "Requests Per Minute"
    return f"{unit} - {model['name']}" + ("" if sku == "Standard" else f" - {sku}")


def _limit(model: Json, sku: str, usage: str) -> int:
    if sku in POOLS:
        return POOL_LIMITS[usage.partition(".")[0]]
    if usage == MARKETPLACE:
        return MARKETPLACE_LIMIT
    if sku.endswith("Batch"):
        return BATCH_LIMIT
    of_world, of_zone, of_region = LIMITS.get(model["name"], OTHER_LIMITS)
    return {"DataZoneStandard": of_zone, "Standard": of_region}.get(sku, of_world)
