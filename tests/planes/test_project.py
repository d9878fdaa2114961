"""The project plane over real HTTP: what is repeated, what is not, and what becomes of every failure."""

from __future__ import annotations

import inspect
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from provisioner.model.document import Document
from provisioner.model.errors import PlaneError
from provisioner.planes import attempts
from provisioner.planes.credentials import Tokens
from provisioner.planes.project import HttpProject, open_client
from provisioner.planes.retry import ATTEMPTS
from provisioner.planes.service import Coordinates, Planes, connect
from provisioner.planes.trust import trusted_authorities
from tests.planes.world import FakeClock, FakeCredential, Foundry, Scripted, deployments_path, failure_of

MEMORY = ("MemoryStores=V1Preview",)
STORE = {
    "name": "memory",
    "definition": {"kind": "default", "chat_model": "chat", "embedding_model": "embedding"},
}


class Plane:
    """The project plane at a scripted server, with the notes that it takes."""

    def __init__(self, client: httpx.Client, clock: FakeClock) -> None:
        self.notes: list[str] = []
        self.project = HttpProject(client, clock=clock, note=self.notes.append)


@pytest.fixture
def plane(scripted: Scripted, clock: FakeClock) -> Iterator[Plane]:
    with open_client(
        f"{scripted.url}/p/", Tokens(FakeCredential(), "scope"), trust=trusted_authorities(), connections=4
    ) as client:
        yield Plane(client, clock)


def test_a_request_carries_token_version_and_opt_in(plane: Plane, scripted: Scripted) -> None:
    scripted.say(body={"name": "a"})
    assert plane.project.get("memory_stores/a?order=desc", features=("A=V1", "B=V2")) == {"name": "a"}
    method, path, headers = scripted.requests[0]
    assert (method, path) == ("GET", "/p/memory_stores/a?order=desc&api-version=v1")
    assert headers["authorization"] == "Bearer secret-1"
    assert headers["foundry-features"] == "A=V1,B=V2"
    assert headers["user-agent"].startswith("foundry-provisioner/")
    assert headers["x-ms-client-request-id"]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 0], ids=lambda status: str(status or "dropped"))
@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_what_can_be_repeated_is_repeated(
    plane: Plane, scripted: Scripted, clock: FakeClock, method: str, status: int
) -> None:
    scripted.say(status, {"error": {"code": "busy", "message": "m"}})
    scripted.say(200, {"name": "a"})
    calls: dict[str, Callable[[], object]] = {
        "get": lambda: plane.project.get("agents/a"),
        "patch": lambda: plane.project.patch("agents/a", {"x": 1}),
        "delete": lambda: plane.project.delete("agents/a", is_gone=lambda: False),
    }
    calls[method]()
    assert [request[0] for request in scripted.requests] == [method.upper()] * 2
    assert len(clock.slept) == len(plane.notes) == 1
    assert "trying again in" in plane.notes[0]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 409, 422, 501, 505, 507])
def test_a_refusal_is_not_repeated(plane: Plane, scripted: Scripted, clock: FakeClock, status: int) -> None:
    scripted.say(status, {"error": {"code": "no", "message": "m"}}, Location="https://evil.example/")
    failure = failure_of(lambda: plane.project.get("agents/a"))
    assert (failure.status, failure.code) == (status, "no")
    assert (len(scripted.requests), clock.slept) == (1, [])


def test_it_gives_up_after_the_attempts_and_tells_the_last_answer(plane: Plane, scripted: Scripted) -> None:
    for number in range(ATTEMPTS):
        scripted.say(503, {"error": {"code": "server_error", "message": f"answer {number}"}})
    failure = failure_of(lambda: plane.project.get("agents/a"))
    assert failure.message == f"answer {ATTEMPTS - 1}"
    assert len(scripted.requests) == ATTEMPTS


