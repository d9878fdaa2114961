"""The words that every renderer shares: verbs, counts, lists, durations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.model.action import Action
from provisioner.model.plan import Plan
from provisioner.render.safe import one_line

if TYPE_CHECKING:
    from provisioner.model.progress import Progress  # of what runs; a plan is shown without it


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """How one action is written: its symbol, and `will be …`, `…ing`, `…ed`."""

    symbol: str
    doing: str
    done: str
    promise: str


VERBS: Final[Mapping[Action, Verb]] = {
    Action.CREATE: Verb(symbol="+", doing="creating", done="created", promise="will be created"),
    Action.UPDATE: Verb(symbol="~", doing="updating", done="updated", promise="will be updated"),
    Action.REPLACE: Verb(
        symbol="-/+", doing="replacing", done="replaced", promise="will be replaced: deleted, then created anew"
    ),
    Action.MIGRATE: Verb(
        symbol="=>", doing="migrating", done="migrated", promise="will be migrated: made anew, with all that it holds"
    ),
    Action.DELETE: Verb(symbol="-", doing="deleting", done="deleted", promise="will be deleted"),
    Action.ADOPT: Verb(symbol="<", doing="adopting", done="adopted", promise="will be adopted"),
    Action.RELEASE: Verb(
        symbol=">",
        doing="releasing",
        done="released",
        promise="will be released: it stays as it is, and this manifest stops managing it",
    ),
}

REFUSED: Final = "Refused: nothing will be applied until this is resolved."


def duration(seconds: float) -> str:
    """`0.4s`, `12s`, `3m 05s`, `1h 02m`."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m {rest:02}s"
    return f"{minutes // 60}h {minutes % 60:02}m"


def plan_summary(plan: Plan) -> str:
    """One sentence that counts what there is, and only that."""
    if plan.is_saved and plan.is_empty and not (plan.refusals or plan.left_out):
        return "Nothing to do: everything is as the plan leaves it."
    unchanged = [f"{len(plan.unchanged)} unchanged"] if plan.unchanged else []
    unchanged += [f"{len(plan.suspended)} suspended"] if plan.suspended else []
    in_scope = " in its scope" if plan.scope.is_partial else ""
    if plan.destruction and plan.is_empty and not plan.refusals:
        return f'Nothing {"else " if plan.warnings else ""}of the owner "{one_line(plan.owner)}" is live{in_scope}.'
    if plan.is_empty and not (plan.refusals or plan.left_out):
        count = f" ({', '.join(unchanged)})" if unchanged else ""
        if plan.warnings:
            return f"No changes{in_scope}{count}, but read the {'warnings' if len(plan.warnings) > 1 else 'warning'}."
        if plan.suspended:
            return f"No changes{in_scope}{count}."
        return f"No changes. Everything{in_scope} is as the manifest says{count}."
    counts = [f"{plan.count(action)} to {action.value}" for action in Action if plan.count(action)]
    left_out = [f"{len(plan.left_out)} left out"] if plan.left_out else []
    partial = " (partial)" if plan.scope.is_partial else ""
    return f"Plan{partial}: {', '.join([*(counts or ['nothing to change']), *left_out, *unchanged])}."


def progress_text(progress: Progress) -> str:
    """How far a step is, in a line: `copying into memory-shadow: 1,200 of 3,000 memories, 950 a minute, 2 min left`."""
    of = f" of {progress.total:,}" if progress.total is not None else ""
    parts = [f"{progress.doing}: {progress.done:,}{of} {progress.unit}"]
    if progress.per_minute is not None:
        parts.append(f"{progress.per_minute:,.0f} a minute")
    if progress.left_s is not None and progress.done != progress.total:
        parts.append(f"{duration(progress.left_s)} left")
    return ", ".join(parts)
