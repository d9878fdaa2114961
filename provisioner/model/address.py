"""Which resource: a kind and a name, written `stores/dev-prefs-memory`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """`kind` is the manifest's section: `deployments`, `stores`, `agents`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `kind/name`; raises ValueError when either half is missing."""
        kind, slash, name = text.partition("/")
        if not (kind and slash and name):
            raise ValueError(f'"{text}" is not an address; write it as kind/name, for example stores/my-store')
        return cls(kind, name)
