"""A value that a sensitive variable made, where a document is about to be shown."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.model.sealed import UNSEEN


@dataclass(frozen=True, slots=True)
class Veiled:
    """`text` is what is written in its place, empty where that is not known."""

    value: object
    text: str = ""

    def __repr__(self) -> str:
        return UNSEEN
