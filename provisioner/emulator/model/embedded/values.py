"""Candidates for the strings and numbers of a document, the most fitting first. Whoever asks checks them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from .patterns import sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .hints import Hints

FORMATS: Final[Mapping[str, str]] = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "P1D",
    "email": "user@example.com",
    "idn-email": "user@example.com",
    "hostname": "example.com",
    "idn-hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uri-reference": "/",
    "iri": "https://example.com/",
    "iri-reference": "/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "",
    "relative-json-pointer": "0",
    "regex": ".*",
    "uri-template": "https://example.com/{id}",
}
PADDING: Final = "."
LONGEST: Final = 20_000


def strings(schema: Mapping[str, Any], name: str, hints: Hints) -> Iterator[str]:
    least = int(schema.get("minLength", 0))
    if least > LONGEST:
        return
    most = int(schema.get("maxLength", LONGEST))
    free = not ("pattern" in schema or schema.get("format") in FORMATS)
    if schema.get("format") in FORMATS:
        yield FORMATS[schema["format"]]
    yield from hints.texts(name)
    if "pattern" in schema:
        yield from _matching(schema["pattern"], least)
    for text in hints.fallbacks(name):
        yield text
        if free:
            yield text[:most].ljust(least, PADDING)
    for number in range(1, 300):
        yield f"{name or 'value'} {number}"[:most].ljust(least, PADDING)
        yield str(number).rjust(least, "0")


def _matching(pattern: str, least: int) -> Iterator[str]:
    found = sample(pattern, least)
    if found is not None:
        yield found
        # so that items of an array can differ
        yield from (other for other in (sample(pattern, least + more) for more in range(1, 6)) if other is not None)


def numbers(schema: Mapping[str, Any], name: str, hints: Hints, *, whole: bool) -> Iterator[int | float]:
    for number in hints.numbers(name):
        yield int(number) if whole and float(number).is_integer() else number
    low, high = _bounds(schema)
    step = Fraction(str(schema["multipleOf"])) if "multipleOf" in schema else Fraction(1)
    if whole and step.denominator != 1:
        step = Fraction(step.numerator)
    start = _start(low, high, step)
    for place in range(300):
        yield _number(start + place * step, whole=whole)
        yield _number(start - place * step, whole=whole)
    if low is not None and high is not None and not whole:
        yield from (_number(low + (high - low) * part / 7, whole=False) for part in range(8))


def _bounds(schema: Mapping[str, Any]) -> tuple[Fraction | None, Fraction | None]:
    lows = [Fraction(schema[key]) for key in ("minimum", "exclusiveMinimum") if key in schema]
    highs = [Fraction(schema[key]) for key in ("maximum", "exclusiveMaximum") if key in schema]
    return max(lows, default=None), min(highs, default=None)


def _start(low: Fraction | None, high: Fraction | None, step: Fraction) -> Fraction:
    """The multiple of the step nearest to 1 within the bounds."""
    wanted = max(low, Fraction(1)) if low is not None else Fraction(1)
    if high is not None and wanted > high:
        return math.floor(high / step) * step
    return math.ceil(wanted / step) * step


def _number(value: Fraction, *, whole: bool) -> int | float:
    return int(value) if whole or value.denominator == 1 else float(value)
