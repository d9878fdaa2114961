"""Checks of a store: what passes, what does not, and that nothing is left of either."""

from __future__ import annotations

from collections.abc import Callable

from provisioner.checks.traces import SETTLE_S
from provisioner.model.check import CheckResult, CheckState, MemoryCheck
from tests.checks.conftest import STORE, Run, left_in
from tests.foundry import Foundry

Remembers = Callable[..., CheckResult]
POSTED = {"method": "POST"}
SEARCH = {**POSTED, "path": "*:search_memories"}
UPDATE = {**POSTED, "path": "*:update_memories"}


def scopes_deleted(foundry: Foundry) -> int:
    return sum(":delete_scope" in it for it in foundry.requests("POST"))


def test_a_fact_is_remembered_found_and_deleted(applied: Foundry, remembers: Remembers) -> None:
    found = remembers()

    assert found.state is CheckState.OK, found.message
    assert found.kind == "memory"
    assert found.tokens.input > 0
    assert found.tokens.embedding > 0
    assert scopes_deleted(applied) == 2
    assert left_in(applied) == []


def test_memories_of_people_stay_as_they_are(applied: Foundry, remembers: Remembers) -> None:
    applied.switch(update_seconds=0)
    assert remembers().state is CheckState.OK
    asked = " ".join(applied.requests())

    assert "items/" not in asked, "no single memory is written or deleted"


def test_an_extraction_that_takes_minutes_is_waited_for(applied: Foundry, remembers: Remembers) -> None:
    applied.switch(update_seconds=100)

    found = remembers()

    assert found.state is CheckState.OK, found.message
    assert found.elapsed_s > 95


def test_one_that_comes_after_the_time_is_deleted_all_the_same(applied: Foundry, remembers: Remembers) -> None:
    applied.switch(update_seconds=40)

    found = remembers(timeout_s=10)

    assert found.state is CheckState.FAILED
    assert "is in_progress, and the time is over" in found.message
    assert "timeout_s" in found.hint
    assert "forget" not in found.hint
    assert 35 < found.elapsed_s < 60
    assert left_in(applied) == []


def test_one_that_does_not_come_at_all_is_told_with_its_scope(applied: Foundry, remembers: Remembers) -> None:
    applied.switch(update_seconds=10_000)

    found = remembers(timeout_s=10)

    assert "whose end was not seen" in found.message
    assert "provisioner memory forget --store dev-prefs-memory --scope provisioner-check-" in found.hint
    assert found.elapsed_s < 10 + SETTLE_S + 10


def test_a_right_that_is_missing_is_told_with_the_command_that_grants_it(
    applied: Foundry, remembers: Remembers
) -> None:
    applied.take("Foundry User", principal="project")

    found = remembers()

    assert found.state is CheckState.FAILED
    assert "The update failed: Provided Azure resource encountered an error: Authentication failed." in found.message
    command = found.hint.splitlines()[-1]
    assert command.startswith("az role assignment create --assignee-object-id ")
    assert "--assignee-principal-type ServicePrincipal --role 53ca6127-db72-4b80-b1b0-d745d6d5456d" in command
    assert command.endswith("/providers/Microsoft.CognitiveServices/accounts/local-foundry")
    assert "<" not in command
    assert left_in(applied) == []


def test_what_a_search_meets_is_explained_too(applied: Foundry, remembers: Remembers) -> None:
    message = (
        '{"status_code":400,"error_code":"ResourceError","details":{"message":"Provided Azure resource encountered an '
        'error.","details":{"type":"Authentication","status_code":401}}}'
    )
    applied.fault(SEARCH, {"status": 400, "body": {"error": {"code": "ResourceError", "message": message}}})

    found = remembers()

    assert found.state is CheckState.FAILED
    assert "az role assignment create" in found.hint
    assert left_in(applied) == []


def test_a_deployment_that_is_gone_is_named_as_the_cause(applied: Foundry, remembers: Remembers) -> None:
    applied.remove("deployments", "text-embedding-3-large")

    found = remembers()

    assert found.state is CheckState.FAILED
    assert "text-embedding-3-large" in found.message
    assert "A deployment that the store names is not there" in found.hint


