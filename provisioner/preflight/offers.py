"""What can be deployed, each model's version with each of its skus, and how much of it is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provisioner.preflight.facts import Catalogue, Model, Sku, Unknown, Usage


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of what can be deployed. `sku` is None for a model that the service offers none of, `quota` where it
    does not say how much there is.
    """

    model: Model
    sku: Sku | None = None
    quota: Usage | None = None

    @property
    def free(self) -> int | None:
        """What can still be had; never below nothing, though what a lowered limit leaves may be."""
        if self.quota is None or self.quota.limit is None or self.quota.used is None:
            return None
        return max(0, self.quota.limit - self.quota.used)


def offers(catalogue: Catalogue, usages: Mapping[str, Usage] | Unknown, *, search: str = "") -> Iterator[Offer]:
    """In the order of names and versions, those whose name or format holds all the words that are searched for."""
    quotas = {} if isinstance(usages, Unknown) else {name.casefold(): usage for name, usage in usages.items()}
    words = search.casefold().split()
    for model in sorted(catalogue.models, key=lambda it: (it.name.casefold(), it.format.casefold(), it.version)):
        if not all(word in f"{model.format} {model.name}".casefold() for word in words):
            continue
        if not model.skus:
            yield Offer(model)
        for sku in sorted(model.skus, key=lambda it: it.name.casefold()):
            yield Offer(model, sku, quotas.get(sku.usage.casefold()))