@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"retry_after_ms": "250", "Retry_After": "7"}, 0.25),
        ({"Retry_After": "100000"}, 300.0),
    ],
)
def test_a_throttle_is_waited_out_as_asked(
    plane: Plane, scripted: Scripted, clock: FakeClock, headers: dict[str, str], slept: float
) -> None:
    scripted.say(429, {}, **headers)
    scripted.say(200, {})
    plane.project.post("agents/a/versions", {})
    assert clock.slept == [slept]
    assert plane.notes == [f"throttled by the service; trying again in {slept:.1f} s"]


def test_a_post_is_not_repeated_when_nobody_can_tell_what_became_of_it(plane: Plane, scripted: Scripted) -> None:
    scripted.say(500, {"error": {"code": "server_error", "message": "m"}})
    assert failure_of(lambda: plane.project.post("agents/a:enable", {})).code == "server_error"
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("status", [408, 500, 503, 409, 0], ids=lambda status: str(status or "dropped"))
def test_after_an_unclear_post_the_object_is_read_first(plane: Plane, scripted: Scripted, status: int) -> None:
    scripted.say(status, {})
    found = plane.project.post("memory_stores", {}, settled=lambda: {"name": "it is there"})
    assert found == {"name": "it is there"}
    assert len(scripted.requests) == 1


def test_only_when_it_is_not_there_a_post_is_sent_again(plane: Plane, scripted: Scripted) -> None:
    scripted.say(500, {})
    scripted.say(200, {"name": "made"})
    looks: list[int] = []

    def settled() -> Document | None:
        looks.append(len(scripted.requests))
        return None

    assert plane.project.post("memory_stores", {}, settled=settled) == {"name": "made"}
    assert looks == [1]


def test_a_post_that_was_refused_is_not_looked_for(plane: Plane, scripted: Scripted) -> None:
    scripted.say(400, {"error": {"code": "UserError", "message": "m"}})
    assert failure_of(lambda: plane.project.post("x", {}, settled=lambda: {"found": 1})).code == "UserError"


def test_an_answer_that_is_not_json_is_a_failure_of_its_own(plane: Plane, scripted: Scripted) -> None:
    scripted.say(200, b"<html>sign in</html>")
    failure = failure_of(lambda: plane.project.get("agents/a"))
    assert failure.code == "not-json"
    assert "proxy" in failure.advice
    assert plane.project.post("agents/a/versions", {}, settled=lambda: {"version": "1"}) == {"version": "1"}


def test_a_broken_compression_is_a_failure_and_not_a_traceback(plane: Plane, scripted: Scripted) -> None:
    scripted.say(200, b"no gzip", Content_Encoding="gzip")
    assert failure_of(lambda: plane.project.get("agents/a")).code == "unreachable"


def test_what_json_cannot_hold_is_never_sent(plane: Plane, scripted: Scripted) -> None:
    bodies: tuple[Document, ...] = ({"x": float("nan")}, {"x": "\ud800"})
    for body in bodies:
        failure = failure_of(partial(plane.project.post, "agents", body))
        assert failure.code == "not-json"
    assert scripted.requests == []


def test_a_missing_object_is_none_and_a_missing_list_is_a_failure(plane: Plane, scripted: Scripted) -> None:
    scripted.say(404, {"error": {"code": "not_found", "message": "Project not found"}})
    assert plane.project.get("agents/a") is None
    plane.project.delete("agents/a", is_gone=lambda: False)
    assert failure_of(lambda: list(plane.project.items("agents"))).status == 404


def test_a_delete_that_is_refused_is_a_failure(plane: Plane, scripted: Scripted) -> None:
    scripted.say(409, {"error": {"code": "agent_has_active_sessions", "message": "m"}})
    assert (
        failure_of(lambda: plane.project.delete("agents/a", is_gone=lambda: False)).code == "agent_has_active_sessions"
    )


def test_an_empty_answer_is_an_empty_document(plane: Plane, scripted: Scripted) -> None:
    scripted.say(204, b"")
    assert plane.project.post("agents/a:enable", {}) == {}


