"""What became of every change, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from provisioner.model.action import Action
from provisioner.model.errors import STOPPED
from provisioner.model.pipelines import inert
from provisioner.model.progress import ApplyFinished, Outcome, Status
from provisioner.model.redact import harmless
from provisioner.render.exhaustive import assert_never
from provisioner.render.failures import failure_lines
from provisioner.render.safe import one_line, wrapped
from provisioner.render.styles import PLAIN, Styles
from provisioner.render.words import VERBS, duration

_INDENT: Final = " " * 11
_PASSING: Final = frozenset({408, 409, 429})  # time, others, load: the same request may succeed later


def outcomes_text(finished: ApplyFinished, *, styles: Styles = PLAIN, width: int = 100) -> str:
    """A line per change, failures with the service's words below, and a last line that sums up."""
    addresses = max((len(one_line(str(outcome.change.address))) for outcome in finished.outcomes), default=0)
    lines = list(outcomes_text_rows(finished.outcomes, addresses=addresses, styles=styles, width=width))
    closing = closing_lines(finished, styles=styles, width=width)
    return inert("\n".join([*lines, *([""] if lines else []), *closing, ""]))


def closing_lines(finished: ApplyFinished, *, styles: Styles = PLAIN, width: int = 100) -> list[str]:
    style = styles.good if _all_done(finished) else styles.bad
    return [styles.paint(style, text) for text in wrapped(closing_sentence(finished), width=width)]


def outcomes_text_rows(outcomes: Sequence[Outcome], *, addresses: int, styles: Styles, width: int) -> Iterator[str]:
    """Failures with the service's words below; `addresses` is the width of their column."""
    for outcome in outcomes:
        yield from _outcome(outcome, addresses, styles, width)


def was_interrupted(finished: ApplyFinished) -> bool:
    """Whether the interruption kept anything from being done: when it came last of all, everything is as it should be.
    Text, JSON and the exit code go by this.
    """
    return finished.interrupted and any(map(_was_cut_off, finished.outcomes))


def _was_cut_off(outcome: Outcome) -> bool:
    """Whether it never began, or ended early, where it may."""
    failure = outcome.failure
    return outcome.status is Status.SKIPPED or (failure is not None and failure.code == STOPPED)


def _outcome(outcome: Outcome, addresses: int, styles: Styles, width: int) -> Iterator[str]:
    verb = VERBS[outcome.change.action]
    word = verb.done if outcome.status is Status.DONE else outcome.change.action.value
    took = duration(outcome.elapsed_s) if outcome.status is not Status.SKIPPED else ""
    status = styles.paint(_style(outcome.status, styles), f"{outcome.status.value:<7}")
    address = one_line(str(outcome.change.address))
    reason = "" if outcome.failure and outcome.reason in outcome.failure.message else harmless(outcome.reason)
    if len(_INDENT) + addresses + 19 > width:
        yield f"  {status}  {address}"
        yield f"{_INDENT}{word} {took}".rstrip()
    else:
        row = f"  {status}  {address:<{addresses}}  {word:<8}  {took:>7}"
        if len(_INDENT) + addresses + 21 + len(reason) <= width and reason == one_line(reason):
            row, reason = f"{row}  {reason}", ""
        yield row.rstrip()
    yield from wrapped(reason, width=width, indent=_INDENT)
    if outcome.failure:
        yield from failure_lines(outcome.failure, width=width, indent=_INDENT)
    for text in outcome.remarks:
        yield from (styles.paint(styles.warning, line) for line in wrapped(text, width=width, indent=_INDENT))


def _style(status: Status, styles: Styles) -> str:
    match status:
        case Status.DONE:
            return styles.good
        case Status.FAILED:
            return styles.bad
        case Status.SKIPPED:
            return styles.warning
        case _:
            return assert_never(status)


def _all_done(finished: ApplyFinished) -> bool:
    return all(outcome.status is Status.DONE for outcome in finished.outcomes)


def closing_sentence(finished: ApplyFinished) -> str:
    counts = outcome_counts(finished.outcomes) or "nothing was changed"
    took = duration(finished.elapsed_s)
    if was_interrupted(finished):
        return f"Interrupted after {took}: {counts}. Running the same command again continues from here."
    if not _all_done(finished):
        return f"Not everything was applied: {counts}, in {took}. {_way_on(finished)}"
    return f"Done: {counts}, in {took}."


def _way_on(finished: ApplyFinished) -> str:
    """What a service refused for what is in it, it refuses again."""
    if any(_is_refused(outcome) for outcome in finished.outcomes):
        return "Correct what was refused, then apply again."
    return "Running again continues from here."


def _is_refused(outcome: Outcome) -> bool:
    status = outcome.failure.status if outcome.failure else 0
    return 400 <= status < 500 and status not in _PASSING


def outcome_counts(outcomes: Sequence[Outcome]) -> str:
    """`2 created, 1 failed, 1 skipped`."""
    done = [outcome.change.action for outcome in outcomes if outcome.status is Status.DONE]
    counts = [f"{done.count(action)} {VERBS[action].done}" for action in Action if action in done]
    others = [outcome.status for outcome in outcomes if outcome.status is not Status.DONE]
    counts.extend(f"{others.count(status)} {status.value}" for status in Status if status in others)
    return ", ".join(counts)
