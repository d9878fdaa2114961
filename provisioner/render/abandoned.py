"""What is known of a run that was left before its end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from provisioner.model.address import Address
from provisioner.model.pipelines import inert
from provisioner.model.plan import Change, Plan
from provisioner.model.progress import ChangeFinished, ChangeStarted, Event, Outcome, Status
from provisioner.model.words import plural
from provisioner.render.outcomes import outcome_counts, outcomes_text_rows
from provisioner.render.safe import one_line, wrapped
from provisioner.render.styles import PLAIN, Styles


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """`under_way`: begun, and nobody waited for the end. Each in the order of the plan."""

    ended: tuple[Outcome, ...] = ()
    under_way: tuple[Change, ...] = ()
    not_begun: tuple[Change, ...] = ()


def abandoned(plan: Plan, events: Iterable[Event]) -> Abandoned:
    """What the events told until then comes to."""
    begun: set[Address] = set()
    ended: dict[Address, Outcome] = {}
    for event in events:
        if isinstance(event, ChangeStarted):
            begun.add(event.change.address)
        elif isinstance(event, ChangeFinished):
            ended[event.outcome.change.address] = event.outcome
    skipped = {address for address, outcome in ended.items() if outcome.status is Status.SKIPPED}
    known = ended.keys() - skipped
    return Abandoned(
        ended=tuple(ended[change.address] for change in plan.changes if change.address in known),
        under_way=tuple(change for change in plan.changes if change.address in begun - known),
        not_begun=tuple(change for change in plan.changes if change.address not in begun | known),
    )


def abandoned_text(left: Abandoned, *, told: Collection[Address] = (), styles: Styles = PLAIN, width: int = 100) -> str:
    """A line per change, as when a run ends well, and a last line that sums up. `told` are those of which a line was
    shown already.
    """
    changes = [*(outcome.change for outcome in left.ended), *left.under_way, *left.not_begun]
    addresses = max((len(one_line(str(change.address))) for change in changes), default=0)
    ended = [outcome for outcome in left.ended if outcome.change.address not in told]
    not_begun = [change for change in left.not_begun if change.address not in told]
    rows = [
        *outcomes_text_rows(ended, addresses=addresses, styles=styles, width=width),
        *_rows("unknown", left.under_way, addresses, style=styles.bad, styles=styles, width=width),
        *_rows("skipped", not_begun, addresses, style=styles.warning, styles=styles, width=width),
    ]
    closing = (styles.paint(styles.bad, line) for line in wrapped(_closing(left), width=width))
    return inert("\n".join([*rows, *([""] if rows else []), *closing, ""]))


def _rows(
    word: str, changes: Iterable[Change], addresses: int, *, style: str, styles: Styles, width: int
) -> Iterator[str]:
    for change in changes:
        address, action = one_line(str(change.address)), change.action.value
        gap = "\n           " if 11 + addresses + 2 + len(action) > width else f"{'':<{addresses - len(address)}}  "
        yield f"  {styles.paint(style, word)}  {address}{gap}{action}"


def _closing(left: Abandoned) -> str:
    counts = [outcome_counts(left.ended)] if left.ended else []
    if left.under_way:
        counts.append(f"{plural(len(left.under_way), 'change')} under way, how far is unknown")
    if left.not_begun:
        counts.append(f"{len(left.not_begun)} not begun")
    look = " Look with `provisioner plan`; running the same command again continues from there."
    return f"Left at once: {', '.join(counts) or 'nothing was changed'}.{look}"
