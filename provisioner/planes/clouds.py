"""Which hosts belong to which Azure cloud, and whom a token may be sent to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from provisioner.model import azure_hosts
from provisioner.model.errors import Failure, PlaneError


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """`project_suffix` ends the hosts of project endpoints; scopes are what tokens are asked for. `cli_name` is what
    `az cloud set` takes.
    """

    cli_name: str
    project_suffix: str
    management: str
    management_scope: str
    project_scope: str


PUBLIC: Final = Cloud(
    cli_name="AzureCloud",
    project_suffix=azure_hosts.PUBLIC,
    management="https://management.azure.com",
    management_scope="https://management.azure.com/.default",
    project_scope="https://ai.azure.com/.default",
)
CLOUDS: Final = (
    PUBLIC,
    Cloud(
        cli_name="AzureUSGovernment",
        project_suffix=azure_hosts.GOVERNMENT,
        management="https://management.usgovcloudapi.net",
        management_scope="https://management.usgovcloudapi.net/.default",
        project_scope="https://ai.azure.us/.default",
    ),
    Cloud(
        cli_name="AzureChinaCloud",
        project_suffix=azure_hosts.CHINA,
        management="https://management.chinacloudapi.cn",
        management_scope="https://management.chinacloudapi.cn/.default",
        project_scope="https://ai.azure.cn/.default",
    ),
)
THIS_MACHINE: Final = "this machine, where anybody's program may listen"
_MANAGEMENT_HOSTS: Final = frozenset(urlsplit(cloud.management).hostname for cloud in CLOUDS)
# Source: learn.microsoft.com, "Storage account overview", standard and Azure DNS zone endpoints, and the pages of the
# sovereign clouds on their endpoints.
_BLOB_HOST: Final = re.compile(
    r"[a-z0-9]{3,24}\.(?:blob\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)"
    r"|z[0-9]{1,2}\.blob\.storage\.azure\.net)"
)
BLOB_SCOPE: Final = "https://storage.azure.com/.default"  # in every cloud

# Parsers disagree about userinfo, backslashes, escapes and blanks: what one takes for the host another takes for a
# path (urllib3 ends the host of https://evil.com\@management.azure.com at the backslash). So none of them may occur.
_PLAIN_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?P<port>:[0-9]{1,5})?(?:[/?#][!-\[\]-~]*)?",
    re.IGNORECASE,
)


def cloud_of(endpoint: str) -> Cloud:
    """The cloud a project endpoint belongs to; the public one where the host does not tell."""
    return _project_cloud(_parted(endpoint)[1]) or PUBLIC


def is_trusted(url: str, allowed: Collection[str] = ()) -> bool:
    """Whether a token may go there: an Azure host over https, or a host named by the user, as in `gateway.example`,
    `127.0.0.1` or `127.0.0.1:8443`; one of this machine over http, too. This machine is not trusted by itself: on a
    shared one anybody's program may listen, and a manifest may name its port.
    """
    host = _parted(url)[1]
    return _is_sent_safely(url) and (host in _MANAGEMENT_HOSTS or bool(_project_cloud(host)) or is_among(url, allowed))


def is_trusted_storage(url: str, allowed: Collection[str] = ()) -> bool:
    """The same for Azure Blob Storage, whose hosts are no place for the tokens of the planes."""
    return _is_sent_safely(url) and (bool(_BLOB_HOST.fullmatch(_parted(url)[1])) or is_among(url, allowed))


def _is_sent_safely(url: str) -> bool:
    return _parted(url)[0] == "https" or is_loopback(url)


def is_among(url: str, hosts: Collection[str]) -> bool:
    """Whether its host is one of them, or its host and port."""
    host = _parted(url)[1]
    names = {host, host.strip("[]"), authority_of(url)}
    return bool(names & {it.lower() for it in hosts if it})


def require_trusted(url: str, allowed: Collection[str] = (), only: Collection[str] | None = None) -> None:
    """Raises PlaneError unless a token may be sent to the URL's host: one of the `only` ones, where there are some."""
    if not is_trusted(url, allowed):
        raise PlaneError(_untrusted(url))
    _require_among(url, only)


def require_trusted_storage(url: str, allowed: Collection[str] = (), only: Collection[str] | None = None) -> None:
    """The same for Azure Blob Storage."""
    if not is_trusted_storage(url, allowed):
        raise PlaneError(_untrusted(url))
    _require_among(url, only)


def _untrusted(url: str) -> Failure:
    scheme, host = _parted(url)
    if not host:
        message = f'"{_without_userinfo(url)}" is not a plain http(s) URL; no token was sent.'
        advice = "Write it as https://<host>/<path>, without a user name, blanks or backslashes."
    elif is_loopback(url):
        message = f'"{authority_of(url)}" is {THIS_MACHINE}; no token was sent to it.'
        advice = loopback_advice(url)
    elif scheme != "https":
        message = f'"{host}" would be reached without encryption; no token was sent to it.'
        advice = "Write the endpoint with https://"
    else:
        message = f'"{host}" is not an Azure host reached over https; no token was sent to it.'
        advice = f"If the manifest's endpoint is right and you trust that host, add --allow-host {host}"
    return Failure(message=message, code="untrusted-host", advice=advice)


def _require_among(url: str, only: Collection[str] | None) -> None:
    if only is not None and not is_among(url, only):
        message = f'"{authority_of(url)}" is none of the hosts that the policy allows; no token was sent to it.'
        advice = "Correct the endpoint, or add the host to `allowed_hosts` of the policy."
        raise PlaneError(Failure(message=message, code="policy-allowed-hosts", advice=advice))


def loopback_advice(url: str) -> str:
    """What to do where a URL of this machine was not named by the user; an empty one is not to be told."""
    which = authority_of(url) if url else "with its host and port"
    return (
        "If what listens there is yours, say so: name it with --project-endpoint or in the environment (a .env file "
        f"does not count), or add --allow-host {which}"
    )


def loopback_authorities(urls: Iterable[str | None]) -> tuple[str, ...]:
    """Hosts and ports of this machine among the URLs, to be allowed."""
    return tuple(authority_of(url) for url in urls if url and is_loopback(url))


def authority_of(url: str) -> str:
    """Host and port in lower case, the port only where it is written; empty for anything but a plain http(s) URL."""
    match = _PLAIN_URL.fullmatch(url)
    return f"{match['host']}{match['port'] or ''}".lower() if match else ""


def is_loopback(url: str) -> bool:
    """Whether the URL stays on this machine."""
    host = _parted(url)[1]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _parted(url: str) -> tuple[str, str]:
    """Scheme and host in lower case; two empty strings for anything but a plain http(s) URL."""
    match = _PLAIN_URL.fullmatch(url)
    return (match["scheme"].lower(), match["host"].lower()) if match else ("", "")


def _project_cloud(host: str) -> Cloud | None:
    matching = (cloud for cloud in CLOUDS if host.endswith(cloud.project_suffix) and not host.startswith("."))
    return next(matching, None)


def _without_userinfo(url: str) -> str:
    return re.sub(r"//.*@", "//…@", url)
