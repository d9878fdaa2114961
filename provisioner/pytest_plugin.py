"""pytest fixtures: a local Foundry for the tests of any project.

`foundry_emulator`
    The Foundry, as on its first day at the start of each test. One is started per session and test process. Skips the
    test where the `local` extra is not installed.
`foundry_environment`
    The same, with the environment pointing at it during the test: DefaultAzureCredential and the clients find it.
`foundry_emulator_options`
    Override it (session scope) to run the emulator with other options than its own: a mapping of the fields of
    `provisioner.emulator.Options`, as `{"strict": True, "write_seconds": 2}`.

    def test_my_agent(foundry_environment):
        foundry_environment.fault({"method": "POST", "times": 1}, status=429, headers={"Retry-After": "1"})
        ...
        assert "POST /api/projects/local/memory_stores" in foundry_environment.calls()
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from provisioner.emulator import Emulator
    from provisioner.model.document import Json


class FoundryEmulator:
    """A running local Foundry and its handles. Time is the emulator's own: `advance` moves it, nobody waits."""

    def __init__(self, emulator: Emulator, client: httpx.Client) -> None:
        self.env: Mapping[str, str] = dict(emulator.env)  # every variable an unmodified Azure program needs
        self.project = emulator.project  # the project's endpoint
        self.management = emulator.management  # Azure Resource Manager
        self.ca_file = emulator.ca_file  # of the only authority its certificate has
        self._client = client

    def reset(self) -> None:
        """As on the first day: no objects but one group, account and project, no faults, no requests.

        The clock is right again, too: what `advance` added is taken back.
        """
        self._ask("POST", "reset")

    def fault(self, match: Mapping[str, Any] | None = None, **do: Any) -> None:
        """`fault({"path": "*/agents*", "times": 2}, status=503)`; also `throttle={"retry_after": 2, "times": 3}`."""
        shorthand = {"throttle": do.pop("throttle")} if "throttle" in do else {}
        self._ask("POST", "faults", {"match": dict(match or {}), **({"do": do} if do else {}), **shorthand})

    def faults(self) -> list[Json]:
        """What was declared, and how often each was seen and done."""
        found: list[Json] = self._ask("GET", "faults")["faults"]
        return found

    def forget_faults(self) -> None:
        self._ask("DELETE", "faults")

    def switch(self, **switches: Any) -> None:
        """`switch(data_role="denied-401")`: what the service may do or not; a wrong name lists them."""
        self._ask("POST", "switches", switches)

    def model(
        self, say: Mapping[str, Any], match: Mapping[str, Any] | None = None, *, times: int | None = None
    ) -> None:
        """`model({"text": "42"}, {"regex": "meaning of life"})`: when asked this, answer that.

        Also `call`, `json` and `memories`; see "Scripts" in docs/local-foundry.md.
        """
        ends = {} if times is None else {"times": times}
        self._ask("POST", "model", {"match": dict(match or {}), "say": dict(say), **ends})

    def scripts(self) -> list[Json]:
        """What was declared with `model`, and how often each was used."""
        found: list[Json] = self._ask("GET", "model")["scripts"]
        return found

    def forget_scripts(self) -> None:
        self._ask("DELETE", "model")

    def drift(self, kind: str, name: str, changes: Mapping[str, Any] | None, **where: str) -> Json:
        """Edit an object as somebody in the portal would; None deletes it. Returns it as it reads then."""
        found: Json = self._ask("POST", "drift", {"kind": kind, "name": name, "changes": changes, **where})
        return found

    def set_quota(self, usage: str, limit: int, region: str = "eastus2") -> None:
        self._ask("POST", "quota", {"usage": usage, "limit": limit, "region": region})

    def set_model(self, name: str, lifecycle: str, version: str | None = None) -> None:
        """`set_model("gpt-5.4-mini", "Deprecated")`; also Deprecating, Removed, GenerallyAvailable, ..."""
        self._ask("POST", "models", {"name": name, "version": version, "lifecycle": lifecycle})

    def add_model(self, name: str, version: str, **more: Any) -> None:
        """`add_model("gpt-9", "2027-01-31", skus=["Standard"])`: fields as the service lists them, or in short."""
        self._ask("POST", "models", {"name": name, "version": version, **more})

    def give_role(self, role: str, principal: str = "caller", scope: str = "subscription", **more: Any) -> None:
        """`give_role("Foundry User", "project", "account", after_s=300)`: whose, by a word or an id, and where."""
        self._ask("POST", "roles", {"give": {"role": role, "principal": principal, "scope": scope, **more}})

    def take_role(self, role: str | None = None, principal: str = "caller", scope: str | None = None) -> None:
        """`take_role("Foundry User")`; without a role or a scope, all of them. From then on roles decide."""
        wanted = {"role": role, "principal": principal, "scope": scope}
        self._ask("POST", "roles", {"take": {key: value for key, value in wanted.items() if value is not None}})

    def roles(self) -> list[Json]:
        """Every role assignment: who, which role, where, and whether it is in force."""
        found: list[Json] = self._ask("GET", "roles")["roles"]
        return found

    def advance(self, seconds: float) -> None:
        """Let time pass, for the emulator: updates end, memories expire, operations are over."""
        self._ask("POST", "clock", {"advance_s": seconds})

    def requests(self) -> list[Json]:
        """The last thousand: time, method, path, query, status, duration_ms, audience, request_id."""
        found: list[Json] = self._ask("GET", "requests")["requests"]
        return found

    def calls(self) -> list[str]:
        """`METHOD path` of each request."""
        return [f"{request['method']} {request['path']}" for request in self.requests()]

    def forget_requests(self) -> None:
        self._ask("DELETE", "requests")

    def state(self) -> Json:
        """Counts, objects and everything that `restore` takes."""
        found: Json = self._ask("GET", "state")
        return found

    def restore(self, state: Json) -> None:
        """Everything as it was when `state()` gave it."""
        self._ask("POST", "state", state)

    def _ask(self, method: str, what: str, body: object = None) -> Any:
        response = self._client.request(method, f"/_emulator/{what}", json=body)
        if not response.is_success:
            raise RuntimeError(_told(response))
        return response.json() if response.content else None


