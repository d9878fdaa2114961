"""What can be deployed: a table for people, and for programs a document.

The JSON document: `{"format_version": "1.0", "region": "…", "models": […], "notes": […]}`. A model has `format`,
`name`, `version`, `is_default`, `lifecycle`, `retires` (a date or null), `certainty` and `skus`; a sku has `name`,
`usage`, `free` and `limit` (null where the service does not say), and `capacity`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Final

from provisioner.model.document import Json
from provisioner.model.pipelines import inert
from provisioner.model.words import plural
from provisioner.preflight.facts import Sku
from provisioner.preflight.offers import Offer
from provisioner.render.json_text import json_text
from provisioner.render.safe import one_line, wrapped
from provisioner.render.styles import PLAIN, Styles

_HEADS: Final = ("model", "version", "sku", "free", "of", "retires")
_NUMBERS: Final = frozenset({"free", "of"})
_GONE: Final = frozenset({"deprecated", "retired"})


def models_text(
    offers: Sequence[Offer], *, region: str, notes: Sequence[str] = (), styles: Styles = PLAIN, width: int = 100
) -> str:
    """A row for each sku; a star behind the version that a deployment gets that asks for none."""
    rows = [_row(offer) for offer in offers]
    widths = [max(map(len, column)) for column in zip(_HEADS, *rows, strict=True)]
    where = f" in {one_line(region)}" if region else ""
    star = (
        " * is the one that a deployment gets that asks for none." if any(it.model.is_default for it in offers) else ""
    )
    lines = wrapped(f"{_count(offers, where)}.{star}", width=width)
    if rows:
        lines += ["", styles.paint(styles.heading, _line(_HEADS, widths))]
        lines += [_painted(offer, _line(row, widths), styles) for offer, row in zip(offers, rows, strict=True)]
    for note in notes:
        lines += ["", *wrapped(f"Note: {one_line(note)}", width=width, indent="")]
    return inert("\n".join(lines) + "\n")


def _count(offers: Sequence[Offer], where: str) -> str:
    models = {id(it.model) for it in offers}
    retired = len(models - {id(it.model) for it in offers if not _is_retired(it)})
    more = f", {retired} more {'is' if retired == 1 else 'are'} retired" if retired else ""
    return f"{plural(len(models) - retired, 'model version')} can be deployed{where}{more}"


def _row(offer: Offer) -> tuple[str, ...]:
    model, quota = offer.model, offer.quota
    return (
        one_line(f"{model.format}/{model.name}" if model.format.casefold() != "openai" else model.name),
        one_line(f"{model.version}*" if model.is_default else model.version),
        one_line(offer.sku.name) if offer.sku else "none",
        _number(offer.free),
        _number(quota.limit if quota else None),
        _end(offer),
    )


def _end(offer: Offer) -> str:
    model, lifecycle = offer.model, _lifecycle(offer)
    day = model.retires.isoformat() if model.retires else ""
    sure = f"({model.certainty.lower()})" if day and model.certainty else ""
    told = lifecycle if lifecycle.casefold() not in ("", "generallyavailable", "stable") else ""
    told = "retired" if _is_retired(offer) else told
    return one_line(" ".join(part for part in (day, sure, told) if part))


def _lifecycle(offer: Offer) -> str:
    """Of the sku where it has one of its own."""
    return (offer.sku.lifecycle if offer.sku else "") or offer.model.lifecycle


def _is_retired(offer: Offer) -> bool:
    """The service says `Deprecated`, and means that nothing of it is deployed or answers any more."""
    return _lifecycle(offer).casefold() in _GONE


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    laid = (
        cell.rjust(width) if head in _NUMBERS else cell.ljust(width)
        for head, cell, width in zip(_HEADS, cells, widths, strict=True)
    )
    return "  ".join(laid).rstrip()


def _painted(offer: Offer, line: str, styles: Styles) -> str:
    return styles.paint(styles.quiet if _is_retired(offer) or offer.free == 0 else "", line)


def models_json(offers: Sequence[Offer], *, region: str, notes: Sequence[str] = ()) -> str:
    document = {
        "format_version": "1.0",
        "region": region,
        "models": list(_models(offers)),
        "notes": list(notes),
    }
    return json_text(document, indent=2) + "\n"


def _models(offers: Sequence[Offer]) -> Iterator[Json]:
    for _, group in groupby(offers, key=lambda it: id(it.model)):
        first, *rest = group
        model = first.model
        yield {
            "format": model.format,
            "name": model.name,
            "version": model.version,
            "is_default": model.is_default,
            "lifecycle": model.lifecycle,
            "retires": model.retires.isoformat() if model.retires else None,
            "certainty": model.certainty,
            "skus": [_sku(it.sku, it) for it in (first, *rest) if it.sku is not None],
        }


def _sku(sku: Sku, offer: Offer) -> Json:
    return {
        "name": sku.name,
        "usage": sku.usage,
        "free": offer.free,
        "limit": offer.quota.limit if offer.quota else None,
        "capacity": {**asdict(sku.capacity), "allowed": list(sku.capacity.allowed)},
    }
