"""How errors and warnings are told."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.cli.terminal import Terminal, complain, remark
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.errors import (
    Forbidden,
    ManifestInvalid,
    PlaneError,
    ProvisionerError,
    Refused,
    Stale,
    Unreadable,
)
from provisioner.render.diagnostics import diagnostics_text
from provisioner.render.failures import failure_text


def warn(diagnostics: Sequence[Diagnostic], terminal: Terminal | None = None) -> None:
    """Tell diagnostics on stderr; nothing for none."""
    if diagnostics:
        terminal = terminal or Terminal.current()
        remark(diagnostics_text(diagnostics, styles=terminal.err, width=terminal.err_width))


def explain(error: ProvisionerError, terminal: Terminal | None = None) -> int:
    """Tell the error on stderr and return its exit code."""
    terminal = terminal or Terminal.current()
    if isinstance(error, ManifestInvalid):
        warn(error.diagnostics, terminal)
        complain(error.message, f"Nothing was read or changed. {error.hint}".rstrip(), terminal=terminal)
    elif isinstance(error, Unreadable):
        for cause in error.causes:
            _tell(cause, terminal)
        complain(error.message, terminal=terminal)
    elif isinstance(error, PlaneError):
        _tell(error, terminal)
    elif isinstance(error, Forbidden):
        warn(error.refusals, terminal)
        complain(error.message, terminal=terminal)
    elif isinstance(error, Refused):
        complain(error.message, terminal=terminal)
    elif isinstance(error, Stale):
        warn(error.moved, terminal)
        complain(error.message, error.hint, terminal=terminal)
    else:
        complain(error.message, error.hint, terminal=terminal)
    return error.exit_code


def _tell(error: PlaneError, terminal: Terminal) -> None:
    remark(failure_text(error.message, error.hint, error.failure, styles=terminal.err, width=terminal.err_width))
