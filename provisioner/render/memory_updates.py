"""What became of a conversation that was to be remembered."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.model.memory_outcomes import Update
from provisioner.model.pipelines import inert
from provisioner.model.words import quoted
from provisioner.render.json_text import json_text
from provisioner.render.memories import FORMAT_VERSION, item_document, memories_of
from provisioner.render.safe import one_line, wrapped
from provisioner.render.styles import PLAIN, Styles

_SIGNS = {"create": "+", "update": "~", "delete": "-"}


def ending(updates: Sequence[Update]) -> tuple[str, str] | None:
    """Why nothing came of it, and what to do; None where all is well."""
    last = updates[-1]
    if last.status == "completed":
        return None
    if last.status == "superseded":
        return (
            "The update was superseded, by none that the service names, so nothing was remembered.",
            "The scope was deleted meanwhile, as it seems. Send the conversation again if it is to be remembered.",
        )
    return (
        f"The update failed: {last.error or 'the service does not say why'}",
        (
            "Look whether the store's deployments answer, and whether the project's identity has the role Foundry User "
            "on the account: provisioner doctor"
        ),
    )


def update_text(updates: Sequence[Update], *, store: str, scope: str, styles: Styles = PLAIN, width: int = 100) -> str:
    last = updates[-1]
    lines: list[str] = []
    for each in updates[:-1]:
        text = f"Update {each.id} was superseded by {each.superseded_by}, which is about its messages, too."
        lines += wrapped(one_line(text), width=width)
    what = f"Update {last.id} of {quoted(scope)} in {quoted(store)} {last.status}"
    count = f": {memories_of(len(last.operations))} changed" if last.status == "completed" else ""
    lines += [styles.paint(styles.heading, line) for line in wrapped(one_line(f"{what}{count}."), width=width)]
    for operation in last.operations:
        text = f"{_SIGNS.get(operation.kind, operation.kind)} {operation.item.content} ({operation.item.kind})"
        lines += wrapped(one_line(text), width=width, indent="  ", hang="    ")
    return inert("\n".join(lines) + "\n")


def update_json(updates: Sequence[Update], *, store: str, scope: str) -> str:
    last = updates[-1]
    document = {
        "format_version": FORMAT_VERSION,
        "store": store,
        "scope": scope,
        "update": last.id,
        "status": last.status,
        "superseded": [each.id for each in updates if each.status == "superseded"],
        "operations": [{"kind": it.kind, "memory": item_document(it.item)} for it in last.operations],
        "error": last.error or None,
        "usage": dict(last.usage),
    }
    return json_text(document, indent=2) + "\n"
