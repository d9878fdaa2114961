"""Manifests to load in tests, and diagnostics in a form that fits into a line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from provisioner.manifest.codes import CODES
from provisioner.manifest.load import Loaded, Manifest, load
from provisioner.model.diagnostic import Diagnostic

ENDPOINT: Final = "https://acc.services.ai.azure.com/api/projects/p"
HEAD: Final = f"""\
version: 1
name: team
project: {{endpoint: "{ENDPOINT}", subscription_id: sub, resource_group: group}}
"""
HEAD_LINES: Final = HEAD.count("\n")
MODELS: Final = """\
deployments:
  gpt: {model: {format: OpenAI, name: gpt-4.1-mini}, sku: {name: Standard}}
  emb: {model: {format: OpenAI, name: text-embedding-3-large}, sku: {name: Standard}}
"""


def load_text(folder: Path, text: str | bytes, *, environ: Mapping[str, str] | None = None, **options: Any) -> Loaded:
    """The text as `m.yaml` in the folder, loaded; every diagnostic has a known code and a place."""
    file = folder / "m.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return load_files([file], environ=environ, **options)


def load_files(files: list[Path], *, environ: Mapping[str, str] | None = None, **options: Any) -> Loaded:
    loaded = load(files, environ=environ or {}, **options)

    assert {each.code for each in loaded.diagnostics} <= CODES.keys()
    assert (loaded.manifest is None) == any(each.is_error for each in loaded.diagnostics)
    return loaded


def manifest_of(loaded: Loaded) -> Manifest:
    assert loaded.manifest is not None, full(loaded)
    return loaded.manifest


def brief(loaded: Loaded) -> list[str]:
    return [f"{_place(each)} {each.code}" for each in loaded.diagnostics]


def full(loaded: Loaded) -> str:
    """Everything a user sees, but for the folder."""
    return "\n".join(
        f"{_place(each)} {each.severity.value} {each.code}\n  {each.message}\n  {each.hint}"
        for each in loaded.diagnostics
    )


def _place(each: Diagnostic) -> str:
    where = each.where
    return f"{Path(where.file).name}:{where.line}:{where.column}" if where else "-"
