"""Where an agent names a connection: by its name, by its ARM id, or as `<connection>/<model>`.

Source: azure-ai-projects 2.10 (models): every tool that uses one says `project_connection_id`, at some depth; a hosted
agent's image says `registry_connection_id`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from provisioner.kinds.connection import SECTION
from provisioner.model.address import Address
from provisioner.model.document import Document, Path, lookup
from provisioner.model.resource import Reference

_KEY: Final = "project_connection_id"
_DOCUMENTS: Final = frozenset({"spec", "parameters", "schema"})  # other people's words, whatever they are
_NAME: Final = re.compile(r"[^/{}]+")  # or a key of the manifest's own; a template is none
_BELOW: Final = "/connections/"


def connections_named(fields: Document) -> Iterator[Reference]:
    """Optional ones: whether a connection is ours is decided where a manifest declares it (`manifest.checks`); any
    other is somebody else's, and nothing is said about it.
    """
    model = fields.get("model")
    if isinstance(model, str) and "/" in model:
        yield from _to(model.partition("/")[0], ("model",))
    registry = ("container_configuration", "registry_connection_id")
    yield from _to(lookup(fields, registry), registry)
    yield from _inside(fields.get("tools"), ("tools",))


def _inside(value: object, at: Path) -> Iterator[Reference]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == _KEY:
                yield from _to(inner, (*at, key))
            elif key not in _DOCUMENTS:
                yield from _inside(inner, (*at, str(key)))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _inside(inner, (*at, str(index)))


def _to(value: object, path: Path) -> Iterator[Reference]:
    """An id names one of this project or its account; that of another one is not told apart, and harms no more than by
    an order that need not be.
    """
    name = value.rpartition(_BELOW)[2] if isinstance(value, str) else ""
    if _NAME.fullmatch(name):
        yield Reference(path=path, target=Address(SECTION, name), optional=True, by_id=name != value)
