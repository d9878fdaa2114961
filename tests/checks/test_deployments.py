"""Checks of deployments: a completion or an embedding, by what the model is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provisioner.model.address import Address
from provisioner.model.check import CheckResult, CheckState, DeploymentCheck
from tests.checks.conftest import Run
from tests.foundry import Foundry

Answers = Callable[..., CheckResult]
CHAT, EMBEDDING = "gpt-5.4-mini", "text-embedding-3-large"


@pytest.fixture
def answers(run: Run) -> Answers:
    def result(name: str, retries: int = 0) -> CheckResult:
        check = DeploymentCheck(name="it", subject=Address("deployments", name), retries=retries)
        (found,) = run(check).results
        return found

    return result


def test_a_chat_model_gives_a_completion(answers: Answers) -> None:
    found = answers(CHAT)

    assert found.state is CheckState.OK, found.message
    assert found.message.startswith("Gave a completion in ")
    assert found.tokens.output > 0


def test_an_embedding_model_gives_an_embedding(answers: Answers) -> None:
    found = answers(EMBEDDING)

    assert found.message.startswith("Gave an embedding of 3072 numbers in ")
    assert found.tokens.embedding > 0


def test_one_made_a_moment_ago_is_tried_again(applied: Foundry, answers: Answers) -> None:
    missing = {"error": {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}}
    applied.fault({"path": "*/chat/completions", "times": 2}, {"status": 404, "body": missing})

    found = answers(CHAT, retries=2)

    assert found.state is CheckState.OK, found.message
    assert found.tries == 3
    assert found.elapsed_s == pytest.approx(5 + 10)


def test_one_that_stays_away_is_told_with_advice(applied: Foundry, answers: Answers) -> None:
    missing = {"error": {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}}
    applied.fault({"path": "*/chat/completions"}, {"status": 404, "body": missing})

    found = answers(CHAT, retries=1)

    assert found.state is CheckState.FAILED
    assert found.tries == 2
    assert "may take five minutes" in found.hint


def test_throttling_is_waited_out_as_the_service_asks(applied: Foundry, answers: Answers) -> None:
    applied.fault({"path": "*/embeddings", "times": 3}, {"status": 429, "headers": {"Retry-After": "20"}})

    found = answers(EMBEDDING)

    assert found.state is CheckState.OK, found.message
    assert found.elapsed_s == pytest.approx(60)


def test_a_connection_that_breaks_is_told_and_tried_again(applied: Foundry, answers: Answers) -> None:
    applied.fault({"path": "*/chat/completions", "times": 1}, {"drop": "before"})

    assert answers(CHAT, retries=1).tries == 2


def test_one_that_is_not_there_is_told(answers: Answers) -> None:
    assert answers("gpt-9").message == "There is no model deployment gpt-9."


def test_an_empty_completion_is_none(applied: Foundry, answers: Answers) -> None:
    applied.fault({"path": "*/chat/completions"}, {"set": {"/choices/0/message/content": ""}})

    assert answers(CHAT).message == "It gave an empty completion."


@pytest.mark.parametrize("lie", ["[]", "no JSON"])
def test_an_answer_that_makes_no_sense_is_told(applied: Foundry, answers: Answers, lie: str) -> None:
    applied.fault({"path": "*/chat/completions"}, {"status": 200, "body": lie})

    found = answers(CHAT)

    assert found.state is CheckState.FAILED
    assert "makes no sense" in found.message
