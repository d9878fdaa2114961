"""One running emulator for all tests of this folder; every test finds it as on the first day.

Tests speak to it over real HTTPS on loopback, through `Caller`: a client with the token of one plane.
Nothing waits: time is moved with `emulator_admin.advance`.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from provisioner.emulator import Emulator, Options

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
HERE = Path(__file__).parent
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
MANAGEMENT_AUDIENCE = "https://management.azure.com"
PROJECT_AUDIENCE = "https://ai.azure.com"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Sends requests to one plane: right token, right api-version, unless a test says otherwise."""

    client: httpx.Client
    prefix: str
    token: str
    version: str | None
    extra: dict[str, str]

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> httpx.Response:
        query = {"api-version": self.version, **query}
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.client.request(
            method,
            self.prefix + path,
            params={name: value for name, value in query.items() if value is not None},
            json=body,
            headers={**bearer, **self.extra, **(headers or {})},
        )


@dataclass(frozen=True, kw_only=True)
class Admin:
    client: httpx.Client

    def get(self, name: str) -> Json:
        found: Json = self.client.get(f"/_emulator/{name}").raise_for_status().json()
        return found

    def post(self, name: str, body: Any = None) -> httpx.Response:
        return self.client.post(f"/_emulator/{name}", json=body)

    def switch(self, **switches: Any) -> None:
        self.post("switches", switches).raise_for_status()

    def advance(self, seconds: float) -> None:
        self.post("clock", {"advance_s": seconds}).raise_for_status()

    def fault(self, match: Json, **do: Any) -> None:
        self.post("faults", {"match": match, "do": do}).raise_for_status()

    def drift(self, kind: str, name: str, changes: Json) -> None:
        self.post("drift", {"kind": kind, "name": name, "changes": changes}).raise_for_status()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who asks the running emulator does nothing of the product in the thread that asks."""
    for item in items:
        if item.path.is_relative_to(HERE) and "shared_client" in getattr(item, "fixturenames", ()):
            item.add_marker("client")


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    with Emulator(Options()) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def shared_client(running: Emulator) -> Iterator[httpx.Client]:
    trust = ssl.create_default_context(cafile=running.ca_file)
    with httpx.Client(base_url=running.management, verify=trust, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def emulator(running: Emulator, shared_client: httpx.Client) -> Emulator:
    shared_client.post("/_emulator/reset").raise_for_status()
    return running


@pytest.fixture
def client(emulator: Emulator, shared_client: httpx.Client) -> httpx.Client:  # noqa: ARG001
    return shared_client


@pytest.fixture
def admin(client: httpx.Client) -> Admin:
    return Admin(client=client)


def token_for(emulator: Emulator, audience: str) -> str:
    answer = httpx.get(
        emulator.env["IDENTITY_ENDPOINT"],
        params={"api-version": "2019-08-01", "resource": audience},
        headers={"X-IDENTITY-HEADER": emulator.env["IDENTITY_HEADER"]},
        trust_env=False,
    )
    return str(answer.raise_for_status().json()["access_token"])


@pytest.fixture(scope="session")
def tokens(running: Emulator) -> dict[str, str]:
    return {audience: token_for(running, audience) for audience in (MANAGEMENT_AUDIENCE, PROJECT_AUDIENCE)}


@pytest.fixture
def arm(client: httpx.Client, tokens: dict[str, str]) -> Caller:
    return Caller(client=client, prefix="", token=tokens[MANAGEMENT_AUDIENCE], version="2025-09-01", extra={})


@pytest.fixture
def project(client: httpx.Client, tokens: dict[str, str]) -> Caller:
    """The v1 surface, with the opt-in header that memory needs."""
    return Caller(
        client=client,
        prefix="/api/projects/local",
        token=tokens[PROJECT_AUDIENCE],
        version="v1",
        extra={"Foundry-Features": "MemoryStores=V1Preview"},
    )


@pytest.fixture
def azure(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The environment of a program that knows nothing of us."""
    for name, value in emulator.env.items():
        monkeypatch.setenv(name, value)
    return emulator


def deployment(model: str = "gpt-4.1-mini", version: str | None = "2025-04-14", **more: Any) -> Json:
    sku = {"name": more.pop("sku", "GlobalStandard"), "capacity": more.pop("capacity", 10)}
    named = {"format": more.pop("format", "OpenAI"), "name": model, **({"version": version} if version else {})}
    tags = {"tags": more.pop("tags")} if "tags" in more else {}
    return {"sku": sku, **tags, "properties": {"model": named, **more}}


def store(name: str = "memory", **more: Any) -> Json:
    definition = {"kind": "default", "chat_model": "gpt-4.1-mini", "embedding_model": "text-embedding-3-large"}
    return {"name": name, "definition": {**definition, **more.pop("definition", {})}, **more}


def version(instructions: str = "Be brief.", **more: Any) -> Json:
    definition = {"kind": "prompt", "model": "gpt-4.1-mini", "instructions": instructions}
    return {"definition": {**definition, **more.pop("definition", {})}, **more}


@pytest.fixture
def documents() -> type[Documents]:
    return Documents


class Documents:
    """Request bodies as a client would send them."""

    deployment = staticmethod(deployment)
    store = staticmethod(store)
    version = staticmethod(version)
