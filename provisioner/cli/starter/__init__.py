"""What `provisioner init` starts a folder with. The files beside this one are copied as they are, but for the name.

`github/` is what `init --github` adds, and the one source of `examples/pipelines/github/` and of the action.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from provisioner.manifest.write import scalar
from provisioner.model.lock import LockSettings

if TYPE_CHECKING:
    from importlib.abc import Traversable

PROMPT: Final = "prompts/dev-buddy.md"
_BEHIND_LOCK: Final = "deployments:\n"
_NAME: Final = "name: my-agents\n"
_MANIFEST: Final = "stores.yaml"


def starter_manifest(name: str, lock: LockSettings | None = None) -> str:
    text = _named(name, _read(_MANIFEST))
    return text.replace(_BEHIND_LOCK, f"{_lock(lock)}{_BEHIND_LOCK}", 1) if lock else text


def _lock(lock: LockSettings) -> str:
    return (
        "# apply and destroy take a lease there before they read what is live, so that two runs never write at once.\n"
        "lock:\n  azure_blob:\n"
        f"    account_url: {scalar(lock.account_url)}\n    container: {scalar(lock.container)}\n\n"
    )


def github_manifest(name: str) -> str:
    """The same resources, in environments."""
    return _named(name, _read(f"github/{_MANIFEST}"))


def github_files() -> dict[str, str]:
    """The workflows, their action and the environments, by their paths."""
    found = dict(_below(files(__name__) / "github"))
    return {path: found[path] for path in sorted(found.keys() - {_MANIFEST})}


def _below(folder: Traversable, at: str = "") -> Iterator[tuple[str, str]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _below(each, f"{at}{each.name}/")
        else:
            yield f"{at}{each.name}", _text(each)


def starter_prompt() -> str:
    return _read(PROMPT)


def example_variables() -> str:
    """The `.env.example`: what the manifest's variables are."""
    return _read("variables.env")


def _named(name: str, manifest: str) -> str:
    return manifest.replace(_NAME, f"name: {scalar(name)}\n", 1)


def _read(name: str) -> str:
    return _text(files(__name__) / name)


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8").replace("\r\n", "\n")
