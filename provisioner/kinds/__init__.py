"""One file per kind of resource, and the list of them.

A kind knows how its entries are written in the manifest, how the service spells them, and which calls change them.
It sees the planes only through the protocols in `protocol.py`: no HTTP, no SDK, no files here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provisioner.kinds.agent import AgentKind
from provisioner.kinds.conflict import changed_since, unreadable
from provisioner.kinds.connection import ConnectionKind
from provisioner.kinds.deployment import DeploymentKind
from provisioner.kinds.protocol import Kind, ManagementPlane, ProjectPlane, Service
from provisioner.kinds.rai_blocklist import RaiBlocklistKind
from provisioner.kinds.rai_policy import RaiPolicyKind
from provisioner.kinds.store import StoreKind
from provisioner.model.traits import Traits

__all__ = ["KINDS", "TRAITS", "Kind", "ManagementPlane", "ProjectPlane", "Service", "changed_since", "unreadable"]

_ALL: Final[tuple[Kind, ...]] = (
    RaiBlocklistKind(),
    RaiPolicyKind(),
    DeploymentKind(),
    ConnectionKind(),
    StoreKind(),
    AgentKind(),
)
KINDS: Final[Mapping[str, Kind]] = {kind.section: kind for kind in _ALL}
TRAITS: Final[Mapping[str, Traits]] = {kind.section: kind.traits for kind in _ALL}
