"""Entry: a step of the action."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from provisioner.cli.github.annotations import annotate
from provisioner.cli.main import INTERRUPTED, ended, prepare
from provisioner.model.errors import ProvisionerError


def main() -> NoReturn:
    prepare()
    try:
        code = step(sys.argv[1:])
    except ProvisionerError as error:
        annotate("error", f"{error} {error.hint}".strip())
        code = 1
    except KeyboardInterrupt:  # a job that is cancelled, between two commands
        annotate("error", "Interrupted.")
        code = INTERRUPTED
    ended(code)


def step(words: list[str]) -> int:
    if words == ["run"]:
        from provisioner.cli.github.running import run_step  # noqa: PLC0415 - a step pays for what it does

        return run_step(os.environ)
    if words == ["comment"]:
        from provisioner.cli.github.commenting import comment_step  # noqa: PLC0415

        return comment_step(os.environ)
    raise ProvisionerError("There is no such step.", "The action's steps are run and comment.")


if __name__ == "__main__":
    main()
