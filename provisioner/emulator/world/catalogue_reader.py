"""Models that users add to the catalogue, written as the service lists them or in short. What is wrong is named.

Short is what differs from the version that the catalogue lists already; of a name that is new to it, OpenAI's chat
models are the pattern:

    {"name": "gpt-realtime-2.1", "version": "2026-09-30"}
    {"format": "Cohere", "name": "Cohere-rerank-v5", "version": "1", "capabilities": ["rerank"], "skus": ["Standard"]}
"""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.catalogue import LIFECYCLES, REMOVED, default_of
from provisioner.emulator.world.facts.skus import MAXIMA, rate_limits, usage_name
from provisioner.emulator.world.options import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world.catalogue import Catalogue

Place = tuple[str | int, ...]

STATUSES: Final = sorted(LIFECYCLES - {REMOVED})
INHERITED: Final = ("format", "publisher", "capabilities", "skus", "maxCapacity", "regions")
# What is looked at here; a name that nearly is one of these is a slip. Others go through: the service adds some.
KNOWN: Final = (
    "format",
    "publisher",
    "name",
    "version",
    "isDefaultVersion",
    "maxCapacity",
    "capabilities",
    "lifecycleStatus",
    "deprecation",
    "skus",
    "regions",
)
# Source: azure-mgmt-cognitiveservices 14.1, AccountModel
OTHERS: Final = frozenset(
    {
        "baseModel",
        "callRateLimit",
        "description",
        "finetuneCapabilities",
        "modelCatalogAssetId",
        "replacementConfig",
        "source",
        "sourceAccount",
        "systemData",
    }
)
PATTERN: Final[Json] = {
    "format": "OpenAI",
    "capabilities": {"chatCompletion": "true", "responses": "true"},
    "skus": ["GlobalStandard"],
}
NUMBER_MAX: Final = 2**53  # what every reader of JSON still counts exactly
DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")


class WrongModel(ValueError):  # noqa: N818  it is the caller's
    """`place` leads to what is wrong: keys and indexes."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place: Place = place

    def __str__(self) -> str:
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.place).lstrip(".")
        return f"{where}: {self.args[0]}" if where else str(self.args[0])


def add_from_file(catalogue: Catalogue, file: str) -> None:
    """Every model of a JSON file. Raises OptionError, naming the file and the place."""
    try:
        document = json.loads(Path(file).expanduser().read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise OptionError(f"{file}:{error.lineno}:{error.colno}: This is not valid JSON: {error.msg}.") from error
    except OSError as error:
        raise OptionError(f"The catalogue '{file}' cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise OptionError(f"The catalogue '{file}' is not valid JSON: it is no UTF-8, or nested too deeply.") from error
    try:
        for place, entry in _entries(document):
            catalogue.add(_placed(entry, catalogue, place))
    except WrongModel as error:
        raise OptionError(f"{file}: {error}") from error


def read_model(entry: object, catalogue: Catalogue) -> Json:
    """One record of the catalogue, whole. Raises WrongModel."""
    if isinstance(entry, dict) and isinstance(entry.get("model"), dict):
        return _placed(entry["model"], catalogue, ("model",))  # as in the service's list
    return _record(entry, catalogue)


def _entries(document: object) -> list[tuple[Place, object]]:
    """A list, as `az cognitiveservices model list` prints it; or one under "value" or "models"; or one model."""
    place: Place = ()
    for key in ("value", "models"):
        if isinstance(document, dict) and key in document:
            document, place = document[key], (key,)
            break
    else:
        document = document if isinstance(document, list) else [document]
    if not isinstance(document, list) or not document:
        raise WrongModel('A catalogue is a list of models, or {"models": [...]}.', *place)
    return [((*place, index), entry) for index, entry in enumerate(document)]


def _placed(entry: object, catalogue: Catalogue, place: Place) -> Json:
    try:
        return read_model(entry, catalogue)
    except WrongModel as error:
        raise WrongModel(str(error.args[0]), *place, *error.place) from None


def _record(entry: object, catalogue: Catalogue) -> Json:
    given = _without_nulls(entry)
    if not isinstance(given, dict):
        raise WrongModel('A model is {"format": ..., "name": ..., "version": ..., ...}.')
    _check(given)
    siblings = [model for model in catalogue.in_region(None) if _is_of_the_name(model, given)]
    same = next((model for model in siblings if model["version"].lower() == given["version"].lower()), None)
    like = same or default_of(siblings) or PATTERN
    record: Json = {
        "isDefaultVersion": same["isDefaultVersion"] if same else not siblings,
        "lifecycleStatus": "GenerallyAvailable",
        "maxCapacity": 3,
    }
    record |= {key: like[key] for key in INHERITED if key in like}
    record |= given
    record.setdefault("publisher", record["format"])
    record["capabilities"] = _capabilities(record["capabilities"])
    record["skus"] = [_sku(record, sku, inherited="skus" not in given) for sku in record["skus"]]
    return record


def _is_of_the_name(model: Json, given: Json) -> bool:
    wanted = given["name"].lower(), str(given.get("format", model["format"])).lower()
    return wanted == (model["name"].lower(), model["format"].lower())


def _sku(model: Json, sku: Json | str, *, inherited: bool) -> Json:
    """A name alone is enough; what is left out follows the pattern of the sku. With its quota's name it is whole."""
    given: Json = {"name": sku} if isinstance(sku, str) else dict(sku)
    name = given["name"]
    if inherited:  # the date was of the other version
        given.pop("deprecationDate", None)
    maximum = {"maximum": MAXIMA.get(name, 1_000_000)}
    if "usageName" in given:
        return {**given, "capacity": {**maximum, **given.get("capacity", {})}}
    bounds: Json = given.get("capacity", {"default": 10} if name.endswith("Standard") else {})
    rates = rate_limits(model, name)
    return {
        "usageName": usage_name(model, name),
        "costs": [],
        **({"rateLimits": rates} if rates else {}),
        **given,
        "capacity": {**maximum, **bounds},
    }


