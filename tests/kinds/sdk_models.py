"""The shapes of `provisioner/kinds/agent_models.py`, read from the installed azure-ai-projects.

    python -m tests.kinds.sdk_models > provisioner/kinds/agent_models.py

renews the table; the test beside this says when that is due.
"""

from __future__ import annotations

import datetime as dt
import enum
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any, Final

from azure.ai.projects import _unions, _version, models
from azure.ai.projects._utils.model_base import Model
from azure.ai.projects.models import _enums, _models

# What a manifest holds: a definition, and what is set on the agent as a whole.
ROOTS: Final = (_models.AgentDefinition, _models.AgentEndpointConfig, _models.AgentCard)
_SCALARS: Final = {
    str: "text",
    bool: "flag",
    int: "whole",
    float: "number",
    dt.timedelta: "number",  # every one of them is written in seconds or milliseconds
    Any: "any",
    dict: "any",
}
_HEADER: Final = '''\
"""The shapes of agents' definitions, as azure-ai-projects {version} publishes them.

Made by `python -m tests.kinds.sdk_models`, not by hand; what is known beyond it is in `agent_checks`.

A member's type is `text`, `flag`, `whole`, `number`, `any` or a model; a list of one is a list, a mapping with the key
`*` has values of that type under any keys, and a tuple holds alternatives. `=x` is the text x; `~x` is a text of which
x is a known value among others. A member with `!` must be there. `VARIANTS` names the member that tells which model a
value is of, and the model of each of its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

VERSION: Final = "{version}"
'''


class _Names:
    """What annotations call `_models`: the models and the closed sets beside them."""

    def __getattr__(self, name: str) -> Any:
        return next(vars(module)[name] for module in (models, _models, _enums) if name in vars(module))


_NAMESPACE: Final = {**vars(typing), **vars(_models), "_models": _Names(), "_unions": _unions}


def published() -> tuple[dict[str, dict[str, Any]], dict[str, tuple[str, dict[str, str]]]]:
    """Members of every model, and the variants of those that have some."""
    shapes: dict[str, dict[str, Any]] = {}
    variants: dict[str, tuple[str, dict[str, str]]] = {}
    waiting: list[type] = list(ROOTS)
    met: set[type] = set()
    while waiting:
        model = waiting.pop()
        if model in met:
            continue
        met.add(model)
        shapes[model.__name__] = {
            f"{name}!" if required else name: _type(hint, waiting) for name, hint, required in _members(model)
        }
        if found := _variants(model):
            variants[model.__name__] = found
            waiting += model.__subclasses__()
    return dict(sorted(shapes.items())), dict(sorted(variants.items()))


def _fields(model: type) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for base in reversed(model.__mro__):
        fields.update({name: each for name, each in vars(base).items() if type(each).__name__ == "_RestField"})
    return fields


def _members(model: type) -> Iterator[tuple[str, Any, bool]]:
    for name, field in _fields(model).items():
        if field._visibility == ["read"]:
            continue
        hint = _hint(model, name)
        inner = typing.get_args(hint)
        yield field._rest_name_input or name, hint, type(None) not in inner


def _hint(model: type, name: str) -> Any:
    owner = next(base for base in model.__mro__ if name in vars(base).get("__annotations__", {}))
    holder = types.new_class("Holder")
    holder.__annotations__ = {name: owner.__annotations__[name]}
    return typing.get_type_hints(holder, globalns=dict(_NAMESPACE))[name]


def _variants(model: Any) -> tuple[str, dict[str, str]] | None:
    for name, field in _fields(model).items():
        is_open = field._is_discriminator and _hint(model, name) is str
        by_value = {value: str(each.__name__) for each in model.__subclasses__() for value in _constants(each, name)}
        if is_open and by_value:
            return field._rest_name_input or name, dict(sorted(by_value.items()))
    return None


def _constants(model: type, name: str) -> list[str]:
    return [str(getattr(value, "value", value)) for value in typing.get_args(_hint(model, name))]


def _type(hint: Any, waiting: list[type]) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        return [_type(arguments[0], waiting)]
    if origin is dict:
        return {"*": _type(arguments[1], waiting)}
    if origin is typing.Literal:
        return _alternatives([f"={getattr(value, 'value', value)}" for value in arguments])
    if origin in {typing.Union, types.UnionType}:
        return _alternatives([_type(each, waiting) for each in arguments if each is not type(None)])
    return _named(hint, waiting)


def _named(hint: Any, waiting: list[type]) -> Any:
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        values: list[Any] = [each.value for each in hint]
        return _alternatives([f"={value}" for value in values])
    if isinstance(hint, type) and issubclass(hint, Model):
        waiting.append(hint)
        return hint.__name__
    return _SCALARS[hint]


def _alternatives(parts: list[Any]) -> Any:
    flat: list[Any] = []
    for part in parts:
        flat += part if isinstance(part, tuple) else [part]
    if "text" in flat:  # a set that may grow
        known = [f"~{each[1:]}" for each in flat if isinstance(each, str) and each.startswith("=")]
        others = [each for each in flat if each != "text" and not str(each).startswith("=")]
        flat = [*(known or ["text"]), *others]
    return flat[0] if len(flat) == 1 else tuple(flat)


def rendered() -> str:
    shapes, variants = published()
    parts = [_HEADER.format(version=_version.VERSION), "\nMODELS: Final[Mapping[str, Mapping[str, Any]]] = {\n"]
    for model, members in shapes.items():
        parts.append(f"    {_quoted(model)}: {_written(members)},\n")
    parts.append("}\n\nVARIANTS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {\n")
    parts += [f"    {_quoted(model)}: {_written(found)},\n" for model, found in variants.items()]
    return "".join((*parts, "}\n"))


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)}: {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{_written(value[0])}]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_written, value)) + ")"
    return _quoted(value)


def _quoted(text: str) -> str:
    return f'"{text}"'


if __name__ == "__main__":
    sys.stdout.write(rendered())