def test_a_list_is_followed_page_by_page_and_no_further(plane: Plane, scripted: Scripted) -> None:
    scripted.say(body={"data": [{"name": "a"}], "last_id": "1", "has_more": True})
    scripted.say(body={"data": [], "last_id": "2", "has_more": True})
    scripted.say(body={"data": [{"name": "b"}], "last_id": "3", "has_more": False})
    assert [item["name"] for item in plane.project.items("agents")] == ["a", "b"]
    assert [path.partition("after=")[2] for _, path, _ in scripted.requests] == ["", "1", "2"]
    assert all("limit=100" in path for _, path, _ in scripted.requests)


@pytest.mark.parametrize("last", [None, "", "1"])
def test_a_list_that_cannot_go_on_is_a_failure_rather_than_half_a_list(
    plane: Plane, scripted: Scripted, last: str | None
) -> None:
    scripted.say(body={"data": [{"name": "a"}], "last_id": last, "has_more": True})
    assert failure_of(lambda: list(plane.project.items("agents"))).code == "broken-list"
    assert len(scripted.requests) <= 2


def test_a_linked_list_is_followed_on_its_own_host(plane: Plane, scripted: Scripted) -> None:
    scripted.say(body={"value": [{"name": "a"}], "nextLink": f"{scripted.url}/p/deployments?api-version=v1&skip=1"})
    scripted.say(body={"value": [{"name": "b"}], "nextLink": "/p/deployments?api-version=v1&skip=2"})
    scripted.say(body={"value": [{"name": "c"}]})
    assert [item["name"] for item in plane.project.items("deployments")] == ["a", "b", "c"]
    assert [path.partition("?")[2] for _, path, _ in scripted.requests[1:]] == [
        "api-version=v1&skip=1",
        "api-version=v1&skip=2",
    ]


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("https://evil.example/p", "untrusted-host"),
        ("//evil.example/p", "untrusted-host"),
        ("http://localhost:1/p", "untrusted-host"),
        ("http://127.0.0.1:1/p", "untrusted-host"),
        ("HTTP://evil.example\\@127.0.0.1/p", "untrusted-host"),
        ("https://management.azure.com/p", "untrusted-host"),
        ("http://[::", "invalid-url"),
        ("http://127.0.0.1:port/p", "invalid-url"),
        ("/p\0", "invalid-url"),
    ],
)
def test_a_link_to_another_host_is_refused_before_a_token_leaves(
    plane: Plane, scripted: Scripted, link: str, code: str
) -> None:
    scripted.say(body={"value": [{"name": "a"}], "nextLink": link})
    assert failure_of(lambda: list(plane.project.items("deployments"))).code == code
    assert len(scripted.requests) == 1


def test_a_link_with_a_user_name_is_refused(plane: Plane, scripted: Scripted) -> None:
    scripted.say(body={"value": [], "nextLink": scripted.url.replace("//", "//me@")})
    assert failure_of(lambda: list(plane.project.items("deployments"))).code == "untrusted-host"


def test_linked_pages_in_a_circle_end(plane: Plane, scripted: Scripted) -> None:
    scripted.say(body={"value": [], "nextLink": "/p/deployments?skip=1"})
    assert failure_of(lambda: list(plane.project.items("deployments"))).code == "broken-list"


def test_waiting_ends_with_what_was_waited_for(plane: Plane, clock: FakeClock) -> None:
    found: list[Document | None] = [None, None, {"status": "active"}]
    document = plane.project.wait(lambda: found.pop(0), what="the version", every_s=10, at_most_s=60)
    assert document == {"status": "active"}
    assert clock.slept == [10, 10]
    assert plane.notes == ["waiting for the version"] * 2


def test_waiting_has_an_end(plane: Plane, clock: FakeClock) -> None:
    def wait() -> Document:
        return plane.project.wait(lambda: None, what="the version", every_s=10, at_most_s=30)

    failure = failure_of(wait)
    assert (failure.code, clock.slept) == ("timeout", [10, 10, 10])
    assert "Apply again" in failure.advice


