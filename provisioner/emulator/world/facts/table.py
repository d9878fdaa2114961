"""The table of models as the service would list them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.facts.skus import MAXIMA, allowance, rate_limits, usage_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.emulator.model.interface import Json


TABLE: Final = Path(__file__).with_name("models.csv")
FILE: Final = Path(__file__).with_name("catalogue.json")
COMMAND: Final = "python -m provisioner.emulator.world.facts"
MAX_CAPACITY: Final = 3  # recorded for most models; of the old scale settings, no limit of a sku
# every value of a capability is a string; these are not "true"
VALUES: Final = {"embeddingsMaxInputs": "2048", "scaleType": "Standard"}
SHOWS_CONTEXT: Final = ("gpt-35", "gpt-4o-audio", "gpt-4o-realtime", "gpt-audio", "gpt-realtime")
# Where an upgrade leads to: by name, or by name and version. Source: Microsoft Learn, retirement schedule, 2026-10-05
REPLACEMENTS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("o1", "o1-pro", "o3", "o3-pro", "o3-deep-research"), ("gpt-5.6-sol", "2026-07-09")),
    **dict.fromkeys(("o3-mini", "o4-mini"), ("gpt-5.6-terra", "2026-07-09")),
    **dict.fromkeys(("gpt-5.1-chat", "gpt-5.2-chat", "gpt-5.3-chat"), ("gpt-chat-latest", "2026-08-06")),
    "gpt-4o 2024-05-13": ("gpt-5.6-sol", "2026-07-09"),
    "gpt-4o 2024-08-06": ("gpt-5.1", "2025-11-13"),
    "gpt-4o 2024-11-20": ("gpt-5.1", "2025-11-13"),
    "gpt-35-turbo 0125": ("gpt-4.1-mini", "2025-04-14"),
}
UPGRADES_START: Final = {"gpt-4o 2024-05-13": "2026-12-09T00:00:00Z"}


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def catalogue_text() -> str:
    """The catalogue file as it should be: a model a line, so that an edit of the table reads as one."""
    models = [record_of(row) for row in rows()]
    facts = {"models": models, "quotas": quotas_of(models)}
    lists = (f'"{name}": [\n{_lines(entries)}\n]' for name, entries in facts.items())
    return f'{{\n"made_by": "{COMMAND}",\n{",".join(lists)}\n}}\n'


def record_of(row: Mapping[str, str]) -> Json:
    """One row; `publisher`, `regions`, `sources` and `sure` are ours, the rest is the service's shape."""
    version = row["version"]
    record: Json = {
        "format": row["format"],
        "publisher": row["publisher"],
        "name": row["name"],
        "version": version,
        "isDefaultVersion": row["is_default"] == "yes",
        "maxCapacity": MAX_CAPACITY,
        "capabilities": _capabilities(row),
        "lifecycleStatus": row["lifecycle"],
        **_end(row),
    }
    record["skus"] = [_sku(record, text, row["inference_retires"]) for text in row["skus"].split()]
    if row["regions"] not in {"", "many"}:  # unknown counts as many
        record["regions"] = row["regions"].split()
    return {**record, "sources": row["source"], "sure": row["sure"]}


def quotas_of(models: Iterable[Json]) -> list[Json]:
    """Each allowance that a sku names, once."""
    found: dict[str, Json] = {}
    for model in models:
        for sku in model["skus"]:
            usage = sku["usageName"]
            found.setdefault(usage, allowance(model, sku["name"], usage))
    return list(found.values())


def _capabilities(row: Mapping[str, str]) -> Json:
    found = {name: VALUES.get(name, "true") for name in row["capabilities"].split()}
    if row["name"].startswith(SHOWS_CONTEXT) or "transcribe" in row["name"]:
        sizes = {"maxContextToken": row["max_context"], "maxOutputToken": row["max_output"]}
        found.update({name: size for name, size in sizes.items() if size})
    return found


def _end(row: Mapping[str, str]) -> Json:
    """When it retires and what comes then. What no source says is left out, as the service does for many."""
    ends: Json = {}
    if row["inference_retires"]:
        ends["deprecation"] = {
            "inference": _midnight(row["inference_retires"]),
            "deprecationStatus": row["retire_kind"],
        }
    named = f"{row['name']} {row['version']}"
    target = REPLACEMENTS.get(named) or REPLACEMENTS.get(row["name"])
    if target:
        start = {"autoUpgradeStartDate": UPGRADES_START[named]} if named in UPGRADES_START else {}
        ends["replacementConfig"] = {"targetModelName": target[0], "targetModelVersion": target[1], **start}
    return ends


def _sku(model: Json, text: str, retires: str) -> Json:
    """`name:minimum:maximum:step:default`; an empty part is absent."""
    name, *numbers = text.split(":")
    bounds = dict(zip(("minimum", "maximum", "step", "default"), numbers, strict=True))
    capacity = {key: int(value) for key, value in bounds.items() if value}
    rates = rate_limits(model, name)
    marketplace = capacity.get("maximum") == 1  # a deployment is the whole endpoint, its rates are not known
    return {
        "name": name,
        "usageName": usage_name(model, name, marketplace=marketplace),
        "capacity": {"maximum": MAXIMA[name], **capacity},
        **({"deprecationDate": _midnight(retires)} if retires else {}),
        "costs": [],
        **({"rateLimits": rates} if rates and not marketplace else {}),
    }


def _midnight(date: str) -> str:
    return f"{date}T00:00:00Z"


def _lines(entries: Iterable[Json]) -> str:
    return ",\n".join(json.dumps(entry, separators=(",", ":"), ensure_ascii=False) for entry in entries)
