"""What refers to what, as a Mermaid flowchart or in DOT. An arrow points at what is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from provisioner.model.address import Address
from provisioner.model.resource import Desired
from provisioner.render.safe import one_line

_MERMAID_SPECIAL: Final = re.compile(r"[^\w ./-]", re.ASCII)


def mermaid(resources: Mapping[Address, Desired]) -> str:
    """Source: https://mermaid.js.org/syntax/flowchart.html (quoted labels, entity codes)."""
    resources = _by_key(resources)
    names = _numbered(resources)
    lines = ["flowchart LR"]
    for address, name in names.items():
        outside = ":::external" if _is_outside(address, resources) else ""
        lines.append(f'  {name}["{_mermaid_label(address)}"]{outside}')
    lines.extend(f"  {names[start]} --> {names[end]}" for start, end in _edges(resources))
    if any(_is_outside(address, resources) for address in names):
        lines.append("  classDef external stroke-dasharray: 4 4")
    return "\n".join(lines) + "\n"


def dot(resources: Mapping[Address, Desired]) -> str:
    """For Graphviz. Source: https://graphviz.org/doc/info/lang.html (quoted identifiers)."""
    resources = _by_key(resources)
    lines = ["digraph manifest {", "  rankdir=LR;", "  node [shape=box];"]
    for address in _numbered(resources):
        dashed = " [style=dashed]" if _is_outside(address, resources) else ""
        lines.append(f"  {_dot_name(address)}{dashed};")
    lines.extend(f"  {_dot_name(start)} -> {_dot_name(end)};" for start, end in _edges(resources))
    return "\n".join([*lines, "}", ""])


def _by_key(resources: Mapping[Address, Desired]) -> dict[Address, Desired]:
    """As the manifest calls them."""
    keys = {address: resource.key_address for address, resource in resources.items()}
    return {
        keys[address]: replace(resource, needs=frozenset(keys.get(it, it) for it in resource.needs))
        for address, resource in resources.items()
    }


def _numbered(resources: Mapping[Address, Desired]) -> dict[Address, str]:
    needed = {address for resource in resources.values() for address in resource.needs}
    return {address: f"n{number}" for number, address in enumerate(sorted({*resources, *needed}))}


def _edges(resources: Mapping[Address, Desired]) -> list[tuple[Address, Address]]:
    return sorted((address, needed) for address, resource in resources.items() for needed in resource.needs)


def _is_outside(address: Address, resources: Mapping[Address, Desired]) -> bool:
    return address not in resources or resources[address].external


def _mermaid_label(address: Address) -> str:
    return _MERMAID_SPECIAL.sub(lambda found: f"#{ord(found.group())};", one_line(str(address)))


def _dot_name(address: Address) -> str:
    text = one_line(str(address)).replace("\\", "\\\\").replace('"', '\\"').replace("##", "#&#35;")
    return f'"{text}"'
