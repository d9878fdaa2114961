"""Checks of agents: their answers, their tools, and what they recall in another call."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provisioner.model.check import AgentCheck, CheckResult, CheckState, Expected
from tests.checks.conftest import AGENT, Run, left_in
from tests.foundry import Foundry

Asks = Callable[..., CheckResult]


@pytest.fixture
def asks(run: Run) -> Asks:
    """The result of a check of the example's agent."""

    def result(ask: str = "Which languages do you know?", **more: object) -> CheckResult:
        expected = Expected(**more.pop("expect", {}))  # type: ignore[arg-type]
        check = AgentCheck(
            name="buddy",
            subject=AGENT,
            ask=ask,
            expected=expected,
            **{"retries": 0, **more},  # type: ignore[arg-type]
        )
        (found,) = run(check).results
        return found

    return result


def test_an_answer_as_expected_passes(applied: Foundry, asks: Asks) -> None:
    expect = {"contains": ("LANGUAGES", "asked"), "matches": r"(?i)you asked.*\?", "tool": "memory_search_preview"}

    found = asks(expect=expect)

    assert found.state is CheckState.OK, found.message
    assert found.tokens.input > 0
    assert left_in(applied) == []


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        pytest.param({"contains": ("languages", "Rust")}, "The answer does not contain Rust: “", id="contains"),
        pytest.param({"matches": "^Rust$"}, "The answer does not match ^Rust$: “", id="matches"),
        pytest.param({"tool": "weather"}, "The tool weather was not called. It called memory_search_call.", id="tool"),
    ],
)
def test_any_other_answer_is_told(applied: Foundry, asks: Asks, expect: dict[str, object], says: str) -> None:
    found = asks(expect=expect)

    assert found.state is CheckState.FAILED
    assert says in found.message
    assert found.hint
    assert left_in(applied) == []


def test_one_that_comes_late_fails(applied: Foundry, asks: Asks) -> None:
    found = asks(expect={"latency_s": 0.000_000_1})
    assert found.state is CheckState.OK, "a clock that stands still measures nothing"

    applied.fault(
        {"method": "POST", "path": "*/responses", "times": 1}, {"status": 429, "headers": {"Retry-After": "9"}}
    )
    assert asks(expect={"latency_s": 5}).state is CheckState.OK, "what the service asks us to wait is not the agent's"


def test_an_agent_recalls_in_another_call(applied: Foundry, asks: Asks) -> None:
    found = asks("", recalls=True)

    assert found.state is CheckState.OK, found.message
    assert "Recalled in another call" in found.message
    assert sum("/responses" in it for it in applied.requests("POST")) == 2
    assert left_in(applied) == []


def test_each_call_has_a_user_of_its_own_who_is_forgotten(applied: Foundry, asks: Asks) -> None:
    found = asks(recalls=True)

    assert found.state is CheckState.OK, found.message
    assert sum(":delete_scope" in it for it in applied.requests("POST")) == 2
    assert applied.objects("memories") == []


def test_an_agent_whose_memory_fails_late_is_explained(applied: Foundry, asks: Asks) -> None:
    applied.fault(
        {"method": "POST", "path": "*/responses", "times": 2},
        {"set": {"/output": [{"type": "message", "content": []}]}},
    )
    applied.take("Foundry User", principal="project")

    found = asks("", recalls=True, timeout_s=20)

    assert found.state is CheckState.FAILED
    assert "az role assignment create" in found.hint
    assert left_in(applied) == []


def test_an_answer_without_the_fact_fails(applied: Foundry, asks: Asks) -> None:
    text = [{"type": "message", "content": [{"type": "output_text", "text": "No idea."}]}]
    applied.fault({"method": "POST", "path": "*/responses", "nth": 2}, {"set": {"/output": text}})

    found = asks("", recalls=True)

    assert found.state is CheckState.FAILED
    assert "“No idea.”" in found.message
    assert left_in(applied) == []


def test_an_agent_that_is_not_there_is_told(applied: Foundry, asks: Asks) -> None:
    applied.remove("agents", "dev-buddy")

    found = asks()

    assert found.message == "There is no agent dev-buddy."
    assert found.hint == "Apply the manifest."


def test_a_refusal_keeps_its_words_and_its_request(applied: Foundry, asks: Asks) -> None:
    body = {"error": {"code": "content_filter", "message": "Filtered."}}
    headers = {"x-request-id": "req-1"}
    applied.fault({"method": "POST", "path": "*/responses"}, {"status": 400, "body": body, "headers": headers})

    found = asks()

    assert found.message == "Filtered."
    assert found.failure is not None
    assert (found.failure.code, found.failure.status, found.failure.request_id) == ("content_filter", 400, "req-1")


def test_an_answer_that_is_broken_off_fails(applied: Foundry, asks: Asks) -> None:
    lie = {"/status": "failed", "/error": {"code": "server_error", "message": "The model broke."}}
    applied.fault({"method": "POST", "path": "*/responses"}, {"set": lie})

    assert asks().message == "The answer is failed: The model broke."


def test_no_response_is_kept(applied: Foundry, asks: Asks) -> None:
    asks(recalls=True)

    assert len(applied.requests("DELETE")) == 3