def _capabilities(given: Json | list[str]) -> Json:
    """Every value of the service is a string."""
    named = given if isinstance(given, dict) else dict.fromkeys(given, "true")
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in named.items()}


def _without_nulls(value: object) -> object:
    """`az` prints what is not there as null."""
    if isinstance(value, dict):
        return {key: _without_nulls(entry) for key, entry in value.items() if entry is not None}
    return [_without_nulls(entry) for entry in value] if isinstance(value, list) else value


def _check(given: Json) -> None:
    for key in ("name", "version"):
        if key not in given:
            raise WrongModel(f"A model has a {key}.", key)
    for key, value in given.items():
        if key in CHECKS:
            CHECKS[key](value, key)
        elif key not in OTHERS and (near := get_close_matches(key, KNOWN, 1, cutoff=0.7)) and near[0] not in given:
            raise WrongModel(f"This is not known; {near[0]} is.", key)


def _text(value: object, *place: str | int) -> None:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise WrongModel(f"This is a text that is not empty, not {value!r}; quote a number.", *place)


def _flag(value: object, *place: str | int) -> None:
    if not isinstance(value, bool):
        raise WrongModel(f"This is true or false, not {value!r}.", *place)


def _whole(value: object, *place: str | int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= NUMBER_MAX:
        raise WrongModel(f"This is a whole number from 0 up, not {value!r}.", *place)


def _status(value: object, *place: str | int) -> None:
    if value not in STATUSES:
        raise WrongModel(f"This is one of {', '.join(STATUSES)}, not {value!r}.", *place)


def _end(value: object, *place: str | int) -> None:
    if not isinstance(value, dict):
        raise WrongModel('This is {"inference": a date}.', *place)
    date = value.get("inference", "2026-01-01")
    if not isinstance(date, str) or not DATE.fullmatch(date):
        raise WrongModel(f'This is a date like "2027-01-31T00:00:00Z", not {date!r}.', *place, "inference")


def _abilities(value: object, *place: str | int) -> None:
    if isinstance(value, dict):
        if not all(isinstance(entry, str | bool | int) for entry in value.values()):
            raise WrongModel("The value of a capability is a text.", *place)
    else:
        _names(value, *place)


def _names(value: object, *place: str | int) -> None:
    if not isinstance(value, list):
        raise WrongModel(f"This is a list of names, not {value!r}.", *place)
    for index, name in enumerate(value):
        _text(name, *place, index)


def _skus(value: object, *place: str | int) -> None:
    if not isinstance(value, list) or not value:
        raise WrongModel("This is a list of skus, with at least one.", *place)
    for index, sku in enumerate(value):
        _one_sku(sku, *place, index)


def _one_sku(sku: object, *place: str | int) -> None:
    if isinstance(sku, str):
        _text(sku, *place)
        return
    if not isinstance(sku, dict):
        raise WrongModel('A sku is its name, or {"name": ..., "capacity": {...}, ...}.', *place)
    _text(sku.get("name"), *place, "name")
    if "usageName" in sku:
        _text(sku["usageName"], *place, "usageName")
    if "lifecycleStatus" in sku:
        _status(sku["lifecycleStatus"], *place, "lifecycleStatus")
    _capacity(sku.get("capacity", {}), *place, "capacity")
    _rates(sku.get("rateLimits", []), *place, "rateLimits")


def _capacity(value: object, *place: str | int) -> None:
    if not isinstance(value, dict):
        raise WrongModel('This is {"minimum": ..., "maximum": ..., "step": ..., "default": ...}.', *place)
    for key in ("minimum", "maximum", "step", "default"):
        if key in value:
            _whole(value[key], *place, key)
    allowed = value.get("allowedValues", [])
    if not isinstance(allowed, list):
        raise WrongModel(f"This is a list of numbers, not {allowed!r}.", *place, "allowedValues")
    for index, number in enumerate(allowed):
        _whole(number, *place, "allowedValues", index)
    if value.get("step") == 0:
        raise WrongModel("A step is at least 1.", *place, "step")


def _rates(value: object, *place: str | int) -> None:
    if not isinstance(value, list):
        raise WrongModel('This is a list of {"key": ..., "renewalPeriod": ..., "count": ...}.', *place)
    for index, limit in enumerate(value):
        if not isinstance(limit, dict) or not isinstance(limit.get("count"), int | float):
            raise WrongModel('A limit is {"key": ..., "renewalPeriod": ..., "count": ...}.', *place, index)


CHECKS: Final[dict[str, Callable[..., None]]] = {
    "format": _text,
    "publisher": _text,
    "name": _text,
    "version": _text,
    "isDefaultVersion": _flag,
    "maxCapacity": _whole,
    "capabilities": _abilities,
    "lifecycleStatus": _status,
    "deprecation": _end,
    "skus": _skus,
    "regions": _names,
}
