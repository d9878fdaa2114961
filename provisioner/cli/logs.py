"""What is logged of a run, and how it reads. Where nothing is switched on it costs a look at a level.

Whoever has something to tell logs a sentence, and with it `facts` for programs: `schemas/log.v1.schema.json` and
docs/logs.md describe them. Tokens, bodies, queries and what the command line says are in none.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from provisioner.model.pipelines import inert
from provisioner.model.redact import harmless
from provisioner.render.safe import one_line, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.manifest.load import Manifest
    from provisioner.model.plan import Change, Plan
    from provisioner.model.progress import Event

LOG = logging.getLogger(__name__)
_TAKEN: Final = range(100, 400)


class TextLines(logging.Formatter):
    """What is logged steers neither a terminal nor a pipeline, and begins no line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  its name is logging's
        return one_line(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """With the service's id of a request that failed, which would pass for a secret by its form."""
        facts = getattr(record, "facts", {})
        failed = facts.get("request_id") and facts.get("status") not in _TAKEN
        told = f", request {one_line(facts['request_id'])}" if failed else ""
        return inert(visible(harmless(super().format(record)) + told))


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
    from provisioner.model.progress import ChangeFinished, ChangeNoted, ChangeStarted, Status  # noqa: PLC0415

    if isinstance(event, ChangeStarted):
        facts = {"event": "change_started", **_which(event.change)}
        LOG.info("%s: begins.", event.change.address, extra={"facts": facts})
    elif isinstance(event, ChangeNoted):
        facts = {"event": "change_noted", **_which(event.change)}
        LOG.info("%s: %s", event.change.address, event.note, extra={"facts": facts})
    elif isinstance(event, ChangeFinished):
        outcome, failure = event.outcome, event.outcome.failure
        facts = {
            "event": "change_finished",
            **_which(outcome.change),
            "status": outcome.status.value,
            "elapsed_s": round(outcome.elapsed_s, 3),
            "error": (failure.code or "failed") if failure is not None else "",
            "request_id": failure.request_id if failure is not None else "",
        }
        # Why it failed may be told in words of the service, which may quote what it was sent: the report has them.
        why = f" {outcome.reason}" if outcome.status is Status.SKIPPED else ""
        LOG.info("%s: %s.%s", outcome.change.address, outcome.status.value, why, extra={"facts": facts})


def _which(change: Change) -> dict[str, object]:
    address = {"kind": change.address.kind, "name": change.address.name}
    return {"address": address, "action": change.action.value}
