"""Both planes of one project, opened with one credential."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.model.azure_hosts import project_of
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.plan import Target
from provisioner.model.run import Run
from provisioner.planes import project
from provisioner.planes.clock import Clock, SystemClock
from provisioner.planes.clouds import Cloud, cloud_of, require_trusted
from provisioner.planes.credentials import SignIn
from provisioner.planes.loopback import require_somebody
from provisioner.planes.project import HttpProject
from provisioner.planes.trust import trusted_authorities

if TYPE_CHECKING:
    from provisioner.planes.management import ArmManagement

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinates:
    """Where to find the project. Without a subscription, group and account there is no management plane."""

    endpoint: str
    account: str | None = None
    subscription: str | None = None
    resource_group: str | None = None
    management_endpoint: str | None = None
    allowed_hosts: Collection[str] = ()

    @property
    def is_managed(self) -> bool:
        """Whether there is a management plane."""
        return bool(self.subscription and self.resource_group and self.account)


@dataclass(frozen=True, slots=True)
class Planes:
    """See `kinds.protocol.Service`."""

    project: HttpProject
    management: ArmManagement | None
    target: Target

    def telling(self, note: Callable[[str], None]) -> Planes:
        """The same planes, telling `note` of their waits."""
        management = self.management.telling(note) if self.management else None
        return Planes(self.project.telling(note), management, self.target)


@contextmanager
def connect(
    where: Coordinates,
    signed_in: SignIn | None = None,
    *,
    connections: int = 10,
    timeout_s: float = 120,
    clock: Clock | None = None,
    run: Run | None = None,
) -> Iterator[Planes]:
    """`timeout_s` is how long an answer may keep silent; `signed_in` stays its owner's; requests say that they are of
    `run`. Raises PlaneError before anything is sent when a host is not trusted, or what the environment says of proxies
    and CAs makes no sense.
    """
    cloud = require_trusted_planes(where)
    require_somebody(where.endpoint)
    clock = clock or SystemClock()
    trust = trusted_authorities()
    with (
        nullcontext(signed_in) if signed_in else SignIn() as sign_in,
        project.open_client(
            where.endpoint,
            sign_in.tokens(cloud.project_scope),
            trust=trust,
            connections=connections,
            timeout_s=timeout_s,
        ) as client,
        _management(where, cloud, sign_in, trust, clock=clock, timeout_s=timeout_s, run=run) as management,
    ):
        yield Planes(HttpProject(client, clock=clock, note=_silently, run=run), management, _target(where, cloud))


def require_trusted_planes(where: Coordinates) -> Cloud:
    """The cloud of both. Raises PlaneError where a token may not be sent to one of them."""
    cloud = cloud_of(where.endpoint)
    require_trusted(where.endpoint, where.allowed_hosts)
    _require_management(where.management_endpoint or cloud.management, where.allowed_hosts)
    return cloud


def _target(where: Coordinates, cloud: Cloud) -> Target:
    management = (where.management_endpoint or cloud.management).rstrip("/")
    return Target(
        endpoint=where.endpoint,
        account=where.account or "",
        subscription=where.subscription or "",
        resource_group=where.resource_group or "",
        management="" if management == cloud.management else management,
    )


@contextmanager
def _management(
    where: Coordinates,
    cloud: Cloud,
    sign_in: SignIn,
    trust: ssl.SSLContext,
    *,
    clock: Clock,
    timeout_s: float,
    run: Run | None,
) -> Iterator[ArmManagement | None]:
    if not where.is_managed:
        yield None
        return
    from provisioner.planes.arm_pipeline import ArmPipeline  # noqa: PLC0415 - azure-core costs a sixth of a second
    from provisioner.planes.management import ArmManagement, Scope  # noqa: PLC0415

    pipeline = ArmPipeline(
        sign_in.tokens(cloud.management_scope),
        endpoint=where.management_endpoint or cloud.management,
        scope=cloud.management_scope,
        trust=trust,
        allowed_hosts=where.allowed_hosts,
        clock=clock,
        timeout_s=timeout_s,
        run=run,
    )
    scope = Scope(
        subscription=where.subscription or "",
        resource_group=where.resource_group or "",
        account=where.account or "",
        project=project_of(where.endpoint),
    )
    with pipeline:
        yield ArmManagement(pipeline, scope, clock=clock, note=_silently)


def _require_management(endpoint: str, allowed: Collection[str]) -> None:
    require_trusted(endpoint, allowed)
    if not endpoint.lower().startswith("https:"):  # the SDK would say so only after its retries
        failure = Failure(
            message=f"The management endpoint {endpoint} is not https; Azure's SDK sends no token there.",
            code="untrusted-host",
            advice="Write `management_endpoint` (or PROVISIONER_MANAGEMENT_ENDPOINT) with https://",
        )
        raise PlaneError(failure)


def _silently(note: str) -> None:
    """Where nobody listens, the log does."""
    LOG.info("%s", note)
