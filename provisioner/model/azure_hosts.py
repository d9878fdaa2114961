"""How the hosts of project endpoints end in Azure's clouds, and the account that such a host names."""

from __future__ import annotations

import re
from typing import Final

PUBLIC: Final = ".services.ai.azure.com"
# assumed: the project plane of the sovereign clouds is named as the public one is
GOVERNMENT: Final = ".services.ai.azure.us"
CHINA: Final = ".services.ai.azure.cn"
PROJECT_SUFFIXES: Final = (PUBLIC, GOVERNMENT, CHINA)

# Parsers disagree about userinfo, backslashes, escapes and blanks, so a host is read only where none of them occur.
_HOST: Final = re.compile(r"https?://([a-z0-9._-]+)(?::[0-9]{1,5})?(?:[/?#][!-\[\]-~]*)?", re.IGNORECASE)

_PROJECT: Final = re.compile(r"/api/projects/(?P<name>[^/?#]+)/?\Z")


def project_of(endpoint: str) -> str:
    """The project's name, where the endpoint's path tells it; else empty."""
    found = _PROJECT.search(endpoint)
    return found["name"] if found else ""


def account_of(endpoint: str) -> str | None:
    """The account's name, where the host is Azure's and so tells it."""
    match = _HOST.fullmatch(endpoint)
    host = match[1].lower() if match else ""
    suffix = next((each for each in PROJECT_SUFFIXES if host.endswith(each)), None)
    return (host.removesuffix(suffix) or None) if suffix else None
