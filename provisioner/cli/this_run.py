"""Which run of the command this is."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Mapping
from typing import Final

import click

from provisioner.model.run import Run, pipeline_in
from provisioner.model.trace import Trace

TRACEPARENT: Final = "TRACEPARENT"
_TRACESTATE: Final = "TRACESTATE"
_KEY: Final = "provisioner.run"
LOG = logging.getLogger(__name__)


def this_run() -> Run:
    """That of the running command, the same for everybody who asks while it runs."""
    context = click.get_current_context(silent=True)
    if context is None:
        return begun(os.environ)
    run: Run = context.meta.get(_KEY) or context.meta.setdefault(_KEY, begun(os.environ))
    return run


def begun(environ: Mapping[str, str]) -> Run:
    """A new one. OpenTelemetry's way to hand a trace on to a process is these two variables."""
    return Run(
        id=str(uuid.uuid4()),
        pipeline=pipeline_in(environ),
        trace=Trace.read(environ.get(TRACEPARENT, ""), environ.get(_TRACESTATE, "")),
    )


def tell_ignored(run: Run, environ: Mapping[str, str]) -> None:
    """What it holds is not repeated."""
    if environ.get(TRACEPARENT) and run.trace is None:
        LOG.debug("%s is ignored: it is no trace as W3C Trace Context writes one.", TRACEPARENT)
    elif environ.get(_TRACESTATE) and run.trace is not None and not run.trace.state:
        LOG.debug("%s is ignored: it is no list as W3C Trace Context writes one.", _TRACESTATE)
