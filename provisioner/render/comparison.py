"""What is otherwise in another environment: for people, for pull requests, and for programs (see `json_schemas`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from provisioner.model.address import Address
from provisioner.model.document import Absent, Json
from provisioner.model.pipelines import inert
from provisioner.model.plan import FieldChange
from provisioner.model.words import joined, plural
from provisioner.reconcile.comparison import Comparison, Difference, Side
from provisioner.render.change_lines import Line, Room, compared_lines, masked_fields
from provisioner.render.json_text import json_text
from provisioner.render.markdown import code, prose
from provisioner.render.markdown_diff import as_diff
from provisioner.render.plan_json import address_document
from provisioner.render.plan_text import FIELD_MARGIN, painted, row_lines
from provisioner.render.safe import one_line, wrapped
from provisioner.render.styles import PLAIN, Styles
from provisioner.render.target import target_document, target_phrase

FORMAT_VERSION: Final = "1.0"
_MOST: Final = 2_000_000  # characters of fields: a log that is still opened
_HEAD: Final = "the manifest itself"


def comparison_text(comparison: Comparison, *, styles: Styles = PLAIN, width: int = 100) -> str:
    """Ends in a newline."""
    room = Room(_MOST)
    blocks = [
        list(row_lines(_rows(comparison), styles, width)),
        *(list(_difference(each, styles, width, room)) for each in comparison.differing),
        *(list(_only(*one, styles, width)) for one in _alone(comparison)),
        [styles.paint(styles.heading, line) for line in wrapped(comparison_summary(comparison), width=width)],
        [line for note in comparison.notes for line in wrapped(note, width=width)],
    ]
    return inert("\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n")


def comparison_summary(comparison: Comparison) -> str:
    names = joined([one_line(side.name) for side in (comparison.first, comparison.second)])
    same = f" ({plural(comparison.same, 'resource')} alike)" if comparison.same else ""
    if comparison.is_empty:
        return f"No differences between {names}{same}."
    about = [f"{plural(comparison.fields, 'field')} of {_differing(comparison)}"] if comparison.differing else []
    alone = [f"{len(addresses)} only in {one_line(name)}" for name, addresses in _alone(comparison)]
    return f"Differences between {names}: {', '.join([*about, *alone])}{same}."


def _differing(comparison: Comparison) -> str:
    resources = sum(each.address is not None for each in comparison.differing)
    head = [_HEAD] if resources < len(comparison.differing) else []
    return joined([*head, *([plural(resources, "resource")] if resources else [])])


def _rows(comparison: Comparison) -> Iterator[tuple[str, str]]:
    for sign, side in (("-", comparison.first), ("+", comparison.second)):
        where = target_phrase(side.target) or f'the manifest "{one_line(side.owner)}"'
        yield f"{sign} {one_line(side.name)}", where


def _alone(comparison: Comparison) -> Iterator[tuple[str, Sequence[Address]]]:
    sides = ((comparison.first, comparison.only_first), (comparison.second, comparison.only_second))
    yield from ((side.name, addresses) for side, addresses in sides if addresses)


def _difference(difference: Difference, styles: Styles, width: int, room: Room) -> Iterator[str]:
    first, *rest = wrapped(_headline(difference), width=width, indent="  ~ ", hang="    ")
    yield f"  {styles.paint(styles.changed, '~')} {styles.paint(styles.heading, first[4:])}"
    yield from (styles.paint(styles.heading, line) for line in rest)
    for line in _lines(difference, width - FIELD_MARGIN, room):
        yield from painted(line, styles, width)


def _headline(difference: Difference) -> str:
    return _HEAD if difference.address is None else one_line(str(difference.address))


def _lines(difference: Difference, width: int, room: Room, *, paired: bool = False) -> Iterator[Line]:
    return compared_lines(_masked(difference), width=width, room=room, paired=paired)


def _masked(difference: Difference) -> tuple[FieldChange, ...]:
    return masked_fields(difference)


def _only(name: str, addresses: Sequence[Address], styles: Styles, width: int) -> Iterator[str]:
    yield styles.paint(styles.heading, f"Only in {one_line(name)}:")
    for address in addresses:
        yield from wrapped(one_line(str(address)), width=width, indent="  ", hang="    ")


def comparison_markdown(comparison: Comparison, *, limit: int = 60_000) -> str:
    """Never longer than `limit` characters: what does not fit is left out, and said so."""
    names = joined([side.name for side in (comparison.first, comparison.second)])
    rows = "".join(f"- {code(label)}: {code(text)}\n" for label, text in _rows(comparison))
    head = f"## {prose(f'Comparison of {names}')}\n\n{rows}\n**{prose(comparison_summary(comparison))}**\n"
    alone = "".join(_only_list(*one, most=limit // 6) for one in _alone(comparison))
    tail = alone + "".join(f"\n{prose(note)}\n" for note in comparison.notes)
    parts, room = [head], limit - len(head) - len(tail)
    for number, difference in enumerate(comparison.differing):
        part = _detail(difference, room)
        left = f"\n**{plural(len(comparison.differing) - number, 'resource')} left out for length.**\n"
        if len(part) + len(left) > room:
            parts.append(left)
            break
        parts.append(part)
        room -= len(part)
    text = "".join([*parts, tail])
    return text if len(text) <= limit else text[: max(limit, 0)]


def _only_list(name: str, addresses: Sequence[Address], *, most: int) -> str:
    lines = [f"- {code(str(address))}\n" for address in addresses]
    shown = sum(end <= most for end in accumulate(map(len, lines)))
    if shown < len(lines):
        lines[shown:] = [f"- … and {len(lines) - shown} more.\n"]
    return f"\n**{prose(f'Only in {name}')}:**\n\n{''.join(lines)}"


def _detail(difference: Difference, most: int) -> str:
    block = as_diff(_lines(difference, 100, Room(most), paired=True))
    return f"\n<details open><summary>{prose(_headline(difference))}</summary>\n\n{block}\n\n</details>\n"


def comparison_json(comparison: Comparison) -> str:
    return json_text(comparison_document(comparison), indent=2) + "\n"


def comparison_document(comparison: Comparison) -> Json:
    heads = [each for each in comparison.differing if each.address is None]
    return {
        "format_version": FORMAT_VERSION,
        "live": comparison.is_live,
        "first": _side(comparison.first),
        "second": _side(comparison.second),
        "has_differences": not comparison.is_empty,
        "summary": {
            "differing": len(comparison.differing) - len(heads),
            "fields": comparison.fields,
            "only_first": len(comparison.only_first),
            "only_second": len(comparison.only_second),
            "same": comparison.same,
        },
        "head": [_field(field) for head in heads for field in _masked(head)],
        "differing": [
            {"address": address_document(each.address), "fields": [_field(field) for field in _masked(each)]}
            for each in comparison.differing
            if each.address is not None
        ],
        "only_first": [address_document(address) for address in comparison.only_first],
        "only_second": [address_document(address) for address in comparison.only_second],
        "notes": list(comparison.notes),
    }


def _side(side: Side) -> Json:
    return {"environment": side.name, "owner": side.owner, "target": target_document(side.target)}


def _field(field: FieldChange) -> Json:
    sides = {"first": field.before, "second": field.after}
    return {"path": list(field.path)} | {key: value for key, value in sides.items() if not isinstance(value, Absent)}