def test_nobody_listening_is_tried_again_and_then_told(clock: FakeClock) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with open_client(
            endpoint, Tokens(FakeCredential(), "scope"), trust=trusted_authorities(), connections=1
        ) as client:
            notes: list[str] = []
            plane = HttpProject(client, clock=clock, note=notes.append)
            failure = failure_of(lambda: plane.post("memory_stores", {}))
    assert failure.code == "nothing-listens"
    assert "start it again" in failure.advice
    assert len(notes) == ATTEMPTS - 1
    assert "127.0.0.1 cannot be reached" in notes[0]


def test_a_silent_service_times_out_as_a_failure(clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        endpoint = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with open_client(
            endpoint, Tokens(FakeCredential(), "scope"), trust=trusted_authorities(), connections=1
        ) as client:
            client.timeout = httpx.Timeout(0.01)
            silent = HttpProject(client, clock=clock, note=lambda _: None)
            failure = failure_of(lambda: silent.post("memory_stores", {}))
    assert failure.code == "unreachable"
    assert "timed out" in failure.message


def test_a_proxy_in_the_environment_does_not_break_loopback(foundry: Foundry, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with foundry.connected() as planes:
        assert planes.management is not None
        assert list(planes.project.items("agents")) == []
        assert list(planes.management.items(deployments_path(planes.management))) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("ALL_PROXY", "gopher://proxy", id="a-proxy-of-another-kind"),
    ],
)
def test_settings_that_make_no_sense_are_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    endpoint = "https://acme.services.ai.azure.com"
    failure = failure_of(
        lambda: open_client(endpoint, Tokens(FakeCredential(), "scope"), trust=trusted_authorities(), connections=1)
    )
    assert failure.code == "wrong-connection-settings"
    assert "proxy" in failure.advice


def test_a_socks_proxy_does_not_break_loopback(foundry: Foundry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    for name in ("ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "socks5://127.0.0.1:9")
    with foundry.connected() as planes:
        assert planes.management is not None
        assert list(planes.project.items("agents")) == []
        assert list(planes.management.items(deployments_path(planes.management))) == []


def test_a_socks_proxy_without_its_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)  # as where it is not installed
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    endpoint = "https://acme.services.ai.azure.com"
    failure = failure_of(
        lambda: open_client(endpoint, Tokens(FakeCredential(), "scope"), trust=trusted_authorities(), connections=1)
    )
    assert failure.code == "wrong-connection-settings"
    assert "httpx[socks]" in failure.advice


@pytest.mark.parametrize("name", [".", "..", "%2e%2E", "a/../..", "a%2F..", r"..\a"])
def test_a_path_that_leads_elsewhere_is_never_sent(plane: Plane, scripted: Scripted, name: str) -> None:
    failure = failure_of(lambda: plane.project.delete(f"memory_stores/{name}", is_gone=lambda: False))
    assert failure.code == "invalid-url"
    assert scripted.requests == []


def test_dots_inside_names_and_queries_lead_nowhere_else(plane: Plane, scripted: Scripted) -> None:
    scripted.say(body={"name": "...a"})
    assert plane.project.get("memory_stores/...a?x=/../b") == {"name": "...a"}


def test_an_endpoint_with_an_impossible_port_is_told(clock: FakeClock) -> None:
    with open_client(
        "https://localhost:99999/p", Tokens(FakeCredential(), "scope"), trust=trusted_authorities(), connections=1
    ) as client:
        plane = HttpProject(client, clock=clock, note=lambda _: None)
        assert failure_of(lambda: plane.get("agents/a")).code == "unreachable"


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(Coordinates(endpoint="https://evil.example/api/projects/p"), id="project"),
        pytest.param(
            Coordinates(
                endpoint="https://127.0.0.1:1", management_endpoint="https://evil.example", allowed_hosts=("127.0.0.1",)
            ),
            id="management",
        ),
        pytest.param(
            Coordinates(
                endpoint="https://127.0.0.1:1", management_endpoint="http://127.0.0.1:1", allowed_hosts=("127.0.0.1",)
            ),
            id="http",
        ),
        pytest.param(Coordinates(endpoint="http://127.0.0.1:1"), id="this machine"),
    ],
)
def test_untrusted_endpoints_are_refused_before_a_token_is_asked_for(foundry: Foundry, where: Coordinates) -> None:
    with pytest.raises(PlaneError) as caught, connect(where):
        pass
    assert caught.value.failure.code == "untrusted-host"
    assert foundry.admin.requests() == []


