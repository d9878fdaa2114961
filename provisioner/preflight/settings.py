"""Which checks there are, and what the manifest and the command say about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

# In the order in which they run and are told.
IDS: Final[Mapping[str, str]] = {
    "quota": "Each deployment's capacity fits what is left of its quota, over the whole manifest and in the plan's "
    "order: what it frees before counts.",
    "catalogue": "The account's region offers each deployment's model, version, sku and capacity.",
    "lifecycle": "No deployment's model is retired or about to be; what depends on it is named.",
    "replace": "A deployment that is deleted to be made anew can be made anew.",
    "references": "What stores, agents and deployments name is there and of the right sort; memory is offered in the "
    "region.",
    "rights": "Whoever asks may make the plan's changes on both planes, and the project's own identity may use the "
    "models that memory needs.",
    "limits": "No agent is at the end of its versions, and no account of its deployments; what one entry may hold is "
    "checked with the manifest.",
}
DAYS: Final = "^[0-9]{1,4}d$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`skip` are ids of checks; `fail_within` is how many days ahead a retirement is an error."""

    skip: frozenset[str] = frozenset()
    fail_within: int | None = None

    def over(self, others: Settings) -> Settings:
        """Both, where both say something these."""
        within = self.fail_within if self.fail_within is not None else others.fail_within
        return Settings(skip=self.skip | others.skip, fail_within=within)

    def wants(self, ids: Iterable[str]) -> bool:
        """Whether any of these checks is to run."""
        return bool(set(ids) - self.skip)


def days(text: str) -> int | None:
    """`60d` as a number of days; None for what is none."""
    return int(text[:-1]) if re.fullmatch(DAYS, text) else None