def test_a_store_that_shows_another_scopes_memories_fails_at_once(applied: Foundry, remembers: Remembers) -> None:
    someone = {"memory_id": "m1", "scope": "ada", "kind": "user_profile", "content": "Likes tea", "updated_at": 1}
    applied.fault({**SEARCH, "nth": 2}, {"set": {"/memories": [{"memory_item": someone}]}})

    found = remembers(retries=3)

    assert found.state is CheckState.FAILED
    assert found.tries == 1, "a second look would only hide it"
    assert "does not keep people apart" in found.message
    assert "tea" not in found.message + found.hint
    assert left_in(applied) == []


def test_one_whose_list_shows_them_fails_too(applied: Foundry, remembers: Remembers) -> None:
    someone = {"memory_id": "m1", "scope": "ada", "kind": "user_profile", "content": "Likes tea", "updated_at": 1}
    applied.fault({**POSTED, "path": "*/items:list", "nth": 1}, {"set": {"/data": [someone]}})

    found = remembers(retries=3)

    assert "does not keep people apart" in found.message
    assert found.tries == 1


def test_requests_that_are_throttled_are_sent_again(applied: Foundry, remembers: Remembers) -> None:
    for match in (UPDATE, SEARCH, {**POSTED, "path": "*:delete_scope"}):
        applied.fault({**match, "times": 2}, {"status": 429, "headers": {"Retry-After": "7"}})

    found = remembers()

    assert found.state is CheckState.OK, found.message
    assert found.elapsed_s > 3 * 2 * 7
    assert left_in(applied) == []


def test_a_fault_that_passes_is_tried_over(applied: Foundry, remembers: Remembers) -> None:
    applied.fault({**UPDATE, "times": 1}, {"status": 400, "body": {"error": {"code": "x", "message": "Odd."}}})

    found = remembers(retries=1)

    assert found.state is CheckState.OK, found.message
    assert found.tries == 2
    assert scopes_deleted(applied) == 4


def test_a_store_that_keeps_nothing_of_the_sort_says_so(applied: Foundry, remembers: Remembers) -> None:
    applied.fault({"method": "GET", "path": "*/updates/*"}, {"set": {"/result": {"memory_operations": []}}})

    found = remembers()

    assert found.state is CheckState.FAILED
    assert "The update drew no memory" in found.message
    assert "give a `fact`" in found.hint
    assert left_in(applied) == []


def test_a_fact_of_ones_own_is_used(applied: Foundry, remembers: Remembers) -> None:
    found = remembers(fact="I drink {word} every morning.", question="What do I drink?")

    assert found.state is CheckState.OK, found.message
    assert left_in(applied) == []


def test_a_scope_that_cannot_be_deleted_fails_the_check(applied: Foundry, remembers: Remembers) -> None:
    applied.fault({**POSTED, "path": "*:delete_scope"}, {"status": 403, "body": {"error": {"message": "No."}}})

    found = remembers()

    assert found.state is CheckState.FAILED
    assert found.message.startswith("It passed, but not without a trace.")
    assert "could not be deleted: No." in found.message
    assert "provisioner memory forget --store" in found.hint


def test_a_store_that_is_not_there_leaves_nothing_to_delete(applied: Foundry, remembers: Remembers) -> None:
    applied.remove("stores", "dev-prefs-memory")

    found = remembers()

    assert found.state is CheckState.FAILED
    assert "forget" not in found.hint


def test_one_that_is_stopped_cleans_up_and_is_skipped(applied: Foundry, remembers: Remembers) -> None:
    applied.switch(update_seconds=30)
    looks = iter([False, False, False])

    found = remembers(stopping=lambda: next(looks, True))

    assert found.state is CheckState.SKIPPED
    assert scopes_deleted(applied) == 2
    assert left_in(applied) == []


def test_what_has_not_begun_is_not_begun(applied: Foundry, run: Run) -> None:
    report = run(MemoryCheck(name="a", subject=STORE), MemoryCheck(name="b", subject=STORE), stopping=lambda: True)

    assert [it.state for it in report.results] == [CheckState.SKIPPED] * 2
    assert applied.requests() == []
    assert not report.has_passed
