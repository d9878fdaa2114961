"""Which models there are, in which version and sku: facts from a data file, and what became of them since."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

    from provisioner.emulator.model.interface import Json


REMOVED: Final = "Removed"  # no status of the service: the catalogue lists it no more
LIFECYCLES: Final = frozenset(
    {"GenerallyAvailable", "Deprecating", "Deprecated", "Legacy", "Preview", "Stable", REMOVED}
)
FILE: Final = Path(__file__).parent / "facts" / "catalogue.json"
Key = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    usage: str  # joins a sku's usageName with the ledger
    label: str
    limit: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    models: Mapping[Key, Json]
    quotas: Mapping[str, Quota]


@cache
def bundled() -> Facts:
    """What the file says; it is read when a model is first looked for. Records are shared, and never edited."""
    facts = json.loads(FILE.read_text(encoding="utf-8"))
    return Facts(
        models={key_of(model): model for model in facts["models"]},
        quotas={entry["usageName"]: quota_of(entry) for entry in facts["quotas"]},
    )


class Catalogue:
    """Every version of every model, as of now. Names, formats and versions compare without case."""

    def __init__(self) -> None:
        self._first_day: Facts | None = None  # the file's own
        self._today: Facts | None = None  # as on the first day
        self._touched: frozenset[Key] = frozenset()  # aged or added since then
        self._made: dict[Hashable, bytes] = {}  # of the records as they are

    @property
    def quotas(self) -> Mapping[str, Quota]:
        return self._facts.quotas

    def add(self, *models: Json) -> None:
        """Each is new, or takes the place of the one with the same format, name and version."""
        self._is_now(reduce(_with, models, self._facts))
        self._touched |= {key_of(model) for model in models}

    def keep(self) -> None:
        """What is listed now is what the first day lists."""
        self._first_day = self._facts
        self._today, self._touched = None, frozenset()

    def restore(self) -> None:
        if self._today is not None:
            self._is_now(None)
        self._touched = frozenset()

    def change(self, name: str, version: str | None, lifecycle: str, since: str) -> int:
        """Moves a model on in its life, in one version or in all; returns how many versions were found."""
        wanted = None if version is None else version.lower()
        models = dict(self._facts.models)
        found = [key for key in models if key[1] == name.lower() and wanted in {None, key[2]}]
        for key in found:
            model = models.pop(key)
            if lifecycle != REMOVED:
                models[key] = _aged(model, lifecycle, since)
        self._is_now(replace(self._facts, models=models))
        self._touched |= set(found)
        return len(found)

    def is_as_on_the_first_day(self, model: Json) -> bool:
        """Nobody aged it or added it since then."""
        return key_of(model) not in self._touched

    def in_region(self, region: str | None) -> Iterator[Json]:
        """None: in any."""
        for model in self._facts.models.values():
            if region is None or "regions" not in model or region.lower().replace(" ", "") in model["regions"]:
                yield model

    def made_once(self, what: Hashable, make: Callable[[], bytes]) -> bytes:
        """What is made of the records alone, until they are others: the list of all models is long, and often read."""
        if what not in self._made:
            self._made[what] = make()
        return self._made[what]

    def versions(self, region: str | None, model_format: str, name: str) -> list[Json]:
        wanted = str(model_format).lower(), str(name).lower()  # somebody's edit may have left anything
        return [m for m in self.in_region(region) if (m["format"].lower(), m["name"].lower()) == wanted]

    def publisher(self, model_format: str, name: str) -> str:
        return next((str(m["publisher"]) for m in self.versions(None, model_format, name)), model_format)

    def _is_now(self, facts: Facts | None) -> None:
        self._today = facts
        self._made.clear()

    @property
    def _facts(self) -> Facts:
        return self._today or self._first_day or bundled()


def key_of(model: Json) -> Key:
    return model["format"].lower(), model["name"].lower(), model["version"].lower()


def quota_of(entry: Json) -> Quota:
    return Quota(usage=entry["usageName"], label=entry["label"], limit=entry["limit"])


def default_of(versions: Iterable[Json]) -> Json | None:
    """The version that a deployment gets that asks for none.

    Many models have no version that is flagged as default (azure-cli recording). assumed: then it is the first listed.
    """
    listed = list(versions)
    return next((model for model in listed if model["isDefaultVersion"]), listed[0] if listed else None)


def _with(facts: Facts, model: Json) -> Facts:
    from provisioner.emulator.world.facts.skus import allowance  # noqa: PLC0415  most emulators add none

    key = key_of(model)
    models = {**facts.models, key: model}
    if model["isDefaultVersion"]:  # and no other one is
        models |= {k: {**m, "isDefaultVersion": False} for k, m in facts.models.items() if _is_sibling(k, key)}
    names = {sku["usageName"]: sku["name"] for sku in model["skus"] if sku["usageName"] not in facts.quotas}
    quotas = {usage: quota_of(allowance(model, sku, usage)) for usage, sku in names.items()}
    return Facts(models=models, quotas={**facts.quotas, **quotas})


def _is_sibling(one: Key, other: Key) -> bool:
    return one[:2] == other[:2] and one != other


def _aged(model: Json, lifecycle: str, since: str) -> Json:
    deprecation = {**model.get("deprecation", {}), "inference": since} if lifecycle == "Deprecated" else None
    return {**model, "lifecycleStatus": lifecycle, **({"deprecation": deprecation} if deprecation else {})}


def offer(model: Json, sku: str) -> Json | None:
    """The catalogue's entry of one sku. Names compare without case."""
    return next((entry for entry in model["skus"] if entry["name"].lower() == sku.lower()), None)
