"""What `provisioner init` starts a folder with. The files beside this one are copied as they are, but for the name."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from provisioner.manifest.write import scalar
from provisioner.model.lock import LockSettings

PROMPT: Final = "prompts/dev-buddy.md"
_BEHIND_LOCK: Final = "deployments:\n"
_NAME: Final = "name: my-agents\n"


def starter_manifest(name: str, lock: LockSettings | None = None) -> str:
    text = _read("stores.yaml").replace(_NAME, f"name: {scalar(name)}\n", 1)
    return text.replace(_BEHIND_LOCK, f"{_lock(lock)}{_BEHIND_LOCK}", 1) if lock else text


def _lock(lock: LockSettings) -> str:
    return (
        "# apply and destroy take a lease there before they read what is live, so that two runs never write at once.\n"
        "lock:\n  azure_blob:\n"
        f"    account_url: {scalar(lock.account_url)}\n    container: {scalar(lock.container)}\n\n"
    )


def starter_prompt() -> str:
    return _read(PROMPT)


def example_variables() -> str:
    """The `.env.example`: what the manifest's variables are."""
    return _read("variables.env")


def _read(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8").replace("\r\n", "\n")
