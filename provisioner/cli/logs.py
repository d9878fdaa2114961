"""What is logged of a run, and how it reads. Where nothing is switched on it costs a look at a level.

Whoever has something to tell logs a sentence, and with it `facts` for programs: `schemas/log.v1.schema.json` and
docs/logs.md describe them. Tokens, bodies, queries and what the command line says are in none.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from provisioner.model.pipelines import inert
from provisioner.model.redact import harmless
from provisioner.render.safe import one_line, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.manifest.load import Manifest
    from provisioner.model.plan import Change, Plan
    from provisioner.model.progress import Event

LOG = logging.getLogger(__name__)


class TextLines(logging.Formatter):
    """What is logged steers neither a terminal nor a pipeline, and begins no line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  its name is logging's
        return one_line(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        return inert(visible(harmless(super().format(record))))


def tame() -> None:
    """Where nothing is logged, warnings of libraries reach stderr all the same."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(TextLines("%(message)s"))


def manifest_read(manifest: Manifest) -> None:
    """From here on it is known whose run it is, unless another one is read, too."""
    facts = {"event": "manifest_read", "owner": manifest.name, "resources": len(manifest.resources)}
    if manifest.environment is not None:
        facts["environment"] = manifest.environment
    LOG.info('The manifest "%s" is read.', manifest.name, extra={"facts": facts})


def plan_made(plan: Plan) -> None:
    """From here on it is known what the run is to do."""
    if not LOG.isEnabledFor(logging.INFO):
        return  # a digest costs more than a look
    target = plan.target
    facts: dict[str, object] = {
        "event": "plan_made",
        "owner": plan.owner,
        "plan_digest": plan.digest,
        "endpoint": target.endpoint if target else "",
        "changes": len(plan.changes),
        "refusals": len(plan.refusals),
    }
    LOG.info("The plan is %s.", plan.digest, extra={"facts": facts})


def logged(emit: Callable[[Event], None]) -> Callable[[Event], None]:
    """What becomes of each change, in the log, too."""
    if not LOG.isEnabledFor(logging.INFO):
        return emit

    def both(event: Event) -> None:
        _log(event)
        emit(event)

    return both


def _log(event: Event) -> None:
    from provisioner.model.progress import ChangeFinished, ChangeNoted, ChangeStarted  # noqa: PLC0415

    if isinstance(event, ChangeStarted):
        facts = {"event": "change_started", **_which(event.change)}
        LOG.info("%s: begins.", event.change.address, extra={"facts": facts})
    elif isinstance(event, ChangeNoted):
        facts = {"event": "change_noted", **_which(event.change)}
        LOG.info("%s: %s", event.change.address, event.note, extra={"facts": facts})
    elif isinstance(event, ChangeFinished):
        outcome = event.outcome
        facts = {
            "event": "change_finished",
            **_which(outcome.change),
            "status": outcome.status.value,
            "elapsed_s": round(outcome.elapsed_s, 3),
        }
        said = f"{outcome.status.value}. {outcome.reason}".rstrip()
        LOG.info("%s: %s", outcome.change.address, said, extra={"facts": facts})


def _which(change: Change) -> dict[str, object]:
    address = {"kind": change.address.kind, "name": change.address.name}
    return {"address": address, "action": change.action.value}