def _told(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"{response.status_code} {response.text}"


@pytest.fixture(scope="session")
def foundry_emulator_options() -> Mapping[str, Any]:
    return {}


@pytest.fixture(scope="session")
def _foundry_emulator(foundry_emulator_options: Mapping[str, Any]) -> Iterator[FoundryEmulator]:
    try:
        import httpx  # noqa: PLC0415  every test session imports this module, few need the emulator

        from provisioner.emulator import Options  # noqa: PLC0415
        from provisioner.emulator.serve.server import Emulator  # noqa: PLC0415
    except ModuleNotFoundError as error:
        pytest.skip(f'The local Foundry needs "foundry-provisioner[local]": {error.name} is not installed.')
    with Emulator(Options(**foundry_emulator_options)) as emulator:
        trust = ssl.create_default_context(cafile=emulator.ca_file)
        with httpx.Client(base_url=emulator.management, verify=trust, trust_env=False, timeout=60) as client:
            yield FoundryEmulator(emulator, client)


@pytest.fixture
def foundry_emulator(_foundry_emulator: FoundryEmulator) -> FoundryEmulator:
    """A local Foundry, as on its first day."""
    _foundry_emulator.reset()
    return _foundry_emulator


@pytest.fixture
def foundry_environment(foundry_emulator: FoundryEmulator, monkeypatch: pytest.MonkeyPatch) -> FoundryEmulator:
    """A local Foundry, with the environment pointing at it."""
    for name, value in foundry_emulator.env.items():
        monkeypatch.setenv(name, value)
    return foundry_emulator
