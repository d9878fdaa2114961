"""Both planes of one project, opened with one credential."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from provisioner.planes import project
from provisioner.planes.clock import Clock, SystemClock
from provisioner.planes.clouds import cloud_of, require_trusted
from provisioner.planes.credentials import Tokens, default_credential
from provisioner.planes.management import ArmManagement
from provisioner.planes.management import open_client as open_management
from provisioner.planes.project import HttpProject


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinates:
    """Where to find the project. Without a subscription, group and account, deployments can only be looked at."""

    endpoint: str
    account: str | None = None
    subscription: str | None = None
    resource_group: str | None = None
    management_endpoint: str | None = None
    allowed_hosts: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Planes:
    """See `kinds.protocol.Service`."""

    project: HttpProject
    management: ArmManagement | None

    def telling(self, note: Callable[[str], None]) -> Planes:
        """The same planes, telling `note` of their waits."""
        return Planes(self.project.telling(note), self.management.telling(note) if self.management else None)


@contextmanager
def connect(where: Coordinates, *, connections: int = 10, clock: Clock | None = None) -> Iterator[Planes]:
    """Raises ProvisionerError before any token is asked for when a host is not trusted."""
    cloud = cloud_of(where.endpoint)
    management_endpoint = where.management_endpoint or cloud.management
    require_trusted(where.endpoint, where.allowed_hosts)
    require_trusted(management_endpoint, where.allowed_hosts)
    clock = clock or SystemClock()
    credential = default_credential()
    tokens = Tokens(credential, cloud.project_scope)
    with project.open_client(where.endpoint, tokens, connections=connections) as client:
        plane = HttpProject(client, clock=clock, note=_silently)
        if not (where.subscription and where.resource_group and where.account):
            yield Planes(plane, None)
            return
        arm = open_management(
            credential,
            subscription=where.subscription,
            endpoint=management_endpoint,
            scope=cloud.management_scope,
            allowed_hosts=where.allowed_hosts,
        )
        with arm:
            management = ArmManagement(
                arm,
                subscription=where.subscription,
                resource_group=where.resource_group,
                account=where.account,
                clock=clock,
                note=_silently,
            )
            yield Planes(plane, management)


def _silently(note: str) -> None:
    """Where nobody listens, the log does."""
    project.LOG.info("%s", note)
