"""What nothing can beat: the same requests over bare httpx, with two tokens, and no manifest, plan or retry.

python -m benchmarks.floor reads             # those of a no-change plan
python -m benchmarks.floor creates COUNT     # COUNT agents
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx

API_VERSION = "2026-09-01"
SIDE_BY_SIDE = 10
PROJECT_READS = ("memory_stores", "agents")
ACCOUNT_READS = (
    "",
    "/projects/{project}",
    "/deployments",
    "/connections",
    "/projects/{project}/connections",
    "/raiPolicies",
    "/raiBlocklists",
    "/models",
)


def token(client: httpx.Client, env: Mapping[str, str], audience: str) -> dict[str, str]:
    answer = client.get(
        env["IDENTITY_ENDPOINT"],
        params={"resource": audience, "api-version": "2019-08-01"},
        headers={"X-IDENTITY-HEADER": env["IDENTITY_HEADER"]},
    )
    return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}


def reads(client: httpx.Client, env: Mapping[str, str]) -> None:
    endpoint = env["FOUNDRY_PROJECT_ENDPOINT"]
    account = urlsplit(endpoint).hostname or ""
    account = env.get("FOUNDRY_ACCOUNT") or account.partition(".")[0]
    ours = {**token(client, env, "https://ai.azure.com"), "Foundry-Features": "MemoryStores=V1Preview"}
    theirs = token(client, env, "https://management.azure.com")
    for path in PROJECT_READS:
        client.get(f"{endpoint}/{path}?api-version=v1&limit=100", headers=ours).raise_for_status().json()
    above = (
        f"{env['PROVISIONER_MANAGEMENT_ENDPOINT']}/subscriptions/{env['AZURE_SUBSCRIPTION_ID']}/resourceGroups"
        f"/{env['AZURE_RESOURCE_GROUP']}/providers/Microsoft.CognitiveServices/accounts/{account}"
    )
    for path in ACCOUNT_READS:
        url = f"{above}{path.format(project=endpoint.rpartition('/')[2])}?api-version={API_VERSION}"
        while url:
            url = client.get(url, headers=theirs).raise_for_status().json().get("nextLink")


def creates(client: httpx.Client, env: Mapping[str, str], count: int) -> None:
    """Each is looked at, and made where it is not there, as many side by side as `apply` does."""
    endpoint = env["FOUNDRY_PROJECT_ENDPOINT"]
    ours = token(client, env, "https://ai.azure.com")

    def create(number: int) -> None:
        definition = {"kind": "prompt", "model": "gpt-5.4-mini", "instructions": f"Bare agent {number}."}
        agent = f"{endpoint}/agents/bare-{number}"
        client.get(f"{agent}?api-version=v1", headers=ours).json()
        made = client.post(f"{agent}/versions?api-version=v1", headers=ours, json={"definition": definition})
        made.raise_for_status().json()

    with ThreadPoolExecutor(SIDE_BY_SIDE) as workers:
        list(workers.map(create, range(count)))


def main() -> None:
    env = os.environ
    trust = ssl.create_default_context(cafile=env["SSL_CERT_FILE"])
    with httpx.Client(verify=trust, trust_env=False) as client:
        if sys.argv[1] == "reads":
            reads(client, env)
        else:
            creates(client, env, int(sys.argv[2]))


if __name__ == "__main__":
    main()