def test_without_a_subscription_there_is_no_management_plane(foundry: Foundry) -> None:
    with connect(Coordinates(endpoint=foundry.emulator.project, allowed_hosts=("127.0.0.1",))) as planes:
        assert planes.management is None
        assert planes.telling(foundry.notes.append).management is None


def test_where_nobody_listens_waits_go_to_the_log(foundry: Foundry, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="provisioner")
    foundry.admin.fault("GET", "*/agents/a", status=503)
    with connect(foundry.where, clock=foundry.clock) as planes:
        planes.project.get("agents/a")
    assert "trying again in" in caplog.text


@pytest.mark.parametrize("do", [{"drop": "after"}, {"drop": "before"}, {"status": 500, "after_effect": True}], ids=str)
def test_whatever_happens_to_the_answer_a_store_is_made_once(
    foundry: Foundry, planes: Planes, do: dict[str, Any]
) -> None:
    foundry.admin.fault("POST", "*/memory_stores", **do)

    def settled() -> Document | None:
        return planes.project.get("memory_stores/memory", features=MEMORY)

    made = planes.project.post("memory_stores", STORE, features=MEMORY, settled=settled)
    assert made["name"] == "memory"
    assert foundry.admin.counts()["stores"] == 1


REQUEST_ERRORS = [
    each
    for each in vars(httpx).values()
    if inspect.isclass(each) and issubclass(each, (httpx.RequestError, httpx.InvalidURL))
]


class _Breaking(httpx.BaseTransport):
    def __init__(self, error: Exception) -> None:
        self._error = error

    def handle_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002
        raise self._error


@pytest.mark.parametrize("kind", REQUEST_ERRORS, ids=lambda kind: kind.__name__)
def test_every_exception_of_httpx_becomes_a_failure(kind: type[Exception], clock: FakeClock) -> None:
    """`HTTPStatusError` and `StreamError` cannot come out of `Client.request`."""
    with httpx.Client(base_url="http://127.0.0.1:1", transport=_Breaking(kind("it broke"))) as client:
        plane = HttpProject(client, clock=clock, note=lambda _: None)
        calls: tuple[Callable[[], object], ...] = (lambda: plane.get("agents/a"), lambda: plane.post("agents", {}))
        for call in calls:
            with pytest.raises(PlaneError) as caught:
                call()
            assert "it broke" in caught.value.message
            assert caught.value.failure.code
            assert isinstance(caught.value.__cause__, kind)


def test_the_log_has_paths_and_statuses_but_no_queries(
    plane: Plane, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger=attempts.LOG.name)
    scripted.say(200, {"name": "a"})
    plane.project.get("agents/a?secret=x")
    own = [record.getMessage() for record in caplog.records if record.name == attempts.LOG.name]
    assert own[0].startswith("GET ")
    assert "200" in own[0]
    assert "secret" not in own[0]


@pytest.mark.parametrize("said", [b"<html>Gone.</html>", b"[]", b'{"error": {"message": "m"}}'])
@pytest.mark.parametrize("is_gone", [True, False])
def test_an_odd_answer_to_a_deletion_is_looked_behind_once(
    plane: Plane, scripted: Scripted, clock: FakeClock, said: bytes, is_gone: bool
) -> None:
    scripted.say(200, said)

    def delete() -> None:
        plane.project.delete("memory_stores/memory", is_gone=lambda: is_gone)

    if is_gone:
        delete()
    else:
        message = failure_of(delete).message
        assert message.startswith("The answer to the deletion of memory_stores/memory ")
        assert message.endswith(". What was to be deleted is still there.")
    assert (len(scripted.requests), clock.slept) == (1, [])
