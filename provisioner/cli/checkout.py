"""Where the checkout begins that a command runs in: code scanning names files from there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from provisioner.render.sarif import Checkout


def checkout_here(environ: Mapping[str, str]) -> Checkout:
    """What GitHub Actions says, or else the folder around with a `.git`, or else the current one."""
    folder = Path.cwd()
    return Checkout(root=_root(folder, environ).as_posix(), folder=folder.as_posix())


def _root(folder: Path, environ: Mapping[str, str]) -> Path:
    around = (folder, *folder.parents)
    said = environ.get("GITHUB_WORKSPACE", "")
    for workspace in (Path(said), Path(os.path.realpath(said))) if said else ():
        if workspace in around:
            return workspace
    return next((each for each in around if (each / ".git").exists()), folder)
