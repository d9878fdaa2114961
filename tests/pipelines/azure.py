"""An environment in Azure, under Azure's own names: a local Foundry behind a proxy, with an account, a project and the
roles that the ready pipelines ask for.
"""

from __future__ import annotations

import json
import ssl
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from provisioner.emulator import Emulator, Options
from tests.doctor.looks import tunnelling
from tests.tracing import running_untraced

NAMES: Final = ("management.azure.com", "login.microsoftonline.com", "*.services.ai.azure.com")
TENANT: Final = "11111111-1111-4111-8111-111111111111"
SUBSCRIPTION: Final = "00000000-0000-4000-8000-000000000001"
FOUNDRY_USER: Final = "53ca6127-db72-4b80-b1b0-d745d6d5456d"
READER: Final = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
DATA_READER: Final = "b59867f0-fa02-499b-be73-45a86b5b3e1c"
CS_CONTRIBUTOR: Final = "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68"
USAGES_READER: Final = "bba48692-92b0-4667-a9ad-c31c7b334ac2"


@dataclass(frozen=True, kw_only=True)
class Azure:
    """`env` is the way there, for a machine that nobody is signed in on."""

    name: str
    env: Mapping[str, str]
    _http: httpx.Client

    @property
    def endpoint(self) -> str:
        return f"https://{self.name}-foundry.services.ai.azure.com/api/projects/app"

    @property
    def group(self) -> str:
        return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-{self.name}"

    @property
    def account(self) -> str:
        return f"{self.group}/providers/Microsoft.CognitiveServices/accounts/{self.name}-foundry"

    @property
    def project(self) -> str:
        return f"{self.account}/projects/app"

    def deployed(self, *, plans: str, applies: str) -> None:
        """As bicep/ does, for the identities with these client ids; from then on, roles count."""
        self._put(self.group, {"location": "swedencentral"})
        account = {"allowProjectManagement": True, "customSubDomainName": f"{self.name}-foundry"}
        sort = {"location": "swedencentral", "identity": {"type": "SystemAssigned"}}
        self._put(self.account, {**sort, "kind": "AIServices", "sku": {"name": "S0"}, "properties": account})
        project = self._put(self.project, {**sort, "properties": {}})
        self._assign(self.account, FOUNDRY_USER, project["identity"]["principalId"])
        subscription = f"/subscriptions/{SUBSCRIPTION}"
        for scope, role in ((self.account, READER), (self.project, DATA_READER), (subscription, USAGES_READER)):
            self._assign(scope, role, self._principal(plans))
        for scope, role in (
            (self.account, CS_CONTRIBUTOR),
            (self.project, FOUNDRY_USER),
            (subscription, USAGES_READER),
        ):
            self._assign(scope, role, self._principal(applies))
        self.handle("switches", {"roles": "assigned"})

    def handle(self, name: str, body: object) -> None:
        self._http.post(f"/_emulator/{name}", json=body).raise_for_status()

    def capacity(self) -> int:
        """Of the chat model's deployment."""
        answer = self._http.get(self._deployment, params={"api-version": "2025-09-01"}, headers=self._signed())
        return int(answer.json()["sku"]["capacity"])

    def edit(self, *, capacity: int) -> None:
        """As somebody in the portal would."""
        answer = self._http.patch(
            self._deployment,
            params={"api-version": "2025-09-01"},
            headers=self._signed(),
            json={"sku": {"name": "GlobalStandard", "capacity": capacity}},
        )
        assert answer.is_success, answer.text

    @property
    def _deployment(self) -> str:
        return f"{self.account}/deployments/gpt-5.4-mini"

    def writes(self) -> list[str]:
        """Since the last look."""
        seen = self._http.get("/_emulator/requests").json()["requests"]
        self._http.delete("/_emulator/requests").raise_for_status()
        planes = [it for it in seen if not it["path"].startswith("/_emulator") and "oauth2" not in it["path"]]
        return [f"{it['method']} {it['path']}" for it in planes if it["method"] != "GET"]

    def _put(self, path: str, body: object) -> Any:
        answer = self._http.put(path, params={"api-version": "2025-09-01"}, headers=self._signed(), json=body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def _assign(self, scope: str, role: str, principal: str) -> None:
        roles = "providers/Microsoft.Authorization"
        definition = f"/subscriptions/{SUBSCRIPTION}/{roles}/roleDefinitions/{role}"
        given = {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal"}
        self._put(f"{scope}/{roles}/roleAssignments/{uuid.uuid4()}", {"properties": given})

    def _token(self, **who: str) -> str:
        form = {"scope": "https://management.azure.com/.default", "client_assertion": "x", **who}
        token: str = self._http.post(f"/{TENANT}/oauth2/v2.0/token", data=form).json()["access_token"]
        return token

    def _signed(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token()}"}

    def _principal(self, client_id: str) -> str:
        claims = self._token(client_id=client_id).split(".")[1]
        return str(json.loads(urlsafe_b64decode(f"{claims}=="))["oid"])


@contextmanager
def in_azure(name: str, cache: str) -> Iterator[Azure]:
    with (
        running_untraced(Options(cert_names=NAMES)) as emulator,
        tunnelling(int(emulator.project.split(":")[2].split("/")[0])) as proxy,
        httpx.Client(
            base_url=emulator.management, verify=ssl.create_default_context(cafile=emulator.ca_file), trust_env=False
        ) as http,
    ):
        yield Azure(name=name, env=_way_there(emulator, proxy, cache), _http=http)


def _way_there(emulator: Emulator, proxy: int, cache: str) -> dict[str, str]:
    authority = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), emulator.ca_file)
    here = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy}", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return {**authority, **here, "XDG_CACHE_HOME": cache}
