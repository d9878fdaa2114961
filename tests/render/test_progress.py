from __future__ import annotations

import json
from io import StringIO

import pytest

from provisioner.model.errors import (
    STOPPED,
    Failure,
    ManifestInvalid,
    PlaneError,
    ProvisionerError,
    Refused,
    Unreadable,
)
from provisioner.model.plan import Plan
from provisioner.model.progress import (
    ApplyFinished,
    ApplyStarted,
    ChangeFinished,
    ChangeNoted,
    ChangeStarted,
    Outcome,
    Status,
)
from provisioner.render.abandoned import abandoned, abandoned_text
from provisioner.render.events_json import abandoned_document, event_document, failed_document
from provisioner.render.outcomes import closing_sentence, outcomes_text
from provisioner.render.progress import PlainProgress, Results
from provisioner.render.words import duration
from tests.render import sample

CREATED = sample.create_deployment()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_note_is_repeated_only_every_ten_seconds() -> None:
    told, clock = list[str](), Clock()
    progress = PlainProgress(told.append, clock=clock)
    progress(ChangeStarted(change=CREATED))
    for clock.now in (2.0, 4.0, 11.0, 12.5):
        progress(ChangeNoted(change=CREATED, note="waiting for the operation"))
    progress(ChangeNoted(change=CREATED, note="told to slow down"))

    assert told == [
        "deployments/gpt-4.1-mini: creating…",
        "deployments/gpt-4.1-mini: still creating, waiting for the operation (2.0s)",
        "deployments/gpt-4.1-mini: still creating, waiting for the operation (12s)",
        "deployments/gpt-4.1-mini: still creating, told to slow down (12s)",
    ]


@pytest.mark.parametrize("renderer", [PlainProgress, Results])
def test_a_closed_stream_is_the_callers_to_handle(renderer: type[PlainProgress | Results]) -> None:
    stream = StringIO()
    stream.close()

    with pytest.raises(ValueError, match="closed"):
        renderer(lambda text: print(text, file=stream))(ApplyStarted(plan=Plan(owner="demo")))


def test_the_events_carry_no_secret() -> None:
    assert all(sample.SECRET not in json.dumps(event_document(event)) for event in sample.events())


def test_a_failure_is_told_whole_in_json() -> None:
    document = event_document(ChangeFinished(outcome=sample.finished().outcomes[1]))

    assert document["failure"]["message"] == sample.FAILURE.message
    assert document["failure"]["request_id"] == "7f-1"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0.0s"), (2.14, "2.1s"), (9.96, "10.0s"), (10, "10s"), (59.6, "1m 00s"), (65, "1m 05s"), (3_725, "1h 02m")],
)
def test_durations_are_short(seconds: float, expected: str) -> None:
    assert expected == duration(seconds)


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        pytest.param(ApplyFinished(outcomes=()), "Done: nothing was changed, in 0.0s.", id="nothing"),
        pytest.param(
            ApplyFinished(outcomes=(Outcome(change=CREATED, status=Status.DONE),), elapsed_s=2),
            "Done: 1 created, in 2.0s.",
            id="all-done",
        ),
        pytest.param(
            ApplyFinished(outcomes=(Outcome(change=CREATED, status=Status.SKIPPED),), interrupted=True, elapsed_s=2),
            "Interrupted after 2.0s: 1 skipped. Running the same command again continues from here.",
            id="interrupted",
        ),
        pytest.param(
            ApplyFinished(
                outcomes=(Outcome(change=CREATED, status=Status.FAILED, failure=Failure(message="", code=STOPPED)),),
                interrupted=True,
                elapsed_s=2,
            ),
            "Interrupted after 2.0s: 1 failed. Running the same command again continues from here.",
            id="interrupted-within-a-change",
        ),
        pytest.param(
            ApplyFinished(outcomes=(Outcome(change=CREATED, status=Status.DONE),), interrupted=True, elapsed_s=2),
            "Done: 1 created, in 2.0s.",
            id="interrupted-when-all-was-done",
        ),
        pytest.param(
            ApplyFinished(outcomes=(Outcome(change=CREATED, status=Status.FAILED),), interrupted=True, elapsed_s=2),
            "Not everything was applied: 1 failed, in 2.0s. Running again continues from here.",
            id="interrupted-and-nothing-skipped",
        ),
    ],
)
def test_the_last_sentence(finished: ApplyFinished, expected: str) -> None:
    assert expected == closing_sentence(finished)
    assert outcomes_text(finished).endswith(f"{expected}\n")


