from __future__ import annotations

import json
from io import StringIO

import pytest

from provisioner.model.progress import ApplyFinished, ChangeFinished, ChangeNoted, ChangeStarted, Outcome, Status
from provisioner.render.outcomes import closing_sentence, outcomes_text
from provisioner.render.progress import JsonProgress, PlainProgress, event_document
from provisioner.render.words import duration
from tests.render import sample

CREATED = sample.create_deployment()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_note_is_repeated_only_every_ten_seconds() -> None:
    stream, clock = StringIO(), Clock()
    progress = PlainProgress(stream, clock=clock)
    progress(ChangeStarted(change=CREATED))
    for clock.now in (2.0, 4.0, 11.0, 12.5):
        progress(ChangeNoted(change=CREATED, note="waiting for the operation"))
    progress(ChangeNoted(change=CREATED, note="told to slow down"))

    assert stream.getvalue().splitlines() == [
        "deployments/gpt-4.1-mini: creating…",
        "deployments/gpt-4.1-mini: still creating, waiting for the operation (2.0s)",
        "deployments/gpt-4.1-mini: still creating, waiting for the operation (12s)",
        "deployments/gpt-4.1-mini: still creating, told to slow down (12s)",
    ]


@pytest.mark.parametrize("renderer", [PlainProgress, JsonProgress])
def test_a_closed_stream_is_the_callers_to_handle(renderer: type[PlainProgress | JsonProgress]) -> None:
    stream = StringIO()
    stream.close()

    with pytest.raises(ValueError, match="closed"):
        renderer(stream)(ChangeStarted(change=CREATED))


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
    ],
)
def test_the_last_sentence(finished: ApplyFinished, expected: str) -> None:
    assert expected == closing_sentence(finished)
    assert outcomes_text(finished).endswith(f"{expected}\n")


def test_a_reason_that_fits_stands_in_the_row() -> None:
    outcome = Outcome(change=CREATED, status=Status.SKIPPED, reason="interrupted")

    assert outcomes_text(ApplyFinished(outcomes=(outcome,))).splitlines()[0] == (
        "  skipped  deployments/gpt-4.1-mini  create             interrupted"
    )


def test_a_message_of_the_service_is_shown_as_it_came() -> None:
    assert '           {"error": "as is"}\n' in outcomes_text(sample.finished())
