"""jsonschema, kept from looking twice at what fits.

It takes ten microseconds for each value that it looks at; the quick check takes a fraction of one. So wherever a schema
leads into a value, what the quick check says yes to is passed over, and the time goes to what does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from provisioner.manifest.fits import Fits, compile_schema


def finder(schema: Mapping[str, Any]) -> Callable[[object], Iterator[Any]]:
    """Gives the errors of a value."""
    quick = _Quick()
    keywords = {
        "properties": quick.properties,
        "items": quick.items,
        "additionalProperties": quick.others,
        "propertyNames": quick.names,
    }
    validator: Any = extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    find: Callable[[object], Iterator[Any]] = validator(dict(schema)).iter_errors
    return find


class _Quick:
    """The keywords that lead into a value, as jsonschema calls them."""

    def __init__(self) -> None:
        self._compiled: dict[int, tuple[object, Fits]] = {}

    def _fits(self, schema: Any, value: object) -> bool:
        if id(schema) not in self._compiled:  # the schema is kept, so that nothing else gets its identity
            self._compiled[id(schema)] = (schema, compile_schema(schema))
        return self._compiled[id(schema)][1](value)

    def properties(self, validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
        for name, inner in wanted.items() if isinstance(instance, dict) else ():
            if name in instance and not self._fits(inner, instance[name]):
                yield from validator.descend(instance[name], inner, path=name, schema_path=name)

    def items(self, validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
        for index, each in enumerate(instance if isinstance(instance, list) else ()):
            if not self._fits(wanted, each):
                yield from validator.descend(each, wanted, path=index)

    def others(self, validator: Any, wanted: Any, instance: Any, whole: Any) -> Iterator[Any]:
        if not isinstance(wanted, dict):
            yield from Draft202012Validator.VALIDATORS["additionalProperties"](validator, wanted, instance, whole)
            return
        named = whole.get("properties", {})
        for key, value in instance.items() if isinstance(instance, dict) else ():
            if key not in named and not self._fits(wanted, value):
                yield from validator.descend(value, wanted, path=key)

    def names(self, validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
        for key in instance if isinstance(instance, dict) else ():
            if not self._fits(wanted, key):
                yield from validator.descend(instance=key, schema=wanted)
