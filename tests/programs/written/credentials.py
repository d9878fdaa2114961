"""Tokens of both planes by azure-identity, in both styles and for two identities. Prints one JSON object of claims."""

# ruff: noqa: T201  a program speaks by printing
from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, Final

from azure.identity import DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AsyncCredential

SCOPES: Final = ("https://ai.azure.com/.default", "https://management.azure.com/.default")
ANOTHER: Final = "99999999-9999-4999-8999-999999999999"


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return {name: read[name] for name in ("aud", "tid", "oid")}


def in_turn() -> list[dict[str, Any]]:
    with DefaultAzureCredential() as credential:
        return [claims(credential.get_token(scope).token) for scope in SCOPES]


async def at_once() -> list[dict[str, Any]]:
    async with AsyncCredential() as credential:
        tokens = await asyncio.gather(*(credential.get_token(scope) for scope in SCOPES))
    return [claims(token.token) for token in tokens]


def somebody_else() -> dict[str, Any]:
    with DefaultAzureCredential(managed_identity_client_id=ANOTHER) as credential:
        return claims(credential.get_token(SCOPES[0]).token)


def main() -> None:
    print(json.dumps({"sync": in_turn(), "async": asyncio.run(at_once()), "another": somebody_else()}))


if __name__ == "__main__":
    main()
