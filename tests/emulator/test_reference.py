"""docs/local-foundry.md names what there is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from provisioner.emulator import Emulator, Options
from provisioner.emulator.handles import admin, fault_reader
from provisioner.emulator.world.switches import CHOICES, Switches
from provisioner.pytest_plugin import FoundryEmulator

PAGE = (Path(__file__).parents[2] / "docs" / "local-foundry.md").read_text(encoding="utf-8")
EXAMPLE = Path(__file__).parents[2] / "stores.yaml"
ROWS = {found[1]: found[2] for found in re.finditer(r"^\| `(\w+)` \| ([^|]*) \|", PAGE, re.MULTILINE)}


@pytest.mark.parametrize("switch", fields(Switches), ids=lambda field: field.name)
def test_every_switch_is_there_with_its_values_default_first(switch: object) -> None:
    name, default = switch.name, switch.default  # type: ignore[attr-defined]  # a dataclass field
    told = re.findall(r"`([^`]+)`", ROWS[name])

    assert told[0] == (str(default).lower() if isinstance(default, bool) else str(default))
    if name in CHOICES:
        assert set(told) == CHOICES[name]


def test_every_key_of_a_fault_is_there() -> None:
    assert sorted((fault_reader.MATCH_KEYS | fault_reader.DO_KEYS) - {*ROWS}) == []


def test_every_handle_is_there() -> None:
    handles = [
        f"{route.method} {route.path.removeprefix('/_emulator/')}" for route in admin.ROUTES if route.path != "/"
    ]
    assert [handle for handle in handles if f"`{handle}`" not in PAGE] == []


def test_every_method_of_the_plugin_is_there() -> None:
    methods = [name for name in vars(FoundryEmulator) if not name.startswith("_")]
    assert [name for name in methods if f"`{name}(" not in PAGE] == []


def test_every_variable_that_is_given_is_there_and_what_names_a_deployment_names_one_of_the_example() -> None:
    example = EXAMPLE.read_text(encoding="utf-8")
    with Emulator(Options()) as emulator:
        assert [name for name in emulator.env if f"`{name}`" not in PAGE] == []
        deployed = {value for name, value in emulator.env.items() if name.endswith(("_MODEL_NAME", "_DEPLOYMENT_NAME"))}
        assert [value for value in deployed if f"\n  {value}:\n" not in example or f"`{value}`" not in PAGE] == []
