"""Every request that the service saw stands in the log once for each sending, and says there what the service says."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from provisioner.model.run import Run
from provisioner.model.trace import Trace
from provisioner.planes import attempts
from provisioner.planes.failures import request_id_in
from provisioner.planes.service import Planes, connect
from tests.planes.world import Foundry, deployments_path, failure_of

GUID = "2f0f7f0e-8f5e-4b6e-9c39-6f2b7a1f4d11"
RUN = Run(id=GUID, trace=Trace(id="4bf92f3577b34da6a3ce929d0e0e4736", parent="00f067aa0ba902b7", flags="01"))
Facts = dict[str, Any]
DEPLOYMENT = {
    "sku": {"name": "GlobalStandard", "capacity": 10},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}},
}
AGENT = {"definition": {"kind": "prompt", "model": "chat"}}


@contextmanager
def of_run(foundry: Foundry, **more: Any) -> Iterator[Planes]:
    with connect(foundry.where, clock=foundry.clock, run=RUN, **more) as planes:
        yield planes.telling(foundry.notes.append)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[Facts]]:
    caplog.set_level(logging.DEBUG, logger=attempts.LOG.name)
    return lambda: [vars(record)["facts"] for record in caplog.records if record.name == attempts.LOG.name]


def span_of(seen: Facts) -> str:
    return str(seen["traceparent"] or "").split("-")[2] if seen["traceparent"] else ""


def require_same(foundry: Foundry, told: list[Facts]) -> None:
    """What the emulator saw, and what is in the log, is the same: by its span each, but for tokens."""
    seen = foundry.admin.requests()
    by_span = {facts["span_id"]: facts for facts in told if "span_id" in facts}
    assert len(by_span) == sum("span_id" in facts for facts in told)
    assert Counter(span for it in seen if (span := span_of(it))) == Counter(list(by_span))
    for it in seen:
        if not (span := span_of(it)):
            continue
        facts = by_span[span]
        assert (facts["method"], facts["path"]) == (it["method"], it["path"])
        assert it["correlation_id"] == GUID
        assert it["traceparent"] == f"00-{RUN.trace and RUN.trace.id}-{span}-01"
        if facts["status"] is None:
            assert facts["error"]
        else:
            assert (facts["status"], facts["request_id"]) == (it["status"], it["request_id"])
    tokens = [it for it in seen if not it["traceparent"]]
    assert {it["path"] for it in tokens} <= {"/msi/token"}
    assert Counter((it["method"], it["path"], it["status"]) for it in tokens) == Counter(
        (it["method"], it["path"], it["status"]) for it in told if it["plane"] == "sign-in"
    )


def write_and_read(planes: Planes) -> None:
    """With a long-running operation, and something that is deleted, on both planes."""
    arm = planes.management
    assert arm is not None
    arm.put(deployments_path(arm, "chat"), DEPLOYMENT)
    list(arm.items(deployments_path(arm)))
    planes.project.post("agents/helper/versions", AGENT, settled=lambda: None)
    assert planes.project.get("agents/helper") is not None
    planes.project.delete("agents/helper", is_gone=lambda: False)
    arm.delete(deployments_path(arm, "chat"))


@pytest.mark.parametrize(
    "do",
    [
        pytest.param(None, id="nothing happens"),
        pytest.param({"status": 429, "headers": {"Retry-After": "1"}}, id="throttled"),
        pytest.param({"status": 503}, id="a fault"),
        pytest.param({"status": 500, "after_effect": True}, id="a fault after the effect"),
        pytest.param({"drop": "before"}, id="dropped before"),
        pytest.param({"drop": "after"}, id="dropped after"),
        pytest.param({"truncate": True}, id="cut off"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_what_the_service_saw_is_in_the_log_once_for_each_sending(
    foundry: Foundry, logged: Callable[[], list[Facts]], method: str, do: dict[str, Any] | None
) -> None:
    foundry.admin.switch(write_style="async", write_seconds=20)
    foundry.admin.forget_requests()
    with of_run(foundry) as planes:
        if do is not None:
            for path in ("*/deployments*", "*/agents*"):
                foundry.admin.fault(method, path, times=2, **do)
        write_and_read(planes)

    told = logged()
    require_same(foundry, told)
    assert {it["plane"] for it in told} == {"project", "management", "sign-in"}
    again = [it for it in told if it["attempt"] > 1 and it["plane"] != "sign-in"]
    assert bool(again) is (do is not None)
    assert all(it["duration_ms"] >= 0 and it["client_request_id"] for it in told)


def test_polls_of_an_operation_are_requests_of_their_own(foundry: Foundry, logged: Callable[[], list[Facts]]) -> None:
    foundry.admin.switch(write_style="async", write_seconds=20)
    foundry.admin.forget_requests()
    with of_run(foundry) as planes:
        assert planes.management is not None
        planes.management.put(deployments_path(planes.management, "chat"), DEPLOYMENT)

    polls = [it for it in logged() if "operation" in it["path"].lower()]
    assert len(polls) > 1
    assert {it["attempt"] for it in polls} == {1}
    require_same(foundry, logged())


def test_a_write_that_meets_another_one_is_the_same_request_again(
    foundry: Foundry, logged: Callable[[], list[Facts]]
) -> None:
    conflict = {"error": {"code": "RequestConflict", "message": "Another operation is being performed"}}
    with of_run(foundry) as planes:
        arm = planes.management
        assert arm is not None
        foundry.admin.fault("PUT", "*/deployments/*", status=409, body=conflict, times=3)
        foundry.admin.fault("PUT", "*/raiBlocklists/*", status=409, body=conflict, times=1)
        arm.put(deployments_path(arm, "chat"), DEPLOYMENT)
        arm.put(f"{arm.account}/raiBlocklists/words", {"properties": {"description": "d"}})

    puts = [(it["path"].split("/")[-2], it["attempt"], it["status"]) for it in logged() if it["method"] == "PUT"]
    assert puts[:4] == [
        ("deployments", 1, 409),
        ("deployments", 2, 409),
        ("deployments", 3, 409),
        ("deployments", 4, 201),
    ]
    assert [it[:2] for it in puts[4:]] == [("raiBlocklists", 1), ("raiBlocklists", 2)]
    require_same(foundry, logged())


def test_what_was_challenged_is_sent_and_logged_once_more(foundry: Foundry, logged: Callable[[], list[Facts]]) -> None:
    challenge = {"WWW-Authenticate": 'Bearer error="insufficient_claims", claims="e30="'}
    with of_run(foundry) as planes:
        assert planes.management is not None
        foundry.admin.fault("GET", "*/deployments*", status=401, headers=challenge)
        list(planes.management.items(deployments_path(planes.management)))

    asked = [(it["status"], it["attempt"]) for it in logged() if it["plane"] == "management"]
    assert asked == [(401, 1), (200, 2)]
    require_same(foundry, logged())


@pytest.mark.parametrize("plane", ["project", "management"])
def test_an_answer_that_does_not_come_in_time_is_told(
    foundry: Foundry, logged: Callable[[], list[Facts]], plane: str
) -> None:
    foundry.admin.fault("GET", "*", times=None, delay_s=0.8)
    with of_run(foundry, timeout_s=0.4) as planes:
        assert planes.management is not None
        arm = planes.management
        ask = (
            (lambda: list(arm.items(deployments_path(arm))))
            if plane == "management"
            else (lambda: list(planes.project.items("agents")))
        )
        assert failure_of(ask).code == "unreachable"

    told = [(it["error"], it["status"], it["attempt"]) for it in logged() if it["plane"] == plane]
    assert told == [("timeout", None, 1), ("timeout", None, 2)]
    until = time.monotonic() + 10
    while len(foundry.admin.requests("GET", "/agents" if plane == "project" else "/deployments")) < 2:
        assert time.monotonic() < until  # they are told when they are answered, though nobody hears it
    require_same(foundry, logged())


def test_where_nobody_listens_that_is_told(foundry: Foundry, logged: Callable[[], list[Facts]]) -> None:
    with of_run(foundry) as planes:
        planes.project._client.base_url = "https://127.0.0.1:9/api/projects/local"
        failure_of(lambda: planes.project.get("agents/a"))

    told = [(it["error"], it["status"], it["host"]) for it in logged() if it["plane"] == "project"]
    assert set(told) == {("refused", None, "127.0.0.1:9")}


def test_who_is_not_signed_in_has_sent_nothing(
    foundry: Foundry, logged: Callable[[], list[Facts]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    with of_run(foundry) as planes:
        assert planes.management is not None
        assert failure_of(lambda: planes.project.get("agents/a")).code == "not-signed-in"
        assert failure_of(lambda: planes.management and planes.management.get("/x/accounts/a")).code == "not-signed-in"

    assert logged() == []


def test_a_token_is_asked_for_again_and_that_is_told(foundry: Foundry, logged: Callable[[], list[Facts]]) -> None:
    foundry.admin.fault("GET", "/msi/token", status=503, headers={"Retry-After": "0"})
    with of_run(foundry) as planes:
        list(planes.project.items("agents"))

    tokens = [(it["attempt"], it["status"]) for it in logged() if it["plane"] == "sign-in"]
    assert tokens == [(1, 503), (2, 200)]


def test_without_a_trace_no_span_is_made_up(foundry: Foundry, logged: Callable[[], list[Facts]]) -> None:
    foundry.admin.forget_requests()
    with connect(foundry.where, clock=foundry.clock, run=Run(id=GUID)) as planes:
        write_and_read(planes)

    assert not any("span_id" in it for it in logged())
    seen = [it for it in foundry.admin.requests() if it["path"] != "/msi/token"]
    assert {it["traceparent"] for it in seen} == {None}
    assert {it["correlation_id"] for it in seen} == {GUID}


def test_nothing_is_told_to_whoever_gives_tokens(foundry: Foundry) -> None:
    foundry.admin.forget_requests()
    with of_run(foundry) as planes:
        list(planes.project.items("agents"))

    assert [(it["traceparent"], it["correlation_id"]) for it in foundry.admin.requests(path="/msi/token")] == [
        (None, None)
    ]


@pytest.mark.parametrize("name", ["x-request-id", "x-ms-request-id", "apim-request-id"])
def test_the_services_own_id_is_found_by_any_of_its_names(name: str) -> None:
    assert request_id_in({name: "7f"}) == "7f"
    assert request_id_in({}) == ""
