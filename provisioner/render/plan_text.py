"""A plan for a reader at a terminal or in a log."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.plan import Action, Change, Plan
from provisioner.render.change_lines import Line, change_lines, headline
from provisioner.render.diagnostics import diagnostic_lines
from provisioner.render.exhaustive import assert_never
from provisioner.render.safe import one_line, wrapped
from provisioner.render.styles import PLAIN, Styles
from provisioner.render.words import VERBS, plan_summary

_FIELD_INDENT = 4
_VALUE_INDENT = 8


def plan_text(plan: Plan, *, styles: Styles = PLAIN, width: int = 100) -> str:
    """The whole plan, ending in a newline. Refusals come last: they are what to act on."""
    blocks: list[list[str]] = []
    if plan.changes:
        blocks.append(list(_opening(plan, styles)))
        blocks.extend(list(_change(change, styles, width)) for change in plan.changes)
    blocks.append([styles.paint(styles.heading, plan_summary(plan))])
    if plan.refusals:
        blocks.append(list(_refusals(plan, styles, width)))
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks) + "\n"


def _opening(plan: Plan, styles: Styles) -> Iterator[str]:
    yield styles.paint(styles.heading, f'Changes for "{one_line(plan.owner)}":')
    used = [action for action in Action if plan.count(action)]
    yield "  " + "   ".join(
        f"{styles.paint(action_style(action, styles), VERBS[action].symbol)} {action.value}" for action in used
    )


def _change(change: Change, styles: Styles, width: int) -> Iterator[str]:
    style = action_style(change.action, styles)
    symbol = styles.paint(style, f"{VERBS[change.action].symbol:>3}")
    yield f"{symbol} {styles.paint(styles.heading, headline(change))}"
    for line in change_lines(change, width=width - _FIELD_INDENT - 2):
        yield from _line(line, styles, width)


def _line(line: Line, styles: Styles, width: int) -> Iterator[str]:
    indent = " " * (_VALUE_INDENT if line.depth else _FIELD_INDENT)
    if line.sign == "!":
        first, *rest = wrapped(line.text, width=width, indent=" " * (len(indent) + 2))
        yield styles.paint(styles.warning, f"{indent}! {first.lstrip()}")
        yield from (styles.paint(styles.warning, text) for text in rest)
    elif line.depth:
        yield styles.paint(sign_style(line.sign, styles), f"{indent}{line.sign} {line.text}".rstrip())
    else:
        yield f"{indent}{styles.paint(sign_style(line.sign, styles), line.sign)} {line.text}"


def _refusals(plan: Plan, styles: Styles, width: int) -> Iterator[str]:
    yield styles.paint(styles.bad, "Refused: nothing will be applied until this is resolved.")
    for refusal in plan.refusals:
        yield ""
        yield from (f"  {line}" for line in diagnostic_lines(refusal, styles=styles, width=width - 2))


def sign_style(sign: str, styles: Styles) -> str:
    table = {"+": styles.good, "-": styles.bad, "~": styles.changed, "…": styles.quiet}
    return table.get(sign, "")


def action_style(action: Action, styles: Styles) -> str:
    match action:
        case Action.CREATE:
            return styles.good
        case Action.UPDATE:
            return styles.changed
        case Action.REPLACE:
            return styles.replaced
        case Action.DELETE:
            return styles.bad
        case Action.ADOPT | Action.RELEASE:
            return styles.taken
        case _:
            return assert_never(action)