@pytest.mark.parametrize(
    ("statuses", "way_on"),
    [
        ([400], "Correct what was refused, then apply again."),
        ([503, 422], "Correct what was refused, then apply again."),
        ([408, 409, 429], "Running again continues from here."),
        ([0, 500], "Running again continues from here."),
    ],
)
def test_what_was_refused_is_not_said_to_go_on_by_itself(statuses: list[int], way_on: str) -> None:
    outcomes = tuple(
        Outcome(change=CREATED, status=Status.FAILED, failure=Failure(message="No.", status=status))
        for status in statuses
    )

    assert closing_sentence(ApplyFinished(outcomes=outcomes)).endswith(f", in 0.0s. {way_on}")


@pytest.mark.parametrize(("status", "interrupted"), [(Status.DONE, False), (Status.SKIPPED, True)])
def test_json_calls_interrupted_what_the_text_does(status: Status, interrupted: bool) -> None:
    finished = ApplyFinished(outcomes=(Outcome(change=CREATED, status=status),), interrupted=True)

    assert event_document(finished)["interrupted"] is interrupted
    assert closing_sentence(finished).startswith("Interrupted") is interrupted


@pytest.mark.parametrize(
    ("error", "more"),
    [
        (ProvisionerError("No.", "Try."), set()),
        (ManifestInvalid(sample.diagnostics()), {"diagnostics"}),
        (Refused(sample.refusals()), {"diagnostics"}),
        (PlaneError(sample.FAILURE), {"failures"}),
        (Unreadable((PlaneError(sample.FAILURE),)), {"failures"}),
    ],
    ids=lambda it: type(it).__name__,
)
def test_a_failed_command_is_told_in_one_line(error: ProvisionerError, more: set[str]) -> None:
    document = json.loads(json.dumps(failed_document(error)))

    assert document.keys() == {"event", "format_version", "message", "hint"} | more
    assert (document["event"], document["message"], document["hint"]) == ("failed", error.message, error.hint)


def test_a_run_that_is_left_tells_what_is_known() -> None:
    created, replaced, _, updated, helper, *_ = sample.sample_plan().changes
    plan = Plan(owner="o", changes=(created, replaced, updated, helper))
    left = abandoned(
        plan,
        [
            ApplyStarted(plan=plan),
            ChangeStarted(change=created),
            ChangeStarted(change=replaced),
            ChangeFinished(outcome=Outcome(change=created, status=Status.DONE, elapsed_s=2.0)),
            ChangeFinished(outcome=Outcome(change=updated, status=Status.SKIPPED, reason="stopped before it began")),
        ],
    )

    assert abandoned_text(left).splitlines() == [
        "  done     deployments/gpt-4.1-mini  created      2.0s",
        "  unknown  stores/dev-prefs-memory   replace",
        "  skipped  agents/dev-buddy          update",
        "  skipped  agents/helper             create",
        "",
        "Left at once: 1 created, 1 change under way, how far is unknown, 2 not begun. Look with `provisioner",
        "plan`; running the same command again continues from there.",
    ]
    document = json.loads(json.dumps(abandoned_document(left)))
    assert [item["status"] for item in document["ended"]] == ["done"]
    assert [item["address"]["name"] for item in document["under_way"]] == ["dev-prefs-memory"]
    assert [item["action"] for item in document["not_begun"]] == ["update", "create"]


def test_a_run_that_is_left_repeats_nothing() -> None:
    created, replaced, updated, *_ = sample.sample_plan().changes
    plan = Plan(owner="o", changes=(created, replaced, updated))
    ended = (
        ChangeFinished(outcome=Outcome(change=created, status=Status.DONE)),
        ChangeFinished(outcome=Outcome(change=updated, status=Status.SKIPPED)),
    )
    told = {event.outcome.change.address for event in ended}
    left = abandoned(plan, [ChangeStarted(change=replaced), *ended])

    assert abandoned_text(left, told=told, width=60).splitlines()[:2] == [
        "  unknown  stores/dev-prefs-memory   replace",
        "",
    ]


def test_a_run_that_is_left_before_anything_changed_nothing() -> None:
    assert "Left at once: nothing was changed." in abandoned_text(abandoned(Plan(owner="o"), []))


def test_a_reason_that_fits_stands_in_the_row() -> None:
    outcome = Outcome(change=CREATED, status=Status.SKIPPED, reason="interrupted")

    assert outcomes_text(ApplyFinished(outcomes=(outcome,))).splitlines()[0] == (
        "  skipped  deployments/gpt-4.1-mini  create             interrupted"
    )


def test_a_message_of_the_service_is_shown_as_it_came() -> None:
    assert '           {"error": "as is"}\n' in outcomes_text(sample.finished())
