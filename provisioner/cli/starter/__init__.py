"""What `provisioner init` starts a folder with. The files beside this one are copied as they are, but for the name."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from provisioner.manifest.write import scalar

PROMPT: Final = "prompts/dev-buddy.md"
_NAME: Final = "name: my-agents\n"


def starter_manifest(name: str) -> str:
    return _read("stores.yaml").replace(_NAME, f"name: {scalar(name)}\n", 1)


def starter_prompt() -> str:
    return _read(PROMPT)


def example_variables() -> str:
    """The `.env.example`: what the manifest's variables are."""
    return _read("variables.env")


def _read(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8").replace("\r\n", "\n")
