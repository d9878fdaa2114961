"""How errors are told."""

from __future__ import annotations

import sys

from provisioner.cli.terminal import complain, remark
from provisioner.model.errors import ManifestInvalid, PlaneError, ProvisionerError, Refused, Unreadable
from provisioner.render.diagnostics import diagnostics_text
from provisioner.render.failures import failure_text


def explain(error: ProvisionerError) -> int:
    """Tell the error on stderr and return its exit code."""
    if isinstance(error, ManifestInvalid):
        remark(diagnostics_text(error.diagnostics))
        complain(error.message, "Nothing was read or changed.")
    elif isinstance(error, Refused):
        complain(error.message)
    elif isinstance(error, Unreadable):
        for cause in error.causes:
            remark(failure_text(cause.message, cause.hint, cause.failure))
        complain(error.message)
    elif isinstance(error, PlaneError):
        remark(failure_text(error.message, error.hint, error.failure))
    else:
        complain(error.message, error.hint)
    sys.stderr.flush()
    return error.exit_code
