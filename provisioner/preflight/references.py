"""Whether what is named is there, of the right sort, and to be had in the region.

What the manifest itself declares is checked with the manifest; this is about what it leaves to others. Names that
nobody has are told by `apply.references`, which knows what was listed whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from provisioner.kinds import KINDS
from provisioner.kinds.agent_schema import MEMORY_TOOLS
from provisioner.kinds.connection import SECTION as CONNECTIONS
from provisioner.kinds.deployment import SECTION as DEPLOYMENTS
from provisioner.kinds.policies_named import SECTION as POLICIES
from provisioner.kinds.store import SECTION as STORES
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import Document, lookup
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired, Reference
from provisioner.model.words import with_article
from provisioner.preflight.deployments import standing
from provisioner.preflight.facts import Facts

# Microsoft Learn, Foundry Agent Service: memory, supported regions, 2026-04-06
WITH_MEMORY: Final = frozenset(
    {
        "australiaeast",
        "brazilsouth",
        "canadaeast",
        "eastus2",
        "francecentral",
        "italynorth",
        "japaneast",
        "koreacentral",
        "northcentralus",
        "norwayeast",
        "southafricanorth",
        "southindia",
        "swedencentral",
        "switzerlandnorth",
        "uaenorth",
        "uksouth",
        "westus",
        "westus2",
        "westus3",
    }
)

# Microsoft's own samples of the tool
_CATEGORIES: Final[Mapping[str, str]] = {"azure_ai_search": "CognitiveSearch"}


def check(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:
    for change in plan.changes:
        wanted = desired.get(change.address)
        if change.after is None or wanted is None or change.action is Action.RELEASE:
            yield from _still_used(change)
            continue
        yield from _of_another_sort(change.after, wanted, desired, facts)
        yield from _other_connections(change.after, wanted, desired, facts)
        yield from _memory_here(change, wanted, facts)
        yield from _memory_with_model(change.after, wanted)
    yield from _models_for_memory(plan, desired, facts)


def _named(fields: Document, wanted: Desired) -> Iterator[Reference]:
    yield from KINDS[wanted.address.kind].references(fields)


def _is_elsewhere(fields: Document, reference: Reference, facts: Facts) -> bool:
    """Whether an ARM id names one of another account or project, of which nothing is known here."""
    value = str(lookup(fields, reference.path)).casefold()
    return value.startswith("/") and not (facts.account and value.startswith(f"{facts.account.casefold()}/"))


def _of_another_sort(
    fields: Document, wanted: Desired, desired: Mapping[Address, Desired], facts: Facts
) -> Iterator[Diagnostic]:
    """An external deployment: what it runs is known only now."""
    for reference in _named(fields, wanted):
        target, found = desired.get(reference.target), facts.live.get(reference.target)
        if target is None or not target.external or found is None or reference.wants is None:
            continue
        provides = KINDS[target.address.kind].provides(found.fields)
        if provides is not None and provides != reference.wants:
            yield Diagnostic(
                code="wrong-model-kind",
                message=f"{wanted.address} wants {with_article(reference.wants)} model, and {target.address} runs "
                f"{lookup(found.fields, ('model', 'name'))}, {with_article(provides)} model.",
                hint=f"Name a deployment of {with_article(reference.wants)} model.",
                where=wanted.at(*reference.path),
            )


def _other_connections(
    fields: Document, wanted: Desired, desired: Mapping[Address, Desired], facts: Facts
) -> Iterator[Diagnostic]:
    """A tool that works with one sort of connection alone."""
    for reference in _named(fields, wanted):
        tool = lookup(fields, (*reference.path[:2], "type"))
        category = _CATEGORIES.get(tool) if reference.path[0] == "tools" and isinstance(tool, str) else None
        if category is None or reference.target.kind != CONNECTIONS or _is_elsewhere(fields, reference, facts):
            continue
        declared, found = desired.get(reference.target), facts.live.get(reference.target)
        held = declared.fields if declared is not None and not declared.external else found.fields if found else {}
        said = held.get("category")
        if isinstance(said, str) and said.casefold() != category.casefold():
            yield Diagnostic(
                code="wrong-connection",
                message=f"{wanted.address}: the tool {tool} wants a connection of the category {category}, and "
                f"{reference.target} is of {said}.",
                hint=f"Name a connection of {category}.",
                severity=Severity.WARNING,
                where=wanted.at(*reference.path),
            )


def _memory_here(change: Change, wanted: Desired, facts: Facts) -> Iterator[Diagnostic]:
    """By a page that new regions may have outrun, so it warns. That there is a store already proves it wrong."""
    region, address = facts.project_region, change.address
    if address.kind != STORES or change.action is not Action.CREATE or not isinstance(region, str):
        return
    if region not in WITH_MEMORY and not any(it.kind == STORES for it in facts.live):
        yield Diagnostic(
            code="no-memory-here",
            message=f"{address}: {region}, the project's region, has no memory by Microsoft's list of 2026-04-06.",
            hint="If none has come there since, the store is refused: use an account and project in another region, "
            "such as swedencentral or eastus2.",
            severity=Severity.WARNING,
            where=wanted.where,
        )


def _memory_with_model(fields: Document, wanted: Desired) -> Iterator[Diagnostic]:
    """The service says so at run time: "The following tools are not supported with BYO model: memory_search"."""
    model, tools = fields.get("model"), fields.get("tools")
    if not (isinstance(model, str) and "/" in model and isinstance(tools, (list, tuple))):
        return
    for index, tool in enumerate(tools):
        if isinstance(tool, Mapping) and tool.get("type") in MEMORY_TOOLS:
            yield Diagnostic(
                code="memory-model",
                message=f"{wanted.address} has a memory tool, and its model {model} is behind a connection: the two do "
                "not work together.",
                hint="Use a deployment of an OpenAI model of the account, or remove the tool.",
                severity=Severity.WARNING,
                where=wanted.at("tools", str(index), "type"),
            )


def _models_for_memory(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:
    """Memory works with models of OpenAI on the account. Source: Microsoft Learn, memory."""
    formats = {wanted.address: wish.format for wanted, wish in standing(plan, desired, facts)}
    for change in plan.changes:
        wanted = desired.get(change.address)
        if change.address.kind != STORES or change.after is None or wanted is None:
            continue
        for reference in _named(change.after, wanted):
            format_ = formats.get(reference.target, "")
            if format_ and format_.casefold() != "openai":
                yield Diagnostic(
                    code="memory-model",
                    message=f"{wanted.address} names {reference.target}, a model of {format_}; memory is documented "
                    "for models of OpenAI alone.",
                    hint="Name a deployment of an OpenAI model.",
                    severity=Severity.WARNING,
                    where=wanted.at(*reference.path),
                )


def _still_used(change: Change) -> Iterator[Diagnostic]:
    """By deployments that are not declared here; by declared ones, it is refused already."""
    users = [it for it in change.referrers if it.kind == DEPLOYMENTS]
    if change.action is Action.DELETE and change.address.kind == POLICIES and users:
        yield Diagnostic(
            code="policy-in-use",
            message=f"{change.address} is to be deleted, and {users[0]} of somebody else uses it.",
            hint="The service may refuse that; have the deployment changed first, or set `on_remove: keep`.",
            severity=Severity.WARNING,
        )
