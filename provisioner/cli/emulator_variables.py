"""The variables that lead a program to a local Foundry: their names, and the form of their values.

What is exported to a shell can make it run anything (LD_PRELOAD, PATH, BASH_ENV, …), so nothing is but these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

_MANAGEMENT: Final = r"https://127\.0\.0\.1:[0-9]{1,5}"
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"
_UUID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PROJECT: Final = rf"{_MANAGEMENT}/api/projects/{_NAME}"
_PLAIN: Final = r"[^\x00-\x1f\x7f-\x9f]{1,256}"
_FORMS: Final[Mapping[str, str]] = {
    "IDENTITY_ENDPOINT": r"http://127\.0\.0\.1:[0-9]{1,5}/msi/token",
    "IDENTITY_HEADER": _UUID,
    "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
    "FOUNDRY_PROJECT_ENDPOINT": _PROJECT,
    "PROJECT_ENDPOINT": _PROJECT,
    "AZURE_AI_PROJECT_ENDPOINT": _PROJECT,
    "FOUNDRY_ACCOUNT": _NAME,
    "PROVISIONER_MANAGEMENT_ENDPOINT": _MANAGEMENT,
    "AZURE_SUBSCRIPTION_ID": _UUID,
    "AZURE_RESOURCE_GROUP": _NAME,
    "AZURE_LOCATION": _NAME,
    "FOUNDRY_MODEL_NAME": _PLAIN,
    "MEMORY_STORE_CHAT_MODEL_DEPLOYMENT_NAME": _PLAIN,
    "MEMORY_STORE_EMBEDDING_MODEL_DEPLOYMENT_NAME": _PLAIN,
}
_AT_MANAGEMENT: Final = (
    "FOUNDRY_PROJECT_ENDPOINT",
    "PROJECT_ENDPOINT",
    "AZURE_AI_PROJECT_ENDPOINT",
    "PROVISIONER_MANAGEMENT_ENDPOINT",
)
_BUNDLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_AUTHORITIES: Final = ("NODE_EXTRA_CA_CERTS",)
_PAST_PROXIES: Final = ("NO_PROXY", "no_proxy")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
NAMES: Final = frozenset({*_FORMS, *_BUNDLES, *_AUTHORITIES, *_PAST_PROXIES})


def documented(env: object, management: str, ca_file: Path, environ: Mapping[str, str]) -> dict[str, str] | None:
    """What a shell may take of the environment of the Foundry at that address; None unless it is one that we write.

    Whom to trust follows from the CA's file, and what is reached without a proxy from `environ`, the shell's own.
    """
    if not isinstance(env, dict) or env.keys() - NAMES or not re.fullmatch(_MANAGEMENT, management):
        return None
    values = {name: env.get(name) for name in _FORMS}
    if not all(isinstance(value, str) and re.fullmatch(_FORMS[name], value) for name, value in values.items()):
        return None
    if not all(_is_at(str(values[name]), management) for name in _AT_MANAGEMENT):
        return None
    return {
        **{name: str(value) for name, value in values.items()},
        **dict.fromkeys(_BUNDLES, str(ca_file.with_name("ca-bundle.pem"))),
        **dict.fromkeys(_AUTHORITIES, str(ca_file)),
        **dict.fromkeys(_PAST_PROXIES, _past_proxies(environ)),
    }


def _is_at(url: str, management: str) -> bool:
    return url == management or url.startswith(f"{management}/")


def _past_proxies(environ: Mapping[str, str]) -> str:
    before = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").split(",")
    return ",".join(_without_repeats(filter(None, (*before, *_LOOPBACK))))


def _without_repeats(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
