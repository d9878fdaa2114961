"""Which hosts belong to which Azure cloud, and whom a token may be sent to."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from provisioner.model.errors import ProvisionerError


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """`project_suffix` ends the hosts of project endpoints; scopes are what tokens are asked for."""

    project_suffix: str
    management: str
    management_scope: str
    project_scope: str


PUBLIC: Final = Cloud(
    project_suffix=".services.ai.azure.com",
    management="https://management.azure.com",
    management_scope="https://management.azure.com/.default",
    project_scope="https://ai.azure.com/.default",
)
# assumed: the project plane of the sovereign clouds is named as the public one is
CLOUDS: Final = (
    PUBLIC,
    Cloud(
        project_suffix=".services.ai.azure.us",
        management="https://management.usgovcloudapi.net",
        management_scope="https://management.usgovcloudapi.net/.default",
        project_scope="https://ai.azure.us/.default",
    ),
    Cloud(
        project_suffix=".services.ai.azure.cn",
        management="https://management.chinacloudapi.cn",
        management_scope="https://management.chinacloudapi.cn/.default",
        project_scope="https://ai.azure.cn/.default",
    ),
)


def cloud_of(endpoint: str) -> Cloud:
    """The cloud a project endpoint belongs to; the public one where the host does not tell."""
    host = urlsplit(endpoint).hostname or ""
    return next((cloud for cloud in CLOUDS if host.endswith(cloud.project_suffix)), PUBLIC)


def account_of(endpoint: str) -> str | None:
    """The account's name, where the host is Azure's and so tells it."""
    host = urlsplit(endpoint).hostname or ""
    suffix = next((cloud.project_suffix for cloud in CLOUDS if host.endswith(cloud.project_suffix)), None)
    return host.removesuffix(suffix) if suffix else None


def is_trusted(url: str, allowed: Collection[str] = ()) -> bool:
    """Whether a token may go there: an Azure host over https, this machine, or a host named by the user."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if _is_loopback(host):
        return True
    if parts.scheme != "https":
        return False
    managements = {urlsplit(cloud.management).hostname for cloud in CLOUDS}
    is_azure = host in managements or any(host.endswith(cloud.project_suffix) for cloud in CLOUDS)
    return is_azure or host in {name.lower() for name in allowed}


def require_trusted(url: str, allowed: Collection[str] = ()) -> None:
    """Raises ProvisionerError unless a token may be sent to the URL's host."""
    if not is_trusted(url, allowed):
        host = urlsplit(url).hostname or url
        raise ProvisionerError(
            f'"{host}" is not an Azure host reached over https; no token was sent to it.',
            f"If the manifest's endpoint is right and you trust that host, add --allow-host {host}",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
