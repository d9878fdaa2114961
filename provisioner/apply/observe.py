"""Read live state: every list once, side by side, and a closer look only where a list does not tell enough."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from provisioner.kinds import Kind, Service
from provisioner.model.address import Address
from provisioner.model.errors import PlaneError, Unreadable
from provisioner.model.resource import Desired, Live

T = TypeVar("T")


def observe(
    kinds: Mapping[str, Kind], service: Service, desired: Mapping[Address, Desired], *, parallelism: int
) -> dict[Address, Live]:
    """Everything live, of every kind. Raises Unreadable with what each plane said."""
    with ThreadPoolExecutor(max_workers=max(parallelism, len(kinds)), thread_name_prefix="read") as pool:
        lists = [pool.submit(_listed, kind, service) for kind in kinds.values()]
        live = {found.address: found for kind_found in _gathered(lists) for found in kind_found}
        looks = [
            pool.submit(kinds[address.kind].inspect, service, wanted, live.get(address))
            for address, wanted in desired.items()
            if not wanted.external and kinds[address.kind].is_unclear(wanted, live.get(address))
        ]
        live.update({found.address: found for found in _gathered(looks) if found is not None})
    return live


def _listed(kind: Kind, service: Service) -> list[Live]:
    return list(kind.list(service))


def _gathered(futures: list[Future[T]]) -> list[T]:
    errors = [error for future in futures if isinstance(error := future.exception(), PlaneError)]
    if errors:
        raise Unreadable(tuple(errors))
    return [future.result() for future in futures]
