"""What each kind's own test file says of it, for the tests that hold for every kind.

`tests/kinds/test_<kind>.py` says it once, as `SAMPLES`; no other test file lists kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from provisioner.model.address import Address

Entry = dict[str, Any]

texts = st.sampled_from(["", "Be kind.", "Two\nlines\n", " padded ", "{{name}}", "on", "1", "null", "a: b # c"])
labels = st.dictionaries(
    st.sampled_from(["team", "Cost Center", "x-y"]), st.sampled_from(["", "Blue", "1"]), max_size=2
)
MODELS: Mapping[Address, Entry] = {
    Address("deployments", "chat"): {
        "model": {"format": "OpenAI", "name": "gpt-5.4-mini"},
        "sku": {"name": "GlobalStandard", "capacity": 1},
    },
    Address("deployments", "embed"): {
        "model": {"format": "OpenAI", "name": "text-embedding-3-small"},
        "sku": {"name": "GlobalStandard", "capacity": 1},
    },
}


def cased(*names: str) -> st.SearchStrategy[str]:
    """Names that ignore case, spelt somehow."""
    return st.sampled_from([spelt for name in names for spelt in (name, name.lower(), name.upper())])


def with_(required: Mapping[str, st.SearchStrategy[Any]], **optional: Any) -> st.SearchStrategy[Entry]:
    return st.fixed_dictionaries(dict(required), optional=optional)


@dataclass(frozen=True, kw_only=True)
class Samples:
    """`settable` are the paths that a user may set, `read_only` what the service works out. `full` are entries that are
    created, exported and planned again; `refused` entries that the schema refuses, by what is wrong. `names` are those
    that the service takes, and those that it does not. `drawn` draws entries that an emulator with `beside` in it
    takes.
    """

    section: str
    settable: str
    read_only: str
    full: tuple[Entry, ...]
    names: tuple[list[str], list[str]]
    refused: Mapping[str, Entry] = field(default_factory=dict)
    drawn: st.SearchStrategy[Entry]
    beside: Mapping[Address, Entry] = field(default_factory=dict)


def every() -> dict[str, Samples]:
    """Of every kind, by its section."""
    modules = (import_module(f"tests.kinds.{file.stem}") for file in sorted(Path(__file__).parent.glob("test_*.py")))
    found = (getattr(module, "SAMPLES", None) for module in modules)
    return {samples.section: samples for samples in found if isinstance(samples, Samples)}
