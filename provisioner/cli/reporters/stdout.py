"""What becomes of a report when stdout breaks under it."""

from __future__ import annotations

import sys

from provisioner.cli.terminal import Terminal, forget, remark, say
from provisioner.model.progress import ApplyFinished, Event
from provisioner.render.outcomes import outcomes_text
from provisioner.render.progress import Renderer


class UntilBroken:
    """A renderer that is called no more when its stream broke; `broken` is what with."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self.broken: OSError | ValueError | None = None

    def __call__(self, event: Event) -> None:
        if self.broken is not None:
            return
        try:
            self._renderer(event)
        except (OSError, ValueError) as error:  # ValueError: the stream was closed
            self.broken = error


def say_last(text: str) -> None:
    """On stdout, where that is possible; the exit code and stderr tell, too."""
    try:
        say(text)
    except (OSError, RuntimeError, ValueError):
        forget(sys.stdout)


def require_told(finished: ApplyFinished, broken: OSError | ValueError | None, terminal: Terminal) -> None:
    """Whether stdout was read to the end changes nothing of what was done; that it could not be written is raised, and
    what was done is told on stderr.
    """
    if isinstance(broken, OSError) and not isinstance(broken, BrokenPipeError):
        remark(outcomes_text(finished, styles=terminal.err, width=terminal.width))
        raise broken
    if broken is not None:
        forget(sys.stdout)
