"""Events as they come, for people: what became of each change, and lines for a log that tell what is under way.

A renderer is a callable that takes events, one at a time: the caller holds a lock. It catches nothing of its stream's:
`OSError` (a closed pipe is BrokenPipeError) and `ValueError` (a closed stream) reach the caller, who lets the apply go
on without the renderer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeAlias

from provisioner.model.address import Address
from provisioner.model.pipelines import inert
from provisioner.model.plan import Change
from provisioner.model.progress import (
    ApplyFinished,
    ApplyStarted,
    ChangeFinished,
    ChangeNoted,
    ChangeProgressed,
    ChangeStarted,
    Event,
    Progress,
)
from provisioner.model.redact import harmless
from provisioner.model.words import plural
from provisioner.render.exhaustive import assert_never
from provisioner.render.outcomes import closing_lines, outcomes_text_rows
from provisioner.render.safe import one_line
from provisioner.render.styles import PLAIN, Styles
from provisioner.render.target import target_phrase
from provisioner.render.words import VERBS, duration, progress_text

Renderer: TypeAlias = Callable[[Event], None]

_REPEAT_S: Final = 10.0
_PROGRESS_S: Final = 5.0


class Results:
    """What became of each change, told as it ends, and what it all comes to: the report of an apply, said once. `say`
    takes lines to be shown together.
    """

    def __init__(self, say: Callable[[str], None], *, styles: Styles = PLAIN, width: int = 100) -> None:
        self._say = say
        self._styles = styles
        self._width = width
        self._addresses = 0

    def __call__(self, event: Event) -> None:
        match event:
            case ApplyStarted(plan=plan):
                self._addresses = max((len(_name(change)) for change in plan.changes), default=0)
                self._say("")
            case ChangeFinished(outcome=outcome):
                rows = outcomes_text_rows([outcome], addresses=self._addresses, styles=self._styles, width=self._width)
                self._say(inert("\n".join(rows)))
            case ApplyFinished():
                self._say(inert("\n" + "\n".join(closing_lines(event, styles=self._styles, width=self._width))))
            case ChangeStarted() | ChangeNoted() | ChangeProgressed():
                pass
            case _:
                assert_never(event)


class PlainProgress:
    """Signs of life, a line each; how a change ends is for `Results` to say. The same note is repeated no more often
    than every ten seconds.
    """

    def __init__(self, say: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._started: dict[Address, float] = {}
        self._noted: dict[Address, tuple[str, float]] = {}
        self._steps: dict[Address, tuple[str, float]] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case ApplyStarted(plan=plan):
                where = f" to {target_phrase(plan.target)}" if plan.target else ""
                self._tell(f'Applying {plural(len(plan.changes), "change")} of "{one_line(plan.owner)}"{where}.')
            case ChangeStarted(change=change):
                self._started[change.address] = self._clock()
                self._tell(f"{_name(change)}: {VERBS[change.action].doing}…")
            case ChangeNoted(change=change, note=note):
                self._note(change, one_line(harmless(note)))
            case ChangeProgressed(change=change, progress=progress):
                self._progress(change, progress)
            case ChangeFinished() | ApplyFinished():
                pass
            case _:
                assert_never(event)

    def _note(self, change: Change, note: str) -> None:
        now = self._clock()
        last, when = self._noted.get(change.address, ("", 0.0))
        if note == last and now - when < _REPEAT_S:
            return
        self._noted[change.address] = note, now
        elapsed = duration(now - self._started.get(change.address, now))
        self._tell(f"{_name(change)}: still {VERBS[change.action].doing}, {note} ({elapsed})")

    def _progress(self, change: Change, progress: Progress) -> None:
        """The first of each step, its end, and one every few seconds."""
        now = self._clock()
        last, when = self._steps.get(change.address, ("", 0.0))
        if progress.doing == last and now - when < _PROGRESS_S and progress.done != progress.total:
            return
        self._steps[change.address] = progress.doing, now
        self._tell(f"{_name(change)}: {one_line(harmless(progress_text(progress)))}")

    def _tell(self, text: str) -> None:
        self._say(inert(text))


def _name(change: Change) -> str:
    return one_line(str(change.address))
